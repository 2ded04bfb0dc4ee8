//! All schedules, a part at a time, for whoever compares them with their timers. They are found by the items that say which schedule
//! fetches a resource: those change rarely, while a schedule is written with each execution, and an index of it would be, too.

use model::Timestamp;
use model::schedule::Schedule;
use serde::{Deserialize, Serialize};

use super::items::{Keyed, ScheduleClaim};
use super::keys::{self, Key};
use super::query::Range;
use crate::page::{Bookmark, Page};
use crate::{Store, StoreError};

/// A place among all schedules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    shard: u8,
    after: Option<String>,
}

/// How far a walk over all schedules has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// Where it goes on; none at the end.
    pub place: Option<Place>,
    /// When it began.
    pub began_at: Timestamp,
}

impl Keyed for Walk {
    const KIND: &'static str = "walk";
    const VERSION: &'static str = "began_at";

    fn key(&self) -> Key {
        Key::timers_walk()
    }
}

impl Store {
    /// The next schedules from a place on, `limit` at most and in no order, and the place after them; none at the end.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn schedules_from(&self, place: &Place, limit: usize) -> Result<(Vec<Schedule>, Option<Place>), StoreError> {
        let range = Range::index_1(keys::schedules_in(place.shard));
        let page = Page { bookmark: place.after.clone().map(Bookmark::from), ..Page::first(limit) };
        let found = self.page::<ScheduleClaim>(&range, &page, |_| true).await?;
        let claimed = found.rows.iter().map(|(claim, _)| Key::schedule(claim.connection_id, claim.schedule_id));
        let schedules = self.get_many(&claimed.collect::<Vec<_>>()).await?;
        let last = found.rows.last().filter(|_| found.after).and_then(|(_, mark)| mark.as_str());
        let next = match last {
            Some(last) => Some(Place { shard: place.shard, after: Some(last.to_owned()) }),
            None => Some(place.shard.saturating_add(1))
                .filter(|next| *next < keys::SCHEDULE_SHARDS)
                .map(|shard| Place { shard, after: None }),
        };
        Ok((schedules, next))
    }
}
