//! Writes to TSPs: one attempt at one operation.
//!
//! An attempt is claimed before the TSP is asked and its result is kept after, so that an operation is never attempted twice at once. A
//! claim without a result counts as a failure: what the lost attempt did nobody knows.
//!
//! Writes of one record are attempted in the order in which they were accepted: a message of one whose turn has not come is dropped, and
//! the end of the one before asks for it again (`make_way`).

mod answer;

use std::time::Duration;

use gateway::{Context, Outgoing, Queue, WorkerError};
use model::connection::{Connection, ConnectionStatus};
use model::credentials::Credentials;
use model::resource_operation::{AttemptError, ErrorKind, Next, OperationStatus, ResourceOperation, TspAnswer, WrittenRecord};
use model::{ConnectionId, ExecutionId, OperationId, RecordId, ScheduleId, ShareLevel, TraceId};
use providers::{Adapter, BoxFuture, Change, Pause, ProviderError, Written};
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::control::{Key, ScheduleClaim, Write};
use store::telematics::Origin;
use tracing::Instrument as _;
use url::Url;

use crate::budget::{AccountBudget, Time};
use crate::sessions::SharedSession;
use crate::{run, sign_in};
use answer::ResponseRecorder;

/// A message that asks for an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteRequest {
    /// The connection.
    pub connection_id: ConnectionId,
    /// The operation.
    pub operation_id: OperationId,
    /// How many attempts there were before.
    pub attempt: usize,
    /// The trace that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceId>,
}

/// Asks for the next attempt at an operation, in so many seconds.
///
/// # Errors
/// The queue's.
pub(crate) async fn enqueue(context: &Context, operation: &ResourceOperation, delay_seconds: i64) -> Result<(), WorkerError> {
    let ResourceOperation { connection_id, id: operation_id, .. } = *operation;
    let request = WriteRequest { connection_id, operation_id, attempt: operation.logs.len(), trace: context.trace() };
    let message = Outgoing { group: Some(connection_id.to_string()), body: request, trace: context.trace() };
    Ok(context.send(Queue::Writes, &[message], i32::try_from(delay_seconds).unwrap_or(0)).await?)
}

/// Asks for the next write of the record that an ended one has changed. What has been attempted already is asked for by its attempts.
///
/// # Errors
/// The store's and the queue's.
pub(crate) async fn make_way(context: &Context, ended: &ResourceOperation) -> Result<(), WorkerError> {
    let Some(next) = context.store().end_write(ended, context.now()).await? else { return Ok(()) };
    let next = context.store().get::<ResourceOperation>(Key::operation(ended.connection_id, next)).await?;
    match next.filter(|next| next.logs.is_empty() && next.status == OperationStatus::Pending) {
        Some(next) => enqueue(context, &next, 0).await,
        None => Ok(()),
    }
}

/// Attempts an operation, if it is its turn.
///
/// # Errors
/// Internal errors; a TSP's failures are results.
pub async fn attempt(context: &Context, request: &WriteRequest) -> Result<(), WorkerError> {
    let (store, now) = (context.store(), context.now());
    let key = Key::operation(request.connection_id, request.operation_id);
    let Some(seen) = store.get::<ResourceOperation>(key.clone()).await? else { return Ok(()) };
    if seen.logs.len() != request.attempt && !seen.is_lost(now) {
        return ask_again(context, request, &seen).await;
    }
    // The message of an attempt that gets lost comes again by itself.
    let is_attempted = seen.attempting_since.is_some() && !seen.is_lost(now);
    if seen.status != OperationStatus::Pending || is_attempted || waits_for_another(context, &seen).await? {
        return Ok(());
    }
    if seen.has_no_time(now) {
        return Ok(store.update(key, |seen: &ResourceOperation| seen.given_up(now)).await.map(drop)?);
    }
    if seen.seconds_until_due(now) > 0 {
        return enqueue(context, &seen, seen.seconds_until_due(now)).await;
    }
    // What fails here has sent nothing: the message comes again, and no attempt is counted.
    let ready = prepare(context, &seen).await?;
    let Some(begun) = seen.begin(context.now()) else { return Ok(()) };
    if !claim(context, &seen, &begun).await? || begun.status != OperationStatus::Pending {
        return Ok(());
    }
    let span = tracing::error_span!(
        "write", operation.id = %begun.id, connection.id = %begun.connection_id, source.name = %begun.source_name,
        resource = begun.resource.name(),
    );
    claimed(context, &begun, ready).instrument(span).await
}

