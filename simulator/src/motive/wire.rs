//! What bodies have in common. An absent value is null, never an absent key.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use crate::world::{Account, Driver, Employment, Millis, Reading, Vehicle, mix};

pub(super) const METERS_PER_MILE: f64 = 1_609.344;
pub(super) const MPS_PER_MPH: f64 = 0.447_04;

/// An object with more members, or with others in their place.
pub(super) fn with(mut body: Value, more: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut body, more) {
        members.extend(more);
    }
    body
}

/// Ids are whole numbers, smaller ones than those of the world.
pub(super) fn number(id: u64) -> u64 {
    500_000 + id % 1_000_000
}

/// A time in whole seconds.
pub(super) fn time(ms: Millis) -> String {
    DateTime::from_timestamp_millis(ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Whether the numbers of a vehicle are told in metric units: of every fourth.
pub(super) fn is_metric(vehicle: &Vehicle) -> bool {
    number(vehicle.id) % 4 == 3
}

/// Whether a vehicle has a Vehicle Gateway; others are known by a simpler tracker.
pub(super) fn has_gateway(vehicle: &Vehicle) -> bool {
    number(vehicle.id) % 6 != 5
}

/// A distance in the vehicle's own unit.
pub(super) fn distance(vehicle: &Vehicle, meters: f64) -> f64 {
    meters / if is_metric(vehicle) { 1_000.0 } else { METERS_PER_MILE }
}

/// A vehicle as other records refer to it. Lists of positions do not tell its units.
pub(super) fn vehicle_ref(vehicle: &Vehicle) -> Value {
    let build = vehicle.build.as_ref();
    json!({
        "id": number(vehicle.id), "number": vehicle.name, "year": build.map(|build| build.year.to_string()),
        "make": build.map(|build| build.make), "model": build.map(|build| build.model),
        "vin": build.map(|build| build.vin.as_str()),
    })
}

/// A driver as other records refer to them.
pub(super) fn driver_ref(driver: &Driver) -> Value {
    let (first, last) = names(driver);
    json!({
        "id": number(driver.id), "first_name": first, "last_name": last, "username": driver.username, "email": null,
        "driver_company_id": null, "status": status(driver), "role": "driver",
    })
}

pub(super) fn names(driver: &Driver) -> (&str, &str) {
    driver.name.split_once(char::is_whitespace).unwrap_or((driver.name.as_str(), ""))
}

pub(super) fn status(driver: &Driver) -> &'static str {
    match driver.employment {
        Employment::Active => "active",
        Employment::Deactivated => "deactivated",
    }
}

/// The device in a vehicle; null where there is none.
pub(super) fn device(vehicle: &Vehicle) -> Value {
    let Some(build) = vehicle.build.as_ref().filter(|_| has_gateway(vehicle)) else { return Value::Null };
    json!({ "id": number(vehicle.id) + 300_000, "identifier": format!("AABL36{}", build.serial), "model": "lbb-3.6ca" })
}

/// The driver in the first seat of a vehicle; null where nobody sits.
pub(super) fn driver_of(account: &Account, vehicle: &Vehicle) -> Value {
    let position = account.vehicles.iter().position(|other| other.id == vehicle.id);
    position.and_then(|position| account.first_driver(position)).map_or(Value::Null, driver_ref)
}

/// City and state of a reading's place, `road, City, ST`.
pub(super) fn city(reading: &Reading) -> Option<(&str, &str)> {
    let mut parts = reading.place.as_deref()?.rsplit(',').map(str::trim);
    let state = parts.next()?;
    Some((parts.next()?, state))
}

/// `City, ST`.
pub(super) fn description(reading: &Reading) -> Option<String> {
    city(reading).map(|(city, state)| format!("{city}, {state}"))
}

/// An id of the form of a UUID, the same for the same numbers.
pub(super) fn uuid(subject: u64, at: Millis) -> String {
    let (high, low) = (mix(subject, at.cast_unsigned()), mix(subject, !at.cast_unsigned()));
    let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xfff);
    format!("{a:08x}-{b:04x}-4{c:03x}-8{:03x}-{:012x}", low >> 48 & 0xfff, low & 0xffff_ffff_ffff)
}
