//! Whether a schedule may be activated.

use gateway::{ApiError, Call, Caller, Context};
use model::Timestamp;
use model::connection::{Connection, ConnectionStatus};
use model::schedule::{Schedule, ScheduleStatus};

/// What decides whether the schedule of a resource may be activated.
pub(super) struct Restart {
    /// Whether the caller may resume what was paused. A fleet's partner can read the fleet's token, so that token may not.
    pub(super) resumes: bool,
    /// Whether an agreement in force shares the resource.
    pub(super) is_shared: bool,
    /// The state of the connection.
    pub(super) connection: ConnectionStatus,
}

impl Restart {
    /// The facts, as they are now.
    pub(super) async fn of(
        context: &Context,
        call: &Call,
        connection: &Connection,
        schedule: &Schedule,
    ) -> Result<Self, ApiError> {
        let resumes = matches!(call.caller, Caller::Admin { .. }) || call.caller.consents();
        let agreements = context.store().agreements_on(connection.id).await?;
        let is_shared = agreements.iter().any(|agreement| agreement.needs_of(connection.id, schedule.resource, call.now));
        Ok(Self { resumes, is_shared, connection: connection.status })
    }

    /// The schedule after its activation.
    ///
    /// # Errors
    /// 409 where it is not suspended or cannot run, 403 where the caller may not resume it.
    pub(super) fn apply(&self, seen: &Schedule, now: Timestamp) -> Result<Schedule, ApiError> {
        let next = seen.activated(now);
        let next =
            next.ok_or_else(|| ApiError::conflict("schedule_not_suspended", "the schedule is neither paused nor inactive"))?;
        if seen.status == ScheduleStatus::Paused && !self.resumes {
            return Err(ApiError::forbidden("consent_required", "with this token a fleet does not resume what was paused"));
        }
        self.check()?;
        Ok(next)
    }

    /// Whether the schedule could run.
    ///
    /// # Errors
    /// 409 with the reason why not.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        if self.connection != ConnectionStatus::Active {
            return Err(ApiError::conflict("connection_not_active", "the connection is not active"));
        }
        if !self.is_shared {
            return Err(ApiError::conflict("not_shared", "no share agreement in force shares the resource"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ScheduleStatus::{Active, CancelledInsufficientScope, Inactive, Paused, Stale};
    use model::{ConnectionId, Resource};

    use super::*;

    #[test]
    fn only_what_is_shared_and_suspended_is_activated() {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let check = |status, (resumes, is_shared, connection), expected: Option<u16>| {
            let seen = Schedule { status, ..Schedule::new(ConnectionId::at(now), Resource::Vehicle, "samsara", now) };
            let found = Restart { resumes, is_shared, connection }.apply(&seen, now);
            assert_eq!(found.err().map(|error| error.status().as_u16()), expected, "{status:?}");
        };
        let usual = (true, true, ConnectionStatus::Active);
        check(Paused, usual, None);
        check(Inactive, usual, None);
        for status in [Active, Stale, CancelledInsufficientScope] {
            check(status, usual, Some(409));
        }
        check(Paused, (false, true, ConnectionStatus::Active), Some(403));
        check(Inactive, (false, true, ConnectionStatus::Active), None);
        check(Paused, (true, false, ConnectionStatus::Active), Some(409));
        check(Inactive, (true, true, ConnectionStatus::Stale), Some(409));
    }
}
