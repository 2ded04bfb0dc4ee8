//! Working out the segments of days: which days have other readings than their segments were made of, and making them anew.
//!
//! Segments are a function of the readings that are stored, whatever order those came in, so working them out twice changes nothing, and
//! a late reading is found by the counts of its hour.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use model::Timestamp;
use model::telematics::segments::{FindPlace, Segments};
use model::telematics::{Derivation, RecordType, Storage};
use serde::{Deserialize, Serialize};

use super::super::table::{Item, Span, Table, bytes, is_committed, key, number, read_bytes, read_number, read_text, unreadable};
use super::super::upsert::transact;
use super::super::{Origin, keys};
use super::block::{Block, hour_span};
use super::codec;
use super::groups::{Day, Directory, SeriesKey, revised};
use super::snapshot::{self, GroupSnapshot};
use crate::{Store, StoreError};

/// The readings of each hour of a day.
type HourCounts = [u64; 24];

/// A day of a group of subjects that has readings which its segments were not made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutdatedDay {
    /// Such as `2026-11-21`.
    day: String,
    group: usize,
    counts: HourCounts,
}

/// What working out a day brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DerivedDay {
    /// How many readings were read.
    pub readings: u64,
    /// When the last of the day's segments ended.
    pub last_at: Option<Timestamp>,
}

/// The segments of a group's day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct DaySegments {
    /// The readings of each hour that they were made of.
    counts: HourCounts,
    /// The last hour with readings: more of them are on their way.
    open_hour: usize,
    /// Those of the hours before it, which need not be read again.
    settled: Segments,
    /// All of them.
    pub(super) whole: Segments,
}

impl DaySegments {
    pub(super) fn read(item: &Item) -> Result<Self, StoreError> {
        let data = read_bytes(item, "data").ok_or_else(|| unreadable(item, "no segments"))?;
        codec::unpack_value(data).map_err(|error| unreadable(item, error))
    }

    /// The settled hours, where they have as many readings now; else none.
    fn settled(&self, now: &HourCounts) -> Self {
        let is_same = self.counts.iter().zip(now).take(self.open_hour).all(|(then, now)| then == now);
        if !is_same {
            return Self::default();
        }
        let mut counts = self.counts;
        counts.iter_mut().skip(self.open_hour).for_each(|count| *count = 0);
        Self { counts, open_hour: self.open_hour, settled: self.settled.clone(), whole: self.settled.clone() }
    }

    /// Goes on with the segments of the next hour, made of so many readings.
    fn add_hour(&mut self, hour: usize, count: u64, segments: Segments) {
        self.settled = self.whole.clone();
        self.whole.append(segments);
        self.open_hour = hour;
        if let Some(counted) = self.counts.get_mut(hour) {
            *counted = count;
        }
    }
}

