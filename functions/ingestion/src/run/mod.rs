//! One run of one schedule: lease, fetch page by page, store, commit.
//!
//! A page is stored first and its cursor committed after, so a crash at any point repeats at most one page, which changes
//! nothing twice: records are identified by their content. The last things that a run does are to store how it ended, and then to
//! give back its lease with the next instant.

mod aside;
mod commit;
#[cfg(test)]
mod crash_tests;
mod derive;
mod lease;
#[cfg(test)]
mod lease_tests;
pub mod outcome;
mod pages;
mod progress;
mod standing;
#[cfg(test)]
mod standing_tests;
mod stated;
#[cfg(test)]
mod tests;
pub(crate) mod validation;

use std::collections::BTreeMap;
use std::time::Duration;

use gateway::{Context, Outgoing, Queue, WorkerError, metrics};
use model::connection::{Connection, ConnectionStatus};
use model::credentials::Credentials;
use model::schedule::Schedule;
use model::telematics::Storage;
use model::tsp::Tsp;
use model::{ConnectionId, ExecutionId, ScheduleId, Timestamp, TraceId};
use providers::{Adapter, BoxFuture, Http, Lane, ProviderError, Sessions};
use serde::{Deserialize, Serialize};
use store::Store;
use store::control::Key;
use tracing::Instrument as _;
use url::Url;

use crate::sessions::SharedSession;
use crate::sign_in;
use outcome::is_due;
use pages::FetchError;
pub use progress::Progress;

/// What asks for a run: EventBridge Scheduler, or a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRequest {
    /// The connection.
    pub connection_id: ConnectionId,
    /// The schedule.
    pub schedule_id: ScheduleId,
    /// When the timer was to fire; absent from messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_for: Option<String>,
    /// Why a message asks; absent from timers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The trace that asks; absent from timers, which begin one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceId>,
}

/// Why a run is asked for outside its timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The schedule is new or active again.
    Activated,
    /// The run before it ended at its budget, with more to fetch.
    Continuation,
    /// Consent was restored.
    ConsentRestored,
    /// The TSP asked to wait, for less than the schedule's interval.
    Awaited,
}

/// Seconds that a queue holds a message back at most, and one to spare.
const LONGEST_DELAY: i64 = 899;

/// How a request for a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Not due, not active, or another run is under way.
    Skipped,
    /// Everything there was is stored.
    Fetched,
    /// The budget ended first; another run was asked for.
    Continues,
    /// The TSP asks to wait: the schedule goes on after so many seconds.
    Postponed {
        /// From now on.
        seconds: i64,
    },
    /// The TSP failed; the schedule says when to try again.
    Failed,
    /// The lease was lost, or the schedule ended meanwhile.
    Superseded,
}

impl Outcome {
    /// Its name in logs and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Fetched => "success",
            Self::Continues => "continues",
            Self::Postponed { .. } => "postponed",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
        }
    }
}

/// What a run fetches with.
pub(crate) struct Source<'a> {
    pub(crate) adapter: &'a dyn Adapter,
    pub(crate) http: &'a dyn Http,
    pub(crate) credentials: &'a Credentials,
    /// What the provider said where the credentials should have been replaced and were not.
    pub(crate) refused: Option<ProviderError>,
    pub(crate) base: &'a Url,
    /// Waits.
    pub(crate) pause: &'a (dyn Fn(Duration) -> BoxFuture<'static, ()> + Sync),
    /// The session of the account.
    pub(crate) sessions: &'a dyn Sessions,
    /// How often the lease is renewed.
    pub(crate) renewal: Duration,
    /// What its requests are for.
    pub(crate) lane: Lane,
}

/// A run that holds its lease.
pub(crate) struct Run<'a> {
    pub(crate) store: &'a Store,
    pub(crate) clock: &'a (dyn Fn() -> Timestamp + Sync),
    pub(crate) connection: &'a Connection,
    pub(crate) id: ExecutionId,
    /// Its lease.
    pub(crate) held: lease::Held,
    pub(crate) started: Timestamp,
}

impl<'a> Run<'a> {
    /// A run that took its lease when it started.
    pub(crate) fn new(
        store: &'a Store,
        clock: &'a (dyn Fn() -> Timestamp + Sync),
        connection: &'a Connection,
        id: ExecutionId,
        started: Timestamp,
    ) -> Self {
        Self { store, clock, connection, id, held: lease::Held::since(started), started }
    }
}

