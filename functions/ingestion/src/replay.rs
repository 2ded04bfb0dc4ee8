//! What was set aside, mapped again: after a mapper was mended, rows that it misread are stored as if they came now.
//!
//! Each row passes what a fetched one passes: the mapping of today, validation as of when it came, and conditional writes that fire its
//! events. Its entry goes after it is stored, so a replay that ends in between finds the row stored and changes nothing twice. A row never
//! replaces what was stored after it was set aside.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::connection::Connection;
use model::schedule::Schedule;
use model::telematics::{Batch, Fields, Observation, RecordType, Storage};
use model::{ExecutionId, RecordId, Timestamp};
use providers::{Adapter, StoredSource};
use serde::Serialize;
use serde_json::value::RawValue;
use store::control::{SetAside, SetAsideReason, Write};
use store::telematics::{Origin, Version};
use store::{Page, Store, StoreError};

use crate::run::validation::validated;

/// Entries that are read at once: each holds up to 300 KB.
const ENTRIES: usize = 20;

/// Whether anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is.
    Write,
    /// It is only told what would be.
    DryRun,
}

/// What became of entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Rows that are stored now, or would be.
    pub stored: u64,
    /// Rows that were stored before, as they are or in a newer version. Their entries go, too.
    pub known: u64,
    /// Entries that stay, by reason.
    pub kept: BTreeMap<&'static str, u64>,
    /// Why resources cannot be mapped again.
    pub unsupported: BTreeSet<String>,
}

impl Replayed {
    /// Both together.
    pub fn add(&mut self, other: Self) {
        self.stored += other.stored;
        self.known += other.known;
        for (reason, count) in other.kept {
            *self.kept.entry(reason).or_default() += count;
        }
        self.unsupported.extend(other.unsupported);
    }

    fn keep(&mut self, reason: &'static str) {
        *self.kept.entry(reason).or_default() += 1;
    }
}

/// Why an entry stays.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stays {
    /// It is a page of the TSP, not a row.
    Page,
    /// Only the beginning of its source was kept.
    Cut,
    /// Its mapping takes more than its source.
    Unsupported(String),
    /// The mapping of today makes no row of it.
    NoRow,
    /// What the mapping of today makes of it is not believed.
    Rejected(SetAsideReason),
}

impl Stays {
    const fn name(&self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Cut => "cut",
            Self::Unsupported(_) => "unsupported",
            Self::NoRow => "no_row",
            Self::Rejected(reason) => reason.name(),
        }
    }
}

/// A schedule whose entries are replayed.
struct Replay<'a> {
    store: &'a Store,
    connection: &'a Connection,
    schedule: &'a Schedule,
    record: &'static RecordType,
    adapter: &'static dyn Adapter,
    now: Timestamp,
    mode: Mode,
}

/// Replays what was set aside for a schedule, a few entries at a time.
///
/// # Errors
/// [`StoreError`]; what was stored until then stays, and repeating it changes that not again.
pub async fn replay(
    store: &Store,
    (connection, schedule): (&Connection, &Schedule),
    now: Timestamp,
    mode: Mode,
) -> Result<Replayed, StoreError> {
    let mut done = Replayed::default();
    let known = schedule.resource.record_type().zip(providers::adapter(&connection.source_name));
    let Some((record, adapter)) = known else { return Ok(done) };
    let replay = Replay { store, connection, schedule, record, adapter, now, mode };
    let mut page = Page::first(ENTRIES);
    loop {
        let found = store.set_aside_page(schedule.id, &page, now).await?;
        let last = found.rows.last().map(|(_, mark)| mark.clone());
        replay.entries(found.rows.into_iter().map(|(entry, _)| entry), &mut done).await?;
        match last.filter(|_| found.after) {
            Some(last) => page.bookmark = Some(last),
            None => return Ok(done),
        }
    }
}

