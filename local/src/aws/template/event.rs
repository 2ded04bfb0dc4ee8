//! Triggers of functions apart from requests: queues, streams, schedules.
//!
//! Batching windows are ignored: locally a batch is delivered immediately, so that the platform reacts without delay.

use serde_json::Value;

use super::resolve::text;

/// What invokes a function.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Messages of a queue.
    Queue(QueueEvent),
    /// Records of a table's stream.
    Stream(StreamEvent),
    /// A fixed schedule.
    Schedule(ScheduleEvent),
}

/// An SQS event source.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueEvent {
    /// The queue's ARN.
    pub queue_arn: String,
    /// The most messages per invocation.
    pub batch_size: usize,
    /// Whether the function reports the messages that failed.
    pub reports_failures: bool,
    /// The most concurrent invocations.
    pub concurrency: usize,
    /// Event patterns; a message that matches none is deleted. An empty list matches everything.
    pub filters: Vec<Value>,
}

/// Where a stream's reader starts without a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartingPosition {
    /// At the oldest record.
    TrimHorizon,
    /// At the next record written.
    Latest,
}

/// A DynamoDB stream event source.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamEvent {
    /// The stream's ARN.
    pub stream_arn: String,
    /// Where to start without a checkpoint.
    pub start: StartingPosition,
    /// The most records per invocation.
    pub batch_size: usize,
    /// Whether the function reports the records that failed.
    pub reports_failures: bool,
    /// Whether a failed batch is split in two before it is retried.
    pub bisects: bool,
    /// How often a batch is retried; `None` = the local default.
    pub retries: Option<u32>,
    /// The ARN of the destination of failure records.
    pub on_failure: Option<String>,
    /// Event patterns; a record that matches none is skipped. An empty list matches everything.
    pub filters: Vec<Value>,
}

/// A schedule of the template.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleEvent {
    /// `rate(...)` or `cron(...)`.
    pub expression: String,
    /// The event to deliver.
    pub input: Value,
    /// Whether it is enabled.
    pub enabled: bool,
}

pub(super) fn typed(event: &Value, function: &str) -> Option<Event> {
    let properties = event.get("Properties").unwrap_or(&Value::Null);
    match event.get("Type").and_then(Value::as_str)? {
        "SQS" => Some(Event::Queue(queue_event(properties))),
        "DynamoDB" => Some(Event::Stream(stream_event(properties))),
        "Schedule" | "ScheduleV2" => Some(Event::Schedule(schedule_event(properties))),
        other => {
            tracing::warn!(function.id = function, event.kind = other, "the local run does not support this kind of event");
            None
        }
    }
}

fn queue_event(properties: &Value) -> QueueEvent {
    let concurrency = properties.pointer("/ScalingConfig/MaximumConcurrency").and_then(whole);
    QueueEvent {
        queue_arn: word(properties, "Queue").unwrap_or_default(),
        batch_size: size(properties, "BatchSize", 10),
        reports_failures: reports_failures(properties),
        concurrency: concurrency.and_then(|most| usize::try_from(most).ok()).unwrap_or(8).max(1),
        filters: filters(properties),
    }
}

fn stream_event(properties: &Value) -> StreamEvent {
    StreamEvent {
        stream_arn: word(properties, "Stream").unwrap_or_default(),
        start: match word(properties, "StartingPosition").as_deref() {
            Some("LATEST") => StartingPosition::Latest,
            _ => StartingPosition::TrimHorizon,
        },
        batch_size: size(properties, "BatchSize", 100),
        reports_failures: reports_failures(properties),
        bisects: properties.get("BisectBatchOnFunctionError").is_some_and(|flag| text(flag) == "true"),
        retries: properties.get("MaximumRetryAttempts").and_then(whole).and_then(|most| u32::try_from(most).ok()),
        on_failure: properties.pointer("/DestinationConfig/OnFailure/Destination").map(text),
        filters: filters(properties),
    }
}

fn schedule_event(properties: &Value) -> ScheduleEvent {
    let written = word(properties, "Input").unwrap_or_default();
    let is_disabled = word(properties, "State").as_deref() == Some("DISABLED");
    ScheduleEvent {
        expression: word(properties, "ScheduleExpression").or_else(|| word(properties, "Schedule")).unwrap_or_default(),
        input: serde_json::from_str(&written).unwrap_or_else(|_| serde_json::json!({ "source": "aws.events", "detail": {} })),
        enabled: !is_disabled && properties.get("Enabled").is_none_or(|flag| text(flag) != "false"),
    }
}

fn filters(properties: &Value) -> Vec<Value> {
    let written = properties.pointer("/FilterCriteria/Filters").and_then(Value::as_array);
    written.into_iter().flatten().filter_map(|filter| pattern(filter.get("Pattern")?)).collect()
}

/// A filter's pattern is JSON in a string, or an object that SAM converts.
fn pattern(written: &Value) -> Option<Value> {
    match written {
        Value::String(text) => serde_json::from_str(text).ok(),
        other => Some(other.clone()),
    }
}

fn reports_failures(properties: &Value) -> bool {
    let types = properties.get("FunctionResponseTypes").and_then(Value::as_array);
    types.into_iter().flatten().any(|kind| kind == "ReportBatchItemFailures")
}

fn word(properties: &Value, name: &str) -> Option<String> {
    properties.get(name).map(text)
}

pub(super) fn whole(value: &Value) -> Option<u64> {
    text(value).parse().ok()
}

fn size(properties: &Value, name: &str, default: usize) -> usize {
    let given = properties.get(name).and_then(whole).and_then(|size| usize::try_from(size).ok());
    given.unwrap_or(default).max(1)
}
