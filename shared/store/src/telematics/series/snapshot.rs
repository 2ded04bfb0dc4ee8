//! The newest reading of each subject of a group.

use std::collections::{BTreeMap, BTreeSet};

use model::telematics::RecordType;
use model::telematics::readings::{Readings, Sources};
use model::{ConnectionId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::table::{Item, bytes, key, read_bytes, read_number, read_text, unreadable, unstorable};
use super::super::{Origin, keys};
use super::block::{Block, Reading, Run, Tsp, digest, empty};
use super::codec;
use super::columns::{self, Packed};
use super::groups::Day;
use crate::StoreError;

/// What is kept of a subject's newest reading beside its cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latest {
    /// Where its cells are in [`GroupSnapshot::readings`].
    row: usize,
    pub(super) run: Run,
    /// SHA-256 of the source; `None` where the reading was taken back and its source not read.
    pub(super) hash: Option<[u8; 32]>,
    /// Revision and part in the key of the block with the source.
    pub(super) block: (u64, usize),
}

/// The newest readings of a group's subjects, and the revision of all that is kept of the group.
#[derive(Clone, Debug)]
pub(super) struct GroupSnapshot {
    pub(super) revision: u64,
    /// Cells of newest readings, and of some that were: [`Latest::row`] says which count.
    readings: Readings,
    subjects: BTreeMap<String, Latest>,
    /// The newest day and its counts. They get an item of their own when a newer day begins: small fleets write an item less.
    pub(super) today: Option<(String, Day)>,
}

/// How a snapshot is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    cells: Packed,
    created: Vec<i64>,
    updated: Vec<i64>,
    runs: Vec<([u8; 16], [u8; 16])>,
    hashes: Vec<[u8; 32]>,
    blocks: Vec<(u64, usize)>,
    today: Option<(String, Day)>,
}

impl GroupSnapshot {
    /// The snapshot of a group without readings.
    pub(super) fn new(record: &'static RecordType) -> Result<Self, StoreError> {
        Ok(Self { revision: 0, readings: empty(record)?, subjects: BTreeMap::new(), today: None })
    }

    pub(super) fn read(record: &'static RecordType, item: &Item) -> Result<Self, StoreError> {
        let data = read_bytes(item, "data").ok_or_else(|| unreadable(item, "no readings"))?;
        let stored: Stored = codec::unpack_value(data).map_err(|error| unreadable(item, error))?;
        let readings = stored.cells.readings(record, Sources::default()).map_err(|error| unreadable(item, error))?;
        let times = columns::sums(&stored.created).into_iter().zip(columns::sums(&stored.updated));
        let rows = times.zip(stored.runs).zip(stored.hashes).zip(stored.blocks).enumerate();
        let mut subjects = BTreeMap::new();
        for (row, ((((created, updated), (execution, schedule)), hash), block)) in rows {
            let run = Run {
                execution: Uuid::from_bytes(execution).into(),
                schedule: Uuid::from_bytes(schedule).into(),
                created_at: Timestamp::from_micros(created),
                updated_at: Timestamp::from_micros(updated),
            };
            subjects.insert(readings.subject(row).to_owned(), Latest { row, run, hash: Some(hash), block });
        }
        Ok(Self { revision: read_number(item, "revision").unwrap_or(0), readings, subjects, today: stored.today })
    }

    pub(super) fn item(&self, origin: &Origin, group: usize) -> Result<Item, StoreError> {
        let mut readings = empty(self.readings.record())?;
        self.subjects.values().for_each(|latest| readings.push_cells(&self.readings, latest.row));
        let latest = || self.subjects.values();
        let steps = |get: fn(&Run) -> Timestamp| {
            let times: Vec<i64> = latest().map(|latest| get(&latest.run).micros()).collect();
            columns::differences(&times)
        };
        let ids = |run: &Run| (*run.execution.uuid().as_bytes(), *run.schedule.uuid().as_bytes());
        let stored = Stored {
            cells: Packed::of(&readings),
            created: steps(|run| run.created_at),
            updated: steps(|run| run.updated_at),
            runs: latest().map(|latest| ids(&latest.run)).collect(),
            hashes: latest()
                .map(|latest| latest.hash)
                .collect::<Option<_>>()
                .ok_or_else(|| unstorable("a reading lacks its hash"))?,
            blocks: latest().map(|latest| latest.block).collect(),
            today: self.today.clone(),
        };
        let mut item = key(&keys::snapshots(self.readings.packing().tag, origin.connection), &keys::snapshot(group));
        item.insert("data".into(), bytes(codec::pack_value(&stored)?));
        item.extend(Tsp::attributes(origin));
        Ok(item)
    }

