//! Storing readings.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures::future::try_join_all;
use model::telematics::readings::Readings;

use super::super::table::{Item, MAX_ATTEMPTS, Span, is_committed, key, read_number, read_text};
use super::super::upsert::transact;
use super::super::{Origin, Stored, keys};
use super::block::{self, Block, Run, hour_span, place_of};
use super::groups::{Day, Directory, SeriesKey, Slot, absent, revised};
use super::open_hour::Gate;
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

/// All that a group's next revision writes.
struct Draft {
    blocks: Vec<Item>,
    days: BTreeMap<String, Day>,
    snapshot: GroupSnapshot,
    read: u64,
    gate: Option<Gate>,
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
            if let Some(unseen) = self.unseen(points, &snapshot, &days).await? {
                if unseen.is_empty() {
                    return Ok(0);
                }
                let draft = self.draft(&unseen, snapshot, days)?;
                if self.commit(draft).await? {
                    return Ok(unseen.len());
                }
            }
            table.adopt_block(self.origin, self.series, self.group, record).await?;
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

    /// The points that are not stored yet; `None` where there is a block that the state does not know.
    async fn unseen(
        &self,
        points: &[Point<'a>],
        snapshot: &GroupSnapshot,
        days: &BTreeMap<String, Day>,
    ) -> Result<Option<Vec<Point<'a>>>, StoreError> {
        let (mut unseen, mut possibly_stored) = (Vec::new(), Vec::new());
        for point in points {
            let is_empty = || days.get(&point.day()).is_none_or(|day| day.count_of(point.hour(), point.number) == 0);
            match snapshot.time(point.subject) {
                Some(known) if known == point.time => {}
                Some(known) if known > point.time && !is_empty() => possibly_stored.push(*point),
                _ => unseen.push(*point),
            }
        }
        let Some(stored) = self.stored(&possibly_stored, snapshot.revision).await? else { return Ok(None) };
        let is_new = |point: &Point<'_>| !stored.contains(&(point.subject.to_owned(), point.time));
        unseen.extend(possibly_stored.into_iter().filter(is_new));
        Ok(Some(unseen))
    }

    /// All subjects and instants stored in the hours of these points; `None` where a block is of a later revision than the state.
    async fn stored(&self, points: &[Point<'_>], revision: u64) -> Result<Option<HashSet<(String, i64)>>, StoreError> {
        let hours: BTreeSet<i64> = points.iter().map(Point::hour).collect();
        let span = |hour| Span { consistent: true, ..hour_span(self.series, self.group, hour) };
        let spans: Vec<Span> = hours.into_iter().map(span).collect();
        let mut stored = HashSet::new();
        for (_, item) in self.store.telematics_table().query_each(&spans).await? {
            if place_of(&item)?.0 > revision {
                return Ok(None);
            }
            let readings = Block::cells(self.readings.record(), &item)?.readings;
            stored.extend(readings.times().iter().enumerate().map(|(row, time)| (readings.subject(row).to_owned(), *time)));
        }
        Ok(Some(stored))
    }

    fn draft(
        &self,
        unseen: &[Point<'_>],
        mut snapshot: GroupSnapshot,
        mut days: BTreeMap<String, Day>,
    ) -> Result<Draft, StoreError> {
        let (read, gate) = (snapshot.revision, Gate::of(self.series, self.group, &snapshot));
        let mut hours: BTreeMap<i64, Vec<Point<'_>>> = BTreeMap::new();
        for point in unseen {
            hours.entry(point.hour()).or_default().push(*point);
        }
        let (mut blocks, mut touched, mut rows) = (Vec::new(), BTreeSet::new(), Vec::new());
        for (hour, mut points) in hours {
            points.sort_by_key(|point| (point.subject, point.time));
            let items = self.blocks(hour, read + 1, &points)?;
            let parts = items.iter().enumerate().flat_map(|(part, item)| vec![part; read_number(item, "n").unwrap_or(0)]);
            rows.extend(points.iter().zip(parts).map(|(point, part)| (point.row, (read + 1, part))));
            let day = keys::day(keys::hour_start(hour));
            let counts = days.entry(day.clone()).or_default();
            points.iter().for_each(|point| counts.add(hour, point.number));
            touched.insert(day);
            blocks.extend(items);
        }
        snapshot.take(Run::of(self.origin), self.readings, rows);
        days.retain(|day, _| touched.contains(day));
        if let Some((day, counts)) = snapshot.today.take() {
            days.entry(day).or_insert(counts);
        }
        snapshot.today = days.pop_last();
        Ok(Draft { blocks, days, snapshot, read, gate })
    }

    /// The items of an hour's points.
    fn blocks(&self, hour: i64, revision: u64, points: &[Point<'_>]) -> Result<Vec<Item>, StoreError> {
        let mut readings = block::empty(self.readings.record())?;
        points.iter().for_each(|point| readings.push_from(self.readings, point.row));
        block::items(self.origin, self.group, hour, revision, &readings)
    }

    /// Whether the revision was written; not where another one was faster, or a block is there that the state does not know.
    async fn commit(&self, draft: Draft) -> Result<bool, StoreError> {
        let Draft { mut blocks, days, snapshot, read, gate } = draft;
        let table = self.store.telematics_table();
        let state = revised(table, snapshot.item(self.origin, self.group)?, read)?;
        let has_gate = gate.as_ref().is_some_and(|gate| blocks.iter().any(|block| gate.is_of(block)));
        if has_gate && blocks.len() == 1 && days.is_empty() {
            let block = absent(table, blocks.remove(0))?;
            let is_stored = is_committed(table.put_item(block).await)?;
            if is_stored {
                // Where another writer was faster, its state has the block.
                is_committed(table.put_item(state).await)?;
            }
            return Ok(is_stored);
        }
        if let Some(gate) = gate.filter(|_| !has_gate) {
            blocks.extend(gate.empty_block(self.origin, self.group, self.readings.record())?);
        }
        let mut puts = vec![state];
        for block in blocks {
            puts.push(absent(table, block)?);
        }
        let pk = self.days_pk();
        for (day, counts) in days {
            puts.push(table.put(counts.item(&pk, &day)?, None)?);
        }
        is_committed(table.transact(puts.into_iter().map(transact).collect()).await)
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
