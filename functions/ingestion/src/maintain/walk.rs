//! Timers that were lost come back: with the group that held them, with a table that was restored, with a change of the stream that
//! nobody handled. What EventBridge Scheduler has is compared with the schedules, which say what it should have.
//!
//! [`reconcile`] walks all schedules slowly and asks the Scheduler only about those that are late: a schedule whose timer fires is
//! never late for long. [`examine`] asks about each, for an operator and for the start of a local run.

use std::time::{Duration, Instant};

use futures::future::join_all;
use gateway::{Context, WorkerError};
use model::Timestamp;
use model::schedule::Schedule;
use serde_json::{Value, json};
use store::control::{Key, Place, Walk, Write};

use super::timers::{self, Timer};

/// Schedules of a step.
const STEP: usize = 100;
/// Schedules of an invocation, and so of a minute.
const ENOUGH: usize = 500;
/// An invocation begins no further step after this time. Repairs go one by one, far below the Scheduler's limits.
const PATIENCE: Duration = Duration::from_secs(30);
/// A walk begins this long after the one before, or at its end.
const PAUSE_SECONDS: i64 = 600;
/// A schedule is late this long after its interval.
const GRACE_SECONDS: i64 = 300;
/// Refusals in a row after which nothing more is asked.
const IN_A_ROW: usize = 5;
/// Questions to the Scheduler at once.
const AT_ONCE: usize = 8;

/// Goes on with the walk, and gives late schedules their timers back.
///
/// # Errors
/// Where storage or the Scheduler fails; the next invocation goes on at the step that failed.
pub(crate) async fn reconcile(context: &Context) -> Result<Value, WorkerError> {
    let (store, started) = (context.store(), Instant::now());
    let seen: Option<Walk> = store.get(Key::timers_walk()).await?;
    let Some(mut walk) = under_way(seen, context.now()) else { return Ok(json!({ "repaired": 0 })) };
    let (mut met, mut repaired, mut refused) = (0, 0, Refused::default());
    while met < ENOUGH && started.elapsed() < PATIENCE {
        let Some(place) = &walk.place else { break };
        let (schedules, next) = store.schedules_from(place, STEP).await?;
        met += schedules.len();
        for schedule in schedules.iter().filter(|schedule| is_late(schedule, context.now())) {
            let found = refused.unless(schedule, timers::ensure(context, schedule).await)?;
            if found.is_some_and(|timer| timer != Timer::Kept) {
                tracing::warn!(schedule.id = %schedule.id, connection.id = %schedule.connection_id, "a lost timer was made anew");
                repaired += 1;
            }
        }
        walk.place = next;
        if !schedules.is_empty() || walk.place.is_none() {
            store.commit(vec![Write::overwrite(&walk)?]).await?;
        }
    }
    Ok(json!({ "repaired": repaired, "refused": refused.found.len() }))
}

/// Schedules whose timers the Scheduler refuses, and why. One of them does not keep the others from their timers; several in a row mean
/// that the Scheduler cannot be reached.
#[derive(Debug, Default)]
struct Refused {
    found: Vec<(Schedule, String)>,
    in_a_row: usize,
}

