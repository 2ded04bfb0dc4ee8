//! What stands beside duty logs: the events of the logging device, and the days of the log.

use serde::Serialize;

use super::lists::{RULES, Ruleset, slice_of};
use super::refusal::Refusal;
use super::wire::{Page, Reference, time};
use super::{Answer, Request};
use crate::http::Reply;
use crate::world::{Driver, DutySpan, DutyStatus, Employment, Millis, Reading, Signal, key, whole};

pub(super) const DAY_MS: Millis = 24 * 3_600_000;
/// The days of a log begin at midnight of the home terminal, here eight hours behind UTC for all.
const MIDNIGHT_MS: Millis = 8 * 3_600_000;
/// How long after the end of a day its driver certifies it.
const CERTIFIED_AFTER_MS: Millis = 1_800_000;
/// The same of a day that was forgotten.
const FORGOTTEN_MS: Millis = 26 * 3_600_000;
/// One day in so many is, and each day by another one of so many drivers, so that there is always somebody who forgot.
const FORGETS: u64 = 4;
/// How long before driving the engine is started.
const WARM_UP_MS: Millis = 90_000;
const MAX_DRIVERS: usize = 25;
const PAGE_DAYS: usize = 100;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DriverEvents {
    #[serde(flatten)]
    driver: Reference,
    driver_activation_status: &'static str,
    eld_events: Vec<Event>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    time: String,
    eld_event_type: u8,
    eld_event_code: u8,
    eld_event_record_origin: u8,
    eld_event_record_status: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_vehicle_meters: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_engine_hours: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<Remark>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vehicle: Option<Reference>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    city: String,
    eld_location: String,
    latitude: f64,
    longitude: f64,
    state: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Remark {
    comment: &'static str,
    location_description: &'static str,
    time: String,
}

/// The drivers that are asked for, by `driverIds` and `driverActivationStatus`.
fn drivers<'a>(request: &Request<'a>) -> Result<Vec<&'a Driver>, Refusal> {
    let wanted = request.query.employment()?;
    let all = request.account.drivers.iter().filter(|driver| driver.employment == wanted);
    Ok(all.filter(|driver| request.query.wants_driver(driver)).collect())
}

/// `GET /beta/fleet/hos/drivers/eld-events`: the events of `[startTime, endTime)`, 25 drivers a page.
pub(super) fn events(request: &Request<'_>) -> Answer {
    let (start, end) = request.query.window()?;
    let limit = request.query.limit_of(MAX_DRIVERS)?;
    let (page, pagination) = slice_of(request, &drivers(request)?, limit)?;
    let until = end.min(request.now + 1);
    let row = |driver: &&Driver| DriverEvents {
        driver: Reference::from(*driver),
        driver_activation_status: if driver.employment == Employment::Active { "active" } else { "deactivated" },
        eld_events: events_of(request, driver, start, until),
    };
    let data: Vec<_> = page.iter().map(row).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}

fn events_of(request: &Request<'_>, driver: &Driver, start: Millis, end: Millis) -> Vec<Event> {
    let mut found = Vec::new();
    // A span that begins soon after the end may have been warmed up for before it.
    for span in request.account.duty(driver, start, end.max(start + 1) + WARM_UP_MS) {
        if span.status == DutyStatus::Driving {
            found.push((span.start_ms - WARM_UP_MS, (6, 1), 1, None));
        }
        // Only driving is recorded by itself.
        let origin = if span.status == DutyStatus::Driving { 1 } else { 2 };
        found.push((span.start_ms, numbers(&span), origin, span.remark));
    }
    found.retain(|(at, ..)| (start..end).contains(at));
    found.sort_by_key(|(at, ..)| *at);
    found.into_iter().map(|(at, numbers, origin, remark)| event(request, driver, at, numbers, origin, remark)).collect()
}

/// Type and code of the event that begins a span.
fn numbers(span: &DutySpan) -> (u8, u8) {
    match span.status {
        DutyStatus::OffDuty => (1, 1),
        DutyStatus::SleeperBed => (1, 2),
        DutyStatus::Driving => (1, 3),
        DutyStatus::OnDuty => (1, 4),
        DutyStatus::PersonalConveyance => (3, 1),
    }
}

fn event(
    request: &Request<'_>,
    driver: &Driver,
    at: Millis,
    numbers: (u8, u8),
    origin: u8,
    remark: Option<&'static str>,
) -> Event {
    let vehicle = request.account.vehicle_of(driver);
    let meters = vehicle.and_then(|vehicle| vehicle.latest(at, Signal::Meters));
    let position = vehicle.and_then(|vehicle| vehicle.latest(at, Signal::Position));
    Event {
        time: time(at),
        eld_event_type: numbers.0,
        eld_event_code: numbers.1,
        eld_event_record_origin: origin,
        eld_event_record_status: 1,
        total_vehicle_meters: meters.as_ref().map(|meters| whole(meters.odometer_m)),
        // Tenths, as the rule has it.
        total_engine_hours: meters.map(|meters| (meters.engine_s / 360.0).round() / 10.0),
        location: position.as_ref().and_then(location),
        remark: remark.map(|comment| Remark { comment, location_description: "", time: time(at) }),
        vehicle: vehicle.map(|vehicle| Reference { id: vehicle.id.to_string(), name: vehicle.name.clone() }),
    }
}

