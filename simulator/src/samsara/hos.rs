//! Hours of service: logs and clocks.

use serde::Serialize;

use super::lists::{slice, slice_of};
use super::refusal::Refusal;
use super::wire::{HosVehicle, Page, Reference, time};
use super::{Answer, Request};
use crate::http::Reply;
use crate::world::{Driver, DutySpan, DutyStatus, Employment, HosClocks, Millis, Signal};

const DAY_MS: Millis = 24 * 3_600_000;
const LONGEST_WINDOW_DAYS: i64 = 366;
const PAGE_LOGS: i64 = 6_000;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DriverLogs {
    driver: Reference,
    hos_logs: Vec<Log>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    log_start_time: String,
    /// Absent while the status lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    log_end_time: Option<String>,
    hos_status_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vehicle: Option<HosVehicle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_recorded_location: Option<LogLocation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    codrivers: Vec<Reference>,
}

#[derive(Debug, Serialize)]
struct LogLocation {
    latitude: f64,
    longitude: f64,
}

fn status_name(status: DutyStatus) -> &'static str {
    match status {
        DutyStatus::OffDuty => "offDuty",
        DutyStatus::SleeperBed => "sleeperBed",
        DutyStatus::Driving => "driving",
        DutyStatus::OnDuty => "onDuty",
        DutyStatus::PersonalConveyance => "personalConveyance",
    }
}

/// The drivers that can have hours: active, and wanted.
fn drivers<'a>(request: &Request<'a>) -> Vec<&'a Driver> {
    let active = request.account.drivers.iter().filter(|driver| driver.employment == Employment::Active);
    active.filter(|driver| request.query.wants_driver(driver)).collect()
}

/// `GET /fleet/hos/logs`: the logs that overlap `[startTime, endTime)`, whole; both default to now.
pub(super) fn logs(request: &Request<'_>) -> Answer {
    let start = request.query.time("startTime")?.unwrap_or(request.now);
    let end = request.query.time("endTime")?.unwrap_or(request.now).clamp(start, request.now.max(start));
    let days = (end - start) / DAY_MS + 1;
    if days > LONGEST_WINDOW_DAYS {
        return Err(Refusal::Value("startTime"));
    }
    // A driver has about fourteen logs a day; long windows get fewer drivers per page.
    let limit = usize::try_from(PAGE_LOGS / (14 * days)).unwrap_or(1).max(1).min(request.query.limit()?);
    let (page, pagination) = slice_of(request, &drivers(request), limit)?;
    let row = |driver: &&Driver| DriverLogs {
        driver: Reference::from(*driver),
        hos_logs: request
            .account
            .duty(driver, start, end.max(start + 1))
            .into_iter()
            .filter(|span| span.start_ms <= request.now)
            .map(|span| log(request, driver, &span))
            .collect(),
    };
    let data: Vec<_> = page.iter().map(row).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}

fn log(request: &Request<'_>, driver: &Driver, span: &DutySpan) -> Log {
    let vehicle = request.account.vehicle_of(driver);
    let start = vehicle.and_then(|vehicle| vehicle.latest(span.start_ms, Signal::Position));
    let codriver = request.account.codriver(driver).filter(|_| span.status.works());
    Log {
        log_start_time: time(span.start_ms),
        log_end_time: (span.end_ms <= request.now).then(|| time(span.end_ms)),
        hos_status_type: status_name(span.status),
        remark: span.remark,
        vehicle: vehicle.map(HosVehicle::from),
        log_recorded_location: start.map(|at| LogLocation { latitude: at.latitude, longitude: at.longitude }),
        codrivers: codriver.into_iter().map(Reference::from).collect(),
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DriverClocks {
    driver: Reference,
    current_duty_status: CurrentStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_vehicle: Option<HosVehicle>,
    clocks: Clocks,
    violations: Violations,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CurrentStatus {
    /// Empty while the driver's app is not connected.
    hos_status_type: &'static str,
}

#[derive(Debug, Serialize)]
struct Clocks {
    r#break: BreakClock,
    drive: DriveClock,
    shift: ShiftClock,
    cycle: CycleClock,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BreakClock {
    time_until_break_duration_ms: Millis,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DriveClock {
    drive_remaining_duration_ms: Millis,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShiftClock {
    shift_remaining_duration_ms: Millis,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CycleClock {
    cycle_remaining_duration_ms: Millis,
    cycle_started_at_time: String,
    cycle_tomorrow_duration_ms: Millis,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Violations {
    cycle_violation_duration_ms: Millis,
    shift_driving_violation_duration_ms: Millis,
}

/// `GET /fleet/hos/clocks`: what is left, in milliseconds. Drivers who left are listed too.
pub(super) fn clocks(request: &Request<'_>) -> Answer {
    let all: Vec<&Driver> = request.account.drivers.iter().filter(|driver| request.query.wants_driver(driver)).collect();
    let (page, pagination) = slice(request, &all)?;
    let data: Vec<_> = page.iter().map(|driver| driver_clocks(request, driver)).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}

fn driver_clocks(request: &Request<'_>, driver: &Driver) -> DriverClocks {
    let clocks = request.account.clocks(driver, request.now);
    DriverClocks {
        driver: Reference::from(driver),
        current_duty_status: CurrentStatus { hos_status_type: clocks.status.map_or("", status_name) },
        current_vehicle: request.account.vehicle_of(driver).map(HosVehicle::from),
        violations: Violations {
            cycle_violation_duration_ms: clocks.cycle_violation_ms,
            shift_driving_violation_duration_ms: clocks.shift_violation_ms,
        },
        clocks: Clocks::from(&clocks),
    }
}

impl From<&HosClocks> for Clocks {
    fn from(clocks: &HosClocks) -> Self {
        Self {
            r#break: BreakClock { time_until_break_duration_ms: clocks.until_break_ms },
            drive: DriveClock { drive_remaining_duration_ms: clocks.drive_ms },
            shift: ShiftClock { shift_remaining_duration_ms: clocks.shift_ms },
            cycle: CycleClock {
                cycle_remaining_duration_ms: clocks.cycle_ms,
                cycle_started_at_time: time(clocks.cycle_started_ms),
                cycle_tomorrow_duration_ms: clocks.cycle_tomorrow_ms,
            },
        }
    }
}
