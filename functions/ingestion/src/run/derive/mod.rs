//! What is worked out of stored readings: a schedule of its own finds the days whose readings have changed, and nobody is asked for
//! anything.

mod borders;
#[cfg(test)]
mod tests;

use model::Timestamp;
use model::schedule::Schedule;

use super::pages::{self, FetchError};
use super::{Progress, Run};

/// Readings may come so many days late: what is older is not derived again.
const DAYS: i64 = 8;
/// So many days back at most, where no run succeeded for long, or ever.
const MOST_DAYS: i64 = 45;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// Works out the days whose readings are not those that they were worked out of, the newest first, until the budget ends.
pub(super) async fn derive_all(run: &Run<'_>, schedule: &Schedule, progress: &mut Progress) -> Result<(), FetchError> {
    let origin = pages::origin(run, schedule)?;
    // A run that goes on begins where the one before it did.
    let begun = schedule.cursor.as_deref().and_then(Timestamp::parse);
    let since = begun.map_or_else(|| since(schedule.last_success_at, origin.now), |begun| begun.max(earliest(origin.now)));
    progress.cursor = None;
    for day in &run.store.outdated_days(&origin, since).await? {
        if pages::is_spent(run, progress) {
            (progress.cursor, progress.more) = (Some(since.to_string()), true);
            break;
        }
        pages::must_hold_lease(run, schedule).await?;
        let derived = run.store.derive_day(&origin, day, &borders::place).await?;
        progress.pages += 1;
        progress.records += usize::try_from(derived.readings).unwrap_or(usize::MAX);
        progress.last_data_at = progress.last_data_at.max(derived.last_at);
    }
    Ok(())
}

/// The first day that is looked at after a run that succeeded at `last`.
fn since(last: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let earliest = earliest(now);
    last.map_or(earliest, |last| last.min(now).day_start().plus_seconds(-DAY * (DAYS - 1)).max(earliest))
}

/// Before this day no run looks at any.
fn earliest(now: Timestamp) -> Timestamp {
    now.day_start().plus_seconds(-DAY * (MOST_DAYS - 1))
}
