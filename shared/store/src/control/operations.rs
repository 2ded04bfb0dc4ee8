//! Reads and writes that the services share: agreements of fleets, invitations, the TSP catalogue, fleets of a connection.

use model::agreement::Agreement;
use model::connection::FleetConnection;
use model::integration_request::IntegrationRequest;
use model::invitation::Invitation;
use model::partner::Partner;
use model::schedule::Schedule;
use model::tsp::{Tsp, TspStatus};
use model::webhook::Webhook;
use model::{AgreementId, ConnectionId, FleetId, InvitationId, PartnerId, TspId};

use super::items::{InvitationClaim, Keyed};
use super::keys::{self, Key};
use super::query::Range;
use crate::{Attempts, Store, StoreError};

impl Store {
    /// All partners that are not deleted, by id (from an index). One that an earlier build stored is among them once it was relisted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn partners(&self) -> Result<Vec<Partner>, StoreError> {
        self.all(&Range::index_1(keys::PARTNERS.into())).await
    }

    /// Brings a partner that an earlier build stored into the index of partners. What is changed meanwhile stays changed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn relist(&self, seen: &Partner) -> Result<(), StoreError> {
        if seen.updated_at.is_some() {
            return Ok(());
        }
        let next = Partner { updated_at: Some(seen.created_at), ..seen.clone() };
        match self.commit(vec![super::Write::replace(seen, &next)?]).await {
            Err(StoreError::Conflict) => Ok(()),
            done => done,
        }
    }

    /// A fleet's agreements with all partners (from an index: may lag a write by moments).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn agreements_of_fleet(&self, fleet: FleetId) -> Result<Vec<Agreement>, StoreError> {
        self.all(&Range::index_1(keys::agreements_of(fleet))).await
    }

    /// The requests for providers of the fleets that a partner invited, oldest first (from an index).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn integration_requests(&self, partner: PartnerId) -> Result<Vec<IntegrationRequest>, StoreError> {
        self.all(&Range::index_1(keys::integration_requests_of(partner))).await
    }

    /// The agreement that a fleet made with a partner by accepting an invitation, deleted ones too (from an index, unless the
    /// agreement's id is given).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn agreement_between(
        &self,
        (fleet, partner): (FleetId, PartnerId),
        invitation: Option<InvitationId>,
        id: Option<AgreementId>,
    ) -> Result<Option<Agreement>, StoreError> {
        let is_it = |agreement: &Agreement| agreement.fleet_id == fleet && agreement.partner_id == partner;
        if let Some(id) = id {
            return Ok(self.get::<Agreement>(Key::agreement(partner, id)).await?.filter(is_it));
        }
        let mut found = self.agreements_of_fleet(fleet).await?;
        found.retain(|agreement| is_it(agreement) && agreement.invitation_id == invitation);
        Ok(found.pop())
    }

    /// The fleets tied to a connection.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn fleets_of(&self, connection: ConnectionId) -> Result<Vec<FleetConnection>, StoreError> {
        self.all(&Range::index_1(keys::fleets_of(connection))).await
    }

    /// The agreements of all fleets tied to a connection (from indexes).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn agreements_on(&self, connection: ConnectionId) -> Result<Vec<Agreement>, StoreError> {
        let mut found = Vec::new();
        for tie in self.fleets_of(connection).await? {
            found.extend(self.agreements_of_fleet(tie.fleet_id).await?);
        }
        Ok(found)
    }

    /// The connections a fleet has linked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn connections_of(&self, fleet: FleetId) -> Result<Vec<FleetConnection>, StoreError> {
        self.all(&Range::table(keys::fleet(fleet), "CONNECTION#")).await
    }

    /// The schedules of a connection, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn schedules_of(&self, connection: ConnectionId) -> Result<Vec<Schedule>, StoreError> {
        self.all(&Range::table(keys::connection(connection), "SCHEDULE#")).await
    }

    /// A partner's subscriptions to an event, deleted ones left out (from an index).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn subscriptions_to(&self, partner: PartnerId, event: &str) -> Result<Vec<Webhook>, StoreError> {
        self.all(&Range::index_1(keys::subscriptions_to(partner, event))).await
    }

    /// The subscriptions of all partners to an event that is for everyone (from an index).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn subscribers_of(&self, event: &str) -> Result<Vec<Webhook>, StoreError> {
        self.all(&Range::index_2(keys::subscribers_of(event))).await
    }

    /// The invitation that counts for a partner's `fleet_ref`, and its claim.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn invitation_for(
        &self,
        partner: PartnerId,
        fleet_ref: &str,
    ) -> Result<Option<(InvitationClaim, Invitation)>, StoreError> {
        let Some(claim) = self.get::<InvitationClaim>(Key::invitation_ref(partner, fleet_ref)).await? else {
            return Ok(None);
        };
        let invitation = self.get::<Invitation>(Key::invitation(claim.invitation_id)).await?;
        Ok(invitation.map(|invitation| (claim, invitation)))
    }

    /// The TSP catalogue, deleted ones left out, by slug.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tsps(&self) -> Result<Vec<Tsp>, StoreError> {
        let mut found: Vec<Tsp> = self.all(&Range::table(keys::TSPS.into(), "")).await?;
        found.retain(|tsp| tsp.status != TspStatus::Deleted);
        Ok(found)
    }

    /// One TSP.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tsp(&self, id: TspId) -> Result<Option<Tsp>, StoreError> {
        Ok(self.tsps().await?.into_iter().find(|tsp| tsp.id == id))
    }

    /// Reads, changes and replaces the entity at a key, and starts again after a concurrent write. `change`
    /// returns `None` to leave it as it is. Answers the state after.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if others keep writing it.
    pub async fn update<T: Keyed + Clone>(&self, key: Key, change: impl Fn(&T) -> Option<T>) -> Result<Option<T>, StoreError> {
        self.try_update(key, |seen| Ok::<_, StoreError>(change(seen))).await
    }

    /// As [`Store::update`], where `change` may refuse.
    ///
    /// # Errors
    /// What `change` refused with, and [`StoreError::Conflict`] if others keep writing it.
    pub async fn try_update<T: Keyed + Clone, E: From<StoreError>>(
        &self,
        key: Key,
        change: impl Fn(&T) -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        let mut attempts = Attempts::default();
        loop {
            let Some(seen) = self.get::<T>(key.clone()).await? else {
                return Ok(None);
            };
            let Some(next) = change(&seen)? else {
                return Ok(Some(seen));
            };
            match self.commit(vec![super::Write::replace(&seen, &next)?]).await {
                Err(StoreError::Conflict) if attempts.again().await => {}
                done => return done.map(|()| Some(next)).map_err(E::from),
            }
        }
    }
}
