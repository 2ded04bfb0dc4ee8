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
    /// The status that it answered with.
    pub(crate) status: u16,
}

/// What it answers to the request of this number with this envelope, counted from 0.
type Decide = Arc<dyn Fn(usize, &Value) -> u16 + Send + Sync>;

/// A receiver. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    status: Arc<AtomicU16>,
    decide: Option<Decide>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Endpoint {
    /// A receiver that answers with this status.
    pub(crate) async fn answering(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/in", listener.local_addr().unwrap());
        Self { url, status: Arc::new(status.into()), decide: None, seen: Arc::default() }.serving(listener)
    }

    /// A receiver that answers as a test decides for each request.
    pub(crate) async fn deciding(decide: impl Fn(usize, &Value) -> u16 + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/in", listener.local_addr().unwrap());
        Self { url, status: Arc::default(), decide: Some(Arc::new(decide)), seen: Arc::default() }.serving(listener)
    }

    fn serving(self, listener: TcpListener) -> Self {
        let endpoint = self;
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
        let envelope: Value = serde_json::from_slice(&plain).unwrap();
        let mut seen = self.seen.lock().unwrap();
        let usual = self.status.load(Ordering::SeqCst);
        let status = self.decide.as_ref().map_or(usual, |decide| decide(seen.len(), &envelope));
        seen.push(Seen { envelope, status });
        StatusCode::from_u16(status).unwrap()
    }
}
