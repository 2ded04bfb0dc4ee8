//! Tolerant reading: a member that is absent, null, `""` or of another type than documented reads as absent, so that one
//! odd member never costs a record, let alone a page.

use std::collections::BTreeMap;

use model::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A member that may be missing or odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lenient<T>(pub(super) Option<T>);

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: FromRaw> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(Self(T::from_raw(raw.get())))
    }
}

/// Read from the JSON text of one value; `None` where it is not one of these.
pub(super) trait FromRaw: Sized {
    fn from_raw(json: &str) -> Option<Self>;
}

/// Text, not blank; a number is taken as it is written, as some ids are numbers.
impl FromRaw for String {
    fn from_raw(json: &str) -> Option<Self> {
        if json.starts_with('"') {
            return serde_json::from_str(json).ok().filter(|text: &Self| !text.trim().is_empty());
        }
        json.starts_with(|first: char| first == '-' || first.is_ascii_digit()).then(|| json.to_owned())
    }
}

/// A finite number, or one in quotes.
impl FromRaw for f64 {
    fn from_raw(json: &str) -> Option<Self> {
        json.trim_matches('"').trim().parse().ok().filter(|number: &Self| number.is_finite())
    }
}

impl FromRaw for i64 {
    fn from_raw(json: &str) -> Option<Self> {
        json.trim_matches('"').trim().parse().ok()
    }
}

impl FromRaw for bool {
    fn from_raw(json: &str) -> Option<Self> {
        json.parse().ok()
    }
}

/// RFC 3339.
impl FromRaw for Timestamp {
    fn from_raw(json: &str) -> Option<Self> {
        Self::parse(json.trim_matches('"'))
    }
}

/// The elements that can be read.
impl<T: FromRaw> FromRaw for Vec<T> {
    fn from_raw(json: &str) -> Option<Self> {
        let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
        Some(items.iter().filter_map(|item| T::from_raw(item.get())).collect())
    }
}

/// The members that are text.
impl FromRaw for BTreeMap<String, String> {
    fn from_raw(json: &str) -> Option<Self> {
        let items: BTreeMap<String, Lenient<String>> = serde_json::from_str(json).ok()?;
        Some(items.into_iter().filter_map(|(name, value)| Some((name, value.0?))).collect())
    }
}

/// Objects of these types can be members.
macro_rules! from_json {
    ($($type:ty),* $(,)?) => {$(
        impl $crate::samsara::lenient::FromRaw for $type {
            fn from_raw(json: &str) -> Option<Self> {
                serde_json::from_str(json).ok()
            }
        }
    )*};
}
pub(super) use from_json;

/// `{"id", "name"}`, as tags, drivers and vehicles are referred to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference {
    pub(super) id: Lenient<String>,
    pub(super) name: Lenient<String>,
}

from_json!(Reference);

/// Tags as a map from id to name.
pub(super) fn groups(tags: Lenient<Vec<Reference>>) -> Option<serde_json::Value> {
    let tags = tags.0.unwrap_or_default().into_iter();
    let named: serde_json::Map<_, _> = tags.filter_map(|tag| Some((tag.id.0?, tag.name.0.into()))).collect();
    (!named.is_empty()).then_some(serde_json::Value::Object(named))
}

/// The members of `source` worth keeping beside the model; `None` where it has none of them.
pub(super) fn extras(source: &serde_json::Value, names: &[&str]) -> Option<serde_json::Value> {
    let blank = |value: &serde_json::Value| value.is_null() || value.as_str() == Some("");
    let kept = names.iter().filter_map(|name| source.get(*name).map(|value| (*name, value)));
    let kept: serde_json::Map<_, _> =
        kept.filter(|(_, value)| !blank(value)).map(|(name, value)| (name.to_owned(), value.clone())).collect();
    (!kept.is_empty()).then_some(serde_json::Value::Object(kept))
}
