//! Requests to Samsara, and the classification of the responses.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use model::credentials::Credentials;
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use super::Samsara;
use crate::body::readable;
use crate::error::cut_message;
use crate::retry_after::retry_after;
use crate::wire::Lenient;
use crate::{Api, ErrorResponse, HttpFailure, HttpResponse, PAGE_DEADLINE, ProviderError};

/// The wait where a 429 names none.
const DEFAULT_WAIT: Duration = Duration::from_secs(1);
/// The most pages of a list that is read at once.
const SHORT_LIST_PAGES: usize = 40;
/// The longest that a page of a list beside records may take.
const BESIDE_DEADLINE: Duration = Duration::from_secs(5);

/// What the credentials open.
pub(crate) struct Session {
    base: Url,
    token: String,
    headers: HeaderMap,
}

impl Session {
    /// # Errors
    /// Where the form holds no token, the token cannot be sent, or its URL is not Samsara's.
    pub(super) fn open(base: &Url, credentials: &Credentials) -> Result<Self, ProviderError> {
        let token = ["token", "access_token", "api_key"].iter().find_map(|name| credentials.get(name)).map(str::trim);
        let form = credentials.form().conn_type;
        let token = token.ok_or_else(|| ProviderError::Unsupported { what: format!("credential form {form}") })?;
        let base = match credentials.get("url") {
            Some(text) => own_url(text, base).ok_or_else(|| refused("url is not an address of Samsara"))?,
            None => base.clone(),
        };
        Ok(Self { base, headers: headers(token)?, token: token.to_owned() })
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }
}

impl Api<'_, Samsara> {
    /// The body of a 200 response to `GET path?query`.
    ///
    /// # Errors
    /// [`ProviderError`] for every other status, and where there is no response before the deadline.
    pub(super) async fn get(&self, path: &str, query: &[(&str, &str)], deadline: Duration) -> Result<OkResponse, ProviderError> {
        let Session { base, token, headers } = &self.session;
        let mut url = base.clone();
        url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
        url.set_query(None);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let response = self.http.get(url, headers.clone(), deadline).await.map_err(|failure| transport_error(&failure))?;
        classify(response, token)
    }

    /// A page of a list or feed, from the provider's cursor `after` on.
    pub(super) async fn page(
        &self,
        path: &str,
        query: &[(&str, &str)],
        after: Option<&str>,
    ) -> Result<OkResponse, ProviderError> {
        self.page_within(path, query, after, PAGE_DEADLINE).await
    }

    async fn page_within(
        &self,
        path: &str,
        query: &[(&str, &str)],
        after: Option<&str>,
        deadline: Duration,
    ) -> Result<OkResponse, ProviderError> {
        let mut query = query.to_vec();
        query.extend(after.map(|after| ("after", after)));
        self.get(path, &query, deadline).await
    }

    /// A list that is short: all its pages.
    ///
    /// # Errors
    /// As for a page; also where the list does not end.
    pub(super) async fn short_list(&self, path: &str, query: &[(&str, &str)]) -> Result<ShortList, ProviderError> {
        self.short_list_within(path, query, PAGE_DEADLINE).await
    }

    /// A short list that stands beside records which are worth having without it. `None` where the account may not read it, or
    /// the provider does not bring it in a few seconds.
    pub(super) async fn beside(&self, list: Beside, query: &[(&str, &str)]) -> Option<ShortList> {
        match self.short_list_within(list.path, query, BESIDE_DEADLINE).await {
            Ok(list) => Some(list),
            Err(cause) if cause.is_forbidden() => {
                tracing::debug!(provider = "samsara", what = list.what, "account may not read a list beside its records");
                None
            }
            Err(cause) => {
                tracing::warn!(provider = "samsara", what = list.what, %cause, "failed to read a list beside records");
                None
            }
        }
    }

    async fn short_list_within(
        &self,
        path: &str,
        query: &[(&str, &str)],
        deadline: Duration,
    ) -> Result<ShortList, ProviderError> {
        let (mut list, mut after) = (ShortList::default(), None);
        for _ in 0..SHORT_LIST_PAGES {
            let response = self.page_within(path, query, after.as_deref(), deadline).await?;
            let (data, next) = response.page(after.as_deref())?;
            list.rows.extend(data.into_iter().map(ToOwned::to_owned));
            list.is_unclear |= next.is_unclear;
            after = next.after_more();
            if after.is_none() {
                return Ok(list);
            }
        }
        Err(ProviderError::Malformed { what: format!("{path} does not end"), response: None })
    }
}

