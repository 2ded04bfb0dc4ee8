//! One record per item: how entities and events are stored, and the rows made of them.

use std::io::{Read as _, Write as _};
use std::sync::LazyLock;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use model::telematics::{Envelope, Fields, Observation, RecordType};
use model::{ConnectionId, RecordId, Timestamp};
use serde_json::Value;
use serde_json::value::RawValue;

use super::table::{Item, bytes, number, read_bytes, read_number, read_text, text, unreadable, unstorable, weight};
use super::{Origin, Row};
use crate::{GrantedConnection, StoreError};

/// Version of the stored form.
pub(super) const FORM: u8 = 1;

/// Bytes of an item; DynamoDB takes 400 KB. A source that does not fit beside its record is left out, and the row says so.
const ITEM_LIMIT: usize = 390_000;
/// The mark of such a row, among its extras.
const SOURCE_OMITTED: &str = "source_data_omitted";

/// A record that is about to be stored.
pub(super) struct NewRecord<'a> {
    pub(super) id: RecordId,
    pub(super) created_at: Timestamp,
    pub(super) occurred_at: Timestamp,
    pub(super) row: &'a Observation<Fields>,
}

impl NewRecord<'_> {
    /// The item at a key, with the source packed beside the record.
    pub(super) fn item(&self, origin: &Origin, key: Item) -> Result<Item, StoreError> {
        let row = self.row;
        let mut item = key;
        let mut set = |name: &str, value| drop(item.insert(name.to_owned(), value));
        set("v", number(FORM));
        set("id", text(self.id.to_string()));
        set("created_at", number(self.created_at.micros()));
        set("updated_at", number(origin.now.micros()));
        set("source_id", text(&row.source_id));
        set("h", text(&row.source_hash));
        set("occurred_at", number(self.occurred_at.micros()));
        set("execution_id", text(origin.execution.to_string()));
        set("schedule_id", text(origin.schedule.to_string()));
        set("tsp_id", text(origin.tsp.to_string()));
        set("tsp_slug", text(&origin.tsp_slug));
        set("source_name", text(&origin.source_name));
        set("body", text(row.fields.get()));
        if let Some(extras) = &row.extras {
            set("extras", text(extras.to_string()));
        }
        let source = deflate(row.source.to_string().as_bytes())?;
        if weight(&item) + source.len() <= ITEM_LIMIT {
            item.insert("source".into(), bytes(source));
        } else {
            item.insert("extras".into(), text(without_source(row.extras.as_ref()).to_string()));
        }
        Ok(item)
    }
}

/// Extras that say that the source was left out.
fn without_source(extras: Option<&Value>) -> Value {
    let mut members = extras.and_then(Value::as_object).cloned().unwrap_or_default();
    members.insert(SOURCE_OMITTED.into(), Value::Bool(true));
    Value::Object(members)
}

/// The row of an item, as a reader sees it; without reader: without fleet.
pub(super) fn row(
    record: &RecordType,
    item: &Item,
    connection: ConnectionId,
    reader: Option<&GrantedConnection>,
    include_source: bool,
) -> Result<Row, StoreError> {
    let source = if include_source { source(item)? } else { None };
    let extras = item.get("extras").and_then(|extras| extras.as_s().ok());
    let raw = |text: &str| serde_json::from_str::<Box<RawValue>>(text).map_err(|error| unreadable(item, error));
    let extras = extras.map(|extras| raw(extras)).transpose()?;
    let id = |name: &str| read_text(item, name).parse::<uuid::Uuid>().map_err(|error| unreadable(item, error));
    let time = |name: &str| read_number(item, name).map(Timestamp::from_micros);
    let needed = |name: &str| time(name).ok_or_else(|| unreadable(item, format!("no {name}")));
    let envelope = Envelope {
        fleet_id: reader.map(|reader| reader.fleet),
        fleet_ref: reader.and_then(|reader| reader.fleet_ref.as_deref()),
        id: id("id")?.into(),
        created_at: needed("created_at")?,
        updated_at: needed("updated_at")?,
        deleted_at: time("deleted_at"),
        connection_id: connection,
        tsp_id: Some(id("tsp_id")?.into()),
        tsp_slug: Some(read_text(item, "tsp_slug")),
        source_name: read_text(item, "source_name"),
        source_data: source.as_deref().unwrap_or_else(|| no_source()),
        source_id: read_text(item, "source_id"),
        source_data_hash: read_text(item, "h"),
        occurred_at: Some(needed("occurred_at")?),
        execution_id: Some(id("execution_id")?.into()),
        schedule_id: Some(id("schedule_id")?.into()),
        extras: extras.as_deref(),
    };
    Row::stored(record, &envelope, body(item))
}

/// Whether a link shows an item. Items are rewritten in place: one that changed after the link's end has no older version.
pub(super) fn is_seen(item: &Item, granted: &GrantedConnection) -> bool {
    let shows = |name| read_number(item, name).map(Timestamp::from_micros).is_none_or(|at| granted.shows(at));
    shows("updated_at") && shows("occurred_at")
}

/// The row's own members that are not null, as JSON text.
pub(super) fn body(item: &Item) -> &str {
    read_text(item, "body")
}

/// The source of rows whose reader did not ask for it.
pub(super) fn no_source() -> &'static RawValue {
    static EMPTY: LazyLock<Box<RawValue>> = LazyLock::new(|| RawValue::from_string("{}".to_owned()).unwrap_or_default());
    &EMPTY
}

/// The source kept with an item.
pub(super) fn source(item: &Item) -> Result<Option<Box<RawValue>>, StoreError> {
    let Some(packed) = read_bytes(item, "source") else { return Ok(None) };
    let text = inflate(packed).map_err(|error| unreadable(item, error))?;
    serde_json::from_slice(&text).map(Some).map_err(|error| unreadable(item, error))
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
