//! Windows that a TSP states anew: what it edited away is marked as deleted.

use std::collections::{HashMap, HashSet};

use futures::future::try_join_all;
use model::telematics::{Storage, Timeline};
use model::{RecordId, Timestamp};

use super::counts::{self, Count};
use super::row::find;
use super::shape::place_key;
use super::table::{Item, Span, is_committed, key, number, read_text, text, unreadable};
use super::{Origin, ScanOutcome, keys, stored};
use crate::{Store, StoreError};

/// Below this many known rows a window is believed whatever it lacks.
const SMALL: usize = 20;
/// The part of the known rows that it may lack: four in five. Whole days are edited, whole fleets are not.
const BELIEVED: (usize, usize) = (4, 5);
/// Transactions in flight at once.
const PARALLEL: usize = 16;
/// Days that are read at once, and rows of a page of theirs. All that is in memory at once, beside the missing rows' keys.
const DAYS: usize = 4;
const PAGE: i32 = 250;

/// Whether there is time to go on.
pub type HasTime<'a> = &'a (dyn Fn() -> bool + Sync);

/// The subjects that a window answers for.
#[derive(Clone, Debug)]
pub enum Answers {
    /// These.
    For(HashSet<RecordId>),
    /// All but these.
    AllBut(HashSet<RecordId>),
}

impl Answers {
    fn is_for(&self, subject: RecordId) -> bool {
        match self {
            Self::For(subjects) => subjects.contains(&subject),
            Self::AllBut(subjects) => !subjects.contains(&subject),
        }
    }

    fn is_for_nobody(&self) -> bool {
        matches!(self, Self::For(subjects) if subjects.is_empty())
    }
}

/// What a window that was read whole holds.
#[derive(Clone, Debug)]
pub struct StatedWindow {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// For whom it answers.
    pub subjects: Answers,
    /// Its rows, after they were stored.
    pub seen: HashSet<RecordId>,
}

/// The known rows of a window that it does not hold.
#[derive(Debug, Default)]
struct Compared {
    /// How many rows are known, held or not.
    known: usize,
    missing: Vec<Missing>,
}

/// A row's place and what it was when it was read. Not its content: a large fleet's window would fill the memory.
#[derive(Debug)]
pub(super) struct Missing {
    pub(super) pk: String,
    pub(super) sk: String,
    pub(super) id: RecordId,
    pub(super) hash: String,
    /// The count that it is part of.
    pub(super) count: Option<Count>,
}

impl Compared {
    fn is_believed(&self) -> bool {
        let (believed, of) = BELIEVED;
        self.known < SMALL || self.missing.len() * of <= self.known * believed
    }

    fn add(&mut self, other: Self) {
        self.known += other.known;
        self.missing.extend(other.missing);
    }
}

impl Store {
    /// Marks the known events of a window as deleted that it does not hold any more, for the subjects that it answers for.
    ///
    /// A window that lacks more than four fifths of at least 20 known rows changes nothing. Where the time ends first, some rows
    /// may be marked, or none; the next window marks the others.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails; some rows may be marked then, as where the time ends.
    pub async fn remove_unstated_rows(
        &self,
        origin: &Origin,
        window: &StatedWindow,
        has_time: HasTime<'_>,
    ) -> Result<ScanOutcome, StoreError> {
        let Some(compared) = self.compare(origin, window, has_time).await? else {
            return Ok(ScanOutcome::OutOfTime { removed: 0 });
        };
        if !compared.is_believed() {
            let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
            return Ok(ScanOutcome::Refused { missing: count(compared.missing.len()), known: count(compared.known) });
        }
        let mut removed = 0;
        for chunk in compared.missing.chunks(PARALLEL) {
            if !has_time() {
                return Ok(ScanOutcome::OutOfTime { removed });
            }
            let marks = chunk.iter().map(|row| self.mark_withdrawn(origin, row));
            removed += try_join_all(marks).await?.into_iter().map(u64::from).sum::<u64>();
        }
        Ok(ScanOutcome::Done { removed })
    }

