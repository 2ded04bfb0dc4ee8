//! Committing what a run did: each commit names the schedule's revision it saw, and is retried where a concurrent writer changed
//! the schedule, as long as the lease holds.
//!
//! How a run ended is stored first, once, and its lease is given back after. If the process dies in between, the lease expires and another run
//! repeats the last page, which changes nothing twice.

use gateway::WorkerError;
use model::connection::{Connection, ConnectionStatus};
use model::execution::{Execution, ExecutionStatus};
use model::schedule::{Schedule, ScheduleStatus};
use providers::ProviderError;
use serde_json::Value;
use store::StoreError;
use store::control::{Key, SetAsideReason, Write};

use super::outcome::{self, FailureKind};
use super::progress::Progress;
use super::{Outcome, Run, aside};

/// How often a commit is retried after a conflict.
const MAX_ATTEMPTS: usize = 8;

/// Whether a commit was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Committed {
    /// It was.
    Done,
    /// The lease is gone, or the schedule ended.
    Superseded,
}

/// Commits the cursor after a page that is not the last.
pub(super) async fn cursor(run: &Run<'_>, schedule: &Schedule, progress: &Progress) -> Result<Committed, StoreError> {
    for _ in 0..MAX_ATTEMPTS {
        let Some(seen) = reload_if_leased(run, schedule).await?.filter(Schedule::runs) else {
            return Ok(Committed::Superseded);
        };
        let now = (run.clock)();
        let next = outcome::after_page(&seen, run.id, progress.cursor.as_deref(), now);
        match run.store.commit(vec![Write::replace(&seen, &next)?]).await {
            Err(StoreError::Conflict) => {}
            done => {
                done?;
                run.held.renew(now);
                return Ok(Committed::Done);
            }
        }
    }
    Err(StoreError::Conflict)
}

/// Ends a successful run.
pub(super) async fn success(run: &Run<'_>, schedule: &Schedule, progress: &Progress) -> Result<Outcome, WorkerError> {
    let now = (run.clock)();
    let response = aside::response(&progress.set_aside);
    let execution = Execution { status: ExecutionStatus::Success, response, ..ended(run, schedule, progress) };
    if store(run, &execution).await? == Committed::Superseded {
        return Ok(Outcome::Superseded);
    }
    for _ in 0..MAX_ATTEMPTS {
        let Some(seen) = reload_if_leased(run, schedule).await? else {
            return Ok(Outcome::Superseded);
        };
        let next = outcome::after_success(&seen, run.id, progress, run.started, now);
        let mut writes = vec![Write::replace(&seen, &next)?];
        if let Some(connection) = refused_before(run, schedule).await? {
            let forgiven = Connection { refusals: 0, refused_since: None, updated_at: now, ..connection.clone() };
            writes.push(Write::replace(&connection, &forgiven)?);
        }
        match run.store.commit(writes).await {
            Err(StoreError::Conflict) => {}
            done => {
                done?;
                if outcome::ends_outage(&seen) {
                    wake_others(run, &seen).await;
                }
                return Ok(if progress.more { Outcome::Continues } else { Outcome::Fetched });
            }
        }
    }
    Err(StoreError::Conflict.into())
}

/// The TSP is back: the connection's other schedules need not wait for the end of their backoff. Best effort.
async fn wake_others(run: &Run<'_>, own: &Schedule) {
    let woken = async {
        for other in run.store.schedules_of(own.connection_id).await?.iter().filter(|other| other.id != own.id) {
            let key = Key::schedule(other.connection_id, other.id);
            run.store.update(key, |other| outcome::woken(other, (run.clock)())).await?;
        }
        Ok::<_, StoreError>(())
    };
    if let Err(error) = woken.await {
        tracing::warn!(cause = %error, "failed to wake the connection's schedules, their backoff ends by itself");
    }
}

/// Ends a run in which the TSP failed.
pub(super) async fn failure(
    run: &Run<'_>,
    schedule: &Schedule,
    progress: &mut Progress,
    error: &ProviderError,
) -> Result<Outcome, WorkerError> {
    let failure_kind = FailureKind::of(error);
    let postponed = if let FailureKind::RateLimited { seconds } = failure_kind { Some(seconds) } else { None };
    give_up_cursor(run, schedule, progress, error).await?;
    let now = (run.clock)();
    let mut response = outcome::response_of(error);
    if let (Some(told), Some(Value::Object(more))) = (response.as_object_mut(), aside::response(&progress.set_aside)) {
        told.extend(more);
    }
    let response = Some(response);
    let execution =
        Execution { status: ExecutionStatus::Failed, response, postponed: postponed.is_some(), ..ended(run, schedule, progress) };
    if store(run, &execution).await? == Committed::Superseded {
        return Ok(Outcome::Superseded);
    }
    for _ in 0..MAX_ATTEMPTS {
        let Some(seen) = reload_if_leased(run, schedule).await? else {
            return Ok(Outcome::Superseded);
        };
        let next = outcome::after_failure(&seen, run.id, failure_kind, now);
        let mut writes = Vec::new();
        let is_refused = match failure_kind {
            FailureKind::Unauthorized => true,
            FailureKind::Forbidden => !has_healthy_schedule(run, &seen).await?,
            _ => false,
        };
        let next = if is_refused { refusal_writes(run, next, &mut writes).await? } else { next };
        writes.push(Write::replace(&seen, &next)?);
        match run.store.commit(writes).await {
            Err(StoreError::Conflict) => {}
            done => {
                let outcome = postponed.map_or(Outcome::Failed, |seconds| Outcome::Postponed { seconds });
                return done.map(|()| outcome).map_err(WorkerError::from);
            }
        }
    }
    Err(StoreError::Conflict.into())
}

