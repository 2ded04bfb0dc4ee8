//! Events that a TSP tells as something else now.

use std::collections::HashSet;

use futures::future::try_join_all;
use model::{RecordId, Timestamp};

use super::shape::place_key;
use super::table::{read_number, read_text, unreadable};
use super::window::Missing;
use super::{Origin, counts, keys};
use crate::{Store, StoreError};

/// Transactions in flight at once.
const PARALLEL: usize = 16;

impl Store {
    /// Marks those of some events as deleted that are stored. How many?
    ///
    /// # Errors
    /// [`StoreError`] if storage fails; some may be marked then.
    pub async fn withdraw_events(&self, origin: &Origin, ids: &[RecordId]) -> Result<u64, StoreError> {
        if ids.is_empty() {
            return Ok(0);
        }
        let resource = origin.record.resource;
        let wanted = ids.iter().collect::<HashSet<_>>().into_iter().map(|id| place_key(resource, *id)).collect();
        let places = self.telematics_table().get_many(wanted, Some("pk, sk, h, occurred_at, deleted_at, subject")).await?;
        let mut stored = Vec::new();
        for place in places.iter().filter(|place| !place.contains_key("deleted_at")) {
            let id = read_text(place, "pk").rsplit('#').next().unwrap_or_default();
            let id: RecordId = id.parse().map_err(|error| unreadable(place, error))?;
            let at = read_number(place, "occurred_at").map(Timestamp::from_micros);
            let at = at.ok_or_else(|| unreadable(place, "its time is missing"))?;
            let (pk, sk) = (keys::events(origin.connection, resource, &keys::day(at)), keys::ordered(at, id));
            let subject = Some(read_text(place, "subject")).filter(|subject| !subject.is_empty());
            let count = subject.and_then(|subject| counts::of_event(origin, subject, at));
            stored.push(Missing { pk, sk, id, hash: read_text(place, "h").to_owned(), count });
        }
        let mut withdrawn = 0;
        for chunk in stored.chunks(PARALLEL) {
            let marks = chunk.iter().map(|event| self.mark_withdrawn(origin, event));
            withdrawn += try_join_all(marks).await?.into_iter().map(u64::from).sum::<u64>();
        }
        Ok(withdrawn)
    }
}
