//! `GET /v2/integrations/connections/{connection_id}/schedules/{schedule_id}/executions`

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader, Uncounted};
use model::execution::{Execution, RETENTION_DAYS};
use model::{ConnectionId, ScheduleId};
use store::control::{Range, keys};

use super::ExecutionRead;
use crate::schedules;

/// The runs of a schedule, newest first.
pub struct List;

/// Schedule and paging.
pub struct Filter {
    connection_id: ConnectionId,
    schedule_id: ScheduleId,
    paging: Paging,
}

impl Input for Filter {
    fn read(reader: &mut Reader) -> Self {
        let (connection_id, schedule_id) = (reader.path("connection_id"), reader.path("schedule_id"));
        Self { connection_id, schedule_id, paging: Paging::read(reader, 1_000) }
    }
}

impl Operation for List {
    type Input = Filter;
    type Output = Listing<ExecutionRead, Uncounted>;

    async fn run(context: &Context, call: Call, filter: Filter) -> Result<Self::Output, ApiError> {
        let (seen, schedule) = schedules::one(context, &call, filter.connection_id, filter.schedule_id).await?;
        let start = filter.paging.start(context, &call).await?;
        let range = Range::table(keys::executions(schedule.id), "EXECUTION#").newest_first();
        // The table drops lapsed rows late, so they are dropped here.
        let oldest = call.now.plus_seconds(-RETENTION_DAYS * 86_400);
        let slice = context.store().page(&range, &start.page(), |run: &Execution| run.created_at > oldest).await?;
        Listing::of(&start, slice.map(|run| ExecutionRead::of(run, seen.fleet_id)), None)
    }
}