impl Refused {
    /// What was answered about a schedule, if it was not refused.
    fn unless(&mut self, schedule: &Schedule, answer: Result<Timer, WorkerError>) -> Result<Option<Timer>, WorkerError> {
        match answer {
            Ok(timer) => {
                self.in_a_row = 0;
                Ok(Some(timer))
            }
            Err(error) if self.in_a_row + 1 < IN_A_ROW => {
                let (schedule_id, connection_id) = (schedule.id, schedule.connection_id);
                tracing::error!(schedule.id = %schedule_id, connection.id = %connection_id, cause = %error, "a timer cannot be made");
                self.found.push((schedule.clone(), error.to_string()));
                self.in_a_row += 1;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// The walk to go on with, or a new one when it is time for it.
fn under_way(seen: Option<Walk>, now: Timestamp) -> Option<Walk> {
    let new = || Walk { place: Some(Place::default()), began_at: now };
    match seen {
        Some(walk) if walk.place.is_some() => Some(walk),
        Some(walk) if walk.began_at.plus_seconds(PAUSE_SECONDS) > now => None,
        _ => Some(new()),
    }
}

/// Whether a schedule should have run, and has not.
fn is_late(schedule: &Schedule, now: Timestamp) -> bool {
    let due = schedule.next_execution_at.unwrap_or(schedule.updated_at);
    schedule.runs() && due.plus_seconds(i64::from(schedule.execution_interval_seconds) + GRACE_SECONDS) < now
}

/// What is done about timers that are not as they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing.
    List,
    /// They are made anew, or changed.
    Repair,
}

/// What was found by asking about every timer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Examined {
    /// Schedules that should have a timer.
    pub schedules: usize,
    /// Those whose timer was not as it should be.
    pub faults: Vec<(Schedule, Timer)>,
    /// Those of which the Scheduler does not say how their timer is, or does not make it, and why.
    pub refused: Vec<(Schedule, String)>,
}

/// Compares every schedule that runs with its timer.
///
/// # Errors
/// Where storage or the Scheduler fails.
pub async fn examine(context: &Context, remedy: Remedy) -> Result<Examined, WorkerError> {
    let (mut examined, mut place) = (Examined::default(), Some(Place::default()));
    let mut refused = Refused::default();
    while let Some(here) = place {
        let (mut schedules, next) = context.store().schedules_from(&here, STEP).await?;
        schedules.retain(Schedule::runs);
        examined.schedules += schedules.len();
        let mut timers = Vec::with_capacity(schedules.len());
        for some in schedules.chunks(AT_ONCE) {
            let asked: Vec<_> = some.iter().map(|schedule| examine_one(context, schedule, remedy)).collect();
            for (schedule, answer) in some.iter().zip(join_all(asked).await) {
                timers.push(refused.unless(schedule, answer)?.unwrap_or(Timer::Kept));
            }
        }
        examined.faults.extend(schedules.into_iter().zip(timers).filter(|(_, timer)| *timer != Timer::Kept));
        place = next;
    }
    Ok(Examined { refused: refused.found, ..examined })
}

async fn examine_one(context: &Context, schedule: &Schedule, remedy: Remedy) -> Result<Timer, WorkerError> {
    match remedy {
        Remedy::List => timers::look(context, schedule).await,
        Remedy::Repair => timers::ensure(context, schedule).await,
    }
}

#[cfg(test)]
mod tests {
    use model::schedule::ScheduleStatus;
    use model::{ConnectionId, Resource};
    use store::control::ScheduleClaim;

    use super::*;
    use crate::testing::database;

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-21T05:00:00Z").unwrap()
    }

    fn schedule() -> Schedule {
        Schedule::new(ConnectionId::at(now()), Resource::VehicleLocation, "samsara", now())
    }

    #[test]
    fn only_a_schedule_that_runs_and_did_not_is_late() {
        let due = Schedule { next_execution_at: Some(now()), execution_interval_seconds: 60, ..schedule() };
        let check =
            |schedule: &Schedule, seconds, late| assert_eq!(is_late(schedule, now().plus_seconds(seconds)), late, "{seconds}");
        check(&due, 360, false);
        check(&due, 361, true);
        check(&Schedule { next_execution_at: None, ..due.clone() }, 361, true);
        check(&Schedule { next_execution_at: Some(now().plus_seconds(3_600)), ..due.clone() }, 361, false);
        check(&Schedule { status: ScheduleStatus::Inactive, ..due.clone() }, 361, true);
        check(&Schedule { status: ScheduleStatus::Paused, ..due }, 9_999, false);
    }

    #[test]
    fn one_timer_that_is_refused_stops_no_other() {
        let refusal = || Err(WorkerError::Other("refused".into()));
        let (schedule, mut refused) = (schedule(), Refused::default());
        for _ in 0..20 {
            assert_eq!(refused.unless(&schedule, refusal()).unwrap(), None);
            assert_eq!(refused.unless(&schedule, Ok(Timer::Missing)).unwrap(), Some(Timer::Missing));
        }
        let in_a_row = (0..IN_A_ROW).map(|_| refused.unless(&schedule, refusal()).is_ok());
        assert_eq!(in_a_row.collect::<Vec<_>>(), [true, true, true, true, false], "the Scheduler cannot be reached");
        assert_eq!(refused.found.len(), 24);
    }

    #[test]
    fn a_walk_goes_on_and_the_next_one_waits() {
        let walk = |place, began_at| Some(Walk { place, began_at });
        let fresh = walk(Some(Place::default()), now());
        assert_eq!(under_way(None, now()), fresh);
        let begun = walk(Some(Place::default()), now().plus_seconds(-9_999));
        assert_eq!(under_way(begun.clone(), now()), begun);
        assert_eq!(under_way(walk(None, now().plus_seconds(-599)), now()), None);
        assert_eq!(under_way(walk(None, now().plus_seconds(-600)), now()), fresh);
    }

    #[tokio::test]
    async fn a_walk_meets_every_schedule_once() {
        let store = database().await;
        let mut made = Vec::new();
        for _ in 0..60 {
            let schedule = schedule();
            let claim =
                ScheduleClaim { connection_id: schedule.connection_id, resource: schedule.resource, schedule_id: schedule.id };
            store.commit(vec![Write::create(&schedule).unwrap(), Write::create(&claim).unwrap()]).await.unwrap();
            made.push(schedule.id.to_string());
        }
        let (mut met, mut place) = (Vec::new(), Some(Place::default()));
        while let Some(here) = place {
            let (schedules, next) = store.schedules_from(&here, 2).await.unwrap();
            assert!(schedules.len() <= 2);
            met.extend(schedules.iter().map(|schedule| schedule.id.to_string()));
            place = next;
        }
        met.sort();
        made.sort();
        assert_eq!(met, made);
    }
}
