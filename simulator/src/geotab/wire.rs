//! What bodies have in common. A value that is not known is absent, never null.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};

use crate::world::{Driver, Employment, Millis, Trailer, Vehicle};

/// What stands for "for ever".
pub(super) const NEVER: &str = "2050-01-01T00:00:00.000Z";
/// Nobody, in the place of a driver.
pub(super) const NOBODY: &str = "UnknownDriverId";

/// A time in milliseconds.
pub(super) fn time(ms: Millis) -> String {
    DateTime::from_timestamp_millis(ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A span as `.NET` writes it: `[days.]hh:mm:ss[.fraction]`.
pub(super) fn time_span(ms: Millis) -> String {
    let (days, seconds) = (ms / 86_400_000, ms / 1_000 % 86_400);
    let days = if days > 0 { format!("{days}.") } else { String::new() };
    let fraction = if ms % 1_000 > 0 { format!(".{:03}0000", ms % 1_000) } else { String::new() };
    format!("{days}{:02}:{:02}:{:02}{fraction}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// A time that a client sent.
pub(super) fn millis(text: &str) -> Option<Millis> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis())
}

/// Ids are short, and grow in the order in which their records were made.
pub(super) fn vehicle_id(vehicle: &Vehicle) -> String {
    format!("b{:X}", vehicle.id % 1_000_000)
}

/// Trailers are devices too, with ids behind those of vehicles.
pub(super) fn trailer_id(trailer: &Trailer) -> String {
    format!("b{:X}", 10_000_000 + trailer.id)
}

/// The id of the `Trailer` that a trailer's device belongs to.
pub(super) fn trailer_own_id(trailer: &Trailer) -> String {
    format!("a{:X}", trailer.id)
}

pub(super) fn user_id(driver: &Driver) -> String {
    format!("b{:X}", 20_000_000 + driver.id)
}

/// The number in an id, by which records are sorted.
pub(super) fn number(id: &str) -> u64 {
    id.strip_prefix('b').and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

/// A record that other records name.
pub(super) fn reference(id: &str) -> Value {
    json!({ "id": id })
}

/// A driver that other records name.
pub(super) fn driver(driver: &Driver) -> Value {
    json!({ "id": user_id(driver), "isDriver": true })
}

/// An object without its nulls.
pub(super) fn without_nulls(body: Value) -> Value {
    match body {
        Value::Object(members) => Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>()),
        other => other,
    }
}

/// When somebody stopped working here.
pub(super) fn left(driver: &Driver) -> String {
    const STAYED_MS: Millis = 400 * 86_400_000;
    match driver.employment {
        Employment::Active => NEVER.into(),
        Employment::Deactivated => time(driver.created_ms + STAYED_MS),
    }
}
