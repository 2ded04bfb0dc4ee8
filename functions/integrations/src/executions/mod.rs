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
    /// The last change; for one that ended, its end.
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
    /// Where it ended, as the TSP names it.
    cursor: Option<String>,
    /// What it brought, or the error that ended it.
    #[schemars(schema_with = "model::schema::nullable_object")]
    response: Option<Value>,
    /// When it last brought data.
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
