//! The value of a member as sent, before validation.

use serde_json::Value;

use super::{Location, Reader};
use crate::problem::excerpt;

/// A value as sent.
pub(super) enum Raw {
    Absent,
    Null,
    Text(String),
    Many(Vec<Value>),
    Other(Value),
}

impl Raw {
    /// The value of a member of the request. It is taken out of the body: a member is read once.
    pub(super) fn of(reader: &mut Reader, location: Location, name: &str) -> Self {
        match location {
            Location::Path => reader.path.get(name).cloned().map_or(Self::Absent, Self::Text),
            Location::Query => reader.query.get(name).map_or(Self::Absent, |values| query_value(values)),
            Location::Body => match reader.body.remove(name) {
                None => Self::Absent,
                Some(Value::Null) => Self::Null,
                Some(Value::String(text)) => Self::Text(text),
                Some(Value::Array(values)) => Self::Many(values),
                Some(value) => Self::Other(value),
            },
        }
    }

    pub(super) fn as_query_text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Other(value) => Some(excerpt(value)),
            Self::Absent | Self::Null | Self::Many(_) => None,
        }
    }
}

/// Empty values count as absent; one value is a string, several are a list.
fn query_value(values: &[String]) -> Raw {
    let mut given: Vec<&String> = values.iter().filter(|value| !value.is_empty()).collect();
    match (given.pop(), given.is_empty()) {
        (None, _) => Raw::Absent,
        (Some(only), true) => Raw::Text(only.clone()),
        (Some(_), false) => Raw::Many(values.iter().filter(|value| !value.is_empty()).cloned().map(Value::String).collect()),
    }
}
