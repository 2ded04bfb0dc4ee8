//! Executions of a schedule; read only, kept for seven days.

pub mod list;

use model::execution::{Execution, ExecutionStatus};
use model::{ConnectionId, ExecutionId, FleetId, Resource, ScheduleId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// An execution: one run of a schedule.
#[derive(Serialize, JsonSchema)]
pub struct ExecutionRead {
    /// The execution's id.
    id: ExecutionId,
    /// When it began.
    created_at: Timestamp,
    /// When it was last changed; for an ended one, when it ended.
    updated_at: Timestamp,
    /// The schedule.
    schedule_id: ScheduleId,
    /// The connection.
    connection_id: ConnectionId,
    /// The fleet.
    fleet_id: FleetId,
    /// Its state.
    status: ExecutionStatus,
    /// The adapter.
    #[schemars(schema_with = "model::schema::source_name")]
    source_name: String,
    /// The resource.
    resource: Resource,
    /// The TSP's cursor at which it ended.
    cursor: Option<String>,
    /// The outcome of the execution, or its error.
    #[schemars(schema_with = "model::schema::nullable_object")]
    response: Option<Value>,
    /// When it last fetched data.
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
