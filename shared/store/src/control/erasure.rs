//! A fleet is erased: what is stored of it, of the connections that it alone has, and of messages about it. What leads to other items is
//! removed after them, and what was found is kept with the erasure; so one that was interrupted is taken up by beginning it again.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::try_join_all;
use model::agreement::{Agreement, AgreementStatus};
use model::connection::Connection;
use model::fleet::Fleet;
use model::hex;
use model::invitation::Invitation;
use model::resource_operation::{OperationStatus, ResourceOperation};
use model::webhook::{DeliveryLog, Webhook};
use model::{ConnectionId, FleetId, InvitationId, PartnerId, Timestamp, WebhookId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::items::{Claim, DeadLetter, InvitationClaim, Keyed};
use super::keys::{self, Key};
use super::packed::Packed;
use super::parked::{Parked, SHARDS, minute_of};
use super::query::Range;
use super::sequence::Numbered;
use super::write::Write;
use crate::{Store, StoreError};

/// For how long messages wait at most before they are tried again.
const LONGEST_WAIT_SECONDS: i64 = 86_400;
const MINUTE: i64 = 60;

/// How much was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Items of the telematics table.
    pub records: u64,
    /// Items of connections that no other fleet has: credentials, request budgets, schedules, executions, rows that were set aside, writes;
    /// of the others, writes for the fleet.
    pub connections: u64,
    /// Messages about the fleet: numbered, given up, waiting, and the logs of their deliveries.
    pub deliveries: u64,
    /// Invitations, consents, agreements, the fleet and its ties.
    pub agreements: u64,
}

/// The erasure of a fleet: what was found, and what was removed. It names the fleet by a digest alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Erasure {
    /// SHA-256 of the fleet's id, in hex.
    pub digest: String,
    /// The partners that it shared with.
    pub partners: BTreeSet<PartnerId>,
    /// The invitations that it accepted.
    pub invitations: BTreeSet<InvitationId>,
    /// The connections that it alone had.
    pub connections: BTreeSet<ConnectionId>,
    /// The connections that other fleets have, too: they stay, with their records.
    pub shared: BTreeSet<ConnectionId>,
    /// What was removed.
    pub erased: Erased,
    /// When it began.
    pub began_at: Timestamp,
    /// When all was removed the last time.
    pub ended_at: Option<Timestamp>,
}

impl Keyed for Erasure {
    const KIND: &'static str = "erasure";
    const VERSION: &'static str = "began_at";

    fn key(&self) -> Key {
        Key::erasure(&self.digest)
    }
}

