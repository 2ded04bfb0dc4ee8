//! The telematics table: what the TSPs report.
//!
//! | item | pk | sk | written |
//! | --- | --- | --- | --- |
//! | entity (vehicle, trailer, user) | `C#connection#resource` | record id | when its content hash changes |
//! | event (duty log entry) | `C#connection#resource#date` | `time#record id` | when its content hash changes |
//! | where a record is | `I#resource#record id` | `I` | with the first write of the record (events: with each) |
//! | where a subject's newest events are | `W#connection#resource` | subject id | before a newer event is stored |
//! | what a subject has, by its last state | `M#connection#resource` | subject id | after the rows of a state that differs |
//! | exact totals of events | `N#connection#resource` | date | in the transaction of the inserts |
//! | of entities: all, those that are listed, those of a day | `N#connection#resource` | `total`, `listed`, date of creation | in the transaction of the change |
//! | an entity that the TSP lists no more | `R#connection#resource` | record id | in the transaction of its removal |
//! | how many events a subject has on a day | `S#connection#resource` | `subject id#date` | in the transaction of the event |
//! | readings of up to 64 subjects of a series | `<tag>#connection#group#date` | `hour#revision#part` | once per group, hour and fetch |
//! | newest readings of a group, counts of its newest day | `<tag>#connection` | `G#group` | after the block, or in a transaction with several |
//! | counts of a group's earlier day | `<tag>#connection#group` | date | in the transaction of the blocks |
//! | what is worked out of a group's day | `D#connection#resource` | `date#group` | when the day's readings are more |
//! | how many readings that were | `D#connection#resource` | `N#date#group` | after it |
//! | which subject is in which group | `<tag>#connection` | `D` | when a subject is new |
//!
//! Times in keys are microseconds, 17 digits. Entities also carry `t` = `time#record id`, the sort key of the local index
//! `by_time`, which serves the default order.
//!
//! **Content hashes.** A record whose TSP content is unchanged costs a read and no write.
//!
//! **Blocks are written once**, unless an operator has their sources mapped again (`series/rewrite.rs`). A reading is identified by (subject, time), and the first one stored stays. A fetch that runs twice
//! finds its readings stored and writes nothing, so no key has to name the fetch, `created_at` never changes, and every block in
//! the table's stream is an insert. A reading newer than its subject's newest is new without a look; an older one costs reading
//! the blocks of its hour, and only where the hour's counts say that there is something to compare with.
//!
//! Which subjects are in a block is said in its packed columns only: no read could skip an item without paying for it.
//!
//! **Groups** come from a directory, not from a hash: the first 64 subjects share group 0, the next 64 group 1. A fleet of five
//! pays for one block per fetch instead of five, a fleet of 500 for eight, and no subject ever changes its group. All writes of
//! a group pass through the revision of its newest readings, which makes counts exact under concurrent runs (`series/open_hour.rs`).

pub mod change;
mod counts;
mod entity;
mod erase;
mod event;
mod keys;
mod merge;
mod newest;
mod order;
mod query;
mod retention;
mod row;
mod series;
mod shape;
mod standing;
mod stored;
mod stored_records;
mod table;
mod tombstones;
mod upsert;
mod versions;
mod walk;
mod window;
mod withdrawn;

#[cfg(test)]
mod tests;

use model::connection::Connection;
use model::telematics::{Batch, RecordType, Storage};
use model::{ConnectionId, ExecutionId, ScheduleId, Timestamp, TspId};

pub use counts::Growth;
pub use order::compare;
pub use query::{DayQuery, MemberFilter, Order, Query, Values};
pub use retention::{InvalidRetention, Retention};
pub use row::Row;
pub use series::{DerivedDay, OutdatedDay, StoredBlock, StoredBlocks};
pub use standing::StateNote;
pub use stored_records::{StoredRecord, StoredRecords};
pub use versions::Version;
pub use window::{Answers, HasTime, StatedWindow};

use self::shape::Shape;
use crate::{Grant, Page, Slice, Store, StoreError};

