//! Requests to providers that take a key in a header, and the classification of the responses.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use model::credentials::Credentials;
use model::telematics::source_hash;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use url::Url;

use crate::body::readable;
use crate::error::cut_message;
use crate::provider::Provider;
use crate::retry_after::retry_after;
use crate::wire::Members;
use crate::{Api, ErrorResponse, HttpFailure, HttpResponse, ProviderError};

/// The wait where a 429 names none.
const DEFAULT_WAIT: Duration = Duration::from_secs(1);

/// What the credentials open: an API with one base URL, and a key that each request carries.
pub(crate) struct Session {
    base: Url,
    key: String,
    headers: HeaderMap,
    reason: &'static str,
}

/// What tells one provider's requests from another's.
pub(crate) struct Access {
    /// The provider's own domains: credentials may name an address in them.
    pub(crate) domains: &'static [&'static str],
    /// The member of an error's body that says why.
    pub(crate) reason: &'static str,
}

/// A header that proves who asks: its name, and what stands before the key in it.
pub(crate) type Proof = (HeaderName, &'static str);

impl Session {
    /// # Errors
    /// Where the key cannot be sent, or the URL of the credentials is not the provider's.
    pub(crate) fn open(
        access: &Access,
        base: &Url,
        credentials: &Credentials,
        (name, before): Proof,
        key: &str,
    ) -> Result<Self, ProviderError> {
        let base = match credentials.get("url") {
            Some(text) => own_url(text, base, access).ok_or_else(|| refused("url is not an address of the provider"))?,
            None => base.clone(),
        };
        let mut proof = HeaderValue::from_str(&format!("{before}{key}")).map_err(|_| refused("key cannot be sent"))?;
        proof.set_sensitive(true);
        let fixed = [(ACCEPT, HeaderValue::from_static("application/json")), (USER_AGENT, HeaderValue::from_static("catena"))];
        let headers = fixed.into_iter().chain([(name, proof)]).collect();
        Ok(Self { base, key: key.to_owned(), headers, reason: access.reason })
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

/// The first of some members that the credentials have: its name and its text.
///
/// # Errors
/// [`ProviderError::Unsupported`] where they have none of them.
pub(crate) fn key_of<'c>(credentials: &'c Credentials, names: &[&'static str]) -> Result<(&'static str, &'c str), ProviderError> {
    let found = names.iter().find_map(|name| Some((*name, credentials.get(name)?.trim())));
    found.ok_or_else(|| ProviderError::Unsupported { what: format!("credential form {}", credentials.form().conn_type) })
}

/// The id of an account that tells none: a hash of the key.
pub(crate) fn unknown_account(key: &str) -> String {
    let digest = source_hash(&json!(key), &[]);
    format!("unknown-{}", digest.get(..16).unwrap_or_default())
}

impl<P: Provider<Session = Session>> Api<'_, P> {
    /// The body of a 200 response to `GET path?query`.
    ///
    /// # Errors
    /// [`ProviderError`] for every other status, and where there is no response before the deadline.
    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)], deadline: Duration) -> Result<OkResponse, ProviderError> {
        let Session { base, headers, .. } = &self.session;
        let mut url = base.clone();
        url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
        url.set_query(None);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let rate = P::rate("GET", path);
        self.admit(rate, 1).await?;
        let response = self.http.get(url, headers.clone(), deadline).await.map_err(|failure| transport_error(&failure))?;
        let headers = response.headers.clone();
        let result = classify(response, &[&self.session.key], self.session.reason);
        self.learn(rate, &headers, &result).await;
        result
    }
}

impl<P: Provider<Session = Session>> Api<'_, P> {
    /// The body of a 2xx response to a request with this JSON body. A body that cannot be read is none: the request was taken all the
    /// same. `secret` is struck out of what is kept of a response.
    ///
    /// # Errors
    /// [`ProviderError`] for every other status, and where there is no response before the deadline.
    pub(crate) async fn write(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        secret: &str,
        deadline: Duration,
    ) -> Result<OkResponse, ProviderError> {
        let Session { base, headers, .. } = &self.session;
        let mut url = base.clone();
        url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
        url.set_query(None);
        let mut headers = headers.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let rate = P::rate(method.as_str(), path);
        self.admit(rate, 1).await?;
        let response = self.http.send(method, url, headers, body, deadline).await.map_err(|failure| transport_error(&failure))?;
        let headers = response.headers.clone();
        let secrets = [self.session.key.as_str(), secret];
        let result = if response.status.is_success() {
            let body = readable(response.body).unwrap_or_default();
            Ok(OkResponse { body, secrets: secrets.iter().map(|secret| (*secret).to_owned()).collect() })
        } else {
            classify(response, &secrets, self.session.reason)
        };
        self.learn(rate, &headers, &result).await;
        result
    }
}

