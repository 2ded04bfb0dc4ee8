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

    /// The records of a message that an agreement permits delivering now; it may have ended while the message waited.
    fn permitted(&self, message: &Message, now: Timestamp) -> Vec<Value> {
        let Some(resource) = message.resource else { return message.data.clone() };
        let agreements = self.agreements.get(&message.partner_id).map(Vec::as_slice).unwrap_or_default();
        let of_fleet = agreements.iter().filter(|agreement| Some(agreement.fleet_id) == message.fleet_id);
        let open: Vec<&Agreement> = of_fleet.filter(|agreement| agreement.covers(resource, now)).collect();
        let is_permitted = |record: &&Value| open.iter().any(|agreement| shows(agreement, record));
        message.data.iter().filter(is_permitted).cloned().collect()
    }
}

/// Whether a record is older than the end of the fleet's link to its connection, if that ended.
fn shows(agreement: &Agreement, record: &Value) -> bool {
    let member = |name: &str| record.get(name).and_then(Value::as_str);
    let link = member("connection_id").and_then(|id| agreement.link(id.parse().ok()?));
    let end = link.and_then(|link| link.ended_at);
    end.is_none_or(|end| member("updated_at").and_then(Timestamp::parse).is_some_and(|at| at < end))
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
    let permitted = data.permitted(&message, now);
    if permitted.is_empty() {
        tracing::debug!("message dropped: no agreement covers its records");
        return Ok(());
    }
    let message = Message { data: permitted, ..message };
    let secrets = data.secrets.get(&webhook.id);
    let secrets = secrets.ok_or_else(|| WorkerError::Other(format!("secret of webhook {} is unavailable", webhook.id)))?;
    attempts::deliver_with_retries(context, webhook, secrets, message).await
}

#[cfg(test)]
mod tests {
    use model::agreement::Linked;
    use model::{AgreementId, ConnectionId, FleetId, MessageId, Resource, TspId};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000).plus_seconds(seconds)
    }

    fn agreement(connections: Vec<Linked>) -> Agreement {
        Agreement {
            id: AgreementId::at(at(0)),
            fleet_id: FleetId::from_uuid(uuid::Uuid::from_u128(1)),
            partner_id: PartnerId::from_uuid(uuid::Uuid::from_u128(2)),
            invitation_id: None,
            fleet_ref: None,
            status: model::agreement::AgreementStatus::Active,
            paused_by: None,
            effective_date: at(0),
            expiration_date: None,
            scopes: model::resource::read_everything(),
            connections,
            created_at: at(0),
            updated_at: at(0),
        }
    }

    #[test]
    fn records_newer_than_the_end_of_a_link_are_not_delivered() {
        let connection = ConnectionId::from_uuid(uuid::Uuid::from_u128(3));
        let linked = |ended_at| Linked {
            connection_id: connection,
            tsp_id: TspId::from_uuid(uuid::Uuid::from_u128(4)),
            tsp_slug: "samsara".into(),
            source_name: "samsara".into(),
            ended_at,
        };
        let record = |seconds| json!({ "connection_id": connection, "updated_at": at(seconds) });
        let message = |resource: Option<Resource>, agreement: &Agreement| Message {
            webhook_id: WebhookId::at(at(0)),
            partner_id: agreement.partner_id,
            message_id: MessageId::at(at(0)),
            event_name: "vehicle.added".into(),
            timestamp: at(0),
            data: vec![record(10), record(20), record(30)],
            fleet_id: Some(agreement.fleet_id),
            resource,
            trace: None,
            attempts: 0,
            step: 0,
            first_try_at: None,
            not_before: None,
        };
        let vehicle = Some(Resource::Vehicle);
        let cases = [(None, vehicle, 3), (Some(at(20)), vehicle, 1), (Some(at(5)), vehicle, 0), (Some(at(5)), None, 3)];
        for (ended_at, resource, expected) in cases {
            let agreement = agreement(vec![linked(ended_at)]);
            let message = message(resource, &agreement);
            let agreements = HashMap::from([(agreement.partner_id, vec![agreement])]);
            let data = BatchData { webhooks: HashMap::new(), secrets: HashMap::new(), agreements };
            assert_eq!(data.permitted(&message, at(60)).len(), expected, "{ended_at:?}");
        }
    }
}
