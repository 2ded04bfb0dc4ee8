//! The socket: turns HTTP requests into calls and replies into HTTP responses.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::Response;
use tokio::net::TcpListener;

use crate::app::App;
use crate::http::{Call, Content, Reply};
use crate::options::Options;
use crate::provider::Provider;
use crate::providers::PROVIDERS;
use crate::router;

/// A simulator that is bound to its port and responds once it runs.
#[derive(Debug)]
pub struct Simulator {
    app: Arc<App>,
    listener: TcpListener,
    addr: SocketAddr,
}

/// A provider as its clients know it.
#[derive(Debug, Clone)]
pub struct Provided {
    /// Its name, which is also the slug of its TSP.
    pub name: &'static str,
    /// Its base URL, without a trailing slash.
    pub url: String,
    /// What opens its accounts, one per account; [`crate::credentials`] says how it is sent.
    pub keys: Vec<String>,
}

/// Builds the world and binds a port; port 0 means any free one.
///
/// # Errors
/// When an option is out of range, the trace cannot be read or the address is in use.
pub async fn bind(options: Options, addr: SocketAddr) -> Result<Simulator> {
    ensure!((0.5..=100.0).contains(&options.time_factor), "the time factor must be between 0.5 and 100");
    let app = Arc::new(App::new(&options)?);
    let listener = TcpListener::bind(addr).await.with_context(|| format!("failed to listen on {addr}"))?;
    let addr = listener.local_addr().context("failed to read the local address")?;
    Ok(Simulator { app, listener, addr })
}

impl Simulator {
    /// The address it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The root URL, without a trailing slash; `/_sim` is below it.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What is simulated: each provider with the base URL to give to its clients, and with the keys of its accounts.
    #[must_use]
    pub fn providers(&self) -> Vec<Provided> {
        let accounts = self.app.world.accounts();
        let provided = |provider: &Provider| Provided {
            name: provider.name,
            url: format!("{}/{}", self.base_url(), provider.name),
            keys: accounts.iter().map(|account| provider.key(account)).collect(),
        };
        PROVIDERS.iter().map(provided).collect()
    }

    /// One of [`Simulator::providers`].
    ///
    /// # Errors
    /// When no provider has this name.
    pub fn provider(&self, name: &str) -> Result<Provided> {
        let found = self.providers().into_iter().find(|provided| provided.name == name);
        found.with_context(|| format!("no provider {name} is simulated"))
    }

    /// Serves requests until `shutdown` completes.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let router = Router::new().fallback(handle).with_state(self.app);
        axum::serve(self.listener, router).with_graceful_shutdown(shutdown).await.context("failed to serve")
    }
}

async fn handle(State(app): State<Arc<App>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let call = Call {
        method: method.as_str(),
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        bearer: authorization.and_then(|value| value.strip_prefix("Bearer ")),
        api_key: headers.get("x-api-key").and_then(|value| value.to_str().ok()),
        basic: authorization.and_then(|value| value.strip_prefix("Basic ")),
        body: &body,
    };
    let reply = router::answer(&app, &call);
    if !reply.delay.is_zero() {
        tokio::time::sleep(reply.delay).await;
    }
    into_response(reply)
}

fn into_response(reply: Reply) -> Response {
    let content_type = match reply.content {
        Content::Json => "application/json",
        Content::Text => "text/plain; charset=utf-8",
        Content::Html => "text/html; charset=utf-8",
    };
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    let location = reply.location.and_then(|value| header::HeaderValue::try_from(value).ok());
    if let Some(value) = location {
        response.headers_mut().insert(header::LOCATION, value);
    }
    let retry_after = reply.retry_after.and_then(|value| header::HeaderValue::try_from(value).ok());
    if let Some(value) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    for (name, value) in reply.headers {
        if let Ok(value) = header::HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
