//! Schedules of a connection; read only.

pub mod get;
pub mod list;

use gateway::{ApiError, Call, Context};
use model::schedule::{Schedule, ScheduleStatus};
use model::{ConnectionId, Resource, ScheduleId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use store::control::Key;

use crate::visible::{self, Visible};

/// A schedule: how often a resource of a connection is fetched.
#[derive(Serialize, JsonSchema)]
pub struct ScheduleRead {
    /// The schedule's id.
    id: ScheduleId,
    /// The connection.
    connection_id: ConnectionId,
    /// The resource.
    resource: Resource,
    /// Seconds between two executions.
    execution_interval_seconds: u32,
    /// Its state.
    status: ScheduleStatus,
    /// Executions that failed since the last success.
    consecutive_error_count: u32,
    /// The number of consecutive failures that deactivates the schedule.
    consecutive_error_threshold: u32,
    /// The most concurrent executions.
    max_concurrent_executions: u32,
    /// The TSP's cursor at which the next execution starts.
    cursor: Option<String>,
    /// When an execution last fetched data.
    last_data_at: Option<Timestamp>,
}

impl From<Schedule> for ScheduleRead {
    fn from(schedule: Schedule) -> Self {
        Self {
            id: schedule.id,
            connection_id: schedule.connection_id,
            resource: schedule.resource,
            execution_interval_seconds: schedule.execution_interval_seconds,
            status: schedule.status,
            consecutive_error_count: schedule.consecutive_error_count,
            consecutive_error_threshold: schedule.consecutive_error_threshold,
            max_concurrent_executions: schedule.max_concurrent_executions,
            cursor: schedule.cursor,
            last_data_at: schedule.last_data_at,
        }
    }
}

/// One schedule, and the first fleet that shows the caller its connection and its resource.
///
/// # Errors
/// 404 if the caller may not see it; 500 if storage fails.
pub(crate) async fn one(
    context: &Context,
    call: &Call,
    connection: ConnectionId,
    id: ScheduleId,
) -> Result<(Visible, Schedule), ApiError> {
    let seen = visible::each(context, call, connection).await?;
    let missing = || ApiError::not_found("schedule");
    let schedule = context.store().get::<Schedule>(Key::schedule(connection, id)).await?.ok_or_else(missing)?;
    let seen = seen.into_iter().find(|seen| schedule.status != ScheduleStatus::Deleted && seen.includes(schedule.resource));
    Ok((seen.ok_or_else(missing)?, schedule))
}
