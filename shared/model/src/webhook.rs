//! Webhook subscriptions and the log of their deliveries.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{FleetId, MessageId, PartnerId, Timestamp, WebhookId};

/// A subscription to one concrete event. Its secret is kept apart, sealed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// The owner.
    pub partner_id: PartnerId,
    /// Where deliveries go.
    pub url: String,
    /// The event.
    pub event_name: String,
    /// Which fleets; `None` = all.
    pub filters: Option<Filters>,
    /// Its state.
    pub status: WebhookStatus,
    /// `identity` where the owner asked for plain bodies.
    pub encoding: Option<Encoding>,
    /// Whether the owner asked for a snapshot; `None` = it did not say.
    pub snapshot: Option<bool>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
    /// When it was removed.
    pub deleted_at: Option<Timestamp>,
}

/// Restricts a subscription to the fleets of either list; null or empty lists = all fleets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "WebhookFilters")]
pub struct Filters {
    /// Fleets by the platform's id.
    #[schemars(length(max = 100))]
    pub fleet_ids: Option<Vec<FleetId>>,
    /// Fleets by the partner's own id.
    #[schemars(length(max = 100))]
    pub fleet_refs: Option<Vec<String>>,
}

impl Filters {
    /// Whether nothing is restricted.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.fleet_ids.as_deref().unwrap_or_default().is_empty() && self.fleet_refs.as_deref().unwrap_or_default().is_empty()
    }

    /// Whether an event of this fleet passes.
    #[must_use]
    pub fn admit(&self, fleet: Option<FleetId>, fleet_ref: Option<&str>) -> bool {
        if self.is_open() {
            return true;
        }
        let by_id = fleet.is_some_and(|fleet| self.fleet_ids.as_deref().unwrap_or_default().contains(&fleet));
        let by_ref = fleet_ref.is_some_and(|name| self.fleet_refs.iter().flatten().any(|wanted| wanted == name));
        by_id || by_ref
    }
}

/// How bodies travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Compressed; the default.
    Gzip,
    /// Plain.
    Identity,
}

/// The state of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WebhookStatusEnum")]
pub enum WebhookStatus {
    /// Delivering.
    Active,
    /// Off by hand, or because the endpoint answered 410.
    Paused,
    /// The breaker tripped.
    Stale,
    /// Gone.
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
    /// How it ended.
    pub status: LogStatus,
    /// The receiver's status; 0 = no answer.
    pub status_code: u16,
    /// What went wrong.
    pub error_message: Option<String>,
    /// Time to the answer.
    pub response_time_ms: Option<u64>,
    /// 1, 2, 3, ...
    pub attempt: u32,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WebhookLogStatusEnum")]
pub enum LogStatus {
    /// 2xx.
    Success,
    /// All else.
    Failed,
}

/// Days that logs and dead letters stay.
pub const RETENTION_DAYS: i64 = 14;
