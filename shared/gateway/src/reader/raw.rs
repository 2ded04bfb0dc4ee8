//! The value of a member as it was sent, before it is checked.

use schemars::{Schema, json_schema};
use serde_json::Value;

use super::member::Member;
use super::spec::MemberSpec;
use super::{Location, Reader};
use crate::error::Problem;

/// What was sent.
pub(super) enum Raw {
    Absent,
    Null,
    Text(String),
    Many(Vec<Value>),
    Other(Value),
}

impl Raw {
    pub(super) fn as_query_text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Other(value) => Some(value.to_string()),
            Self::Absent | Self::Null | Self::Many(_) => None,
        }
    }
}

impl<'r> Member<'r> {
    pub(super) fn problem_path(&self) -> String {
        format!("{}.{}", self.location.name(), self.full)
    }

    /// The value as sent. Records the member, and reports a missing required one.
    pub(super) fn raw(self, schema: impl FnOnce() -> Schema) -> (&'r mut Reader, Raw) {
        let path = self.problem_path();
        let Self { reader, location, name, full, required, details } = self;
        if let Some(recorded) = reader.recorded() {
            let schema = details.schema().unwrap_or_else(schema);
            recorded.push(MemberSpec { location, name: full, required, schema, details });
            return (reader, Raw::Absent);
        }
        let raw = match location {
            Location::Path => reader.path.get(name).cloned().map_or(Raw::Absent, Raw::Text),
            Location::Query => reader.query.get(name).map_or(Raw::Absent, |values| query_value(values)),
            Location::Body => match reader.body.get(name).cloned() {
                None => Raw::Absent,
                Some(Value::Null) => Raw::Null,
                Some(Value::String(text)) => Raw::Text(text),
                Some(Value::Array(values)) => Raw::Many(values),
                Some(value) => Raw::Other(value),
            },
        };
        if required && matches!(raw, Raw::Absent | Raw::Null) {
            reader.problems.push(Problem::new(&path, "", "missing", "is required"));
        }
        (reader, raw)
    }

    pub(super) fn parsed<T>(
        self,
        schema: impl FnOnce() -> Schema,
        error_type: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let path = self.problem_path();
        let (reader, raw) = self.raw(schema);
        let text = match raw {
            Raw::Absent | Raw::Null => return None,
            Raw::Text(text) => text,
            Raw::Many(values) => {
                let input = Value::Array(values).to_string();
                reader.problems.push(Problem::new(&path, &input, "type", "must be a single value"));
                return None;
            }
            Raw::Other(value) => {
                reader.problems.push(Problem::new(&path, &value.to_string(), "type", "must be a string"));
                return None;
            }
        };
        match parse(&text) {
            Ok(value) => Some(value),
            Err(message) => {
                reader.problems.push(Problem::new(&path, &text, error_type, message));
                None
            }
        }
    }

    pub(super) fn many<T>(
        self,
        max: usize,
        item: impl FnOnce() -> Schema,
        parse: impl Fn(&str) -> Result<T, (&'static str, String)>,
    ) -> Option<Vec<T>> {
        let path = self.problem_path();
        let (reader, raw) = self.raw(|| json_schema!({ "type": "array", "items": item(), "maxItems": max }));
        let values = match raw {
            Raw::Absent | Raw::Null => return None,
            Raw::Text(text) if path.starts_with("query.") => vec![Value::String(text)],
            Raw::Many(values) => values,
            Raw::Text(text) => {
                reader.problems.push(Problem::new(&path, &text, "type", "must be an array"));
                return None;
            }
            Raw::Other(value) => {
                reader.problems.push(Problem::new(&path, &value.to_string(), "type", "must be an array"));
                return None;
            }
        };
        if values.len() > max {
            reader.problems.push(Problem::new(
                &path,
                &values.len().to_string(),
                "too_many",
                format!("must have at most {max} values"),
            ));
            return None;
        }
        let mut found = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let item_path = format!("{path}.{index}");
            match value.as_str().map(&parse) {
                Some(Ok(value)) => found.push(value),
                Some(Err((kind, message))) => {
                    reader.problems.push(Problem::new(&item_path, value.as_str().unwrap_or_default(), kind, message))
                }
                None => reader.problems.push(Problem::new(&item_path, &value.to_string(), "type", "must be a string")),
            }
        }
        Some(found)
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
