//! Fetching and storing, page by page, within a budget.

use std::collections::HashSet;
use std::time::Duration;

use gateway::{WorkerError, metrics};
use model::schedule::Schedule;
use model::telematics::{Batch, RecordType, Storage};
use model::{ConnectionId, RecordId, Timestamp};
use providers::{Fetch, Fetched, Pause, ProviderError};
use store::StoreError;
use store::control::SetAsideReason;
use store::telematics::Origin;

use super::commit::{self, Committed};
use super::progress::Progress;
use super::standing::Standing;
use super::stated::{Stated, removed_by};
use super::{Run, Source, aside, lease, standing, validation};
use crate::budget::{AccountBudget, Time};

/// Pages of one run; what is left is for the next.
const MAX_PAGES: u32 = 50;
/// Seconds after which no further page is begun.
const MAX_SECONDS: f64 = 45.0;
/// Seconds after which no window is compared any further: what is left of the function's time is for the commit.
const MAX_REPLACE_SECONDS: f64 = 90.0;

/// Seconds after which no request is waited for any more.
const BUDGET_SECONDS: i64 = 45;

/// The longest that a page is waited for, in all, where the TSP asks to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// A wait that is shorter is this long, so that a TSP that asks for none is not asked in a circle.
const SHORTEST_WAIT: Duration = Duration::from_millis(200);

/// How far back a new connection is filled from the TSP's history.
const FIRST_HISTORY_SECONDS: i64 = 86_400;

/// Why fetching stopped early.
pub(super) enum FetchError {
    /// The TSP failed.
    Provider(ProviderError),
    /// An internal error: storage, vault or queue.
    Internal(WorkerError),
    /// The lease is gone, or the schedule ended.
    Superseded,
}

impl From<StoreError> for FetchError {
    fn from(error: StoreError) -> Self {
        match error {
            // What the TSP sent is the reason: as with a page that cannot be read, its cursor is not tried for ever.
            StoreError::Unstorable(what) => Self::Provider(ProviderError::Malformed { what, response: None }),
            other => Self::Internal(other.into()),
        }
    }
}

