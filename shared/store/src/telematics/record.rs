//! One record per item: vehicles, users, duty log entries; how they are stored, and the rows made of them.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use model::telematics::{Envelope, Observation};
use model::{ConnectionId, ExecutionId, RecordId, Resource, ScheduleId, Timestamp, TspId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::entry::{Entry, Fields};
use super::table::{Item, bytes, key, read_bytes, read_text, unreadable, unstorable};
use super::{Origin, Row};
use crate::{GrantedConnection, StoreError};

/// Version of the stored form.
pub(super) const FORM: u8 = 1;

/// Sources that are larger when packed are not kept, for an item holds 400 KB: the row says `{}`.
const SOURCE_LIMIT: usize = 300_000;

/// A stored record without its source. Times in microseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) v: u8,
    pub(super) id: RecordId,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deleted_at: Option<i64>,
    pub(super) source_id: String,
    pub(super) h: String,
    pub(super) occurred_at: i64,
    pub(super) execution_id: ExecutionId,
    pub(super) schedule_id: ScheduleId,
    pub(super) tsp_id: TspId,
    pub(super) tsp_slug: String,
    pub(super) source_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extras: Option<String>,
    body: String,
}

impl Record {
    /// The record of an observation. `created` and `occurred` are what was known before.
    pub(super) fn new<T: Serialize>(
        origin: &Origin,
        id: RecordId,
        row: &Observation<T>,
        created: Option<i64>,
        occurred: Timestamp,
    ) -> Result<Self, StoreError> {
        let now = origin.now.micros();
        let fields = match serde_json::to_value(&row.fields).map_err(unstorable)? {
            Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>(),
            _ => return Err(unstorable("a record must be an object")),
        };
        Ok(Self {
            v: FORM,
            id,
            created_at: created.unwrap_or(now),
            updated_at: now,
            deleted_at: None,
            source_id: row.source_id.clone(),
            h: row.source_hash.clone(),
            occurred_at: occurred.micros(),
            execution_id: origin.execution,
            schedule_id: origin.schedule,
            tsp_id: origin.tsp,
            tsp_slug: origin.tsp_slug.clone(),
            source_name: origin.source_name.clone(),
            extras: row.extras.as_ref().map(Value::to_string),
            body: Value::Object(fields).to_string(),
        })
    }

    pub(super) fn occurred(&self) -> Timestamp {
        Timestamp::from_micros(self.occurred_at)
    }

    /// The item at a key, with the source packed beside the record.
    pub(super) fn item(&self, key: Item, source: &Value) -> Result<Item, StoreError> {
        let mut item: Item = serde_dynamo::to_item(self).map_err(unstorable)?;
        item.extend(key);
        let source = deflate(source.to_string().as_bytes())?;
        if source.len() <= SOURCE_LIMIT {
            item.insert("source".into(), bytes(source));
        }
        Ok(item)
    }

    pub(super) fn read(item: Item) -> Result<Self, StoreError> {
        let key = key(read_text(&item, "pk"), read_text(&item, "sk"));
        serde_dynamo::from_item(item).map_err(|error| unreadable(&key, error))
    }

    /// The kind's own members that are not null.
    pub(super) fn fields(&self) -> Result<Row, StoreError> {
        serde_json::from_str(&self.body).map_err(|error| self.malformed(&error))
    }

    fn malformed(&self, error: &serde_json::Error) -> StoreError {
        StoreError::Unreadable { key: self.id.to_string(), reason: error.to_string() }
    }

    /// The row a reader gets.
    pub(super) fn entry(
        self,
        resource: Resource,
        connection: ConnectionId,
        reader: Option<&GrantedConnection>,
        source: Value,
    ) -> Result<Entry, StoreError> {
        let extras = self.extras.as_deref().map(serde_json::from_str).transpose().map_err(|error| self.malformed(&error))?;
        let envelope = Envelope {
            fleet_id: reader.map(|reader| reader.fleet),
            fleet_ref: reader.and_then(|reader| reader.fleet_ref.clone()),
            id: self.id,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
            deleted_at: self.deleted_at.map(Timestamp::from_micros),
            connection_id: connection,
            tsp_id: Some(self.tsp_id),
            occurred_at: Some(self.occurred()),
            tsp_slug: Some(self.tsp_slug),
            source_name: self.source_name,
            source_data: source,
            source_id: self.source_id,
            source_data_hash: self.h,
            execution_id: Some(self.execution_id),
            schedule_id: Some(self.schedule_id),
            extras,
        };
        Ok(Entry { envelope, fields: Fields::Stored(resource, self.body) })
    }
}

/// A record read for a reader: the record, its source where asked for, and whose it is.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) record: Record,
    source: Value,
    pub(super) granted: GrantedConnection,
}

impl Found {
    pub(super) fn read(item: Item, granted: &GrantedConnection, include_source: bool) -> Result<Self, StoreError> {
        let source = if include_source { source(&item)? } else { Value::Object(Map::new()) };
        Ok(Self { record: Record::read(item)?, source, granted: granted.clone() })
    }

    pub(super) fn entry(self, resource: Resource) -> Result<Entry, StoreError> {
        self.record.entry(resource, self.granted.connection, Some(&self.granted), self.source)
    }
}

/// The source kept with an item.
fn source(item: &Item) -> Result<Value, StoreError> {
    match read_bytes(item, "source") {
        None => Ok(Value::Object(Map::new())),
        Some(packed) => {
            let text = inflate(packed).map_err(|error| unreadable(item, error))?;
            serde_json::from_slice(&text).map_err(|error| unreadable(item, error))
        }
    }
}

/// Deflated bytes.
pub(super) fn deflate(plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).and_then(|()| encoder.finish()).map_err(unstorable)
}

/// Inverse of [`deflate`].
pub(super) fn inflate(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    DeflateDecoder::new(packed).read_to_end(&mut plain)?;
    Ok(plain)
}