/// Where a batch of records comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The connection it was fetched through.
    pub connection: ConnectionId,
    /// What was fetched.
    pub record: &'static RecordType,
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

impl Origin {
    /// What a run of a schedule brings through a connection.
    #[must_use]
    pub fn of(
        connection: &Connection,
        record: &'static RecordType,
        (execution, schedule): (ExecutionId, ScheduleId),
        now: Timestamp,
    ) -> Self {
        Self {
            connection: connection.id,
            record,
            tsp: connection.tsp_id,
            tsp_slug: connection.tsp_slug.clone(),
            source_name: connection.source_name.clone(),
            execution,
            schedule,
            now,
        }
    }
}

/// What storing a batch did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Records that were not known.
    pub added: u64,
    /// Records with other content than before, and deleted ones that came back.
    pub modified: u64,
    /// Records that are unchanged since the last fetch.
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
    /// The time ended first.
    OutOfTime {
        /// How many were marked until then.
        removed: u64,
    },
}

/// The front door: one `match` on the storage per verb.
impl Store {
    /// Stores what one page brought. Content that is known already is not written again.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if others keep writing the same records; what was stored until then stays.
    /// [`StoreError::Unstorable`] if the batch is not of the record type.
    pub async fn store_rows(&self, origin: &Origin, batch: &Batch) -> Result<Stored, StoreError> {
        match (&origin.record.storage, batch) {
            (_, batch) if batch.is_empty() => Ok(Stored::default()),
            (Storage::Entity { .. }, Batch::Records(rows)) => self.upsert(origin, rows, Shape::Entity).await,
            (Storage::Event(_), Batch::Records(rows)) => self.upsert(origin, rows, Shape::Event).await,
            (Storage::Series(..), Batch::Readings(readings)) if readings.record().resource == origin.record.resource => {
                self.store_readings(origin, readings).await
            }
            _ => Err(StoreError::Unstorable(format!("the batch does not hold {}", origin.record.resource))),
        }
    }

    /// One page of rows. Bookmarks are opaque; they belong to one query.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn list_rows(
        &self,
        grant: &Grant,
        query: &Query,
        page: &Page,
        include_source: bool,
    ) -> Result<Slice<Row>, StoreError> {
        if query.is_by_subject() {
            let grant = self.of_subjects(grant, query).await?;
            return self.list_by_subject(&grant, query, page, include_source).await;
        }
        match grant.record().storage {
            Storage::Entity { .. } => self.list_entities(grant, query, page, include_source).await,
            Storage::Event(_) => self.list_events(grant, query, page, include_source).await,
            Storage::Series(..) => self.list_history(grant, query, page, include_source).await,
            Storage::Derived(_) => self.list_derived(grant, query, page).await,
        }
    }

    /// The same, and how many rows there are in all.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn list_and_count(
        &self,
        grant: &Grant,
        query: &Query,
        page: &Page,
        include_source: bool,
    ) -> Result<(Slice<Row>, u64), StoreError> {
        let is_first = page.bookmark.is_none() && !page.backwards;
        if is_first && query.latest && matches!(grant.record().storage, Storage::Series(..)) {
            return self.first_of_latest(grant, query, page, include_source).await;
        }
        let total = self.count_rows(grant, query).await?;
        Ok((self.list_rows(grant, query, page, include_source).await?, total))
    }

    /// How many rows there are, deleted ones included.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn count_rows(&self, grant: &Grant, query: &Query) -> Result<u64, StoreError> {
        let grant = &self.of_subjects(grant, query).await?;
        match grant.record().storage {
            Storage::Entity { .. } => self.count_entities(grant, query).await,
            Storage::Event(_) if query.latest => self.count_newest(grant, query).await,
            Storage::Event(_) => self.count_events(grant, query).await,
            Storage::Series(..) if query.latest => self.count_latest(grant, query).await,
            Storage::Series(..) => self.count_history(grant, query).await,
            Storage::Derived(_) => self.count_derived(grant, query).await,
        }
    }
}
