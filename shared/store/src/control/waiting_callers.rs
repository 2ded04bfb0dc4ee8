//! The callers that are kept waiting for the result of a write, for all sandboxes together. There are so many places for all of them, and so
//! many for those of a partner; a caller takes one of each, or does not wait.

use futures::future::try_join;
use model::{PartnerId, Timestamp};
use rand::seq::IteratorRandom as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::items::Keyed;
use super::keys::Key;
use super::query::Range;
use super::write::Write;
use crate::{Attempts, Store, StoreError};

/// Where all places are.
const PARTITION: &str = "WAITING_CALLERS";

/// How many callers wait at once, of one partner and of all: a tenth of the sandboxes that an account of AWS has at first.
const MOST_OF_PARTNER: usize = 10;
const MOST: usize = 100;
/// For how many seconds a place is taken at most: no request is at work for longer.
const LONGEST: i64 = 30;

/// A place that a caller takes while it waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingPlace {
    /// Whose callers may take it; `None` for those of all.
    partner_id: Option<PartnerId>,
    number: usize,
    /// The caller.
    caller: Uuid,
    until: Timestamp,
}

/// A caller that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingCaller([WaitingPlace; 2]);

impl Keyed for WaitingPlace {
    const KIND: &'static str = "waiting_place";
    const VERSION: &'static str = "caller";

    fn key(&self) -> Key {
        Key { pk: PARTITION.into(), sk: format!("{}{:03}", prefix(self.partner_id), self.number) }
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

fn prefix(partner_id: Option<PartnerId>) -> String {
    partner_id.map_or_else(|| "ALL#".to_owned(), |id| format!("{id}#"))
}

impl Store {
    /// Takes the places of a caller that is about to wait; `None` if none is free.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if others keep being faster.
    pub async fn begin_waiting(&self, partner_id: PartnerId, now: Timestamp) -> Result<Option<WaitingCaller>, StoreError> {
        let caller = Uuid::new_v4();
        let mut attempts = Attempts::default();
        loop {
            let free = try_join(self.free(Some(partner_id), MOST_OF_PARTNER, now), self.free(None, MOST, now)).await?;
            let (Some((own, own_seen)), Some((common, common_seen))) = free else { return Ok(None) };
            let taken = |number, partner_id| WaitingPlace { partner_id, number, caller, until: now.plus_seconds(LONGEST) };
            let places = [taken(own, Some(partner_id)), taken(common, None)];
            let writes = [own_seen, common_seen].into_iter().zip(&places).map(|(seen, place)| match seen {
                Some(seen) => Write::replace(&seen, place),
                None => Write::create(place),
            });
            match self.commit(writes.collect::<Result<_, _>>()?).await {
                Err(StoreError::Conflict) if attempts.again().await => {}
                done => return done.map(|()| Some(WaitingCaller(places))),
            }
        }
    }

    /// The caller waits no longer.
    ///
    /// # Errors
    /// [`StoreError`]; then its places are taken for half a minute.
    pub async fn end_waiting(&self, caller: &WaitingCaller) -> Result<(), StoreError> {
        let WaitingCaller(places) = caller;
        self.commit(places.iter().map(Write::delete_seen).collect::<Result<_, _>>()?).await
    }

    /// One of the places that are free, any of them, and who had it before.
    async fn free(
        &self,
        partner_id: Option<PartnerId>,
        most: usize,
        now: Timestamp,
    ) -> Result<Option<(usize, Option<WaitingPlace>)>, StoreError> {
        let seen: Vec<WaitingPlace> = self.all(&Range::table(PARTITION.into(), &prefix(partner_id))).await?;
        let is_taken = |number: usize| seen.iter().any(|place| place.number == number && now < place.until);
        let number = (0..most).filter(|number| !is_taken(*number)).choose(&mut rand::rng());
        Ok(number.map(|number| (number, seen.iter().find(|place| place.number == number).cloned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::testing::database;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000).plus_seconds(seconds)
    }

    fn partner(number: u128) -> PartnerId {
        PartnerId::from_uuid(Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn so_many_callers_of_a_partner_wait_and_so_many_of_all() {
        let store = database().await;
        let wait = async |number, now| store.begin_waiting(partner(number), now).await.unwrap();
        let mut waiting = Vec::new();
        for _ in 0..MOST_OF_PARTNER {
            waiting.push(wait(1, at(0)).await.unwrap());
        }
        assert_eq!(wait(1, at(1)).await, None);
        assert!(wait(2, at(1)).await.is_some(), "another partner's callers wait");
        store.end_waiting(&waiting[0]).await.unwrap();
        assert!(wait(1, at(2)).await.is_some(), "one has gone");
        assert_eq!(wait(1, at(2)).await, None, "the others keep their places");
        for number in 0..MOST - MOST_OF_PARTNER - 1 {
            assert!(wait(10 + u128::try_from(number).unwrap() / 5, at(3)).await.is_some(), "{number}");
        }
        assert_eq!(wait(99, at(4)).await, None, "all places are taken");
        assert!(wait(1, at(LONGEST + 1)).await.is_some(), "a sandbox that was lost holds none for ever");
    }

    #[tokio::test]
    async fn of_those_that_come_at_once_so_many_wait_and_no_more() {
        let store = database().await;
        let all = futures::future::join_all((0..25).map(|_| store.begin_waiting(partner(1), at(0)))).await;
        let waiting = all.into_iter().filter(|waits| waits.as_ref().unwrap().is_some()).count();
        assert_eq!(waiting, MOST_OF_PARTNER);
    }

    /// A sandbox that was slow ends its own wait only.
    #[tokio::test]
    async fn a_place_that_another_caller_has_taken_since_stays_taken() {
        let store = database().await;
        let slow = store.begin_waiting(partner(1), at(0)).await.unwrap().unwrap();
        let mut others = Vec::new();
        while let Some(other) = store.begin_waiting(partner(1), at(LONGEST)).await.unwrap() {
            others.push(other);
        }
        assert_eq!(others.len(), MOST_OF_PARTNER);
        // Places that are another's by now are left alone, whether that is a conflict or not.
        let _refused = store.end_waiting(&slow).await;
        assert_eq!(store.begin_waiting(partner(1), at(LONGEST)).await.unwrap(), None);
    }
}
