//! Grants: the proof that a caller may read telematics data. Only this module makes them, and only from active agreements.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use model::agreement::{Agreement, Linked};
use model::telematics::RecordType;
use model::{ConnectionId, FleetId, Resource, Timestamp, TspId};

/// One connection of one fleet that the caller may read, and how the fleet is called in the caller's world.
///
/// Fleets may share a connection. It is granted once for each of them then, and its rows are seen under each.
#[derive(Clone, Debug, PartialEq)]
pub struct GrantedConnection {
    /// The connection whose records may be read.
    pub connection: ConnectionId,
    /// The fleet it belongs to.
    pub fleet: FleetId,
    /// The caller's own name for the fleet.
    pub fleet_ref: Option<String>,
    /// The TSP behind the connection.
    pub tsp: TspId,
    /// The TSP's slug.
    pub tsp_slug: String,
    /// The adapter's name.
    pub source_name: String,
    /// When the fleet's link ended, if it did. Another fleet may keep the connection alive; through this link nothing of that
    /// time or later is seen.
    pub until: Option<Timestamp>,
}

impl GrantedConnection {
    fn through(agreement: &Agreement, link: &Linked) -> Self {
        Self {
            connection: link.connection_id,
            fleet: agreement.fleet_id,
            fleet_ref: agreement.fleet_ref.clone(),
            tsp: link.tsp_id,
            tsp_slug: link.tsp_slug.clone(),
            source_name: link.source_name.clone(),
            until: link.ended_at,
        }
    }

    /// Whether what is of this instant may be seen.
    #[must_use]
    pub fn shows(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|end| at < end)
    }

    /// Whether it shows more than another link of the same fleet and connection.
    fn is_wider(&self, other: &Self) -> bool {
        other.until.is_some_and(|end| self.until.is_none_or(|own| own > end))
    }
}

/// How many grants are kept beside the agreements they were made from.
const GRANTS_KEPT: usize = 4;

/// A partner's agreements as they were read, and the last grants that were made from them.
#[derive(Debug)]
pub struct Agreements {
    agreements: Vec<Agreement>,
    grants: Mutex<Vec<CachedGrant>>,
}

/// What an agreement opens changes at its dates only, so a grant holds from one date of any of them to the next.
#[derive(Debug)]
struct CachedGrant {
    record: &'static RecordType,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    set: Arc<ConnectionSet>,
}

impl CachedGrant {
    fn holds(&self, record: &RecordType, now: Timestamp) -> bool {
        self.record.resource == record.resource
            && self.since.is_none_or(|since| since <= now)
            && self.until.is_none_or(|until| now < until)
    }
}

impl Agreements {
    /// Agreements that were read. Grants come from [`crate::Store::view`] alone.
    #[must_use]
    pub fn new(agreements: Vec<Agreement>) -> Self {
        Self { agreements, grants: Mutex::default() }
    }

    /// All of them, by id.
    #[must_use]
    pub fn all(&self) -> &[Agreement] {
        &self.agreements
    }

    /// Those in force.
    pub fn open_at(&self, now: Timestamp) -> impl Iterator<Item = &Agreement> {
        self.agreements.iter().filter(move |agreement| agreement.opens_at(now))
    }

    fn connection_set(&self, record: &'static RecordType, now: Timestamp) -> Arc<ConnectionSet> {
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = grants.iter().find(|cached| cached.holds(record, now)) {
            return Arc::clone(&cached.set);
        }
        let covering = self.agreements.iter().filter(|agreement| agreement.covers(record.resource, now));
        let set = Arc::new(ConnectionSet::of(Grant::links(covering)));
        let dates = || self.agreements.iter().flat_map(|agreement| [Some(agreement.effective_date), agreement.expiration_date]);
        let (since, until) =
            (dates().flatten().filter(|date| *date <= now).max(), dates().flatten().filter(|date| *date > now).min());
        grants.insert(0, CachedGrant { record, since, until, set: Arc::clone(&set) });
        grants.truncate(GRANTS_KEPT);
        set
    }
}

