//! Instants: UTC, RFC 3339 with microseconds and `Z` on output, any offset on input.

use std::fmt;

use chrono::{DateTime, Duration, NaiveDate, SecondsFormat, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant, to the microsecond.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The system clock, for `main` functions; all other code takes the time as a parameter.
    #[must_use]
    pub fn system() -> Self {
        Self::from_micros(Utc::now().timestamp_micros())
    }

    /// An RFC 3339 instant with any offset. `None` if the text is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parsed = DateTime::parse_from_rfc3339(text).ok()?;
        Some(Self::from_micros(parsed.timestamp_micros()))
    }

    /// Microseconds since 1970; instants outside chrono's range become 1970.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self(DateTime::from_timestamp_micros(micros).unwrap_or_default())
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self::from_micros(millis.saturating_mul(1_000))
    }

    /// Microseconds since 1970.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// Whole milliseconds since 1970.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0.timestamp_millis()
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.timestamp()
    }

    /// The UTC day.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        self.0.date_naive()
    }

    /// Midnight UTC at the start of this instant's day.
    #[must_use]
    pub fn day_start(self) -> Self {
        Self::from_micros(self.micros() - self.micros().rem_euclid(86_400_000_000))
    }

    /// The start of this instant's hour.
    #[must_use]
    pub fn hour_start(self) -> Self {
        Self::from_micros(self.micros() - self.micros().rem_euclid(3_600_000_000))
    }

    /// This instant moved by whole seconds, either way.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_micros(self.micros().saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Seconds from `earlier` to this instant, as a fraction.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> f64 {
        let span: Duration = self.0 - earlier.0;
        span.as_seconds_f64()
    }

    /// Seconds precision with a numeric offset (`2024-11-28T10:30:00+00:00`), as delivery headers require.
    #[must_use]
    pub fn header(self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Secs, false)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 instant"))
    }
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = DateTime::<Utc>::json_schema(generator);
        schema.insert("examples".into(), vec!["2026-11-21T05:00:00.500000Z"].into());
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_utc_with_microseconds() {
        let instant = Timestamp::parse("2026-11-21T07:00:00.5+02:00").unwrap();
        assert_eq!(instant.to_string(), "2026-11-21T05:00:00.500000Z");
        assert_eq!(instant.header(), "2026-11-21T05:00:00+00:00");
        assert_eq!(instant.day_start().to_string(), "2026-11-21T00:00:00.000000Z");
    }

    #[test]
    fn text_without_an_offset_is_rejected() {
        for text in ["2026-11-21", "2026-11-21T07:00:00", "yesterday", ""] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