/// Sets the page aside at whose cursor one more failure is one too many.
async fn give_up_cursor(
    run: &Run<'_>,
    schedule: &Schedule,
    progress: &mut Progress,
    error: &ProviderError,
) -> Result<(), StoreError> {
    let Some(seen) = reload_if_leased(run, schedule).await? else { return Ok(()) };
    if !outcome::loses_cursor(&seen, FailureKind::of(error)) {
        return Ok(());
    }
    let reason = match error {
        ProviderError::Rejected { .. } => SetAsideReason::RejectedCursor,
        _ => SetAsideReason::UnreadablePage,
    };
    let source = error.response().map_or_else(|| error.to_string(), |response| response.body.clone());
    aside::lose_cursor(run, schedule, progress, reason, source).await
}

/// Ends a run after an internal error, best effort: where even this fails, the lease expires.
pub(super) async fn internal_error(run: &Run<'_>, schedule: &Schedule, progress: &Progress) {
    release(run, schedule, Execution { status: ExecutionStatus::Failed, ..ended(run, schedule, progress) }).await;
}

/// Ends a run whose schedule ended before it did, best effort. One that lost its lease is ended by whoever took it over.
pub(super) async fn abandoned(run: &Run<'_>, schedule: &Schedule, progress: &Progress) {
    release(run, schedule, Execution { status: ExecutionStatus::Failed, lost: true, ..ended(run, schedule, progress) }).await;
}

/// Stores how a run ended and gives back the lease, if the run still has it.
async fn release(run: &Run<'_>, schedule: &Schedule, execution: Execution) {
    let released = async {
        store(run, &execution).await?;
        let Some(seen) = reload_if_leased(run, schedule).await? else { return Ok(()) };
        let next = outcome::after_internal_error(&seen, run.id, (run.clock)());
        run.store.commit(vec![Write::replace(&seen, &next)?]).await
    };
    if let Err(error) = released.await {
        tracing::warn!(cause = %error, "failed to release the lease, it will expire");
    }
}

/// Stores how a run ended, unless somebody stored that it was lost.
async fn store(run: &Run<'_>, execution: &Execution) -> Result<Committed, StoreError> {
    match run.store.commit(vec![Write::create(execution)?]).await {
        Ok(()) => Ok(Committed::Done),
        Err(StoreError::Conflict) => Ok(Committed::Superseded),
        Err(error) => Err(error),
    }
}

/// Whether another resource of the connection is fetched without errors: then a refusal is this resource's own.
async fn has_healthy_schedule(run: &Run<'_>, own: &Schedule) -> Result<bool, StoreError> {
    let others = run.store.schedules_of(own.connection_id).await?;
    Ok(others.iter().any(|other| other.id != own.id && !super::is_derived(other) && outcome::is_healthy(other)))
}

/// Counts the refusal on the connection; the refusal that makes it stale takes all its schedules along.
async fn refusal_writes(run: &Run<'_>, own: Schedule, writes: &mut Vec<Write>) -> Result<Schedule, StoreError> {
    let now = (run.clock)();
    let Some(seen) = run.store.get::<Connection>(Key::connection(run.connection.id)).await? else {
        return Ok(own);
    };
    let next = outcome::after_refusal(&seen, now);
    writes.push(Write::replace(&seen, &next)?);
    if next.status != ConnectionStatus::Stale || seen.status == ConnectionStatus::Stale {
        return Ok(own);
    }
    for other in run.store.schedules_of(seen.id).await?.iter().filter(|other| other.id != own.id) {
        if let Some(stale) = outcome::stale(other, now) {
            writes.push(Write::replace(other, &stale)?);
        }
    }
    Ok(Schedule { status: ScheduleStatus::Stale, ..own })
}

/// The schedule as it is now, if this run still holds its lease.
async fn reload_if_leased(run: &Run<'_>, schedule: &Schedule) -> Result<Option<Schedule>, StoreError> {
    let seen = run.store.get::<Schedule>(Key::schedule(schedule.connection_id, schedule.id)).await?;
    Ok(seen.filter(|seen| seen.leases.contains_key(&run.id)))
}

/// The connection, if the TSP refused it before this run.
async fn refused_before(run: &Run<'_>, schedule: &Schedule) -> Result<Option<Connection>, StoreError> {
    // What is worked out of stored rows proves nothing of the credentials.
    if run.connection.refusals == 0 || super::is_derived(schedule) {
        return Ok(None);
    }
    let seen = run.store.get::<Connection>(Key::connection(run.connection.id)).await?;
    Ok(seen.filter(|seen| seen.refusals > 0 && seen.status == ConnectionStatus::Active))
}

fn ended(run: &Run<'_>, schedule: &Schedule, progress: &Progress) -> Execution {
    let in_progress = Execution::in_progress(schedule, run.id);
    Execution { cursor: progress.cursor.clone(), last_data_at: progress.last_data_at, updated_at: (run.clock)(), ..in_progress }
}
