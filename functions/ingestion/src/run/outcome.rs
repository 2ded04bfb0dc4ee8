//! What becomes of schedules and connections after a run: plain functions from the state before to the state after.

use model::connection::{Connection, ConnectionStatus};
use std::time::Duration;

use model::schedule::{LEASE_SECONDS, Schedule, ScheduleStatus};
use model::{ExecutionId, Timestamp};
use providers::ProviderError;
use serde_json::{Value, json};

use super::progress::Progress;

/// Refusals in a row that make a connection stale, if they span [`STALE_SECONDS`].
pub const STALE_REFUSALS: u32 = 3;
/// The least span of those refusals.
pub const STALE_SECONDS: i64 = 600;
/// Requests in a row that the TSP rejects before their cursor is given up.
const REJECTED_CURSOR: u32 = 3;
/// Pages in a row that cannot be read before their cursor is given up.
const UNREADABLE_CURSOR: u32 = 5;
/// Timers fire within their minute, not on the second; a run may begin this much before its instant.
const EARLY_SECONDS: i64 = 30;

/// Whether the schedule may run at `now`.
#[must_use]
pub fn is_due(schedule: &Schedule, now: Timestamp) -> bool {
    let early = early_seconds(schedule);
    schedule.runs() && schedule.next_execution_at.is_none_or(|next| now.plus_seconds(early) >= next)
}

fn early_seconds(schedule: &Schedule) -> i64 {
    EARLY_SECONDS.min(i64::from(schedule.execution_interval_seconds) / 2)
}

/// Why a run failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The TSP asks to wait; not counted as an error.
    RateLimited {
        /// For so many seconds.
        seconds: i64,
    },
    /// The TSP refuses the credentials.
    Unauthorized,
    /// The TSP refuses this resource (403); the credentials may be good for others.
    Forbidden,
    /// The TSP rejects the request; its cursor may be the reason.
    Rejected,
    /// The TSP's page is not what is documented, or cannot be stored.
    Unreadable,
    /// The TSP is down or slow.
    Unavailable {
        /// It asks to wait so long, 0 where it does not ask.
        seconds: i64,
    },
}

impl FailureKind {
    /// What the TSP's answer means for the schedule.
    #[must_use]
    pub fn of(error: &ProviderError) -> Self {
        match error {
            ProviderError::RateLimited { retry_after, .. } => Self::RateLimited { seconds: whole_seconds(*retry_after).max(1) },
            ProviderError::Refused { response: Some(response), .. } if response.status == 403 => Self::Forbidden,
            ProviderError::Refused { .. } => Self::Unauthorized,
            ProviderError::Rejected { .. } => Self::Rejected,
            ProviderError::Malformed { .. } => Self::Unreadable,
            ProviderError::Unavailable { .. } | ProviderError::Timeout | ProviderError::Unsupported { .. } => {
                Self::Unavailable { seconds: error.retry_after().map_or(0, whole_seconds) }
            }
        }
    }
}

/// Rounded up.
fn whole_seconds(wait: Duration) -> i64 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    i64::try_from(seconds).unwrap_or(i64::MAX).min(86_400)
}

/// The schedule with one more run under way and its lapsed leases gone; `None` where no run may be added.
#[must_use]
pub fn leased(schedule: &Schedule, execution: ExecutionId, now: Timestamp) -> Option<Schedule> {
    let mut next = schedule.touched(now);
    next.leases.retain(|_, end| *end > now);
    let room = usize::try_from(schedule.max_concurrent_executions).unwrap_or(1);
    if next.leases.len() >= room {
        return None;
    }
    next.leases.insert(execution, now.plus_seconds(LEASE_SECONDS));
    next.began = Some(execution);
    Some(next)
}

/// The schedule with the run's lease renewed; `None` where the run lost it, or the schedule does not run any more.
#[must_use]
pub fn renewed(schedule: &Schedule, execution: ExecutionId, now: Timestamp) -> Option<Schedule> {
    let mut next = schedule.runs().then(|| schedule.touched(now))?;
    *next.leases.get_mut(&execution)? = now.plus_seconds(LEASE_SECONDS);
    Some(next)
}

/// The schedule after one page was stored: its cursor moves, the lease grows.
#[must_use]
pub fn after_page(schedule: &Schedule, execution: ExecutionId, cursor: Option<&str>, now: Timestamp) -> Schedule {
    let mut next = Schedule { cursor: cursor.map(String::from), cursor_failures: 0, ..schedule.touched(now) };
    next.leases.insert(execution, now.plus_seconds(LEASE_SECONDS));
    next
}

/// The schedule after a successful run that began at `started`.
#[must_use]
pub fn after_success(
    schedule: &Schedule,
    execution: ExecutionId,
    progress: &Progress,
    started: Timestamp,
    now: Timestamp,
) -> Schedule {
    let interval = i64::from(schedule.execution_interval_seconds);
    let next_execution_at = if progress.more { now } else { started.plus_seconds(interval) };
    Schedule {
        cursor: progress.cursor.clone(),
        cursor_failures: 0,
        last_data_at: schedule.last_data_at.max(progress.last_data_at),
        last_success_at: Some(now),
        status: if schedule.status == ScheduleStatus::Inactive { ScheduleStatus::Active } else { schedule.status },
        consecutive_error_count: 0,
        next_execution_at: Some(next_execution_at),
        ..released(schedule, execution, now)
    }
}

