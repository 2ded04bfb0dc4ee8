//! A receiver of webhooks whose answers a test decides.

use std::io::Read as _;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::to_bytes;
use axum::extract::Request;
use http::StatusCode;
use serde_json::Value;
use tokio::net::TcpListener;

/// A request that it received.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) envelope: Value,
}

/// A receiver. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    status: Arc<AtomicU16>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Endpoint {
    /// A receiver that answers with this status.
    pub(crate) async fn answering(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/in", listener.local_addr().unwrap());
        let endpoint = Self { url, status: Arc::new(status.into()), seen: Arc::default() };
        let receiver = endpoint.clone();
        let router = axum::Router::new().fallback(move |request: Request| receiver.clone().receive(request));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        endpoint
    }

    /// Answers with another status from now on.
    pub(crate) fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The requests so far that tell of this event.
    pub(crate) fn of(&self, event: &str) -> Vec<Value> {
        self.seen().into_iter().map(|seen| seen.envelope).filter(|envelope| envelope["event_name"] == event).collect()
    }

    async fn receive(self, request: Request) -> StatusCode {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 16 << 20).await.unwrap();
        let mut plain = Vec::new();
        if parts.headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip") {
            flate2::read::GzDecoder::new(body.as_ref()).read_to_end(&mut plain).unwrap();
        } else {
            plain.extend_from_slice(&body);
        }
        let envelope = serde_json::from_slice(&plain).unwrap();
        self.seen.lock().unwrap().push(Seen { envelope });
        StatusCode::from_u16(self.status.load(Ordering::SeqCst)).unwrap()
    }
}
