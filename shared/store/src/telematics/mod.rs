//! The telematics table: what the TSPs report.
//!
//! | item | pk | sk | written |
//! | --- | --- | --- | --- |
//! | entity (vehicle, user) | `C#connection#resource` | record id | when its content hash changes |
//! | event (duty log entry) | `C#connection#resource#date` | `time#record id` | when its content hash changes |
//! | where a record is | `I#resource#record id` | `I` | with the first write of the record (events: with each) |
//! | exact totals | `N#connection#resource` | `total` or date | in the transaction of the inserts |
//! | positions of up to 64 vehicles | `L#connection#group#date` | `hour#revision#part` | once per group, hour and fetch |
//! | newest positions of a group, counts of its newest day | `L#connection` | `G#group` | in the transaction of the blocks |
//! | counts of a group's earlier day | `L#connection#group` | date | in the transaction of the blocks |
//! | which vehicle is in which group | `L#connection` | `D` | when a vehicle is new |
//!
//! Times in keys are microseconds, 17 digits. Entities also carry `t` = `time#record id`, the sort key of the local index
//! `by_time`, which serves the default order.
//!
//! **Content hashes.** A record whose TSP content is unchanged costs a read and no write.
//!
//! **Blocks are written once.** A point is identified by (vehicle, time), and the first one stored stays. A fetch that runs twice
//! finds its points stored and writes nothing, so no key has to name the fetch, `created_at` never changes, and every block in
//! the table's stream is an insert. A point newer than its vehicle's newest is new without a look; an older one costs reading
//! the blocks of its hour, and only where the hour's counts say that there is something to compare with.
//!
//! Which vehicles are in a block is said in its packed columns only: no read could skip an item without paying for it.
//!
//! **Groups** come from a directory, not from a hash: the first 64 vehicles share group 0, the next 64 group 1. A fleet of five
//! pays for one block per fetch instead of five, a fleet of 500 for eight, and no vehicle ever changes its group. All writes of
//! a group pass through the revision of its newest positions, which makes counts exact under concurrent runs.

pub mod change;
mod entities;
mod entry;
mod events;
mod keys;
mod merge;
mod positions;
mod record;
mod table;
mod tombstones;
mod upsert;

#[cfg(test)]
mod tests;

use model::{ConnectionId, ExecutionId, RecordId, Resource, ScheduleId, Timestamp, TspId};
use serde_json::{Map, Value};

pub use entry::Entry;
pub use positions::{Block, decode_block};

/// The members of a row: envelope and fields, absent ones as nulls.
pub type Row = Map<String, Value>;

/// Where a batch of records comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The connection it was fetched through.
    pub connection: ConnectionId,
    /// What was fetched.
    pub resource: Resource,
    /// The TSP behind the connection.
    pub tsp: TspId,
    /// The TSP's slug.
    pub tsp_slug: String,
    /// The adapter's name.
    pub source_name: String,
    /// The execution that fetched it.
    pub execution: ExecutionId,
    /// The schedule of that execution.
    pub schedule: ScheduleId,
    /// When it is stored: `created_at` and `updated_at` of what is new.
    pub now: Timestamp,
}

/// What storing a batch did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Records that were not known.
    pub added: u64,
    /// Records with other content than before, and deleted ones that came back.
    pub modified: u64,
    /// Records unchanged since the last fetch.
    pub unchanged: u64,
}

/// What comparing a complete scan with the known records did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanOutcome {
    /// The records that the scan lacks are marked as deleted.
    Done {
        /// How many were marked.
        removed: u64,
    },
    /// Too many records are missing to believe the scan; nothing was changed.
    Refused {
        /// Known records that the scan lacks.
        missing: u64,
        /// Known records that are not deleted.
        known: u64,
    },
}

/// Which entities are wanted; members are AND-ed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntityFilter {
    /// Any of these record ids.
    pub ids: Option<Vec<RecordId>>,
    /// Any of these TSP ids.
    pub source_ids: Option<Vec<String>>,
    /// Users that are, or are not, drivers.
    pub is_driver: Option<bool>,
}

/// In which order entities are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// A scalar field of the row; `None` = `occurred_at`.
    pub field: Option<String>,
    /// Largest first.
    pub descending: bool,
}

/// Which events are wanted; members are AND-ed, and a list means any of its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventFilter {
    /// `occurred_at` not before this.
    pub from: Option<Timestamp>,
    /// `occurred_at` before this.
    pub to: Option<Timestamp>,
    /// Ended at this or later; open events pass.
    pub active_from: Option<Timestamp>,
    /// Started before this.
    pub active_to: Option<Timestamp>,
    /// Drivers.
    pub driver_ids: Option<Vec<RecordId>>,
    /// Vehicles.
    pub vehicle_ids: Option<Vec<RecordId>>,
    /// Event types.
    pub event_type_codes: Option<Vec<String>>,
}

/// Which newest positions are wanted; both members are AND-ed and look at the newest position only.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PositionFilter {
    /// Any of these vehicles.
    pub vehicle_ids: Option<Vec<RecordId>>,
    /// Any of these drivers.
    pub driver_ids: Option<Vec<RecordId>>,
}

/// Whose positions are wanted; both members are AND-ed. Neither = everybody's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The vehicle.
    pub vehicle: Option<RecordId>,
    /// Its driver.
    pub driver: Option<RecordId>,
}
