//! Ingestion: schedules fire runs, runs fetch from the TSPs and store what they bring, and changes of schedules and
//! agreements keep EventBridge Scheduler in step.
//!
//! [`run`] is one run of one schedule; [`writes`] is one attempt at a write to a TSP; [`sign_in`] keeps the tokens of accounts that customers signed in to; [`maintain`] follows the control table's stream and brings lost timers back; [`deadlines`] ends what ends by date. All
//! are idempotent: their triggers deliver at least once.

pub mod deadlines;
mod events;
pub mod maintain;
pub mod run;
pub mod sign_in;
#[cfg(test)]
mod testing;
pub mod writes;

use gateway::Permission::{
    ManageSchedules, Open, ReadControl, ReadTelematics, Seal, SendExecutions, WriteControl, WriteTelematics,
};
use gateway::{Context, FailedRecord, Permission, Secrets, Stream, Trigger, Worker, WorkerError};
use serde::Deserialize;
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
const MAINTAIN: &[Permission] = &[ReadControl, WriteControl, ManageSchedules, SendExecutions];

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
            summary: "Run schedules at once (first runs, long fetches that go on, consent that returned), and write to TSPs",
            trigger: Trigger::Queue("ExecutionsQueue"),
            permissions: RUN,
            call: |context, event| Box::pin(resumed(context, event)),
        },
        Worker {
            handler: "schedules.maintain",
            summary: "Keep timers and schedules in step with schedules and agreements",
            trigger: Trigger::Streams(&[Stream { table: "ControlTable", wanted: maintain::WANTED }]),
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
#[derive(Deserialize)]
#[serde(untagged)]
enum Asked {
    Write(WriteRequest),
    Run(RunRequest),
}

impl Asked {
    fn trace(&self) -> Option<TraceId> {
        match self {
            Self::Write(request) => request.trace,
            Self::Run(request) => request.trace,
        }
    }
}

async fn fired(context: &Context, event: Value) -> Result<Value, WorkerError> {
    let request: RunRequest = serde_json::from_value(event)?;
    let outcome = run::run_schedule(context, &request).await?;
    Ok(json!({ "outcome": outcome.name() }))
}

/// One message after the other: each is a run of up to a minute, and the queue hands out one at a time.
async fn resumed(context: &Context, event: Value) -> Result<Value, WorkerError> {
    let messages: Messages = serde_json::from_value(event)?;
    let mut failed = Vec::new();
    for message in messages.records {
        let span = tracing::error_span!("message", queue.message = %message.id, trace.id = Empty);
        async {
            if let Err(error) = resumed_one(context, &message.body).await {
                tracing::error!(cause = %error, "failed to run the schedule, the message will be retried");
                failed.push(message.id.clone());
            }
        }
        .instrument(span)
        .await;
    }
    Ok(events::failures(failed))
}

async fn resumed_one(context: &Context, body: &str) -> Result<(), WorkerError> {
    let asked: Asked = serde_json::from_str(body)?;
    let traced = asked.trace().map(|trace| context.traced(trace));
    Span::current().record("trace.id", asked.trace().map(display));
    let context = traced.as_ref().unwrap_or(context);
    match asked {
        Asked::Write(request) => writes::attempt(context, &request).await,
        Asked::Run(request) => run::run_schedule(context, &request).await.map(drop),
    }
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
        assert_eq!(names, ["executions.run", "executions.resume", "schedules.maintain", "deadlines.enforce", "timers.reconcile"]);
    }
}