/// Whether an earlier write of the record has to end first.
async fn waits_for_another(context: &Context, seen: &ResourceOperation) -> Result<bool, WorkerError> {
    let pending = context.store().pending_writes(seen).await?;
    Ok(pending.is_some_and(|pending| pending.delay(seen.id, context.now())))
}

/// Whether the attempt is ours. A claim that was stored while its answer was lost meets itself when it is repeated.
async fn claim(context: &Context, seen: &ResourceOperation, begun: &ResourceOperation) -> Result<bool, WorkerError> {
    match context.store().commit(vec![Write::replace(seen, begun)?]).await {
        Err(StoreError::Conflict) => {
            let key = Key::operation(begun.connection_id, begun.id);
            Ok(context.store().get::<ResourceOperation>(key).await?.as_ref() == Some(begun))
        }
        done => Ok(done.map(|()| true)?),
    }
}

/// An attempt whose result was kept, while its next one was not asked for.
async fn ask_again(context: &Context, request: &WriteRequest, seen: &ResourceOperation) -> Result<(), WorkerError> {
    let is_forgotten = request.attempt.saturating_add(1) == seen.logs.len();
    let waits = seen.status == OperationStatus::Pending && seen.attempting_since.is_none();
    if is_forgotten && waits { enqueue(context, seen, seen.seconds_until_due(context.now())).await } else { Ok(()) }
}

async fn claimed(context: &Context, begun: &ResourceOperation, ready: Result<Ready, Failure>) -> Result<(), WorkerError> {
    let (result, answer) = match ready {
        Ok(ready) => send(context, begun, &ready).await?,
        Err(failure) => (Err(failure), TspAnswer::default()),
    };
    let wait = result.as_ref().err().and_then(|failure| failure.wait);
    let is_unsent = answer == TspAnswer::default() && result.as_ref().is_err_and(|failure| failure.is_unsent);
    if is_unsent && !begun.is_sync {
        let next = begun.put_off(wait.unwrap_or(1), context.now());
        context.store().commit(vec![Write::replace(begun, &next)?]).await?;
        return enqueue(context, &next, next.seconds_until_due(context.now())).await;
    }
    let result = result.map_err(|failure| failure.error);
    let outcome = result.as_ref().map_or_else(|error| outcome_of(error.kind), |_| "success");
    let (next, then) = begun.after(result, answer, wait, context.now());
    tracing::info!(attempt = next.logs.len(), status = outcome, "write");
    context.store().commit(vec![Write::replace(begun, &next)?]).await?;
    match then {
        Next::Retry(seconds) => enqueue(context, &next, seconds).await,
        Next::Nothing => Ok(()),
    }
}

/// The name of a failure in logs.
const fn outcome_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Auth => "auth",
        ErrorKind::Validation => "validation",
        ErrorKind::Network => "network",
        ErrorKind::Tsp => "tsp",
    }
}

/// Why an attempt failed, and for how many seconds the TSP asks to wait.
struct Failure {
    error: AttemptError,
    wait: Option<i64>,
    /// Whether the request budget held it back.
    is_unsent: bool,
}

impl Failure {
    fn of(kind: ErrorKind, details: impl Into<String>) -> Self {
        Self { error: AttemptError { kind, details: details.into() }, wait: None, is_unsent: false }
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        let wait =
            error.retry_after().and_then(|wait| i64::try_from(wait.as_secs()).ok()).map(|seconds| seconds.saturating_add(1));
        let is_unsent = matches!(error, ProviderError::RateLimited { response: None, .. });
        let (kind, details) = match error {
            ProviderError::Refused { message, .. } => (ErrorKind::Auth, message),
            ProviderError::Rejected { message, .. } => (ErrorKind::Validation, message),
            ProviderError::Unsupported { .. } => (ErrorKind::Validation, error.to_string()),
            ProviderError::Unavailable { status: None, message, .. } => (ErrorKind::Network, message),
            ProviderError::Unavailable { message, .. } => (ErrorKind::Tsp, message),
            ProviderError::Timeout => (ErrorKind::Network, error.to_string()),
            ProviderError::RateLimited { .. } | ProviderError::Malformed { .. } => (ErrorKind::Tsp, error.to_string()),
        };
        Self { wait, is_unsent, ..Self::of(kind, details) }
    }
}

type Sent = (Result<WrittenRecord, Failure>, TspAnswer);

/// What a write needs.
struct Ready {
    connection: Connection,
    adapter: &'static dyn Adapter,
    credentials: Credentials,
    base: Url,
}

