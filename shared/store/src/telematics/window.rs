//! Windows that a TSP states anew: what it edited away is marked as deleted.

use std::collections::{HashMap, HashSet};

use futures::future::try_join_all;
use model::telematics::Storage;
use model::{RecordId, Timestamp};

use super::row::find;
use super::table::{Item, Span, key, number, read_text, text, unreadable};
use super::upsert::{is_committed, place_key};
use super::{Origin, ScanOutcome, keys, stored};
use crate::{Store, StoreError};

/// Below this many known rows a window is believed whatever it lacks.
const SMALL: usize = 20;
/// The part of the known rows that it may lack: four in five. Whole days are edited, whole fleets are not.
const BELIEVED: (usize, usize) = (4, 5);
/// Transactions in flight at once.
const PARALLEL: usize = 16;

/// What a window that was read whole holds.
#[derive(Clone, Debug)]
pub struct StatedWindow {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// The subjects that it answers for.
    pub subjects: HashSet<RecordId>,
    /// Its rows, after they were stored.
    pub seen: HashSet<RecordId>,
}

impl Store {
    /// Marks the known events of a window as deleted that it does not hold any more, for the subjects that it answers for.
    ///
    /// A window that lacks more than four fifths of at least 20 known rows changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails; some rows may be marked then, and the next window marks the others.
    pub async fn remove_unstated_rows(&self, origin: &Origin, window: &StatedWindow) -> Result<ScanOutcome, StoreError> {
        let known = self.stated_before(origin, window).await?;
        let is_missing = |item: &&Item| read_text(item, "id").parse().is_ok_and(|id: RecordId| !window.seen.contains(&id));
        let missing: Vec<&Item> = known.iter().filter(is_missing).collect();
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let (believed, of) = BELIEVED;
        if known.len() >= SMALL && missing.len() * of > known.len() * believed {
            return Ok(ScanOutcome::Refused { missing: count(missing.len()), known: count(known.len()) });
        }
        let mut removed = 0;
        for chunk in missing.chunks(PARALLEL) {
            let marks = chunk.iter().map(|item| self.mark_withdrawn(origin, item));
            removed += try_join_all(marks).await?.into_iter().map(u64::from).sum::<u64>();
        }
        Ok(ScanOutcome::Done { removed })
    }

    /// The events of the window that are not deleted and belong to its subjects. Rows that were stored a moment ago may be
    /// missing among them: those the window holds.
    async fn stated_before(&self, origin: &Origin, window: &StatedWindow) -> Result<Vec<Item>, StoreError> {
        let Storage::Event(timeline) = origin.record.storage else { return Ok(Vec::new()) };
        if window.subjects.is_empty() {
            return Ok(Vec::new());
        }
        let (low, high) = (keys::time(window.from), keys::time(window.to));
        let span = |day: String| Span {
            projection: Some("pk, sk, id, h, body, deleted_at"),
            ..Span::between(keys::events(origin.connection, origin.record.resource, &day), low.clone(), high.clone())
        };
        let spans: Vec<Span> = days(window).into_iter().map(span).collect();
        let subjects: HashSet<String> = window.subjects.iter().map(|id| format!("\"{id}\"")).collect();
        let mut found = Vec::new();
        for (_, item) in self.telematics_table().query_each(&spans).await? {
            let subject = find(stored::body(&item), timeline.subject).map_err(|error| unreadable(&item, error))?;
            if !item.contains_key("deleted_at") && subject.is_some_and(|subject| subjects.contains(subject.get())) {
                found.push(item);
            }
        }
        Ok(found)
    }

    /// The event and its place: an event that comes back is found deleted there.
    async fn mark_withdrawn(&self, origin: &Origin, item: &Item) -> Result<bool, StoreError> {
        let table = self.telematics_table();
        let id: RecordId = read_text(item, "id").parse().map_err(|error| unreadable(item, error))?;
        let now = (":now".to_owned(), number(origin.now.micros()));
        let seen = (":seen".to_owned(), text(read_text(item, "h")));
        let place = HashMap::from([now.clone(), seen.clone()]);
        let mut event = HashMap::from([now, seen]);
        event.insert(":execution".into(), text(origin.execution.to_string()));
        event.insert(":schedule".into(), text(origin.schedule.to_string()));
        let set = "SET deleted_at = :now, updated_at = :now, execution_id = :execution, schedule_id = :schedule";
        let condition = "h = :seen AND attribute_not_exists(deleted_at)";
        let writes = vec![
            table.set(key(read_text(item, "pk"), read_text(item, "sk")), set, event, condition)?,
            table.set(place_key(origin.record.resource, id), "SET deleted_at = :now", place, condition)?,
        ];
        is_committed(table.transact(writes).await)
    }
}

/// The days of a window.
fn days(window: &StatedWindow) -> Vec<String> {
    let first = window.from.day_start();
    let starts = (0_i64..).map(|day| first.plus_seconds(day.saturating_mul(86_400)));
    starts.take_while(|start| *start < window.to).map(keys::day).collect()
}
