//! Entities and events as they are stored, page by page and with their sources, for whoever maps those again.

use std::collections::VecDeque;

use model::telematics::{RecordType, Storage};
use model::{ConnectionId, ExecutionId, RecordId, ScheduleId, Timestamp};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::table::{Item, Span, Table, read_number, read_text, unreadable};
use super::versions::{Version, version};
use super::{keys, stored};
use crate::{Store, StoreError};

/// Records of a page; DynamoDB ends one at 1 MB.
const PAGE: i32 = 100;

/// A record that its TSP lists, and its source.
#[derive(Clone, Debug)]
pub struct StoredRecord {
    /// Its id.
    pub id: RecordId,
    /// The TSP's id of it.
    pub source_id: String,
    /// Which version it is.
    pub version: Version,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The execution that fetched it.
    pub execution: ExecutionId,
    /// The schedule of that execution.
    pub schedule: ScheduleId,
    /// The row's own members that are not null.
    pub fields: Map<String, Value>,
    /// Attributes outside the model.
    pub extras: Option<Value>,
    /// The source; `None` where it was too large to be kept.
    pub source: Option<Box<RawValue>>,
}

/// A walk through the records of a resource, in the order of their keys.
pub struct StoredRecords<'a> {
    table: Table<'a>,
    partitions: VecDeque<String>,
    start: Option<Item>,
}

impl Store {
    /// A walk through the records of a connection, without those that are marked as deleted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stored_records(&self, connection: ConnectionId, record: &RecordType) -> Result<StoredRecords<'_>, StoreError> {
        let table = self.telematics_table();
        let resource = record.resource;
        let partitions = match record.storage {
            Storage::Entity { .. } => VecDeque::from([keys::entities(connection, resource)]),
            Storage::Event(_) => {
                let days = table.query_all(&Span::all(keys::totals(connection, resource))).await?;
                days.iter().map(|day| keys::events(connection, resource, read_text(day, "sk"))).collect()
            }
            Storage::Series(..) | Storage::Derived(_) => VecDeque::new(),
        };
        Ok(StoredRecords { table, partitions, start: None })
    }
}

impl StoredRecords<'_> {
    /// The next page, which may be empty; `None` at the end.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next_page(&mut self) -> Result<Option<Vec<StoredRecord>>, StoreError> {
        let Some(pk) = self.partitions.front() else { return Ok(None) };
        let (items, next) = self.table.query_page(&Span::all(pk.clone()), PAGE, self.start.take()).await?;
        if next.is_none() {
            self.partitions.pop_front();
        }
        self.start = next;
        let listed = items.iter().filter(|item| !item.contains_key("deleted_at"));
        listed.map(read).collect::<Result<_, _>>().map(Some)
    }
}

fn read(item: &Item) -> Result<StoredRecord, StoreError> {
    let (id, version) = version(item)?;
    let uuid = |name: &str| read_text(item, name).parse::<uuid::Uuid>().map_err(|error| unreadable(item, error));
    let extras = item.get("extras").and_then(|extras| extras.as_s().ok());
    Ok(StoredRecord {
        id,
        version,
        source_id: read_text(item, "source_id").to_owned(),
        occurred_at: read_number(item, "occurred_at")
            .map(Timestamp::from_micros)
            .ok_or_else(|| unreadable(item, "times are missing"))?,
        execution: uuid("execution_id")?.into(),
        schedule: uuid("schedule_id")?.into(),
        fields: serde_json::from_str(stored::body(item)).map_err(|error| unreadable(item, error))?,
        extras: extras.map(|text| serde_json::from_str(text)).transpose().map_err(|error| unreadable(item, error))?,
        source: stored::source(item)?,
    })
}
