//! Duty logs: a record for each driver and day.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::days::Zone;
use super::refusal::Refusal;
use super::wire::{description, driver_ref, is_metric, names, number, time, vehicle_ref, with};
use super::{Answer, Request};
use crate::world::{Driver, DutySpan, DutyStatus, Employment, Millis, Signal, Vehicle};

const LONGEST_DAYS: i64 = 366;
/// How long after the end of a day its driver signs it.
const SIGNED_AFTER_MS: Millis = 30 * 60_000;

/// A driver's day.
struct Day<'a> {
    driver: &'a Driver,
    date: NaiveDate,
}

/// `GET /v1/logs`: the days of each driver from `start_date` to `end_date`, days of the driver. Drivers whose app was never connected
/// have none.
pub(super) fn list(request: &Request<'_>) -> Answer {
    let wanted = request.query.list("driver_ids");
    let is_wanted = |driver: &&Driver| wanted.is_empty() || wanted.contains(&number(driver.id).to_string().as_str());
    let has_logs = |driver: &&Driver| driver.employment == Employment::Active && driver.seat.is_some();
    let mut days = Vec::new();
    for driver in request.account.drivers.iter().filter(is_wanted).filter(has_logs) {
        days.extend(dates(request, Zone::of(driver.time_zone))?.map(|date| Day { driver, date }));
    }
    // All drivers of a day stand together, so the days of one are on several pages.
    days.sort_by_key(|day| std::cmp::Reverse(day.date));
    Ok(request.query.page("logs", "log", &days, |day| body(request, day)))
}

fn dates(request: &Request<'_>, zone: Zone) -> Result<impl Iterator<Item = NaiveDate>, Refusal> {
    let today = zone.day(request.now);
    let first = request.query.date("start_date")?.unwrap_or(today);
    let last = request.query.date("end_date")?.unwrap_or(today).min(today);
    if (last - first).num_days() > LONGEST_DAYS {
        return Err(Refusal::Range("a year"));
    }
    Ok(first.iter_days().take_while(move |date| *date <= last))
}

fn word(status: DutyStatus) -> &'static str {
    match status {
        DutyStatus::OffDuty | DutyStatus::PersonalConveyance => "off_duty",
        DutyStatus::SleeperBed => "sleeper",
        DutyStatus::Driving => "driving",
        DutyStatus::OnDuty => "on_duty",
    }
}

fn body(request: &Request<'_>, day: &Day<'_>) -> Value {
    let Day { driver, date } = *day;
    let (zone, account) = (Zone::of(driver.time_zone), request.account);
    let (start, end) = (zone.start(date), zone.end(date));
    // What began before midnight and lasts stands in both days.
    let mut spans = account.duty(driver, start, end);
    spans.retain(|span| span.start_ms <= request.now);
    let vehicle = account.vehicle_of(driver);
    let signed = end + SIGNED_AFTER_MS;
    let (first, last) = names(driver);
    let remarks: Vec<Value> =
        spans.iter().filter(|span| span.start_ms >= start).filter_map(|span| remark(driver, span)).collect();
    json!({
        "id": number(driver.id) * 100_000 + u64::try_from(start / 86_400_000).unwrap_or_default(), "date": date, "total_miles": null,
        "metric_units": false, "driver_signed_at": (signed <= request.now).then(|| time(signed)), "driver_signature_url": null,
        "time_zone": zone.name, "cycle": "70_8", "driver_first_name": first, "driver_last_name": last, "carrier_name": account.name,
        "notes": null, "driver_company_id": null, "exception_24_hour_restart": false, "exception_8_hour_break": false,
        "exception_wait_time": false, "exception_short_haul": false, "short_haul": false, "eld_mode": "logs",
        "co_driver_full_names": account.codriver(driver).map_or(Vec::new(), |other| vec![other.name.as_str()]), "odometers": {},
        "trailer_numbers": "", "vehicle_numbers": vehicle.map(|vehicle| vehicle.name.as_str()), "driver": driver_ref(driver),
        "vehicles": vehicle.map_or(Vec::new(), |vehicle| vec![json!({ "vehicle": with_units(vehicle) })]), "remarks": remarks,
        "cycle_restarts": [], "shipping_doc": format!("BOL-{date}"), "form_and_manner_errors": [], "hos_violations": [],
        "events": spans.iter().map(|span| json!({ "event": event(request, driver, span) })).collect::<Vec<_>>(),
    })
}

/// A vehicle as logs refer to it: with its units.
fn with_units(vehicle: &Vehicle) -> Value {
    with(vehicle_ref(vehicle), json!({ "metric_units": is_metric(vehicle) }))
}

/// Half of the remarks stand in the event as its notes, the others beside the events.
fn is_note(span: &DutySpan) -> bool {
    span.status != DutyStatus::OnDuty
}

fn event(request: &Request<'_>, driver: &Driver, span: &DutySpan) -> Value {
    let vehicle = request.account.vehicle_of(driver);
    let at = vehicle.and_then(|vehicle| vehicle.latest(span.start_ms, Signal::Position));
    json!({
        "id": id(driver, span), "type": word(span.status), "notes": span.remark.filter(|_| is_note(span)),
        "location": at.as_ref().and_then(description).map(|place| format!("3.2 mi SE of {place}")), "start_time": time(span.start_ms),
        "end_time": (span.end_ms <= request.now).then(|| time(span.end_ms)), "is_manual": span.status != DutyStatus::Driving,
    })
}

fn id(driver: &Driver, span: &DutySpan) -> u64 {
    number(driver.id) * 10_000_000 + u64::try_from(span.start_ms / 60_000).unwrap_or_default() % 10_000_000
}

fn remark(driver: &Driver, span: &DutySpan) -> Option<Value> {
    let notes = span.remark.filter(|_| !is_note(span))?;
    Some(json!({ "remark": { "id": id(driver, span) + 1, "time": time(span.start_ms), "notes": notes, "location": null } }))
}
