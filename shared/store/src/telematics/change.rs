//! What a record of the table's stream means to readers.

use aws_sdk_dynamodb::types::AttributeValue;
use model::telematics::{Action, RECORD_TYPES, RecordType, Storage};
use model::{ConnectionId, Resource};

use super::series::Block;
use super::table::{Item, read_number, read_text, unreadable};
use super::{Row, stored};
use crate::StoreError;

/// The rows that one stream record touched, each `source_data` empty. `fleet_id` and `fleet_ref` are null: each reader has its
/// own. The `source_data_hash` of a reading is empty: that would cost its source.
#[derive(Clone, Debug)]
pub struct RowChanges {
    /// The connection.
    pub connection: ConnectionId,
    /// What the rows are.
    pub record: &'static RecordType,
    /// Rows that were not there.
    pub added: Vec<Row>,
    /// Rows with other content, and deleted rows that came back.
    pub modified: Vec<Row>,
    /// Rows that are marked as deleted now.
    pub removed: Vec<Row>,
}

/// The changes behind the images of one stream record.
///
/// `None` for bookkeeping items and for writes that readers do not see: items that leave the table, and an event's old place.
///
/// # Errors
/// [`StoreError::Unreadable`] for an image that is not what its key says.
pub fn from_images(old: Option<&Item>, new: Option<&Item>) -> Result<Option<RowChanges>, StoreError> {
    let Some(new) = new else { return Ok(None) };
    let pk: Vec<&str> = read_text(new, "pk").split('#').collect();
    match pk.as_slice() {
        ["C", connection, resource] | ["C", connection, resource, _] => {
            let record = Resource::parse(resource).and_then(Resource::record_type);
            let (Ok(connection), Some(record)) = (connection.parse(), record) else { return Ok(None) };
            record_changes(connection, record, old, new)
        }
        [tag, _, _, _] if old.is_none() => series(tag).map(|record| block_changes(record, new)).transpose(),
        _ => Ok(None),
    }
}

/// The series whose keys begin with a tag.
pub(super) fn series(tag: &str) -> Option<&'static RecordType> {
    let has_tag = |record: &RecordType| matches!(record.storage, Storage::Series(_, packing) if packing.tag == tag);
    RECORD_TYPES.iter().copied().find(|record| has_tag(record))
}

fn block_changes(record: &'static RecordType, new: &Item) -> Result<RowChanges, StoreError> {
    let block = Block::cells(record, new)?;
    Ok(RowChanges { added: block.rows()?, ..nothing(block.connection, record) })
}

fn record_changes(
    connection: ConnectionId,
    record: &'static RecordType,
    old: Option<&Item>,
    new: &Item,
) -> Result<Option<RowChanges>, StoreError> {
    let row = || Ok::<_, StoreError>(vec![stored::row(record, new, connection, None, false)?]);
    let time = |name| read_number::<i64>(new, name).ok_or_else(|| unreadable(new, "times are missing"));
    let changes = nothing(connection, record);
    let Some(old) = old else {
        // An event whose time was corrected is inserted at its new place, with the age it had.
        let moved = time("updated_at")? != time("created_at")?;
        let changes = if moved { RowChanges { modified: row()?, ..changes } } else { RowChanges { added: row()?, ..changes } };
        return Ok(Some(changes));
    };
    let (was_deleted, is_deleted) = (old.contains_key("deleted_at"), new.contains_key("deleted_at"));
    match (was_deleted, is_deleted) {
        // Of rows whose removal never fires, partners hear as of a change: `deleted_at` tells what it was.
        (false, true) if !record.fires(Action::Removed) => Ok(Some(RowChanges { modified: row()?, ..changes })),
        (false, true) => Ok(Some(RowChanges { removed: row()?, ..changes })),
        (true, false) => Ok(Some(RowChanges { modified: row()?, ..changes })),
        // Where a source was mapped again, it is the same as before.
        _ if content(old) != content(new) => Ok(Some(RowChanges { modified: row()?, ..changes })),
        _ => Ok(None),
    }
}

/// What a change of it means something to readers.
fn content(item: &Item) -> [Option<&AttributeValue>; 3] {
    ["h", "body", "extras"].map(|name| item.get(name))
}

fn nothing(connection: ConnectionId, record: &'static RecordType) -> RowChanges {
    RowChanges { connection, record, added: Vec::new(), modified: Vec::new(), removed: Vec::new() }
}