impl Store {
    /// The days since `since` that have readings which their segments were not made of, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn outdated_days(&self, origin: &Origin, since: Timestamp) -> Result<Vec<OutdatedDay>, StoreError> {
        let (table, since) = (self.telematics_table(), keys::day(since));
        let stored = table.hour_counts(series_of(origin)?, &since, derivation(origin.record)?.from).await?;
        let pk = keys::derived(origin.connection, origin.record.resource);
        let known = Span::between(pk, keys::worked_out(&since, 0), keys::worked_out(keys::END, 0));
        let mut worked_out: BTreeMap<String, HourCounts> = BTreeMap::new();
        for item in table.query_all(&known).await? {
            let data = read_bytes(&item, "data").ok_or_else(|| unreadable(&item, "no counts"))?;
            let counts = codec::unpack_value(data).map_err(|error| unreadable(&item, error))?;
            worked_out.insert(read_text(&item, "sk").to_owned(), counts);
        }
        let outdated = stored.into_iter().map(|((day, group), counts)| OutdatedDay { day, group, counts });
        let mut outdated: Vec<OutdatedDay> =
            outdated.filter(|one| worked_out.get(&keys::worked_out(&one.day, one.group)) != Some(&one.counts)).collect();
        outdated.sort();
        outdated.reverse();
        Ok(outdated)
    }

    /// Works out the segments of a day. Hours that were settled and have no other readings since are not read again. Where a concurrent
    /// run was faster, nothing is brought.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn derive_day(
        &self,
        origin: &Origin,
        outdated: &OutdatedDay,
        find: &FindPlace<'_>,
    ) -> Result<DerivedDay, StoreError> {
        let table = self.telematics_table();
        let pk = keys::derived(origin.connection, origin.record.resource);
        let OutdatedDay { day, group, counts } = outdated;
        let item = table.get(&pk, &keys::group_day(day, *group)).await?;
        let known = item.as_ref().map(DaySegments::read).transpose()?.unwrap_or_default();
        let revision = item.as_ref().and_then(|item| read_number(item, "revision")).unwrap_or(0);
        let (mut segments, mut read) = (known.settled(counts), 0);
        for hour in (segments.open_hour..24).filter(|hour| counts.get(*hour).is_some_and(|count| *count > 0)) {
            let blocks = self.blocks_of_hour(origin, outdated, hour).await?;
            let count = blocks.iter().map(|block| block.readings.len()).sum::<usize>();
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            segments.add_hour(hour, count, segments_of(origin, &blocks, find)?);
            read += count;
        }
        segments.whole = segments.whole.aged(&known.whole);
        let mut item = key(&pk, &keys::group_day(day, *group));
        item.insert("data".into(), bytes(codec::pack_value(&segments)?));
        if !is_committed(table.put_item(revised(table, item, revision)?).await)? {
            return Ok(DerivedDay::default());
        }
        let mut item = key(&pk, &keys::worked_out(day, *group));
        item.insert("v".into(), number(super::super::stored::FORM));
        item.insert("data".into(), bytes(codec::pack_value(&segments.counts)?));
        table.put_item(table.put(item, None)?).await?;
        Ok(DerivedDay { readings: read, last_at: segments.whole.last_at() })
    }

    /// The readings of an hour, without their sources.
    async fn blocks_of_hour(&self, origin: &Origin, outdated: &OutdatedDay, hour: usize) -> Result<Vec<Block>, StoreError> {
        let midnight = keys::day_start(&outdated.day).map(keys::hour);
        let hour = midnight.zip(i64::try_from(hour).ok()).map_or(0, |(midnight, hour)| midnight + hour);
        let span = Span { consistent: true, ..hour_span(series_of(origin)?, outdated.group, hour) };
        let items = self.telematics_table().query_all(&span).await?;
        let record = derivation(origin.record)?.from;
        items.iter().map(|item| Block::cells(record, item)).collect()
    }
}

/// The segments of an hour's readings.
fn segments_of(origin: &Origin, blocks: &[Block], find: &FindPlace<'_>) -> Result<Segments, StoreError> {
    let segment_of = derivation(origin.record)?.segment;
    let mut readings: Vec<(&str, i64, &Block, usize)> = Vec::new();
    for block in blocks {
        let times = block.readings.times().iter().enumerate();
        readings.extend(times.map(|(row, time)| (block.readings.subject(row), *time, block, row)));
    }
    readings.sort_by_key(|(subject, time, ..)| (*subject, *time));
    let mut segments = Segments::default();
    for (subject, time, block, row) in readings {
        let segment = segment_of(Timestamp::from_micros(time), block.readings.reader(row), find, origin.now);
        segment.into_iter().for_each(|segment| segments.push(subject, segment));
    }
    Ok(segments)
}

/// How a record type is worked out.
pub(super) fn derivation(record: &RecordType) -> Result<Derivation, StoreError> {
    match record.storage {
        Storage::Derived(derivation) => Ok(derivation),
        _ => Err(StoreError::Unstorable(format!("{} is not worked out of readings", record.resource))),
    }
}

/// The series that an origin's rows are worked out of.
fn series_of(origin: &Origin) -> Result<SeriesKey, StoreError> {
    let tag = super::packing(derivation(origin.record)?.from)?.tag;
    Ok(SeriesKey { tag, connection: origin.connection })
}

