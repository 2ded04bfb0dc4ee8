//! `deliveries.send`: messages of the queue go to their receivers.
//!
//! Everything that a batch needs is read first, one request per kind of item; then each of its messages is tried once, concurrently.
//! One that failed returns to the queue for its next attempt, so no message waits here and a slow receiver delays no other. And what
//! is sent is decided anew at each attempt.

use std::collections::{HashMap, HashSet};

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use futures::StreamExt;
use futures::stream;
use gateway::{Context, WorkerError};
use model::webhook::{Webhook, WebhookStatus};
use model::{Timestamp, WebhookId};
use serde_json::{Value, json};
use store::control::Key;
use tracing::{Instrument as _, Span};

use crate::attempts;
use crate::message::Message;
use crate::permitted::Permitted;
use crate::secrets::{self, Secrets};

/// Requests in flight at once, over all receivers of a batch.
const MAX_CONCURRENT: usize = 16;

/// Delivers a batch. The queue redelivers a message only after an internal error; a receiver's failures follow the retry schedule.
pub(crate) async fn run(context: &Context, event: Value) -> Result<Value, WorkerError> {
    let records = serde_json::from_value::<SqsEvent>(event)?.records;
    let mut failed: Vec<String> = Vec::new();
    let mut messages = Vec::with_capacity(records.len());
    for record in &records {
        match read(record) {
            Ok(message) => messages.push((id_of(record).to_owned(), message)),
            Err(error) => {
                tracing::error!(queue.message = id_of(record), cause = %error, "malformed queue message");
                failed.push(id_of(record).to_owned());
            }
        }
    }
    let data = BatchData::read(context, &messages, context.now()).await?;
    let done: Vec<_> = stream::iter(messages)
        .map(|(id, message)| {
            let data = &data;
            async move {
                let span = span_of(&id, &message);
                let traced = message.trace.map(|trace| context.traced(trace));
                let delivered = deliver(traced.as_ref().unwrap_or(context), data, message).instrument(span.clone()).await;
                if let Err(error) = &delivered {
                    span.in_scope(|| tracing::error!(cause = %error, "failed to process the message"));
                }
                (id, delivered.is_ok())
            }
        })
        .buffer_unordered(MAX_CONCURRENT)
        .collect()
        .await;
    failed.extend(done.into_iter().filter(|(_, handled)| !handled).map(|(id, _)| id));
    let failures: Vec<Value> = failed.into_iter().map(|id| json!({ "itemIdentifier": id })).collect();
    Ok(json!({ "batchItemFailures": failures }))
}

/// The fields of every log line about a message.
fn span_of(queue_message: &str, message: &Message) -> Span {
    tracing::error_span!(
        "message", queue.message = queue_message, trace.id = message.trace.map(display), webhook.id = %message.webhook_id,
        partner.id = %message.partner_id, fleet.id = message.fleet_id.map(display), message.id = %message.message_id,
        event = message.event_name,
    )
}

fn id_of(record: &SqsMessage) -> &str {
    record.message_id.as_deref().unwrap_or_default()
}

fn read(record: &SqsMessage) -> Result<Message, serde_json::Error> {
    serde_json::from_str(record.body.as_deref().unwrap_or_default())
}

/// What the messages of a batch need: subscriptions, their decrypted secrets, and what their owners may see.
struct BatchData {
    webhooks: HashMap<WebhookId, Webhook>,
    secrets: HashMap<WebhookId, Secrets>,
    permitted: Permitted,
}

impl BatchData {
    async fn read(context: &Context, messages: &[(String, Message)], now: Timestamp) -> Result<Self, WorkerError> {
        let due = || messages.iter().map(|(_, message)| message).filter(|message| message.is_due(now));
        let subscriptions: HashSet<_> = due().map(|message| (message.partner_id, message.webhook_id)).collect();
        let keys: Vec<Key> = subscriptions.iter().map(|(partner, id)| Key::webhook(*partner, *id)).collect();
        let webhooks: Vec<Webhook> = context.store().get_many(&keys).await?;
        let webhooks: HashMap<_, _> = webhooks.into_iter().map(|webhook| (webhook.id, webhook)).collect();
        let permitted = Permitted::read(context, due()).await?;
        Ok(Self { secrets: secrets::read(context, &webhooks, now).await?, webhooks, permitted })
    }
}

async fn deliver(context: &Context, data: &BatchData, message: Message) -> Result<(), WorkerError> {
    let now = context.now();
    if !message.is_due(now) {
        return attempts::requeue(context, message, now).await;
    }
    let Some(webhook) = data.webhooks.get(&message.webhook_id) else {
        tracing::debug!("message dropped: the subscription no longer exists");
        return Ok(());
    };
    match webhook.status {
        WebhookStatus::Deleted => {
            tracing::debug!("message dropped: the subscription is deleted");
            return Ok(());
        }
        WebhookStatus::Paused => {
            return attempts::move_to_dead_letters(context, message, "the subscription is paused", now).await;
        }
        WebhookStatus::Stale => return attempts::move_to_dead_letters(context, message, "the subscription is stale", now).await,
        WebhookStatus::Active => {}
    }
    let permitted = data.permitted.records(&message, now);
    if permitted.is_empty() {
        tracing::debug!("message dropped: its owner may not see its records any more");
        return Ok(());
    }
    let message = Message { data: permitted, ..message };
    let secrets = data.secrets.get(&webhook.id);
    let secrets = secrets.ok_or_else(|| WorkerError::Other(format!("secret of webhook {} is unavailable", webhook.id)))?;
    attempts::attempt(context, webhook, secrets, message).await
}
