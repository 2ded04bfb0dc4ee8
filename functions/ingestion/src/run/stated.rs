//! Windows of time that a TSP states anew: what a run has read of one, and what follows when it was read whole.

use std::collections::HashSet;

use model::{ConnectionId, RecordId};
use providers::WindowPart;
use store::telematics::{Origin, ScanOutcome, StatedWindow};
use store::{Store, StoreError};

/// What was read of a window since its first page. A window that another run began proves nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stated {
    seen: HashSet<RecordId>,
    answered: HashSet<String>,
    unclear: HashSet<String>,
}

impl Stated {
    /// Adds a page and the ids of its rows.
    pub(super) fn extend(&mut self, part: &WindowPart, ids: Vec<RecordId>) {
        self.seen.extend(ids);
        self.answered.extend(part.subjects.answered.iter().cloned());
        self.unclear.extend(part.subjects.unclear.iter().cloned());
    }

    /// The window that ends with `part`.
    fn window(self, part: &WindowPart, connection: ConnectionId) -> StatedWindow {
        let whole = self.answered.difference(&self.unclear).map(|subject| RecordId::of(subject, connection));
        StatedWindow { from: part.from, to: part.to, subjects: whole.collect(), seen: self.seen }
    }

    /// Marks what the window does not hold any more as deleted. How many rows?
    pub(super) async fn replace(self, store: &Store, origin: &Origin, part: &WindowPart) -> Result<u64, StoreError> {
        match store.remove_unstated_rows(origin, &self.window(part, origin.connection)).await? {
            ScanOutcome::Done { removed } => Ok(removed),
            ScanOutcome::Refused { missing, known } => {
                tracing::error!(missing, known, "window is missing too many known records, skipping removal");
                Ok(0)
            }
        }
    }
}
