//! Storing readings.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures::future::try_join_all;
use model::telematics::readings::Readings;

use super::super::table::{Item, MAX_ATTEMPTS, Span, is_committed, key, read_number, read_text};
use super::super::upsert::transact;
use super::super::{Origin, Stored, keys};
use super::block::{self, Block};
use super::groups::{Day, Directory, SeriesKey, Slot, revised};
use super::snapshot::GroupSnapshot;
use crate::{Store, StoreError};

/// Hours of one transaction: each is a block, and its day may be another item.
const HOURS: usize = 24;
/// Bytes of one transaction before compression; DynamoDB takes 4 MB after it.
const BYTES: usize = 2_500_000;
/// Groups written at once.
const PARALLEL: usize = 8;

/// A reading that was fetched, in its place.
#[derive(Clone, Copy)]
struct Point<'a> {
    subject: &'a str,
    /// The subject's number in its group.
    number: usize,
    /// Microseconds.
    time: i64,
    /// Where it is in what was fetched.
    row: usize,
}

impl Point<'_> {
    fn hour(&self) -> i64 {
        keys::hour(model::Timestamp::from_micros(self.time))
    }

    fn day(&self) -> String {
        keys::day(model::Timestamp::from_micros(self.time))
    }
}

impl Store {
    /// Stores readings, in any order and however often; each (subject, time) once.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if others keep writing to the same subjects; what was stored until then stays.
    pub(in super::super) async fn store_readings(&self, origin: &Origin, readings: &Readings) -> Result<Stored, StoreError> {
        let series = SeriesKey { tag: readings.packing().tag, connection: origin.connection };
        let subjects: BTreeSet<&str> = readings.subjects().values().iter().map(String::as_str).collect();
        let subjects: Vec<&str> = subjects.into_iter().collect();
        let directory = Directory::with(self.telematics_table(), series, &subjects).await?;
        let groups = grouped(readings, &directory.slots());
        let writes: Vec<(Group<'_>, Vec<Point<'_>>)> = groups
            .into_iter()
            .map(|(group, points)| (Group { store: self, origin, series, group, readings }, points.into_values().collect()))
            .collect();
        let mut added = 0;
        for chunk in writes.chunks(PARALLEL) {
            let done = try_join_all(chunk.iter().map(|(group, points)| group.store(points))).await?;
            added += done.into_iter().sum::<usize>();
        }
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Ok(Stored { added: count(added), modified: 0, unchanged: count(readings.len() - added) })
    }
}

/// The readings by group, in the order of time; of those of one subject and instant, the first.
fn grouped<'a>(readings: &'a Readings, slots: &BTreeMap<&str, Slot>) -> BTreeMap<usize, BTreeMap<(i64, &'a str), Point<'a>>> {
    let slots: Vec<Option<Slot>> =
        readings.subjects().values().iter().map(|subject| slots.get(subject.as_str()).copied()).collect();
    let mut groups: BTreeMap<usize, BTreeMap<(i64, &str), Point<'_>>> = BTreeMap::new();
    for (row, time) in readings.times().iter().enumerate() {
        let slot = readings.subjects().number(row).and_then(|number| slots.get(number).copied().flatten());
        if let Some(Slot { group, number }) = slot {
            let subject = readings.subject(row);
            let point = Point { subject, number, time: *time, row };
            groups.entry(group).or_default().entry((*time, subject)).or_insert(point);
        }
    }
    groups
}

/// A group that is written to.
struct Group<'a> {
    store: &'a Store,
    origin: &'a Origin,
    series: SeriesKey,
    group: usize,
    /// What was fetched.
    readings: &'a Readings,
}

/// All that one transaction writes.
struct Draft {
    blocks: Vec<Item>,
    days: BTreeMap<String, Day>,
    snapshot: GroupSnapshot,
    read: u64,
}