impl Store {
    /// Finds what there is of a fleet, beside what an erasure that was interrupted found, and keeps it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_erasure(&self, fleet: FleetId, now: Timestamp) -> Result<Erasure, StoreError> {
        let digest = hex(&Sha256::digest(fleet.to_string().as_bytes()));
        let seen: Option<Erasure> = self.get(Key::erasure(&digest)).await?;
        let mut found = seen.unwrap_or_else(|| Erasure {
            digest,
            partners: BTreeSet::new(),
            invitations: BTreeSet::new(),
            connections: BTreeSet::new(),
            shared: BTreeSet::new(),
            erased: Erased::default(),
            began_at: now,
            ended_at: None,
        });
        found.invitations.extend(self.get::<Fleet>(Key::fleet(fleet)).await?.and_then(|fleet| fleet.invitation_id));
        let mut linked: BTreeSet<ConnectionId> = BTreeSet::new();
        for agreement in self.agreements_of_fleet(fleet).await? {
            // Links that ended have no tie any more, but what came through them is still there.
            linked.extend(agreement.connections.iter().map(|link| link.connection_id));
            found.partners.insert(agreement.partner_id);
            found.invitations.extend(agreement.invitation_id);
            let Some(fleet_ref) = &agreement.fleet_ref else { continue };
            let invited: Vec<Invitation> =
                self.all(&Range::index_2(keys::invitations_for(agreement.partner_id, fleet_ref))).await?;
            found.invitations.extend(invited.iter().filter(|one| one.fleet_id == Some(fleet)).map(|one| one.id));
        }
        linked.extend(self.connections_of(fleet).await?.iter().map(|tie| tie.connection_id));
        for id in linked {
            let kept = if self.is_last_link(fleet, id).await? { &mut found.connections } else { &mut found.shared };
            kept.insert(id);
        }
        self.commit(vec![Write::overwrite(&found)?]).await?;
        Ok(found)
    }

    /// Ends what is in force: agreements, which partners are told, and the executions of the fleet's own connections. Answers whether
    /// none of them is at work any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_fleet(&self, fleet: FleetId, erasure: &Erasure, now: Timestamp) -> Result<bool, StoreError> {
        for agreement in self.agreements_of_fleet(fleet).await? {
            let ended = |seen: &Agreement| (seen.status != AgreementStatus::Deleted).then(|| deleted(seen, now));
            self.update(Key::agreement(agreement.partner_id, agreement.id), ended).await?;
        }
        for id in erasure.shared.iter().chain(&erasure.connections) {
            self.unlink(fleet, *id, now).await?;
        }
        let mut at_work = false;
        for id in &erasure.connections {
            at_work |= self.schedules_of(*id).await?.iter().any(|schedule| schedule.leases.values().any(|end| *end > now));
        }
        Ok(!at_work)
    }

    /// Removes all that was found of a fleet, and keeps what was removed.
    ///
    /// # Errors
    /// [`StoreError`]; what was removed until then stays so.
    pub async fn erase(&self, fleet: FleetId, mut erasure: Erasure, now: Timestamp) -> Result<Erasure, StoreError> {
        for id in erasure.connections.clone() {
            erasure.erased.records += self.erase_records(id).await?;
            erasure.erased.connections += self.erase_connection(id).await?;
            self.commit(vec![Write::overwrite(&erasure)?]).await?;
        }
        for id in erasure.shared.clone() {
            erasure.erased.connections += self.erase_operations(id, fleet, now).await?;
        }
        for partner in erasure.partners.clone() {
            for webhook in self.all::<Webhook>(&Range::table(keys::partner(partner), "WEBHOOK#")).await? {
                erasure.erased.deliveries += self.erase_deliveries(webhook.id, fleet).await?;
            }
        }
        erasure.erased.deliveries += self.erase_parked(fleet, now).await?;
        erasure.erased.agreements += self.erase_agreements(fleet, &erasure).await?;
        let erasure = Erasure { ended_at: Some(now), ..erasure };
        self.commit(vec![Write::overwrite(&erasure)?]).await?;
        Ok(erasure)
    }

    async fn erase_connection(&self, id: ConnectionId) -> Result<u64, StoreError> {
        let mut erased = 0;
        // A bucket that is not there is a whole one: another connection to the account learns of refusals anew.
        if let Some(Connection { source_name, account, .. }) = self.get(Key::connection(id)).await? {
            erased += self.erase_partition(keys::budgets(&source_name, &account)).await?;
        }
        for schedule in self.schedules_of(id).await? {
            erased += self.erase_partition(keys::executions(schedule.id)).await?;
        }
        Ok(erased + self.erase_partition(keys::connection(id)).await?)
    }

    /// What was written for a fleet to a connection that other fleets have, too. What is pending fails first, so that no write of
    /// another fleet waits for it.
    async fn erase_operations(&self, id: ConnectionId, fleet: FleetId, now: Timestamp) -> Result<u64, StoreError> {
        let mut written: Vec<ResourceOperation> = self.all(&Range::table(keys::connection(id), keys::OPERATION)).await?;
        written.retain(|one| one.fleet_id == fleet);
        for pending in written.iter().filter(|one| one.status == OperationStatus::Pending) {
            self.update(pending.key(), |seen: &ResourceOperation| seen.given_up(now)).await?;
        }
        self.remove_keys(written.iter().map(Keyed::key).collect()).await
    }

    /// What is kept of a subscription's messages about a fleet.
    async fn erase_deliveries(&self, id: WebhookId, fleet: FleetId) -> Result<u64, StoreError> {
        let range = |prefix: &str| Range::table(keys::deliveries(id), prefix);
        let numbered: Vec<Numbered> = self.all(&range(&keys::numbered_prefix(Some(fleet)))).await?;
        let mut found: Vec<Key> = numbered.iter().flat_map(|one| [Key::number_of(id, one.message_id), one.key()]).collect();
        let letters: Vec<DeadLetter> = self.all(&range("DEAD#")).await?;
        found.extend(letters.iter().filter(|letter| is_about(&letter.message, fleet)).map(Keyed::key));
        let given_up: BTreeSet<_> =
            letters.iter().filter(|letter| is_about(&letter.message, fleet)).map(|letter| letter.message_id).collect();
        let claims: Vec<Claim> = self.all(&range("CLAIM#")).await?;
        let is_its = |claim: &&Claim| given_up.contains(&claim.message_id) || is_about(&claim.records, fleet);
        found.extend(claims.iter().filter(is_its).map(Keyed::key));
        let logs: Vec<DeliveryLog> = self.all(&range("LOG#")).await?;
        found.extend(logs.iter().filter(|log| log.fleet_id == Some(fleet)).map(Keyed::key));
        found.push(Key::sequence(id, Some(fleet)));
        self.remove_keys(found).await
    }

    /// Messages about a fleet that wait to be tried again.
    async fn erase_parked(&self, fleet: FleetId, now: Timestamp) -> Result<u64, StoreError> {
        let (mut erased, mut minute) = (0, minute_of(now.plus_seconds(-MINUTE)));
        while minute <= now.plus_seconds(LONGEST_WAIT_SECONDS) {
            let shards = (0..SHARDS).map(|shard| self.erase_parked_at(keys::parked(minute, shard), fleet));
            erased += try_join_all(shards).await?.into_iter().sum::<u64>();
            minute = minute.plus_seconds(MINUTE);
        }
        Ok(erased)
    }

    async fn erase_parked_at(&self, pk: String, fleet: FleetId) -> Result<u64, StoreError> {
        let waiting: Vec<Parked> = self.all(&Range::table(pk, "")).await?;
        self.remove_keys(waiting.iter().filter(|one| is_about(&one.body, fleet)).map(Keyed::key).collect()).await
    }

    /// Invitations with their consents, agreements, and at last the fleet.
    async fn erase_agreements(&self, fleet: FleetId, erasure: &Erasure) -> Result<u64, StoreError> {
        let mut erased = 0;
        for id in &erasure.invitations {
            if let Some(invitation) = self.get::<Invitation>(Key::invitation(*id)).await? {
                let key = Key::invitation_ref(invitation.partner_id, &invitation.fleet_ref);
                let claim: Option<InvitationClaim> = self.get(key.clone()).await?;
                let held = claim.is_some_and(|claim| claim.invitation_id == *id);
                erased += self.remove_keys(held.then_some(key).into_iter().collect()).await?;
            }
            erased += self.erase_partition(keys::invitation(*id)).await?;
        }
        let agreements = self.agreements_of_fleet(fleet).await?;
        erased += self.remove_keys(agreements.iter().map(Keyed::key).collect()).await?;
        self.remove_keys(vec![Key::trials(&format!("fleet#{fleet}")), Key::rate_limit(&format!("fleet:{fleet}"))]).await?;
        Ok(erased + self.erase_partition(keys::fleet(fleet)).await?)
    }

    async fn erase_partition(&self, pk: String) -> Result<u64, StoreError> {
        let mut found = Vec::new();
        let mut start = None;
        loop {
            let request = self.client.query().table_name(self.control.as_ref()).key_condition_expression("pk = :pk");
            let request =
                request.expression_attribute_values(":pk", AttributeValue::S(pk.clone())).projection_expression("pk, sk");
            let answer = request.set_exclusive_start_key(start).consistent_read(true).send().await;
            let answer = answer.map_err(|error| StoreError::sdk("query", error))?;
            found.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() {
                return self.remove_all(&self.control, found).await;
            }
        }
    }

    async fn remove_keys(&self, keys: Vec<Key>) -> Result<u64, StoreError> {
        self.remove_all(&self.control, keys.iter().map(Key::attributes).collect()).await
    }
}

fn deleted(seen: &Agreement, now: Timestamp) -> Agreement {
    let mut next = Agreement { status: AgreementStatus::Deleted, updated_at: now, ..seen.clone() };
    next.connections.iter_mut().filter(|link| link.is_open()).for_each(|link| link.ended_at = Some(now));
    next
}

/// Whether a message or its records name a fleet. What cannot be unpacked is nobody's any more.
fn is_about(message: &Packed, fleet: FleetId) -> bool {
    message.text().map_or(true, |text| text.contains(&fleet.to_string()))
}
