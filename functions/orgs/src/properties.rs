//! What the properties of fleets and of partners have in common.

use gateway::ApiError;
use model::property::Property;
use model::{PropertyId, Timestamp};

/// The most properties in a request.
pub(crate) const MOST: usize = 50;
/// The most characters of a value.
pub(crate) const LONGEST: usize = 2_000;

/// A new property.
pub(crate) fn made<K>(key: K, value: String, now: Timestamp) -> Property<K> {
    Property { id: PropertyId::at(now), key, value, created_at: now }
}

/// 409: the organization has the key already.
pub(crate) fn exists<K: serde::Serialize>(key: K) -> ApiError {
    let name = serde_json::to_value(key).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    ApiError::conflict("property_exists", format!("there is a property {name} already; delete it first"))
}

/// 404.
pub(crate) fn missing() -> ApiError {
    ApiError::not_found("property")
}
