//! Workers: functions that are invoked by schedules, queues and streams.

use serde_json::{Value, json};

use crate::{ApiError, BoxFuture, Context, Permission};

/// What invokes a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Schedules that are created at run time.
    Scheduler,
    /// A schedule of the template with this rate.
    Rate(&'static str),
    /// Messages of a queue, by its logical id in the template.
    Queue(&'static str),
    /// Changes of tables.
    Streams(&'static [Stream]),
}

/// A table whose changes a worker follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Its logical id in the template.
    pub table: &'static str,
    /// The changes that the worker reads, five at most. It is not invoked for those that none of them describes.
    pub wanted: &'static [Wanted],
    /// How a batch comes again whose invocation failed.
    pub repeated: Repeated,
}

/// How a batch of a stream comes again whose invocation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// As it was: for a worker that makes more of records together than of each.
    Whole,
    /// In two halves, so that those that succeed do not wait for those that fail.
    Halved,
}

/// Changes that a worker reads. Kinds are what the store writes beside an item (`Keyed::KIND`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// An item of one of these kinds was written.
    Written(&'static [&'static str]),
    /// An item of one of these kinds was written whose `status` is one of those.
    WrittenAs(&'static [&'static str], &'static [&'static str]),
    /// An item of one of these kinds was written that has this text.
    WrittenWith(&'static [&'static str], &'static str),
    /// An item of one of these kinds was written that was not there.
    Created(&'static [&'static str]),
    /// An item of one of these kinds was removed.
    Removed(&'static [&'static str]),
    /// An item was written whose partition's name begins so.
    WrittenUnder(&'static str),
    /// An item was written that was not there and has this text.
    CreatedWith(&'static str),
}

impl Wanted {
    /// The pattern of an event-source mapping that says the same.
    #[must_use]
    pub fn pattern(self) -> Value {
        let new = |image: Value| json!({ "eventName": ["INSERT", "MODIFY"], "dynamodb": { "NewImage": image } });
        match self {
            Self::Written(kinds) => new(json!({ "kind": { "S": kinds } })),
            Self::WrittenAs(kinds, states) => new(json!({ "kind": { "S": kinds }, "status": { "S": states } })),
            Self::WrittenWith(kinds, name) => new(json!({ "kind": { "S": kinds }, name: { "S": [{ "exists": true }] } })),
            Self::Created(kinds) => json!({ "eventName": ["INSERT"], "dynamodb": { "NewImage": { "kind": { "S": kinds } } } }),
            Self::Removed(kinds) => json!({ "eventName": ["REMOVE"], "dynamodb": { "OldImage": { "kind": { "S": kinds } } } }),
            Self::WrittenUnder(start) => {
                let keys = json!({ "pk": { "S": [{ "prefix": start }] } });
                json!({ "eventName": ["INSERT", "MODIFY"], "dynamodb": { "Keys": keys } })
            }
            Self::CreatedWith(name) => {
                let image = json!({ name: { "S": [{ "exists": true }] } });
                json!({ "eventName": ["INSERT"], "dynamodb": { "NewImage": image } })
            }
        }
    }
}

/// One row of a worker table.
#[derive(Clone)]
pub struct Worker {
    /// `service.operation`, the Lambda's `Handler`.
    pub handler: &'static str,
    /// A one-line description.
    pub summary: &'static str,
    /// What invokes it.
    pub trigger: Trigger,
    /// What its role may do.
    pub permissions: &'static [Permission],
    /// Processes an event and returns the response (partial batch failures for queues and streams).
    pub call: for<'a> fn(&'a Context, Value) -> BoxFuture<'a, Result<Value, WorkerError>>,
}

/// Why a worker failed; the event is redelivered.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The event does not have the format of the trigger.
    #[error("malformed event: {0}")]
    Event(#[from] serde_json::Error),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] vault::VaultError),
    /// What is to be processed is not as it should be, and will not be next time. Of what is read beside it that may be true, too, but
    /// that can be repaired meanwhile.
    #[error("{0}")]
    Record(String),
    /// Something else failed.
    #[error("{0}")]
    Other(String),
}

impl WorkerError {
    /// Whether the record itself is at fault, so that to process it again fails again. Everything else may pass: a service that is
    /// away, a permission that is missing, another item that is not readable.
    #[must_use]
    pub fn is_of_record(&self) -> bool {
        matches!(self, Self::Event(_) | Self::Record(_))
    }
}

impl From<ApiError> for WorkerError {
    fn from(error: ApiError) -> Self {
        Self::Other(error.cause().map_or_else(|| error.body().to_string(), String::from))
    }
}

#[cfg(test)]
mod tests {
    use store::StoreError;

    use super::*;

    #[test]
    fn only_records_at_fault_are_not_worth_another_try() {
        assert!(WorkerError::Record("malformed".into()).is_of_record());
        let other_item = StoreError::Unreadable { key: "a b".into(), reason: "no data".into() };
        let away = StoreError::Unavailable { operation: "read", reason: "no answer".into() };
        let refused = StoreError::Refused { operation: "read", reason: "AccessDeniedException".into() };
        for passing in [
            ApiError::unavailable("SQS failed to send").into(),
            other_item.into(),
            away.into(),
            refused.into(),
            StoreError::Throttled.into(),
        ] {
            let passing: WorkerError = passing;
            assert!(!passing.is_of_record(), "{passing}");
        }
    }
}