/// What a partner may read at one instant, of any record type: its agreements that are in force.
#[derive(Clone, Debug)]
pub struct View {
    agreements: Arc<Agreements>,
    now: Timestamp,
}

impl View {
    pub(crate) fn new(agreements: Arc<Agreements>, now: Timestamp) -> Self {
        Self { agreements, now }
    }

    /// The agreements.
    pub fn agreements(&self) -> impl Iterator<Item = &Agreement> {
        self.agreements.open_at(self.now)
    }

    /// What may be read of a record type.
    #[must_use]
    pub fn grant(&self, record: &'static RecordType) -> Grant {
        Grant { record, set: self.agreements.connection_set(record, self.now) }
    }
}

/// Connections, by connection and fleet.
#[derive(Debug)]
struct ConnectionSet {
    connections: Vec<GrantedConnection>,
    mark: OnceLock<u64>,
}

impl ConnectionSet {
    fn of(connections: Vec<GrantedConnection>) -> Self {
        Self { connections, mark: OnceLock::new() }
    }
}

/// Permission to read one resource of the connections it lists; every telematics read consumes one.
#[derive(Clone, Debug)]
pub struct Grant {
    record: &'static RecordType,
    set: Arc<ConnectionSet>,
}

impl Grant {
    /// Only for tests: a grant is made from agreements, never from a request. By connection and fleet.
    #[cfg(test)]
    pub(crate) fn new(record: &'static RecordType, mut connections: Vec<GrantedConnection>) -> Self {
        connections.sort_by_key(|granted| (granted.connection, granted.fleet));
        Self { record, set: Arc::new(ConnectionSet::of(connections)) }
    }

    /// What it opens.
    #[must_use]
    pub fn record(&self) -> &'static RecordType {
        self.record
    }

    /// The links of these agreements, each connection once per fleet.
    fn links<'a>(agreements: impl Iterator<Item = &'a Agreement>) -> Vec<GrantedConnection> {
        let mut found: BTreeMap<(ConnectionId, FleetId), GrantedConnection> = BTreeMap::new();
        for agreement in agreements {
            for link in &agreement.connections {
                let granted = GrantedConnection::through(agreement, link);
                match found.entry((granted.connection, granted.fleet)) {
                    Entry::Vacant(place) => drop(place.insert(granted)),
                    Entry::Occupied(mut place) if granted.is_wider(place.get()) => drop(place.insert(granted)),
                    Entry::Occupied(_) => {}
                }
            }
        }
        found.into_values().collect()
    }

    /// The resource it opens.
    #[must_use]
    pub fn resource(&self) -> Resource {
        self.record.resource
    }

    /// The connections it opens, by connection and fleet, each once per fleet.
    #[must_use]
    pub fn connections(&self) -> &[GrantedConnection] {
        &self.set.connections
    }

    /// A number that differs where what it opens differs. It holds for days, not for ever: another build may give another one.
    #[must_use]
    pub fn mark(&self) -> u64 {
        *self.set.mark.get_or_init(|| {
            let mut hasher = DefaultHasher::new();
            for granted in self.connections() {
                (granted.connection, granted.fleet, granted.until).hash(&mut hasher);
            }
            hasher.finish()
        })
    }

    /// How it opens one connection: once per fleet.
    pub(crate) fn fleets_of(&self, connection: ConnectionId) -> impl Iterator<Item = &GrantedConnection> {
        let all = self.connections();
        let first = all.partition_point(|granted| granted.connection < connection);
        all.iter().skip(first).take_while(move |granted| granted.connection == connection)
    }

    /// Some of the connections that it opens.
    pub(crate) fn part(&self, connections: &[GrantedConnection]) -> Self {
        Self { record: self.record, set: Arc::new(ConnectionSet::of(connections.to_vec())) }
    }

    /// The same grant, narrowed to the connections that `keep` admits.
    #[must_use]
    pub fn narrowed(self, keep: impl Fn(&GrantedConnection) -> bool) -> Self {
        if self.connections().iter().all(&keep) {
            return self;
        }
        let kept = self.connections().iter().filter(|granted| keep(granted)).cloned().collect();
        Self { record: self.record, set: Arc::new(ConnectionSet::of(kept)) }
    }
}
