//! Reading a member as a value: validation and schemas by type.

use std::ops::RangeInclusive;
use std::str::FromStr;

use model::Timestamp;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::member::Member;
use super::raw::Raw;
use super::{Patch, Reader, choice};
use crate::problem::excerpt;

impl Member<'_> {
    /// A string of `min` to `max` characters without control characters.
    pub fn text(self, min: usize, max: usize) -> Option<String> {
        let schema = || json_schema!({ "type": "string", "minLength": min, "maxLength": max });
        self.parsed(schema, "range", move |text| fitting(text, min, max))
    }

    /// A string of `min` to `max` characters in lines; other control characters are refused. A line break is one character.
    pub fn paragraph(self, min: usize, max: usize) -> Option<String> {
        let schema = || json_schema!({ "type": "string", "minLength": min, "maxLength": max });
        self.parsed(schema, "range", move |text| {
            let text = text.replace("\r\n", "\n");
            fitting(&text.replace(['\n', '\t'], " "), min, max).map(|_| text)
        })
    }

    /// A string of at most `max` characters; for values that responses never echo.
    pub fn secret(self, max: usize) -> Option<String> {
        let path = self.problem_path();
        match self.raw(|| json_schema!({ "type": "string", "format": "password", "maxLength": max })) {
            (_, Raw::Text(text)) if text.chars().count() <= max => Some(text),
            (reader, Raw::Text(_)) => {
                reader.problems.push(&path, "", "range", format!("must have at most {max} characters"));
                None
            }
            (_, Raw::Absent | Raw::Null) => None,
            (reader, _) => {
                reader.problems.push(&path, "", "type", "must be a string");
                None
            }
        }
    }

    /// A name of people or companies, as they write it: 1 to `max` characters, not all of them blank, without those that would change
    /// how the text around them reads (control characters, line breaks, and what turns the direction of writing).
    pub fn name(self, max: usize) -> Option<String> {
        let schema = || json_schema!({ "type": "string", "minLength": 1, "maxLength": max, "pattern": NAME });
        self.parsed(schema, "format", move |text| {
            let fits = (1..=max).contains(&text.chars().count()) && !text.trim().is_empty() && !text.chars().any(is_disruptive);
            fits.then(|| text.to_owned())
                .ok_or_else(|| format!("must have 1 to {max} characters that are printed, without line breaks"))
        })
    }

    /// A string of at most `max` characters that matches `pattern`, as checked by `matches`.
    pub fn matching(
        self,
        max: usize,
        pattern: &'static str,
        expected: &'static str,
        matches: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let schema = || json_schema!({ "type": "string", "pattern": pattern, "maxLength": max });
        self.parsed(schema, "format", move |text| {
            let fits = text.chars().count() <= max && matches(text);
            fits.then(|| text.to_owned()).ok_or_else(|| format!("{expected}; at most {max} characters"))
        })
    }

    /// An absolute URL of 1 to 2,083 characters with one of these schemes, without user info, blanks and control characters: those
    /// are dropped by some readers and taken literally by others.
    pub fn url(self, schemes: &'static [&'static str]) -> Option<String> {
        self.parsed(url_schema, "format", move |text| absolute_url(text, schemes))
    }

    /// An id.
    pub fn id<T: From<Uuid>>(self) -> Option<T> {
        let schema = || json_schema!({ "type": "string", "format": "uuid" });
        self.parsed(schema, "format", |text| Uuid::from_str(text).map(T::from).map_err(|_| "must be a UUID".to_owned()))
    }

    /// An RFC 3339 date-time.
    pub fn instant(self) -> Option<Timestamp> {
        let schema = || json_schema!({ "type": "string", "format": "date-time", "examples": ["2026-11-21T05:00:00Z"] });
        self.parsed(schema, "format", |text| {
            instant(text).ok_or_else(|| "must be an RFC 3339 date-time with an offset, such as 2026-11-21T05:00:00Z".to_owned())
        })
    }

    /// A value of an enum.
    pub fn code<T: DeserializeOwned + JsonSchema>(self) -> Option<T> {
        self.parsed(schema_of::<T>, "enum", choice::of_enum)
    }

    /// A value from a published list.
    pub fn listed(self, values: &'static [&'static str]) -> Option<&'static str> {
        self.parsed(|| model::schema::code(values), "enum", move |text| choice::of_list(values, text))
    }

    /// A value of an enum; `default` if none is sent.
    pub fn code_or<T: DeserializeOwned + JsonSchema + Serialize>(self, default: T) -> T {
        let name = || serde_json::to_value(&default).ok();
        self.detailed(|details| details.default = name()).code().unwrap_or(default)
    }

    /// True or false; `default` if none is sent.
    pub fn flag_or(self, default: bool) -> bool {
        self.detailed(|details| details.default = Some(default.into())).flag().unwrap_or(default)
    }

    /// True or false.
    pub fn flag(self) -> Option<bool> {
        let path = self.problem_path();
        match self.raw(|| json_schema!({ "type": "boolean" })) {
            (_, Raw::Absent | Raw::Null) => None,
            (_, Raw::Other(Value::Bool(value))) => Some(value),
            (reader, raw) => {
                let text = raw.as_query_text();
                match text.as_ref().map(|text| text.to_ascii_lowercase()).as_deref() {
                    Some("true" | "1") => Some(true),
                    Some("false" | "0") => Some(false),
                    _ => {
                        reader.problems.push(&path, &text.unwrap_or_default(), "type", "must be true or false");
                        None
                    }
                }
            }
        }
    }

    /// An integer within bounds.
    pub fn whole(self, min: u32, max: u32) -> Option<u32> {
        let path = self.problem_path();
        let (reader, raw) = self.raw(|| json_schema!({ "type": "integer", "minimum": min, "maximum": max }));
        let (found, text) = match raw {
            Raw::Absent | Raw::Null => return None,
            Raw::Text(text) => (text.parse::<u32>().ok(), text),
            Raw::Other(value) => (value.as_u64().and_then(|number| u32::try_from(number).ok()), excerpt(&value)),
            Raw::Many(_) => (None, String::new()),
        };
        match found {
            Some(number) if (min..=max).contains(&number) => Some(number),
            Some(_) => {
                reader.problems.push(&path, &text, "range", format!("must be between {min} and {max}"));
                None
            }
            None => {
                reader.problems.push(&path, &text, "type", "must be an integer");
                None
            }
        }
    }

    /// A number within bounds.
    pub fn number(self, bounds: RangeInclusive<f64>) -> Option<f64> {
        let path = self.problem_path();
        let (least, most) = (*bounds.start(), *bounds.end());
        let (reader, raw) = self.raw(|| json_schema!({ "type": "number", "minimum": least, "maximum": most }));
        match raw {
            Raw::Absent | Raw::Null => None,
            Raw::Other(Value::Number(number)) => {
                let found = number.as_f64().filter(|number| bounds.contains(number));
                if found.is_none() {
                    reader.problems.push(&path, &number.to_string(), "range", format!("must be between {least} and {most}"));
                }
                found
            }
            raw => {
                reader.problems.push(&path, &raw.as_query_text().unwrap_or_default(), "type", "must be a number");
                None
            }
        }
    }

    /// A decimal number, or the text of one.
    pub fn decimal(self) -> Option<String> {
        const PATTERN: &str = r"^[+-]?\d{1,15}(\.\d{1,6})?$";
        let path = self.problem_path();
        let schema = || json_schema!({ "anyOf": [{ "type": "number" }, { "type": "string", "pattern": PATTERN }] });
        let (reader, raw) = self.raw(schema);
        let text = match raw {
            Raw::Absent | Raw::Null => return None,
            Raw::Text(text) => text,
            Raw::Other(Value::Number(number)) => number.to_string(),
            Raw::Many(_) | Raw::Other(_) => String::new(),
        };
        let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let counts = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if counts(whole, 15) && counts(fraction, 6) {
            return Some(text);
        }
        reader.problems.push(&path, &text, "format", "must be a decimal number of at most 15 digits and 6 decimals");
        None
    }

    /// A day.
    pub fn date(self) -> Option<String> {
        self.parsed(
            || json_schema!({ "type": "string", "format": "date" }),
            "format",
            |text| {
                let is_day = text.len() == 10 && Timestamp::parse(&format!("{text}T00:00:00Z")).is_some();
                is_day.then(|| text.to_owned()).ok_or_else(|| "must be a day, such as 2026-11-21".to_owned())
            },
        )
    }

    /// An integer within bounds; `default` if none is sent.
    pub fn whole_or(self, min: u32, max: u32, default: u32) -> u32 {
        self.detailed(|details| details.default = Some(default.into())).whole(min, max).unwrap_or(default)
    }

    /// Ids; the key repeats in a query, in a body it is an array.
    pub fn ids<T: From<Uuid>>(self, max: usize) -> Option<Vec<T>> {
        self.many(
            max,
            || json_schema!({ "type": "string", "format": "uuid" }),
            |text| Uuid::from_str(text).map(T::from).map_err(|_| ("format", "must be a UUID".to_owned())),
        )
    }

    /// Strings of 1 to `longest` characters without control characters; the key repeats in a query, in a body it is an array.
    pub fn texts(self, max: usize, longest: usize) -> Option<Vec<String>> {
        let schema = || json_schema!({ "type": "string", "minLength": 1, "maxLength": longest });
        self.many(max, schema, |text| fitting(text, 1, longest).map_err(|message| ("range", message)))
    }

    /// Values of an enum.
    pub fn codes<T: DeserializeOwned + JsonSchema>(self, max: usize) -> Option<Vec<T>> {
        self.many(max, schema_of::<T>, |text| choice::of_enum(text).map_err(|message| ("enum", message)))
    }

    /// URLs, as [`Member::url`] has them.
    pub fn urls(self, max: usize, schemes: &'static [&'static str]) -> Option<Vec<String>> {
        self.many(max, url_schema, |text| absolute_url(text, schemes).map_err(|message| ("format", message)))
    }

    /// Values from a published list.
    pub fn listed_many(self, max: usize, values: &'static [&'static str]) -> Option<Vec<String>> {
        self.many(
            max,
            || model::schema::code(values),
            move |text| choice::of_list(values, text).map(str::to_owned).map_err(|message| ("enum", message)),
        )
    }

    /// An object with its own members, documented as `T`.
    pub fn object<T: JsonSchema>(self, read: impl FnOnce(&mut Reader) -> T) -> Option<T> {
        let (full, path) = (self.full.clone(), self.problem_path());
        let (reader, raw) = self.raw(schema_of::<T>);
        let inner = match raw {
            Raw::Other(Value::Object(members)) => members,
            Raw::Absent | Raw::Null if reader.recorded().is_none() => return None,
            Raw::Absent | Raw::Null => Map::new(),
            _ => {
                reader.problems.push(&path, "", "type", "must be an object");
                return None;
            }
        };
        Some(reader.within(inner, format!("{full}."), read))
    }

    /// Objects with their own members, as many as `sizes` says, each documented as `T`. They are named by their place from 0 on.
    pub fn objects<T: JsonSchema>(self, sizes: RangeInclusive<usize>, mut read: impl FnMut(&mut Reader) -> T) -> Option<Vec<T>> {
        let (full, path) = (self.full.clone(), self.problem_path());
        let (least, most) = (*sizes.start(), *sizes.end());
        let schema = || json_schema!({ "type": "array", "items": schema_of::<T>(), "minItems": least, "maxItems": most });
        let (reader, raw) = self.raw(schema);
        let values = match raw {
            Raw::Absent | Raw::Null => return None,
            Raw::Many(values) if sizes.contains(&values.len()) => values,
            Raw::Many(values) => {
                let message = format!("must have {least} to {most} items");
                reader.problems.push(&path, &values.len().to_string(), "too_many", message);
                return None;
            }
            _ => {
                reader.problems.push(&path, "", "type", "must be an array");
                return None;
            }
        };
        let prefix = if full.is_empty() { full } else { format!("{full}.") };
        let mut found = Vec::with_capacity(values.len());
        for (place, value) in values.into_iter().enumerate() {
            match value {
                Value::Object(members) => found.push(reader.within(members, format!("{prefix}{place}."), &mut read)),
                other => reader.problems.push(&format!("body.{prefix}{place}"), &excerpt(&other), "type", "must be an object"),
            }
        }
        Some(found)
    }

    /// An object whose members the operation reads itself.
    pub fn raw_object(self, schema: impl FnOnce() -> Schema) -> Option<Map<String, Value>> {
        let path = self.problem_path();
        match self.raw(schema) {
            (_, Raw::Other(Value::Object(members))) => Some(members),
            (_, Raw::Absent | Raw::Null) => None,
            (reader, _) => {
                reader.problems.push(&path, "", "type", "must be an object");
                None
            }
        }
    }

    /// The member of a PATCH: `read` is called if it was sent and is not null.
    pub fn patch<T>(self, read: impl FnOnce(Self) -> Option<T>) -> Patch<T> {
        let is_null = self.reader.body.get(self.name).is_some_and(Value::is_null);
        match read(self) {
            Some(value) => Patch::Set(value),
            None if is_null => Patch::Clear,
            None => Patch::Keep,
        }
    }
}

