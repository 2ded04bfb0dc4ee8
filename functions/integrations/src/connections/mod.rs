//! Connections, as partners with an active agreement and the owning fleet see them.

pub mod create;
mod credentials;
pub mod delete;
pub mod freshness;
pub mod get;
mod link;
pub mod list;
mod trials;
mod validation;

use std::collections::{BTreeSet, HashMap};

use gateway::{ApiError, Context};
use model::connection::{Connection, ConnectionStatus};
use model::{ConnectionId, FleetId, Timestamp, TspId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use store::control::Key;

use crate::visible::Visible;

/// A connection: a fleet's account at a telematics provider (TSP). Two partners of one fleet see the same connection.
#[derive(Serialize, JsonSchema)]
pub struct ConnectionRead {
    /// The connection's id.
    id: ConnectionId,
    /// When it was created.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
    /// The fleet whose account it is.
    fleet_id: Option<FleetId>,
    /// Your own id of the fleet; null for the fleet itself.
    #[schemars(example = &"FLEET-12345")]
    fleet_ref: Option<String>,
    /// The TSP.
    tsp_id: TspId,
    /// Its adapter.
    #[schemars(schema_with = "model::schema::source_name")]
    source_name: String,
    /// The credentials in the form of the TSP, with secrets masked.
    #[schemars(schema_with = "credentials::masked_schema")]
    credentials: Value,
    /// Its state.
    status: ConnectionStatus,
    /// Distinguishes several accounts at one TSP.
    #[schemars(example = &"East yard")]
    description: Option<String>,
}

/// The connections among these that are not deleted.
async fn by_id(
    context: &Context,
    ids: impl Iterator<Item = ConnectionId>,
) -> Result<HashMap<ConnectionId, Connection>, ApiError> {
    let distinct: BTreeSet<ConnectionId> = ids.collect();
    let keys: Vec<Key> = distinct.into_iter().map(Key::connection).collect();
    let found: Vec<Connection> = context.store().get_many(&keys).await?;
    let current = found.into_iter().filter(|connection| connection.status != ConnectionStatus::Deleted);
    Ok(current.map(|connection| (connection.id, connection)).collect())
}

impl ConnectionRead {
    fn of(connection: Connection, seen: &Visible) -> Self {
        Self::for_fleet(connection, seen.fleet_id, seen.fleet_ref.clone())
    }

    fn for_fleet(connection: Connection, fleet_id: FleetId, fleet_ref: Option<String>) -> Self {
        Self {
            id: connection.id,
            created_at: connection.created_at,
            updated_at: connection.updated_at,
            fleet_id: Some(fleet_id),
            fleet_ref,
            tsp_id: connection.tsp_id,
            source_name: connection.source_name,
            credentials: connection.masked,
            status: connection.status,
            description: connection.description,
        }
    }
}