/// Runs a schedule if it is due. Any number of requests for the same minute make one run.
///
/// # Errors
/// Internal errors (storage, vault, queue), after which the request should be redelivered; a TSP's failures are outcomes.
pub async fn run_schedule(context: &Context, request: &RunRequest) -> Result<Outcome, WorkerError> {
    let RunRequest { connection_id, schedule_id, .. } = *request;
    let store = context.store();
    let schedule = store.get::<Schedule>(Key::schedule(connection_id, schedule_id)).await?;
    let schedule = schedule.map(|schedule| lease::expire(schedule, context.config().sole_process_since, context.now()));
    let Some(schedule) = schedule.filter(|schedule| is_due(schedule, context.now())) else {
        return Ok(Outcome::Skipped);
    };
    let connection = store.get::<Connection>(Key::connection(connection_id)).await?;
    let Some(connection) = connection.filter(|connection| connection.status == ConnectionStatus::Active) else {
        return Ok(Outcome::Skipped);
    };
    let Some(adapter) = providers::adapter(&connection.source_name) else {
        return Err(WorkerError::Other(format!("no adapter for {}", connection.source_name)));
    };
    if is_derived(&schedule) {
        let outcome = run_with(store, &|| context.now(), &connection, &schedule, None).await?;
        if outcome == Outcome::Continues {
            enqueue(context, &schedule, Reason::Continuation, 0).await?;
        }
        return Ok(outcome);
    }
    let base = base_of(store, &connection, adapter).await?;
    let (credentials, refused) = sign_in::credentials_of(context, &connection, adapter, &base).await?;
    let pause = |wait: Duration| -> BoxFuture<'static, ()> { Box::pin(tokio::time::sleep(wait)) };
    let (http, renewal) = (context.guarded()?, lease::RENEWAL);
    let lane = lane_of(request, &schedule);
    let (credentials, base, pause, sessions) = (&credentials, &base, &pause, &SharedSession::of(context, &connection));
    let source = Source { adapter, http, credentials, refused, base, pause, sessions, renewal, lane };
    let outcome = run_with(store, &|| context.now(), &connection, &schedule, Some(&source)).await?;
    match outcome {
        Outcome::Continues => enqueue(context, &schedule, Reason::Continuation, 0).await?,
        Outcome::Postponed { seconds } if seconds < i64::from(schedule.execution_interval_seconds).min(LONGEST_DELAY) => {
            // A second late rather than a moment early, which would be another run for nothing.
            let reason = if lane == Lane::Backfill { Reason::Continuation } else { Reason::Awaited };
            enqueue(context, &schedule, reason, i32::try_from(seconds + 1).unwrap_or(0)).await?;
        }
        _ => {}
    }
    Ok(outcome)
}

/// What a run is for: the first one of a schedule and those that go on with a long fetch bring what happened before.
fn lane_of(request: &RunRequest, schedule: &Schedule) -> Lane {
    let goes_on = request.reason == Some(Reason::Continuation);
    if goes_on || schedule.last_success_at.is_none() { Lane::Backfill } else { Lane::Live }
}

/// Enqueues a run to start after so many seconds. A request that is lost costs time only: the timer fires all the same.
///
/// # Errors
/// The queue's.
pub(crate) async fn enqueue(
    context: &Context,
    schedule: &Schedule,
    reason: Reason,
    delay_seconds: i32,
) -> Result<(), WorkerError> {
    let Schedule { connection_id, id: schedule_id, .. } = *schedule;
    let request = RunRequest { connection_id, schedule_id, scheduled_for: None, reason: Some(reason), trace: context.trace() };
    let message = Outgoing { group: Some(connection_id.to_string()), body: request, trace: context.trace() };
    Ok(context.send(Queue::Executions, &[message], delay_seconds).await?)
}

/// Whether a schedule's rows are worked out of stored ones.
pub(crate) fn is_derived(schedule: &Schedule) -> bool {
    schedule.resource.record_type().is_some_and(|record| record.derived_from().is_some())
}