/// The schedule after a run in which the TSP failed. The cursor stays where the last stored page put it.
#[must_use]
pub fn after_failure(schedule: &Schedule, execution: ExecutionId, kind: FailureKind, now: Timestamp) -> Schedule {
    let freed = released(schedule, execution, now);
    // A run may begin early, but never before an instant that the TSP or the backoff named.
    let not_before = |seconds: i64| Some(now.plus_seconds(seconds + early_seconds(schedule)));
    if let FailureKind::RateLimited { seconds } = kind {
        return Schedule { next_execution_at: not_before(seconds), ..freed };
    }
    let errors = schedule.consecutive_error_count.saturating_add(1);
    let gives_up = schedule.status == ScheduleStatus::Active && errors >= schedule.consecutive_error_threshold;
    let asked = if let FailureKind::Unavailable { seconds } = kind { seconds } else { 0 };
    let failed = Schedule {
        consecutive_error_count: errors,
        status: if gives_up { ScheduleStatus::Inactive } else { schedule.status },
        ..freed
    };
    if loses_cursor(schedule, kind) {
        // What was wrong is gone, so nothing has to be waited for.
        let next_execution_at = not_before(schedule.backoff_seconds(0));
        let cursor = schedule.cursor.as_deref().and_then(|cursor| providers::after_loss(cursor, now));
        return Schedule { cursor, cursor_failures: 0, next_execution_at, ..failed };
    }
    let next_execution_at = not_before(schedule.backoff_seconds(errors).max(asked));
    let cursor_failures = schedule.cursor_failures.saturating_add(u32::from(kind.tries_cursor().is_some()));
    Schedule { cursor_failures, next_execution_at, ..failed }
}

impl FailureKind {
    /// How often the page is asked for at its cursor, where the cursor may be the reason.
    const fn tries_cursor(self) -> Option<u32> {
        match self {
            Self::Rejected => Some(REJECTED_CURSOR),
            Self::Unreadable => Some(UNREADABLE_CURSOR),
            _ => None,
        }
    }
}

/// Whether one more such failure gives the cursor up. Nothing that a TSP sends may stop a feed for ever.
#[must_use]
pub fn loses_cursor(schedule: &Schedule, kind: FailureKind) -> bool {
    schedule.cursor.is_some() && kind.tries_cursor().is_some_and(|tries| schedule.cursor_failures + 1 >= tries)
}

/// The schedule after an internal error: nothing counts, the run may be repeated at once.
#[must_use]
pub fn after_internal_error(schedule: &Schedule, execution: ExecutionId, now: Timestamp) -> Schedule {
    released(schedule, execution, now)
}

/// The connection after the TSP refused its credentials once more.
#[must_use]
pub fn after_refusal(connection: &Connection, now: Timestamp) -> Connection {
    let since = connection.refused_since.unwrap_or(now);
    let refusals = connection.refusals.saturating_add(1);
    let lasting = refusals >= STALE_REFUSALS && now >= since.plus_seconds(STALE_SECONDS);
    let stale = lasting && connection.status == ConnectionStatus::Active;
    let status = if stale { ConnectionStatus::Stale } else { connection.status };
    let changed_at = if stale { Some(now) } else { connection.changed_at };
    Connection { refusals, refused_since: Some(since), status, changed_at, updated_at: now, ..connection.clone() }
}

/// Errors in a row after which a success means that the TSP is back.
const OUTAGE_ERRORS: u32 = 3;

/// Whether the success of a schedule tells that an outage is over.
#[must_use]
pub fn ends_outage(schedule: &Schedule) -> bool {
    schedule.consecutive_error_count >= OUTAGE_ERRORS
}

/// Another schedule of a connection whose TSP is back: it need not wait for the end of its backoff.
#[must_use]
pub fn woken(schedule: &Schedule, now: Timestamp) -> Option<Schedule> {
    let waits = schedule.runs() && ends_outage(schedule) && schedule.next_execution_at.is_some_and(|next| next > now);
    waits.then(|| Schedule { next_execution_at: Some(now), ..schedule.touched(now) })
}

/// Whether a schedule proves that the TSP takes its connection's credentials.
#[must_use]
pub fn is_healthy(schedule: &Schedule) -> bool {
    schedule.status == ScheduleStatus::Active && schedule.consecutive_error_count == 0 && schedule.last_success_at.is_some()
}

/// The schedule of a connection that became stale.
#[must_use]
pub fn stale(schedule: &Schedule, now: Timestamp) -> Option<Schedule> {
    schedule.runs().then(|| Schedule { status: ScheduleStatus::Stale, ..schedule.touched(now) })
}

/// The TSP's answer for the execution's record: redacted, at most 16 KiB as the adapter cut it.
#[must_use]
pub fn response_of(error: &ProviderError) -> Value {
    let Some(response) = error.response() else {
        return json!({ "message": error.to_string() });
    };
    let body = match serde_json::from_str(&response.body) {
        Ok(body) => redacted(body),
        Err(_) => Value::String(response.body.clone()),
    };
    json!({ "status": response.status, "body": body })
}

fn redacted(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| if is_secret(&name) { (name, json!("*****")) } else { (name, redacted(value)) })
                .collect(),
        ),
        Value::Array(values) => Value::Array(values.into_iter().map(redacted).collect()),
        other => other,
    }
}

fn is_secret(name: &str) -> bool {
    const MARKS: &[&str] =
        &["authorization", "cookie", "password", "secret", "token", "api_key", "apikey", "credential", "sessionid"];
    let name = name.to_ascii_lowercase();
    MARKS.iter().any(|mark| name.contains(mark))
}

fn released(schedule: &Schedule, execution: ExecutionId, now: Timestamp) -> Schedule {
    let mut next = schedule.touched(now);
    next.leases.remove(&execution);
    next
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