/// The `url` of the credentials, if the platform may believe it: the account id it reports decides whose data a connection
/// holds, so only the TSP's own host and the provider's will do.
fn own_url(text: &str, base: &Url, access: &Access) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let host = url.host_str()?;
    let below = |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let is_own = url.scheme() == "https" && access.domains.iter().any(below);
    (is_own || url.origin() == base.origin()).then_some(url)
}

fn refused(message: &str) -> ProviderError {
    ProviderError::Refused { message: message.into(), response: None }
}

pub(crate) fn transport_error(failure: &HttpFailure) -> ProviderError {
    match failure {
        HttpFailure::Timeout => ProviderError::Timeout,
        HttpFailure::TooLarge => ProviderError::Malformed { what: failure.to_string(), response: None },
        HttpFailure::Unreachable(_) => {
            let message = cut_message(&failure.to_string());
            ProviderError::Unavailable { status: None, message, retry_after: None, response: None }
        }
    }
}

/// The body of a 200, with what is needed to tell what was wrong with it.
pub(crate) struct OkResponse {
    pub(crate) body: bytes::Bytes,
    secrets: Vec<String>,
}

impl OkResponse {
    /// The body as `T`.
    ///
    /// # Errors
    /// [`ProviderError::Malformed`] where it was cut off or is something else.
    pub(crate) fn parse<'de, T: Deserialize<'de>>(&'de self) -> Result<T, ProviderError> {
        serde_json::from_slice(&self.body).map_err(|error| self.malformed(&error.to_string()))
    }

    pub(crate) fn malformed(&self, what: &str) -> ProviderError {
        ProviderError::Malformed { what: self.shown(what), response: Some(self.told(200)) }
    }

    /// The response as it may be stored, with the status that its body stands for.
    pub(crate) fn told(&self, status: u16) -> ErrorResponse {
        let secrets: Vec<&str> = self.secrets.iter().map(String::as_str).collect();
        ErrorResponse::new(status, &self.body, &secrets)
    }

    /// A text about the body, as it may be shown.
    pub(crate) fn shown(&self, text: &str) -> String {
        let secrets = self.secrets.iter().filter(|secret| !secret.is_empty());
        cut_message(&secrets.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "*****")))
    }

    /// The same response, of whose body only a part is looked at from here on.
    pub(crate) fn part(&self, part: &RawValue) -> Self {
        Self { body: self.body.slice_ref(part.get().as_bytes()), secrets: self.secrets.clone() }
    }
}

/// The body of a 200; every other status as what it means. `secrets` are struck out of what is kept of a response, and `reason` is the
/// member of an error's body that says why.
pub(crate) fn classify(response: HttpResponse, secrets: &[&str], reason: &str) -> Result<OkResponse, ProviderError> {
    let status = response.status.as_u16();
    if status == 200 {
        let secrets = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        let sent = OkResponse { body: response.body, secrets };
        return match readable(sent.body.clone()) {
            Ok(body) => Ok(OkResponse { body, ..sent }),
            Err(what) => Err(sent.malformed(what)),
        };
    }
    let error_response = ErrorResponse::new(status, &response.body, secrets);
    let message = message(&error_response, reason);
    let retry_after = retry_after(&response.headers);
    Err(match status {
        401 | 403 => ProviderError::Refused { message, response: Some(error_response) },
        429 => ProviderError::RateLimited { retry_after: retry_after.unwrap_or(DEFAULT_WAIT), response: Some(error_response) },
        408 | 500.. => {
            let (status, response) = (Some(status), Some(error_response));
            ProviderError::Unavailable { status, message, retry_after, response }
        }
        _ => ProviderError::Rejected { status, message, response: error_response },
    })
}

/// The reason in a JSON body, else the text of a plain one. It is shown, never interpreted: its wording changes.
fn message(response: &ErrorResponse, reason: &str) -> String {
    let body = serde_json::from_str(&response.body).ok();
    let told = body.and_then(|raw| Members::of(raw).get(reason));
    let plain = Some(response.body.trim()).filter(|text| !text.is_empty() && !text.starts_with(['<', '{', '[']));
    cut_message(&told.or(plain.map(str::to_owned)).unwrap_or_else(|| format!("status {}", response.status)))
}
