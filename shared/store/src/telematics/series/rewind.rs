//! Newest readings as a link that ended shows them: each subject's last one before the end.
//!
//! Most subjects of a link that ended lately have moved since, so their last reading lies in the hour of the end or in the one
//! before it. The counts say which hours of a subject hold readings; no other hour is read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::Timestamp;

use super::super::keys;
use super::super::table::{Item, Span, read_text, unreadable};
use super::block::Block;
use super::groups::{Day, Directory, SeriesKey};
use super::snapshot::GroupSnapshot;
use super::write::hour_span;
use crate::{Store, StoreError};

/// A reading in its block.
struct Earlier {
    time: i64,
    block: usize,
    row: usize,
}

impl Store {
    /// Takes a group's newest readings back to what they were just before `end`.
    pub(super) async fn rewind(
        &self,
        series: SeriesKey,
        group: usize,
        snapshot: &mut GroupSnapshot,
        end: Timestamp,
    ) -> Result<(), StoreError> {
        let mut moved = snapshot.measured_since(end);
        if moved.is_empty() {
            return Ok(());
        }
        let directory = Directory::load(self.telematics_table(), series).await?;
        let slots = directory.slots();
        let days = self.days_until(series, group, snapshot, end).await?;
        for hour in hours_until(&days, end) {
            let Some(day) = days.get(&keys::day(keys::hour_start(hour))) else { continue };
            let is_there = |subject: &String| slots.get(subject.as_str()).is_some_and(|slot| day.count_of(hour, slot.number) > 0);
            if moved.iter().any(is_there) {
                let items = self.telematics_table().query_all(&hour_span(series, group, hour)).await?;
                put_back(snapshot, &items, &mut moved, end)?;
            }
            if moved.is_empty() {
                return Ok(());
            }
        }
        moved.iter().for_each(|subject| snapshot.forget(subject));
        Ok(())
    }

    /// The counts of the days up to that of `end`.
    async fn days_until(
        &self,
        series: SeriesKey,
        group: usize,
        snapshot: &GroupSnapshot,
        end: Timestamp,
    ) -> Result<BTreeMap<String, Day>, StoreError> {
        let pk = keys::group_days(series.tag, series.connection, group);
        let mut days: BTreeMap<String, Day> = snapshot.today.clone().into_iter().collect();
        for item in self.telematics_table().query_all(&Span::between(pk, "0".into(), keys::day(end))).await? {
            days.insert(read_text(&item, "sk").to_owned(), Day::read(&item)?);
        }
        Ok(days)
    }
}

/// The hours of these days that begin before `end`, newest first.
fn hours_until(days: &BTreeMap<String, Day>, end: Timestamp) -> impl Iterator<Item = i64> {
    let starts = days.keys().rev().filter_map(|day| keys::day_start(day)).map(keys::hour);
    starts.flat_map(|first| (first..first + 24).rev()).filter(move |hour| keys::hour_start(*hour) < end)
}

/// Puts back each subject's last reading of an hour before `end`, and takes the subject from those that are looked for.
fn put_back(
    snapshot: &mut GroupSnapshot,
    items: &[Item],
    moved: &mut BTreeSet<String>,
    end: Timestamp,
) -> Result<(), StoreError> {
    let record = snapshot.readings().record();
    let blocks = items.iter().map(|item| Block::whole(record, item)).collect::<Result<Vec<_>, _>>()?;
    let mut last: HashMap<&str, Earlier> = HashMap::new();
    for (block, found) in blocks.iter().enumerate() {
        for (row, time) in found.readings.times().iter().copied().enumerate().filter(|(_, time)| *time < end.micros()) {
            let subject = found.readings.subject(row);
            if moved.contains(subject) && last.get(subject).is_none_or(|known| known.time < time) {
                last.insert(subject, Earlier { time, block, row });
            }
        }
    }
    for (subject, earlier) in last {
        if let (Some(block), Some(item)) = (blocks.get(earlier.block), items.get(earlier.block)) {
            snapshot.put_back(block, earlier.row, place_of(item)?);
            moved.remove(subject);
        }
    }
    Ok(())
}

/// The revision and the part in a block's key.
fn place_of(item: &Item) -> Result<(u64, usize), StoreError> {
    let mut parts = read_text(item, "sk").split('#').skip(1);
    let place = parts.next().zip(parts.next()).and_then(|(revision, part)| Some((revision.parse().ok()?, part.parse().ok()?)));
    place.ok_or_else(|| unreadable(item, "no block's key"))
}
