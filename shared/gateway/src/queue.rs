//! Sending to queues: as many messages at a time as one request may carry, each with the trace that it is part of.

use aws_sdk_sqs::error::{BuildError, DisplayErrorContext};
use aws_sdk_sqs::types::{MessageSystemAttributeNameForSends, MessageSystemAttributeValue, SendMessageBatchRequestEntry};
use model::TraceId;
use serde::Serialize;

use crate::{ApiError, Context};

/// A queue we send to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Webhook messages.
    Deliveries,
    /// Runs to start or to continue.
    Executions,
}

/// A message to send.
#[derive(Clone, Debug)]
pub struct Outgoing<M> {
    /// Its fair-queue group.
    pub group: Option<String>,
    /// What its reader gets, as JSON.
    pub body: M,
    /// The trace that it is part of, for X-Ray; bodies name it for our own readers.
    pub trace: Option<TraceId>,
}

impl Context {
    /// Sends messages, none of them visible before `delay_seconds` (0 to 900).
    ///
    /// # Errors
    /// 500 if the queue refuses any of them.
    pub async fn send<M: Serialize>(&self, queue: Queue, messages: &[Outgoing<M>], delay_seconds: i32) -> Result<(), ApiError> {
        let url = match queue {
            Queue::Deliveries => &self.config().deliveries_queue,
            Queue::Executions => &self.config().executions_queue,
        };
        let mut written = Vec::with_capacity(messages.len());
        for message in messages {
            let body = serde_json::to_string(&message.body).map_err(ApiError::internal)?;
            written.push(Outgoing { group: message.group.clone(), body, trace: message.trace });
        }
        for batch in batches(written) {
            let numbered = batch.into_iter().enumerate();
            let entries: Result<Vec<_>, _> = numbered.map(|(place, message)| entry(place, message, delay_seconds)).collect();
            let entries = entries.map_err(ApiError::internal)?;
            let sent = self.sqs().send_message_batch().queue_url(url).set_entries(Some(entries)).send().await;
            let answer = sent.map_err(|error| ApiError::internal(format!("queue: {}", DisplayErrorContext(error))))?;
            if let Some(failed) = answer.failed.first() {
                return Err(ApiError::internal(format!("queue refused a message: {}", failed.code)));
            }
        }
        Ok(())
    }
}

fn entry(place: usize, message: Outgoing<String>, delay_seconds: i32) -> Result<SendMessageBatchRequestEntry, BuildError> {
    let entry = SendMessageBatchRequestEntry::builder().id(place.to_string()).message_body(message.body);
    let entry = entry.set_message_group_id(message.group).set_delay_seconds((delay_seconds > 0).then_some(delay_seconds));
    let Some(trace) = message.trace else { return entry.build() };
    let header = MessageSystemAttributeValue::builder().data_type("String").string_value(trace.header()).build()?;
    entry.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, header).build()
}

/// Most bytes of one request to a queue; the bound of all bodies together, not of each.
const BATCH_BYTES: usize = 250_000;

/// Bodies in runs of at most ten and [`BATCH_BYTES`]; one that is longer goes alone.
fn batches(bodies: Vec<Outgoing<String>>) -> Vec<Vec<Outgoing<String>>> {
    let mut found: Vec<Vec<Outgoing<String>>> = Vec::new();
    let mut bytes = 0_usize;
    for entry in bodies {
        let size = entry.body.len();
        match found.last_mut().filter(|run| run.len() < 10 && bytes + size <= BATCH_BYTES) {
            Some(run) => {
                run.push(entry);
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
    fn requests_to_a_queue_stay_within_its_bounds() {
        let sizes = |lengths: &[usize]| {
            let bodies = lengths.iter().map(|length| Outgoing { group: None, body: "x".repeat(*length), trace: None }).collect();
            batches(bodies).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&[1; 25]), [10, 10, 5]);
        assert_eq!(sizes(&[200_000, 200_000, 10, 10]), [1, 3]);
        assert_eq!(sizes(&[10, 900_000, 10]), [1, 1, 1]);
    }
}
