//! What was set aside: rows and pages of TSPs that are not stored as data.

use model::{ConnectionId, Timestamp};
use store::Store;
use store::control::SetAside;

/// What was set aside for a connection and is still kept, by schedule, oldest first.
///
/// # Errors
/// If the table cannot be read.
pub async fn set_aside(store: &Store, connection: ConnectionId, now: Timestamp) -> anyhow::Result<Vec<SetAside>> {
    let mut found = Vec::new();
    for schedule in store.schedules_of(connection).await? {
        found.extend(store.set_aside_for(schedule.id, now).await?);
    }
    Ok(found)
}

/// One line for people: what a TSP sent is shown with `--json` only.
pub(super) fn line(one: &SetAside) -> String {
    let SetAside { created_at, resource, reason, source_id, source, .. } = one;
    format!("{created_at}  {:<20} {:<18} {source_id}  ({} bytes)", resource.name(), reason.name(), source.len())
}
