//! What came of drives: exceptions to rules, and fuel that was bought.

use serde_json::{Value, json};

use super::Request;
use super::record::{Record, Window, version, version_text};
use super::wire::{NOBODY, driver as named, reference, time, time_span, vehicle_id};
use crate::world::{DutyStatus, Millis, Reading, Signal, mix};

/// Rules that have to do with safety, and some that have not.
const RULES: [&str; 9] = [
    "RuleHarshBrakingId",
    "RuleJackrabbitStartsId",
    "RuleHarshCorneringId",
    "RulePostedSpeedingId",
    "RuleSeatbeltId",
    "RuleIdlingId",
    "RuleAccidentId",
    "RuleAfterHoursUsageId",
    "a1Xb9CustomersOwnRule",
];
const LITERS_PER_GALLON: f64 = 3.785_411_784;

/// `ExceptionEvent`: one that somebody looked at comes again, as it may be dismissed then.
pub(super) fn exceptions(request: &Request<'_>, window: Window) -> Vec<Record> {
    const LOOKED_AFTER_MS: Millis = 48 * 3_600_000;
    let from = if window.by_arrival { window.from - LOOKED_AFTER_MS } else { window.from };
    let mut found = Vec::new();
    for incident in request.account.incidents(from, window.to.min(request.now)) {
        let Some(vehicle) = request.account.vehicles.get(incident.vehicle) else { continue };
        let arrived = incident.changed_ms(request.now);
        let is_dismissed = arrived == incident.reviewed_ms && incident.kind.is_multiple_of(7);
        let rule = RULES.get(usize::try_from(incident.kind % 9).unwrap_or_default()).copied().unwrap_or_default();
        let driver = if incident.kind.is_multiple_of(11) { NOBODY.into() } else { named(incident.driver) };
        let tie = incident.id;
        let state = if is_dismissed { "ExceptionEventStateDismissedId" } else { "ExceptionEventStateValidId" };
        let body = json!({
            "activeFrom": time(incident.start_ms), "activeTo": time(incident.end_ms), "distance": 0.135_974_68,
            "duration": time_span(incident.end_ms - incident.start_ms), "rule": reference(rule), "driver": driver,
            "device": reference(&vehicle_id(vehicle)), "diagnostic": "NoDiagnosticId", "state": state,
            "createdDateTime": time(incident.end_ms), "lastModifiedDateTime": time(arrived),
            "version": version_text(version(arrived, tie)), "id": format!("a{:X}", incident.id),
        });
        found.push(Record::new(arrived, tie, body));
    }
    found.retain(|record| window.holds(record));
    found
}

/// `FuelTransaction`: fuel at the end of a drive, of every twentieth.
pub(super) fn purchases(request: &Request<'_>, window: Window) -> Vec<Record> {
    const LONGEST_DRIVE_MS: Millis = 12 * 3_600_000;
    let (from, to) = (window.from, window.to.min(request.now + 1));
    let mut found = Vec::new();
    for driver in &request.account.drivers {
        let Some(vehicle) = request.account.vehicle_of(driver) else { continue };
        let drives = request.account.duty(driver, from - LONGEST_DRIVE_MS, to).into_iter();
        let ended = drives.filter(|span| span.status == DutyStatus::Driving && (from..to).contains(&span.end_ms));
        for span in ended {
            let draw = mix(driver.id, !span.start_ms.cast_unsigned());
            if !draw.is_multiple_of(20) {
                continue;
            }
            let gallons = 60.0 + (draw / 7 % 600) as f64 / 10.0;
            let at: Option<Reading> = vehicle.latest(span.end_ms, Signal::Meters);
            let place =
                at.as_ref().map_or_else(|| json!({ "x": 0, "y": 0 }), |at| json!({ "x": at.longitude, "y": at.latitude }));
            let body = json!({
                "id": format!("b{:X}", draw >> 20), "dateTime": time(span.end_ms), "device": reference(&vehicle_id(vehicle)),
                "driver": named(driver), "productType": "Diesel", "volume": gallons * LITERS_PER_GALLON,
                "cost": (gallons * 410.0).round() / 100.0, "currencyCode": "USD", "siteName": "Open Road Fuel", "provider": "Wex",
                "odometer": at.as_ref().map_or(Value::from(0), |at| (at.odometer_m / 1_000.0).into()), "location": place,
                "version": version_text(version(span.end_ms, draw)),
            });
            found.push(Record::new(span.end_ms, draw, body));
        }
    }
    found
}
