//! SQS: messages to invocations.

use std::sync::Arc;

use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use awserror::Fault;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::response::{self, Outcome};
use super::{MappingContext, backoff, filter};
use crate::aws::REGION;
use crate::aws::template::QueueEvent;

/// The most messages that SQS returns or deletes per request.
const MAX_BATCH: usize = 10;

/// How long a receive waits for a first message, in seconds; the emulator stops only after its last receive.
const WAIT_SECONDS: i32 = 1;

/// How messages become events.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// Batches of records, as AWS Lambda delivers them.
    Batch {
        /// The event source, as the template wrote it.
        event: QueueEvent,
    },
    /// One by one: the body is the event.
    Bare,
}

/// Reads one queue for one function.
#[derive(Debug, Clone)]
pub(super) struct QueueReader {
    pub(super) handler: String,
    pub(super) queue_url: String,
    pub(super) shape: Shape,
    pub(super) concurrency: usize,
}

impl QueueReader {
    /// Reads until stopped; messages received by then are still processed.
    pub(super) async fn run(self, context: MappingContext) {
        let reader = Arc::new(self);
        let permits = Arc::new(Semaphore::new(reader.concurrency));
        let mut running = JoinSet::new();
        let mut failures = 0;
        while !context.is_stopped() {
            while running.try_join_next().is_some() {}
            let permit = tokio::select! {
                permit = Arc::clone(&permits).acquire_owned() => permit,
                () = context.stopped() => break,
            };
            let received = tokio::select! {
                received = reader.receive(&context) => received,
                () = context.stopped() => break,
            };
            match received {
                Ok(messages) if messages.is_empty() => failures = 0,
                Ok(messages) => {
                    failures = 0;
                    let (reader, context) = (Arc::clone(&reader), context.clone());
                    running.spawn(async move {
                        reader.handle(&context, messages).await;
                        drop(permit);
                    });
                }
                Err(reason) => {
                    failures += 1;
                    // Every queue has a reader: each logs its first failure, then ever fewer.
                    if u32::is_power_of_two(failures) {
                        tracing::warn!(queue.url = reader.queue_url, failures, cause = reason, "failed to receive messages");
                    }
                    context.pause(backoff(failures)).await;
                }
            }
        }
        while running.join_next().await.is_some() {}
    }

    fn batch_size(&self) -> usize {
        match &self.shape {
            Shape::Batch { event } => event.batch_size,
            Shape::Bare => 1,
        }
    }

    /// Waits for a first message, and fills the batch with messages that are available.
    async fn receive(&self, context: &MappingContext) -> Result<Vec<Message>, String> {
        let wanted = self.batch_size();
        let mut batch = self.receive_some(context, wanted, WAIT_SECONDS).await?;
        while !batch.is_empty() && batch.len() < wanted && wanted > MAX_BATCH {
            let more = self.receive_some(context, wanted - batch.len(), 0).await?;
            if more.is_empty() {
                break;
            }
            batch.extend(more);
        }
        Ok(batch)
    }

    async fn receive_some(&self, context: &MappingContext, wanted: usize, wait_seconds: i32) -> Result<Vec<Message>, String> {
        let received = context
            .clients
            .sqs
            .receive_message()
            .queue_url(&self.queue_url)
            .max_number_of_messages(i32::try_from(wanted.min(MAX_BATCH)).unwrap_or(1))
            .wait_time_seconds(wait_seconds)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(|error| Fault::of(&error).cause)?;
        Ok(received.messages.unwrap_or_default())
    }

    async fn handle(&self, context: &MappingContext, messages: Vec<Message>) {
        match &self.shape {
            Shape::Batch { event } => self.handle_batch(context, event, &messages).await,
            Shape::Bare => {
                for message in &messages {
                    self.handle_bare(context, message).await;
                }
            }
        }
    }

    async fn handle_batch(&self, context: &MappingContext, event: &QueueEvent, messages: &[Message]) {
        let records = messages.iter().map(|message| (message, record(message, &event.queue_arn)));
        let (wanted, unwanted): (Vec<_>, Vec<_>) =
            records.partition(|(_, record)| filter::passes(&event.filters, &filtered(record)));
        self.delete(context, &unwanted.iter().map(|(message, _)| *message).collect::<Vec<_>>()).await;
        if wanted.is_empty() {
            return;
        }
        let (messages, records): (Vec<&Message>, Vec<Value>) = wanted.into_iter().unzip();
        let identifiers: Vec<String> =
            messages.iter().map(|message| message.message_id().unwrap_or_default().to_owned()).collect();
        let answer = context.invoke(&self.handler, json!({ "Records": records })).await;
        let handled = match response::read(answer, event.reports_failures, &identifiers) {
            Outcome::Handled => messages,
            Outcome::Partly(failed) => {
                tracing::warn!(handler = self.handler, messages.failed = failed.len(), "messages of a batch failed");
                messages.into_iter().filter(|message| message.message_id().is_none_or(|id| !failed.contains(id))).collect()
            }
            Outcome::Failed(reason) => {
                tracing::warn!(handler = self.handler, messages.failed = messages.len(), error.reason = reason, "a batch failed");
                return;
            }
        };
        self.delete(context, &handled).await;
    }

    async fn handle_bare(&self, context: &MappingContext, message: &Message) {
        let body = message.body().unwrap_or_default();
        let event = serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()));
        match context.invoke(&self.handler, event).await {
            Ok(_) => self.delete(context, &[message]).await,
            Err(reason) => tracing::warn!(handler = self.handler, error.reason = reason, "a scheduled event failed"),
        }
    }

    /// Deletes processed messages; one that remains is redelivered, which handlers tolerate.
    async fn delete(&self, context: &MappingContext, messages: &[&Message]) {
        for some in messages.chunks(MAX_BATCH) {
            let entries = some.iter().enumerate().filter_map(|(index, message)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
                entry.set_receipt_handle(message.receipt_handle().map(str::to_owned)).build().ok()
            });
            let request = context.clients.sqs.delete_message_batch().queue_url(&self.queue_url);
            if let Err(error) = request.set_entries(Some(entries.collect())).send().await {
                let reason = Fault::of(&error).cause;
                tracing::warn!(queue.url = self.queue_url, cause = reason, "failed to delete processed messages");
            }
        }
    }
}

/// A record as AWS Lambda delivers it.
fn record(message: &Message, queue_arn: &str) -> Value {
    let system = message.attributes().into_iter().flatten();
    let attributes: serde_json::Map<String, Value> =
        system.map(|(name, value)| (name.as_str().to_owned(), Value::String(value.clone()))).collect();
    json!({
        "messageId": message.message_id(),
        "receiptHandle": message.receipt_handle(),
        "body": message.body(),
        "attributes": attributes,
        "messageAttributes": message_attributes(message),
        "md5OfBody": message.md5_of_body(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    })
}

fn message_attributes(message: &Message) -> Value {
    let given = message.message_attributes().into_iter().flatten();
    let written = given.map(|(name, value)| {
        let attribute = json!({
            "stringValue": value.string_value(),
            "binaryValue": value.binary_value().map(super::records::base64),
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": value.data_type(),
        });
        (name.clone(), attribute)
    });
    Value::Object(written.collect())
}

/// The record with its JSON body parsed, for filters.
fn filtered(record: &Value) -> Value {
    let mut record = record.clone();
    let body = record.get("body").and_then(Value::as_str).and_then(|body| serde_json::from_str::<Value>(body).ok());
    if let (Some(members), Some(body)) = (record.as_object_mut(), body) {
        members.insert("body".to_owned(), body);
    }
    record
}
