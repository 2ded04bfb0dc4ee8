//! Turns at what one run does for all others of a connection: it replaces tokens, or logs in. The others wait for it.

use std::time::Duration;

use gateway::{Context, WorkerError};
use model::ConnectionId;
use store::StoreError;
use store::control::{Key, Refreshing, Write};
use uuid::Uuid;

/// The longest that a run waits for another one.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// How long it waits before it looks again.
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// The turn; `None` while another run has it.
pub(crate) async fn take(context: &Context, id: ConnectionId) -> Result<Option<Refreshing>, WorkerError> {
    let seen = context.store().get::<Refreshing>(Key::refreshing(id)).await?;
    let now = context.now();
    if seen.as_ref().is_some_and(|seen| now < seen.until) {
        return Ok(None);
    }
    let next = Refreshing::by(Uuid::new_v4(), id, now);
    let write = match &seen {
        Some(seen) => Write::replace(seen, &next)?,
        None => Write::create(&next)?,
    };
    match context.store().commit(vec![write]).await {
        Ok(()) => Ok(Some(next)),
        Err(StoreError::Conflict) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// Gives it back. If that fails it lapses.
pub(crate) async fn end(context: &Context, turn: &Refreshing) {
    let done = match Write::delete_seen(turn) {
        Ok(write) => context.store().commit(vec![write]).await,
        Err(error) => Err(error),
    };
    if let Err(cause) = done {
        tracing::warn!(%cause, "failed to end a turn, it lapses");
    }
}
