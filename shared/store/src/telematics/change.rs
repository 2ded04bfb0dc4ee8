//! What a record of the table's stream means to readers.

use aws_sdk_dynamodb::types::AttributeValue;
use model::{ConnectionId, Resource};
use serde_json::{Map, Value};

use super::Row;
use super::positions::decode_block;
use super::record::Record;
use super::table::{Item, read_text};
use crate::StoreError;

/// The rows that one stream record touched. `fleet_id` and `fleet_ref` are null: each reader has its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The connection.
    pub connection: ConnectionId,
    /// The kind of rows.
    pub resource: Resource,
    /// Rows that were not there.
    pub added: Vec<Row>,
    /// Rows with other content, and deleted rows that came back.
    pub modified: Vec<Row>,
    /// Rows that are marked as deleted now.
    pub removed: Vec<Row>,
}

/// The change behind the images of one stream record, each `source_data` empty.
///
/// `None` for bookkeeping items and for writes that readers do not see: items that leave the table, and an event's old place.
///
/// # Errors
/// [`StoreError::Unreadable`] for an image that is not what its key says.
pub fn from_images(old: Option<&Item>, new: Option<&Item>) -> Result<Option<Change>, StoreError> {
    let Some(new) = new else { return Ok(None) };
    let pk: Vec<&str> = read_text(new, "pk").split('#').collect();
    match pk.as_slice() {
        ["C", connection, resource] | ["C", connection, resource, _] => {
            let (Ok(connection), Some(resource)) = (connection.parse(), Resource::parse(resource)) else { return Ok(None) };
            record_change(connection, resource, old, new)
        }
        ["L", _, _, _] if old.is_none() => block_change(new).map(Some),
        _ => Ok(None),
    }
}

fn block_change(new: &Item) -> Result<Change, StoreError> {
    let block = decode_block(new)?;
    Ok(Change { added: block.clone().rows()?, ..nothing(block.connection, Resource::VehicleLocation) })
}

fn record_change(
    connection: ConnectionId,
    resource: Resource,
    old: Option<&Item>,
    new: &Item,
) -> Result<Option<Change>, StoreError> {
    let record = Record::read(new.clone())?;
    let (created_at, updated_at) = (record.created_at, record.updated_at);
    let row = || record.entry(resource, connection, None, Value::Object(Map::new()))?.row();
    let change = nothing(connection, resource);
    let Some(old) = old else {
        // An event whose time was corrected is inserted at its new place, with the age it had.
        let moved = updated_at != created_at;
        return if moved {
            Ok(Some(Change { modified: vec![row()?], ..change }))
        } else {
            Ok(Some(Change { added: vec![row()?], ..change }))
        };
    };
    let (was_deleted, is_deleted) = (old.contains_key("deleted_at"), new.contains_key("deleted_at"));
    let same = hash(old) == hash(new);
    match (was_deleted, is_deleted) {
        (false, true) => Ok(Some(Change { removed: vec![row()?], ..change })),
        (true, false) => Ok(Some(Change { modified: vec![row()?], ..change })),
        _ if !same => Ok(Some(Change { modified: vec![row()?], ..change })),
        _ => Ok(None),
    }
}

fn hash(item: &Item) -> Option<&String> {
    item.get("h").and_then(|value: &AttributeValue| value.as_s().ok())
}

fn nothing(connection: ConnectionId, resource: Resource) -> Change {
    Change { connection, resource, added: Vec::new(), modified: Vec::new(), removed: Vec::new() }
}
