//! The demo partner's webhook receiver: an HTTP server that verifies signatures and records deliveries.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::to_bytes;
use axum::extract::Request;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::documents::Documents;

/// The most deliveries that are kept; the oldest are dropped first.
const MAX_RECEIVED: usize = 1_000;

/// A received delivery.
#[derive(Clone, Debug)]
pub struct Received {
    /// The subscription.
    pub webhook_id: String,
    /// The event.
    pub event: String,
    /// The envelope.
    pub envelope: Value,
    /// Whether the signature is valid under the subscription's secret; `None` = the secret is unknown.
    pub genuine: Option<bool>,
}

/// Receives webhooks. Cheap to clone.
#[derive(Clone)]
pub struct Receiver {
    listener: Arc<Mutex<Option<TcpListener>>>,
    url: String,
    secrets: Arc<Mutex<HashMap<String, String>>>,
    received: Arc<Mutex<Vec<Received>>>,
    documents: Documents,
}

impl Receiver {
    /// A receiver behind a listener, which compares messages with the documents.
    ///
    /// # Errors
    /// If the listener has no address.
    pub fn new(listener: TcpListener, documents: Documents) -> anyhow::Result<Self> {
        let url = format!("http://127.0.0.1:{}/webhooks", listener.local_addr()?.port());
        let listener = Arc::new(Mutex::new(Some(listener)));
        Ok(Self { listener, url, secrets: Arc::default(), received: Arc::default(), documents })
    }

    /// The URL for deliveries.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Adds a subscription's secret, to verify signatures with.
    pub fn trust(&self, webhook_id: &str, secret: &str) {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).insert(webhook_id.into(), secret.into());
    }

    /// The deliveries so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Serves until stopped.
    pub async fn serve(self, mut stopped: watch::Receiver<bool>) {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(listener) = listener else { return };
        let router = axum::Router::new().fallback(move |request: Request| self.clone().receive(request));
        let served = axum::serve(listener, router).with_graceful_shutdown(async move {
            let _closed = stopped.wait_for(|stop| *stop).await;
        });
        if let Err(error) = served.await {
            tracing::error!(cause = %error, "the receiver stopped");
        }
    }

    async fn receive(self, request: Request) -> StatusCode {
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, 4 << 20).await else {
            return StatusCode::BAD_REQUEST;
        };
        let Some(plain) = unpacked(&parts.headers, &body) else {
            return StatusCode::BAD_REQUEST;
        };
        let Ok(envelope) = serde_json::from_slice::<Value>(&plain) else {
            return StatusCode::BAD_REQUEST;
        };
        let webhook_id = header(&parts.headers, "x-webhook-id");
        let secret = self.secrets.lock().unwrap_or_else(PoisonError::into_inner).get(&webhook_id).cloned();
        let genuine = secret.map(|secret| is_genuine(&secret, &parts.headers, &plain));
        let event = header(&parts.headers, "x-event-type");
        if cfg!(debug_assertions) {
            self.documents.check_message(&event, &envelope);
        }
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        if received.len() >= MAX_RECEIVED {
            received.remove(0);
        }
        received.push(Received { webhook_id, event, envelope, genuine });
        if genuine == Some(false) { StatusCode::UNAUTHORIZED } else { StatusCode::ACCEPTED }
    }
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn unpacked(headers: &HeaderMap, body: &[u8]) -> Option<Vec<u8>> {
    if header(headers, "content-encoding") != "gzip" {
        return Some(body.to_vec());
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(body).take(16 << 20).read_to_end(&mut plain).ok()?;
    Some(plain)
}

/// Verifies the published signature: base64(HMAC-SHA256(secret, timestamp + "." + body)).
fn is_genuine(secret: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    use base64::Engine as _;
    use hmac::{Hmac, Mac as _};
    let Ok(sent) = base64::engine::general_purpose::STANDARD.decode(header(headers, "x-catena-signature")) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    mac.update(header(headers, "x-catena-timestamp").as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.verify_slice(&sent).is_ok()
}
