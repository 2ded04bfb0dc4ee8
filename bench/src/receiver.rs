//! A webhook receiver that records when messages arrive. Below `/hanging` it never responds.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::Result;
use axum::extract::Request;
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::watch;
use uuid::Uuid;

/// The running receiver. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Receiver {
    url: Arc<str>,
    run: Arc<Mutex<Run>>,
    count: watch::Sender<usize>,
}

/// The messages of one run.
#[derive(Default)]
struct Run {
    base: u128,
    arrivals: Vec<(usize, Instant)>,
}

impl Receiver {
    /// A receiver on a free port.
    pub(crate) async fn open() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?).into();
        let receiver = Self { url, run: Arc::default(), count: watch::channel(0).0 };
        let handler = receiver.clone();
        let router = axum::Router::new().fallback(move |request: Request| handler.clone().receive(request));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(receiver)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The id of a run's message.
    pub(crate) fn id(base: Uuid, index: usize) -> Uuid {
        Uuid::from_u128(base.as_u128().wrapping_add(u128::try_from(index).unwrap_or_default()))
    }

    /// Starts a run whose message ids count from this one.
    pub(crate) fn expect(&self, base: Uuid) {
        *self.run() = Run { base: base.as_u128(), arrivals: Vec::new() };
        self.count.send_replace(0);
    }

    /// Which messages arrived, and when.
    pub(crate) fn arrivals(&self) -> Vec<(usize, Instant)> {
        self.run().arrivals.clone()
    }

    /// Returns when so many messages have arrived.
    pub(crate) async fn wait_for(&self, wanted: usize) {
        let mut counted = self.count.subscribe();
        // We hold the sender ourselves, so the wait cannot fail.
        let _count = counted.wait_for(|count| *count >= wanted).await;
    }

    async fn receive(self, request: Request) -> StatusCode {
        let at = Instant::now();
        if request.uri().path() == "/hanging" {
            return std::future::pending().await;
        }
        let header = request.headers().get("webhook-id");
        let Some(id) = header.and_then(|id| id.to_str().ok()?.parse::<Uuid>().ok()) else { return StatusCode::BAD_REQUEST };
        let count = {
            let mut run = self.run();
            let index = id.as_u128().wrapping_sub(run.base);
            // Messages of earlier runs are ignored.
            let Ok(index) = u32::try_from(index) else { return StatusCode::ACCEPTED };
            run.arrivals.push((usize::try_from(index).unwrap_or(usize::MAX), at));
            run.arrivals.len()
        };
        self.count.send_replace(count);
        StatusCode::ACCEPTED
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
