//! Duty logs: `DutyStatusLog` and the remarks on them, `AnnotationLog`.

use serde_json::{Value, json};

use super::Request;
use super::record::{Record, Window, version, version_text};
use super::search::Search;
use super::wire::{driver as named, reference, time, time_span, user_id, vehicle_id, without_nulls};
use crate::world::{Driver, DutySpan, DutyStatus, Millis, Signal, key, mix, share};

const HOUR_MS: Millis = 3_600_000;
/// When somebody in the office edits an entry, and how many are.
const EDITED_AFTER_MS: Millis = 2 * HOUR_MS;
const EDITED: f64 = 0.05;
/// When the driver signs the day.
const SIGNED_AFTER_MS: Millis = 26 * HOUR_MS;

/// An entry of a driver's log as it is now.
struct Entry<'a> {
    driver: &'a Driver,
    /// The driver's number.
    number: u64,
    span: DutySpan,
    now: Millis,
}

/// The entries that begin in a window of time; of what arrives in it, those that may have.
fn entries<'a>(request: &'a Request<'a>, window: Window) -> Vec<Entry<'a>> {
    let search = Search { request };
    let with_boundary = search.is_set("includeBoundaryLogs") && !window.by_arrival;
    let from = if window.by_arrival { window.from - SIGNED_AFTER_MS } else { window.from };
    let to = window.to.min(request.now + 1);
    let mut found = Vec::new();
    for (number, driver) in (0_u64..).zip(&request.account.drivers) {
        if !search.wants_user(&user_id(driver)) {
            continue;
        }
        let spans = request.account.duty(driver, from, to).into_iter();
        let spans = spans.filter(|span| span.start_ms < to && (with_boundary || span.start_ms >= from));
        found.extend(spans.map(|span| Entry { driver, number, span, now: request.now }));
    }
    found
}

impl Entry<'_> {
    fn draw(&self) -> u64 {
        mix(mix(self.driver.id, 81), key(self.span.start_ms))
    }

    fn id(&self, what: u64) -> String {
        format!("b{:X}", mix(self.draw(), what) >> 20)
    }

    fn has_passed(&self, after: Millis) -> bool {
        self.span.start_ms + after <= self.now
    }

    fn is_edited(&self) -> bool {
        share(mix(self.draw(), 1)) < EDITED && self.has_passed(EDITED_AFTER_MS)
    }

    /// When what is in force of it changed last.
    fn arrived(&self) -> Millis {
        let edited = if self.is_edited() { EDITED_AFTER_MS } else { 0 };
        self.span.start_ms + if self.has_passed(SIGNED_AFTER_MS) { SIGNED_AFTER_MS } else { edited }
    }

    fn record(&self, what: u64, arrived: Millis, body: Value) -> Record {
        let tie = self.number << 4 | what;
        let version = json!({ "version": version_text(version(arrived, tie)) });
        Record::new(arrived, tie, with(body, version))
    }

    fn common(&self, request: &Request<'_>) -> Value {
        let (status, kind, code, origin) = match self.span.status {
            DutyStatus::OffDuty => ("OFF", 1, 1, "Manual"),
            DutyStatus::SleeperBed => ("SB", 1, 2, "Manual"),
            DutyStatus::Driving => ("D", 1, 3, "Automatic"),
            DutyStatus::OnDuty => ("ON", 1, 4, "Manual"),
            DutyStatus::PersonalConveyance => ("PC", 3, 1, "Manual"),
        };
        let vehicle = request.account.vehicle_of(self.driver);
        let at = vehicle.and_then(|vehicle| vehicle.latest(self.span.start_ms, Signal::Meters));
        let location = at.as_ref().map(|at| json!({ "location": { "x": at.longitude, "y": at.latitude } }));
        json!({
            "dateTime": time(self.span.start_ms), "driver": named(self.driver), "status": status, "eventType": kind, "eventCode": code,
            "device": vehicle.map_or_else(|| "NoDeviceId".into(), |vehicle| reference(&vehicle_id(vehicle))),
            "odometer": at.as_ref().map(|at| at.odometer_m), "engineHours": at.as_ref().map(|at| at.engine_s), "location": location,
            "deferralMinutes": 0, "deferralStatus": "None", "isIgnored": false, "isTransitioning": false, "malfunction": "None",
            "origin": origin, "sequence": format!("{:x}", self.draw() & 0xffff), "distanceSinceValidCoordinates": 0,
            "annotations": self.span.remark.map(|_| [reference(&self.id(3))]),
            "coDrivers": request.account.codriver(self.driver).map(|other| [reference(&user_id(other))]),
        })
    }

    /// What there is of it: the entry, or one that took its place, and the one that was edited away.
    fn records(&self, request: &Request<'_>) -> Vec<Record> {
        let signed = self.has_passed(SIGNED_AFTER_MS).then(|| time(self.span.start_ms + SIGNED_AFTER_MS));
        let (first, edited) = (self.id(1), time(self.span.start_ms + EDITED_AFTER_MS));
        let in_force = json!({ "state": "Active", "eventRecordStatus": 1, "verifyDateTime": signed });
        let common = self.common(request);
        if !self.is_edited() {
            return vec![self.record(0, self.arrived(), with(common, with(in_force, json!({ "id": first }))))];
        }
        let before = json!({ "id": first, "state": "Inactive", "eventRecordStatus": 2, "editDateTime": edited });
        let after = json!({ "id": self.id(2), "parentId": first, "origin": "OtherUser", "editDateTime": edited });
        vec![
            self.record(0, self.span.start_ms + EDITED_AFTER_MS, with(common.clone(), before)),
            self.record(1, self.arrived(), with(common, with(in_force, after))),
        ]
    }
}