/// The run itself, with everything it needs in hand; without a source, rows are worked out of stored ones.
pub(crate) async fn run_with(
    store: &Store,
    clock: &(dyn Fn() -> Timestamp + Sync),
    connection: &Connection,
    schedule: &Schedule,
    source: Option<&Source<'_>>,
) -> Result<Outcome, WorkerError> {
    let started = clock();
    let Some((id, leased)) = lease::take(store, schedule, started).await? else {
        return Ok(Outcome::Skipped);
    };
    let run = Run::new(store, clock, connection, id, started);
    let span = tracing::error_span!(
        "execution", execution.id = %id, schedule.id = %schedule.id, connection.id = %schedule.connection_id,
        source.name = %schedule.source_name, resource = schedule.resource.name(),
    );
    leased_run(&run, source, (schedule, &leased)).instrument(span).await
}

async fn leased_run(
    run: &Run<'_>,
    source: Option<&Source<'_>>,
    (seen, leased): (&Schedule, &Schedule),
) -> Result<Outcome, WorkerError> {
    let mut progress = Progress::starting_at(leased);
    let fetched = match source.and_then(|source| source.refused.clone()) {
        Some(error) => Err(FetchError::Provider(error)),
        None => tokio::select! {
            biased;
            fetched = fetch_or_derive(run, source, (seen, leased), &mut progress) => fetched,
            () = lease::keep(run, leased, source.map_or(lease::RENEWAL, |source| source.renewal)) => Err(FetchError::Superseded),
        },
    };
    let committed = match fetched {
        Ok(()) => commit::success(run, leased, &progress).await,
        Err(FetchError::Provider(error)) => commit::failure(run, leased, &mut progress, &error).await,
        Err(FetchError::Superseded) => {
            tracing::warn!("execution lost its lease or its schedule, it ends without storing any more");
            commit::abandoned(run, leased, &progress).await;
            Ok(Outcome::Superseded)
        }
        Err(FetchError::Internal(error)) => {
            commit::internal_error(run, leased, &progress).await;
            Err(error)
        }
    };
    report(run, leased, &progress, &committed);
    committed
}

async fn fetch_or_derive(
    run: &Run<'_>,
    source: Option<&Source<'_>>,
    (seen, leased): (&Schedule, &Schedule),
    progress: &mut Progress,
) -> Result<(), FetchError> {
    match source {
        Some(source) => {
            let budget = pages::budget(run, source, seen);
            pages::fetch_all(run, source, (leased, &budget), progress).await
        }
        None => derive::derive_all(run, leased, progress).await,
    }
}

/// One line per run.
fn report(run: &Run<'_>, leased: &Schedule, progress: &Progress, committed: &Result<Outcome, WorkerError>) {
    let status = committed.as_ref().map_or("internal_error", |outcome| outcome.name());
    let now = (run.clock)();
    let duration_ms = now.seconds_since(run.started) * 1_000.0;
    // Entities and events are rare: their age says nothing of ours.
    let is_series = leased.resource.record_type().is_some_and(|record| matches!(record.storage, Storage::Series(..)));
    let newest = progress.last_data_at.filter(|_| is_series);
    let lag_seconds = newest.map(|newest| now.seconds_since(newest));
    tracing::info!(
        records = progress.records,
        added = progress.added,
        modified = progress.modified,
        removed = progress.removed,
        set_aside = progress.set_aside.values().sum::<u64>(),
        pages = progress.pages,
        drift.members = names(&progress.drift.members),
        drift.words = names(&progress.drift.words),
        lag_seconds,
        duration_ms,
        status,
        "execution"
    );
    if !progress.drift.is_empty() {
        metrics::schema_drift(&run.connection.source_name, leased.resource.name(), progress.drift.total());
    }
    let stored = progress.added + progress.modified;
    metrics::Execution { tsp: &run.connection.source_name, outcome: status, stored, lag_seconds }.count();
}

/// What was seen and how often, as `a x2, b x1`; none where nothing was.
fn names(seen: &BTreeMap<String, u64>) -> Option<String> {
    let told: Vec<String> = seen.iter().map(|(what, times)| format!("{what} x{times}")).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

pub(crate) async fn base_of(store: &Store, connection: &Connection, adapter: &dyn Adapter) -> Result<Url, WorkerError> {
    let tsp = store.get::<Tsp>(Key::tsp(&connection.tsp_slug)).await?;
    let named = tsp.and_then(|tsp| tsp.base_url);
    let base = named.as_deref().unwrap_or_else(|| adapter.default_base_url());
    Url::parse(base).map_err(|error| WorkerError::Other(format!("base url of {} is not readable: {error}", connection.tsp_slug)))
}
