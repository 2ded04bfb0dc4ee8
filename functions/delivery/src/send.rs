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
use model::health::Attempt;
use model::webhook::{Order, Webhook, WebhookStatus};
use model::{Timestamp, WebhookId};
use serde_json::{Value, json};
use store::control::Key;
use tracing::{Instrument as _, Span};

use crate::attempts::{self, Attempted, Reason};
use crate::breaker::{self, Load};
use crate::message::{Message, Part};
use crate::permitted::Permitted;
use crate::secrets::{self, Secrets};
use crate::{claims, follow, orders};

/// Requests in flight at once, over all receivers of a batch.
const MAX_CONCURRENT: usize = 16;
/// For how many seconds orders of a batch are begun; others go back to the queue.
const ORDERS_TURN: f64 = 20.0;
/// Messages of a batch that the queue could fill.
const FULL_BATCH: usize = 10;

/// What a queue message asks for.
enum Job {
    /// To deliver a message.
    Message(Box<Message>),
    /// To work on a subscription.
    Order(Order),
}

/// Delivers a batch. The queue redelivers a message only after an internal error; a receiver's failures follow the retry schedule.
pub(crate) async fn run(context: &Context, event: Value) -> Result<Value, WorkerError> {
    let records = serde_json::from_value::<SqsEvent>(event)?.records;
    let (mut failed, mut messages, mut orders) = (Vec::new(), Vec::with_capacity(records.len()), Vec::new());
    for record in &records {
        let id = id_of(record).to_owned();
        match read(record) {
            Ok(Job::Message(message)) => messages.push((id, *message)),
            Ok(Job::Order(order)) => orders.push((id, order)),
            Err(error) => {
                tracing::error!(queue.message = id, cause = %error, "malformed queue message");
                failed.push(id);
            }
        }
    }
    failed.extend(deliver_all(context, messages).await?);
    let begun = context.now();
    for (id, order) in orders {
        let has_time = context.now().seconds_since(begun) < ORDERS_TURN;
        let done = if has_time { follow::follow(context, order).await } else { orders::send(context, &order, 0).await };
        if let Err(error) = done {
            tracing::error!(queue.message = id, cause = %error, "failed to follow the order");
            failed.push(id);
        }
    }
    let failures: Vec<Value> = failed.into_iter().map(|id| json!({ "itemIdentifier": id })).collect();
    Ok(json!({ "batchItemFailures": failures }))
}

/// Delivers messages; returns those that are to be redelivered.
async fn deliver_all(context: &Context, messages: Vec<(String, Message)>) -> Result<Vec<String>, WorkerError> {
    let load = if messages.len() < FULL_BATCH { Load::Light } else { Load::Heavy };
    let (messages, mut failed) = redeemed(context, messages).await;
    // Once for all: a message that becomes due while its batch is read has nothing read for it.
    let now = context.now();
    let data = BatchData::read(context, &messages, now).await?;
    let done: Vec<_> = stream::iter(messages)
        .map(|(id, message)| {
            let data = &data;
            async move {
                let webhook = message.webhook_id;
                let span = span_of(&id, &message);
                let traced = message.trace.map(|trace| context.traced(trace));
                let delivered = deliver(traced.as_ref().unwrap_or(context), data, message, now).instrument(span.clone()).await;
                if let Err(error) = &delivered {
                    span.in_scope(|| tracing::error!(cause = %error, "failed to process the message"));
                }
                (id, webhook, delivered)
            }
        })
        .buffer_unordered(MAX_CONCURRENT)
        .collect()
        .await;
    let (mut counted, mut made) = (HashMap::<WebhookId, Vec<Attempt>>::new(), Vec::with_capacity(done.len()));
    for (id, webhook, delivered) in done {
        match delivered {
            Ok(Some(attempt)) => {
                counted.entry(webhook).or_default().push(attempt.counted);
                made.push(attempt);
            }
            Ok(None) => {}
            Err(_) => failed.push(id),
        }
    }
    futures::join!(attempts::write_logs(context, made), breaker::count(context, &data.webhooks, counted, load));
    Ok(failed)
}

/// The messages with their records, and those that are to be redelivered because theirs cannot be read.
async fn redeemed(context: &Context, messages: Vec<(String, Message)>) -> (Vec<(String, Message)>, Vec<String>) {
    let (mut whole, mut failed) = (Vec::with_capacity(messages.len()), Vec::new());
    for (id, message) in messages {
        let span = span_of(&id, &message);
        match claims::redeemed(context, message).await {
            Ok(Some(message)) => whole.push((id, message)),
            Ok(None) => span.in_scope(|| tracing::debug!("message dropped: it was delivered already")),
            Err(error) => {
                span.in_scope(|| tracing::error!(cause = %error, "failed to read the records of the message"));
                failed.push(id);
            }
        }
    }
    (whole, failed)
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

fn read(record: &SqsMessage) -> Result<Job, serde_json::Error> {
    let body = record.body.as_deref().unwrap_or_default();
    let message = serde_json::from_str(body).map(|message| Job::Message(Box::new(message)));
    message.or_else(|error| serde_json::from_str(body).map(Job::Order).map_err(|_| error))
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
        let secrets = secrets::read(context, &webhooks, now).await?;
        // Last, so that as little time as can be lies between what is read and what is sent.
        let permitted = Permitted::read(context, due()).await?;
        Ok(Self { webhooks, secrets, permitted })
    }
}

async fn deliver(
    context: &Context,
    data: &BatchData,
    message: Message,
    now: Timestamp,
) -> Result<Option<Attempted>, WorkerError> {
    if !message.is_due(now) {
        return attempts::wait(context, message).await.map(|()| None);
    }
    let Some(webhook) = data.webhooks.get(&message.webhook_id).filter(|webhook| webhook.status != WebhookStatus::Deleted) else {
        return dropped(context, &message, "the subscription no longer exists").await;
    };
    match webhook.status {
        WebhookStatus::Paused => return kept(context, message, Reason::Paused).await,
        WebhookStatus::Stale => return kept(context, message, Reason::Stale).await,
        WebhookStatus::Active | WebhookStatus::Deleted => {}
    }
    if webhook.awaits.is_some() && message.snapshot.is_none() {
        return kept(context, message, Reason::Snapshot).await;
    }
    let permitted = data.permitted.records(&message, now);
    if permitted.is_empty() && message.snapshot != Some(Part::End) {
        return dropped(context, &message, "its owner may not see its records any more").await;
    }
    let message = Message { data: permitted, ..message };
    let secrets = data.secrets.get(&webhook.id);
    let secrets = secrets.ok_or_else(|| WorkerError::Other(format!("secret of webhook {} is unavailable", webhook.id)))?;
    attempts::attempt(context, webhook, secrets, message).await
}

async fn dropped(context: &Context, message: &Message, reason: &str) -> Result<Option<Attempted>, WorkerError> {
    tracing::debug!(reason, "message dropped");
    Ok(claims::settle(context, message).await.map(|()| None)?)
}

async fn kept(context: &Context, message: Message, reason: Reason) -> Result<Option<Attempted>, WorkerError> {
    attempts::move_to_dead_letters(context, message, reason).await.map(|()| None)
}