/// The place of a reading, if a town is near.
fn location(reading: &Reading) -> Option<Location> {
    let place = reading.place.as_deref()?;
    let mut parts = place.rsplit(", ");
    let (state, city) = (parts.next()?, parts.next()?);
    let (latitude, longitude) = (reading.latitude, reading.longitude);
    Some(Location { city: city.into(), eld_location: format!("near {city}, {state}"), latitude, longitude, state: state.into() })
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DailyLog<'a> {
    driver: LogDriver<'a>,
    start_time: String,
    end_time: String,
    log_meta_data: LogMetaData<'a>,
    duty_status_durations: Durations,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogDriver<'a> {
    #[serde(flatten)]
    driver: Reference,
    timezone: &'a str,
    eld_settings: Rulesets,
}

#[derive(Debug, Serialize)]
struct Rulesets {
    rulesets: [Ruleset; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogMetaData<'a> {
    carrier_name: &'a str,
    carrier_us_dot_number: u32,
    is_certified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    certified_at_time: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Durations {
    drive_duration_ms: Millis,
    on_duty_duration_ms: Millis,
    off_duty_duration_ms: Millis,
    sleeper_berth_duration_ms: Millis,
    personal_conveyance_duration_ms: Millis,
}

/// `GET /fleet/hos/daily-logs`: the days from `startDate` to `endDate`, both of them.
pub(super) fn days(request: &Request<'_>) -> Answer {
    let (first, last) = (request.query.date("startDate")?, request.query.date("endDate")?);
    if first > last {
        return Err(Refusal::Value("endDate"));
    }
    let starts: Vec<Millis> = days_between(first, last + DAY_MS - 1).filter(|start| *start <= request.now).collect();
    let drivers = drivers(request)?;
    let all: Vec<(&Driver, Millis)> = drivers.iter().flat_map(|driver| starts.iter().map(|start| (*driver, *start))).collect();
    let (page, pagination) = slice_of(request, &all, PAGE_DAYS)?;
    let data: Vec<_> = page.iter().map(|(driver, start)| daily_log(request, driver, *start)).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}

/// The days that begin from one time to another.
pub(super) fn days_between(from: Millis, to: Millis) -> impl Iterator<Item = Millis> {
    let first = (from - MIDNIGHT_MS).div_euclid(DAY_MS) * DAY_MS + MIDNIGHT_MS;
    (0..).map(move |day| first + day * DAY_MS).skip_while(move |start| *start < from).take_while(move |start| *start <= to)
}

/// When a driver certifies the day that begins then.
pub(super) fn certified_at(driver: &Driver, day: Millis) -> Millis {
    let forgets = key(day.div_euclid(DAY_MS)).wrapping_add(driver.id).is_multiple_of(FORGETS);
    day + DAY_MS + if forgets { FORGOTTEN_MS } else { CERTIFIED_AFTER_MS }
}

fn daily_log<'a>(request: &Request<'a>, driver: &'a Driver, start: Millis) -> DailyLog<'a> {
    let end = start + DAY_MS;
    let spans = request.account.duty(driver, start, end);
    let sum = |status| {
        let spans = spans.iter().filter(|span| span.status == status);
        spans.map(|span| (span.end_ms.min(end).min(request.now) - span.start_ms.max(start)).max(0)).sum()
    };
    let certified = Some(certified_at(driver, start)).filter(|at| *at <= request.now && !spans.is_empty());
    DailyLog {
        driver: LogDriver {
            driver: Reference::from(driver),
            timezone: driver.time_zone,
            eld_settings: Rulesets { rulesets: [RULES] },
        },
        start_time: time(start),
        end_time: time(end),
        log_meta_data: LogMetaData {
            carrier_name: &request.account.name,
            carrier_us_dot_number: request.account.dot_number,
            is_certified: certified.is_some(),
            certified_at_time: certified.map(time),
        },
        duty_status_durations: Durations {
            drive_duration_ms: sum(DutyStatus::Driving),
            on_duty_duration_ms: sum(DutyStatus::OnDuty),
            // Personal use is part of the time off duty: in the vendor's example a day adds up so.
            off_duty_duration_ms: sum(DutyStatus::OffDuty) + sum(DutyStatus::PersonalConveyance),
            sleeper_berth_duration_ms: sum(DutyStatus::SleeperBed),
            personal_conveyance_duration_ms: sum(DutyStatus::PersonalConveyance),
        },
    }
}
