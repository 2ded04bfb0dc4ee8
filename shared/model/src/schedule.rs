//! Schedules: when to fetch a resource of a connection.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ConnectionId, ExecutionId, Resource, ScheduleId, Timestamp};

/// A schedule with the state of its executions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Its id.
    pub id: ScheduleId,
    /// The connection.
    pub connection_id: ConnectionId,
    /// The resource.
    pub resource: Resource,
    /// The adapter, copied from the connection.
    pub source_name: String,
    /// Seconds between executions, 10 to 86,400.
    pub execution_interval_seconds: u32,
    /// Its state.
    pub status: ScheduleStatus,
    /// Consecutive failed executions.
    pub consecutive_error_count: u32,
    /// Consecutive errors after which it is deactivated, 1 to 1,000.
    pub consecutive_error_threshold: u32,
    /// The most concurrent executions, 1 to 10.
    pub max_concurrent_executions: u32,
    /// Where the next fetch resumes; opaque.
    pub cursor: Option<String>,
    /// Consecutive executions that could not read a page at this cursor.
    #[serde(default)]
    pub cursor_failures: u32,
    /// The time of the newest record fetched.
    pub last_data_at: Option<Timestamp>,
    /// When an execution last succeeded.
    pub last_success_at: Option<Timestamp>,
    /// The earliest time of the next execution: after the interval, a backoff or the TSP's `Retry-After`.
    pub next_execution_at: Option<Timestamp>,
    /// Executions in progress, each with the expiry of its lease.
    #[serde(default)]
    pub leases: BTreeMap<ExecutionId, Timestamp>,
    /// The execution that the last write began, where it began one.
    #[serde(default)]
    pub began: Option<ExecutionId>,
    /// Incremented by each write; every change is conditional on the revision it read.
    pub revision: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The state of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ScheduleStatusEnum")]
pub enum ScheduleStatus {
    /// Deactivated after too many consecutive errors. It is tried once an hour, and active again with the first success.
    Inactive,
    /// In operation.
    Active,
    /// Suspended.
    Paused,
    /// Its connection is stale.
    Stale,
    /// Deleted.
    Deleted,
    /// Ended with its connection.
    Cancelled,
    /// No active agreement covers the resource.
    CancelledInsufficientScope,
}

/// Seconds after which an execution's lease expires unless it is renewed. Lambda retries a fired schedule a minute after its sandbox
/// died, and should find no lease then.
pub const LEASE_SECONDS: i64 = 40;

impl Schedule {
    /// A new, active schedule with the contract's defaults.
    #[must_use]
    pub fn new(connection_id: ConnectionId, resource: Resource, source_name: &str, now: Timestamp) -> Self {
        Self {
            id: ScheduleId::at(now),
            connection_id,
            resource,
            source_name: source_name.into(),
            execution_interval_seconds: resource.default_interval_seconds(),
            status: ScheduleStatus::Active,
            consecutive_error_count: 0,
            consecutive_error_threshold: 15,
            max_concurrent_executions: 1,
            cursor: None,
            cursor_failures: 0,
            last_data_at: None,
            last_success_at: None,
            next_execution_at: Some(now),
            leases: BTreeMap::new(),
            began: None,
            revision: 0,
            created_at: now,
            updated_at: now,
        }
    }

    /// The schedule after somebody activated it: its errors are forgotten, and it runs at once. `None` unless it is suspended.
    #[must_use]
    pub fn activated(&self, now: Timestamp) -> Option<Self> {
        matches!(self.status, ScheduleStatus::Paused | ScheduleStatus::Inactive).then(|| self.restarted(now))
    }

    /// The schedule in operation, from `now` on.
    #[must_use]
    pub fn restarted(&self, now: Timestamp) -> Self {
        Self { status: ScheduleStatus::Active, consecutive_error_count: 0, next_execution_at: Some(now), ..self.touched(now) }
    }

    /// The schedule after somebody suspended it. `None` where it does not run.
    #[must_use]
    pub fn paused(&self, now: Timestamp) -> Option<Self> {
        self.runs().then(|| Self { status: ScheduleStatus::Paused, ..self.touched(now) })
    }

    /// The schedule after somebody deleted it. Executions that are at work lose their lease. `None` if it was deleted before.
    #[must_use]
    pub fn deleted(&self, now: Timestamp) -> Option<Self> {
        let leases = BTreeMap::new();
        let status = ScheduleStatus::Deleted;
        (self.status != status).then(|| Self { status, leases, next_execution_at: None, ..self.touched(now) })
    }

    /// The next revision, to be changed further.
    #[must_use]
    pub fn touched(&self, now: Timestamp) -> Self {
        Self { began: None, revision: self.revision + 1, updated_at: now, ..self.clone() }
    }

    /// Whether it has a timer and executions: also while it is inactive, so that it comes back with its provider.
    #[must_use]
    pub const fn runs(&self) -> bool {
        matches!(self.status, ScheduleStatus::Active | ScheduleStatus::Inactive)
    }

    /// Seconds until the next attempt after `errors` consecutive failures: interval x 2^errors, at most an hour (or the
    /// interval itself, if that is longer).
    #[must_use]
    pub fn backoff_seconds(&self, errors: u32) -> i64 {
        let interval = i64::from(self.execution_interval_seconds);
        let grown = interval.saturating_mul(1_i64 << errors.min(20));
        grown.min(3_600.max(interval))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a person does to a schedule, from every state: activate, pause, delete.
    #[test]
    fn the_table_of_actions_holds() {
        use ScheduleStatus::{Active, Cancelled, CancelledInsufficientScope, Deleted, Inactive, Paused, Stale};
        let now = Timestamp::from_millis(1_790_000_000_000);
        let schedule = Schedule::new(ConnectionId::at(now), Resource::Vehicle, "samsara", now);
        let cases = [
            (Active, None, Some(Paused), Some(Deleted)),
            (Inactive, Some(Active), Some(Paused), Some(Deleted)),
            (Paused, Some(Active), None, Some(Deleted)),
            (Stale, None, None, Some(Deleted)),
            (Cancelled, None, None, Some(Deleted)),
            (CancelledInsufficientScope, None, None, Some(Deleted)),
            (Deleted, None, None, None),
        ];
        for (status, activated, paused, deleted) in cases {
            let seen = Schedule { status, consecutive_error_count: 7, ..schedule.clone() };
            let later = now.plus_seconds(60);
            let after = [seen.activated(later), seen.paused(later), seen.deleted(later)];
            let found = after.each_ref().map(|next| next.as_ref().map(|next| next.status));
            assert_eq!(found, [activated, paused, deleted], "{status:?}");
            assert!(after.iter().flatten().all(|next| next.revision == seen.revision + 1 && next.updated_at == later));
            if let [Some(active), ..] = &after {
                assert_eq!((active.consecutive_error_count, active.next_execution_at), (0, Some(later)));
            }
        }
    }

    #[test]
    fn failures_back_off_to_an_hour_at_most() {
        let now = Timestamp::from_millis(0);
        let schedule = Schedule::new(ConnectionId::at(now), Resource::VehicleLocation, "samsara", now);
        let waits: Vec<i64> = (0..8).map(|errors| schedule.backoff_seconds(errors)).collect();
        assert_eq!(waits, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        let daily = Schedule { execution_interval_seconds: 86_400, ..schedule };
        assert_eq!(daily.backoff_seconds(3), 86_400);
    }
}
