//! Entries of duty logs, each with the event that began it and the day it is in; and the device's other events.

use std::collections::BTreeMap;

use model::Timestamp;
use model::telematics::code::{Code, DutyStatus, HosEventCode, HosEventType};
use model::telematics::{HosEvent, HosEventAnnotation, Observation, Point};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::eld::Event;
use super::facts::Facts;
use crate::samsara::rulesets;
use crate::wire::{Members, SourceRules, cut_to_id, source_of};
use crate::zones::time_zone;

const RULES: SourceRules = SourceRules { volatile: &[], extras: &[], references: &["driver", "vehicle", "codrivers"] };

/// Samsara's word, duty status, ELD event type (1 = change of duty status, 3 = personal use or yard move) and event code.
type Status = (&'static str, Code<DutyStatus>, Code<HosEventType>, Option<Code<HosEventCode>>);

const STATUSES: &[Status] = &[
    ("offDuty", Code::of("OFF"), Code::of("1"), Some(Code::of("OFF"))),
    ("sleeperBed", Code::of("SB"), Code::of("1"), Some(Code::of("SB"))),
    ("driving", Code::of("D"), Code::of("1"), Some(Code::of("DRIVING"))),
    ("onDuty", Code::of("ON"), Code::of("1"), Some(Code::of("ON"))),
    ("personalConveyance", Code::of("PC"), Code::of("3"), Some(Code::of("PC"))),
    ("yardMove", Code::of("YM"), Code::of("3"), Some(Code::of("YM"))),
    // The rule has no event for waiting at a well site.
    ("waitingTime", Code::of("WT"), Code::of("1"), None),
];

/// The duty status of Samsara's word for it.
pub(in crate::samsara) fn duty_status(word: &str) -> Option<Code<DutyStatus>> {
    STATUSES.iter().find(|(known, ..)| *known == word).map(|(_, duty, ..)| *duty)
}

/// The rows of a page: entries of logs, and the events after `from` that are no entries. Entries without driver or start are
/// left out (and counted in a warning). Where two entries of a driver start at once, the one that lasts stays: the other has no
/// extent, and both have one source id.
pub(super) fn rows(batch: &[Box<RawValue>], facts: &Facts, from: Timestamp) -> Vec<Observation<HosEvent>> {
    let mut rows: BTreeMap<String, Observation<HosEvent>> = BTreeMap::new();
    let mut skipped = 0_usize;
    for raw in batch {
        let wire = Members::of(raw);
        let driver = Driver::of(&wire, facts);
        for log in wire.list("hosLogs") {
            match driver.as_ref().and_then(|driver| driver.entry(log)) {
                Some(row) if rows.get(&row.source_id).is_some_and(|known| lasts(known) > lasts(&row)) => {}
                Some(row) => drop(rows.insert(row.source_id.clone(), row)),
                None => skipped += 1,
            }
        }
        let others = driver.iter().flat_map(|driver| driver.others(from));
        rows.extend(others.map(|row| (row.source_id.clone(), row)));
    }
    if skipped > 0 {
        tracing::warn!(skipped, provider = "samsara", "skipped duty log entries without driver or start");
    }
    rows.into_values().collect()
}

/// The row of a source that is stored: of an entry, or of an event that is none.
pub(super) fn of_source(raw: &RawValue, facts: &Facts) -> Option<Observation<HosEvent>> {
    let wire = Members::of(raw);
    let driver = Driver::of(&wire, facts)?;
    if wire.raw("logStartTime").is_some() { driver.entry(raw) } else { driver.others(Timestamp::from_micros(0)).next() }
}

fn lasts(row: &Observation<HosEvent>) -> (bool, Option<Timestamp>) {
    (row.fields.ended_at.is_none(), row.fields.ended_at)
}

/// Whose log it is.
struct Driver<'a> {
    id: String,
    raw: Option<&'a RawValue>,
    facts: &'a Facts,
}

impl<'a> Driver<'a> {
    fn of(wire: &Members<'a>, facts: &'a Facts) -> Option<Self> {
        Some(Self { id: wire.object("driver").get("id")?, raw: wire.raw("driver"), facts })
    }

