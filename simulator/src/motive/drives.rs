//! Drives of drivers, and what they fill in.

use chrono::{DateTime, NaiveDate, NaiveTime};
use serde_json::{Value, json};

use super::kinds::PURCHASES;
use super::positions::span;
use super::refusal::Refusal;
use super::wire::{city, distance, driver_ref, is_metric, time, vehicle_ref, with};
use super::{Answer, Request};
use crate::world::{Driver, DutyStatus, Millis, Signal, Vehicle, mix};

const DAY_MS: Millis = 24 * 3_600_000;
const LITERS_PER_GALLON: f64 = 3.785_411_784;

/// A drive.
struct Drive<'a> {
    driver: &'a Driver,
    vehicle: &'a Vehicle,
    start_ms: Millis,
    end_ms: Millis,
}

/// The most days of drives.
const LONGEST_DAYS: i64 = 30;

/// `GET /v1/driving_periods`: the drives that begin on some days of UTC, the newest first. One that goes on has no end yet.
pub(super) fn list(request: &Request<'_>) -> Answer {
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    let today = DateTime::from_timestamp_millis(request.now).unwrap_or_default().date_naive();
    let first = request.query.date("start_date")?.unwrap_or(today);
    let last = request.query.date("end_date")?.unwrap_or(today);
    if (last - first).num_days() >= LONGEST_DAYS {
        return Err(Refusal::Range("30 days"));
    }
    let (from, to) = (midnight(first), midnight(last) + DAY_MS);
    let mut drives = drives(request, from, to);
    drives.sort_by_key(|drive| std::cmp::Reverse(drive.start_ms));
    let body = |drive: &Drive<'_>| {
        let Drive { driver, vehicle, start_ms, end_ms } = *drive;
        let is_over = end_ms <= request.now;
        let place = |at: Millis| vehicle.latest(at, Signal::Position).and_then(|reading| reading.place);
        let kilometers = |at: Millis| vehicle.latest(at, Signal::Meters).map(|reading| reading.odometer_m / 1_000.0);
        let end = |value: Value| if is_over { value } else { Value::Null };
        json!({
            "id": mix(driver.id, start_ms.cast_unsigned()) % 10_000_000_000, "start_time": time(start_ms),
            "end_time": end(time(end_ms).into()), "status": if is_over { "complete" } else { "in_progress" }, "type": "driving",
            "annotation_status": null, "notes": null, "duration": end(json!((end_ms - start_ms) as f64 / 1_000.0)),
            "start_kilometers": kilometers(start_ms), "end_kilometers": end(kilometers(end_ms).into()), "source": null,
            "driver": driver_ref(driver), "vehicle": vehicle_of(vehicle), "origin": place(start_ms),
            "destination": if is_over { place(end_ms).unwrap_or_default() } else { String::new() },
        })
    };
    Ok(request.query.page("driving_periods", "driving_period", &drives, body))
}

fn drives<'a>(request: &Request<'a>, from: Millis, to: Millis) -> Vec<Drive<'a>> {
    let account = request.account;
    let mut drives = Vec::new();
    for driver in &account.drivers {
        let Some(vehicle) = account.vehicle_of(driver) else { continue };
        let spans = account.duty(driver, from, to.min(request.now)).into_iter();
        let driving = spans.filter(|span| span.status == DutyStatus::Driving && (from..to).contains(&span.start_ms));
        drives.extend(driving.map(|span| Drive { driver, vehicle, start_ms: span.start_ms, end_ms: span.end_ms }));
    }
    drives.retain(|drive| drive.start_ms <= request.now);
    drives
}

/// The vehicle of a drive, with its units.
fn vehicle_of(vehicle: &Vehicle) -> Value {
    with(vehicle_ref(vehicle), json!({ "metric_units": is_metric(vehicle) }))
}

/// `GET /v1/fuel_purchases`: what drivers entered of some days: fuel at the end of a drive, of every twentieth.
pub(super) fn purchases(request: &Request<'_>) -> Answer {
    let (from, to) = span(request, "start_date", "end_date")?;
    let mut filled = drives(request, from - DAY_MS, to);
    let id = |drive: &Drive<'_>| mix(drive.driver.id, !drive.start_ms.cast_unsigned());
    filled.retain(|drive| id(drive).is_multiple_of(20) && drive.end_ms <= request.now && (from..to).contains(&drive.end_ms));
    let body = |drive: &Drive<'_>| {
        let (id, vehicle) = (id(drive), drive.vehicle);
        let gallons = 60.0 + (id / 7 % 600) as f64 / 10.0;
        let is_metric = is_metric(vehicle);
        let place = vehicle.latest(drive.end_ms, Signal::Position);
        let state = place.as_ref().and_then(city).map(|(_, state)| state);
        json!({
            "id": id % 1_000_000_000, "offline_id": null, "purchased_at": time(drive.end_ms), "jurisdiction": state, "fuel_type": "diesel",
            "ref_no": format!("R{}", id % 100_000), "vendor": "Open Road Fuel", "total_cost": (gallons * 410.0).round() / 100.0,
            "currency": "USD", "fuel": if is_metric { gallons * LITERS_PER_GALLON } else { gallons },
            "fuel_unit": if is_metric { "ltr" } else { "gal" },
            "odometer": vehicle.latest(drive.end_ms, Signal::Meters).map(|reading| distance(vehicle, reading.odometer_m).round()),
            "odometer_unit": if is_metric { "km" } else { "mi" }, "receipt_upload_url": null,
            "driver": driver_ref(drive.driver), "vehicle": vehicle_of(vehicle),
        })
    };
    let mut all: Vec<Value> = filled.iter().map(body).collect();
    let written = request.app.written().made(PURCHASES, request.account.login);
    all.extend(written.into_iter().filter(|purchase| bought_ms(purchase).is_some_and(|at| (from..to).contains(&at))));
    Ok(request.query.page("fuel_purchases", "fuel_purchase", &all, Value::clone))
}

/// When a purchase was that somebody filed.
fn bought_ms(purchase: &Value) -> Option<Millis> {
    let text = purchase.get("purchased_at")?.as_str()?;
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis())
}
