//! Functions that no HTTP request calls: schedules, queues and streams start them.

use serde_json::Value;

use crate::{ApiError, BoxFuture, Context, Permission};

/// What starts a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Schedules that are made at run time fire it.
    Scheduler,
    /// One schedule of the template fires it, at this rate.
    Rate(&'static str),
    /// Messages of a queue, by its logical id in the template.
    Queue(&'static str),
    /// Changes of tables, by their logical ids in the template.
    Streams(&'static [&'static str]),
}

/// One row of a worker table.
#[derive(Clone)]
pub struct Worker {
    /// `service.operation`, the Lambda's `Handler`.
    pub handler: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// What starts it.
    pub trigger: Trigger,
    /// What its role may do.
    pub permissions: &'static [Permission],
    /// Does it: the raw event in, the answer out (partial batch failures for queues and streams).
    pub call: for<'a> fn(&'a Context, Value) -> BoxFuture<'a, Result<Value, WorkerError>>,
}

/// A worker failed; the event is delivered again.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The event is not what the trigger sends.
    #[error("event is not readable: {0}")]
    Event(#[from] serde_json::Error),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] vault::VaultError),
    /// Something else failed.
    #[error("{0}")]
    Other(String),
}

impl From<ApiError> for WorkerError {
    fn from(error: ApiError) -> Self {
        Self::Other(error.cause().map_or_else(|| error.body().to_string(), String::from))
    }
}
