//! What is kept of a TSP's answers: the status and a few headers of the last one.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use model::resource_operation::TspAnswer;
use providers::{BoxFuture, Http, HttpFailure, HttpResponse};
use url::Url;

/// The headers that are kept. Others may say what is nobody's business.
const HEADERS: &[&str] = &["retry-after", "x-request-id", "x-correlation-id", "x-trace-id"];
/// What the names of more of them begin with.
const PREFIXES: &[&str] = &["x-ratelimit-", "ratelimit-"];
/// The longest value that is kept.
const LONGEST: usize = 200;

/// A client that remembers the last answer to a write; what is only looked up says nothing of it.
pub(super) struct ResponseRecorder<'a> {
    http: &'a dyn Http,
    last: Mutex<TspAnswer>,
}

impl<'a> ResponseRecorder<'a> {
    pub(super) fn to(http: &'a dyn Http) -> Self {
        Self { http, last: Mutex::default() }
    }

    /// The last answer.
    pub(super) fn answer(&self) -> TspAnswer {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, answer: &Result<HttpResponse, HttpFailure>) {
        let kept = answer.as_ref().map(kept).unwrap_or_default();
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }
}

fn kept(response: &HttpResponse) -> TspAnswer {
    let is_kept = |name: &str| HEADERS.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    let headers = response.headers.iter().filter(|(name, _)| is_kept(name.as_str()));
    let headers =
        headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.chars().take(LONGEST).collect())));
    TspAnswer { status: Some(response.status.as_u16()), headers: headers.collect() }
}

impl Http for ResponseRecorder<'_> {
    fn send(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
        deadline: Duration,
    ) -> BoxFuture<'_, Result<HttpResponse, HttpFailure>> {
        Box::pin(async move {
            let is_write = method != Method::GET;
            let answer = self.http.send(method, url, headers, body, deadline).await;
            if is_write {
                self.note(&answer);
            }
            answer
        })
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn only_headers_about_limits_and_traces_are_kept() {
        let mut headers = HeaderMap::new();
        for name in ["Retry-After", "X-RateLimit-Remaining", "RateLimit-Limit", "X-Request-Id", "Set-Cookie", "Authorization"] {
            headers.insert(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), "1".parse().unwrap());
        }
        let response = HttpResponse { status: StatusCode::OK, headers, body: Bytes::new(), elapsed: Duration::ZERO };
        let answer = kept(&response);
        let names: Vec<&str> = answer.headers.keys().map(String::as_str).collect();
        assert_eq!(names, ["ratelimit-limit", "retry-after", "x-ratelimit-remaining", "x-request-id"]);
        assert_eq!(answer.status, Some(200));
    }
}
