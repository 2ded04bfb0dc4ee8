//! What a record of the table's stream means to readers.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use model::{ConnectionId, Resource};

use super::Row;
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

/// The change behind the images of one stream record; `None` for bookkeeping items and for writes that readers do not see.
///
/// # Errors
/// [`StoreError::Unreadable`] for an image that is not what its key says.
pub fn from_images(
    _old: Option<&HashMap<String, AttributeValue>>,
    _new: Option<&HashMap<String, AttributeValue>>,
) -> Result<Option<Change>, StoreError> {
    Err(StoreError::Unavailable { operation: "stub", reason: String::new() })
}