/// What the write needs, if the fleet still allows it.
async fn prepare(context: &Context, seen: &ResourceOperation) -> Result<Result<Ready, Failure>, WorkerError> {
    let store = context.store();
    if !is_allowed(context, seen).await? {
        return Ok(Err(Failure::of(ErrorKind::Validation, "the fleet does not share this for writing any more")));
    }
    let connection = store.get::<Connection>(Key::connection(seen.connection_id)).await?;
    let Some(connection) = connection.filter(|connection| connection.status == ConnectionStatus::Active) else {
        return Ok(Err(Failure::of(ErrorKind::Auth, "the connection is not active")));
    };
    let Some(adapter) = providers::adapter(&connection.source_name) else {
        return Err(WorkerError::Other(format!("no adapter for {}", connection.source_name)));
    };
    let base = run::base_of(store, &connection, adapter).await?;
    let (credentials, refused) = sign_in::credentials_of(context, &connection, adapter, &base).await?;
    match refused {
        Some(error) => Ok(Err(error.into())),
        None => Ok(Ok(Ready { connection, adapter, credentials, base })),
    }
}

/// Seconds after which the requests of a write are not waited for any more.
const LONGEST_TURN: i64 = 30;

/// Sends the write to the TSP, and stores the record that comes back.
async fn send(context: &Context, begun: &ResourceOperation, ready: &Ready) -> Result<Sent, WorkerError> {
    let Ready { connection, adapter, credentials, base } = ready;
    let pause = |wait: Duration| -> BoxFuture<'static, ()> { Box::pin(tokio::time::sleep(wait)) };
    let generated = vault::random_secret();
    let clock = || context.now();
    let time = Time { clock: &clock, pause: &pause, end: context.now().plus_seconds(LONGEST_TURN) };
    let budget = AccountBudget::new(context.store(), connection, *adapter, time);
    let change = Change {
        connection: connection.id,
        credentials,
        base_url: base,
        now: context.now(),
        unclear_since: begun.unclear_since(),
        target: begun.target.as_deref(),
        payload: &begun.payload,
        generated: &generated,
        pause: Pause(&pause),
        budget: &budget,
        sessions: &SharedSession::of(context, connection),
    };
    let http = ResponseRecorder::to(context.guarded()?);
    let written = adapter.write(&http, (begun.resource, begun.operation_type), change).await;
    let record = match written {
        Ok(written) => Ok(kept(context, begun, connection, written).await),
        Err(error) => Err(error.into()),
    };
    Ok((record, http.answer()))
}

/// Whether an agreement in force lets the partner write.
async fn is_allowed(context: &Context, begun: &ResourceOperation) -> Result<bool, WorkerError> {
    let view = context.store().view(begun.partner_id, context.now()).await?;
    Ok(view.agreements().any(|agreement| {
        agreement.fleet_id == begun.fleet_id
            && agreement.shares(begun.connection_id, begun.resource, context.now())
            && agreement.scopes.get(&begun.resource) == Some(&ShareLevel::ReadWrite)
    }))
}

/// Stores the record that was written. The TSP has it, so a failure here is none of the operation's: the next fetch brings it.
async fn kept(context: &Context, begun: &ResourceOperation, connection: &Connection, written: Written) -> WrittenRecord {
    let resource_id = written.source_id.as_deref().map(|id| RecordId::of(id, connection.id));
    if let Some(batch) = &written.batch
        && let Err(cause) = store_row(context, begun, connection, batch).await
    {
        tracing::warn!(%cause, "failed to store what was written, the next fetch brings it");
    }
    WrittenRecord { source_id: written.source_id, resource_id }
}

async fn store_row(
    context: &Context,
    begun: &ResourceOperation,
    connection: &Connection,
    batch: &model::telematics::Batch,
) -> Result<(), WorkerError> {
    let store = context.store();
    let claim = store.get::<ScheduleClaim>(Key::schedule_for(connection.id, begun.resource)).await?;
    let record = begun.resource.record_type().ok_or_else(|| WorkerError::Other(format!("{} is not served", begun.resource)))?;
    let execution = ExecutionId::from_uuid(begun.id.uuid());
    let schedule = claim.map_or_else(|| ScheduleId::from_uuid(begun.id.uuid()), |claim| claim.schedule_id);
    let origin = Origin::of(connection, record, (execution, schedule), context.now());
    Ok(store.store_rows(&origin, batch).await.map(drop)?)
}
