//! The client for every outbound call of the platform: to webhook receivers, providers, token endpoints.
//!
//! It calls only addresses that the policy permits. This is checked at each name resolution and not only when a URL is registered,
//! since a name may point elsewhere later. It follows no redirect, uses no proxy, and reads at most the given number of bytes.
//! Plain http goes only to ranges that an operator allowed.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};
use reqwest::redirect;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::paced;
use crate::resolver::{self, GuardedResolver, Lookup, NetworkPolicy, Refused};
use crate::target::AddressPolicy;

/// The limit for opening a connection, if the deadline of the call is later.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long after the head a body that may be cut is read. The whole of it lets the connection be used again; no more than that.
const CUT_BODY_TIME: Duration = Duration::from_millis(500);
/// The most headers of a response. Their bytes are limited to about 400 KiB.
const MAX_HEADERS: usize = 500;

/// A request. Debug shows neither headers, path nor body, as all three may hold secrets.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The target.
    pub url: Url,
    /// All headers; none is added but `Host`, `Content-Length` and, where missing, `Accept`.
    pub headers: HeaderMap,
    /// The bytes to send.
    pub body: Bytes,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        f.debug_struct("Request").field("method", &self.method).field("host", &host).finish_non_exhaustive()
    }
}

/// The bounds of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For the whole call: name resolution, connection, request and response.
    pub deadline: Duration,
    /// The most bytes of the response body that are kept.
    pub max_body: usize,
    /// What happens to a longer body.
    pub over: OverLimit,
}

/// What happens to a body that is longer than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverLimit {
    /// The rest is not read. For callers that need the status only: once it has arrived, a body that breaks off, is malformed or
    /// takes longer than half a second is cut too.
    Cut,
    /// The call fails.
    Refuse,
}

/// A response of any status. Debug shows neither headers nor body.
#[derive(Clone)]
pub struct HttpResponse {
    /// Its status; redirects are not followed.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as it was sent (not decompressed).
    pub body: Bytes,
    /// From the call to the end of the body.
    pub elapsed: Duration,
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("HttpResponse");
        debug.field("status", &self.status).field("body_bytes", &self.body.len()).field("elapsed", &self.elapsed);
        debug.finish_non_exhaustive()
    }
}

/// Why there is no response. The messages are for operators and contain no path and no secret; others read [`SendError::told`].
#[derive(Debug, Error)]
pub enum SendError {
    /// The policy forbids every address of this host.
    #[error("address of {0} is not permitted")]
    Refused(String),
    /// The deadline passed.
    #[error("timed out")]
    Timeout,
    /// The name does not resolve, or no connection was made.
    #[error("connection failed")]
    Connect,
    /// The TLS handshake failed.
    #[error("tls handshake failed")]
    Tls,
    /// The body is longer than allowed.
    #[error("response is too large")]
    TooLarge,
    /// The connection broke, or the response was not HTTP.
    #[error("request failed: {0}")]
    Other(String),
}

impl SendError {
    /// What the owner of the target reads. A forbidden address reads like one where nothing listens: to tell them apart would tell
    /// which names exist inside our network.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::Refused(_) => Self::Connect.to_string(),
            other => other.to_string(),
        }
    }
}

