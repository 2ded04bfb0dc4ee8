//! Schedules of a connection. Administrators of the platform make, change and delete them; fleets change those of their connections;
//! partners read them.

pub mod activate;
pub mod backfill;
pub mod create;
pub mod delete;
pub mod get;
pub mod list;
mod restart;
pub mod update;

use gateway::{ApiError, Call, Caller, Context, Reader};
use model::connection::Connection;
use model::schedule::{Schedule, ScheduleStatus};
use model::{ConnectionId, Resource, ScheduleId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use store::control::Key;

use crate::visible::{self, Visible};

/// Bounds of `execution_interval_seconds`.
const INTERVAL: (u32, u32) = (10, 86_400);
/// The largest `consecutive_error_threshold`.
const MOST_ERRORS: u32 = 1_000;
/// The largest `max_concurrent_executions`.
const MOST_AT_ONCE: u32 = 10;
/// The most characters of a TSP's cursor.
const LONGEST_CURSOR: usize = 8_192;

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

/// Of the states, people choose two.
fn check_status(reader: &mut Reader, status: Option<ScheduleStatus>) {
    if status.is_some_and(|status| !matches!(status, ScheduleStatus::Active | ScheduleStatus::Paused)) {
        reader.problem("body.status", "", "enum", "must be active or paused; DELETE deletes it");
    }
}

fn missing() -> ApiError {
    ApiError::not_found("schedule")
}

/// A schedule that is not deleted, whoever may see it.
async fn find(context: &Context, connection: ConnectionId, id: ScheduleId) -> Result<Schedule, ApiError> {
    let found = context.store().get::<Schedule>(Key::schedule(connection, id)).await?;
    found.filter(|schedule| schedule.status != ScheduleStatus::Deleted).ok_or_else(missing)
}

/// The connection, if the caller may change its schedules: administrators those of any connection, a fleet those of its own.
async fn managed(context: &Context, call: &Call, id: ConnectionId) -> Result<Connection, ApiError> {
    if !matches!(call.caller, Caller::Admin { .. }) {
        call.caller.fleet()?;
        visible::each(context, call, id).await?;
    }
    visible::existing(context, id).await
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
    let schedule = find(context, connection, id).await?;
    let seen = seen.into_iter().find(|seen| seen.includes(schedule.resource));
    Ok((seen.ok_or_else(missing)?, schedule))
}
