//! A row on its way to a reader. It becomes JSON once, when the answer is written.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use model::Resource;
use model::telematics::{Envelope, HosEvent, User, Vehicle, VehicleLocation};
use serde::ser::{Error as _, SerializeMap as _};
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Row;
use super::table::unstorable;
use crate::StoreError;

/// A row as a reader gets it: envelope and fields, absent ones as nulls.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    #[serde(flatten)]
    pub(super) envelope: Envelope,
    #[serde(flatten)]
    pub(super) fields: Fields,
}

/// The members of a row that only its kind has.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fields {
    /// As stored: a JSON object of those that are not null.
    Stored(Resource, String),
    /// A position, made of its block.
    Position(Box<VehicleLocation>),
}

impl Entry {
    /// The row's members.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] if what was stored is no JSON object.
    pub fn row(&self) -> Result<Row, StoreError> {
        object(self)
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Position(location) => location.serialize(serializer),
            Self::Stored(resource, body) => {
                let stored: BTreeMap<&str, &RawValue> = serde_json::from_str(body).map_err(S::Error::custom)?;
                let mut map = serializer.serialize_map(None)?;
                for name in MEMBERS.get(resource).into_iter().flatten() {
                    map.serialize_entry(name, &stored.get(name.as_str()))?;
                }
                map.end()
            }
        }
    }
}

/// The JSON object of a value.
pub(super) fn object<T: Serialize>(value: &T) -> Result<Row, StoreError> {
    match serde_json::to_value(value).map_err(unstorable)? {
        Value::Object(members) => Ok(members),
        _ => Err(unstorable("a row must be an object")),
    }
}

/// The names of all members of each stored kind.
static MEMBERS: LazyLock<HashMap<Resource, Vec<String>>> = LazyLock::new(|| {
    let kinds = [
        (Resource::Vehicle, object(&Vehicle::default())),
        (Resource::User, object(&User::default())),
        (Resource::HosEvent, object(&HosEvent::default())),
    ];
    kinds.into_iter().filter_map(|(resource, row)| Some((resource, row.ok()?.keys().cloned().collect()))).collect()
});