/// Fetches and stores pages until there are no more or the budget ends. What was stored before an error stays stored, and its
/// cursor is committed.
pub(super) async fn fetch_all(
    run: &Run<'_>,
    source: &Source<'_>,
    (schedule, budget): (&Schedule, &AccountBudget<'_>),
    progress: &mut Progress,
) -> Result<(), FetchError> {
    loop {
        if progress.cursor.is_none() && matches!(record_of(schedule)?.storage, Storage::Entity { .. }) {
            progress.seen = Some(HashSet::new());
        }
        let fetched = fetch_page(run, source, (schedule, budget), progress).await?;
        let (cursor, more) = (fetched.cursor.clone(), fetched.more);
        progress.drift.add(fetched.drift.clone());
        store_page(run, schedule, progress, fetched).await?;
        (progress.cursor, progress.more) = (cursor, more);
        if more && leads_round(progress) {
            // There is no way on from here: the next run begins where the feed is then.
            aside::lose_cursor(run, schedule, progress, SetAsideReason::CircularFeed, String::new()).await?;
            let left = progress.cursor.as_deref().and_then(|cursor| providers::after_loss(cursor, (run.clock)()));
            (progress.cursor, progress.more) = (left, false);
        }
        if !progress.more || is_spent(run, progress) {
            return replace_window(run, schedule, progress).await;
        }
        if commit::cursor(run, schedule, progress).await? == Committed::Superseded {
            return Err(FetchError::Superseded);
        }
    }
}

/// Stops a run that lost its lease: another one may be at work.
pub(super) async fn must_hold_lease(run: &Run<'_>, schedule: &Schedule) -> Result<(), FetchError> {
    if lease::is_held(run, schedule).await? { Ok(()) } else { Err(FetchError::Superseded) }
}

/// Whether the next page was fetched before in this run.
fn leads_round(progress: &mut Progress) -> bool {
    progress.cursor.clone().is_none_or(|cursor| !progress.visited.insert(cursor))
}

/// The request budget of the account, for a run of the schedule as it was before.
pub(super) fn budget<'a>(run: &'a Run<'_>, source: &'a Source<'_>, before: &Schedule) -> AccountBudget<'a> {
    let time = Time { clock: run.clock, pause: source.pause, end: run.started.plus_seconds(BUDGET_SECONDS) };
    AccountBudget::new(run.store, run.connection, source.adapter, time).of_run(before)
}

async fn fetch_page(
    run: &Run<'_>,
    source: &Source<'_>,
    (schedule, budget): (&Schedule, &AccountBudget<'_>),
    progress: &Progress,
) -> Result<Fetched, FetchError> {
    let fetch = Fetch {
        connection: schedule.connection_id,
        credentials: source.credentials,
        base_url: source.base,
        cursor: progress.cursor.as_deref(),
        now: (run.clock)(),
        last_data_at: stored_until(schedule, progress, (run.clock)()),
        pause: Pause(source.pause),
        budget,
        sessions: source.sessions,
        lane: source.lane,
    };
    ask(run, source, schedule, fetch).await.map_err(FetchError::Provider)
}

/// The time of the newest record that is stored. A connection that is new counts as one that stored until a day ago.
pub(super) fn stored_until(schedule: &Schedule, progress: &Progress, now: Timestamp) -> Option<Timestamp> {
    let is_new = schedule.last_success_at.is_none();
    let newest = schedule.last_data_at.max(progress.last_data_at);
    newest.or_else(|| is_new.then(|| now.plus_seconds(-FIRST_HISTORY_SECONDS)))
}

/// The TSP's answer. Where it asks to wait for a few seconds, that is done here.
async fn ask(run: &Run<'_>, source: &Source<'_>, schedule: &Schedule, fetch: Fetch<'_>) -> Result<Fetched, ProviderError> {
    let mut waited = Duration::ZERO;
    loop {
        let now = (run.clock)();
        let answer = source.adapter.fetch(source.http, schedule.resource, Fetch { now, ..fetch }).await;
        let Err(error) = answer else { return answer };
        if matches!(error, ProviderError::RateLimited { response: Some(_), .. }) {
            metrics::rate_limited(&run.connection.source_name);
        }
        let Some(wait) = error.retry_after().map(|wait| wait.max(SHORTEST_WAIT)) else { return Err(error) };
        let has_time = now.seconds_since(run.started) + wait.as_secs_f64() < MAX_SECONDS;
        if waited + wait > LONGEST_WAIT || !has_time {
            return Err(error);
        }
        tracing::info!(wait_ms = u64::try_from(wait.as_millis()).ok(), "provider asks to wait, waiting");
        (source.pause)(wait).await;
        waited += wait;
    }
}

pub(super) fn is_spent(run: &Run<'_>, progress: &Progress) -> bool {
    progress.pages >= MAX_PAGES || (run.clock)().seconds_since(run.started) >= MAX_SECONDS
}

pub(super) async fn store_page(
    run: &Run<'_>,
    schedule: &Schedule,
    progress: &mut Progress,
    fetched: Fetched,
) -> Result<(), FetchError> {
    must_hold_lease(run, schedule).await?;
    let origin = origin(run, schedule)?;
    let Standing { rows, notes } = standing::apply(run.store, &origin, fetched.states).await?;
    let batch = standing::join(fetched.batch, rows);
    progress.records += batch.len();
    if let Some(seen) = &mut progress.seen {
        // What is set aside below exists all the same.
        seen.extend(ids(&batch, schedule.connection_id));
    }
    if let Some(part) = fetched.window {
        let ids = ids(&batch, schedule.connection_id);
        match &mut progress.stated {
            Some(stated) if !part.begins => stated.extend(part, ids),
            stated => *stated = Some(Stated::begin(part, ids)),
        }
    }
    let (batch, rejected) = validation::validated(origin.record, batch, origin.now);
    aside::keep(run, schedule, progress, rejected).await?;
    let stored = run.store.store_rows(&origin, &batch).await?;
    // After the rows: until then, a page that is read again finds what was before it.
    run.store.note_states(&origin, &notes).await?;
    progress.pages += 1;
    progress.added += stored.added;
    progress.modified += stored.modified;
    let newest = batch.last_occurred_at().map(|time| time.min(origin.now));
    progress.last_data_at = progress.last_data_at.max(newest);
    let withdrawn = fetched.withdrawn.iter().map(|id| RecordId::of(id, schedule.connection_id)).collect::<Vec<_>>();
    progress.removed += run.store.withdraw_events(&origin, &withdrawn).await?;
    // The end of a scan that another run began proves nothing.
    if let Some(seen) = progress.seen.take_if(|_| fetched.complete_scan) {
        must_hold_lease(run, schedule).await?;
        if has_seen_all(&seen, fetched.scan_total) {
            progress.removed += remove_missing(run, &origin, &seen).await?;
        }
    }
    if progress.stated.as_ref().is_some_and(Stated::has_ended) {
        replace_window(run, schedule, progress).await?;
    }
    Ok(())
}

/// Whether a scan brought as many records as its list was said to have.
fn has_seen_all(seen: &HashSet<RecordId>, total: Option<u64>) -> bool {
    let distinct = u64::try_from(seen.len()).unwrap_or(u64::MAX);
    let is_whole = total.is_none_or(|total| distinct >= total);
    if !is_whole {
        tracing::info!(distinct, total, "list changed while it was read, it proves nothing about absence");
    }
    is_whole
}

/// What was read of a window replaces what was stored of it.
pub(super) async fn replace_window(run: &Run<'_>, schedule: &Schedule, progress: &mut Progress) -> Result<(), FetchError> {
    if let Some(stated) = progress.stated.take() {
        must_hold_lease(run, schedule).await?;
        let has_time = || (run.clock)().seconds_since(run.started) < MAX_REPLACE_SECONDS;
        progress.removed += stated.replace(run.store, &origin(run, schedule)?, &has_time).await?;
    }
    Ok(())
}

pub(super) fn origin(run: &Run<'_>, schedule: &Schedule) -> Result<Origin, FetchError> {
    Ok(Origin::of(run.connection, record_of(schedule)?, (run.id, schedule.id), (run.clock)()))
}

fn record_of(schedule: &Schedule) -> Result<&'static RecordType, FetchError> {
    let unknown = || FetchError::Internal(WorkerError::Other(format!("{} is not served", schedule.resource)));
    schedule.resource.record_type().ok_or_else(unknown)
}

/// The records of a page. Readings are never removed.
fn ids(batch: &Batch, connection: ConnectionId) -> Vec<RecordId> {
    match batch {
        Batch::Records(rows) => rows.iter().map(|row| RecordId::of(&row.source_id, connection)).collect(),
        Batch::Readings(_) => Vec::new(),
    }
}

/// Tombstones the records that a complete scan did not list.
async fn remove_missing(run: &Run<'_>, origin: &Origin, seen: &HashSet<RecordId>) -> Result<u64, StoreError> {
    Ok(removed_by(run.store.remove_missing_rows(origin, seen).await?))
}
