//! What adapters hand over: typed while they map, JSON text from their last line on.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::readings::Readings;
use super::{Record, RecordType};
use crate::{RecordIds, Timestamp};

/// One record as an adapter hands it over: mapped, with the TSP's own JSON beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation<T> {
    /// The TSP's id, or `<kind>:<source subject id>:<event time>` where it gives none.
    pub source_id: String,
    /// When it happened at the TSP; `None` where the TSP does not say.
    pub occurred_at: Option<Timestamp>,
    /// The record as sent.
    pub source: Value,
    /// SHA-256 (hex) of the canonical source without the adapter's volatile members; see [`source_hash`].
    pub source_hash: String,
    /// Attributes outside the model.
    pub extras: Option<Value>,
    /// Whether the TSP holds more of it than could be read this time. Such a row is stored where there is none and replaces none.
    pub is_partial: bool,
    /// The mapped fields.
    pub fields: T,
}

/// The fields of a row as they are stored: a JSON object of those that are not null, in published order.
pub type Fields = Box<RawValue>;

/// What one page brought, without its types: the store has one copy of its code.
#[derive(Clone, Debug)]
pub enum Batch {
    /// Entities or events.
    Records(Vec<Observation<Fields>>),
    /// Readings of a series.
    Readings(Readings),
}

impl Batch {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Records(rows) => rows.len(),
            Self::Readings(rows) => rows.len(),
        }
    }

    /// Nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The newest event time.
    #[must_use]
    pub fn last_occurred_at(&self) -> Option<Timestamp> {
        match self {
            Self::Records(rows) => rows.iter().filter_map(|row| row.occurred_at).max(),
            Self::Readings(rows) => rows.times().iter().max().map(|time| Timestamp::from_micros(*time)),
        }
    }
}

/// The typed rows of a page.
pub trait Rows: Send {
    /// Their type.
    const TYPE: &'static RecordType;

    /// The rows as the store takes them, linked to other records of their connection.
    ///
    /// # Errors
    /// Where a row cannot be written as JSON.
    fn erase(self, ids: RecordIds) -> Result<Batch, serde_json::Error>;
}

impl<T: Record + Send> Rows for Vec<Observation<T>> {
    const TYPE: &'static RecordType = T::TYPE;

    // One instance for every source and writer of a row type: the code that writes a row is long.
    #[inline(never)]
    fn erase(self, ids: RecordIds) -> Result<Batch, serde_json::Error> {
        let erased = self.into_iter().map(|row| {
            let Observation { source_id, occurred_at, source, source_hash, extras, is_partial, mut fields } = row;
            fields.link(ids);
            let fields = serde_json::value::to_raw_value(&fields)?;
            Ok(Observation { source_id, occurred_at, source, source_hash, extras, is_partial, fields })
        });
        Ok(Batch::Records(erased.collect::<Result<_, serde_json::Error>>()?))
    }
}

/// SHA-256 (hex) over canonical JSON: sorted keys, no spaces, the adapter's `volatile` top-level members left out.
#[must_use]
pub fn source_hash(source: &Value, volatile: &[&str]) -> String {
    crate::hex(&source_digest(source, volatile))
}

/// [`source_hash`] as bytes.
#[must_use]
pub fn source_digest(source: &Value, volatile: &[&str]) -> [u8; 32] {
    let canonical = match source {
        Value::Object(members) => {
            let kept: BTreeMap<&String, &Value> = members.iter().filter(|(name, _)| !volatile.contains(&name.as_str())).collect();
            serde_json::to_vec(&kept)
        }
        other => serde_json::to_vec(other),
    };
    Sha256::digest(canonical.unwrap_or_default()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_ignores_order_and_volatile_members() {
        let one: Value = serde_json::from_str(r#"{"b":1,"a":{"y":2,"x":3},"seen":"now"}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{"a":{"x":3,"y":2},"seen":"later","b":1}"#).unwrap();
        assert_eq!(source_hash(&one, &["seen"]), source_hash(&two, &["seen"]));
        assert_ne!(source_hash(&one, &[]), source_hash(&two, &[]));
    }
}
