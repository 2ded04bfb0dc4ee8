//! One request through one endpoint: request id, caller, handler, errors, access log.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use model::Timestamp;
use serde::Serialize;
use tracing::Instrument as _;

use crate::caller::Caller;
use crate::{ApiError, Call, Context, Endpoint, idempotency, metrics, telemetry};

/// A request as an endpoint sees it, whoever carried it here.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// HTTP method.
    pub method: Method,
    /// Path as sent.
    pub raw_path: String,
    /// Query as sent, without the question mark.
    pub raw_query: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Path parameters, decoded.
    pub path: BTreeMap<String, String>,
    /// Body.
    pub body: Bytes,
}

impl Incoming {
    /// Query parameters, decoded; repeated keys keep all values.
    #[must_use]
    pub fn query(&self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(self.raw_query.as_bytes()) {
            found.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        found
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn has_content_type(&self, wanted: &str) -> bool {
        let sent = self.header("content-type").unwrap_or_default();
        sent.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
    }

    /// Path and filters in a fixed order, without paging members.
    fn filters(&self) -> String {
        let mut pairs: Vec<(String, Vec<String>)> =
            self.query().into_iter().filter(|(name, _)| name != "cursor" && name != "size").collect();
        for (_, values) in &mut pairs {
            values.retain(|value| !value.is_empty());
            values.sort();
        }
        pairs.retain(|(_, values)| !values.is_empty());
        format!("{} {pairs:?}", self.raw_path.replace("share_agreements", "share-agreements"))
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Response {
    /// A JSON answer.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        Self::written(status, serde_json::to_vec(body).unwrap_or_default())
    }

    /// An answer that is JSON already.
    #[must_use]
    pub fn written(status: StatusCode, json: Vec<u8>) -> Self {
        let mut response = Self::empty(status);
        response.set("content-type", "application/json");
        response.body = json.into();
        response
    }

    /// An HTML page.
    #[must_use]
    pub fn html(status: StatusCode, page: String) -> Self {
        let mut response = Self::empty(status);
        response.set("content-type", "text/html; charset=utf-8");
        response.body = page.into();
        response
    }

    /// A redirect (303) after a form post or to another page.
    #[must_use]
    pub fn see_other(target: &str) -> Self {
        let mut response = Self::empty(StatusCode::SEE_OTHER);
        response.set("location", target);
        response
    }

    /// Nothing but a status.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// Sets a header; a value that is no header text is left out.
    pub fn set(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// Serves one request by one endpoint. Never fails: errors are answers.
pub async fn dispatch(context: &Context, endpoint: &Endpoint, incoming: &Incoming) -> Response {
    dispatch_within(context, endpoint, incoming, Duration::MAX).await
}

/// Serves one request, and answers 504 if that takes longer than `limit`.
pub async fn dispatch_within(context: &Context, endpoint: &Endpoint, incoming: &Incoming, limit: Duration) -> Response {
    let request_id = uuid::Uuid::now_v7().to_string();
    let trace = telemetry::trace(incoming.header(telemetry::TRACE_HEADER), context.now());
    let span = telemetry::request(trace, &request_id, endpoint.handler, incoming);
    answer(&context.traced(trace), endpoint, incoming, request_id, limit).instrument(span).await
}

async fn answer(context: &Context, endpoint: &Endpoint, incoming: &Incoming, request_id: String, limit: Duration) -> Response {
    let started = std::time::Instant::now();
    let served = tokio::time::timeout(limit, serve(context, endpoint, incoming, &request_id, context.now())).await;
    let served = served.unwrap_or_else(|_| Err(ApiError::late()));
    let cause = served.as_ref().err().and_then(|error| error.cause().map(str::to_owned));
    let mut response = served.unwrap_or_else(ApiError::into_response);
    response.set("x-request-id", &request_id);
    let duration_ms = started.elapsed().as_secs_f64() * 1_000.0;
    let status = response.status.as_u16();
    match cause {
        None => tracing::info!(status, duration_ms, "request"),
        Some(cause) => tracing::error!(status, duration_ms, cause, "request"),
    }
    metrics::request(endpoint.handler, status, duration_ms);
    response
}

async fn serve(
    context: &Context,
    endpoint: &Endpoint,
    incoming: &Incoming,
    request_id: &str,
    now: Timestamp,
) -> Result<Response, ApiError> {
    let caller = Caller::of(context, endpoint.access, incoming, now).await?;
    telemetry::record_caller(&caller);
    context.limits().request(&caller)?;
    let binding = format!("{} {}", caller.name(), incoming.filters());
    let call = Call { caller, request_id: request_id.to_owned(), now, binding };
    idempotency::run(context, endpoint, call, incoming).await
}
