//! Sending to queues, in batches, each message with its trace.

use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::types::{MessageSystemAttributeNameForSends, MessageSystemAttributeValue, SendMessageBatchRequestEntry};
use awserror::Fault;
use model::TraceId;
use serde::Serialize;
use serde_json::Value;

use crate::{ApiError, Context, WorkerError};

/// A queue of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Webhook messages.
    Deliveries,
    /// Executions to start or to continue.
    Executions,
    /// Writes to TSPs.
    Writes,
    /// Stream records that cannot be processed.
    StreamFailures,
}

/// A stream record that cannot be processed, and why: what an operator finds in the queue of such records.
#[derive(Clone, Debug, Serialize)]
pub struct FailedRecord<'a> {
    /// The worker.
    pub handler: &'a str,
    /// The stream.
    pub stream_arn: &'a str,
    /// The record's place in its shard.
    pub sequence_number: &'a str,
    /// The item that changed.
    pub keys: Value,
    /// What is wrong with it.
    pub reason: String,
    /// The record as it came, for `catena admin replay-stream`; left out where the message would be too large.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<&'a Value>,
}

/// The longest record that a message takes, in bytes, beside what else it says.
const MAX_RECORD_BYTES: usize = 1_000_000;

impl<'a> FailedRecord<'a> {
    /// A record that fits into a message.
    #[must_use]
    pub fn whole(record: &'a Value) -> Option<&'a Value> {
        serde_json::to_string(record).is_ok_and(|text| text.len() <= MAX_RECORD_BYTES).then_some(record)
    }
}

/// A message to send.
#[derive(Clone, Debug)]
pub struct Outgoing<M> {
    /// Its fair-queue group.
    pub group: Option<String>,
    /// Its body, sent as JSON.
    pub body: M,
    /// Its trace, for X-Ray; the platform's own workers read it from the body.
    pub trace: Option<TraceId>,
}

impl Context {
    /// Sends messages, none of them visible before `delay_seconds` (0 to 900).
    ///
    /// # Errors
    /// 503 if SQS does not answer or throttles, 500 if it rejects any of them.
    pub async fn send<M: Serialize>(&self, queue: Queue, messages: &[Outgoing<M>], delay_seconds: i32) -> Result<(), ApiError> {
        let url = match queue {
            Queue::Deliveries => &self.config().deliveries_queue,
            Queue::Executions => &self.config().executions_queue,
            Queue::Writes => &self.config().writes_queue,
            Queue::StreamFailures => &self.config().stream_failures_queue,
        };
        let mut written = Vec::with_capacity(messages.len());
        for message in messages {
            let body = permitted(serde_json::to_string(&message.body).map_err(ApiError::internal)?);
            written.push(Outgoing { group: message.group.clone(), body, trace: message.trace });
        }
        for batch in batches(written) {
            let numbered = batch.into_iter().enumerate();
            let entries: Result<Vec<_>, _> = numbered.map(|(index, message)| entry(index, message, delay_seconds)).collect();
            let entries = entries.map_err(ApiError::internal)?;
            let sent = self.sqs().send_message_batch().queue_url(url).set_entries(Some(entries)).send().await;
            let response = sent.map_err(|error| unsent(&Fault::of(&error)))?;
            if let Some(failed) = response.failed.first() {
                return Err(unsent(&Fault { passes: !failed.sender_fault, cause: failed.code.clone() }));
            }
        }
        Ok(())
    }
}

impl Context {
    /// Sets a stream record aside that is itself at fault, so that those behind it are processed; false where the queue does not
    /// take it, and its stream must not go on.
    pub async fn set_aside(&self, record: FailedRecord<'_>) -> bool {
        let message = Outgoing { group: None, body: record, trace: self.trace() };
        let sent = self.send(Queue::StreamFailures, &[message], 0).await.map_err(WorkerError::from);
        sent.inspect_err(|error| tracing::error!(cause = %error, "failed to set the stream record aside")).is_ok()
    }
}

/// JSON text without the two characters that SQS refuses though JSON permits them: they can only stand in strings, as escapes, too.
fn permitted(json: String) -> String {
    if json.contains(['\u{fffe}', '\u{ffff}']) {
        return json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
    }
    json
}

fn unsent(fault: &Fault) -> ApiError {
    if fault.passes {
        ApiError::unavailable(format!("SQS failed to send: {}", fault.cause))
    } else {
        ApiError::internal(format!("SQS rejected the messages: {}", fault.cause))
    }
}

fn entry(index: usize, message: Outgoing<String>, delay_seconds: i32) -> Result<SendMessageBatchRequestEntry, BuildError> {
    let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(message.body);
    let entry = entry.set_message_group_id(message.group).set_delay_seconds((delay_seconds > 0).then_some(delay_seconds));
    let Some(trace) = message.trace else { return entry.build() };
    let header = MessageSystemAttributeValue::builder().data_type("String").string_value(trace.header()).build()?;
    entry.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, header).build()
}

/// Limit of all bodies in one request to a queue together, in bytes.
const MAX_BATCH_BYTES: usize = 250_000;

/// The messages in batches of at most ten and [`MAX_BATCH_BYTES`]; a longer one gets a batch of its own.
fn batches(bodies: Vec<Outgoing<String>>) -> Vec<Vec<Outgoing<String>>> {
    let mut found: Vec<Vec<Outgoing<String>>> = Vec::new();
    let mut bytes = 0_usize;
    for entry in bodies {
        let size = entry.body.len();
        match found.last_mut().filter(|batch| batch.len() < 10 && bytes + size <= MAX_BATCH_BYTES) {
            Some(batch) => {
                batch.push(entry);
                bytes += size;
            }
            None => {
                found.push(vec![entry]);
                bytes = size;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_of_a_text_makes_a_message_that_the_queue_refuses() {
        let text = "a\u{fffe}\u{ffff}\u{fffd}\u{10ffff}\n";
        let body = permitted(serde_json::to_string(text).unwrap());
        assert!(!body.contains(['\u{fffe}', '\u{ffff}']), "{body}");
        assert_eq!(serde_json::from_str::<String>(&body).unwrap(), text);
    }

    #[test]
    fn batches_stay_within_the_limits_of_the_queue() {
        let sizes = |lengths: &[usize]| {
            let bodies = lengths.iter().map(|length| Outgoing { group: None, body: "x".repeat(*length), trace: None }).collect();
            batches(bodies).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&[1; 25]), [10, 10, 5]);
        assert_eq!(sizes(&[200_000, 200_000, 10, 10]), [1, 3]);
        assert_eq!(sizes(&[10, 900_000, 10]), [1, 1, 1]);
    }
}
