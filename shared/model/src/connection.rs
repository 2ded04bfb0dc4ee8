//! Connections: TSP accounts a fleet has linked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ConnectionId, FleetId, Timestamp, TspId};

/// A linked TSP account. Its credentials are kept apart, sealed; this holds only their masked form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// The TSP.
    pub tsp_id: TspId,
    /// The TSP's slug.
    pub tsp_slug: String,
    /// The adapter.
    pub source_name: String,
    /// The TSP's own id of the account.
    pub account: String,
    /// The credentials with every secret masked, as answers show them.
    pub masked: Value,
    /// Its state.
    pub status: ConnectionStatus,
    /// Tells accounts of one TSP apart.
    pub description: Option<String>,
    /// Refusals in a row by the TSP, and since when.
    #[serde(default)]
    pub refusals: u32,
    /// Start of the run of refusals.
    #[serde(default)]
    pub refused_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// The tie between a fleet and a connection; connections are shared, ties are not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FleetConnection {
    /// Its id, which `fleet_connection.created` carries.
    pub id: uuid::Uuid,
    /// The fleet.
    pub fleet_id: FleetId,
    /// The connection.
    pub connection_id: ConnectionId,
    /// The TSP, copied so that grants need no second read.
    pub tsp_id: TspId,
    /// Its slug.
    pub tsp_slug: String,
    /// The adapter.
    pub source_name: String,
    /// Whether the connection was made with this tie (`connection.created` fires) or found.
    pub first: bool,
    /// When the fleet linked it.
    pub created_at: Timestamp,
}

/// The state of a connection (contract section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ConnectionStatusEnum")]
pub enum ConnectionStatus {
    /// Ingesting.
    Active,
    /// Stored, but the first credential exchange failed.
    Failed,
    /// Ended; history readable.
    Cancelled,
    /// Switched off by fleet or admin.
    Paused,
    /// The TSP refuses the credentials.
    Stale,
    /// Gone from lists; history readable.
    Deleted,
}
