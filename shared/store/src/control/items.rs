//! What is kept in the control table, and under which keys.

use model::agreement::Agreement;
use model::connection::{Connection, FleetConnection};
use model::execution::Execution;
use model::fleet::Fleet;
use model::integration_request::IntegrationRequest;
use model::invitation::{Invitation, InvitationStatus};
use model::partner::{Client, Partner};
use model::resource_operation::{self, ResourceOperation};
use model::schedule::Schedule;
use model::tsp::Tsp;
use model::webhook::{DeliveryLog, Webhook, WebhookStatus};
use model::{ConnectionId, InvitationId, MessageId, PartnerId, Resource, ScheduleId, Timestamp, TspId, WebhookId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::keys::{self, Key};
use super::packed::Packed;

/// An entity with an item of its own.
pub trait Keyed: Serialize + DeserializeOwned {
    /// Stored beside the item, so that stream readers can tell the kinds apart.
    const KIND: &'static str;

    /// The member that changes with each write; a replacement names the value it saw.
    const VERSION: &'static str = "updated_at";

    /// Where it lives.
    fn key(&self) -> Key;

    /// Its place in index 1, where it has one.
    fn index_1(&self) -> Option<Key> {
        None
    }

    /// Its place in index 2, where it has one.
    fn index_2(&self) -> Option<Key> {
        None
    }

    /// When DynamoDB may drop it. Readers filter lapsed items themselves: nobody sweeps on time.
    fn expires(&self) -> Option<Timestamp> {
        None
    }
}

fn place(pk: String, sk: impl ToString) -> Option<Key> {
    Some(Key { pk, sk: sk.to_string() })
}

impl Keyed for Partner {
    const KIND: &'static str = "partner";

    fn key(&self) -> Key {
        Key::partner(self.id)
    }

    fn index_1(&self) -> Option<Key> {
        self.deleted_at.is_none().then(|| place(keys::PARTNERS.into(), self.id)).flatten()
    }
}

impl Keyed for Client {
    const KIND: &'static str = "client";

    fn key(&self) -> Key {
        Key::client(&self.client_id)
    }
}

impl Keyed for Invitation {
    const KIND: &'static str = "invitation";

    fn key(&self) -> Key {
        Key::invitation(self.id)
    }

    fn index_1(&self) -> Option<Key> {
        let listed = self.status != InvitationStatus::Deleted;
        listed.then(|| place(keys::invitations_of(self.partner_id), self.id)).flatten()
    }

    fn index_2(&self) -> Option<Key> {
        let listed = self.status != InvitationStatus::Deleted;
        listed.then(|| place(keys::invitations_for(self.partner_id, &self.fleet_ref), self.id)).flatten()
    }
}

/// Which invitation holds a fleet_ref of a partner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InvitationClaim {
    /// The partner.
    pub partner_id: PartnerId,
    /// Its own id for the fleet.
    pub fleet_ref: String,
    /// The invitation that counts.
    pub invitation_id: InvitationId,
}

impl Keyed for InvitationClaim {
    const KIND: &'static str = "invitation_claim";
    const VERSION: &'static str = "invitation_id";

    fn key(&self) -> Key {
        Key::invitation_ref(self.partner_id, &self.fleet_ref)
    }
}

impl Keyed for Fleet {
    const KIND: &'static str = "fleet";

    fn key(&self) -> Key {
        Key::fleet(self.id)
    }
}

impl Keyed for IntegrationRequest {
    const KIND: &'static str = "integration_request";
    const VERSION: &'static str = "id";

    fn key(&self) -> Key {
        Key::integration_request(self.fleet_id, self.ext_tsp_id)
    }

    fn index_1(&self) -> Option<Key> {
        place(keys::integration_requests_of(self.partner_id), self.id)
    }
}

impl Keyed for Agreement {
    const KIND: &'static str = "share_agreement";

    fn key(&self) -> Key {
        Key::agreement(self.partner_id, self.id)
    }

    fn index_1(&self) -> Option<Key> {
        place(keys::agreements_of(self.fleet_id), self.id)
    }
}

impl Keyed for Connection {
    const KIND: &'static str = "connection";

    fn key(&self) -> Key {
        Key::connection(self.id)
    }
}

impl Keyed for FleetConnection {
    const KIND: &'static str = "fleet_connection";
    const VERSION: &'static str = "id";

    fn key(&self) -> Key {
        Key::fleet_connection(self.fleet_id, self.connection_id)
    }

    fn index_1(&self) -> Option<Key> {
        place(keys::fleets_of(self.connection_id), self.fleet_id)
    }
}

/// The credentials of a connection, as the vault sealed them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SealedCredentials {
    /// Whose they are.
    pub connection_id: ConnectionId,
    /// The vault's envelope.
    pub sealed: Value,
    /// When they were given.
    pub updated_at: Timestamp,
}

impl Keyed for SealedCredentials {
    const KIND: &'static str = "credentials";

    fn key(&self) -> Key {
        Key::credentials(self.connection_id)
    }
}

/// Which connection holds a TSP account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountClaim {
    /// The TSP.
    pub tsp_id: TspId,
    /// Its own id of the account.
    pub account: String,
    /// The connection.
    pub connection_id: ConnectionId,
}

impl Keyed for AccountClaim {
    const KIND: &'static str = "account_claim";
    const VERSION: &'static str = "connection_id";

    fn key(&self) -> Key {
        Key::account(self.tsp_id, &self.account)
    }
}

impl Keyed for Schedule {
    const KIND: &'static str = "schedule";
    const VERSION: &'static str = "revision";