    /// Compares a window with what is known of it; `None` where the time ended first.
    async fn compare(
        &self,
        origin: &Origin,
        window: &StatedWindow,
        has_time: HasTime<'_>,
    ) -> Result<Option<Compared>, StoreError> {
        let mut compared = Compared::default();
        let Storage::Event(timeline) = origin.record.storage else { return Ok(Some(compared)) };
        if window.subjects.is_for_nobody() {
            return Ok(Some(compared));
        }
        let (low, high) = (keys::time(window.from), keys::time(window.to));
        let span = |day: String| Span {
            projection: Some("pk, sk, id, h, body, deleted_at"),
            ..Span::between(keys::events(origin.connection, origin.record.resource, &day), low.clone(), high.clone())
        };
        let spans: Vec<Span> = days(window).into_iter().map(span).collect();
        for chunk in spans.chunks(DAYS) {
            let days = chunk.iter().map(|span| self.compare_day(origin, span, (&timeline, window), has_time));
            for day in try_join_all(days).await? {
                let Some(day) = day else { return Ok(None) };
                compared.add(day);
            }
        }
        Ok(Some(compared))
    }

    /// One day of it, page by page. Rows that were stored a moment ago may be missing among the known ones: those the window
    /// holds.
    async fn compare_day(
        &self,
        origin: &Origin,
        span: &Span,
        (timeline, window): (&Timeline, &StatedWindow),
        has_time: HasTime<'_>,
    ) -> Result<Option<Compared>, StoreError> {
        let (mut compared, mut start) = (Compared::default(), None);
        while has_time() {
            let (items, next) = self.telematics_table().query_page(span, PAGE, start).await?;
            for item in items.iter().filter(|item| !item.contains_key("deleted_at")) {
                if !answers_for(window, timeline, item)? {
                    continue;
                }
                compared.known += 1;
                let id: RecordId = read_text(item, "id").parse().map_err(|error| unreadable(item, error))?;
                if !window.seen.contains(&id) {
                    let part = |name: &str| read_text(item, name).to_owned();
                    let count = counted(origin, item)?;
                    compared.missing.push(Missing { pk: part("pk"), sk: part("sk"), id, hash: part("h"), count });
                }
            }
            start = next;
            if start.is_none() {
                return Ok(Some(compared));
            }
        }
        Ok(None)
    }

    /// The event and its place: an event that comes back is found deleted there.
    pub(super) async fn mark_withdrawn(&self, origin: &Origin, row: &Missing) -> Result<bool, StoreError> {
        let table = self.telematics_table();
        let now = (":now".to_owned(), number(origin.now.micros()));
        let seen = (":seen".to_owned(), text(row.hash.as_str()));
        let place = HashMap::from([now.clone(), seen.clone()]);
        let mut event = HashMap::from([now, seen]);
        event.insert(":execution".into(), text(origin.execution.to_string()));
        event.insert(":schedule".into(), text(origin.schedule.to_string()));
        let set = "SET deleted_at = :now, updated_at = :now, execution_id = :execution, schedule_id = :schedule";
        let condition = "h = :seen AND attribute_not_exists(deleted_at)";
        let mut writes = vec![
            table.set(key(&row.pk, &row.sk), set, event, condition)?,
            table.set(place_key(origin.record.resource, row.id), "SET deleted_at = :now", place, condition)?,
        ];
        if let Some((pk, name)) = &row.count {
            writes.push(table.increment(key(pk, name), -1)?);
        }
        is_committed(table.transact(writes).await)
    }
}

/// The count that a stored event is part of.
fn counted(origin: &Origin, item: &Item) -> Result<Option<Count>, StoreError> {
    let Some(timeline) = counts::timeline(origin.record) else { return Ok(None) };
    let subject = find(stored::body(item), timeline.subject).map_err(|error| unreadable(item, error))?;
    let at = read_text(item, "sk").get(..17).and_then(|time| time.parse().ok()).map(Timestamp::from_micros);
    Ok(subject.zip(at).and_then(|(subject, at)| counts::of_event(origin, subject.get().trim_matches('"'), at)))
}

/// Whether a window answers for an event's subject.
fn answers_for(window: &StatedWindow, timeline: &Timeline, item: &Item) -> Result<bool, StoreError> {
    let subject = find(stored::body(item), timeline.subject).map_err(|error| unreadable(item, error))?;
    let subject = subject.and_then(|subject| subject.get().trim_matches('"').parse().ok());
    Ok(subject.is_some_and(|subject: RecordId| window.subjects.is_for(subject)))
}

/// The days of a window.
fn days(window: &StatedWindow) -> Vec<String> {
    let first = window.from.day_start();
    let starts = (0_i64..).map(|day| first.plus_seconds(day.saturating_mul(86_400)));
    starts.take_while(|start| *start < window.to).map(keys::day).collect()
}
