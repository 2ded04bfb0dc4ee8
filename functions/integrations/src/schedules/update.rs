//! `PATCH /v2/integrations/connections/{connection_id}/schedules/{schedule_id}`

use gateway::{ApiError, Body, Call, Caller, Context, Input, Json, Member, Operation, Patch, Reader};
use model::Timestamp;
use model::schedule::{Schedule, ScheduleStatus};
use store::control::Key;

use super::get::Ids;
use super::restart::Restart;
use super::{INTERVAL, MOST_AT_ONCE, MOST_ERRORS, ScheduleRead, find, managed, missing};

/// Changes a schedule. An execution that is at work goes on, unless its cursor is moved.
pub struct Update;

/// The schedule, and what to change.
pub struct Request(Ids, Changes);

#[derive(Default)]
struct Changes {
    status: Option<ScheduleStatus>,
    execution_interval_seconds: Option<u32>,
    consecutive_error_threshold: Option<u32>,
    consecutive_error_count: Option<u32>,
    max_concurrent_executions: Option<u32>,
    next_execution_at: Option<Timestamp>,
    cursor: Patch<String>,
    last_data_at: Patch<Timestamp>,
}

const STATUS: &str = "`paused` suspends it, `active` does what `activate` does.";
const CURSOR: &str = "The TSP's cursor at which the next execution starts; null = from the beginning.";

impl Input for Request {
    const BODY: Body = Body::Json("ScheduleUpdate");

    fn read(reader: &mut Reader) -> Self {
        let status = reader.body("status").about(STATUS).example("paused").code();
        super::check_status(reader, status);
        let interval = reader.body("execution_interval_seconds").about("Seconds between two executions.");
        let interval = interval.whole(INTERVAL.0, INTERVAL.1);
        let threshold =
            reader.body("consecutive_error_threshold").about("The number of consecutive failures that deactivates it.");
        let threshold = threshold.whole(1, MOST_ERRORS);
        let count = reader.body("consecutive_error_count").about("Executions that failed since the last success.");
        let count = count.whole(0, MOST_ERRORS);
        let at_once = reader.body("max_concurrent_executions").about("The most concurrent executions.").whole(1, MOST_AT_ONCE);
        let next = reader.body("next_execution_at").about("The earliest time of the next execution; data-freshness shows it.");
        let changes = Changes {
            status,
            execution_interval_seconds: interval,
            consecutive_error_threshold: threshold,
            consecutive_error_count: count,
            max_concurrent_executions: at_once,
            next_execution_at: next.instant(),
            cursor: reader.body("cursor").about(CURSOR).patch(|member| member.text(1, super::LONGEST_CURSOR)),
            last_data_at: reader.body("last_data_at").about("The time of the newest record fetched.").patch(Member::instant),
        };
        Self(Ids(reader.path("connection_id"), reader.path("schedule_id")), changes)
    }
}

impl Operation for Update {
    type Input = Request;
    type Output = Json<ScheduleRead>;

    async fn run(
        context: &Context,
        call: Call,
        Request(Ids(connection, id), changes): Request,
    ) -> Result<Self::Output, ApiError> {
        let connection = managed(context, &call, connection).await?;
        let schedule = find(context, connection.id, id).await?;
        if let Caller::Fleet { id, .. } = call.caller
            && !context.store().is_last_link(id, connection.id).await?
        {
            return Err(ApiError::conflict("connection_shared", "other fleets use this account too"));
        }
        let restart = Restart::of(context, &call, &connection, &schedule).await?;
        let key = Key::schedule(connection.id, id);
        let change = |seen: &Schedule| changes.apply(seen, &restart, call.now).map(|next| next.filter(|next| next != seen));
        let after = context.store().try_update(key, change).await?.ok_or_else(missing)?;
        Ok(Json(after.into()))
    }
}