    /// When a subject's newest reading was measured, in microseconds.
    pub(super) fn time(&self, subject: &str) -> Option<i64> {
        self.readings.times().get(self.subjects.get(subject)?.row).copied()
    }

    /// The hour of the newest reading.
    pub(super) fn open_hour(&self) -> Option<i64> {
        let newest = self.subjects.values().filter_map(|latest| self.readings.times().get(latest.row)).max()?;
        Some(keys::hour(Timestamp::from_micros(*newest)))
    }

    /// Makes fetched readings their subjects' newest, where they are newer than those that are known. Each comes with the revision and the part
    /// of its block.
    pub(super) fn take(&mut self, run: Run, fetched: &Readings, rows: impl IntoIterator<Item = (usize, (u64, usize))>) {
        let mut newest: BTreeMap<&str, (i64, usize, (u64, usize))> = BTreeMap::new();
        for (row, block) in rows {
            let (subject, time) = (fetched.subject(row), fetched.time(row).micros());
            let known = newest.get(subject).map(|(time, ..)| *time).or_else(|| self.time(subject));
            if known.is_none_or(|known| known < time) {
                newest.insert(subject, (time, row, block));
            }
        }
        for (subject, (_, row, block)) in newest {
            // The first `created_at` stays.
            let created_at = self.subjects.get(subject).map_or(run.created_at, |known| known.run.created_at);
            let hash = Some(digest(fetched.sources().get(row)));
            self.put(subject, (fetched, row), Latest { row: self.readings.len(), run: Run { created_at, ..run }, hash, block });
        }
    }

    fn put(&mut self, subject: &str, (from, row): (&Readings, usize), latest: Latest) {
        self.readings.push_cells(from, row);
        self.subjects.insert(subject.to_owned(), latest);
    }

    /// The subjects whose newest reading was measured at this instant or later.
    pub(super) fn measured_since(&self, start: Timestamp) -> BTreeSet<String> {
        let is_late = |subject: &&String| self.time(subject).is_some_and(|time| time >= start.micros());
        self.subjects.keys().filter(is_late).cloned().collect()
    }

    /// Makes an earlier reading its subject's newest.
    pub(super) fn put_back(&mut self, fetched: &Block, row: usize, block: (u64, usize)) {
        let subject = fetched.readings.subject(row);
        let created_at = self.subjects.get(subject).map_or(fetched.run.created_at, |known| known.run.created_at);
        let run = Run { created_at, ..fetched.run };
        self.put(subject, (&fetched.readings, row), Latest { row: self.readings.len(), run, hash: None, block });
    }

    /// Gives a subject's newest reading other cells, if it is the one in a block; is it?
    pub(super) fn amend(&mut self, (readings, row): (&Readings, usize), block: (u64, usize), now: Timestamp) -> bool {
        let (subject, at) = (readings.subject(row), self.readings.len());
        let is_newest = self.time(subject) == readings.times().get(row).copied();
        let Some(latest) = self.subjects.get_mut(subject).filter(|latest| is_newest && latest.block == block) else {
            return false;
        };
        (latest.row, latest.run.updated_at) = (at, now);
        self.readings.push_cells(readings, row);
        true
    }

    /// Leaves a subject out.
    pub(super) fn forget(&mut self, subject: &str) {
        self.subjects.remove(subject);
    }

    /// The newest readings without their sources, each with its subject and what else is kept of it.
    pub(super) fn latest(&self) -> impl Iterator<Item = (&str, Latest)> {
        self.subjects.iter().map(|(subject, latest)| (subject.as_str(), *latest))
    }

    pub(super) fn readings(&self) -> &Readings {
        &self.readings
    }

    /// One of the newest readings.
    pub(super) fn reading<'a>(&'a self, latest: &Latest, source: Option<&'a str>) -> Reading<'a> {
        Reading { readings: &self.readings, row: latest.row, run: latest.run, hash: latest.hash, source }
    }

    /// The key of the block that holds the source of one of the newest readings.
    pub(super) fn block_key(&self, item: &Item, connection: ConnectionId, latest: &Latest) -> Result<Item, StoreError> {
        let group = group_of(item)?;
        let at = self.readings.time(latest.row);
        let (revision, part) = latest.block;
        let pk = keys::blocks(self.readings.packing().tag, connection, group, &keys::day(at));
        Ok(key(&pk, &keys::block(keys::hour(at), revision, part)))
    }
}

/// The number of the group whose newest readings an item holds.
pub(super) fn group_of(item: &Item) -> Result<usize, StoreError> {
    read_text(item, "sk").trim_start_matches("G#").parse().map_err(|error| unreadable(item, error))
}

impl Latest {
    /// Where its cells are in the snapshot's readings.
    pub(super) fn row(&self) -> usize {
        self.row
    }
}
