//! `POST /v2/integrations/connections/{connection_id}/schedules`

use gateway::{ApiError, Body, Call, Context, Input, Json, Operation, Reader};
use model::connection::Connection;
use model::schedule::{Schedule, ScheduleStatus};
use model::{ConnectionId, Resource, Timestamp};
use store::control::{ScheduleClaim, Write};
use store::{Attempts, StoreError};

use super::restart::Restart;
use super::{INTERVAL, MOST_AT_ONCE, MOST_ERRORS, ScheduleRead, managed};

/// Seconds between two executions unless the request says otherwise, whatever is usual for the resource.
const DEFAULT_INTERVAL: u32 = 600;

/// Makes the schedule of a resource that has none, or whose schedule was deleted.
pub struct Create;

/// The schedule that is asked for.
pub struct Request {
    connection_id: ConnectionId,
    resource: Option<Resource>,
    execution_interval_seconds: u32,
    consecutive_error_threshold: u32,
    max_concurrent_executions: u32,
    status: ScheduleStatus,
    cursor: Option<String>,
    last_data_at: Option<Timestamp>,
}

impl Input for Request {
    const BODY: Body = Body::Json("ScheduleCreate");

    fn read(reader: &mut Reader) -> Self {
        let resource =
            reader.body("resource").required().about("The resource, which the TSP must offer.").example("vehicle").code();
        let interval = reader.body("execution_interval_seconds").about("Seconds between two executions.");
        let interval = interval.whole_or(INTERVAL.0, INTERVAL.1, DEFAULT_INTERVAL);
        let threshold =
            reader.body("consecutive_error_threshold").about("The number of consecutive failures that deactivates it.");
        let threshold = threshold.whole_or(1, MOST_ERRORS, 15);
        let at_once =
            reader.body("max_concurrent_executions").about("The most concurrent executions.").whole_or(1, MOST_AT_ONCE, 1);
        let status = reader.body("status").about("`active`, or `paused` to begin later.").code_or(ScheduleStatus::Active);
        super::check_status(reader, Some(status));
        let cursor =
            reader.body("cursor").about("The TSP's cursor at which the first execution starts.").text(1, super::LONGEST_CURSOR);
        Self {
            connection_id: reader.path("connection_id"),
            resource,
            execution_interval_seconds: interval,
            consecutive_error_threshold: threshold,
            max_concurrent_executions: at_once,
            status,
            cursor,
            last_data_at: reader.body("last_data_at").about("The time of the newest record that was fetched before.").instant(),
        }
    }
}

impl Operation for Create {
    type Input = Request;
    type Output = Json<ScheduleRead>;

    async fn run(context: &Context, call: Call, request: Request) -> Result<Self::Output, ApiError> {
        call.caller.admin()?;
        let connection = managed(context, &call, request.connection_id).await?;
        let mut attempts = Attempts::default();
        loop {
            let next = request.schedule(&connection, call.now)?;
            Restart::of(context, &call, &connection, &next).await?.check()?;
            let existing = context.store().schedules_of(connection.id).await?;
            let (next, writes) = match existing.into_iter().find(|schedule| schedule.resource == next.resource) {
                None => writes_of(next)?,
                Some(deleted) if deleted.status == ScheduleStatus::Deleted => {
                    let next = Schedule { id: deleted.id, revision: deleted.revision + 1, ..next };
                    let write = Write::replace(&deleted, &next)?;
                    (next, vec![write])
                }
                Some(_) => return Err(ApiError::conflict("schedule_exists", "the resource has a schedule already")),
            };
            match context.store().commit(writes).await {
                Err(StoreError::Conflict) if attempts.again().await => {}
                done => return Ok(done.map(|()| Json(next.into()))?),
            }
        }
    }
}

/// A new schedule, with the claim of its resource.
pub(super) fn writes_of(schedule: Schedule) -> Result<(Schedule, Vec<Write>), StoreError> {
    let Schedule { connection_id, resource, id: schedule_id, .. } = schedule;
    let claim = ScheduleClaim { connection_id, resource, schedule_id };
    let writes = vec![Write::create(&schedule)?, Write::create(&claim)?];
    Ok((schedule, writes))
}

impl Request {
    fn schedule(&self, connection: &Connection, now: Timestamp) -> Result<Schedule, ApiError> {
        let offered = providers::accounts(&connection.source_name).map(|accounts| accounts.resources()).unwrap_or_default();
        let resource = self.resource.filter(|resource| offered.contains(resource)).ok_or_else(|| {
            let input = self.resource.map(Resource::name).unwrap_or_default();
            ApiError::invalid_member("body.resource", input, "enum", "is not fetched from this provider")
        })?;
        let usual = Schedule::new(connection.id, resource, &connection.source_name, now);
        Ok(Schedule {
            execution_interval_seconds: self.execution_interval_seconds,
            consecutive_error_threshold: self.consecutive_error_threshold,
            max_concurrent_executions: self.max_concurrent_executions,
            status: self.status,
            cursor: self.cursor.clone(),
            last_data_at: self.last_data_at,
            ..usual
        })
    }
}