    /// An entry has no id of its own: `hos_event:<driver>:<start>`. Its source is the entry with the `driver` it stood under, the
    /// event that began it as `eldEvent`, and what the day tells as `dailyLog`.
    fn entry(&self, raw: &RawValue) -> Option<Observation<HosEvent>> {
        let log = Members::of(raw);
        let start = log.get("logStartTime")?;
        let status: Option<String> = log.get("hosStatusType");
        let known = STATUSES.iter().find(|(word, ..)| status.as_deref() == Some(*word));
        let event = self.beginning(start, known.map(|(_, duty, ..)| *duty));
        let mut fields = self.fields(start, &log);
        if let Some(event) = event {
            event.add_to(&mut fields);
        }
        fields.duty_status_code = known.map(|(_, duty, ..)| *duty).or_else(|| event?.duty_status());
        fields.event_type_code = known.map(|(_, _, event_type, _)| *event_type).or_else(|| event?.event_type());
        fields.event_code = known.and_then(|(.., code)| *code).or_else(|| event?.event_code());
        let mut row = self.row(format!("hos_event:{}:{start}", self.id), raw, fields);
        if let (Some(members), Some(event)) = (row.source.as_object_mut(), event) {
            let mut event = source_of(&event.raw);
            event.get_mut("vehicle").map(cut_to_id);
            members.insert("eldEvent".into(), event);
            row.source_hash = RULES.hash(&row.source);
        }
        // A status without a code is told as it is written.
        row.extras = status.filter(|_| known.is_none()).map(|status| json!({ "hosStatusType": status }));
        Some(row)
    }

    /// The event that began an entry: of the same second, and of the same status if there are several.
    fn beginning(&self, start: Timestamp, duty: Option<Code<DutyStatus>>) -> Option<&'a Event> {
        let events = self.facts.events(&self.id).iter();
        let mut same = events.filter(|event| event.begins_entry() && event.time.seconds() == start.seconds());
        let first = same.clone().next();
        same.find(|event| event.duty_status() == duty).or(first)
    }

    fn fields(&self, start: Timestamp, log: &Members<'_>) -> HosEvent {
        let place = log.object("logRecordedLocation");
        let location = place.get("longitude").zip(place.get("latitude"));
        let remarks: Option<String> = log.get("remark");
        HosEvent {
            source_vehicle_id: log.object("vehicle").get("id"),
            source_co_driver_ids: log.list("codrivers").into_iter().filter_map(|raw| Members::of(raw).get("id")).collect(),
            started_at: Some(start),
            ended_at: log.get("logEndTime"),
            annotations: remarks.map(|remarks| HosEventAnnotation { created_at: start, remarks }),
            // The list is of entries in force.
            log_state_code: Some(const { Code::of("ACTIVE") }),
            location: location.and_then(|(longitude, latitude)| Point::new(longitude, latitude)),
            ..HosEvent::default()
        }
    }

    /// The device's events since `from` that begin no entry: logins, engine, certifications, malfunctions, and records that are not
    /// in force.
    fn others(&self, from: Timestamp) -> impl Iterator<Item = Observation<HosEvent>> {
        let events = self.facts.events(&self.id).iter();
        events.filter(move |event| !event.begins_entry() && event.time >= from).map(|event| {
            let mut fields = HosEvent {
                started_at: Some(event.time),
                ended_at: Some(event.time),
                duty_status_code: event.duty_status(),
                event_type_code: event.event_type(),
                event_code: event.event_code(),
                ..HosEvent::default()
            };
            event.add_to(&mut fields);
            self.row(event.source_id(&self.id), &event.raw, fields)
        })
    }

    /// A row of an entry or event, with what its driver and its day tell.
    fn row(&self, source_id: String, raw: &RawValue, mut fields: HosEvent) -> Observation<HosEvent> {
        let mut source = source_of(raw);
        let start = fields.started_at;
        let day = start.and_then(|start| self.facts.day(&self.id, start)).map(|day| Members::of(&day.raw));
        if let Some(members) = source.as_object_mut() {
            members.insert("driver".into(), self.raw.map(source_of).unwrap_or_default());
            members.extend(day.as_ref().and_then(of_day).map(|day| ("dailyLog".into(), day)));
        }
        if let Some(day) = day {
            fields.driver_certified_at = certified_at(&day);
            fields.hos_ruleset_code = rulesets::of_driver(&day.object("driver"));
            fields.time_zone_code = day.object("driver").get::<String>("timezone").as_deref().and_then(time_zone);
        }
        fields.source_driver_id = Some(self.id.clone());
        fields.h3_index_11 = fields.location.as_ref().and_then(Point::h3_index_11);
        RULES.observation(source_id, start, source, fields)
    }
}

/// When the driver certified a day.
fn certified_at(day: &Members<'_>) -> Option<Timestamp> {
    let signed = day.object("logMetaData");
    signed.get("certifiedAtTime").filter(|_| signed.get::<bool>("isCertified") != Some(false))
}

/// What is kept of a day as an entry's source: what its fields are read from, and nothing that grows during the day.
fn of_day(day: &Members<'_>) -> Option<Value> {
    let (driver, signed) = (day.object("driver"), day.object("logMetaData"));
    let kept = [("timezone", driver.raw("timezone")), ("eldSettings", driver.raw("eldSettings"))];
    let kept = kept.into_iter().chain([("certifiedAtTime", signed.raw("certifiedAtTime"))]);
    let kept: serde_json::Map<_, _> = kept.filter_map(|(name, raw)| Some((name.to_owned(), source_of(raw?)))).collect();
    (!kept.is_empty()).then_some(Value::Object(kept))
}