    fn key(&self) -> Key {
        Key::schedule(self.connection_id, self.id)
    }
}

/// Which schedule fetches a resource of a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduleClaim {
    /// The connection.
    pub connection_id: ConnectionId,
    /// The resource.
    pub resource: Resource,
    /// The schedule.
    pub schedule_id: ScheduleId,
}

impl Keyed for ScheduleClaim {
    const KIND: &'static str = "schedule_claim";
    const VERSION: &'static str = "schedule_id";

    fn key(&self) -> Key {
        Key::schedule_for(self.connection_id, self.resource)
    }

    fn index_1(&self) -> Option<Key> {
        place(keys::schedules_in(keys::schedule_shard(self.schedule_id)), self.schedule_id)
    }
}

impl Keyed for Execution {
    const KIND: &'static str = "execution";

    fn key(&self) -> Key {
        Key::execution(self.schedule_id, self.id)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.created_at.plus_seconds(model::execution::RETENTION_DAYS * 86_400))
    }
}

impl Keyed for ResourceOperation {
    const KIND: &'static str = "resource_operation";
    const VERSION: &'static str = "revision";

    fn key(&self) -> Key {
        Key::operation(self.connection_id, self.id)
    }

    fn index_1(&self) -> Option<Key> {
        place(keys::operations_of(self.partner_id), self.id)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.created_at.plus_seconds(resource_operation::RETENTION_DAYS * 86_400))
    }
}

impl Keyed for Tsp {
    const KIND: &'static str = "tsp";

    fn key(&self) -> Key {
        Key::tsp(&self.slug)
    }
}

impl Keyed for Webhook {
    const KIND: &'static str = "webhook";

    fn key(&self) -> Key {
        Key::webhook(self.partner_id, self.id)
    }

    fn index_1(&self) -> Option<Key> {
        let listening = self.status != WebhookStatus::Deleted;
        listening.then(|| place(keys::subscriptions_to(self.partner_id, &self.event_name), self.id)).flatten()
    }

    fn index_2(&self) -> Option<Key> {
        let listening = self.status != WebhookStatus::Deleted && model::events::is_for_everyone(&self.event_name);
        listening.then(|| place(keys::subscribers_of(&self.event_name), self.id)).flatten()
    }
}

/// The signing secrets of a webhook, as the vault sealed them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebhookSecret {
    /// The owner.
    pub partner_id: PartnerId,
    /// Whose they are.
    pub webhook_id: WebhookId,
    /// The secret in force, sealed.
    pub current: Value,
    /// The one before it, sealed; it still signs until `previous_until`.
    pub previous: Option<Value>,
    /// End of the overlap.
    pub previous_until: Option<Timestamp>,
    /// Last rotation.
    pub updated_at: Timestamp,
}

impl Keyed for WebhookSecret {
    const KIND: &'static str = "webhook_secret";

    fn key(&self) -> Key {
        Key::webhook_secret(self.partner_id, self.webhook_id)
    }
}

/// Which webhook holds (event, url, filters) of a partner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebhookClaim {
    /// The owner.
    pub partner_id: PartnerId,
    /// Digest of event, url and filters.
    pub digest: String,
    /// The webhook.
    pub webhook_id: WebhookId,
}

impl Keyed for WebhookClaim {
    const KIND: &'static str = "webhook_claim";
    const VERSION: &'static str = "webhook_id";

    fn key(&self) -> Key {
        Key::webhook_unique(self.partner_id, &self.digest)
    }
}

impl Keyed for DeliveryLog {
    const KIND: &'static str = "delivery_log";
    const VERSION: &'static str = "attempt";

    fn key(&self) -> Key {
        Key::delivery_log(self.webhook_id, self.created_at, self.message_id, self.attempt)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.created_at.plus_seconds(model::webhook::RETENTION_DAYS * 86_400))
    }
}

/// A message that was given up, kept for replay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The subscription.
    pub webhook_id: WebhookId,
    /// The message.
    pub message_id: MessageId,
    /// The queue message as JSON, as it would be sent again. As a text, because DynamoDB maps do not take every name and depth that
    /// members from TSPs have.
    pub message: Packed,
    /// Why it was given up.
    pub reason: String,
    /// Whether it waits for a stale subscription to recover, and is sent then. Others wait for their owner.
    #[serde(default)]
    pub waits: bool,
    /// When it was given up.
    pub created_at: Timestamp,
}

impl Keyed for DeadLetter {
    const KIND: &'static str = "dead_letter";
    const VERSION: &'static str = "created_at";

    fn key(&self) -> Key {
        Key::dead_letter(self.webhook_id, self.message_id)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.created_at.plus_seconds(model::webhook::RETENTION_DAYS * 86_400))
    }
}

/// Records of a message that is too large for the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The subscription.
    pub webhook_id: WebhookId,
    /// The message.
    pub message_id: MessageId,
    /// Its records, as JSON.
    pub records: Packed,
    /// When it was stored.
    pub created_at: Timestamp,
}

impl Keyed for Claim {
    const KIND: &'static str = "claim";
    const VERSION: &'static str = "message_id";

    fn key(&self) -> Key {
        Key::claim(self.webhook_id, self.message_id)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.created_at.plus_seconds(model::webhook::RETENTION_DAYS * 86_400))
    }
}

/// A token that was revoked before its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revocation {
    /// The token's id.
    pub jti: String,
    /// The token's own end.
    pub expires_at: Timestamp,
}

impl Keyed for Revocation {
    const KIND: &'static str = "revocation";
    const VERSION: &'static str = "jti";

    fn key(&self) -> Key {
        Key::revocation(&self.jti)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}
