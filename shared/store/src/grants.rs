//! Grants: the proof that a caller may read telematics data. Only this module makes them, and only from active agreements.

use model::telematics::RecordType;
use model::{ConnectionId, FleetId, Resource, TspId};

/// One connection of one fleet that the caller may read, and how the fleet is called in the caller's world.
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

    /// The resource it opens.
    #[must_use]
    pub fn resource(&self) -> Resource {
        self.record.resource
    }

    /// The connections it opens, by connection id, each once.
    #[must_use]
    pub fn connections(&self) -> &[GrantedConnection] {
        &self.connections
    }

    /// The same grant, narrowed to the connections that `keep` admits.
    #[must_use]
    pub fn narrowed(mut self, keep: impl Fn(&GrantedConnection) -> bool) -> Self {
        self.connections.retain(keep);
        self
    }
}
