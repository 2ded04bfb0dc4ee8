//! Ingestion: schedules fire runs, runs fetch from the TSPs and store what they bring, and changes of schedules and
//! agreements keep EventBridge Scheduler in step.
//!
//! [`run`] is one run of one schedule, which fetches or derives; [`writes`] is one attempt at a write to a TSP; [`sign_in`] keeps the
//! tokens of accounts that customers signed in to, and [`sessions`] those of accounts where one logs in; [`maintain`] follows the control
//! table's stream and brings lost timers back; [`deadlines`] ends what ends by date. All are idempotent: their triggers deliver at least
//! once. [`replay`] and [`renormalise`] are for operators: what was set aside, and what is stored, is mapped again.

mod budget;
#[cfg(test)]
mod budget_tests;
pub mod deadlines;
mod events;
pub mod maintain;
pub mod renormalise;
#[cfg(test)]
mod renormalise_tests;
pub mod replay;
#[cfg(test)]
mod replay_tests;
pub mod run;
pub mod sessions;
pub mod sign_in;
#[cfg(test)]
mod testing;
mod turns;
pub mod writes;

use gateway::Permission::{
    ManageSchedules, Open, ReadControl, ReadTelematics, Seal, SendExecutions, SendWrites, WriteControl, WriteTelematics,
};
use gateway::{BoxFuture, Context, FailedRecord, Permission, Repeated, Secrets, Stream, Trigger, Worker, WorkerError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tracing::field::{Empty, display};
use tracing::{Instrument as _, Span};

use events::{Messages, StreamEvent, StreamRecord};
use model::TraceId;
use run::RunRequest;
use writes::WriteRequest;

const RUN: &[Permission] = &[
    ReadControl,
    WriteControl,
    ReadTelematics,
    WriteTelematics,
    Open(Secrets::Credentials),
    Seal(Secrets::Credentials),
    SendExecutions,
];
const WRITE: &[Permission] = &[
    ReadControl,
    WriteControl,
    ReadTelematics,
    WriteTelematics,
    Open(Secrets::Credentials),
    Seal(Secrets::Credentials),
    SendWrites,
];
const MAINTAIN: &[Permission] = &[ReadControl, WriteControl, ManageSchedules, SendExecutions, SendWrites];

/// The workers of ingestion.
#[must_use]
pub fn workers() -> Vec<Worker> {
    vec![
        Worker {
            handler: "executions.run",
            summary: "Run a schedule when it fires",
            trigger: Trigger::Scheduler,
            permissions: RUN,
            call: |context, event| Box::pin(fired(context, event)),
        },
        Worker {
            handler: "executions.resume",
            summary: "Run schedules at once: first runs, long fetches that go on, consent that returned",
            trigger: Trigger::Queue("ExecutionsQueue"),
            permissions: RUN,
            call: |context, event| Box::pin(asked::<RunRequest>(context, event)),
        },
        Worker {
            handler: "writes.send",
            summary: "Write to TSPs, a record's writes one after the other",
            trigger: Trigger::Queue("WritesQueue"),
            permissions: WRITE,
            call: |context, event| Box::pin(asked::<WriteRequest>(context, event)),
        },
        Worker {
            handler: "schedules.maintain",
            summary: "Keep timers and schedules in step with schedules and agreements",
            trigger: Trigger::Streams(&[Stream { table: "ControlTable", wanted: maintain::WANTED, repeated: Repeated::Halved }]),
            permissions: MAINTAIN,
            call: |context, event| Box::pin(changed(context, event)),
        },
        Worker {
            handler: "deadlines.enforce",
            summary: "End invitations and agreements that have expired",
            trigger: Trigger::Rate("rate(1 minute)"),
            permissions: &[ReadControl, WriteControl],
            call: |context, _| Box::pin(deadlines::enforce(context)),
        },
        Worker {
            handler: "timers.reconcile",
            summary: "Give schedules that are late their lost timers back",
            trigger: Trigger::Rate("rate(1 minute)"),
            permissions: &[ReadControl, WriteControl, ManageSchedules],
            call: |context, _| Box::pin(maintain::walk::reconcile(context)),
        },
    ]
}

/// What a message asks for.
trait Request: DeserializeOwned + Send + Sync {
    /// The trace that asks.
    fn trace(&self) -> Option<TraceId>;

    /// Does it.
    fn fulfill<'a>(&'a self, context: &'a Context) -> BoxFuture<'a, Result<(), WorkerError>>;
}

impl Request for RunRequest {
    fn trace(&self) -> Option<TraceId> {
        self.trace
    }

    fn fulfill<'a>(&'a self, context: &'a Context) -> BoxFuture<'a, Result<(), WorkerError>> {
        Box::pin(async { run::run_schedule(context, self).await.map(drop) })
    }
}

impl Request for WriteRequest {
    fn trace(&self) -> Option<TraceId> {
        self.trace
    }

    fn fulfill<'a>(&'a self, context: &'a Context) -> BoxFuture<'a, Result<(), WorkerError>> {
        Box::pin(writes::attempt(context, self))
    }
}

async fn fired(context: &Context, event: Value) -> Result<Value, WorkerError> {
    let request: RunRequest = serde_json::from_value(event)?;
    let outcome = run::run_schedule(context, &request).await?;
    Ok(json!({ "outcome": outcome.name() }))
}

/// One message after the other: each is a run of up to a minute or a write, and the queue hands out one at a time.
async fn asked<R: Request>(context: &Context, event: Value) -> Result<Value, WorkerError> {
    let messages: Messages = serde_json::from_value(event)?;
    let mut failed = Vec::new();
    for message in messages.records {
        let span = tracing::error_span!("message", queue.message = %message.id, trace.id = Empty);
        async {
            if let Err(error) = asked_one::<R>(context, &message.body).await {
                tracing::error!(cause = %error, "failed to do what the message asks for, it will be retried");
                failed.push(message.id.clone());
            }
        }
        .instrument(span)
        .await;
    }
    Ok(events::failures(failed))
}

async fn asked_one<R: Request>(context: &Context, body: &str) -> Result<(), WorkerError> {
    let request: R = serde_json::from_str(body)?;
    let traced = request.trace().map(|trace| context.traced(trace));
    Span::current().record("trace.id", request.trace().map(display));
    request.fulfill(traced.as_ref().unwrap_or(context)).await
}

/// In stream order. A record that is itself at fault is set aside; any other that fails, and all after it, are redelivered for as long
/// as the stream keeps them.
async fn changed(context: &Context, event: Value) -> Result<Value, WorkerError> {
    let stream = StreamEvent::deserialize(&event)?;
    for (index, record) in stream.records.into_iter().enumerate() {
        let trace = record.change.trace();
        let traced = trace.map(|trace| context.traced(trace));
        let handled = maintain::handle_change(traced.as_ref().unwrap_or(context), &record);
        let span = tracing::error_span!("change", stream.sequence = %record.change.sequence, trace.id = trace.map(display));
        let Err(error) = handled.instrument(span.clone()).await else { continue };
        span.in_scope(|| tracing::error!(cause = %error, "failed to process the change"));
        let whole = event.get("Records").and_then(|records| records.get(index)).and_then(FailedRecord::whole);
        let aside = FailedRecord { record: whole, ..failed_record(&record, &error) };
        if !(error.is_of_record() && context.set_aside(aside).instrument(span).await) {
            return Ok(events::failures(vec![record.change.sequence]));
        }
    }
    Ok(events::failures(Vec::new()))
}

/// What an operator finds of a record that is at fault.
fn failed_record<'a>(record: &'a StreamRecord, error: &WorkerError) -> FailedRecord<'a> {
    FailedRecord {
        handler: "schedules.maintain",
        stream_arn: &record.stream_arn,
        sequence_number: &record.change.sequence,
        keys: record.change.keys.clone(),
        reason: error.to_string(),
        record: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_are_named_once() {
        let names: Vec<&str> = workers().iter().map(|worker| worker.handler).collect();
        let expected =
            ["executions.run", "executions.resume", "writes.send", "schedules.maintain", "deadlines.enforce", "timers.reconcile"];
        assert_eq!(names, expected);
    }
}