/// The client could not be built, usually for lack of TLS root certificates.
#[derive(Debug, Error)]
#[error("failed to build the HTTP client")]
pub struct ClientError(#[source] reqwest::Error);

/// The guarded client. Cheap to clone; connections are shared.
#[derive(Clone, Debug)]
pub struct GuardedClient {
    secure: PolicyClient,
    plain: PolicyClient,
}

#[derive(Clone, Debug)]
struct PolicyClient {
    client: reqwest::Client,
    policy: NetworkPolicy,
}

impl GuardedClient {
    /// A client under this policy.
    ///
    /// # Errors
    /// If the TLS stack cannot be initialized.
    pub fn new(policy: AddressPolicy) -> Result<Self, ClientError> {
        Self::resolving(policy, &resolver::system())
    }

    fn resolving(policy: AddressPolicy, lookup: &Lookup) -> Result<Self, ClientError> {
        let secure = PolicyClient::new(NetworkPolicy::PublicHttps(policy.clone()), Arc::clone(lookup))?;
        let plain = PolicyClient::new(NetworkPolicy::OperatorRanges(policy), Arc::clone(lookup))?;
        Ok(Self { secure, plain })
    }

    /// Sends a request and reads the response, whatever its status.
    ///
    /// # Errors
    /// If there is no response, or (with [`OverLimit::Refuse`]) no complete one.
    pub async fn send(&self, request: Request, limits: Limits) -> Result<HttpResponse, SendError> {
        let start = Instant::now();
        let deadline = start + limits.deadline;
        let PolicyClient { client, policy } = self.client_for(&request.url)?;
        policy.check_literal(&request.url).map_err(|Refused(host)| SendError::Refused(host))?;
        let exchange =
            client.request(request.method, request.url).headers(request.headers).body(paced::body(request.body)).send();
        let response = timeout_at(deadline, exchange).await.map_err(|_| SendError::Timeout)?.map_err(fault)?;
        read(response, start, deadline, limits).await
    }

    fn client_for(&self, url: &Url) -> Result<&PolicyClient, SendError> {
        match url.scheme() {
            "https" => Ok(&self.secure),
            "http" => Ok(&self.plain),
            other => Err(SendError::Refused(format!("scheme {other}"))),
        }
    }
}

impl PolicyClient {
    fn new(policy: NetworkPolicy, lookup: Lookup) -> Result<Self, ClientError> {
        let client = reqwest::Client::builder()
            .dns_resolver(Arc::new(GuardedResolver { policy: policy.clone(), lookup }))
            .redirect(redirect::Policy::none())
            // A proxy from the environment would resolve names itself, beyond the policy's control.
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            // The status line decides: headers are read as they are written, and those that cannot be read are left out.
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_max_headers(MAX_HEADERS)
            .build()
            .map_err(ClientError)?;
        Ok(Self { client, policy })
    }
}

async fn read(
    mut response: reqwest::Response,
    start: Instant,
    deadline: Instant,
    limits: Limits,
) -> Result<HttpResponse, SendError> {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    let until = match limits.over {
        OverLimit::Cut => deadline.min(Instant::now() + CUT_BODY_TIME),
        OverLimit::Refuse => deadline,
    };
    let complete = timeout_at(until, collect(&mut response, &mut body, limits.max_body)).await;
    match (complete.unwrap_or(Err(SendError::Timeout)), limits.over) {
        (Ok(()), _) | (Err(_), OverLimit::Cut) => {}
        (Err(error), OverLimit::Refuse) => return Err(error),
    }
    Ok(HttpResponse { status, headers, body: body.freeze(), elapsed: start.elapsed() })
}

/// Reads into `body` up to `max` bytes; `TooLarge` if there are more.
async fn collect(response: &mut reqwest::Response, body: &mut BytesMut, max: usize) -> Result<(), SendError> {
    while let Some(chunk) = response.chunk().await.map_err(fault)? {
        let room = max - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            return Err(SendError::TooLarge);
        }
    }
    Ok(())
}

fn fault(error: reqwest::Error) -> SendError {
    let error = error.without_url();
    if let Some(Refused(host)) = cause::<Refused>(&error) {
        return SendError::Refused(host.clone());
    }
    if error.is_timeout() {
        return SendError::Timeout;
    }
    if error.is_connect() {
        return if cause::<io::Error>(&error).is_some_and(is_tls) { SendError::Tls } else { SendError::Connect };
    }
    SendError::Other(innermost(&error).to_string())
}

/// The TLS layer reports handshake faults as invalid data, wrapped in other I/O errors; plain connections have none.
fn is_tls(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
    error.kind() == io::ErrorKind::InvalidData || inner.is_some_and(is_tls)
}

fn cause<T: StdError + 'static>(error: &reqwest::Error) -> Option<&T> {
    causes(error).find_map(|error| error.downcast_ref())
}

fn innermost(error: &reqwest::Error) -> &(dyn StdError + 'static) {
    causes(error).last().unwrap_or(error)
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}

#[cfg(test)]
#[path = "guarded_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "forbidden_tests.rs"]
mod forbidden;

#[cfg(test)]
#[path = "receivers_tests.rs"]
mod receivers;
