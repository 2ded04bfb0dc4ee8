//! Windows of time that a TSP states anew: what a run has read of one, and what follows.

use std::collections::HashSet;

use model::{ConnectionId, RecordId};
use providers::{Spread, WindowPart};
use store::telematics::{Answers, HasTime, Origin, ScanOutcome, StatedWindow};
use store::{Store, StoreError};

/// What a run has read of a window: all of it, or some of its pages, one after the other.
///
/// The rows of a subject may go on over the end of a page, so nothing follows for subjects on the page before which this run
/// began, nor for those on the page after which another run goes on. Where rows stand on any page, nothing follows for anybody unless this
/// run read the whole window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stated {
    seen: HashSet<RecordId>,
    answered: HashSet<String>,
    unclear: HashSet<String>,
    /// Whether it answers for those who stand on no page: where every page does, from the first one on.
    others: bool,
    /// Whether this run read every row from the first page on; `None` where that does not matter.
    is_whole: Option<bool>,
    last: WindowPart,
}

impl Stated {
    /// The first page that this run reads, and the ids of its rows.
    pub(super) fn begin(part: WindowPart, ids: Vec<RecordId>) -> Self {
        let (seen, answered, unclear) = (HashSet::new(), HashSet::new(), HashSet::new());
        let is_whole = matches!(part.subjects.spread, Spread::Anywhere { .. }).then_some(part.begins);
        let mut stated = Self { seen, answered, unclear, others: part.begins, is_whole, last: part.clone() };
        if !part.begins {
            stated.leave_out(&part);
        }
        stated.extend(part, ids);
        stated
    }

    /// Adds a page and the ids of its rows.
    pub(super) fn extend(&mut self, part: WindowPart, ids: Vec<RecordId>) {
        self.seen.extend(ids);
        self.answered.extend(part.subjects.answered.iter().cloned());
        self.unclear.extend(part.subjects.unclear.iter().cloned());
        self.others &= part.subjects.others;
        if let (Some(is_whole), Spread::Anywhere { is_read }) = (&mut self.is_whole, part.subjects.spread) {
            *is_whole &= is_read;
        }
        self.last = part;
    }

    /// Whether the window was read to its end.
    pub(super) fn has_ended(&self) -> bool {
        self.last.ends
    }

    fn leave_out(&mut self, part: &WindowPart) {
        self.unclear.extend(part.subjects.answered.iter().cloned());
    }

    /// What is known of the window when this run reads no more of it.
    fn window(mut self, connection: ConnectionId) -> StatedWindow {
        if !self.last.ends {
            let last = self.last.clone();
            self.leave_out(&last);
        }
        let id = |subject: &String| RecordId::of(subject, connection);
        let is_partial = self.is_whole.is_some_and(|is_whole| !is_whole || !self.last.ends);
        let subjects = match self.others && self.last.ends {
            _ if is_partial => Answers::For(HashSet::new()),
            true => Answers::AllBut(self.unclear.iter().map(id).collect()),
            false => Answers::For(self.answered.difference(&self.unclear).map(id).collect()),
        };
        StatedWindow { from: self.last.from, to: self.last.to, subjects, seen: self.seen }
    }

    /// Marks what the window does not hold any more as deleted. How many rows?
    pub(super) async fn replace(self, store: &Store, origin: &Origin, has_time: HasTime<'_>) -> Result<u64, StoreError> {
        Ok(removed_by(store.remove_unstated_rows(origin, &self.window(origin.connection), has_time).await?))
    }
}

/// How many records are marked as deleted now.
pub(super) fn removed_by(outcome: ScanOutcome) -> u64 {
    match outcome {
        ScanOutcome::Done { removed } => removed,
        ScanOutcome::Refused { missing, known } => {
            tracing::error!(missing, known, "scan or window is missing too many known records, skipping removal");
            0
        }
        ScanOutcome::OutOfTime { removed } => {
            tracing::warn!(removed, "time ended before the window was compared, leaving the rest to the next one");
            removed
        }
    }
}
