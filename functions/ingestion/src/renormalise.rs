//! Stored sources, mapped again: after a mapper was mended, rows that it misread are written as it reads them now.
//!
//! Rows keep their ids, sources, hashes and `created_at`, and which execution fetched them. One whose record has another version by the
//! time of the write keeps that. Members that other answers of the provider told stay where the source alone does not tell them. Rows
//! that are the same cost no write, so a repetition goes on where the one before it ended.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::connection::Connection;
use model::telematics::readings::Readings;
use model::telematics::{Batch, Fields, Observation, RecordType, Storage};
use model::{ExecutionId, RecordId, RecordIds, Resource, ScheduleId, Timestamp};
use providers::{Adapter, Drift, ProviderError, Remapped, StoredSource};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use store::telematics::{Origin, StoredBlock, StoredRecord, Version};
use store::{Store, StoreError};

use crate::replay::Mode;
use crate::run::validation::validated;

/// Why nothing can be mapped again.
#[derive(Debug, thiserror::Error)]
pub enum RenormaliseError {
    /// The provider, the resource, or its mapping, which takes other answers.
    #[error("{0}")]
    Unsupported(String),
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Renormalised {
    /// Rows whose sources were mapped.
    pub mapped: u64,
    /// Rows that are other ones now, or would be.
    pub changed: u64,
    /// In how many rows each member is another one.
    pub members: BTreeMap<String, u64>,
    /// Rows that stay as they are because their sources cannot be mapped again, by reason.
    pub left: BTreeMap<&'static str, u64>,
    /// What the sources have that the adapter does not know.
    pub drift: Drift,
    /// The first rows that are other ones.
    pub differences: Vec<Difference>,
}

/// What is different in a row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The row's id.
    pub id: RecordId,
    /// Members with what they were and what they are.
    pub members: BTreeMap<String, (Value, Value)>,
}

/// What is mapped again, and how much is told of it.
struct Renormalise<'a> {
    store: &'a Store,
    connection: &'a Connection,
    record: &'static RecordType,
    adapter: &'static dyn Adapter,
    now: Timestamp,
    mode: Mode,
    /// How many rows are told in full.
    shown: usize,
    done: Renormalised,
}

/// Why a row is left as it is.
type Left = &'static str;

/// The source was too large to be kept.
const NO_SOURCE: Left = "no_source";
/// The mapping of today makes no row of it.
const NO_ROW: Left = "no_row";
/// It makes the row of another record.
const OTHER_RECORD: Left = "other_record";
/// A run, or retention, was faster.
const WRITTEN_MEANWHILE: Left = "written_meanwhile";

/// Maps the stored sources of a connection's resource again, page by page.
///
/// # Errors
/// [`RenormaliseError`]; what was written until then stays.
pub async fn renormalise(
    store: &Store,
    (connection, resource): (&Connection, Resource),
    now: Timestamp,
    (mode, shown): (Mode, usize),
) -> Result<Renormalised, RenormaliseError> {
    let unknown = || RenormaliseError::Unsupported(format!("{resource} of {} is not mapped", connection.source_name));
    let known = resource.record_type().zip(providers::adapter(&connection.source_name));
    let (record, adapter) = known.ok_or_else(unknown)?;
    let done = Renormalised::default();
    let mut renormalise = Renormalise { store, connection, record, adapter, now, mode, shown, done };
    renormalise.must_be_mapped()?;
    match record.storage {
        Storage::Series(..) => renormalise.series().await?,
        _ => renormalise.records().await?,
    }
    Ok(renormalise.done)
}