impl<'a> Group<'a> {
    /// Stores points that come in the order of time. How many were new?
    async fn store(&self, points: &[Point<'a>]) -> Result<usize, StoreError> {
        let mut added = 0;
        for chunk in self.chunks(points) {
            added += self.store_chunk(&chunk).await?;
        }
        Ok(added)
    }

    async fn store_chunk(&self, points: &[Point<'a>]) -> Result<usize, StoreError> {
        let table = self.store.telematics_table();
        let record = self.readings.record();
        for _ in 0..MAX_ATTEMPTS {
            let snapshot = match table.get(&self.series.pk(), &keys::snapshot(self.group)).await? {
                Some(item) => GroupSnapshot::read(record, &item)?,
                None => GroupSnapshot::new(record)?,
            };
            let days = self.days(points, &snapshot).await?;
            let unseen = self.unseen(points, &snapshot, &days).await?;
            if unseen.is_empty() {
                return Ok(0);
            }
            let draft = self.draft(&unseen, snapshot, days)?;
            if is_committed(self.commit(draft).await)? {
                return Ok(unseen.len());
            }
        }
        Err(StoreError::Conflict)
    }

    fn days_pk(&self) -> String {
        keys::group_days(self.series.tag, self.series.connection, self.group)
    }

    /// The counts of the days that the points lie in.
    async fn days(&self, points: &[Point<'_>], snapshot: &GroupSnapshot) -> Result<BTreeMap<String, Day>, StoreError> {
        let pk = self.days_pk();
        let mut days: BTreeMap<String, Day> = points.iter().map(|point| (point.day(), Day::default())).collect();
        let today = snapshot.today.as_ref().map(|(day, _)| day);
        let wanted = days.keys().filter(|day| today.is_none_or(|today| *day < today)).map(|day| key(&pk, day)).collect();
        for item in self.store.telematics_table().get_many(wanted, None).await? {
            days.insert(read_text(&item, "sk").to_owned(), Day::read(&item)?);
        }
        if let Some((day, counts)) = snapshot.today.as_ref().filter(|(day, _)| days.contains_key(day)) {
            days.insert(day.clone(), counts.clone());
        }
        Ok(days)
    }

    /// The points that are not stored yet.
    async fn unseen(
        &self,
        points: &[Point<'a>],
        snapshot: &GroupSnapshot,
        days: &BTreeMap<String, Day>,
    ) -> Result<Vec<Point<'a>>, StoreError> {
        let (mut unseen, mut possibly_stored) = (Vec::new(), Vec::new());
        for point in points {
            let is_empty = || days.get(&point.day()).is_none_or(|day| day.count_of(point.hour(), point.number) == 0);
            match snapshot.time(point.subject) {
                Some(known) if known == point.time => {}
                Some(known) if known > point.time && !is_empty() => possibly_stored.push(*point),
                _ => unseen.push(*point),
            }
        }
        let stored = self.stored(&possibly_stored).await?;
        let is_new = |point: &Point<'_>| !stored.contains(&(point.subject.to_owned(), point.time));
        unseen.extend(possibly_stored.into_iter().filter(is_new));
        Ok(unseen)
    }

    /// All subjects and instants stored in the hours of these points.
    async fn stored(&self, points: &[Point<'_>]) -> Result<HashSet<(String, i64)>, StoreError> {
        let hours: BTreeSet<i64> = points.iter().map(Point::hour).collect();
        let span = |hour| Span { consistent: true, ..hour_span(self.series, self.group, hour) };
        let spans: Vec<Span> = hours.into_iter().map(span).collect();
        let mut stored = HashSet::new();
        for (_, item) in self.store.telematics_table().query_each(&spans).await? {
            let readings = Block::cells(self.readings.record(), &item)?.readings;
            stored.extend(readings.times().iter().enumerate().map(|(row, time)| (readings.subject(row).to_owned(), *time)));
        }
        Ok(stored)
    }

    fn draft(
        &self,
        unseen: &[Point<'_>],
        mut snapshot: GroupSnapshot,
        mut days: BTreeMap<String, Day>,
    ) -> Result<Draft, StoreError> {
        let read = snapshot.revision;
        let mut hours: BTreeMap<i64, Vec<Point<'_>>> = BTreeMap::new();
        for point in unseen {
            hours.entry(point.hour()).or_default().push(*point);
        }
        let mut blocks = Vec::new();
        let mut touched = BTreeSet::new();
        let mut newest: BTreeMap<&str, (Point<'_>, usize)> = BTreeMap::new();
        for (hour, mut points) in hours {
            points.sort_by_key(|point| (point.subject, point.time));
            let items = self.blocks(hour, read + 1, &points)?;
            let parts = items.iter().enumerate().flat_map(|(part, item)| vec![part; read_number(item, "n").unwrap_or(0)]);
            let day = keys::day(keys::hour_start(hour));
            let counts = days.entry(day.clone()).or_default();
            for (point, part) in points.iter().zip(parts) {
                counts.add(hour, point.number);
                if snapshot.time(point.subject).is_none_or(|known| known < point.time) {
                    newest.insert(point.subject, (*point, part));
                }
            }
            touched.insert(day);
            blocks.extend(items);
        }
        for (point, part) in newest.into_values() {
            let hash = block::digest(self.readings.sources().get(point.row));
            snapshot.renew(self.origin, (self.readings, point.row), (read + 1, part), hash);
        }
        days.retain(|day, _| touched.contains(day));
        if let Some((day, counts)) = snapshot.today.take() {
            days.entry(day).or_insert(counts);
        }
        snapshot.today = days.pop_last();
        Ok(Draft { blocks, days, snapshot, read })
    }

    /// The items of an hour's points.
    fn blocks(&self, hour: i64, revision: u64, points: &[Point<'_>]) -> Result<Vec<Item>, StoreError> {
        let mut readings = block::empty(self.readings.record())?;
        points.iter().for_each(|point| readings.push_from(self.readings, point.row));
        block::items(self.origin, self.group, hour, revision, &readings)
    }

    async fn commit(&self, draft: Draft) -> Result<(), StoreError> {
        let table = self.store.telematics_table();
        let mut puts = Vec::new();
        for block in draft.blocks {
            puts.push(table.put(block, None)?);
        }
        let pk = self.days_pk();
        for (day, counts) in draft.days {
            puts.push(table.put(counts.item(&pk, &day)?, None)?);
        }
        puts.push(revised(table, draft.snapshot.item(self.origin, self.group)?, draft.read)?);
        table.transact(puts.into_iter().map(transact).collect()).await
    }

    /// Points in the order of time, cut so that each part fits into one transaction.
    fn chunks(&self, points: &[Point<'a>]) -> Vec<Vec<Point<'a>>> {
        let mut chunks: Vec<Vec<Point<'_>>> = Vec::new();
        let (mut hours, mut bytes) = (BTreeSet::new(), 0);
        for point in points {
            let size = self.readings.sources().get(point.row).len() + 200;
            hours.insert(point.hour());
            bytes += size;
            match chunks.last_mut() {
                Some(chunk) if hours.len() <= HOURS && bytes <= BYTES => chunk.push(*point),
                _ => {
                    hours = BTreeSet::from([point.hour()]);
                    bytes = size;
                    chunks.push(vec![*point]);
                }
            }
        }
        chunks
    }
}

/// The blocks of a group's hour.
pub(super) fn hour_span(series: SeriesKey, group: usize, hour: i64) -> Span {
    let prefix = keys::hour_text(hour);
    let pk = keys::blocks(series.tag, series.connection, group, &keys::day(keys::hour_start(hour)));
    Span::between(pk, format!("{prefix}#"), format!("{prefix}#{}", keys::END))
}