fn with(mut body: Value, more: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut body, more) {
        members.extend(more);
    }
    without_nulls(body)
}

/// `DutyStatusLog`: those that were edited away only where they are asked for, or in a feed.
pub(super) fn logs(request: &Request<'_>, window: Window) -> Vec<Record> {
    let all = entries(request, window).into_iter().flat_map(|entry| entry.records(request));
    let with_all = window.by_arrival || Search { request }.is_set("includeModifications");
    let is_told = |record: &Record| with_all || record.body.get("state").is_some_and(|state| state == "Active");
    all.filter(|record| window.holds(record) && is_told(record)).collect()
}

/// `AnnotationLog`: what drivers wrote.
pub(super) fn remarks(request: &Request<'_>, window: Window) -> Vec<Record> {
    let remark = |entry: &Entry<'_>| {
        let about = if entry.is_edited() { entry.id(2) } else { entry.id(1) };
        let body = json!({
            "comment": entry.span.remark?, "dateTime": time(entry.span.start_ms), "driver": named(entry.driver),
            "dutyStatusLog": reference(&about), "id": entry.id(3),
        });
        Some(entry.record(2, entry.span.start_ms, body))
    };
    entries(request, window).iter().filter_map(remark).filter(|record| window.holds(record)).collect()
}

/// Violations that drives can end in: type, limit in hours, and what is said.
const VIOLATIONS: [(&str, u32, &str); 6] = [
    ("Driving", 11, "Drove for more than 11 hours since the last rest"),
    ("Workday", 14, "Drove after 14 hours since the start of work"),
    ("Rest", 8, "Drove for 8 hours without a break of 30 minutes"),
    ("Cycle", 70, ""),
    ("DailyOff", 10, ""),
    ("Duty", 14, ""),
];
/// How many drives break a rule.
const BROKEN: f64 = 0.06;

/// `DutyStatusViolation` of a user and a time: what is not true any more once somebody edited the log is not listed any more.
pub(super) fn violations(request: &Request<'_>) -> Vec<Value> {
    let search = Search { request };
    let from = search.time("fromDate").unwrap_or(request.now - 24 * HOUR_MS);
    let to = search.time("toDate").unwrap_or(request.now).min(request.now);
    let all = entries(request, Window { from, to: to + 1, by_arrival: false });
    let drives = all.iter().filter(|entry| entry.span.status == DutyStatus::Driving && !entry.is_edited());
    drives.filter(|entry| share(mix(entry.draw(), 4)) < BROKEN).map(Entry::violation).collect()
}

impl Entry<'_> {
    fn violation(&self) -> Value {
        let kind = usize::try_from(mix(self.draw(), 5) % 6).ok().and_then(|kind| VIOLATIONS.get(kind));
        let (kind, hours, reason) = kind.copied().unwrap_or_default();
        let ended = self.span.end_ms <= self.now;
        let to = if ended { time(self.span.end_ms) } else { "9999-12-31T23:59:59.999Z".into() };
        json!({
            "type": kind, "driver": named(self.driver), "fromDate": time(self.span.start_ms), "toDate": to, "logId": self.id(1),
            "hoursLimit": hours, "daysLimit": 0, "reason": reason,
            "drivingDuration": time_span(self.span.end_ms.min(self.now) - self.span.start_ms),
        })
    }
}

/// `DutyStatusAvailability`: the clocks of those who drive; a search names one of them.
pub(super) fn clocks(request: &Request<'_>) -> Vec<Value> {
    let search = Search { request };
    let drivers = request.account.drivers.iter().filter(|driver| driver.seat.is_some() && search.wants_user(&user_id(driver)));
    drivers.map(|driver| clock(request, driver)).collect()
}

fn clock(request: &Request<'_>, driver: &Driver) -> Value {
    let clocks = request.account.clocks(driver, request.now);
    json!({
        "driver": reference(&user_id(driver)), "driving": time_span(clocks.drive_ms), "duty": time_span(clocks.shift_ms),
        "workday": time_span(clocks.shift_ms), "rest": time_span(clocks.until_break_ms), "cycle": time_span(clocks.cycle_ms),
        "cycleRest": time_span(6 * 24 * HOUR_MS), "drivingBreakDuration": "00:30:00", "is16HourExemptionAvailable": false,
        "isAdverseDrivingExemptionAvailable": true, "isAdverseDrivingApplied": false, "isRailroadExemptionAvailable": false,
        "isOffDutyDeferralExemptionAvailable": false, "recap": [], "cycleAvailabilities": [], "id": user_id(driver),
    })
}
