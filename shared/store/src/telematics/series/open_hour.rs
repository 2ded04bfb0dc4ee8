//! The open hour of a group, that of its newest reading: how writers keep out of each other's way without a transaction each.
//!
//! A group's state is its newest readings and counts, with a revision. Most fetches bring readings of the open hour alone. Then a block with the
//! next revision in its key is put where none has this key yet, and after it the state with that revision. Everything else is one transaction, and
//! whoever moves the revision on puts a block with it into the open hour, an empty one if need be: so of two writers that read the same
//! state only one gets on. A process that dies between block and state leaves a block that the state does not know. The next writer finds
//! its key taken, and takes it into the state before it goes on.

use model::telematics::RecordType;

use super::super::table::{Item, Table, is_committed, read_text};
use super::super::{Origin, keys};
use super::block::{self, Block};
use super::groups::{Directory, SeriesKey, revised};
use super::snapshot::GroupSnapshot;
use crate::StoreError;

/// The place of the next revision's block in the open hour of a group.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    hour: i64,
    revision: u64,
    pk: String,
    sk: String,
}

impl Gate {
    /// `None` for a group without readings: its first state is made by one writer alone.
    pub(super) fn of(series: SeriesKey, group: usize, snapshot: &GroupSnapshot) -> Option<Self> {
        let (hour, revision) = (snapshot.open_hour()?, snapshot.revision + 1);
        let pk = keys::blocks(series.tag, series.connection, group, &keys::day(keys::hour_start(hour)));
        Some(Self { hour, revision, pk, sk: keys::block(hour, revision, 0) })
    }

    /// Whether a block has this place.
    pub(super) fn is_of(&self, block: &Item) -> bool {
        read_text(block, "pk") == self.pk && read_text(block, "sk") == self.sk
    }

    /// A block without readings in this place.
    pub(super) fn empty_block(
        &self,
        origin: &Origin,
        group: usize,
        record: &'static RecordType,
    ) -> Result<Vec<Item>, StoreError> {
        block::items(origin, group, self.hour, self.revision, &block::empty(record)?)
    }
}

impl Table<'_> {
    /// Takes a block that a process left without its state into the state, if there is one.
    pub(super) async fn adopt_block(
        &self,
        origin: &Origin,
        series: SeriesKey,
        group: usize,
        record: &'static RecordType,
    ) -> Result<(), StoreError> {
        let Some(item) = self.get(&series.pk(), &keys::snapshot(group)).await? else { return Ok(()) };
        let mut snapshot = GroupSnapshot::read(record, &item)?;
        let Some(gate) = Gate::of(series, group, &snapshot) else { return Ok(()) };
        let Some(left) = self.get(&gate.pk, &gate.sk).await? else { return Ok(()) };
        let block = Block::whole(record, &left)?;
        let directory = Directory::load(*self, series).await?;
        let slots = directory.slots();
        let (_, counts) = snapshot.today.get_or_insert_with(|| (keys::day(keys::hour_start(gate.hour)), Default::default()));
        for row in 0..block.readings.len() {
            let slot = slots.get(block.readings.subject(row)).ok_or(StoreError::Conflict)?;
            counts.add(gate.hour, slot.number);
        }
        let read = snapshot.revision;
        snapshot.take(block.run, &block.readings, (0..block.readings.len()).map(|row| (row, (gate.revision, 0))));
        // Where another writer was faster, its state has the block.
        is_committed(self.put_item(revised(*self, snapshot.item(origin, group)?, read)?).await).map(drop)
    }
}
