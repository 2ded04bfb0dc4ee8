//! API errors (contract section 15), and how they become responses.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use store::StoreError;

use crate::problem::{Problem, Problems};
use crate::response::Response;

/// When to retry after a 503: most faults of the services that we depend on pass within seconds.
const RETRY_SECONDS: u64 = 2;

/// An error response.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    body: Value,
    headers: Vec<(&'static str, String)>,
    /// Logged, but not part of the response.
    cause: Option<String>,
    /// What people see of it, where it depends on the request.
    page: Option<Box<Response>>,
}

impl ApiError {
    fn with(status: StatusCode, error_type: &str, detail: Value) -> Self {
        let message = status.canonical_reason().unwrap_or("Error");
        Self {
            status,
            body: json!({ "code": status.as_u16(), "message": message, "detail": detail, "error_type": error_type }),
            headers: Vec::new(),
            cause: None,
            page: None,
        }
    }

    /// 400: the request is malformed.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::with(StatusCode::BAD_REQUEST, "malformed_request", Value::String(detail.into()))
    }

    /// 401: the token is missing or invalid.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        let mut error = Self::with(StatusCode::UNAUTHORIZED, "invalid_token", Value::String(detail.into()));
        error.headers.push(("www-authenticate", "Bearer".into()));
        error
    }

    /// 403: the token does not permit the operation, for a reason that `error_type` names.
    pub fn forbidden(error_type: &'static str, detail: impl Into<String>) -> Self {
        Self::with(StatusCode::FORBIDDEN, error_type, Value::String(detail.into()))
    }

    /// 404: the resource does not exist, or the caller may not see it. Its name is the beginning of the `error_type`.
    #[must_use]
    pub fn not_found(what: &'static str) -> Self {
        let error_type = format!("{}_not_found", what.replace(' ', "_"));
        Self::with(StatusCode::NOT_FOUND, &error_type, Value::String(format!("{what} not found")))
    }

    /// 404: no route has this path; `meant` is one that the caller may have meant.
    #[must_use]
    pub fn no_such_path(meant: Option<&str>) -> Self {
        let hint = meant.map(|path| format!("; did you mean {path}?")).unwrap_or_default();
        Self::with(StatusCode::NOT_FOUND, "path_not_found", Value::String(format!("path not found{hint}")))
    }

    /// 405: the path has other methods, which `Allow` lists.
    #[must_use]
    pub fn method_not_allowed(method: &Method, allow: &str) -> Self {
        let detail = format!("{method} is not served here; {allow} are");
        let mut error = Self::with(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", Value::String(detail));
        error.headers.push(("allow", allow.to_owned()));
        error
    }

    /// 409: the state of the resource does not allow the operation; `error_type` names the state.
    pub fn conflict(error_type: &'static str, detail: impl Into<String>) -> Self {
        Self::with(StatusCode::CONFLICT, error_type, Value::String(detail.into()))
    }

    /// 413: the body has more bytes than the operation takes.
    #[must_use]
    pub fn too_large(most: usize) -> Self {
        let detail = format!("the body may have at most {most} bytes");
        Self::with(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", Value::String(detail))
    }

    /// 422 with the problems found, of which the first 20 are named.
    #[must_use]
    pub fn invalid(problems: Vec<Problem>) -> Self {
        Self::invalid_request(problems.into())
    }

    pub(crate) fn invalid_request(problems: Problems) -> Self {
        let Problems { named, total } = problems;
        let in_body = named.iter().filter(|problem| problem.part() == "body").count();
        let title = match in_body {
            0 => "Invalid Request Parameters",
            some if some == named.len() => "Invalid Request Body",
            _ => "Invalid Request",
        };
        let mut error = Self::with(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", json!(named));
        if let Some(message) = error.body.get_mut("message") {
            let more =
                if total > named.len() { format!(" (the first {} of {total} problems)", named.len()) } else { String::new() };
            *message = format!("{title}{more}").into();
        }
        error
    }

    /// 422 with one problem.
    pub fn invalid_member(path: &str, input: &str, error_type: &'static str, message: impl Into<String>) -> Self {
        Self::invalid(vec![Problem::new(path, input, error_type, message)])
    }

    /// 429: the caller may retry after `seconds`, at least one.
    #[must_use]
    pub fn too_many(seconds: u64) -> Self {
        Self::too_many_of(seconds, "too many requests")
    }

    /// 429 that says of what there is too much.
    #[must_use]
    pub fn too_many_of(seconds: u64, message: &str) -> Self {
        let seconds = seconds.max(1);
        let detail = json!({ "retry_after_seconds": seconds, "message": message });
        let mut error = Self::with(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail);
        error.headers.push(("retry-after", seconds.to_string()));
        error
    }

    /// 503: a service that we depend on does not answer, or throttles. The cause goes to the log, not to the caller.
    pub fn unavailable(cause: impl ToString) -> Self {
        let detail =
            json!({ "retry_after_seconds": RETRY_SECONDS, "message": "temporarily unavailable; retry the same request" });
        let mut error = Self::with(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        error.headers.push(("retry-after", RETRY_SECONDS.to_string()));
        Self { cause: Some(cause.to_string()), ..error }
    }

    /// 501: the TSP cannot do this.
    pub fn not_supported(detail: impl Into<String>) -> Self {
        Self::with(StatusCode::NOT_IMPLEMENTED, "not_supported", Value::String(detail.into()))
    }

    /// 504: the TSP timed out.
    pub fn gateway_timeout(detail: impl Into<String>) -> Self {
        Self::with(StatusCode::GATEWAY_TIMEOUT, "timeout", Value::String(detail.into()))
    }

    /// 504: the platform exceeded its own deadline; the request may still have been processed.
    #[must_use]
    pub fn deadline_exceeded() -> Self {
        let error = Self::gateway_timeout("the request timed out; it may still have been processed");
        Self { cause: Some("the request exceeded its deadline".into()), ..error }
    }

    /// 500: an internal error. The cause is logged, but not returned to the caller.
    pub fn internal(cause: impl ToString) -> Self {
        let body = json!({ "message": "Internal Server Error" });
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, body, headers: Vec::new(), cause: Some(cause.to_string()), page: None }
    }

    /// An error of the OAuth endpoints, in the OAuth format (RFC 6749 section 5.2).
    #[must_use]
    pub fn oauth(status: StatusCode, error: &'static str, description: impl Into<String>) -> Self {
        let body = json!({ "error": error, "error_description": description.into() });
        Self { status, body, headers: vec![("cache-control", "no-store".into())], cause: None, page: None }
    }

    /// The same error in the OAuth format, if the caller can correct it; others have one format everywhere.
    pub(crate) fn in_oauth_format(self) -> Self {
        let is_callers = self.status.is_client_error() && self.status != StatusCode::TOO_MANY_REQUESTS;
        if !is_callers || self.body.get("error").is_some() {
            return self;
        }
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let description = match self.body.pointer("/detail/0") {
            Some(problem) => format!("{}: {}", text(problem.get("path")), text(problem.get("message"))),
            None => text(self.body.get("detail")),
        };
        let is_general = matches!(self.status, StatusCode::NOT_FOUND | StatusCode::PAYLOAD_TOO_LARGE);
        let status = if is_general { self.status } else { StatusCode::BAD_REQUEST };
        Self::oauth(status, "invalid_request", description)
    }

    /// The same error with a challenge (RFC 7235): the scheme by which the caller may try again.
    #[must_use]
    pub fn challenging(mut self, scheme: String) -> Self {
        self.headers.push(("www-authenticate", scheme));
        self
    }

    /// The same error, which people see as this page: what an endpoint shows of errors in general does not know the request.
    #[must_use]
    pub fn shown_as(self, page: Response) -> Self {
        Self { page: Some(Box::new(page)), ..self }
    }

    pub(crate) fn take_page(&mut self) -> Option<Response> {
        self.page.take().map(|page| *page)
    }

    /// A page that shows this error, with the time to wait where there is one.
    pub(crate) fn on_page(&self, mut page: Response) -> Response {
        if let Some(seconds) = self.header("retry-after") {
            page.set("retry-after", seconds);
        }
        page
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The cause, for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// A header of the response.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| *held == name).map(|(_, value)| value.as_str())
    }

    /// The response body.
    #[must_use]
    pub fn body(&self) -> &Value {
        &self.body
    }

    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::json(self.status, &self.body);
        for (name, value) in self.headers {
            response.set(name, &value);
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => {
                Self::conflict("concurrent_change", "modified by another request; fetch the current version and retry")
            }
            StoreError::Throttled | StoreError::Unavailable { .. } => Self::unavailable(error),
            StoreError::Refused { .. } | StoreError::Unreadable { .. } | StoreError::Unstorable(_) => Self::internal(error),
        }
    }
}

impl From<vault::VaultError> for ApiError {
    fn from(error: vault::VaultError) -> Self {
        match error {
            vault::VaultError::Unavailable { .. } => Self::unavailable(error),
            _ => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use vault::VaultError;

    use super::*;

    /// What another second may bring is a 503 that says when to ask again; what lasts is a 500; both hide their cause.
    #[test]
    fn faults_that_pass_are_told_from_ours() {
        let (operation, cause) = ("read", String::from("hidden"));
        let passing = [
            StoreError::Throttled.into(),
            StoreError::Unavailable { operation, reason: cause.clone() }.into(),
            VaultError::Unavailable { operation, cause: cause.clone() }.into(),
        ];
        for error in passing as [ApiError; 3] {
            assert!(error.cause().is_some());
            assert!(!error.body().to_string().contains("hidden"));
            let response = error.into_response();
            assert_eq!((response.status.as_u16(), response.headers["retry-after"].to_str().unwrap()), (503, "2"));
        }
        let lasting = [
            StoreError::Refused { operation, reason: cause.clone() }.into(),
            VaultError::KeyService { operation, cause }.into(),
            VaultError::NoSigningKey.into(),
        ];
        for error in lasting as [ApiError; 3] {
            let response = error.into_response();
            assert_eq!((response.status.as_u16(), response.headers.get("retry-after")), (500, None));
        }
    }
}