impl Changes {
    /// The schedule after the change; `None` if nothing was to be changed.
    fn apply(&self, seen: &Schedule, restart: &Restart, now: Timestamp) -> Result<Option<Schedule>, ApiError> {
        let switched = self.switched(seen, restart, now)?;
        let mut next = switched.clone().unwrap_or_else(|| seen.clone());
        next.execution_interval_seconds = self.execution_interval_seconds.unwrap_or(next.execution_interval_seconds);
        next.consecutive_error_threshold = self.consecutive_error_threshold.unwrap_or(next.consecutive_error_threshold);
        next.consecutive_error_count = self.consecutive_error_count.unwrap_or(next.consecutive_error_count);
        next.max_concurrent_executions = self.max_concurrent_executions.unwrap_or(next.max_concurrent_executions);
        next.next_execution_at = self.next_execution_at.or(next.next_execution_at);
        next.last_data_at = self.last_data_at.clone().over(next.last_data_at);
        next.cursor = self.cursor.clone().over(next.cursor);
        if next.cursor != seen.cursor {
            // Whoever fetches from the former place on would write it back.
            next.leases.clear();
            next.cursor_failures = 0;
        }
        if next == *seen {
            return Ok(None);
        }
        Ok(Some(if switched.is_some() { next } else { next.touched(now) }))
    }

    /// The schedule in the state that is asked for; `None` if it is in that state.
    fn switched(&self, seen: &Schedule, restart: &Restart, now: Timestamp) -> Result<Option<Schedule>, ApiError> {
        match (self.status, seen.status) {
            (_, ScheduleStatus::Deleted) => Err(missing()),
            (None, _) => Ok(None),
            (Some(wanted), current) if wanted == current => Ok(None),
            (Some(ScheduleStatus::Active), _) => restart.apply(seen, now).map(Some),
            _ => {
                let ended = || ApiError::conflict("schedule_not_running", "only a schedule that runs is paused");
                seen.paused(now).map(Some).ok_or_else(ended)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use model::connection::ConnectionStatus;
    use model::{ConnectionId, ExecutionId, Resource};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000).plus_seconds(seconds)
    }

    fn check(from: ScheduleStatus, changes: Changes, expected: Result<ScheduleStatus, u16>) -> Schedule {
        let fresh = Schedule::new(ConnectionId::at(at(0)), Resource::Vehicle, "samsara", at(0));
        let leases = [(ExecutionId::at(at(0)), at(40))].into();
        let seen = Schedule { status: from, cursor: Some("a".into()), leases, ..fresh };
        let restart = Restart { resumes: true, is_shared: true, connection: ConnectionStatus::Active };
        let found = changes.apply(&seen, &restart, at(1)).map(|next| next.unwrap_or_else(|| seen.clone()));
        let status = found.as_ref().map(|next| next.status).map_err(|error| error.status().as_u16());
        assert_eq!(status, expected, "{from:?}");
        found.unwrap_or(seen)
    }

    #[test]
    fn what_is_sent_changes_and_all_else_stays() {
        use ScheduleStatus::{Active, Deleted, Paused, Stale};
        let status = |status| Changes { status: Some(status), ..Changes::default() };
        check(Active, status(Paused), Ok(Paused));
        check(Paused, status(Active), Ok(Active));
        check(Stale, status(Active), Err(409));
        check(Stale, status(Paused), Err(409));
        check(Deleted, Changes::default(), Err(404));
        assert_eq!(check(Paused, status(Paused), Ok(Paused)).revision, 0, "nothing changes");
        let changes = Changes { execution_interval_seconds: Some(120), ..Changes::default() };
        let next = check(Stale, changes, Ok(Stale));
        assert_eq!((next.execution_interval_seconds, next.revision, next.leases.len()), (120, 1, 1));
    }

    #[test]
    fn an_execution_does_not_write_a_cursor_back_that_was_moved() {
        for (cursor, expected) in [(Patch::Set("b".to_owned()), Some("b".to_owned())), (Patch::Clear, None)] {
            let next = check(ScheduleStatus::Active, Changes { cursor, ..Changes::default() }, Ok(ScheduleStatus::Active));
            assert_eq!((next.cursor, next.leases.len()), (expected, 0));
        }
        let cursor = Patch::Set("a".to_owned());
        let same = check(ScheduleStatus::Active, Changes { cursor, ..Changes::default() }, Ok(ScheduleStatus::Active));
        assert_eq!(same.leases.len(), 1);
    }
}