impl Replay<'_> {
    async fn entries(&self, entries: impl Iterator<Item = SetAside>, done: &mut Replayed) -> Result<(), StoreError> {
        // Rows of one execution are stored together.
        let mut good: BTreeMap<ExecutionId, Vec<(SetAside, Batch)>> = BTreeMap::new();
        for entry in entries {
            match self.map(&entry) {
                Ok(batch) => good.entry(entry.execution_id).or_default().push((entry, batch)),
                Err(stays) => self.keep(&entry, stays, done).await?,
            }
        }
        for (execution, rows) in good {
            self.store(execution, rows, done).await?;
        }
        Ok(())
    }

    /// The row that the mapping of today makes of an entry.
    fn map(&self, entry: &SetAside) -> Result<Batch, Stays> {
        if entry.source_id.starts_with("cursor:") {
            return Err(Stays::Page);
        }
        if entry.is_cut {
            return Err(Stays::Cut);
        }
        let json: &RawValue = serde_json::from_str(&entry.source).map_err(|_| Stays::NoRow)?;
        let stored = StoredSource { source_id: &entry.source_id, at: entry.created_at, json };
        let mapped = self.adapter.remap(self.schedule.resource, self.connection.id, &stored);
        let mapped = mapped.map_err(|error| Stays::Unsupported(error.to_string()))?.ok_or(Stays::NoRow)?;
        let is_partial = !mapped.beside.is_empty();
        let batch = partial(mapped.batch, is_partial);
        if is_partial && matches!(self.record.storage, Storage::Event(_)) && batch.last_occurred_at().is_none() {
            let what = format!("when a {} happened is not told by its source", self.schedule.resource);
            return Err(Stays::Unsupported(what));
        }
        // A row that was ahead of time when it came is no better for time having passed.
        let (batch, rejected) = validated(self.record, batch, entry.created_at);
        match rejected.first() {
            Some(rejected) => Err(Stays::Rejected(rejected.reason)),
            None if batch.is_empty() => Err(Stays::NoRow),
            None => Ok(batch),
        }
    }

    /// Leaves an entry where it is, with its reason of today.
    async fn keep(&self, entry: &SetAside, stays: Stays, done: &mut Replayed) -> Result<(), StoreError> {
        done.keep(stays.name());
        match stays {
            Stays::Rejected(reason) if reason != entry.reason && self.mode == Mode::Write => {
                let next = SetAside { reason, ..entry.clone() };
                unless_changed(self.store.commit(vec![Write::replace(entry, &next)?]).await)
            }
            Stays::Unsupported(what) => {
                done.unsupported.insert(what);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn store(&self, execution: ExecutionId, rows: Vec<(SetAside, Batch)>, done: &mut Replayed) -> Result<(), StoreError> {
        let origin = self.origin(execution);
        let (entries, batches): (Vec<SetAside>, Vec<Batch>) = rows.into_iter().unzip();
        let all = count(entries.len());
        let stored = match together(batches) {
            Some(Batch::Records(rows)) => self.store_records(&origin, &entries, rows).await?,
            Some(readings @ Batch::Readings(_)) if self.mode == Mode::Write => {
                self.store.store_rows(&origin, &readings).await?.added
            }
            _ => all,
        };
        done.stored += stored;
        done.known += all - stored;
        if self.mode == Mode::Write {
            for entry in &entries {
                unless_changed(self.store.commit(vec![Write::delete_seen(entry)?]).await)?;
            }
        }
        Ok(())
    }

    /// Stores records that are news, given what is stored of them: how many?
    async fn store_records(
        &self,
        origin: &Origin,
        entries: &[SetAside],
        rows: Vec<Observation<Fields>>,
    ) -> Result<u64, StoreError> {
        let ids: Vec<RecordId> = rows.iter().map(|row| RecordId::of(&row.source_id, self.connection.id)).collect();
        let versions: HashMap<RecordId, Version> = self.store.versions(origin, &ids).await?;
        let is_news = |(row, (entry, id)): (Observation<Fields>, (&SetAside, &RecordId))| {
            let replaces = |known: &Version| {
                let is_same = known.hash == row.source_hash && !known.is_deleted;
                !(is_same || row.is_partial || known.updated_at >= entry.created_at)
            };
            versions.get(id).is_none_or(replaces).then_some(row)
        };
        let news: Vec<_> = rows.into_iter().zip(entries.iter().zip(&ids)).filter_map(is_news).collect();
        if self.mode == Mode::DryRun {
            return Ok(count(news.len()));
        }
        let stored = self.store.replace_rows(origin, &news, &versions).await?;
        Ok(stored.added + stored.modified)
    }

    fn origin(&self, execution: ExecutionId) -> Origin {
        Origin::of(self.connection, self.record, (execution, self.schedule.id), self.now)
    }
}

/// A row that lacks what other answers tell replaces none.
fn partial(batch: Batch, is_partial: bool) -> Batch {
    match batch {
        Batch::Records(rows) => Batch::Records(rows.into_iter().map(|row| Observation { is_partial, ..row }).collect()),
        readings @ Batch::Readings(_) => readings,
    }
}

/// The rows of several batches of a record type.
fn together(batches: Vec<Batch>) -> Option<Batch> {
    batches.into_iter().reduce(|mut all, next| {
        match (&mut all, next) {
            (Batch::Records(rows), Batch::Records(more)) => rows.extend(more),
            (Batch::Readings(readings), Batch::Readings(more)) => (0..more.len()).for_each(|row| readings.push_from(&more, row)),
            _ => {}
        }
        all
    })
}

/// An entry that a run wrote again meanwhile stays as it is then.
fn unless_changed(written: Result<(), StoreError>) -> Result<(), StoreError> {
    match written {
        Err(StoreError::Conflict) => Ok(()),
        other => other,
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
