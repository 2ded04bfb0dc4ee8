//! The agreements that let partners learn of a change, and their subscriptions. Each query runs at most once per invocation, and those
//! that a batch is known to need run together.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use model::agreement::{Agreement, Linked};
use model::webhook::Webhook;
use model::{ConnectionId, FleetId, PartnerId, Resource, Timestamp, WebhookId};
use store::{Store, StoreError};

/// Queries at once.
const AT_ONCE: usize = 16;

/// Cached query results, as of `now`.
pub(crate) struct Lookup<'a> {
    store: &'a Store,
    now: Timestamp,
    agreements: HashMap<FleetId, Arc<Vec<Agreement>>>,
    fleets_of: HashMap<ConnectionId, Arc<Vec<FleetId>>>,
    subscriptions: HashMap<(PartnerId, String), Arc<Vec<Webhook>>>,
}

impl<'a> Lookup<'a> {
    pub(crate) fn new(store: &'a Store, now: Timestamp) -> Self {
        Self { store, now, agreements: HashMap::new(), fleets_of: HashMap::new(), subscriptions: HashMap::new() }
    }

    /// Looks up together what changes of these connections need: their fleets, and the agreements of those. What fails here is
    /// looked up again by the change that needs it, and fails that one.
    pub(crate) async fn prepare(&mut self, connections: BTreeSet<ConnectionId>) {
        let store = self.store;
        let fleets = connections.into_iter().map(|id| async move { (id, store.fleets_of(id).await) });
        for (id, found) in stream::iter(fleets).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await {
            if let Ok(found) = found {
                self.fleets_of.insert(id, Arc::new(found.into_iter().map(|tie| tie.fleet_id).collect()));
            }
        }
        let fleets: BTreeSet<FleetId> = self.fleets_of.values().flat_map(|fleets| fleets.iter().copied()).collect();
        let unknown = fleets.into_iter().filter(|id| !self.agreements.contains_key(id)).collect::<Vec<_>>();
        let agreements = unknown.into_iter().map(|id| async move { (id, store.agreements_of_fleet(id).await) });
        for (id, found) in stream::iter(agreements).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await {
            if let Ok(found) = found {
                self.keep(id, found);
            }
        }
    }

    /// The agreements of a fleet that are in force.
    pub(crate) async fn of_fleet(&mut self, fleet: FleetId) -> Result<Arc<Vec<Agreement>>, StoreError> {
        if let Some(known) = self.agreements.get(&fleet) {
            return Ok(Arc::clone(known));
        }
        let found = self.store.agreements_of_fleet(fleet).await?;
        Ok(self.keep(fleet, found))
    }

    fn keep(&mut self, fleet: FleetId, mut found: Vec<Agreement>) -> Arc<Vec<Agreement>> {
        found.retain(|agreement| agreement.opens_at(self.now));
        let found = Arc::new(found);
        self.agreements.insert(fleet, Arc::clone(&found));
        found
    }

    /// The agreements in force with any fleet of a connection, covering `resource` if one is given. Fleets whose link ended are left
    /// out, also where the index still lists it.
    pub(crate) async fn of_connection(
        &mut self,
        connection: ConnectionId,
        resource: Option<Resource>,
    ) -> Result<Vec<Agreement>, StoreError> {
        let mut found = Vec::new();
        for fleet in self.fleets(connection).await?.iter() {
            let agreements = self.of_fleet(*fleet).await?;
            let covers = |agreement: &&Agreement| resource.is_none_or(|resource| agreement.covers(resource, self.now));
            let is_linked = |agreement: &&Agreement| agreement.link(connection).is_none_or(Linked::is_open);
            found.extend(agreements.iter().filter(covers).filter(is_linked).cloned());
        }
        Ok(found)
    }

    /// The agreements whose partner learns of an event of a connection's records.
    pub(crate) async fn readers(
        &mut self,
        connection: ConnectionId,
        resource: Resource,
        event: &str,
    ) -> Result<Vec<Agreement>, StoreError> {
        let mut readers = Vec::new();
        for agreement in self.of_connection(connection, Some(resource)).await? {
            if !self.subscriptions(agreement.partner_id, event).await?.is_empty() {
                readers.push(agreement);
            }
        }
        Ok(readers)
    }

    /// A partner's subscriptions to an event, including paused and stale ones, whose events become dead letters.
    pub(crate) async fn subscriptions(&mut self, partner: PartnerId, event: &str) -> Result<Arc<Vec<Webhook>>, StoreError> {
        let key = (partner, event.to_owned());
        if let Some(known) = self.subscriptions.get(&key) {
            return Ok(Arc::clone(known));
        }
        let found = Arc::new(self.store.subscriptions_to(partner, event).await?);
        self.subscriptions.insert(key, Arc::clone(&found));
        Ok(found)
    }

    /// The subscriptions found so far whose messages are numbered.
    pub(crate) fn sequenced(&self) -> HashSet<WebhookId> {
        let found = self.subscriptions.values().flat_map(|found| found.iter());
        found.filter(|webhook| webhook.sequence == Some(true)).map(|webhook| webhook.id).collect()
    }

    /// The partners that subscribe to an event that is for everyone.
    pub(crate) async fn subscribers(&self, event: &str) -> Result<BTreeSet<PartnerId>, StoreError> {
        Ok(self.store.subscribers_of(event).await?.into_iter().map(|webhook| webhook.partner_id).collect())
    }

    async fn fleets(&mut self, connection: ConnectionId) -> Result<Arc<Vec<FleetId>>, StoreError> {
        if let Some(known) = self.fleets_of.get(&connection) {
            return Ok(Arc::clone(known));
        }
        let found = self.store.fleets_of(connection).await?;
        let found = Arc::new(found.into_iter().map(|fleet_connection| fleet_connection.fleet_id).collect::<Vec<_>>());
        self.fleets_of.insert(connection, Arc::clone(&found));
        Ok(found)
    }
}
