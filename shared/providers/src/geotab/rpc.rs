//! Calls: JSON-RPC over POST, with the credentials in each body and errors inside of status 200.
//!
//! A login answers a session, and the server to which further calls go. A session that is not known any more, and a database that moved,
//! are told as errors of a call, which is made once more after another login.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use model::credentials::Credentials;
use model::telematics::source_hash;
use serde_json::{Map, Value, json};
use url::Url;

use super::Geotab;
use super::sessions::{self, Opened, Used};
use crate::client::{OkResponse, classify, transport_error};
use crate::retry_after::retry_after;
use crate::wire::Members;
use crate::{Api, PAGE_DEADLINE, Provider as _, ProviderError, Rate};

/// Limits are counted by the minute, so this is the wait where none is named.
const DEFAULT_WAIT: Duration = Duration::from_secs(60);
/// The provider's domain: it may send a login to any server in it.
const DOMAIN: &str = "geotab.com";
/// The member of an error that says why, where the status says that it is one.
const REASON: &str = "message";

/// The credentials, and where logins go.
pub(crate) struct Login {
    base: Url,
    database: String,
    user_name: String,
    password: String,
    /// What is remembered of the account is remembered by it.
    pub(super) key: String,
    /// A session that was given with the credentials.
    given: Option<String>,
}

impl Login {
    pub(super) fn of(base: &Url, credentials: &Credentials) -> Result<Self, ProviderError> {
        let form = || ProviderError::Unsupported { what: format!("credential form {}", credentials.form().conn_type) };
        let text = |name: &str| credentials.get(name).map(str::trim);
        let (database, user_name) = text("database").zip(text("username")).ok_or_else(form)?;
        let password = credentials.get("password").ok_or_else(form)?;
        let key = source_hash(&json!([base.as_str(), database, user_name, password]), &[]);
        let (database, user_name, password) = (database.to_owned(), user_name.to_owned(), password.to_owned());
        Ok(Self { base: base.clone(), database, user_name, password, key, given: text("session_id").map(str::to_owned) })
    }

    /// The id of the account: databases have names of their own at each of the provider's installations, and their letters' case means
    /// nothing.
    pub(super) fn account_id(&self, database: &str) -> String {
        format!("{}@{}", database.to_lowercase(), self.base.host_str().unwrap_or_default())
    }

    /// The session that was given, which may be open still.
    fn given(&self) -> Option<Opened> {
        let (database, user_name) = (self.database.clone(), self.user_name.clone());
        Some(Opened { server: self.base.clone(), database, user_name, session_id: self.given.clone()? })
    }

    /// The server of an answer to a login: this one, or another one of the provider's. Credentials go nowhere else.
    fn server(&self, path: &str) -> Option<Url> {
        if path.is_empty() || path.eq_ignore_ascii_case("ThisServer") {
            return Some(self.base.clone());
        }
        let text = if path.contains("://") { path.to_owned() } else { format!("https://{path}/") };
        let server = Url::parse(&text).ok()?;
        let is_plain = server.username().is_empty() && server.password().is_none() && server.query().is_none();
        let is_same = server.host() == self.base.host() && server.port() == self.base.port();
        let (host, home) = (server.host_str()?, self.base.host_str()?);
        match is_same {
            true => Some(self.base.clone()),
            false => (is_plain && server.scheme() == "https" && is_own(host) && is_own(home)).then_some(server),
        }
    }
}

