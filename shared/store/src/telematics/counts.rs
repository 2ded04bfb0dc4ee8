//! Counts that analytics show, kept in the transactions of the writes they count:
//!
//! - of entities, how many the TSP lists, in all and by the day (UTC) on which they were first stored;
//! - of events that say so ([`Timeline::counted`]), how many each subject has on each of the last days.
//!
//! What is removed is counted no more. A write counts by what it found, on condition that it is still so: however often it is repeated,
//! it counts once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::telematics::{RecordType, Storage, Timeline};
use model::{ConnectionId, RecordId, Timestamp};

use super::row::find;
use super::table::{Item, Span, key, read_number, read_text};
use super::{Origin, keys};
use crate::{Grant, Store, StoreError};

/// Seconds of a day.
const DAY: i64 = 86_400;
/// How many days back events are counted by subject. Readers look at fewer.
const COUNTED_DAYS: i64 = 35;
/// So many subjects are asked for one by one.
const FEW: usize = 16;

/// A number in the table: its partition and sort key.
pub(super) type Count = (String, String);

/// Whether an entity with this content is counted while the TSP lists it.
pub(super) fn counts(record: &RecordType, body: &str) -> Result<bool, serde_json::Error> {
    let Storage::Entity { counted_if } = record.storage else { return Ok(false) };
    let Some(member) = counted_if else { return Ok(true) };
    Ok(find(body, member)?.is_some_and(|value| value.get() == "true"))
}

/// The counts that an entity of this age is part of.
pub(super) fn of_entity(origin: &Origin, created: Timestamp) -> [Count; 2] {
    let pk = keys::totals(origin.connection, origin.record.resource);
    [(pk.clone(), keys::LISTED.to_owned()), (pk, keys::day(created))]
}

/// The count that an event of a subject is part of; `None` where it is too old to be counted.
pub(super) fn of_event(origin: &Origin, subject: &str, at: Timestamp) -> Option<Count> {
    let pk = keys::subject_days(origin.connection, origin.record.resource);
    (at > origin.now.plus_seconds(-COUNTED_DAYS * DAY)).then(|| (pk, format!("{subject}#{}", keys::day(at))))
}

/// The timeline of events that are counted by subject.
pub(super) fn timeline(record: &RecordType) -> Option<Timeline> {
    match record.storage {
        Storage::Event(timeline) if timeline.counted => Some(timeline),
        _ => None,
    }
}

/// When a count of a subject's day may go, in seconds since 1970.
pub(super) fn end(day: &str) -> Option<i64> {
    Some(keys::day_start(day)?.plus_seconds(DAY * (COUNTED_DAYS + 5)).seconds())
}

/// How many entities there are, and how many of them were first stored on each of the last days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Growth {
    /// All of them.
    pub total: u64,
    /// By day (UTC), days without any left out.
    pub days: BTreeMap<String, u64>,
}

impl Store {
    /// How many entities TSPs list now, as often as each connection is granted; of each connection.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn listed(&self, grant: &Grant) -> Result<HashMap<ConnectionId, u64>, StoreError> {
        let connections: BTreeSet<ConnectionId> = grant.connections().iter().map(|granted| granted.connection).collect();
        let at = |connection| key(&keys::totals(connection, grant.resource()), keys::LISTED);
        let items = self.telematics_table().get_many(connections.into_iter().map(at).collect(), None).await?;
        let one = |item: &Item| Some((connection_of(item)?, read_number(item, "n").unwrap_or(0)));
        Ok(items.iter().filter_map(one).collect())
    }

    /// How many entities there are in all granted connections, one that several fleets share once for each, and how many of them came
    /// on each day since `since`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn growth(&self, grant: &Grant, since: &str) -> Result<Growth, StoreError> {
        let spans = grant.connections().iter().map(|granted| {
            // Days sort before words: the range ends with the number of all.
            Span::between(keys::totals(granted.connection, grant.resource()), since.to_owned(), keys::LISTED.to_owned())
        });
        let mut growth = Growth::default();
        for (_, item) in self.telematics_table().query_each(&spans.collect::<Vec<_>>()).await? {
            let number = read_number::<u64>(&item, "n").unwrap_or(0);
            match read_text(&item, "sk") {
                keys::LISTED => growth.total += number,
                day if number > 0 => *growth.days.entry(day.to_owned()).or_default() += number,
                _ => {}
            }
        }
        Ok(growth)
    }

    /// How many events these subjects have had since a day, deleted ones left out. Subjects without any are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_since(
        &self,
        grant: &Grant,
        subjects: &BTreeSet<(ConnectionId, RecordId)>,
        since: &str,
    ) -> Result<HashMap<(ConnectionId, RecordId), u64>, StoreError> {
        let mut asked: BTreeMap<ConnectionId, Vec<RecordId>> = BTreeMap::new();
        for (connection, subject) in subjects.iter().filter(|(connection, _)| grant.fleets_of(*connection).next().is_some()) {
            asked.entry(*connection).or_default().push(*subject);
        }
        let span = |connection: ConnectionId, first: RecordId, last: RecordId| {
            let pk = keys::subject_days(connection, grant.resource());
            Span::between(pk, format!("{first}#{since}"), format!("{last}#{}", keys::END))
        };
        let mut spans = Vec::new();
        for (connection, subjects) in asked {
            match subjects.as_slice() {
                // A page of a list by id: those between its first and its last are most often all on it.
                [first, .., last] if subjects.len() > FEW => spans.push(span(connection, *first, *last)),
                few => spans.extend(few.iter().map(|subject| span(connection, *subject, *subject))),
            }
        }
        let mut counts = HashMap::new();
        for (_, item) in self.telematics_table().query_each(&spans).await? {
            let Some((subject, _)) = read_text(&item, "sk").split_once('#').filter(|(_, day)| *day >= since) else { continue };
            let found = connection_of(&item).zip(subject.parse().ok()).filter(|found| subjects.contains(found));
            if let (Some(found), Some(number)) = (found, read_number::<u64>(&item, "n").filter(|number| *number > 0)) {
                *counts.entry(found).or_default() += number;
            }
        }
        Ok(counts)
    }

    /// The entities that TSPs do not list any more, of each connection.
    pub(super) async fn removed(
        &self,
        grant: &Grant,
        resource: model::Resource,
    ) -> Result<HashMap<ConnectionId, BTreeSet<RecordId>>, StoreError> {
        let connections: BTreeSet<ConnectionId> = grant.connections().iter().map(|granted| granted.connection).collect();
        let spans = connections.into_iter().map(|connection| Span::all(keys::removed(connection, resource)));
        let mut removed: HashMap<ConnectionId, BTreeSet<RecordId>> = HashMap::new();
        for (_, item) in self.telematics_table().query_each(&spans.collect::<Vec<_>>()).await? {
            if let Some((connection, id)) = connection_of(&item).zip(read_text(&item, "sk").parse().ok()) {
                removed.entry(connection).or_default().insert(id);
            }
        }
        Ok(removed)
    }
}

/// The connection in an item's key.
pub(super) fn connection_of(item: &Item) -> Option<ConnectionId> {
    read_text(item, "pk").split('#').nth(1)?.parse().ok()
}
