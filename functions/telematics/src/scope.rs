//! The members that choose fleets and connections, and the grant they narrow.

use gateway::{ApiError, Call, Context, Reader};
use model::agreement::Agreement;
use model::telematics::RecordType;
use model::{ConnectionId, FleetId};
use store::{Grant, GrantedConnection};

/// `fleet_ids`, `fleet_refs`, `connection_id`, `include_source_data`: on every list of records.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    fleets: Option<Vec<FleetId>>,
    refs: Option<Vec<String>>,
    connection: Option<ConnectionId>,
    /// Whether rows carry the TSP's own JSON.
    pub source_data: bool,
}

/// Reads `include_source_data`.
pub(crate) fn source_data(reader: &mut Reader) -> bool {
    reader.query("include_source_data").about("Whether `source_data` holds the record as the TSP sent it.").flag_or(false)
}

impl Scope {
    /// Reads the members.
    pub fn read(reader: &mut Reader) -> Self {
        let scope = Self::narrowing(reader);
        Self { source_data: source_data(reader), ..scope }
    }

    /// Reads those that choose fleets and connections.
    pub fn narrowing(reader: &mut Reader) -> Self {
        Self {
            fleets: reader.query("fleet_ids").about("Only records of these fleets.").ids(100),
            refs: reader
                .query("fleet_refs")
                .about("Only records of fleets with one of these ids of yours.")
                .example(r#"["FLEET-12345"]"#)
                .texts(100, 200),
            connection: reader.query("connection_id").about("Only records that came through this connection.").id(),
            source_data: false,
        }
    }

    /// What the caller may read of a record type, narrowed to what the members name.
    ///
    /// # Errors
    /// 403 for callers other than partners.
    pub async fn grant(&self, context: &Context, call: &Call, record: &'static RecordType) -> Result<Grant, ApiError> {
        let partner = call.caller.partner()?;
        let grant = context.store().grant(partner, record, call.now).await?;
        Ok(grant.narrowed(|granted| self.admits(granted)))
    }

    pub(crate) fn admits(&self, granted: &GrantedConnection) -> bool {
        self.admits_fleet(granted.fleet, granted.fleet_ref.as_ref()) && self.admits_connection(granted.connection)
    }

    /// Whether the fleet of an agreement is named, and has the connection that is.
    pub(crate) fn admits_agreement(&self, agreement: &Agreement) -> bool {
        let mut links = agreement.connections.iter().filter(|link| link.is_open());
        self.admits_fleet(agreement.fleet_id, agreement.fleet_ref.as_ref())
            && (self.connection.is_none() || links.any(|link| self.admits_connection(link.connection_id)))
    }

    fn admits_fleet(&self, fleet: FleetId, name: Option<&String>) -> bool {
        self.fleets.as_ref().is_none_or(|fleets| fleets.contains(&fleet))
            && self.refs.as_ref().is_none_or(|refs| name.is_some_and(|name| refs.contains(name)))
    }

    pub(crate) fn admits_connection(&self, connection: ConnectionId) -> bool {
        self.connection.is_none_or(|named| named == connection)
    }
}
