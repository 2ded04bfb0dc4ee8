//! The domain in front of the API: a known address that forwards to the emulator's.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::StatusCode;
use tokio::net::TcpListener;

/// The largest request that passes.
const MOST_BYTES: usize = 10 << 20;

/// Forwards requests to an address that becomes known later.
pub(super) struct Front {
    listener: TcpListener,
    /// Its URL.
    pub(super) url: String,
}

impl Front {
    pub(super) async fn bind() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port")?;
        let url = format!("http://{}", listener.local_addr()?);
        Ok(Self { listener, url })
    }

    /// Serves until the task ends.
    pub(super) fn lead_to(self, target: String) -> Result<tokio::task::JoinHandle<()>> {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let target = Arc::new(target);
        let router = axum::Router::new().fallback(move |request: Request| forward(http.clone(), Arc::clone(&target), request));
        Ok(tokio::spawn(async move {
            let _ended = axum::serve(self.listener, router).await;
        }))
    }
}

async fn forward(http: reqwest::Client, target: Arc<String>, request: Request) -> http::Response<Body> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let url = format!("{target}{path}");
    let (mut parts, body) = request.into_parts();
    parts.headers.remove("host");
    let Ok(body) = to_bytes(body, MOST_BYTES).await else { return status(StatusCode::PAYLOAD_TOO_LARGE) };
    let sent = http.request(parts.method, url).headers(parts.headers).body(body).send().await;
    let Ok(answer) = sent else { return status(StatusCode::BAD_GATEWAY) };
    let (code, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove("transfer-encoding");
    headers.remove("content-length");
    let Ok(body) = answer.bytes().await else { return status(StatusCode::BAD_GATEWAY) };
    let mut response = http::Response::new(Body::from(body));
    *response.status_mut() = code;
    *response.headers_mut() = headers;
    response
}

fn status(code: StatusCode) -> http::Response<Body> {
    let mut response = http::Response::new(Body::empty());
    *response.status_mut() = code;
    response
}