/// A list that stands beside records.
#[derive(Clone, Copy)]
pub(super) struct Beside {
    pub(super) path: &'static str,
    /// What it lists, for log lines.
    pub(super) what: &'static str,
}

/// A list that was read at once.
#[derive(Default)]
pub(super) struct ShortList {
    pub(super) rows: Vec<Box<RawValue>>,
    /// Whether a page was: nothing follows from what the list lacks.
    pub(super) is_unclear: bool,
}

/// The `url` of the credentials, if the platform may believe it: the account id it reports decides whose data a connection
/// holds, so only the TSP's own host and Samsara's will do.
fn own_url(text: &str, base: &Url) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let host = url.host_str()?;
    let samsara = url.scheme() == "https" && (host == "samsara.com" || host.ends_with(".samsara.com"));
    (samsara || url.origin() == base.origin()).then_some(url)
}

fn headers(token: &str) -> Result<HeaderMap, ProviderError> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| refused("token cannot be sent"))?;
    bearer.set_sensitive(true);
    let fixed = [(ACCEPT, HeaderValue::from_static("application/json")), (USER_AGENT, HeaderValue::from_static("catena"))];
    Ok(fixed.into_iter().chain([(AUTHORIZATION, bearer)]).collect())
}

fn refused(message: &str) -> ProviderError {
    ProviderError::Refused { message: message.into(), response: None }
}

fn transport_error(failure: &HttpFailure) -> ProviderError {
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
pub(super) struct OkResponse {
    body: bytes::Bytes,
    token: String,
}

impl OkResponse {
    /// The body as `T`.
    ///
    /// # Errors
    /// [`ProviderError::Malformed`] where it was cut off or is something else.
    pub(super) fn parse<'de, T: Deserialize<'de>>(&'de self) -> Result<T, ProviderError> {
        serde_json::from_slice(&self.body).map_err(|error| self.malformed(&error.to_string()))
    }

    pub(super) fn malformed(&self, what: &str) -> ProviderError {
        let response = Some(ErrorResponse::new(200, &self.body, &[&self.token]));
        ProviderError::Malformed { what: cut_message(what), response }
    }
}

fn classify(response: HttpResponse, token: &str) -> Result<OkResponse, ProviderError> {
    let status = response.status.as_u16();
    if status == 200 {
        let sent = OkResponse { body: response.body, token: token.to_owned() };
        return match readable(sent.body.clone()) {
            Ok(body) => Ok(OkResponse { body, ..sent }),
            Err(what) => Err(sent.malformed(what)),
        };
    }
    let error_response = ErrorResponse::new(status, &response.body, &[token]);
    let message = message(&error_response);
    let retry_after = retry_after(&response.headers);
    Err(match status {
        401 | 403 => ProviderError::Refused { message, response: Some(error_response) },
        429 => ProviderError::RateLimited { retry_after: retry_after.unwrap_or(DEFAULT_WAIT), response: error_response },
        408 | 500.. => {
            let (status, response) = (Some(status), Some(error_response));
            ProviderError::Unavailable { status, message, retry_after, response }
        }
        _ => ProviderError::Rejected { status, message, response: error_response },
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorMessage {
    message: Lenient<String>,
}

/// The reason in a JSON body, else the text of a plain one. It is shown, never interpreted: its wording changes.
fn message(response: &ErrorResponse) -> String {
    let told = serde_json::from_str::<ErrorMessage>(&response.body).ok().and_then(|error| error.message.0);
    let plain = Some(response.body.trim()).filter(|text| !text.is_empty() && !text.starts_with(['<', '{', '[']));
    cut_message(&told.or(plain.map(str::to_owned)).unwrap_or_else(|| format!("status {}", response.status)))
}
