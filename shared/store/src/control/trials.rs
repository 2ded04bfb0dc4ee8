//! Counts of refused credentials, for all sandboxes together: whoever tries what it does not have is slowed down.

use model::Timestamp;
use serde::{Deserialize, Serialize};

use super::Write;
use super::items::Keyed;
use super::keys::Key;
use crate::{Store, StoreError};

/// How often a count is attempted against concurrent ones.
const MAX_ATTEMPTS: usize = 5;

/// How many trials are allowed in how many seconds.
#[derive(Clone, Copy, Debug)]
pub struct TrialLimit {
    /// The most.
    pub most: u32,
    /// The length of a window, which begins with its first trial.
    pub seconds: i64,
}

/// The trials of one subject in the current window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trials {
    /// Who tries, or where.
    pub subject: String,
    /// How many.
    pub count: u32,
    /// When the window ends.
    pub until: Timestamp,
    /// Counts the changes.
    pub revision: u64,
}

impl Keyed for Trials {
    const KIND: &'static str = "trials";
    const VERSION: &'static str = "revision";

    fn key(&self) -> Key {
        Key::trials(&self.subject)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

impl Trials {
    /// One more trial, or the seconds to wait.
    fn with_another(seen: Option<&Self>, subject: &str, limit: TrialLimit, now: Timestamp) -> Result<Self, u64> {
        match seen {
            Some(seen) if now < seen.until && seen.count >= limit.most => Err(seen.wait(now)),
            Some(seen) if now < seen.until => {
                Ok(Self { count: seen.count.saturating_add(1), revision: seen.revision.wrapping_add(1), ..seen.clone() })
            }
            seen => {
                let revision = seen.map_or(0, |seen| seen.revision.wrapping_add(1));
                Ok(Self { subject: subject.to_owned(), count: 1, until: now.plus_seconds(limit.seconds), revision })
            }
        }
    }

    fn wait(&self, now: Timestamp) -> u64 {
        u64::try_from(self.until.seconds().saturating_sub(now.seconds())).unwrap_or_default().max(1)
    }
}

impl Store {
    /// Counts a trial before it is made. The inner error is the seconds to wait: there were too many in this window, or so many
    /// at this moment that they cannot be counted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_trial(&self, subject: &str, limit: TrialLimit, now: Timestamp) -> Result<Result<(), u64>, StoreError> {
        for _ in 0..MAX_ATTEMPTS {
            let seen: Option<Trials> = self.get(Key::trials(subject)).await?;
            let next = match Trials::with_another(seen.as_ref(), subject, limit, now) {
                Ok(next) => next,
                Err(seconds) => return Ok(Err(seconds)),
            };
            let write = match &seen {
                Some(seen) => Write::replace(seen, &next)?,
                None => Write::create(&next)?,
            };
            match self.commit(vec![write]).await {
                Err(StoreError::Conflict) => {}
                done => return done.map(Ok),
            }
        }
        Ok(Err(1))
    }

    /// The seconds to wait where there were too many trials already; nothing is counted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn trials_exceeded(&self, subject: &str, limit: TrialLimit, now: Timestamp) -> Result<Option<u64>, StoreError> {
        let seen: Option<Trials> = self.get(Key::trials(subject)).await?;
        Ok(Trials::with_another(seen.as_ref(), subject, limit, now).err())
    }

    /// Takes a trial back that was no wrong guess.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forgive_trial(&self, subject: &str) -> Result<(), StoreError> {
        let less = |seen: &Trials| {
            let (count, revision) = (seen.count.checked_sub(1)?, seen.revision.wrapping_add(1));
            Some(Trials { count, revision, ..seen.clone() })
        };
        match self.update(Key::trials(subject), less).await {
            // Then it stays counted.
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(other) => Err(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: TrialLimit = TrialLimit { most: 2, seconds: 60 };

    #[test]
    fn a_window_holds_so_many_trials_and_then_ends() {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let one = Trials::with_another(None, "a", LIMIT, now).unwrap();
        let two = Trials::with_another(Some(&one), "a", LIMIT, now.plus_seconds(10)).unwrap();
        assert_eq!((one.count, two.count, two.until), (1, 2, now.plus_seconds(60)));
        assert_ne!(one.revision, two.revision);
        assert_eq!(Trials::with_another(Some(&two), "a", LIMIT, now.plus_seconds(20)), Err(40));
        let next = Trials::with_another(Some(&two), "a", LIMIT, now.plus_seconds(60)).unwrap();
        assert_eq!((next.count, next.until), (1, now.plus_seconds(120)));
    }
}
