//! Records that a TSP does not list any more.

use std::collections::{HashMap, HashSet};

use futures::future::try_join_all;
use model::RecordId;

use super::table::{Item, Span, is_committed, key, number, read_text, text};
use super::{Origin, ScanOutcome, keys};
use crate::{Store, StoreError};

/// Below this many known records a scan is believed whatever it lacks.
const SMALL: usize = 20;
/// The part of the known records that a scan may lack: one in five.
const BELIEVED: usize = 5;
/// Writes in flight at once.
const PARALLEL: usize = 16;

impl Store {
    /// Marks the known records of a connection and resource that a complete scan did not see as deleted.
    ///
    /// `seen` are the ids of the whole scan, after they were stored. A scan that lacks more than a fifth of at least 20 known
    /// records changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails; some records may be marked then, and the next scan marks the others.
    pub async fn remove_missing_rows(&self, origin: &Origin, seen: &HashSet<RecordId>) -> Result<ScanOutcome, StoreError> {
        let pk = keys::entities(origin.connection, origin.record.resource);
        let span = Span { projection: Some("sk, deleted_at"), consistent: true, ..Span::all(pk.clone()) };
        let items = self.telematics_table().query_all(&span).await?;
        let alive: Vec<&str> =
            items.iter().filter(|item| !item.contains_key("deleted_at")).map(|item| read_text(item, "sk")).collect();
        let missing: Vec<&str> =
            alive.iter().copied().filter(|id| id.parse().is_ok_and(|id: RecordId| !seen.contains(&id))).collect();
        if alive.len() >= SMALL && missing.len() * BELIEVED > alive.len() {
            let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
            return Ok(ScanOutcome::Refused { missing: count(missing.len()), known: count(alive.len()) });
        }
        let mut removed = 0;
        for chunk in missing.chunks(PARALLEL) {
            let marks = chunk.iter().map(|id| self.mark_deleted(origin, key(&pk, id)));
            removed += try_join_all(marks).await?.into_iter().map(u64::from).sum::<u64>();
        }
        Ok(ScanOutcome::Done { removed })
    }

    async fn mark_deleted(&self, origin: &Origin, at: Item) -> Result<bool, StoreError> {
        let values = HashMap::from([
            (":now".to_owned(), number(origin.now.micros())),
            (":execution".to_owned(), text(origin.execution.to_string())),
            (":schedule".to_owned(), text(origin.schedule.to_string())),
        ]);
        let set = "SET deleted_at = :now, updated_at = :now, execution_id = :execution, schedule_id = :schedule";
        let condition = "attribute_exists(pk) AND attribute_not_exists(deleted_at)";
        is_committed(self.telematics_table().update(at, set, values, condition).await)
    }
}
