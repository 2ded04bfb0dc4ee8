//! What happened: positions, readings of diagnostics, changes of drivers.

use serde_json::json;

use super::Request;
use super::record::{Record, Window, version, version_text};
use super::search::Search;
use super::wire::{NOBODY, driver, reference, time, vehicle_id};
use crate::faults::Arrival;
use crate::world::{EngineState, Millis, Reading, Signal, Vehicle, key, mix, whole};

/// 0 °C in kelvins.
const ZERO_C_K: f64 = 273.15;

/// The readings of the vehicles that are asked for, each with the number of its vehicle.
fn arrived<'a>(request: &'a Request<'a>, window: Window) -> impl Iterator<Item = (u64, &'a Vehicle, Arrival)> {
    let vehicles = (0_u64..).zip(&request.account.vehicles);
    let wanted = vehicles.filter(|(_, vehicle)| Search { request }.wants_device(&vehicle_id(vehicle)));
    wanted.flat_map(move |(number, vehicle)| {
        let arrivals = if window.by_arrival {
            request.delivery.arriving(vehicle, window.from, window.to)
        } else {
            let part = request.delivery.history(vehicle, (window.from, window.to), request.now, usize::MAX);
            part.readings.into_iter().map(|reading| Arrival { at_ms: reading.at_ms, reading }).collect()
        };
        arrivals.into_iter().map(move |arrival| (number, vehicle, arrival))
    })
}

/// An id that is the same each time a record is told.
fn id(vehicle: &Vehicle, at: Millis, what: u64) -> String {
    format!("b{:X}", mix(mix(vehicle.id, key(at)), what) >> 20)
}

/// `LogRecord`: speed in whole km/h, and neither heading nor version.
pub(super) fn positions(request: &Request<'_>, window: Window) -> Vec<Record> {
    let record = |(number, vehicle, Arrival { at_ms, reading }): (u64, &Vehicle, Arrival)| {
        let body = json!({
            "dateTime": time(reading.at_ms), "device": reference(&vehicle_id(vehicle)), "id": id(vehicle, reading.at_ms, 1),
            "latitude": reading.latitude, "longitude": reading.longitude, "speed": whole(reading.speed_mps * 3.6),
        });
        Record::new(at_ms, number << 4, body)
    };
    arrived(request, window).map(record).collect()
}

/// What a reading tells of each diagnostic.
fn measured(vehicle: &Vehicle, reading: &Reading) -> Vec<(u64, &'static str, f64)> {
    let runs = reading.engine != EngineState::Off;
    let mut found = Vec::new();
    if reading.carries(Signal::Meters) {
        if vehicle.has_meters_on_bus() {
            found.push((1, "DiagnosticOdometerId", reading.odometer_m));
            found.push((2, "DiagnosticEngineHoursId", reading.engine_s));
        }
        found.extend(reading.oil_pressure_pa().map(|pascals| (3, "DiagnosticOilPressureId", pascals)));
        found.extend(reading.coolant_k().map(|kelvins| (4, "DiagnosticEngineCoolantTemperatureId", kelvins - ZERO_C_K)));
    }
    if reading.carries(Signal::Fuel) {
        found.push((5, "DiagnosticFuelLevelId", reading.fuel_percent));
    }
    if reading.carries(Signal::Engine) {
        found.push((6, "DiagnosticIgnitionId", f64::from(u8::from(runs))));
    }
    found
}

/// `StatusData`: readings in the units of their diagnostics.
pub(super) fn readings(request: &Request<'_>, window: Window) -> Vec<Record> {
    let search = Search { request };
    let mut found = Vec::new();
    for (number, vehicle, Arrival { at_ms, reading }) in arrived(request, window) {
        for (what, diagnostic, data) in measured(vehicle, &reading).into_iter().filter(|(_, name, _)| search.wants(name)) {
            let tie = number << 4 | what;
            let body = json!({
                "controller": "ControllerNoneId", "data": data, "dateTime": time(reading.at_ms),
                "device": reference(&vehicle_id(vehicle)), "diagnostic": reference(diagnostic),
                "id": id(vehicle, reading.at_ms, 10 + what), "version": version_text(version(at_ms, tie)),
            });
            found.push(Record::new(at_ms, tie, body));
        }
    }
    found
}

/// `DriverChange`: who signed in to a vehicle, and that nobody is signed in any more.
pub(super) fn driver_changes(request: &Request<'_>, window: Window) -> Vec<Record> {
    let shifts: Vec<_> =
        request.account.assignments(window.from - 1, window.to).into_iter().filter(|shift| !shift.is_passenger).collect();
    let mut found = Vec::new();
    for shift in &shifts {
        let Some(vehicle) = request.account.vehicles.get(shift.vehicle) else { continue };
        let others = || shifts.iter().filter(|other| other.vehicle == shift.vehicle && other.driver.id != shift.driver.id);
        let is_relieved = others().any(|other| (other.start_ms..other.end_ms).contains(&shift.end_ms));
        let changes = [(shift.start_ms, driver(shift.driver), "Driver"), (shift.end_ms, NOBODY.into(), "None")];
        for (at, driver, kind) in changes.into_iter().take(if is_relieved { 1 } else { 2 }) {
            if !(window.from..window.to.min(request.now + 1)).contains(&at) {
                continue;
            }
            let tie = u64::try_from(shift.vehicle).unwrap_or_default() << 4;
            let body = json!({
                "dateTime": time(at), "device": reference(&vehicle_id(vehicle)), "driver": driver, "id": id(vehicle, at, 2),
                "type": kind, "version": version_text(version(at, tie)),
            });
            found.push(Record::new(at, tie, body));
        }
    }
    found
}
