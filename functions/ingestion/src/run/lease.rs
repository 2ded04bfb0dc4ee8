//! Leases: at most so many runs of a schedule at a time, and runs that vanished are found.
//!
//! A lease is short, so that a run whose process died is soon taken up by another one, and renewed by whoever is still at it. Most
//! runs end before their first renewal, which costs a write.
//!
//! A run that hung may wake up without its lease, while another one is at work. So each run knows until when it holds the lease, and
//! asks the schedule before it writes anything later than that.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use model::ExecutionId;
use model::Timestamp;
use model::execution::{Execution, ExecutionStatus};
use model::schedule::{LEASE_SECONDS, Schedule};
use store::control::{Key, Write};
use store::{Store, StoreError};

use super::{Run, outcome};

/// How often a run renews its lease: twice within its term, so that one failure is made good.
pub(super) const RENEWAL: Duration = Duration::from_secs(15);

/// The longest that one renewal may take: the next one still comes in time.
const RENEWAL_DEADLINE: Duration = Duration::from_secs(5);

/// Until when a run holds its lease, as far as it knows. Until then nobody else takes it.
#[derive(Debug)]
pub(crate) struct Held(AtomicI64);

impl Held {
    /// That of a lease which is taken or renewed at an instant.
    pub(super) fn since(now: Timestamp) -> Self {
        Self(AtomicI64::new(end(now)))
    }

    /// Takes note of a renewal.
    pub(super) fn renew(&self, now: Timestamp) {
        self.0.fetch_max(end(now), Ordering::Relaxed);
    }

    fn lasts(&self, now: Timestamp) -> bool {
        now.micros() < self.0.load(Ordering::Relaxed)
    }
}

fn end(now: Timestamp) -> i64 {
    now.plus_seconds(LEASE_SECONDS).micros()
}

/// Takes a lease, which alone tells of the run until it ends; runs whose lease expired are stored as lost with it. `None` where the
/// schedule has no room, or a concurrent run was faster.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn take(
    store: &Store,
    schedule: &Schedule,
    now: Timestamp,
) -> Result<Option<(ExecutionId, Schedule)>, StoreError> {
    let id = ExecutionId::at(now);
    let Some(leased) = outcome::leased(schedule, id, now) else {
        return Ok(None);
    };
    let mut writes = vec![Write::replace(schedule, &leased)?];
    for lost in lost_runs(store, schedule, now).await? {
        writes.push(Write::create(&lost)?);
    }
    match store.commit(writes).await {
        Ok(()) => Ok(Some((id, leased))),
        Err(StoreError::Conflict) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The schedule with the leases of runs that started before `since` expired. See [`gateway::Config::sole_process_since`].
pub(super) fn expire(mut schedule: Schedule, since: Option<Timestamp>, now: Timestamp) -> Schedule {
    if let Some(since) = since {
        // Ids sort by the time at which their run started.
        let first = ExecutionId::at(since);
        for (_, end) in schedule.leases.iter_mut().filter(|(id, _)| **id < first) {
            *end = now.min(*end);
        }
    }
    schedule
}

/// Renews the run's lease again and again. Returns when it is lost, or the schedule does not run any more.
pub(super) async fn keep(run: &Run<'_>, schedule: &Schedule, renewal: Duration) {
    loop {
        tokio::time::sleep(renewal).await;
        match tokio::time::timeout(RENEWAL_DEADLINE, renew(run, schedule)).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return,
            Ok(Err(error)) => tracing::warn!(cause = %error, "failed to renew the lease, trying again"),
            Err(_) => tracing::warn!("failed to renew the lease in time, trying again"),
        }
    }
}

/// Whether the run still holds its lease: as it knows, or else as the schedule says, where it is renewed then.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn is_held(run: &Run<'_>, schedule: &Schedule) -> Result<bool, StoreError> {
    if run.held.lasts((run.clock)()) {
        return Ok(true);
    }
    renew(run, schedule).await
}

/// Renews the run's lease. Does it have one, of a schedule that runs?
async fn renew(run: &Run<'_>, schedule: &Schedule) -> Result<bool, StoreError> {
    let now = (run.clock)();
    let key = Key::schedule(schedule.connection_id, schedule.id);
    let seen = run.store.update(key, |seen: &Schedule| outcome::renewed(seen, run.id, now)).await?;
    let is_held = seen.is_some_and(|seen| seen.runs() && seen.leases.contains_key(&run.id));
    if is_held {
        run.held.renew(now);
    }
    Ok(is_held)
}

/// The runs of lapsed leases of which nobody stored how they ended.
async fn lost_runs(store: &Store, schedule: &Schedule, now: Timestamp) -> Result<Vec<Execution>, StoreError> {
    let lapsed: Vec<ExecutionId> = schedule.leases.iter().filter(|(_, end)| **end <= now).map(|(id, _)| *id).collect();
    let keys: Vec<Key> = lapsed.iter().map(|id| Key::execution(schedule.id, id)).collect();
    let ended: Vec<Execution> = store.get_many(&keys).await?;
    let lost = lapsed.into_iter().filter(|id| ended.iter().all(|run| run.id != *id)).map(|id| {
        tracing::warn!(execution.id = %id, schedule.id = %schedule.id, connection.id = %schedule.connection_id, "execution abandoned: its lease expired");
        Execution { status: ExecutionStatus::Failed, lost: true, updated_at: now, ..Execution::in_progress(schedule, id) }
    });
    Ok(lost.collect())
}

#[cfg(test)]
mod tests {
    use model::{ConnectionId, Resource};

    use super::*;

    #[test]
    fn runs_of_an_earlier_process_hold_no_lease() {
        let before = Timestamp::from_millis(1_790_000_000_000);
        let (started, now) = (before.plus_seconds(5), before.plus_seconds(10));
        let schedule = Schedule::new(ConnectionId::at(before), Resource::Vehicle, "samsara", before);
        let leased = outcome::leased(&schedule, ExecutionId::at(before), before).unwrap();
        let has_room = |since| outcome::leased(&expire(leased.clone(), since, now), ExecutionId::at(now), now).is_some();
        assert!(has_room(Some(started)), "its process ended before this one started");
        assert!(!has_room(None), "another process may be at it");
        assert!(!has_room(Some(before.plus_seconds(-5))), "it started in this process");
    }
}
