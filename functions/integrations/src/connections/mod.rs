//! Connections, as partners with an active agreement and the owning fleet see them.

pub mod create;
mod credentials;
pub mod delete;
pub mod freshness;
pub mod get;
mod link;
pub mod list;
mod validation;

use model::connection::{Connection, ConnectionStatus};
use model::{ConnectionId, FleetId, Timestamp, TspId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::visible::Visible;

/// A connection (contract `ConnectionRead`); `fleet_id` and `fleet_ref` name the fleet as the caller knows it.
#[derive(Serialize, JsonSchema)]
pub struct ConnectionRead {
    id: ConnectionId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schemars(required)]
    fleet_id: Option<FleetId>,
    fleet_ref: Option<String>,
    tsp_id: TspId,
    #[schemars(schema_with = "model::schema::source_name")]
    source_name: String,
    #[schemars(schema_with = "credentials::masked_schema")]
    credentials: Value,
    status: ConnectionStatus,
    #[schemars(required)]
    description: Option<String>,
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
