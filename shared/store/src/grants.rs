//! Grants: the proof that a caller may read telematics data. Only this module makes them, and only from active agreements.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

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

/// What a partner may read at one instant, of any record type: its agreements that are in force, read once.
#[derive(Clone, Debug)]
pub struct View {
    agreements: Vec<Agreement>,
    now: Timestamp,
}

impl View {
    pub(crate) fn new(mut agreements: Vec<Agreement>, now: Timestamp) -> Self {
        agreements.retain(|agreement| agreement.opens_at(now));
        Self { agreements, now }
    }

    /// The agreements.
    #[must_use]
    pub fn agreements(&self) -> &[Agreement] {
        &self.agreements
    }

    /// What may be read of a record type.
    #[must_use]
    pub fn grant(&self, record: &'static RecordType) -> Grant {
        Grant::of(record, self.agreements.iter().filter(|agreement| agreement.covers(record.resource, self.now)))
    }
}

/// Permission to read one resource of the connections it lists; every telematics read consumes one.
#[derive(Clone, Debug)]
pub struct Grant {
    record: &'static RecordType,
    connections: Vec<GrantedConnection>,
}

impl Grant {
    /// Only for this crate: a grant is made from agreements, never from a request.
    pub(crate) fn new(record: &'static RecordType, connections: Vec<GrantedConnection>) -> Self {
        Self { record, connections }
    }

    /// What it opens.
    #[must_use]
    pub fn record(&self) -> &'static RecordType {
        self.record
    }

    /// The links of these agreements, each connection once per fleet.
    pub(crate) fn of<'a>(record: &'static RecordType, agreements: impl Iterator<Item = &'a Agreement>) -> Self {
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
        Self::new(record, found.into_values().collect())
    }

    /// The resource it opens.
    #[must_use]
    pub fn resource(&self) -> Resource {
        self.record.resource
    }

    /// The connections it opens, by connection and fleet, each once per fleet.
    #[must_use]
    pub fn connections(&self) -> &[GrantedConnection] {
        &self.connections
    }

    /// A number that differs where what it opens differs. It holds for days, not for ever: another build may give another one.
    #[must_use]
    pub fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for granted in &self.connections {
            (granted.connection, granted.fleet, granted.until).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// How it opens one connection: once per fleet.
    pub(crate) fn fleets_of(&self, connection: ConnectionId) -> impl Iterator<Item = &GrantedConnection> {
        self.connections.iter().filter(move |granted| granted.connection == connection)
    }

    /// The same grant, narrowed to the connections that `keep` admits.
    #[must_use]
    pub fn narrowed(mut self, keep: impl Fn(&GrantedConnection) -> bool) -> Self {
        self.connections.retain(keep);
        self
    }
}
