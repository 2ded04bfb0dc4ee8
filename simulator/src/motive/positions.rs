//! Positions of vehicles: live ones of those with a gateway, stale ones of all in use, and histories by days.

use serde_json::{Value, json};

use super::days::COMPANY;
use super::refusal::Refusal;
use super::wire::{
    MPS_PER_MPH, city, description, device, distance, driver_of, has_gateway, is_metric, number, time, uuid, vehicle_ref, with,
};
use super::{Answer, Request};
use crate::http::Reply;
use crate::world::{EngineState, Millis, Reading, Signal, Vehicle};

/// How old the positions of `/v1` and `/v2` may be.
const STALE_MS: Millis = 30 * 60_000;
const LONGEST_DAYS: i64 = 92;

/// `GET /v3/vehicle_locations`: vehicles with a gateway, now. Speeds are in km/h whatever the vehicle.
pub(super) fn live(request: &Request<'_>) -> Answer {
    let body = |vehicle: &&Vehicle| {
        let located = latest(request, vehicle, request.now).map(|reading| live_body(&reading));
        with(vehicle_ref(vehicle), json!({ "current_location": located }))
    };
    Ok(request.query.page("vehicles", "vehicle", &in_use(request, has_gateway), body))
}

/// `GET /v1/vehicle_locations` and `/v2/vehicle_locations`: all that are in use, as they were up to half an hour ago.
pub(super) fn stale(request: &Request<'_>) -> Answer {
    let at = request.now - request.now.rem_euclid(STALE_MS);
    let body = |vehicle: &&Vehicle| {
        let located = latest(request, vehicle, at).map(|reading| stale_body(vehicle, &reading));
        let driver = driver_of(request.account, vehicle);
        with(vehicle_ref(vehicle), json!({ "current_location": located, "current_driver": driver }))
    };
    Ok(request.query.page("vehicles", "vehicle", &in_use(request, |_| true), body))
}

fn in_use<'a>(request: &Request<'a>, is_wanted: fn(&Vehicle) -> bool) -> Vec<&'a Vehicle> {
    request.account.vehicles.iter().filter(|vehicle| vehicle.reports() && is_wanted(vehicle)).collect()
}

fn latest(request: &Request<'_>, vehicle: &Vehicle, at: Millis) -> Option<Reading> {
    request.delivery.latest(vehicle, at, Signal::Position)
}

fn live_body(reading: &Reading) -> Value {
    let (city, state) = city(reading).unzip();
    json!({
        "lat": reading.latitude, "lon": reading.longitude, "bearing": reading.heading_deg, "located_at": time(reading.at_ms),
        "city": city, "state": state, "kph": (reading.speed_mps * 36.0).round() / 10.0,
        "vehicle_state": if reading.engine == EngineState::Off { "off" } else { "on" }, "current_location": reading.place,
        "rg_km": 1.25, "rg_brg": 98.5, "rg_match": reading.place.is_some(),
    })
}

fn stale_body(vehicle: &Vehicle, reading: &Reading) -> Value {
    let factor = if is_metric(vehicle) { 3.6 } else { 1.0 / MPS_PER_MPH };
    json!({
        "id": uuid(vehicle.id, reading.at_ms), "lat": reading.latitude, "lon": reading.longitude, "bearing": reading.heading_deg,
        "located_at": time(reading.at_ms), "type": "breadcrumb", "description": description(reading),
        "speed": (reading.speed_mps * factor * 10.0).round() / 10.0, "odometer": distance(vehicle, reading.odometer_m),
        "engine_hours": reading.engine_s / 3_600.0, "fuel": reading.odometer_m / 2_500.0,
    })
}

/// The instants of the days that a history is asked for, and not behind now. Days are the company's.
pub(super) fn span(request: &Request<'_>, first: &'static str, last: &'static str) -> Result<(Millis, Millis), Refusal> {
    let today = COMPANY.day(request.now);
    let first = request.query.date(first)?.unwrap_or(today);
    let last = request.query.date(last)?.unwrap_or(today);
    if (last - first).num_days() > LONGEST_DAYS {
        return Err(Refusal::Range("3 months"));
    }
    Ok((COMPANY.start(first), COMPANY.end(last).min(request.now + 1)))
}

/// `GET /v3/vehicle_locations/{id}`: everything of some days, in one page. Speeds are in mph whatever the vehicle.
pub(super) fn history(request: &Request<'_>) -> Answer {
    let span = span(request, "start_date", "end_date")?;
    let wanted = |vehicle: &&Vehicle| number(vehicle.id).to_string() == request.id && has_gateway(vehicle);
    let vehicle = request.account.vehicles.iter().find(wanted).ok_or(Refusal::NotFound)?;
    let readings = request.delivery.history(vehicle, span, request.now, usize::MAX).readings;
    let driver = driver_of(request.account, vehicle);
    let mut rows: Vec<Value> = Vec::new();
    let mut before = EngineState::Off;
    for reading in &readings {
        let kind = kind(before, reading);
        rows.push(json!({ "vehicle_location": row(vehicle, reading, kind, &driver) }));
        if kind == "engine_start" {
            // The ignition is told without a place.
            let nowhere = json!({ "lat": null, "lon": null, "id": uuid(vehicle.id, !reading.at_ms) });
            let ignition = with(row(vehicle, reading, "ignition_on", &driver), nowhere);
            rows.push(json!({ "vehicle_location": ignition }));
        }
        before = reading.engine;
    }
    Ok(Reply::json(200, &json!({ "vehicle_locations": rows })))
}

fn kind(before: EngineState, reading: &Reading) -> &'static str {
    match (before, reading.engine) {
        (EngineState::Off, EngineState::On | EngineState::Idle) => "engine_start",
        (EngineState::On | EngineState::Idle, EngineState::Off) => "engine_stop",
        (_, EngineState::On) => "vehicle_moving",
        _ => "breadcrumb",
    }
}

fn row(vehicle: &Vehicle, reading: &Reading, kind: &str, driver: &Value) -> Value {
    let odometer = distance(vehicle, reading.odometer_m);
    let fuel = reading.carries(Signal::Fuel).then_some(reading.fuel_percent);
    json!({
        "located_at": time(reading.at_ms), "lat": reading.latitude, "lon": reading.longitude, "id": uuid(vehicle.id, reading.at_ms),
        "type": kind, "description": description(reading), "speed": (reading.speed_mps / MPS_PER_MPH * 10.0).round() / 10.0,
        "bearing": reading.heading_deg, "battery_voltage": null, "odometer": odometer - 12.5, "true_odometer": odometer,
        "engine_hours": reading.engine_s / 3_600.0, "true_engine_hours": reading.engine_s / 3_600.0,
        "fuel": reading.odometer_m / 2_500.0, "fuel_primary_remaining_percentage": fuel,
        "fuel_secondary_remaining_percentage": null, "driver": driver, "veh_range": null, "hvb_state_of_charge": null,
        "hvb_charge_status": null, "hvb_charge_source": null, "hvb_lifetime_energy_output": null, "eld_device": device(vehicle),
    })
}