/// Whether a host is the provider's.
fn is_own(host: &str) -> bool {
    host.strip_suffix(DOMAIN).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Why a call brought nothing, and whether another login may help.
struct Failed {
    error: ProviderError,
    ends_session: bool,
}

impl From<ProviderError> for Failed {
    fn from(error: ProviderError) -> Self {
        Self { error, ends_session: false }
    }
}

impl Api<'_, Geotab> {
    /// The result of a call.
    ///
    /// # Errors
    /// What the provider says instead.
    pub(super) async fn call(&self, method: &str, params: &Value, deadline: Duration) -> Result<OkResponse, ProviderError> {
        let login = &self.session;
        let (mut session, mut is_new) = match sessions::used(&login.key) {
            Some(Used { opened, has_ended: false }) => (opened, false),
            ended => self.opened(ended.map(|ended| ended.opened), deadline).await?,
        };
        // The session that is remembered here and the one that all share may both have ended; one that is new has not.
        loop {
            let failed = match self.ask(&session, method, params, deadline).await {
                Ok(result) => return Ok(result),
                Err(failed) => failed,
            };
            // The server that the database was at may be gone.
            if session.server != login.base && matches!(failed.error, ProviderError::Unavailable { .. }) {
                sessions::end(&login.key, &session);
            }
            if is_new || !failed.ends_session {
                return Err(failed.error);
            }
            (session, is_new) = self.opened(Some(session), deadline).await?;
        }
    }

    /// The session that all share, which is another one than the one that ended, and whether this call logged in.
    async fn opened(&self, ended: Option<Opened>, deadline: Duration) -> Result<(Opened, bool), ProviderError> {
        let login = &self.session;
        let ended = ended.map(|ended| ended.to_text());
        let is_new = AtomicBool::new(false);
        let log_in = async {
            if let Some(given) = login.given().filter(|_| ended.is_none()) {
                return Ok(given.to_text());
            }
            is_new.store(true, Ordering::Relaxed);
            self.authenticate(deadline).await.map(|opened| opened.to_text())
        };
        let text = self.sessions.session(&login.key, ended.as_deref(), Box::pin(log_in)).await?;
        let Some(opened) = Opened::of_text(&text) else { return Ok((self.authenticate(deadline).await?, true)) };
        sessions::remember(&login.key, opened.clone());
        Ok((opened, is_new.load(Ordering::Relaxed)))
    }

    /// Records of a kind; `how` says which, and how many.
    pub(super) async fn get(&self, kind: &str, how: Value) -> Result<OkResponse, ProviderError> {
        self.call("Get", &of_kind(kind, how), PAGE_DEADLINE).await
    }

    /// Several calls in one request, each with its method and parameters; the results are a list. It fails as a whole.
    pub(super) async fn calls(&self, calls: Vec<(&str, &str, Value)>) -> Result<OkResponse, ProviderError> {
        let call = |(method, kind, how)| json!({ "method": method, "params": of_kind(kind, how) });
        let calls: Vec<Value> = calls.into_iter().map(call).collect();
        self.call("ExecuteMultiCall", &json!({ "calls": calls }), PAGE_DEADLINE).await
    }

    /// Logs in, and remembers the session.
    pub(super) async fn authenticate(&self, deadline: Duration) -> Result<Opened, ProviderError> {
        let login = &self.session;
        let params = json!({ "database": login.database, "userName": login.user_name, "password": login.password });
        let secrets = [login.password.as_str()];
        let answer = self.send(&login.base, &secrets, "Authenticate", &params, deadline).await;
        let response = answer.map_err(|failed| without_database(failed.error))?;
        let result = Members::of(response.parse()?);
        let credentials = result.object("credentials");
        let text = |name: &str, own: &str| credentials.get(name).unwrap_or_else(|| own.to_owned());
        let server = login.server(&result.get::<String>("path").unwrap_or_default());
        let session = Opened {
            server: server.ok_or_else(|| response.malformed("a login leads to a server that is not the provider's"))?,
            database: text("database", &login.database),
            user_name: text("userName", &login.user_name),
            session_id: credentials.get("sessionId").ok_or_else(|| response.malformed("a login without a session"))?,
        };
        sessions::remember(&login.key, session.clone());
        Ok(session)
    }

    async fn ask(&self, session: &Opened, method: &str, params: &Value, deadline: Duration) -> Result<OkResponse, Failed> {
        let Opened { server, database, user_name, session_id } = session;
        let proof = json!({ "database": database, "userName": user_name, "sessionId": session_id });
        let params = with(params.clone(), "credentials", proof);
        self.send(server, &[&self.session.password, session_id], method, &params, deadline).await
    }

    async fn send(
        &self,
        server: &Url,
        secrets: &[&str],
        method: &str,
        params: &Value,
        deadline: Duration,
    ) -> Result<OkResponse, Failed> {
        let mut url = server.clone();
        url.set_path(&format!("{}/apiv1", server.path().trim_end_matches('/')));
        let json = HeaderValue::from_static("application/json");
        let fixed = [(ACCEPT, json.clone()), (CONTENT_TYPE, json), (USER_AGENT, HeaderValue::from_static("catena"))];
        let headers: HeaderMap = fixed.into_iter().collect();
        let body = Bytes::from(json!({ "id": -1, "method": method, "params": params }).to_string());
        let limits = limits(method, params);
        for (rate, calls) in &limits {
            self.admit(*rate, *calls).await?;
        }
        let response = self.http.post(url, headers, body, deadline).await.map_err(|failure| transport_error(&failure))?;
        let (headers, wait) = (response.headers.clone(), retry_after(&response.headers));
        let result = classify(response, secrets, REASON).map_err(Failed::from).and_then(|sent| result_of(&sent, wait));
        let told = result.as_ref().map(|_| ()).map_err(|failed| failed.error.clone());
        for (rate, _) in limits {
            self.learn(rate, &headers, &told).await;
        }
        result
    }
}

