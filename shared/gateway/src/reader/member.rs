//! One member of a request: how it is read, validated and described.

use std::str::FromStr;

use model::Timestamp;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, json_schema};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Location, MemberSpec, Patch, Reader};
use crate::error::Problem;

/// A member to read.
pub struct Member<'r> {
    pub(super) reader: &'r mut Reader,
    pub(super) location: Location,
    pub(super) name: &'static str,
    pub(super) full: String,
    pub(super) required: bool,
}

enum Raw {
    Absent,
    Null,
    Text(String),
    Many(Vec<Value>),
    Other(Value),
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
        self.required = self.reader.recorded.is_some();
        self
    }

    /// A string of `min` to `max` characters without control characters.
    pub fn text(self, min: usize, max: usize) -> Option<String> {
        let schema = json_schema!({ "type": "string", "minLength": min, "maxLength": max });
        self.parsed(schema, "range", move |text| {
            let length = text.chars().count();
            let fits = (min..=max).contains(&length) && !text.chars().any(char::is_control);
            fits.then(|| text.to_owned()).ok_or_else(|| format!("must have {min} to {max} characters and no control characters"))
        })
    }

    /// Any string; for values that responses never echo.
    pub fn secret(self) -> Option<String> {
        let path = self.problem_path();
        match self.raw(json_schema!({ "type": "string", "format": "password" })) {
            (_, Raw::Text(text)) => Some(text),
            (_, Raw::Absent | Raw::Null) => None,
            (reader, _) => {
                reader.problems.push(Problem::new(&path, "", "type", "must be a string"));
                None
            }
        }
    }

    /// A string that matches `pattern`, as checked by `matches`.
    pub fn matching(self, pattern: &'static str, expected: &'static str, matches: impl Fn(&str) -> bool) -> Option<String> {
        let schema = json_schema!({ "type": "string", "pattern": pattern });
        self.parsed(schema, "format", move |text| matches(text).then(|| text.to_owned()).ok_or_else(|| expected.to_owned()))
    }

    /// An absolute URL of 1 to 2,083 characters with one of these schemes.
    pub fn url(self, schemes: &'static [&'static str]) -> Option<String> {
        let schema = json_schema!({ "type": "string", "format": "uri", "minLength": 1, "maxLength": 2083 });
        self.parsed(schema, "format", move |text| {
            let parsed = url::Url::parse(text).ok().filter(|url| schemes.contains(&url.scheme()) && url.has_host());
            let fits = (1..=2083).contains(&text.chars().count());
            parsed
                .filter(|_| fits)
                .map(|_| text.to_owned())
                .ok_or_else(|| format!("must be an absolute URL ({})", schemes.join(", ")))
        })
    }

    /// An id.
    pub fn id<T: From<Uuid>>(self) -> Option<T> {
        let schema = json_schema!({ "type": "string", "format": "uuid" });
        self.parsed(schema, "format", |text| Uuid::from_str(text).map(T::from).map_err(|_| "must be a UUID".to_owned()))
    }

    /// An RFC 3339 date-time.
    pub fn instant(self) -> Option<Timestamp> {
        let schema = json_schema!({ "type": "string", "format": "date-time" });
        self.parsed(schema, "format", |text| {
            Timestamp::parse(&text.replace(' ', "+")).ok_or_else(|| "must be an RFC 3339 date-time with an offset".to_owned())
        })
    }

    /// A value of an enum.
    pub fn code<T: DeserializeOwned + JsonSchema>(self) -> Option<T> {
        self.parsed(inline::<T>(), "enum", |text| {
            serde_json::from_value(Value::String(text.to_owned())).map_err(|_| "must be one of the allowed values".to_owned())
        })
    }

    /// A value from a published list.
    pub fn listed(self, values: &'static [&'static str]) -> Option<&'static str> {
        self.parsed(model::schema::code(values), "enum", move |text| {
            values.iter().copied().find(|value| *value == text).ok_or_else(|| "must be one of the allowed values".to_owned())
        })
    }

    /// True or false.
    pub fn flag(self) -> Option<bool> {
        let path = self.problem_path();
        match self.raw(json_schema!({ "type": "boolean" })) {
            (_, Raw::Absent | Raw::Null) => None,
            (_, Raw::Other(Value::Bool(value))) => Some(value),
            (reader, raw) => {
                let text = raw.as_query_text();
                match text.as_deref() {
                    Some("true" | "1") => Some(true),
                    Some("false" | "0") => Some(false),
                    _ => {
                        reader.problems.push(Problem::new(&path, &text.unwrap_or_default(), "type", "must be true or false"));
                        None
                    }
                }
            }
        }
    }

    /// An integer within bounds.
    pub fn whole(self, min: u32, max: u32) -> Option<u32> {
        let path = self.problem_path();
        let (reader, raw) = self.raw(json_schema!({ "type": "integer", "minimum": min, "maximum": max }));
        let (found, text) = match raw {
            Raw::Absent | Raw::Null => return None,
            Raw::Text(text) => (text.parse::<u32>().ok(), text),
            Raw::Other(value) => (value.as_u64().and_then(|number| u32::try_from(number).ok()), value.to_string()),
            Raw::Many(_) => (None, String::new()),
        };
        match found {
            Some(number) if (min..=max).contains(&number) => Some(number),
            Some(_) => {
                reader.problems.push(Problem::new(&path, &text, "range", format!("must be between {min} and {max}")));
                None
            }
            None => {
                reader.problems.push(Problem::new(&path, &text, "type", "must be an integer"));
                None
            }
        }
    }

    /// Ids; the key repeats in a query, in a body it is an array.
    pub fn ids<T: From<Uuid>>(self, max: usize) -> Option<Vec<T>> {
        self.many(max, json_schema!({ "type": "string", "format": "uuid" }), |text| {
            Uuid::from_str(text).map(T::from).map_err(|_| ("format", "must be a UUID".to_owned()))
        })
    }

    /// Texts; the key repeats in a query, in a body it is an array.
    pub fn texts(self, max: usize) -> Option<Vec<String>> {
        self.many(max, json_schema!({ "type": "string" }), |text| Ok(text.to_owned()))
    }

    /// Values out of a published list.
    pub fn listed_many(self, max: usize, values: &'static [&'static str]) -> Option<Vec<String>> {
        self.many(max, model::schema::code(values), move |text| {
            let known = values.contains(&text);
            known.then(|| text.to_owned()).ok_or(("enum", "must be one of the allowed values".to_owned()))
        })
    }

    /// An object with its own members.
    pub fn object<T>(self, read: impl FnOnce(&mut Reader) -> T) -> Option<T> {
        let (full, path) = (self.full.clone(), self.problem_path());
        let (reader, raw) = self.raw(json_schema!({ "type": "object" }));
        let inner = match raw {
            Raw::Other(Value::Object(members)) => members,
            Raw::Absent | Raw::Null if reader.recorded.is_none() => return None,
            Raw::Absent | Raw::Null => Map::new(),
            _ => {
                reader.problems.push(Problem::new(&path, "", "type", "must be an object"));
                return None;
            }
        };
        let outer = std::mem::replace(&mut reader.body, inner);
        let nesting = std::mem::replace(&mut reader.nesting, format!("{full}."));
        let value = read(reader);
        reader.reject_unknown_members();
        reader.nesting = nesting;
        reader.body = outer;
        Some(value)
    }

    /// An object whose members the operation reads itself.
    pub fn raw_object(self, schema: Schema) -> Option<Map<String, Value>> {
        let path = self.problem_path();
        match self.raw(schema) {
            (_, Raw::Other(Value::Object(members))) => Some(members),
            (_, Raw::Absent | Raw::Null) => None,
            (reader, _) => {
                reader.problems.push(Problem::new(&path, "", "type", "must be an object"));
                None
            }
        }
    }

    /// The member of a PATCH: `read` is called if it was sent and is not null.
    pub fn patch<T>(self, read: impl FnOnce(Self) -> Option<T>) -> Patch<T> {
        let sent = self.reader.body.get(self.name).cloned();
        match (sent, read(self)) {
            (Some(Value::Null), _) => Patch::Clear,
            (_, Some(value)) => Patch::Set(value),
            (_, None) => Patch::Keep,
        }
    }

    fn problem_path(&self) -> String {
        format!("{}.{}", self.location.name(), self.full)
    }

    /// The value as sent. Records the member, and reports a missing required one.
    fn raw(self, schema: Schema) -> (&'r mut Reader, Raw) {
        let path = self.problem_path();
        let Self { reader, location, name, full, required } = self;
        if let Some(recorded) = &mut reader.recorded {
            recorded.push(MemberSpec { location, name: full, required, schema });
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

    fn parsed<T>(self, schema: Schema, error_type: &'static str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
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

    fn many<T>(self, max: usize, item: Schema, parse: impl Fn(&str) -> Result<T, (&'static str, String)>) -> Option<Vec<T>> {
        let path = self.problem_path();
        let (reader, raw) = self.raw(json_schema!({ "type": ["array", "null"], "items": item, "maxItems": max }));
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

impl Raw {
    fn as_query_text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Other(value) => Some(value.to_string()),
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

/// The schema of a type without references.
fn inline<T: JsonSchema>() -> Schema {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    settings.into_generator().into_root_schema_for::<T>()
}
