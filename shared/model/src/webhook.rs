//! Webhook subscriptions and the log of their deliveries.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{FleetId, MessageId, PartnerId, Timestamp, WebhookId};

/// A subscription to one event. Its secret is stored separately, encrypted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// The owner.
    pub partner_id: PartnerId,
    /// The URL that receives deliveries.
    pub url: String,
    /// The event.
    pub event_name: String,
    /// Restricts it to fleets; `None` = all.
    pub filters: Option<Filters>,
    /// Its state.
    pub status: WebhookStatus,
    /// The encoding of bodies; `None` = the default.
    pub encoding: Option<Encoding>,
    /// Whether the owner requested a snapshot; `None` = unspecified.
    pub snapshot: Option<bool>,
    /// Whether its messages are numbered; `None` = unspecified.
    #[serde(default)]
    pub sequence: Option<bool>,
    /// The subscription whose snapshot is not complete yet: this one's own, or that of the same request. Until then, what happens is
    /// kept for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaits: Option<WebhookId>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
}

/// Restricts a subscription to the fleets of either list; null or empty lists = all fleets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "WebhookFilters")]
pub struct Filters {
    /// Fleet ids of the platform.
    #[schemars(length(max = 100))]
    pub fleet_ids: Option<Vec<FleetId>>,
    /// Fleet ids of the partner.
    #[schemars(length(max = 100))]
    pub fleet_refs: Option<Vec<String>>,
}

impl Filters {
    /// Whether there is no restriction.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.fleet_ids.as_deref().unwrap_or_default().is_empty() && self.fleet_refs.as_deref().unwrap_or_default().is_empty()
    }

    /// Whether an event of this fleet matches.
    #[must_use]
    pub fn matches(&self, fleet: Option<FleetId>, fleet_ref: Option<&str>) -> bool {
        if self.is_open() {
            return true;
        }
        let by_id = fleet.is_some_and(|fleet| self.fleet_ids.as_deref().unwrap_or_default().contains(&fleet));
        let by_ref = fleet_ref.is_some_and(|name| self.fleet_refs.iter().flatten().any(|wanted| wanted == name));
        by_id || by_ref
    }
}

/// The encoding of webhook bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Compressed with gzip; the default.
    Gzip,
    /// Uncompressed.
    Identity,
}

/// The state of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WebhookStatusEnum")]
pub enum WebhookStatus {
    /// Events are delivered.
    Active,
    /// Suspended by its owner, or because the receiver responded 410.
    Paused,
    /// Suspended after persistent failures.
    Stale,
    /// Deleted.
    Deleted,
}

/// One delivery attempt, kept for fourteen days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryLog {
    /// When the attempt ended.
    pub created_at: Timestamp,
    /// The subscription.
    pub webhook_id: WebhookId,
    /// The message.
    pub message_id: MessageId,
    /// The event.
    pub event_name: String,
    /// The fleet that the message was about, if it was about one.
    #[serde(default)]
    pub fleet_id: Option<FleetId>,
    /// How it ended.
    pub status: LogStatus,
    /// The HTTP status of the response; 0 = no response.
    pub status_code: u16,
    /// Why the attempt failed.
    pub error_message: Option<String>,
    /// Time to the response, in milliseconds.
    pub response_time_ms: Option<u64>,
    /// 1, 2, 3, ...
    pub attempt: u32,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WebhookLogStatusEnum")]
pub enum LogStatus {
    /// The receiver responded 2xx.
    Success,
    /// Any other outcome.
    Failed,
}

/// Work on a whole subscription. It travels through the queue of its messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What to do.
    pub command: Command,
    /// The owner.
    pub partner_id: PartnerId,
    /// The subscription.
    pub webhook_id: WebhookId,
    /// The kept messages that it is about are those from before: what is kept again while it is followed waits for another one.
    pub before: Timestamp,
}

/// What to do with a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Try a message of one that is stale.
    Probe,
    /// Send what was kept while it was stale.
    Release,
    /// Send all dead letters.
    Replay,
    /// Send what its owner may see already.
    Snapshot,
    /// Have that go on if the order for it was lost.
    Watch,
}

/// How many days logs and dead letters are kept.
pub const RETENTION_DAYS: i64 = 14;
