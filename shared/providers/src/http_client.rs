//! How adapters reach providers: a GET, a POST where that is how a provider is asked, and what a write takes. The platform's guarded client implements it, and canned responses do in tests.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use thiserror::Error;
use url::Url;
pub use webhooks::HttpResponse;
use webhooks::{GuardedClient, Limits, OverLimit, Request, SendError};

use crate::BoxFuture;

/// The largest response read, in bytes. A page of 512 rows stays far below.
pub(crate) const MAX_BODY: usize = 32 * 1024 * 1024;

/// Why there is no response.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HttpFailure {
    /// The deadline passed.
    #[error("timed out")]
    Timeout,
    /// No connection, or it broke.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// The response is larger than 32 MiB.
    #[error("response is too large")]
    TooLarge,
}

/// Sends requests to a provider. Implementations must not log headers: they hold credentials.
pub trait Http: Send + Sync {
    /// Sends a GET and reads the whole response, whatever its status.
    ///
    /// # Errors
    /// Where there is no complete response before the deadline.
    fn get(&self, url: Url, headers: HeaderMap, deadline: Duration) -> BoxFuture<'_, Result<HttpResponse, HttpFailure>> {
        self.send(Method::GET, url, headers, Bytes::new(), deadline)
    }

    /// Sends a POST and reads the whole response, whatever its status.
    ///
    /// # Errors
    /// Where there is no complete response before the deadline.
    fn post(
        &self,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
        deadline: Duration,
    ) -> BoxFuture<'_, Result<HttpResponse, HttpFailure>> {
        self.send(Method::POST, url, headers, body, deadline)
    }

    /// Sends a request and reads the whole response, whatever its status. Implementations must not log the body: it may hold
    /// credentials.
    ///
    /// # Errors
    /// Where there is no complete response before the deadline.
    fn send(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
        deadline: Duration,
    ) -> BoxFuture<'_, Result<HttpResponse, HttpFailure>>;
}

impl Http for GuardedClient {
    fn send(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
        deadline: Duration,
    ) -> BoxFuture<'_, Result<HttpResponse, HttpFailure>> {
        let limits = Limits { deadline, max_body: MAX_BODY, over: OverLimit::Refuse };
        let request = Request { method, url, headers, body };
        Box::pin(async move { Self::send(self, request, limits).await.map_err(failure) })
    }
}

fn failure(error: SendError) -> HttpFailure {
    match error {
        SendError::Timeout => HttpFailure::Timeout,
        SendError::TooLarge => HttpFailure::TooLarge,
        other => HttpFailure::Unreachable(other.to_string()),
    }
}
