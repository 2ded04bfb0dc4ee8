//! Fetching and storing, page by page, within a budget.

use std::collections::HashSet;

use gateway::WorkerError;
use model::schedule::Schedule;
use model::telematics::{Batch, Observation};
use model::{ConnectionId, RecordId, Timestamp};
use providers::{Fetch, Fetched, ProviderError};
use store::StoreError;
use store::telematics::{Origin, Stored, Sweep};

use super::settle::{self, Committed};
use super::{Run, Source};

/// Pages of one run; what is left is for the next.
const MAX_PAGES: u32 = 50;
/// Seconds after which no further page is begun.
const MAX_SECONDS: f64 = 45.0;

/// Why fetching stopped before its end.
pub(super) enum Halt {
    /// The TSP did not do it.
    Provider(ProviderError),
    /// A fault of our own.
    Ours(WorkerError),
    /// The lease is gone, or the schedule ended.
    Superseded,
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Ours(error.into())
    }
}

/// What a run has brought so far.
#[derive(Default)]
pub(super) struct Haul {
    /// Where the next page begins.
    pub(super) cursor: Option<String>,
    /// Newest data point.
    pub(super) last_data_at: Option<Timestamp>,
    /// Whether there is more to fetch at once.
    pub(super) more: bool,
    /// Pages stored.
    pub(super) pages: u32,
    /// Records fetched.
    pub(super) records: usize,
    /// Records that were new.
    pub(super) added: u64,
    /// Records that changed.
    pub(super) modified: u64,
    /// Records that vanished at the TSP.
    pub(super) removed: u64,
    /// Ids of the walk since the cursor was last empty; `None` where this run did not see the walk's beginning.
    walk: Option<HashSet<RecordId>>,
}

impl Haul {
    pub(super) fn starting_at(schedule: &Schedule) -> Self {
        Self { cursor: schedule.cursor.clone(), ..Self::default() }
    }
}

/// Fetches and stores pages until there are no more or the budget ends. What was stored before a halt stays stored, and its
/// cursor is committed.
pub(super) async fn fetch_all(run: &Run<'_>, source: &Source<'_>, schedule: &Schedule, haul: &mut Haul) -> Result<(), Halt> {
    loop {
        if haul.cursor.is_none() {
            haul.walk = Some(HashSet::new());
        }
        let fetched = page(run, source, schedule, haul).await?;
        keep(run, schedule, haul, &fetched).await?;
        haul.cursor = fetched.cursor;
        haul.more = fetched.more;
        if !haul.more || is_spent(run, haul) {
            return Ok(());
        }
        if settle::page(run, schedule, haul).await? == Committed::Superseded {
            return Err(Halt::Superseded);
        }
    }
}

async fn page(run: &Run<'_>, source: &Source<'_>, schedule: &Schedule, haul: &Haul) -> Result<Fetched, Halt> {
    let fetch = Fetch {
        connection: schedule.connection_id,
        credentials: source.credentials,
        base_url: source.base,
        cursor: haul.cursor.as_deref(),
        now: (run.clock)(),
    };
    let fetched = source.adapter.fetch(source.http, schedule.resource, fetch).await.map_err(Halt::Provider)?;
    if fetched.more && fetched.cursor == haul.cursor {
        let what = "the next page is the same page".into();
        return Err(Halt::Provider(ProviderError::Malformed { what, reply: None }));
    }
    Ok(fetched)
}

fn is_spent(run: &Run<'_>, haul: &Haul) -> bool {
    haul.pages >= MAX_PAGES || (run.clock)().seconds_since(run.started) >= MAX_SECONDS
}

pub(super) async fn keep(run: &Run<'_>, schedule: &Schedule, haul: &mut Haul, fetched: &Fetched) -> Result<(), Halt> {
    let origin = origin(run, schedule);
    let stored = store_batch(run, &origin, &fetched.batch).await?;
    haul.pages += 1;
    haul.records += fetched.batch.len();
    haul.added += stored.added;
    haul.modified += stored.modified;
    haul.last_data_at = haul.last_data_at.max(fetched.last_data_at);
    if let Some(walk) = &mut haul.walk {
        walk.extend(ids(&fetched.batch, schedule.connection_id));
    }
    if fetched.complete_scan {
        haul.removed += sweep(run, &origin, &fetched.batch, haul.walk.take()).await?;
    }
    Ok(())
}

fn origin(run: &Run<'_>, schedule: &Schedule) -> Origin {
    Origin {
        connection: schedule.connection_id,
        resource: schedule.resource,
        tsp: run.connection.tsp_id,
        tsp_slug: run.connection.tsp_slug.clone(),
        source_name: run.connection.source_name.clone(),
        execution: run.id,
        schedule: schedule.id,
        now: (run.clock)(),
    }
}

async fn store_batch(run: &Run<'_>, origin: &Origin, batch: &Batch) -> Result<Stored, StoreError> {
    match batch {
        batch if batch.is_empty() => Ok(Stored::default()),
        Batch::Vehicles(rows) => run.store.upsert_entities(origin, rows).await,
        Batch::Users(rows) => run.store.upsert_entities(origin, rows).await,
        Batch::HosEvents(rows) => run.store.upsert_events(origin, rows).await,
        Batch::Positions(positions) => run.store.store_positions(origin, positions).await,
    }
}

/// The records that a sweep may find missing; others are never tombstoned.
fn ids(batch: &Batch, connection: ConnectionId) -> Vec<RecordId> {
    fn of<T>(rows: &[Observation<T>], connection: ConnectionId) -> Vec<RecordId> {
        rows.iter().map(|row| RecordId::of(&row.source_id, connection)).collect()
    }
    match batch {
        Batch::Vehicles(rows) => of(rows, connection),
        Batch::Users(rows) => of(rows, connection),
        Batch::HosEvents(_) | Batch::Positions(_) => Vec::new(),
    }
}

/// Tombstones what a whole walk did not bring; a walk whose beginning another run saw proves nothing.
async fn sweep(run: &Run<'_>, origin: &Origin, batch: &Batch, walk: Option<HashSet<RecordId>>) -> Result<u64, StoreError> {
    let (Batch::Vehicles(_) | Batch::Users(_), Some(seen)) = (batch, walk) else {
        return Ok(0);
    };
    match run.store.tombstone_missing(origin, &seen).await? {
        Sweep::Done { removed } => Ok(removed),
        Sweep::Refused { missing, known } => {
            tracing::error!(missing, known, "scan lacks too many records, nothing was removed");
            Ok(0)
        }
    }
}
