//! Where records lie: entities under their id, events under their day, with a place that tells which.

use model::telematics::{RecordType, Storage};
use model::{RecordId, Resource};

use super::keys;
use super::table::{Item, key};
use crate::StoreError;

/// Where records of a resource lie.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Shape {
    Entity,
    Event,
}

impl Shape {
    /// That of a type's records.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] for what is not stored as records.
    pub(super) fn of(record: &RecordType) -> Result<Self, StoreError> {
        match record.storage {
            Storage::Entity { .. } => Ok(Self::Entity),
            Storage::Event(_) => Ok(Self::Event),
            Storage::Series(..) | Storage::Derived(_) => {
                Err(StoreError::Unstorable(format!("{} is not stored as records", record.resource)))
            }
        }
    }
}

/// The key of an event's place.
pub(super) fn place_key(resource: Resource, id: RecordId) -> Item {
    key(&keys::place(resource, id), keys::PLACE)
}
