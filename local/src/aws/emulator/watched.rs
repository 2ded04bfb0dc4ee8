//! An emulator that is started again where it ends by itself.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Emulator;

/// An emulator that ended so often within [`WINDOW`] is given up.
const MOST_ENDS: usize = 4;
const WINDOW: Duration = Duration::from_mins(2);

/// A running emulator, watched.
#[derive(Debug)]
pub struct Watched {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<()>>,
    given_up: watch::Receiver<Option<String>>,
}

impl Watched {
    /// Watches an emulator from now on.
    #[must_use]
    pub fn new(emulator: Emulator) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (give_up, given_up) = watch::channel(None);
        Self { stop, task: tokio::spawn(watch(emulator, stopped, give_up)), given_up }
    }

    /// Returns when it cannot be kept running, with why.
    pub async fn given_up(&self) -> String {
        match self.given_up.clone().wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            // It was told to stop.
            Err(_) => std::future::pending().await,
        }
    }

    /// Stops it cleanly, so that it writes its state.
    ///
    /// # Errors
    /// When it had to be killed.
    pub async fn stop(self) -> Result<()> {
        let _already_given_up = self.stop.send(());
        self.task.await.context("the watch over the AWS emulator broke down")?
    }
}

/// Ends with `stopped`, whose sender may be gone without a word: then we are to end too.
async fn watch(mut emulator: Emulator, mut stopped: oneshot::Receiver<()>, give_up: watch::Sender<Option<String>>) -> Result<()> {
    let mut ends: Vec<Instant> = Vec::new();
    loop {
        let status = tokio::select! {
            status = emulator.ended() => status,
            _ = &mut stopped => return emulator.stop().await,
        };
        ends.retain(|end| end.elapsed() < WINDOW);
        ends.push(Instant::now());
        let log = emulator.log.display().to_string();
        let revived = if ends.len() < MOST_ENDS {
            tracing::error!(%status, log, "the AWS emulator ended and is started again");
            emulator.revive().await.map_err(|error| format!("{error:#}"))
        } else {
            Err(format!("it ended {MOST_ENDS} times within two minutes"))
        };
        match revived {
            Ok(()) => tracing::warn!("the AWS emulator runs again; messages of its last second may be lost or come twice"),
            Err(reason) => {
                give_up.send_replace(Some(format!("the AWS emulator ended ({status}): {reason}; its log is {log}")));
                return Ok(());
            }
        }
    }
}
