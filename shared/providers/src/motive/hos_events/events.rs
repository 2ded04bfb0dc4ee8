//! Events of a driver's days.

use std::collections::BTreeMap;

use model::Timestamp;
use model::telematics::code::{Code, DutyStatus, HosEventCode, HosEventType, HosRegion};
use model::telematics::{HosEvent, HosEventAnnotation, Observation};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Day;
use crate::motive::client::unwrapped;
use crate::motive::places::zone;
use crate::motive::rulesets;
use crate::place::region;
use crate::wire::{Members, SourceRules, source_of};

const RULES: SourceRules = SourceRules { volatile: &[], extras: &[], references: &["driver", "vehicles"] };
const EVENT: &str = "event";

/// Motive's word, duty status, ELD event type (1 = change of duty status, 3 = personal use or yard move) and event code.
type Status = (&'static str, Code<DutyStatus>, Code<HosEventType>, Option<Code<HosEventCode>>);

/// The last two words are in no source that could be read, but leave no doubt. Personal use that is told as `off_duty` with a note
/// stays off duty.
const STATUSES: &[Status] = &[
    ("off_duty", Code::of("OFF"), Code::of("1"), Some(Code::of("OFF"))),
    ("sleeper", Code::of("SB"), Code::of("1"), Some(Code::of("SB"))),
    ("sleeper_berth", Code::of("SB"), Code::of("1"), Some(Code::of("SB"))),
    ("driving", Code::of("D"), Code::of("1"), Some(Code::of("DRIVING"))),
    ("on_duty", Code::of("ON"), Code::of("1"), Some(Code::of("ON"))),
    // The rule has no event for waiting at a well site.
    ("waiting", Code::of("WT"), Code::of("1"), None),
    ("personal_conveyance", Code::of("PC"), Code::of("3"), Some(Code::of("PC"))),
    ("yard_move", Code::of("YM"), Code::of("3"), Some(Code::of("YM"))),
];

/// Members of a day that its events are told with.
const OF_DAY: [&str; 9] = [
    "date",
    "time_zone",
    "cycle",
    "driver_signed_at",
    "exception_24_hour_restart",
    "exception_8_hour_break",
    "exception_wait_time",
    "exception_short_haul",
    "exception_ca_farm_school_bus",
];

/// An event as the days list it: one that goes on over midnight may stand in two.
struct Listed<'a, 'd> {
    event: Members<'a>,
    raw: &'a RawValue,
    day: &'d Day<'a>,
    start: Timestamp,
    end: Option<Timestamp>,
}

/// Whether each event of a day has an id and a start.
pub(super) fn are_readable(log: &Members<'_>) -> bool {
    let is_list = log.raw("events").is_some_and(|raw| raw.get().starts_with('['));
    is_list && log.list("events").into_iter().all(|raw| listed(raw).is_some())
}

fn listed<'a>(raw: &'a RawValue) -> Option<(String, Timestamp, Members<'a>, &'a RawValue)> {
    let raw = unwrapped(raw, EVENT);
    let event = Members::of(raw);
    Some((event.get("id")?, event.get("start_time")?, event, raw))
}

