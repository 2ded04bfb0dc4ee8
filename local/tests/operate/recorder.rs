//! A proxy that records what it forwards, and a webhook receiver that fails on request.

use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::{Response, StatusCode};
use tokio::net::TcpListener;

/// Passes requests on to a port and remembers their bodies.
#[derive(Clone)]
pub(crate) struct Recorder {
    pub(crate) url: String,
    seen: Arc<Mutex<String>>,
}

impl Recorder {
    pub(crate) async fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let recorder = Self { url, seen: Arc::default() };
        let (http, seen) = (reqwest::Client::new(), Arc::clone(&recorder.seen));
        let router = axum::Router::new().fallback(move |request: Request| pass_on(http, target, seen, request));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        recorder
    }

    pub(crate) fn seen(&self) -> String {
        self.seen.lock().unwrap().clone()
    }
}

async fn pass_on(http: reqwest::Client, target: u16, seen: Arc<Mutex<String>>, request: Request) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, 16 << 20).await.unwrap();
    seen.lock().unwrap().push_str(&format!("{} {}\n", parts.uri, String::from_utf8_lossy(&body)));
    parts.headers.remove("host");
    let url = format!("http://127.0.0.1:{target}{}", parts.uri);
    let answer = http.request(parts.method, url).headers(parts.headers).body(body).send().await;
    let Ok(answer) = answer else {
        return Response::builder().status(StatusCode::BAD_GATEWAY).body(Body::empty()).unwrap();
    };
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers().iter().filter(|(name, _)| *name != "transfer-encoding" && *name != "content-length") {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
}

/// Starts a receiver of webhooks. The last part of the path is the status that it returns.
pub(crate) async fn receiver() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(|request: Request| async move {
        let status = request.uri().path().rsplit('/').next().and_then(|text| text.parse::<u16>().ok());
        status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK)
    });
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}
