//! Violations of duty logs. The simulated drivers keep their hours, but some forget to certify a day. Such a violation covers the
//! day, and is not listed any more once the day is certified.

use serde::Serialize;

use super::eld::{DAY_MS, certified_at, days_between};
use super::lists::slice_of;
use super::wire::{Page, Reference, time};
use super::{Answer, Request};
use crate::http::Reply;
use crate::world::{Driver, Millis};

/// How long after the end of a day its log must be certified.
const DUE_AFTER_MS: Millis = 3_600_000;
const PAGE: usize = 50;

#[derive(Debug, Serialize)]
struct DriverViolations {
    violations: Vec<Violation>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Violation {
    day: Day,
    description: &'static str,
    driver: Reference,
    duration_ms: Millis,
    r#type: &'static str,
    violation_start_time: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Day {
    start_time: String,
    end_time: String,
}

/// `GET /fleet/hos/violations`: those that began in `[startTime, endTime]`, of the drivers who have any.
pub(super) fn list(request: &Request<'_>) -> Answer {
    let (start, end) = request.query.window()?;
    let wanted = request.account.drivers.iter().filter(|driver| request.query.wants_driver(driver));
    let found: Vec<(&Driver, Vec<Millis>)> = wanted.map(|driver| (driver, late(request, driver, start, end))).collect();
    let found: Vec<&(&Driver, Vec<Millis>)> = found.iter().filter(|(_, days)| !days.is_empty()).collect();
    let (page, pagination) = slice_of(request, &found, PAGE)?;
    let row = |(driver, days): &&(&Driver, Vec<Millis>)| DriverViolations {
        violations: days.iter().map(|day| violation(driver, *day)).collect(),
    };
    let data: Vec<_> = page.iter().map(row).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}

/// The days of a driver that began in a window, and should be certified and are not.
fn late(request: &Request<'_>, driver: &Driver, start: Millis, end: Millis) -> Vec<Millis> {
    let is_due = |day: &Millis| day + DAY_MS + DUE_AFTER_MS <= request.now && certified_at(driver, *day) > request.now;
    let has_log = |day: &Millis| !request.account.duty(driver, *day, day + DAY_MS).is_empty();
    days_between(start, end).filter(is_due).filter(has_log).collect()
}

fn violation(driver: &Driver, day: Millis) -> Violation {
    Violation {
        day: Day { start_time: time(day), end_time: time(day + DAY_MS) },
        description: "Missing Driver Certification",
        driver: Reference::from(driver),
        duration_ms: DAY_MS,
        r#type: "unsubmittedLogs",
        violation_start_time: time(day),
    }
}
