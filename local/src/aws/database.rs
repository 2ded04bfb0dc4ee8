//! DynamoDB, embedded in this process: dynoxide over SQLite, served on a loopback port.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often expired items are deleted; AWS takes hours; readers filter them out anyway.
const SWEEP_INTERVAL: Duration = Duration::from_secs(10);

/// How long running requests may take to finish.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// The file within a state directory.
const FILE: &str = "dynamodb.sqlite";

/// A running database.
#[derive(Debug)]
pub struct Database {
    endpoint: String,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    sweeper: JoinHandle<()>,
}

impl Database {
    /// Starts in memory, or over a file in the state directory; on a free port by default.
    ///
    /// # Errors
    /// When the file cannot be opened or the port is taken.
    pub async fn start(state: Option<&Path>, port: Option<u16>) -> Result<Self> {
        let store = match state {
            Some(folder) => open(&folder.join(FILE))?,
            None => dynoxide::Database::memory().map_err(|error| anyhow!("failed to create an in-memory database: {error}"))?,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0)))
            .await
            .with_context(|| format!("the database failed to listen on port {}: choose another one", port.unwrap_or(0)))?;
        let address: SocketAddr = listener.local_addr().context("failed to read the database's address")?;
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(serve(listener, store.clone(), stopped.clone()));
        let sweeper = tokio::spawn(sweep(store, stopped));
        Ok(Self { endpoint: format!("http://{address}"), stop, server, sweeper })
    }

    /// Its endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Lets running requests finish and closes the file.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        self.sweeper.abort();
        if tokio::time::timeout(STOP_TIMEOUT, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

fn open(file: &Path) -> Result<dynoxide::Database> {
    let name = file.to_str().context("the path of the state directory must be UTF-8")?;
    dynoxide::Database::new(name).map_err(|error| anyhow!("failed to open the database file {name}: {error}"))
}

async fn serve(listener: TcpListener, store: dynoxide::Database, mut stopped: watch::Receiver<bool>) {
    let stop = async move {
        // An error means that the sender was dropped, which is a stop too.
        drop(stopped.wait_for(|stopped| *stopped).await);
    };
    if let Err(reason) = dynoxide::server::serve_with_shutdown(listener, store, stop).await {
        tracing::error!(error.reason = reason, "the embedded database stopped serving");
    }
}

async fn sweep(store: dynoxide::Database, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(SWEEP_INTERVAL) => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
        let store = store.clone();
        match tokio::task::spawn_blocking(move || store.sweep_ttl()).await {
            Ok(Ok(0)) | Err(_) => {}
            Ok(Ok(count)) => tracing::debug!(items.count = count, "expired items deleted"),
            Ok(Err(error)) => {
                tracing::warn!(error.reason = %error, "failed to delete expired items")
            }
        }
    }
}
