//! Blocks as they are stored, page by page and with their sources, and other cells for the readings in them.
//!
//! Which readings there are is for ever: subjects, times and sources stay, and so do counts. What is a subject's newest reading gets the
//! cells of its block, and what was worked out of the day is worked out again.

use std::collections::{BTreeSet, VecDeque};

use model::telematics::RecordType;
use model::telematics::readings::Readings;
use model::{ConnectionId, ExecutionId, ScheduleId, Timestamp};

use super::super::table::{Item, MAX_ATTEMPTS, Span, Table, bytes, is_committed, number, read_text, unstorable};
use super::super::upsert::transact;
use super::super::{Origin, keys};
use super::block::{Block, place_of};
use super::codec;
use super::groups::{Directory, SeriesKey, absent, revised};
use super::open_hour::Gate;
use super::snapshot::GroupSnapshot;
use crate::{Store, StoreError};

/// Blocks of a page; DynamoDB ends one at 1 MB.
const PAGE: i32 = 16;

/// Readings of a group of subjects and an hour, as one fetch brought them.
pub struct StoredBlock {
    group: usize,
    day: String,
    item: Item,
    block: Block,
}

impl StoredBlock {
    /// Its readings, with their sources.
    #[must_use]
    pub fn readings(&self) -> &Readings {
        &self.block.readings
    }

    /// The execution that fetched them, and its schedule.
    #[must_use]
    pub fn fetched_by(&self) -> (ExecutionId, ScheduleId) {
        (self.block.run.execution, self.block.run.schedule)
    }

    /// When they were stored.
    #[must_use]
    pub fn stored_at(&self) -> Timestamp {
        self.block.run.created_at
    }
}

/// A walk through the blocks of a series, group by group and day by day.
pub struct StoredBlocks<'a> {
    table: Table<'a>,
    record: &'static RecordType,
    series: SeriesKey,
    days: VecDeque<(usize, String)>,
    start: Option<Item>,
}

impl Store {
    /// A walk through the blocks of a connection's series.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Unstorable`] for what is no series.
    pub async fn stored_blocks(
        &self,
        connection: ConnectionId,
        record: &'static RecordType,
    ) -> Result<StoredBlocks<'_>, StoreError> {
        let table = self.telematics_table();
        let series = SeriesKey { tag: super::packing(record)?.tag, connection };
        let mut days = BTreeSet::new();
        for group in 0..Directory::load(table, series).await?.groups() {
            // The newest day before the others: one that ends meanwhile is found among those.
            if let Some(item) = table.get(&series.pk(), &keys::snapshot(group)).await? {
                days.extend(GroupSnapshot::read(record, &item)?.today.map(|(day, _)| (group, day)));
            }
            let earlier = Span { projection: Some("pk, sk"), ..Span::all(keys::group_days(series.tag, connection, group)) };
            let earlier = table.query_all(&earlier).await?;
            days.extend(earlier.iter().map(|item| (group, read_text(item, "sk").to_owned())));
        }
        Ok(StoredBlocks { table, record, series, days: days.into_iter().collect(), start: None })
    }

    /// Gives readings of a block other cells: those in the rows `changed` of `readings`, which has the block's subjects and times. False
    /// where the block has gone.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if others keep writing to the same subjects, [`StoreError::Unstorable`] for other subjects or times.
    pub async fn rewrite_block(
        &self,
        origin: &Origin,
        stored: &StoredBlock,
        (readings, changed): (&Readings, &[usize]),
    ) -> Result<bool, StoreError> {
        let before = stored.readings();
        let is_same = |row: usize| readings.subject(row) == before.subject(row) && readings.time(row) == before.time(row);
        if readings.len() != before.len() || !(0..before.len()).all(is_same) {
            return Err(unstorable("other readings than those of the block"));
        }
        let (table, place) = (self.telematics_table(), place_of(&stored.item)?);
        let series = SeriesKey { tag: readings.packing().tag, connection: origin.connection };
        let mut item = stored.item.clone();
        item.insert("data".into(), bytes(codec::pack(readings)?));
        item.insert("updated_at".into(), number(origin.now.micros()));
        for _ in 0..MAX_ATTEMPTS {
            let (pk, sk) = (read_text(&item, "pk"), read_text(&item, "sk"));
            if table.get(pk, sk).await?.is_none() {
                return Ok(false);
            }
            let mut writes = vec![transact(table.put(item.clone(), Some(("attribute_exists(pk)", Item::new())))?)];
            if let Some(newest) = table.get(&series.pk(), &keys::snapshot(stored.group)).await? {
                let mut newest = GroupSnapshot::read(readings.record(), &newest)?;
                let amended = changed.iter().filter(|row| newest.amend((readings, **row), place, origin.now)).count();
                if amended > 0 {
                    let gate = Gate::of(series, stored.group, &newest)
                        .map(|gate| gate.empty_block(origin, stored.group, readings.record()));
                    for block in gate.transpose()?.unwrap_or_default() {
                        writes.push(transact(absent(table, block)?));
                    }
                    writes.push(transact(revised(table, newest.item(origin, stored.group)?, newest.revision)?));
                }
            }
            writes.extend(table.outdate(origin, (stored.group, &stored.day)).await?);
            if is_committed(table.transact(writes).await)? {
                return Ok(true);
            }
            table.adopt_block(origin, series, stored.group, readings.record()).await?;
        }
        Err(StoreError::Conflict)
    }
}

impl StoredBlocks<'_> {
    /// The next page, which may be empty; `None` at the end.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next_page(&mut self) -> Result<Option<Vec<StoredBlock>>, StoreError> {
        let Some((group, day)) = self.days.front().cloned() else { return Ok(None) };
        let pk = keys::blocks(self.series.tag, self.series.connection, group, &day);
        let (items, next) = self.table.query_page(&Span::all(pk), PAGE, self.start.take()).await?;
        if next.is_none() {
            self.days.pop_front();
        }
        self.start = next;
        let block = |item: Item| {
            let block = Block::whole(self.record, &item)?;
            Ok(StoredBlock { group, day: day.clone(), item, block })
        };
        items.into_iter().map(block).collect::<Result<_, _>>().map(Some)
    }
}