/// The limits that a request counts against, and how often: the calls of a multi-call count each for itself. That is not documented; it
/// is the stricter reading.
fn limits(method: &str, params: &Value) -> Vec<(Rate, u32)> {
    let kind = |params: &Value| params.get("typeName").and_then(Value::as_str).unwrap_or_default().to_owned();
    let calls = params.get("calls").and_then(Value::as_array).filter(|_| method == "ExecuteMultiCall");
    let Some(calls) = calls else { return vec![(Geotab::rate(method, &kind(params)), 1)] };
    let mut counted: Vec<(Rate, u32)> = Vec::new();
    for call in calls {
        let of = call.get("method").and_then(Value::as_str).unwrap_or_default();
        let rate = Geotab::rate(of, &call.get("params").map(kind).unwrap_or_default());
        match counted.iter_mut().find(|(seen, _)| *seen == rate) {
            Some((_, calls)) => *calls = calls.saturating_add(1),
            None => counted.push((rate, 1)),
        }
    }
    counted
}

/// Parameters with the kind of records that they are about.
pub(super) fn of_kind(kind: &str, how: Value) -> Value {
    with(how, "typeName", kind.into())
}

/// An object with one more member.
pub(super) fn with(object: Value, name: &str, value: Value) -> Value {
    let mut members: Map<String, Value> = if let Value::Object(members) = object { members } else { Map::new() };
    members.insert(name.to_owned(), value);
    Value::Object(members)
}

/// The result in an answer, which is null where there is nothing to tell, or the error in its place.
fn result_of(response: &OkResponse, wait: Option<Duration>) -> Result<OkResponse, Failed> {
    let envelope = Members::of(response.parse()?);
    match (envelope.raw("error").filter(|error| error.get() != "null"), envelope.raw("result")) {
        (Some(error), _) => Err(failed(response, &Members::of(error), wait)),
        (None, Some(result)) => Ok(response.part(result)),
        _ => Err(response.malformed("an answer with neither a result nor an error").into()),
    }
}

/// What an error means. Its name stands in one of two places; its text is shown, never interpreted.
fn failed(response: &OkResponse, error: &Members<'_>, wait: Option<Duration>) -> Failed {
    let listed = || error.list("errors").into_iter().find_map(|raw| Members::of(raw).get("name"));
    let name: String = error.object("data").get("type").or_else(listed).unwrap_or_default();
    let message = response.shown(&error.get("message").unwrap_or_else(|| name.clone()));
    let told = |status| Some(response.told(status));
    let unavailable = |message| ProviderError::Unavailable { status: Some(200), message, retry_after: wait, response: told(200) };
    match name.as_str() {
        "InvalidUserException" => Failed { error: ProviderError::Refused { message, response: told(200) }, ends_session: true },
        "DbUnavailableException" => Failed { error: unavailable(message), ends_session: true },
        "OverLimitException" => {
            ProviderError::RateLimited { retry_after: wait.unwrap_or(DEFAULT_WAIT), response: Some(response.told(429)) }.into()
        }
        // Written down with the status that other providers have for it: the credentials are good for other records.
        name if name.contains("Permission") || name.contains("Unauthorized") => {
            ProviderError::Refused { message, response: told(403) }.into()
        }
        "MissingMethodException"
        | "ArgumentException"
        | "ArgumentNullException"
        | "ArgumentOutOfRangeException"
        | "DuplicateException"
        | "JsonSerializerException" => ProviderError::Rejected { status: 200, message, response: response.told(200) }.into(),
        _ => unavailable(message).into(),
    }
}

/// The error of a login: a database that does not exist is not one that is down.
fn without_database(error: ProviderError) -> ProviderError {
    match error {
        ProviderError::Unavailable { message, response, .. } if message.contains("UnknownDatabase") => {
            ProviderError::Refused { message, response }
        }
        other => other,
    }
}
