//! `deliveries.send`: messages of the queue go to their receivers.
//!
//! Everything that a batch needs is read first, one request per kind of item; then its messages are delivered concurrently.
//! A message waits here for its fast retries and returns to the queue for the slow ones, so a slow receiver delays no other.

use std::collections::{HashMap, HashSet};

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use futures::StreamExt;
use futures::stream;
use gateway::{Context, WorkerError};
use model::agreement::Agreement;
use model::webhook::{Webhook, WebhookStatus};
use model::{PartnerId, Timestamp, WebhookId};
use serde_json::{Value, json};
use store::control::Key;
use tracing::{Instrument as _, Span};

use crate::attempts;
use crate::message::Message;
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
    let data = BatchData::read(context, messages.iter().map(|(_, message)| message), context.now()).await?;
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

/// What the messages of a batch need: subscriptions, their decrypted secrets, and their owners' agreements.
struct BatchData {
    webhooks: HashMap<WebhookId, Webhook>,
    secrets: HashMap<WebhookId, Secrets>,
    agreements: HashMap<PartnerId, Vec<Agreement>>,
}

impl BatchData {
    async fn read(context: &Context, messages: impl Iterator<Item = &Message>, now: Timestamp) -> Result<Self, WorkerError> {
        let (mut subscriptions, mut partners) = (HashSet::new(), HashSet::new());
        for message in messages.filter(|message| message.is_due(now)) {
            subscriptions.insert((message.partner_id, message.webhook_id));
            if message.resource.is_some() {
                partners.insert(message.partner_id);
            }
        }
        let keys: Vec<Key> = subscriptions.iter().map(|(partner, id)| Key::webhook(*partner, *id)).collect();
        let webhooks: Vec<Webhook> = context.store().get_many(&keys).await?;
        let webhooks: HashMap<_, _> = webhooks.into_iter().map(|webhook| (webhook.id, webhook)).collect();
        let mut agreements = HashMap::new();
        for partner in partners {
            agreements.insert(partner, context.store().agreements(partner).await?);
        }
        Ok(Self { secrets: secrets::read(context, &webhooks, now).await?, webhooks, agreements })
    }

    /// Whether an agreement permits delivering these records now; it may have ended while the message waited.
    fn covers(&self, message: &Message, now: Timestamp) -> bool {
        let Some(resource) = message.resource else { return true };
        let agreements = self.agreements.get(&message.partner_id).map(Vec::as_slice).unwrap_or_default();
        agreements.iter().any(|agreement| Some(agreement.fleet_id) == message.fleet_id && agreement.covers(resource, now))
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
    if !data.covers(&message, now) {
        tracing::debug!("message dropped: no agreement covers its records");
        return Ok(());
    }
    let secrets = data.secrets.get(&webhook.id);
    let secrets = secrets.ok_or_else(|| WorkerError::Other(format!("secret of webhook {} is unavailable", webhook.id)))?;
    attempts::deliver_with_retries(context, webhook, secrets, message).await
}
