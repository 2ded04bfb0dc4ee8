//! How far a run has come.

use std::collections::{BTreeMap, HashSet};

use model::schedule::Schedule;
use model::{RecordId, Timestamp};
use providers::Drift;
use store::control::SetAsideReason;

use super::stated::Stated;

/// How many rows were set aside, by reason.
pub(super) type Counts = BTreeMap<SetAsideReason, u64>;

/// What a run has fetched and stored so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Where the next page begins.
    pub cursor: Option<String>,
    /// Newest data point.
    pub last_data_at: Option<Timestamp>,
    /// Whether there is more to fetch at once.
    pub more: bool,
    /// Pages stored.
    pub pages: u32,
    /// Records fetched.
    pub records: usize,
    /// Records that were new.
    pub added: u64,
    /// Records that changed.
    pub modified: u64,
    /// Records that vanished at the TSP.
    pub removed: u64,
    /// Cursors of the pages of this run: one that comes again leads round in a circle.
    pub(super) visited: HashSet<String>,
    /// Rows that were not stored as data, by reason.
    pub(super) set_aside: Counts,
    /// What the TSP sent that the adapter does not know.
    pub(super) drift: Drift,
    /// Ids fetched since the cursor was last empty; `None` where this run did not begin the scan.
    pub(super) seen: Option<HashSet<RecordId>>,
    /// What was read of a window, until it replaced what was stored.
    pub(super) stated: Option<Stated>,
}

impl Progress {
    /// The progress of a run that has fetched nothing yet.
    #[must_use]
    pub fn starting_at(schedule: &Schedule) -> Self {
        Self { cursor: schedule.cursor.clone(), visited: schedule.cursor.iter().cloned().collect(), ..Self::default() }
    }
}
