//! Executions of a schedule; read only, kept for seven days.

pub mod list;

use model::execution::{Execution, ExecutionStatus};
use model::{ConnectionId, ExecutionId, FleetId, Resource, ScheduleId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// An execution (contract `ExecutionRead`).
#[derive(Serialize, JsonSchema)]
pub struct ExecutionRead {
    id: ExecutionId,
    created_at: Timestamp,
    updated_at: Timestamp,
    schedule_id: ScheduleId,
    connection_id: ConnectionId,
    fleet_id: FleetId,
    status: ExecutionStatus,
    #[schemars(schema_with = "model::schema::source_name")]
    source_name: String,
    resource: Resource,
    cursor: Option<String>,
    #[schemars(schema_with = "model::schema::nullable_object")]
    response: Option<Value>,
    last_data_at: Option<Timestamp>,
}

impl ExecutionRead {
    /// The execution as a caller sees it for this fleet.
    fn of(execution: Execution, fleet_id: FleetId) -> Self {
        Self {
            id: execution.id,
            created_at: execution.created_at,
            updated_at: execution.updated_at,
            schedule_id: execution.schedule_id,
            connection_id: execution.connection_id,
            fleet_id,
            status: execution.status,
            source_name: execution.source_name,
            resource: execution.resource,
            cursor: execution.cursor,
            response: execution.response,
            last_data_at: execution.last_data_at,
        }
    }
}
