//! `FuelTaxDetail`: the ways of vehicles through jurisdictions, here one for each day, in the state where the day ended.

use serde_json::{Value, json};

use super::Request;
use super::record::{Record, Window, version, version_text};
use super::wire::{NOBODY, reference, time, vehicle_id};
use crate::world::{Millis, Signal, Vehicle, key, mix};

const DAY_MS: Millis = 24 * 3_600_000;
/// How long after the end of a way it is told of.
const TOLD_AFTER_MS: Millis = 3_600_000;

/// Those that lie in a span of time, cut at its bounds.
pub(super) fn list(request: &Request<'_>, window: Window) -> Vec<Record> {
    let (from, to) = match window.by_arrival {
        true => (window.from - DAY_MS - TOLD_AFTER_MS, window.to.min(request.now + 1)),
        false => (window.from, window.to.min(request.now)),
    };
    let search = super::search::Search { request };
    let mut found = Vec::new();
    for vehicle in
        request.account.vehicles.iter().filter(|vehicle| vehicle.reports() && search.wants_device(&vehicle_id(vehicle)))
    {
        let mut day = from.div_euclid(DAY_MS) * DAY_MS;
        while day < to {
            let (enter, exit) = if window.by_arrival { (day, day + DAY_MS) } else { (day.max(from), (day + DAY_MS).min(to)) };
            let arrived = day + DAY_MS + TOLD_AFTER_MS;
            if exit <= request.now {
                let draw = mix(mix(vehicle.id, 95), key(day));
                found.extend(body(vehicle, enter, exit, draw, arrived).map(|body| Record::new(arrived, draw, body)));
            }
            day += DAY_MS;
        }
    }
    found.retain(|record| window.holds(record));
    found
}

fn body(vehicle: &Vehicle, enter: Millis, exit: Millis, draw: u64, arrived: Millis) -> Option<Value> {
    let at = |time: Millis| vehicle.latest(time, Signal::Meters);
    let (first, last) = (at(enter)?, at(exit)?);
    let place = vehicle.latest(exit, Signal::Position)?.place?;
    let (_, state) = place.rsplit_once(", ")?;
    let (enter_km, exit_km) = (first.odometer_m / 1_000.0, last.odometer_m / 1_000.0);
    let is_interpolated = draw.is_multiple_of(5);
    // What a vehicle's gateway reckons lies a bit below its odometer.
    let (enter_gps, exit_gps) = (enter_km - 2.5, exit_km - 2.5);
    Some(json!({
        "id": format!("b{:X}", draw >> 20), "device": reference(&vehicle_id(vehicle)), "driver": NOBODY, "jurisdiction": state,
        "authority": state, "enterTime": time(enter), "exitTime": time(exit), "enterOdometer": enter_km, "exitOdometer": exit_km,
        "enterGpsOdometer": enter_gps, "exitGpsOdometer": exit_gps, "enterLatitude": first.latitude, "enterLongitude": first.longitude,
        "exitLatitude": last.latitude, "exitLongitude": last.longitude, "isEnterOdometerInterpolated": is_interpolated,
        "isExitOdometerInterpolated": is_interpolated, "isClusterOdometer": false, "isNegligible": exit_km - enter_km < 0.1,
        "hasHourlyData": false, "hourlyOdometer": [], "hourlyGpsOdometer": [], "hourlyLatitude": [], "hourlyLongitude": [],
        "hourlyIsOdometerInterpolated": [], "versions": [version_text(version(arrived, draw))],
    }))
}