impl Table<'_> {
    /// What makes a day of a group count as one whose segments were made of other readings; nothing where it counts so already.
    pub(super) async fn outdate(
        &self,
        origin: &Origin,
        (group, day): (usize, &str),
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut writes = Vec::new();
        for derived in origin.record.resource.derived() {
            let pk = keys::derived(origin.connection, derived);
            let Some(item) = self.get(&pk, &keys::group_day(day, group)).await? else { continue };
            let (known, revision) = (DaySegments::read(&item)?, read_number(&item, "revision").unwrap_or(0));
            if known.counts == HourCounts::default() {
                continue;
            }
            let mut item = key(&pk, &keys::group_day(day, group));
            item.insert("data".into(), bytes(codec::pack_value(&DaySegments { counts: HourCounts::default(), ..known })?));
            writes.push(transact(revised(*self, item, revision)?));
            writes.push(self.delete(key(&pk, &keys::worked_out(day, group)))?);
        }
        Ok(writes)
    }

    /// How many readings each hour has, by day since one, and by group.
    async fn hour_counts(
        &self,
        series: SeriesKey,
        since: &str,
        record: &'static RecordType,
    ) -> Result<BTreeMap<(String, usize), HourCounts>, StoreError> {
        let groups = Directory::load(*self, series).await?.groups();
        let mut found = BTreeMap::new();
        // The newest day before the others: one that ends meanwhile is found among those.
        let newest = Span::between(series.pk(), keys::snapshot(0), keys::snapshot(groups));
        for item in self.query_all(&Span { consistent: true, ..newest }).await? {
            let group = snapshot::group_of(&item)?;
            let today = GroupSnapshot::read(record, &item)?.today.filter(|(day, _)| day.as_str() >= since);
            found.extend(today.map(|(day, counts)| ((day, group), hour_counts(&counts))));
        }
        let earlier = |group| {
            let pk = keys::group_days(series.tag, series.connection, group);
            Span::between(pk, since.to_owned(), keys::END.to_owned())
        };
        let spans: Vec<Span> = (0..groups).map(earlier).collect();
        for (group, item) in self.query_each(&spans).await? {
            found.insert((read_text(&item, "sk").to_owned(), group), hour_counts(&Day::read(&item)?));
        }
        Ok(found)
    }
}

fn hour_counts(day: &Day) -> HourCounts {
    std::array::from_fn(|hour| i64::try_from(hour).map_or(0, |hour| day.count(hour)))
}

#[cfg(test)]
mod tests {
    use model::telematics::segments::{Drivers, Place, Segment};

    use super::*;

    /// A group of 64 vehicles with three stays each: what the item of its day weighs, and so costs per hour.
    #[test]
    fn a_day_of_a_group_is_a_small_item() {
        let at = |seconds: i64| Timestamp::from_millis(1_790_000_000_000).plus_seconds(seconds);
        let mut day = DaySegments::default();
        for vehicle in 0..64_i64 {
            for (stay, region) in ["US-MO", "US-IL", "US-IN"].into_iter().enumerate() {
                let stay = i64::try_from(stay).unwrap();
                let place = Place { country: Some("USA".into()), region: Some(region.into()) };
                let drivers = Drivers::One(format!("{}", 52_000_000 + vehicle * 7_919 % 1_000));
                let odometer = |seconds: i64| ((1_000_000 + vehicle * 104_729 + seconds * 22) as f64) / 10.0;
                let (start, end) = (stay * 25_000 + vehicle * 37, stay * 25_000 + 20_000 + vehicle * 61);
                let part =
                    |seconds| Segment::of(at(seconds), place.clone(), drivers.clone(), Some(odometer(seconds)), at(end + 900));
                day.whole.push(&format!("{}", 281_474_976_710_656 + vehicle), part(start));
                day.whole.push(&format!("{}", 281_474_976_710_656 + vehicle), part(end));
            }
        }
        day.settled = day.whole.clone();
        let bytes = codec::pack_value(&day).unwrap().len();
        assert!(bytes < 8_192, "{bytes} bytes");
    }
}
