//! `GET /v2/notifications/webhooks/{webhook_id}/events`

use std::collections::HashMap;

use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader, Showing};
use model::events::SCHEMA_VERSION;
use model::invitation::{Invitation, InvitationStatus};
use model::visibility::{Holdings, Told, invitations_in};
use model::{FleetId, InvitationId, MessageId, PartnerId, Resource, Timestamp, WebhookId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::control::{Key, Numbered, Shown};

use super::find;

/// The messages of a subscription by number, to fill in what its receiver missed.
pub struct Events;

/// The most messages of one answer: each has up to 200 KB of records.
const MOST: u32 = 25;
/// How many there are unless the request says so.
const USUAL: u32 = 10;

/// Which messages.
pub struct After {
    id: WebhookId,
    fleet: Option<FleetId>,
    after: u32,
    size: u32,
}

/// A message that was sent, or should have been.
#[derive(Serialize, JsonSchema)]
pub struct WebhookEventRead {
    /// Its number among the subscription's messages of the fleet.
    sequence: u64,
    /// The message: its `id`, the same as in the delivery.
    id: MessageId,
    /// The subscription.
    webhook_id: WebhookId,
    /// The event.
    #[schemars(schema_with = "model::schema::event_name")]
    event_name: String,
    /// Version of the records' schema.
    #[schemars(example = &"3.0")]
    version: &'static str,
    /// When the event happened.
    timestamp: Timestamp,
    /// Its records that you may see now. None are left of an agreement that ended.
    #[schemars(with = "Vec<serde_json::Map<String, Value>>")]
    data: Vec<Value>,
}

/// Messages in the order of their numbers.
#[derive(Serialize, JsonSchema)]
pub struct WebhookEventPage {
    /// The messages. A number that is missing here belongs to a message older than 14 days.
    items: Vec<WebhookEventRead>,
    /// The newest number; 0 if no message has one. A receiver that has all up to it has missed nothing.
    last_seq: u64,
    /// `after_seq` of the next request; null if there are no further messages.
    next_after_seq: Option<u64>,
}

/// The part of a queue message that is told.
#[derive(Deserialize)]
struct Kept {
    event_name: String,
    timestamp: Timestamp,
    data: Vec<Value>,
    resource: Option<Resource>,
}

impl Input for After {
    fn read(reader: &mut Reader) -> Self {
        Self {
            id: reader.path("webhook_id"),
            fleet: reader.query("fleet_id").about("The fleet. Without it, the messages that name none.").id(),
            after: reader.query("after_seq").about("Only messages with a higher number.").whole_or(0, u32::MAX, 0),
            size: reader.query("size").about("The most messages of the answer.").whole_or(1, MOST, USUAL),
        }
    }
}

impl Operation for Events {
    type Input = After;
    type Output = Showing<Json<WebhookEventPage>>;

    async fn run(context: &Context, call: Call, wanted: After) -> Result<Self::Output, ApiError> {
        let partner = call.caller.partner()?;
        let webhook = find(context, partner, wanted.id).await?;
        if webhook.sequence != Some(true) {
            return Err(ApiError::conflict("webhook_without_sequence", "the subscription was created without `sequence`"));
        }
        let lane = (wanted.id, wanted.fleet);
        let last_seq = context.store().last_number(wanted.id, wanted.fleet).await?;
        let limit = usize::try_from(wanted.size).map_err(ApiError::internal)?;
        let found = context.store().numbered(lane, wanted.after.into(), limit, call.now).await?;
        let next = found.last().map(|newest| newest.number).filter(|newest| *newest < last_seq);
        let told = told(context, partner, found, call.now).await?;
        let (items, shown): (_, Vec<Option<Shown>>) = told.into_iter().unzip();
        let output = Json(WebhookEventPage { items, last_seq, next_after_seq: next });
        Ok(Showing { output, shown: shown.into_iter().flatten().collect() })
    }
}

/// The messages with those of their records that the partner may see now, and whose those are.
async fn told(
    context: &Context,
    partner: PartnerId,
    found: Vec<Numbered>,
    now: Timestamp,
) -> Result<Vec<(WebhookEventRead, Option<Shown>)>, ApiError> {
    let mut read = Vec::with_capacity(found.len());
    for numbered in found {
        let text = numbered.message.text().map_err(ApiError::internal)?;
        let kept: Kept = serde_json::from_str(&text).map_err(ApiError::internal)?;
        read.push((numbered, kept));
    }
    let agreements = context.store().cached_agreements(partner, now).await?;
    let invitations = invitations(context, &read).await?;
    let holdings = Holdings { agreements: agreements.all(), invitations: &invitations };
    let event = |(numbered, kept): (Numbered, Kept)| {
        let told = Told { event: &kept.event_name, fleet: numbered.fleet_id, resource: kept.resource };
        let data: Vec<Value> = kept.data.iter().filter(|record| told.permits(holdings, record, now)).cloned().collect();
        let parties = numbered.fleet_id.zip(kept.resource).filter(|_| !data.is_empty());
        let shown = parties.map(|(fleet, resource)| Shown { fleet, resource });
        let read = WebhookEventRead {
            sequence: numbered.number,
            id: numbered.message_id,
            webhook_id: numbered.webhook_id,
            version: SCHEMA_VERSION,
            timestamp: kept.timestamp,
            data,
            event_name: kept.event_name,
        };
        (read, shown)
    };
    Ok(read.into_iter().map(event).collect())
}

async fn invitations(context: &Context, read: &[(Numbered, Kept)]) -> Result<HashMap<InvitationId, InvitationStatus>, ApiError> {
    let of_invitations = read.iter().filter(|(_, kept)| kept.event_name.starts_with("invitation."));
    let keys: Vec<Key> = of_invitations.flat_map(|(_, kept)| invitations_in(&kept.data)).map(Key::invitation).collect();
    let found: Vec<Invitation> = context.store().get_many(&keys).await?;
    Ok(found.into_iter().map(|invitation| (invitation.id, invitation.status)).collect())
}