/// The characters of [`Member::name`], with one at least that is no blank.
const NAME: &str =
    r"^[^\p{Cc}\u2028-\u202E\u2066-\u2069]*[^\p{Cc}\s\u2028-\u202E\u2066-\u2069][^\p{Cc}\u2028-\u202E\u2066-\u2069]*$";

/// Control characters, separators of lines, and what embeds or overrides a direction of writing.
fn is_disruptive(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn url_schema() -> Schema {
    json_schema!({ "type": "string", "format": "uri", "minLength": 1, "maxLength": 2083 })
}

fn absolute_url(text: &str, schemes: &[&str]) -> Result<String, String> {
    let parsed = url::Url::parse(text).ok().filter(|url| schemes.contains(&url.scheme()) && url.has_host());
    let parsed = parsed.filter(|url| url.username().is_empty() && url.password().is_none());
    let is_plain = !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    let fits = is_plain && (1..=2083).contains(&text.chars().count());
    let found = parsed.filter(|_| fits).map(|_| text.to_owned());
    found.ok_or_else(|| format!("must be an absolute URL ({}) without user info and blanks", schemes.join(", ")))
}

/// The text, if it has `min` to `max` characters and no control characters.
fn fitting(text: &str, min: usize, max: usize) -> Result<String, String> {
    let fits = (min..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned()).ok_or_else(|| format!("must have {min} to {max} characters and no control characters"))
}

/// The schema of a type without references, under the type's name.
#[must_use]
pub fn schema_of<T: JsonSchema>() -> Schema {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    settings.into_generator().into_root_schema_for::<T>()
}

/// An instant in a common spelling: a space may stand for the `T`, and before the offset, and for the `+` of the offset, which
/// callers that do not encode their queries turn into one.
fn instant(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let time = rest.strip_prefix(['T', 't', ' '])?;
    let time = time.replace("  ", "+").replace(" +", "+").replace(" -", "-").replace(" Z", "Z").replace(' ', "+");
    Timestamp::parse(&format!("{date}T{time}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_every_spelling_with_one_meaning() {
        let noon = Timestamp::parse("2026-11-21T12:00:00Z");
        assert!(noon.is_some());
        for text in [
            "2026-11-21T12:00:00Z",
            "2026-11-21t12:00:00z",
            "2026-11-21 12:00:00Z",
            "2026-11-21 12:00:00 Z",
            "2026-11-21T14:00:00+02:00",
            "2026-11-21T14:00:00 02:00",
            "2026-11-21 14:00:00 02:00",
            "2026-11-21 14:00:00 +02:00",
            "2026-11-21 14:00:00  02:00",
            "2026-11-21 10:00:00 -02:00",
        ] {
            assert_eq!(instant(text), noon, "{text}");
        }
        for text in [
            "",
            "2026-11-21",
            "2026-11-21T12:00:00",
            "2026-11-21 12:00:00",
            "21.11.2026 12:00:00Z",
            "2026-11-21__12:00:00Z",
            "ééééééééé",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
