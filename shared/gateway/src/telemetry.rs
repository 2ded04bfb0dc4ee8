//! Traces and spans of requests and events. The fields of a span are part of every log line within it.
//!
//! Spans have level `error`, so that their ids are logged at every log level. docs/logging.md lists the names.

use std::time::Duration;

use model::{Timestamp, TraceId};
use serde_json::Value;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use crate::incoming::Incoming;
use crate::{Caller, Context, Trigger, Worker, WorkerError, metrics};

/// The default of `RUST_LOG`: libraries log warnings and errors only.
pub const FILTER: &str = "info,aws_config=warn,aws_runtime=warn,aws_sdk_dynamodb=warn,aws_sdk_kms=warn,aws_sdk_scheduler=warn,\
    aws_sdk_sqs=warn,aws_smithy_http_client=warn,aws_smithy_runtime=warn,aws_smithy_runtime_api=warn,h2=warn,hyper=warn,hyper_util=warn,\
    lambda_runtime=warn,reqwest=warn,rustls=warn,tower=warn";

/// The trace header of API Gateway and Lambda.
pub const TRACE_HEADER: &str = "x-amzn-trace-id";

/// The trace in a header, or a new one.
pub(crate) fn trace(header: Option<&str>, now: Timestamp) -> TraceId {
    header.and_then(TraceId::from_header).unwrap_or_else(|| TraceId::at(now, Uuid::new_v4().as_u128()))
}

/// The span of a request, with the ids in its path. Ids of invitations grant access, so they are left out.
pub(crate) fn request(trace: TraceId, request_id: &str, handler: &str, incoming: &Incoming) -> Span {
    let span = tracing::error_span!(
        "request", trace.id = %trace, request.id = request_id, handler, partner.id = Empty, client.id = Empty, fleet.id = Empty,
        agreement.id = Empty, connection.id = Empty, schedule.id = Empty, webhook.id = Empty,
    );
    let named = [
        ("fleet_id", "fleet.id"),
        ("share_agreement_id", "agreement.id"),
        ("connection_id", "connection.id"),
        ("schedule_id", "schedule.id"),
        ("webhook_id", "webhook.id"),
    ];
    for (parameter, field) in named {
        if let Some(id) = incoming.path.get(parameter).and_then(|text| Uuid::try_parse(text).ok()) {
            span.record(field, tracing::field::display(id));
        }
    }
    span
}

/// Adds the caller to the span of a request.
pub(crate) fn record_caller(caller: &Caller) {
    let span = Span::current();
    match caller {
        Caller::Anonymous => {}
        Caller::Partner { id, client_id } => {
            span.record("partner.id", tracing::field::display(id)).record("client.id", client_id);
        }
        Caller::Fleet { id, .. } => {
            span.record("fleet.id", tracing::field::display(id));
        }
        Caller::Admin { client_id } => {
            span.record("client.id", client_id);
        }
    }
}

/// Why an event was not processed; it is redelivered.
#[derive(Debug, thiserror::Error)]
pub enum Unhandled {
    /// The worker failed.
    #[error(transparent)]
    Failed(#[from] WorkerError),
    /// The worker exceeded the deadline of the invocation.
    #[error("the event timed out")]
    DeadlineExceeded,
}

/// Runs a worker for an event, for at most `limit`. `header` is the trace header of the invocation, if it has one; records of
/// queues and streams have their own traces, which workers continue.
///
/// # Errors
/// The worker's error, or that the deadline was exceeded; both are logged here.
pub async fn invoke(
    context: &Context,
    worker: &Worker,
    header: Option<&str>,
    event: Value,
    limit: Duration,
) -> Result<Value, Unhandled> {
    let trace = trace(header, context.now());
    let span = tracing::error_span!("event", trace.id = %trace, handler = worker.handler);
    let context = context.traced(trace);
    let events = event.get("Records").and_then(Value::as_array).map_or(1, Vec::len);
    let is_stream = matches!(worker.trigger, Trigger::Streams(_));
    let work = async {
        let outcome = tokio::time::timeout(limit, (worker.call)(&context, event)).await;
        let outcome = outcome.map_or(Err(Unhandled::DeadlineExceeded), |result| result.map_err(Unhandled::from));
        let failed = outcome.as_ref().map_or(events, |response| match failures(response) {
            // A stream waits at its first failure.
            1.. if is_stream => events,
            failed => failed,
        });
        // Of what a schedule of the template starts, Lambda's own metrics tell the same without a series of ours.
        if !matches!(worker.trigger, Trigger::Rate(_)) {
            metrics::events(worker.handler, events, failed);
        }
        outcome.inspect_err(|error| tracing::error!(cause = %error, "event failed"))
    };
    work.instrument(span).await
}

/// How many events of a batch its response names as failed.
fn failures(response: &Value) -> usize {
    response.get("batchItemFailures").and_then(Value::as_array).map_or(0, Vec::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_continued_or_started() {
        let now = Timestamp::parse("2026-11-21T05:00:00Z").unwrap();
        let known = "Root=1-6a012a10-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1";
        assert_eq!(trace(Some(known), now).to_string(), "1-6a012a10-0123456789abcdef01234567");
        assert_ne!(trace(Some("Root=forged"), now), trace(None, now));
        assert!(trace(None, now).to_string().starts_with(&format!("1-{:08x}-", now.seconds())));
    }
}