impl Renormalise<'_> {
    /// That the resource can be mapped again is told before anything is read.
    fn must_be_mapped(&self) -> Result<(), RenormaliseError> {
        let nothing: &RawValue = serde_json::from_str("{}").map_err(|error| RenormaliseError::Unsupported(error.to_string()))?;
        let stored = StoredSource { source_id: "", at: self.now, json: nothing };
        match self.remap(&stored) {
            Err(error) => Err(RenormaliseError::Unsupported(error.to_string())),
            Ok(_) => Ok(()),
        }
    }

    fn remap(&self, stored: &StoredSource<'_>) -> Result<Option<Remapped>, ProviderError> {
        self.adapter.remap(self.record.resource, self.connection.id, stored)
    }

    /// The believed row of a source, and the members that others tell, too.
    fn map(&mut self, stored: &StoredSource<'_>) -> Result<Remapped, Left> {
        let Remapped { batch, beside, drift } = self.remap(stored).ok().flatten().ok_or(NO_ROW)?;
        self.done.drift.add(drift);
        let (batch, rejected) = validated(self.record, batch, stored.at);
        match rejected.first() {
            Some(rejected) => Err(rejected.reason.name()),
            None if batch.is_empty() => Err(NO_ROW),
            None => Ok(Remapped { batch, beside, drift: Drift::default() }),
        }
    }

    /// Takes note of a row that is another one now.
    fn note(&mut self, id: RecordId, members: BTreeMap<String, (Value, Value)>) {
        self.done.changed += 1;
        for name in members.keys() {
            *self.done.members.entry(name.clone()).or_default() += 1;
        }
        if self.done.differences.len() < self.shown {
            self.done.differences.push(Difference { id, members });
        }
    }

    fn leave(&mut self, left: Left) {
        *self.done.left.entry(left).or_default() += 1;
    }

    fn origin(&self, run: (ExecutionId, ScheduleId)) -> Origin {
        Origin::of(self.connection, self.record, run, self.now)
    }

    async fn records(&mut self) -> Result<(), StoreError> {
        let mut walk = self.store.stored_records(self.connection.id, self.record).await?;
        while let Some(page) = walk.next_page().await? {
            let mut changed: BTreeMap<(ExecutionId, ScheduleId), Vec<Observation<Fields>>> = BTreeMap::new();
            let mut seen: HashMap<RecordId, Version> = HashMap::new();
            for stored in page {
                match self.renewed(&stored) {
                    Ok(Some(row)) => {
                        changed.entry((stored.execution, stored.schedule)).or_default().push(row);
                        seen.insert(stored.id, stored.version);
                    }
                    Ok(None) => {}
                    Err(left) => self.leave(left),
                }
            }
            if self.mode == Mode::DryRun {
                continue;
            }
            for (run, rows) in changed {
                let written = self.store.replace_rows(&self.origin(run), &rows, &seen).await?;
                (0..written.unchanged).for_each(|_| self.leave(WRITTEN_MEANWHILE));
            }
        }
        Ok(())
    }

    /// The row of a stored record as it is mapped now; `None` where it is the same.
    fn renewed(&mut self, stored: &StoredRecord) -> Result<Option<Observation<Fields>>, Left> {
        let json = stored.source.as_deref().ok_or(NO_SOURCE)?;
        let source = StoredSource { source_id: &stored.source_id, at: stored.version.updated_at, json };
        let Remapped { batch, beside, .. } = self.map(&source)?;
        let Batch::Records(rows) = batch else { return Err(NO_ROW) };
        let row = rows.into_iter().next().ok_or(NO_ROW)?;
        if row.source_id != stored.source_id {
            return Err(OTHER_RECORD);
        }
        self.done.mapped += 1;
        let mut fields: Map<String, Value> = serde_json::from_str(row.fields.get()).map_err(|_| NO_ROW)?;
        for name in beside.iter().filter(|name| !fields.contains_key(**name)).collect::<Vec<_>>() {
            fields.extend(stored.fields.get(*name).map(|kept| ((*name).to_owned(), kept.clone())));
        }
        let occurred_at = row.occurred_at.unwrap_or(stored.occurred_at);
        let mut members = difference(&stored.fields, &fields);
        let mut also = |name: &str, before: Value, now: Value| {
            if before != now {
                members.insert(name.to_owned(), (before, now));
            }
        };
        also("occurred_at", stored.occurred_at.to_string().into(), occurred_at.to_string().into());
        also("extras", stored.extras.clone().unwrap_or_default(), row.extras.clone().unwrap_or_default());
        if members.is_empty() {
            return Ok(None);
        }
        self.note(stored.id, members);
        let fields = stored_form(self.record, &fields).ok_or(NO_ROW)?;
        // What the TSP sent is the same, and so is its hash.
        let (source, source_hash) = (serde_json::from_str(json.get()).map_err(|_| NO_SOURCE)?, stored.version.hash.clone());
        Ok(Some(Observation { occurred_at: Some(occurred_at), source, source_hash, is_partial: false, fields, ..row }))
    }

    async fn series(&mut self) -> Result<(), StoreError> {
        let mut walk = self.store.stored_blocks(self.connection.id, self.record).await?;
        while let Some(page) = walk.next_page().await? {
            for block in page {
                let Some((readings, changed)) = self.renewed_block(&block) else { continue };
                if changed.is_empty() || self.mode == Mode::DryRun {
                    continue;
                }
                if !self.store.rewrite_block(&self.origin(block.fetched_by()), &block, (&readings, &changed)).await? {
                    changed.iter().for_each(|_| self.leave(WRITTEN_MEANWHILE));
                }
            }
        }
        Ok(())
    }

    /// The readings of a block as they are mapped now, and which of them are other ones.
    fn renewed_block(&mut self, block: &StoredBlock) -> Option<(Readings, Vec<usize>)> {
        let before = block.readings();
        let (mut readings, mut changed) = (Readings::empty(self.record)?, Vec::new());
        for row in 0..before.len() {
            match self.renewed_reading(block, row) {
                Ok((now, beside)) => {
                    self.done.mapped += 1;
                    readings.push_renewed((before, row), (&now, 0), beside);
                }
                Err(left) => {
                    self.leave(left);
                    readings.push_from(before, row);
                }
            }
            let (was, is) = (self.row_of(before, row)?, self.row_of(&readings, row)?);
            if was != is {
                let members = |text: &[u8]| serde_json::from_slice::<Map<String, Value>>(text).unwrap_or_default();
                self.note(RecordId::of(&before.source_id(row), self.connection.id), difference(&members(&was), &members(&is)));
                changed.push(row);
            }
        }
        Some((readings, changed))
    }

    /// A reading as its source alone tells it, and the columns that others tell, too.
    fn renewed_reading(&mut self, block: &StoredBlock, row: usize) -> Result<(Readings, &'static [&'static str]), Left> {
        let (before, source_id) = (block.readings(), block.readings().source_id(row));
        let json: &RawValue = serde_json::from_str(before.sources().get(row)).map_err(|_| NO_SOURCE)?;
        let Remapped { batch, beside, .. } = self.map(&StoredSource { source_id: &source_id, at: block.stored_at(), json })?;
        let Batch::Readings(now) = batch else { return Err(NO_ROW) };
        if now.subject(0) == before.subject(row) && now.time(0) == before.time(row) {
            Ok((now, beside))
        } else {
            Err(OTHER_RECORD)
        }
    }

    /// The published members of a reading, as JSON text.
    fn row_of(&self, readings: &Readings, row: usize) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let ids = RecordIds(self.connection.id);
        (readings.packing().write)(readings.subject(row), readings.reader(row), ids, &mut out)?;
        Some(out)
    }
}

/// Members that differ, each with what it was and what it is.
fn difference(before: &Map<String, Value>, now: &Map<String, Value>) -> BTreeMap<String, (Value, Value)> {
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let value = |of: &Map<String, Value>, name: &String| of.get(name).cloned().unwrap_or_default();
    let pairs = names.into_iter().map(|name| (name.clone(), (value(before, name), value(now, name))));
    pairs.filter(|(_, (before, now))| before != now).collect()
}

/// Members as they are stored: in published order, and then those that are not published.
fn stored_form(record: &RecordType, fields: &Map<String, Value>) -> Option<Fields> {
    let published = record.members.iter().copied().filter(|name| fields.contains_key(*name));
    let others = fields.keys().map(String::as_str).filter(|name| !record.has(name));
    let member = |name: &str| Some(format!("{}:{}", Value::from(name), fields.get(name)?));
    let members: Vec<String> = published.chain(others).filter_map(member).collect();
    RawValue::from_string(format!("{{{}}}", members.join(","))).ok()
}