/// The events of a driver's days. Those without id or start are left out (and counted in a warning). One that stands in two days
/// is told by the later one, with the whole time that it takes; it lasts if one of them says so.
pub(super) fn rows(driver: &str, days: &[Day<'_>]) -> Vec<Observation<HosEvent>> {
    let mut found: BTreeMap<String, Listed<'_, '_>> = BTreeMap::new();
    let mut skipped = 0_usize;
    for day in days {
        for raw in day.log.list("events") {
            let Some((id, start, event, raw)) = listed(raw) else {
                skipped += 1;
                continue;
            };
            let end: Option<Timestamp> = event.get("end_time");
            let known = found.get(&id);
            let (start, end) =
                known.map_or((start, end), |known| (start.min(known.start), end.zip(known.end).map(|(a, b)| a.max(b))));
            found.insert(id, Listed { event, raw, day, start, end });
        }
    }
    if skipped > 0 {
        tracing::warn!(skipped, provider = "motive", "skipped duty log events without id or start");
    }
    found.into_iter().map(|(id, listed)| listed.observation(id, driver)).collect()
}

impl Listed<'_, '_> {
    /// Its source is the event with the driver, the vehicles and the remark of its day, and as `log` what the day tells.
    fn observation(&self, id: String, driver: &str) -> Observation<HosEvent> {
        let log = &self.day.log;
        let word: Option<String> = self.event.get("type");
        let known = STATUSES.iter().find(|(known, ..)| word.as_deref() == Some(*known));
        let vehicles: Vec<&RawValue> = log.list("vehicles").into_iter().map(|raw| unwrapped(raw, "vehicle")).collect();
        let remark = self.remark();
        let place: Option<String> = self.event.get("location");
        let fields = HosEvent {
            source_driver_id: Some(driver.to_owned()),
            // With several vehicles in a day nothing tells which it was.
            source_vehicle_id: vehicles.first().filter(|_| vehicles.len() == 1).and_then(|raw| Members::of(raw).get("id")),
            started_at: Some(self.start),
            ended_at: self.end,
            driver_certified_at: log.get("driver_signed_at"),
            hos_ruleset_code: rulesets::of(log),
            time_zone_code: log.get::<String>("time_zone").as_deref().and_then(zone),
            annotations: self.annotation(remark),
            duty_status_code: known.map(|(_, duty, ..)| *duty),
            event_type_code: known.map(|(_, _, event_type, _)| *event_type),
            event_code: known.and_then(|(.., code)| *code),
            // The list is of events in force.
            log_state_code: Some(const { Code::of("ACTIVE") }),
            // What is not made by hand may be the device's, or the app's.
            log_origin_code: self
                .event
                .get::<bool>("is_manual")
                .filter(|manual| *manual)
                .map(|_| const { Code::of("DRIVER_EDIT") }),
            region_code: place.as_deref().and_then(region_of),
            location_name: place,
            ..HosEvent::default()
        };
        let mut source = source_of(self.raw);
        if let Some(members) = source.as_object_mut() {
            members.insert("driver".into(), log.raw("driver").map(source_of).unwrap_or_default());
            members.insert("vehicles".into(), vehicles.into_iter().map(source_of).collect());
            members.extend(remark.map(|remark| ("remark".to_owned(), source_of(remark))));
            members.insert("log".into(), of_day(log));
        }
        let mut row = RULES.observation(id, Some(self.start), source, fields);
        // A status without a code is told as it is written.
        row.extras = word.filter(|_| known.is_none()).map(|word| json!({ "type": word }));
        row
    }

    /// The first remark of the day that was made during the event.
    fn remark(&self) -> Option<&RawValue> {
        let remarks = self.day.log.list("remarks").into_iter().map(|raw| unwrapped(raw, "remark"));
        let during = |raw: &&RawValue| {
            let remark = Members::of(raw);
            let at: Option<Timestamp> = remark.get("time");
            let has_text = remark.get::<String>("notes").is_some();
            has_text && at.is_some_and(|at| at >= self.start && self.end.is_none_or(|end| at < end))
        };
        remarks.into_iter().find(during)
    }

    fn annotation(&self, remark: Option<&RawValue>) -> Option<HosEventAnnotation> {
        if let Some(remarks) = self.event.get("notes") {
            return Some(HosEventAnnotation { created_at: self.start, remarks });
        }
        let remark = Members::of(remark?);
        Some(HosEventAnnotation { created_at: remark.get("time")?, remarks: remark.get("notes")? })
    }
}

/// The region of `City, ST` and `3.2 mi SE of City, ST`.
fn region_of(place: &str) -> Option<Code<HosRegion>> {
    let (_, state) = place.rsplit_once(',')?;
    region(state)
}

fn of_day(log: &Members<'_>) -> Value {
    let kept = OF_DAY.into_iter().filter_map(|name| Some((name.to_owned(), source_of(log.raw(name)?))));
    Value::Object(kept.collect::<Map<_, _>>())
}
