//! Request budgets: a bucket for each limit of each account of a TSP, whatever connections and TSPs of the catalogue lead to the account.

use model::Timestamp;
use model::budget::{Division, Lane, RequestBudget, Slots};

use super::items::Keyed;
use super::keys::Key;
use super::write::Write;
use crate::{Attempts, Store, StoreError};

impl Keyed for RequestBudget {
    const KIND: &'static str = "request_budget";
    const VERSION: &'static str = "revision";

    fn key(&self) -> Key {
        Key::budget(&self.source_name, &self.account, &self.class)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.expires())
    }
}

impl Store {
    /// The stored bucket of an account, as it was a moment ago: read without consistency, since whoever looks may be late anyway.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn request_budget(&self, fresh: &RequestBudget) -> Result<Option<RequestBudget>, StoreError> {
        self.get_stale(fresh.key()).await
    }

    /// Reserves some requests of an account: a conditional write, repeated where others were first. `fresh` is the bucket where none is
    /// stored. Answers the bucket after it, and the requests, or the instant at which to try again.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if others keep writing it.
    pub async fn reserve_requests(
        &self,
        fresh: &RequestBudget,
        (division, lane, wanted): (Division, Lane, u32),
        clock: impl Fn() -> Timestamp,
    ) -> Result<(RequestBudget, Result<Slots, Timestamp>), StoreError> {
        let mut attempts = Attempts::default();
        loop {
            let stored: Option<RequestBudget> = self.get(fresh.key()).await?;
            let seen = stored.as_ref().unwrap_or(fresh);
            let (next, slots) = match seen.reserve(division, lane, wanted, clock()) {
                Ok(reserved) => reserved,
                Err(again) => return Ok((seen.clone(), Err(again))),
            };
            match self.commit(vec![first_or_next(stored.as_ref(), &next)?]).await {
                Err(StoreError::Conflict) if attempts.again().await => {}
                done => return done.map(|()| (next, Ok(slots))),
            }
        }
    }

    /// Keeps what was learned about the budget of an account. Answers the bucket after it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if others keep writing it.
    pub async fn note_budget(
        &self,
        fresh: &RequestBudget,
        learn: impl Fn(&RequestBudget) -> RequestBudget,
    ) -> Result<RequestBudget, StoreError> {
        let mut attempts = Attempts::default();
        loop {
            let stored: Option<RequestBudget> = self.get(fresh.key()).await?;
            let next = learn(stored.as_ref().unwrap_or(fresh));
            match self.commit(vec![first_or_next(stored.as_ref(), &next)?]).await {
                Err(StoreError::Conflict) if attempts.again().await => {}
                done => return done.map(|()| next),
            }
        }
    }
}

fn first_or_next(stored: Option<&RequestBudget>, next: &RequestBudget) -> Result<Write, StoreError> {
    stored.map_or_else(|| Write::create(next), |stored| Write::replace(stored, next))
}
