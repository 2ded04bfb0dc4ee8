//! What is worked out of stored readings: a schedule of its own finds the days whose readings have changed, and nobody is asked for
//! anything.

mod borders;
#[cfg(test)]
mod tests;

use model::Timestamp;
use model::schedule::Schedule;

use super::pages::{self, FetchError};
use super::{Progress, Run};

/// How many days back readings may come late: what is older is not worked out again.
const DAYS: i64 = 8;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// Works out the days whose readings are not those that they were worked out of, the newest first, until the budget ends.
pub(super) async fn derive_all(run: &Run<'_>, schedule: &Schedule, progress: &mut Progress) -> Result<(), FetchError> {
    let origin = pages::origin(run, schedule)?;
    let outdated = run.store.outdated_days(&origin, since(origin.now)).await?;
    for day in &outdated {
        if pages::is_spent(run, progress) {
            progress.more = true;
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

/// The first day that is looked at.
fn since(now: Timestamp) -> Timestamp {
    now.day_start().plus_seconds(-DAY * (DAYS - 1))
}
