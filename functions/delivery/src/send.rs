//! `deliveries.send`: messages of the queue go to their receivers.
//!
//! All that a batch needs is read first, a request per kind of thing; then its messages run side by side. A message waits
//! out the fast ladder here and goes back to the queue for the slow one, so a slow receiver holds up nobody else.

use std::collections::{HashMap, HashSet};

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use futures::StreamExt;
use futures::stream;
use gateway::{Context, WorkerError};
use model::agreement::Agreement;
use model::webhook::{Webhook, WebhookStatus};
use model::{PartnerId, Timestamp, WebhookId};
use serde_json::{Value, json};
use store::control::{Key, WebhookSecret};
use tracing::{Instrument as _, Span};
use vault::{Sealed, Secret};

use crate::message::Message;
use crate::settle;

/// Requests under way at once, over all receivers of a batch.
const AT_ONCE: usize = 16;

/// Delivers a batch. Only our own faults make a message come again by themselves; receivers' faults go up the ladders.
pub(crate) async fn run(context: &Context, event: Value) -> Result<Value, WorkerError> {
    let records = serde_json::from_value::<SqsEvent>(event)?.records;
    let mut failed: Vec<String> = Vec::new();
    let mut messages = Vec::with_capacity(records.len());
    for record in &records {
        match read(record) {
            Ok(message) => messages.push((id_of(record).to_owned(), message)),
            Err(error) => {
                tracing::error!(queue.message = id_of(record), cause = %error, "queue message is not readable");
                failed.push(id_of(record).to_owned());
            }
        }
    }
    let known = Known::read(context, messages.iter().map(|(_, message)| message), context.now()).await?;
    let done: Vec<_> = stream::iter(messages)
        .map(|(id, message)| {
            let known = &known;
            async move {
                let span = span_of(&id, &message);
                let traced = message.trace.map(|trace| context.traced(trace));
                let delivered = deliver(traced.as_ref().unwrap_or(context), known, message).instrument(span.clone()).await;
                if let Err(error) = &delivered {
                    span.in_scope(|| tracing::error!(cause = %error, "message was not handled"));
                }
                (id, delivered.is_ok())
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    failed.extend(done.into_iter().filter(|(_, handled)| !handled).map(|(id, _)| id));
    let failures: Vec<Value> = failed.into_iter().map(|id| json!({ "itemIdentifier": id })).collect();
    Ok(json!({ "batchItemFailures": failures }))
}

/// What stands in every log line of a message.
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

/// What the messages of a batch need: subscriptions, their opened secrets, and their owners' agreements.
pub(crate) struct Known {
    webhooks: HashMap<WebhookId, Webhook>,
    secrets: HashMap<WebhookId, Secrets>,
    agreements: HashMap<PartnerId, Vec<Agreement>>,
}

/// The opened secrets of a subscription.
pub(crate) struct Secrets {
    pub(crate) current: Secret,
    pub(crate) previous: Option<Secret>,
}

impl Known {
    async fn read(context: &Context, messages: impl Iterator<Item = &Message>, now: Timestamp) -> Result<Self, WorkerError> {
        let (mut pairs, mut readers) = (HashSet::new(), HashSet::new());
        for message in messages.filter(|message| is_due(message, now)) {
            pairs.insert((message.partner_id, message.webhook_id));
            if message.resource.is_some() {
                readers.insert(message.partner_id);
            }
        }
        let keys: Vec<Key> = pairs.iter().map(|(partner, id)| Key::webhook(*partner, *id)).collect();
        let webhooks: Vec<Webhook> = context.store().get_many(&keys).await?;
        let webhooks: HashMap<_, _> = webhooks.into_iter().map(|webhook| (webhook.id, webhook)).collect();
        let mut agreements = HashMap::new();
        for partner in readers {
            agreements.insert(partner, context.store().agreements(partner).await?);
        }
        Ok(Self { secrets: secrets(context, &webhooks, now).await?, webhooks, agreements })
    }

    /// Whether an agreement lets these records out now. What ended while a message waited is not delivered.
    fn covers(&self, message: &Message, now: Timestamp) -> bool {
        let Some(resource) = message.resource else { return true };
        let agreements = self.agreements.get(&message.partner_id).map(Vec::as_slice).unwrap_or_default();
        agreements.iter().any(|agreement| Some(agreement.fleet_id) == message.fleet_id && agreement.covers(resource, now))
    }
}

async fn secrets(
    context: &Context,
    webhooks: &HashMap<WebhookId, Webhook>,
    now: Timestamp,
) -> Result<HashMap<WebhookId, Secrets>, WorkerError> {
    let active = webhooks.values().filter(|webhook| webhook.status == WebhookStatus::Active);
    let keys: Vec<Key> = active.map(|webhook| Key::webhook_secret(webhook.partner_id, webhook.id)).collect();
    let kept: Vec<WebhookSecret> = context.store().get_many(&keys).await?;
    let mut opened = HashMap::with_capacity(kept.len());
    for secret in kept {
        match open_both(context, &secret, now).await {
            Ok(both) => {
                opened.insert(secret.webhook_id, both);
            }
            // Its messages find no secret and come again; those of other subscriptions go on.
            Err(error) => tracing::error!(webhook.id = %secret.webhook_id, cause = %error, "secret does not open"),
        }
    }
    Ok(opened)
}

async fn open_both(context: &Context, kept: &WebhookSecret, now: Timestamp) -> Result<Secrets, WorkerError> {
    let overlaps = kept.previous_until.is_some_and(|end| now < end);
    let previous = match kept.previous.as_ref().filter(|_| overlaps) {
        Some(sealed) => Some(open(context, kept.webhook_id, sealed).await?),
        None => None,
    };
    Ok(Secrets { current: open(context, kept.webhook_id, &kept.current).await?, previous })
}

async fn open(context: &Context, id: WebhookId, sealed: &Value) -> Result<Secret, WorkerError> {
    let sealed: Sealed = serde_json::from_value(sealed.clone())?;
    let bound = id.to_string();
    Ok(context.vault().open(&[("webhook_id", &bound)], &sealed).await?)
}

fn is_due(message: &Message, now: Timestamp) -> bool {
    message.not_before.is_none_or(|instant| now >= instant)
}

async fn deliver(context: &Context, known: &Known, message: Message) -> Result<(), WorkerError> {
    let now = context.now();
    if !is_due(&message, now) {
        return settle::wait(context, message, now).await;
    }
    let Some(webhook) = known.webhooks.get(&message.webhook_id) else {
        tracing::debug!("message dropped: subscription is gone");
        return Ok(());
    };
    match webhook.status {
        WebhookStatus::Deleted => {
            tracing::debug!("message dropped: subscription is deleted");
            return Ok(());
        }
        WebhookStatus::Paused => return settle::keep(context, message, "subscription is paused", now).await,
        WebhookStatus::Stale => return settle::keep(context, message, "subscription is stale", now).await,
        WebhookStatus::Active => {}
    }
    if !known.covers(&message, now) {
        tracing::debug!("message dropped: no agreement covers it");
        return Ok(());
    }
    let secrets = known.secrets.get(&webhook.id);
    let secrets = secrets.ok_or_else(|| WorkerError::Other(format!("secret of webhook {} is unavailable", webhook.id)))?;
    settle::climb(context, webhook, secrets, message).await
}
