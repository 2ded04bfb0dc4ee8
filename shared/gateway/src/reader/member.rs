//! One member of a request: its documentation, and the steps that all ways of reading it share.

use schemars::{Schema, json_schema};
use serde_json::Value;

use super::raw::Raw;
use super::spec::{MemberDetails, MemberSpec};
use super::{Location, Reader};
use crate::problem::excerpt;

/// A member to read.
pub struct Member<'r> {
    pub(super) reader: &'r mut Reader,
    pub(super) location: Location,
    pub(super) name: &'static str,
    pub(super) full: String,
    pub(super) required: bool,
    pub(super) details: MemberDetails,
}

impl<'r> Member<'r> {
    /// The member must be sent.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Documented as required, while the operation itself reports a missing value (OAuth has its own error format).
    #[must_use]
    pub fn documented_as_required(mut self) -> Self {
        self.required = self.reader.recorded().is_some();
        self
    }

    /// Documented as a value of these lists; the operation itself rejects other values.
    #[must_use]
    pub fn documented_as(self, values: &'static [&'static [&'static str]]) -> Self {
        self.detailed(|details| details.values = values)
    }

    /// Its description.
    #[must_use]
    pub fn about(self, text: &'static str) -> Self {
        self.detailed(|details| details.about = text.into())
    }

    /// Its description, if it has to be generated.
    #[must_use]
    pub fn about_with(self, text: impl FnOnce() -> String) -> Self {
        self.detailed(|details| details.about = text().into())
    }

    /// An example value: JSON or plain text.
    #[must_use]
    pub fn example(self, value: &'static str) -> Self {
        self.detailed(|details| details.example = value)
    }

    /// Marks it as deprecated.
    #[must_use]
    pub fn deprecated(self) -> Self {
        self.detailed(|details| details.is_deprecated = true)
    }

    /// The documented default; the operation itself applies it.
    #[must_use]
    pub fn documented_default(self, value: impl Into<Value>) -> Self {
        self.detailed(|details| details.default = Some(value.into()))
    }

    pub(super) fn detailed(mut self, change: impl FnOnce(&mut MemberDetails)) -> Self {
        if self.reader.recorded().is_some() {
            change(&mut self.details);
        }
        self
    }

    pub(super) fn problem_path(&self) -> String {
        match self.full.as_str() {
            "" => self.location.name().to_owned(),
            full => format!("{}.{full}", self.location.name()),
        }
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
        let raw = Raw::of(reader, location, name);
        if required && matches!(raw, Raw::Absent | Raw::Null) {
            reader.problems.push(&path, "", "missing", "is required");
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
                let input = excerpt(&Value::Array(values));
                reader.problems.push(&path, &input, "type", "must be a single value");
                return None;
            }
            Raw::Other(value) => {
                reader.problems.push(&path, &excerpt(&value), "type", "must be a string");
                return None;
            }
        };
        match parse(&text) {
            Ok(value) => Some(value),
            Err(message) => {
                reader.problems.push(&path, &text, error_type, message);
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
                reader.problems.push(&path, &text, "type", "must be an array");
                return None;
            }
            Raw::Other(value) => {
                reader.problems.push(&path, &excerpt(&value), "type", "must be an array");
                return None;
            }
        };
        if values.len() > max {
            reader.problems.push(&path, &values.len().to_string(), "too_many", format!("must have at most {max} values"));
            return None;
        }
        let mut found = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let item_path = format!("{path}.{index}");
            match value.as_str().map(&parse) {
                Some(Ok(value)) => found.push(value),
                Some(Err((kind, message))) => reader.problems.push(&item_path, value.as_str().unwrap_or_default(), kind, message),
                None => reader.problems.push(&item_path, &excerpt(value), "type", "must be a string"),
            }
        }
        Some(found)
    }
}
