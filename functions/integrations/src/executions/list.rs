//! `GET /v2/integrations/connections/{connection_id}/schedules/{schedule_id}/executions`

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader, Uncounted};
use model::execution::{Execution, RETENTION_DAYS};
use model::{ConnectionId, ScheduleId};
use store::control::{Range, keys};

use super::ExecutionRead;
use crate::schedules;

/// The executions of a schedule, newest first.
pub struct List;

/// Schedule and paging.
pub struct Filters {
    connection_id: ConnectionId,
    schedule_id: ScheduleId,
    paging: Paging,
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        let (connection_id, schedule_id) = (reader.path("connection_id"), reader.path("schedule_id"));
        Self { connection_id, schedule_id, paging: Paging::read(reader, 1_000) }
    }
}

impl Operation for List {
    type Input = Filters;
    type Output = Listing<ExecutionRead, Uncounted>;

    async fn run(context: &Context, call: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        let (seen, schedule) = schedules::one(context, &call, filters.connection_id, filters.schedule_id).await?;
        let cursor = filters.paging.open(context, &call).await?;
        let range = Range::table(keys::executions(schedule.id), "EXECUTION#").newest_first();
        // DynamoDB deletes expired rows late, so they are filtered out here.
        let oldest = call.now.plus_seconds(-RETENTION_DAYS * 86_400);
        let slice = context.store().page(&range, &cursor.page(), |execution: &Execution| execution.created_at > oldest).await?;
        Listing::of(&cursor, &slice.map(|execution| ExecutionRead::of(execution, seen.fleet_id)), None)
    }
}
