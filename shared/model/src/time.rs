//! Instants: UTC, RFC 3339 with microseconds and `Z` on output, any offset on input.

use std::fmt;

use chrono::{DateTime, Datelike as _, Duration, NaiveDate, SecondsFormat, Timelike as _, Utc};
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
        match rfc3339(self.0) {
            Some(text) => f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?),
            None => f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true)),
        }
    }
}

/// Years of four digits: each row of an answer has some, so they are written without chrono's formatter and its allocations.
fn rfc3339(at: DateTime<Utc>) -> Option<[u8; 27]> {
    let year = u32::try_from(at.year()).ok().filter(|year| *year <= 9_999)?;
    let micros = at.timestamp_subsec_micros();
    let parts =
        [(0, 4, year), (5, 2, at.month()), (8, 2, at.day()), (11, 2, at.hour()), (14, 2, at.minute()), (17, 2, at.second())];
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    for (start, digits, mut value) in parts.into_iter().chain([(20, 6, micros)]) {
        for place in text.get_mut(start..start + digits)?.iter_mut().rev() {
            *place += u8::try_from(value % 10).ok()?;
            value /= 10;
        }
    }
    Some(text)
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
    fn every_instant_is_written_as_chrono_writes_it() {
        let steps = (-400..400).map(|step: i64| step * 1_234_567_890_123_457);
        let edges = [i64::MIN, -62_167_219_200_000_000, -1, 0, 1, 253_402_300_799_999_999, 253_402_300_800_000_000, i64::MAX];
        for micros in steps.chain(edges) {
            let instant = Timestamp::from_micros(micros);
            assert_eq!(instant.to_string(), instant.0.to_rfc3339_opts(SecondsFormat::Micros, true));
        }
    }

    #[test]
    fn text_without_an_offset_is_rejected() {
        for text in ["2026-11-21", "2026-11-21T07:00:00", "yesterday", ""] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
