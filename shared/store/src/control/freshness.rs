//! How old what was read is: when its schedules last succeeded.
//!
//! It is asked with each page of rows, so a sandbox keeps what it has read for some seconds.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use model::schedule::Schedule;
use model::{ConnectionId, ScheduleId, Timestamp};

use super::keys::Key;
use crate::{Store, StoreError};

/// How long what was read is kept.
const KEPT_SECONDS: i64 = 10;
/// How many schedules are kept.
const MOST_KEPT: usize = 10_000;

/// The schedules that were read last.
#[derive(Debug, Default)]
pub(crate) struct FreshnessCache(Mutex<HashMap<ScheduleId, Known>>);

/// What is known of a schedule.
#[derive(Clone, Copy, Debug)]
struct Known {
    read_at: Timestamp,
    success: Option<Timestamp>,
}

impl FreshnessCache {
    fn find(&self, schedule: ScheduleId, now: Timestamp) -> Option<Known> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_young = |known: &Known| known.read_at <= now && now < known.read_at.plus_seconds(KEPT_SECONDS);
        kept.get(&schedule).copied().filter(is_young)
    }

    fn keep(&self, schedules: &[Schedule], now: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() + schedules.len() > MOST_KEPT {
            kept.clear();
        }
        kept.extend(schedules.iter().map(|schedule| (schedule.id, Known { read_at: now, success: schedule.last_success_at })));
    }
}

impl Store {
    /// When that of these schedules last succeeded whose last success is the oldest; up to ten seconds old. `None` where one of them
    /// has had none, or is not there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn oldest_success(
        &self,
        schedules: &BTreeSet<(ConnectionId, ScheduleId)>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let (mut successes, mut unknown) = (Vec::with_capacity(schedules.len()), Vec::new());
        for (connection, schedule) in schedules {
            match self.freshness_cache.find(*schedule, now) {
                Some(known) => successes.push(known.success),
                None => unknown.push(Key::schedule(*connection, *schedule)),
            }
        }
        let read: Vec<Schedule> = self.get_many(&unknown).await?;
        self.freshness_cache.keep(&read, now);
        successes.extend(read.iter().map(|schedule| schedule.last_success_at));
        let are_all_there = successes.len() == schedules.len();
        Ok(successes.into_iter().min().flatten().filter(|_| are_all_there))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_kept_for_some_seconds() {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let schedule = Schedule::new(ConnectionId::at(now), model::Resource::ALL[0], "samsara", now);
        let (id, cache) = (schedule.id, FreshnessCache::default());
        assert!(cache.find(id, now).is_none());
        cache.keep(&[Schedule { last_success_at: Some(now), ..schedule.clone() }], now);
        assert_eq!(cache.find(id, now.plus_seconds(KEPT_SECONDS - 1)).unwrap().success, Some(now));
        assert!(cache.find(id, now.plus_seconds(KEPT_SECONDS)).is_none());
        let many = (0..MOST_KEPT).map(|_| Schedule { id: ScheduleId::at(now), ..schedule.clone() });
        cache.keep(&many.collect::<Vec<_>>(), now);
        assert!(cache.find(id, now).is_none(), "the cache has an end");
    }
}
