//! Connections, as partners with an active agreement and the owning fleet see them.

pub mod create;
mod credentials;
pub mod delete;
pub mod freshness;
pub mod get;
mod link;
pub mod list;
pub mod pre_auth;
mod recheck;
mod sign_in;
mod trials;
pub mod update;
mod validation;

use std::collections::{BTreeSet, HashMap};

use gateway::{ApiError, Context};
use model::connection::{Connection, ConnectionStatus, FleetConnection};
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
    /// When the fleet linked it.
    created_at: Timestamp,
    /// When the fleet last changed it, or its state changed.
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
    /// The credentials that the fleet gave, in the form of the TSP, with secrets masked.
    #[schemars(schema_with = "credentials::masked_schema")]
    credentials: Value,
    /// Its state.
    status: ConnectionStatus,
    /// What the fleet calls it, to tell it from others at the same TSP.
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

/// How fleets are tied to the connections that a caller sees.
async fn links<'a>(
    context: &Context,
    seen: impl Iterator<Item = &'a Visible>,
) -> Result<HashMap<(FleetId, ConnectionId), FleetConnection>, ApiError> {
    let keys: Vec<Key> = seen.map(|seen| Key::fleet_connection(seen.fleet_id, seen.connection_id)).collect();
    let found: Vec<FleetConnection> = context.store().get_many(&keys).await?;
    Ok(found.into_iter().map(|link| ((link.fleet_id, link.connection_id), link)).collect())
}

impl ConnectionRead {
    /// The connection as it is tied to one fleet: what other fleets gave is not shown.
    fn of(connection: Connection, link: FleetConnection, fleet_ref: Option<String>) -> Self {
        let changes = [link.updated_at, connection.changed_at];
        let description = link.name(&connection);
        Self {
            id: connection.id,
            created_at: link.created_at,
            updated_at: changes.into_iter().flatten().fold(link.created_at, Timestamp::max),
            fleet_id: Some(link.fleet_id),
            fleet_ref,
            tsp_id: connection.tsp_id,
            source_name: connection.source_name,
            credentials: link.masked.unwrap_or(connection.masked),
            status: connection.status,
            description,
        }
    }
}
