//! Delivery of a batch of stream records: retries, bisection and discarding.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};

use super::MappingContext;
use super::response::{self, Outcome};

/// How failed batches are treated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    /// How often; `None` = as long as it takes. (Lambda stops when the stream drops the record after 24 hours.)
    pub(super) retries: Option<u32>,
    pub(super) bisects: bool,
    pub(super) reports_failures: bool,
    /// How long to wait after so many failures.
    pub(super) backoff: fn(u32) -> Duration,
}

/// Receives the progress of a batch.
pub(super) trait Progress {
    /// Everything up to this sequence number is done.
    fn reached(&self, sequence: &str);

    /// These records are discarded after so many attempts.
    async fn discard(&self, records: &[Value], attempts: u32, reason: &str);
}

/// How the delivery of a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// All records are processed or discarded.
    Complete,
    /// The mappings were stopped first.
    Stopped,
}

/// Delivers records in order; a record is delivered only once all earlier ones are processed or discarded.
pub(super) async fn deliver(
    context: &MappingContext,
    handler: &str,
    policy: Policy,
    records: Vec<Value>,
    progress: &impl Progress,
) -> Ending {
    let mut open = VecDeque::from([records]);
    let mut failures = 0;
    while let Some(batch) = open.pop_front() {
        if batch.is_empty() {
            continue;
        }
        if context.is_stopped() {
            return Ending::Stopped;
        }
        let identifiers: Vec<String> = batch.iter().map(sequence).collect();
        let answer = context.invoke(handler, json!({ "Records": batch })).await;
        let (first_failed, reason) = match response::read(answer, policy.reports_failures, &identifiers) {
            Outcome::Handled => {
                failures = 0;
                reached(progress, &batch);
                continue;
            }
            Outcome::Partly(failed) => {
                let first = identifiers.iter().position(|identifier| failed.contains(identifier)).unwrap_or(0);
                (first, format!("{} records failed", failed.len()))
            }
            Outcome::Failed(reason) => (0, reason),
        };
        let (handled, rest) = batch.split_at(first_failed);
        reached(progress, handled);
        failures = if handled.is_empty() { failures + 1 } else { 1 };
        tracing::warn!(
            handler,
            records.left = rest.len(),
            attempts = failures,
            error.reason = reason,
            "a batch of stream records failed"
        );
        if policy.bisects && rest.len() > 1 {
            let (first, second) = rest.split_at(rest.len() / 2);
            open.push_front(second.to_vec());
            open.push_front(first.to_vec());
            failures = 0;
        } else if policy.retries.is_some_and(|most| failures > most) {
            progress.discard(rest, failures, &reason).await;
            reached(progress, rest);
            failures = 0;
            continue;
        } else {
            open.push_front(rest.to_vec());
        }
        if !context.pause((policy.backoff)(failures)).await {
            return Ending::Stopped;
        }
    }
    Ending::Complete
}

/// A record's sequence number, which identifies it in responses.
pub(super) fn sequence(record: &Value) -> String {
    record.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn reached(progress: &impl Progress, records: &[Value]) {
    if let Some(last) = records.last() {
        progress.reached(&sequence(last));
    }
}
