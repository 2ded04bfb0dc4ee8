//! What tests deliver to.

use model::webhook::{Webhook, WebhookStatus};
use model::{PartnerId, Timestamp, WebhookId};
use uuid::Uuid;

/// A subscription to the events of vehicles, with the snapshot.
pub(crate) fn webhook(now: Timestamp) -> Webhook {
    Webhook {
        id: WebhookId::at(now),
        partner_id: PartnerId::from_uuid(Uuid::from_u128(1)),
        url: "https://receiver.example/in".into(),
        event_name: "vehicle.*".into(),
        filters: None,
        status: WebhookStatus::Active,
        encoding: None,
        snapshot: Some(true),
        sequence: None,
        awaits: None,
        created_at: now,
        updated_at: now,
        deleted_at: None,
    }
}
