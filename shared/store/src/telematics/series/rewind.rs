//! Newest readings as a link that ended shows them: each subject's last one before the end.
//!
//! Most subjects of a link that ended lately have moved since, so their last reading lies in the hour of the end or in the one
//! before it. The counts say which hours of a subject hold readings; no other hour is read, and days are read back only as far
//! as a subject is still looked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::future::try_join_all;
use model::{ConnectionId, Timestamp};

use super::super::keys;
use super::super::table::{Item, Span, Table, read_text};
use super::block::{Block, hour_span, place_of};
use super::groups::{Day, Directory, SeriesKey, Slot};
use super::snapshot::GroupSnapshot;
use crate::{Store, StoreError};

/// Groups that are taken back at once, and directories that are read at once.
const PARALLEL: usize = 16;
/// Days of the first request, which suffice where subjects moved before the end, and of each later one.
const FIRST_DAYS: i32 = 2;
const MORE_DAYS: i32 = 31;

/// A group's newest readings, and the end of the link that shows them.
pub(super) struct Ended<'a> {
    pub(super) series: SeriesKey,
    pub(super) group: usize,
    pub(super) snapshot: &'a mut GroupSnapshot,
    pub(super) end: Timestamp,
}

/// A group on its way back.
struct Rewind<'a> {
    table: Table<'a>,
    slots: &'a BTreeMap<&'a str, Slot>,
    ended: &'a mut Ended<'a>,
    /// The subjects whose reading is still looked for.
    left: BTreeSet<String>,
}

/// A reading in its block.
struct Earlier {
    time: i64,
    block: usize,
    row: usize,
}

impl Store {
    /// Takes newest readings back to what they were just before the ends of their links.
    pub(super) async fn rewind(&self, mut groups: Vec<Ended<'_>>) -> Result<(), StoreError> {
        groups.retain(|ended| !ended.snapshot.measured_since(ended.end).is_empty());
        let directories = self.directories(&groups).await?;
        let slots: BTreeMap<ConnectionId, BTreeMap<&str, Slot>> =
            directories.iter().map(|(connection, directory)| (*connection, directory.slots())).collect();
        let none = BTreeMap::new();
        for chunk in groups.chunks_mut(PARALLEL) {
            let rewinds = chunk.iter_mut().map(|ended| {
                let slots = slots.get(&ended.series.connection).unwrap_or(&none);
                let left = ended.snapshot.measured_since(ended.end);
                Rewind { table: self.telematics_table(), slots, ended, left }.run()
            });
            try_join_all(rewinds).await?;
        }
        Ok(())
    }

    /// The directories of these groups, one per connection.
    async fn directories(&self, groups: &[Ended<'_>]) -> Result<BTreeMap<ConnectionId, Directory>, StoreError> {
        let series: BTreeMap<ConnectionId, SeriesKey> =
            groups.iter().map(|ended| (ended.series.connection, ended.series)).collect();
        let series: Vec<SeriesKey> = series.into_values().collect();
        let mut directories = BTreeMap::new();
        for chunk in series.chunks(PARALLEL) {
            let loaded = try_join_all(chunk.iter().map(|series| Directory::load(self.telematics_table(), *series))).await?;
            directories.extend(chunk.iter().map(|series| series.connection).zip(loaded));
        }
        Ok(directories)
    }
}

impl Rewind<'_> {
    async fn run(mut self) -> Result<(), StoreError> {
        // Read with the newest readings: a day that ended since is found among the other days too.
        let today = self.ended.snapshot.today.clone().into_iter().collect();
        self.through(&today).await?;
        let pk = keys::group_days(self.ended.series.tag, self.ended.series.connection, self.ended.group);
        let span = Span { backwards: true, ..Span::between(pk, "0".into(), keys::day(self.ended.end)) };
        let (mut limit, mut start) = (FIRST_DAYS, None);
        while !self.left.is_empty() {
            let (items, next) = self.table.query_page(&span, limit, start).await?;
            let day = |item: &Item| Ok((read_text(item, "sk").to_owned(), Day::read(item)?));
            self.through(&items.iter().map(day).collect::<Result<_, StoreError>>()?).await?;
            (limit, start) = (MORE_DAYS, next);
            if start.is_none() {
                break;
            }
        }
        self.left.iter().for_each(|subject| self.ended.snapshot.forget(subject));
        Ok(())
    }

    /// Puts back what the hours of these days hold, newest first.
    async fn through(&mut self, days: &BTreeMap<String, Day>) -> Result<(), StoreError> {
        for hour in hours_until(days, self.ended.end) {
            if self.left.is_empty() {
                return Ok(());
            }
            let Some(day) = days.get(&keys::day(keys::hour_start(hour))) else { continue };
            let number = |subject: &String| self.slots.get(subject.as_str()).map(|slot| slot.number);
            if self.left.iter().filter_map(number).any(|number| day.count_of(hour, number) > 0) {
                let items = self.table.query_all(&hour_span(self.ended.series, self.ended.group, hour)).await?;
                put_back(self.ended.snapshot, &items, &mut self.left, self.ended.end)?;
            }
        }
        Ok(())
    }
}

/// The hours of these days that begin before `end`, newest first.
fn hours_until(days: &BTreeMap<String, Day>, end: Timestamp) -> impl Iterator<Item = i64> {
    let starts = days.keys().rev().filter_map(|day| keys::day_start(day)).map(keys::hour);
    starts.flat_map(|first| (first..first + 24).rev()).filter(move |hour| keys::hour_start(*hour) < end)
}

/// Puts back each subject's last reading of an hour before `end`, and takes the subject from those that are looked for.
fn put_back(snapshot: &mut GroupSnapshot, items: &[Item], left: &mut BTreeSet<String>, end: Timestamp) -> Result<(), StoreError> {
    let record = snapshot.readings().record();
    let blocks = items.iter().map(|item| Block::cells(record, item)).collect::<Result<Vec<_>, _>>()?;
    let mut last: HashMap<&str, Earlier> = HashMap::new();
    for (block, found) in blocks.iter().enumerate() {
        for (row, time) in found.readings.times().iter().copied().enumerate().filter(|(_, time)| *time < end.micros()) {
            let subject = found.readings.subject(row);
            if left.contains(subject) && last.get(subject).is_none_or(|known| known.time < time) {
                last.insert(subject, Earlier { time, block, row });
            }
        }
    }
    for (subject, earlier) in last {
        if let (Some(block), Some(item)) = (blocks.get(earlier.block), items.get(earlier.block)) {
            snapshot.put_back(block, earlier.row, place_of(item)?);
            left.remove(subject);
        }
    }
    Ok(())
}
