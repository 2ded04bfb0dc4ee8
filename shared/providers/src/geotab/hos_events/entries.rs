//! Entries of a driver's log.

use std::collections::BTreeMap;

use model::Timestamp;
use model::telematics::code::{
    Code, DutyStatus, HosEventCode, HosEventType, HosMalfunction, HosRecordOrigin, HosRecordStatus, HosRegion,
};
use model::telematics::{HosEvent, HosEventAnnotation, Observation, Point};
use serde_json::json;
use serde_json::value::RawValue;

use crate::eld;
use crate::geotab::rpc::with;
use crate::geotab::rulesets;
use crate::geotab::values::Reference;
use crate::place::{place, region};
use crate::units::{METERS_IN_KM, SECONDS_IN_HOUR};
use crate::wire::{Amount, FromRaw as _, Members, SourceRules, source_of};
use crate::zones::time_zone;

const RULES: SourceRules = SourceRules {
    volatile: &["distanceSinceValidCoordinates"],
    extras: &["status", "origin", "state", "malfunction", "parentId"],
    references: &["driver", "device", "coDrivers"],
};

/// Geotab's word and the duty status, with the type and code of the ELD rule where the entry itself has none.
type Status = (&'static str, Code<DutyStatus>, Option<(Code<HosEventType>, Code<HosEventCode>)>);

/// What a driver does until the next of these.
const STATUSES: &[Status] = &[
    ("OFF", Code::of("OFF"), Some((Code::of("1"), Code::of("OFF")))),
    ("SB", Code::of("SB"), Some((Code::of("1"), Code::of("SB")))),
    ("D", Code::of("D"), Some((Code::of("1"), Code::of("DRIVING")))),
    ("ON", Code::of("ON"), Some((Code::of("1"), Code::of("ON")))),
    ("Work", Code::of("ON"), None),
    ("PC", Code::of("PC"), Some((Code::of("3"), Code::of("PC")))),
    ("PC_Exempted", Code::of("PC"), None),
    ("YM", Code::of("YM"), Some((Code::of("3"), Code::of("YM")))),
    ("WT", Code::of("WT"), None),
];
/// What the device notes while somebody drives.
const INTERMEDIATE: &[&str] = &["INT_D", "INT_PC", "INT_CoDriver"];

const ORIGINS: &[(&str, Code<HosRecordOrigin>)] = &[
    ("Automatic", Code::of("AUTO")),
    ("Manual", Code::of("DRIVER_EDIT")),
    // The vendor's types have the word above, and recorded answers this one.
    ("Driver", Code::of("DRIVER_EDIT")),
    ("OtherUser", Code::of("USER_EDIT")),
    ("Unassigned", Code::of("UNIDENTIFIED")),
];

const STATES: &[(&str, Code<HosRecordStatus>)] = &[
    ("Active", Code::of("ACTIVE")),
    ("Inactive", Code::of("INACTIVE_CHANGED")),
    ("Requested", Code::of("INACTIVE_REQUESTED")),
    ("Rejected", Code::of("INACTIVE_REJECTED")),
];

/// What is wrong with the device: as a malfunction, and as a diagnostic event.
type Malfunction = (&'static str, Option<Code<HosMalfunction>>, Option<Code<HosMalfunction>>);

#[rustfmt::skip]
const MALFUNCTIONS: &[Malfunction] = &[
    ("PowerCompliance", Some(Code::of("POWER")), Some(Code::of("DIAG_POWER"))),
    ("EngineSyncCompliance", Some(Code::of("ENGINE_SYNC")), Some(Code::of("DIAG_ENGINE_SYNC"))),
    ("TimingCompliance", Some(Code::of("TIMING")), None),
    ("PositioningCompliance", Some(Code::of("POSITION")), None),
    ("DataRecordingCompliance", Some(Code::of("RECORDING")), None),
    ("DataTransferCompliance", Some(Code::of("TRANSFER")), Some(Code::of("DIAG_TRANSFER"))),
    ("OtherCompliance", Some(Code::of("OTHER")), Some(Code::of("DIAG_OTHER"))),
    ("MissingElementCompliance", None, Some(Code::of("DIAG_MISSING_DATA"))),
    ("UnidentifiedDrivingCompliance", None, Some(Code::of("DIAG_UNIDENTIFIED"))),
];

/// The duty status of a word.
pub(in crate::geotab) fn duty_status(word: &str) -> Option<Code<DutyStatus>> {
    STATUSES.iter().find(|(known, ..)| *known == word).map(|(_, duty, _)| *duty)
}

fn coded<T: Copy>(table: &[(&str, T)], word: Option<&str>) -> Option<T> {
    table.iter().find(|(known, _)| word == Some(*known)).map(|(_, code)| *code)
}

/// An entry that can be read.
struct Entry<'a> {
    id: String,
    start: Timestamp,
    status: Option<String>,
    wire: Members<'a>,
    raw: &'a RawValue,
}

impl<'a> Entry<'a> {
    fn of(raw: &'a RawValue) -> Option<Self> {
        let wire = Members::of(raw);
        Some(Self { id: wire.get("id")?, start: wire.get("dateTime")?, status: wire.get("status"), wire, raw })
    }

    fn duty(&self) -> Option<&'static Status> {
        STATUSES.iter().find(|(known, ..)| self.status.as_deref() == Some(*known))
    }

    /// Whether the entry is in force, so that what was before ends with it.
    fn is_in_force(&self) -> bool {
        let state: Option<String> = self.wire.get("state");
        self.duty().is_some() && state.is_none_or(|state| state == "Active") && self.wire.get("isIgnored") != Some(true)
    }
}

/// The entries of a driver; fewer than are listed where some cannot be read.
pub(super) fn rows(
    driver: &str,
    user: Option<&RawValue>,
    logs: &[&RawValue],
    remarks: &[&RawValue],
) -> Vec<Observation<HosEvent>> {
    let user = user.map(Members::of).unwrap_or_default();
    let remarks = remarks_of(remarks);
    let entries: Vec<Entry<'_>> = logs.iter().filter_map(|raw| Entry::of(raw)).collect();
    if entries.len() < logs.len() {
        let skipped = logs.len() - entries.len();
        tracing::warn!(skipped, provider = "geotab", "skipped duty log entries without id or time");
    }
    let mut changes: Vec<Timestamp> = entries.iter().filter(|entry| entry.is_in_force()).map(|entry| entry.start).collect();
    changes.sort_unstable();
    let end = |entry: &Entry<'_>| match entry.duty() {
        Some(_) => changes.get(changes.partition_point(|change| *change <= entry.start)).copied(),
        None => Some(entry.start),
    };
    entries.iter().map(|entry| entry.observation(driver, &user, end(entry), remarks.get(&entry.id))).collect()
}

/// The row of a source that is stored, which has what an entry is told with.
pub(super) fn of_source(raw: &RawValue) -> Option<Observation<HosEvent>> {
    let entry = Entry::of(raw)?;
    let (driver, beside) = (entry.wire.reference("driver")?, entry.wire.object("beside"));
    let remark = beside.object("annotation");
    let remark = remark.get("created_at").zip(remark.get("remarks"));
    let remark = remark.map(|(created_at, remarks)| HosEventAnnotation { created_at, remarks });
    Some(entry.observation(&driver, &beside, beside.get("ended_at"), remark.as_ref()))
}

/// Remarks, by the id of the entry that they are about; of several the first.
fn remarks_of(remarks: &[&RawValue]) -> BTreeMap<String, HosEventAnnotation> {
    let mut found: BTreeMap<String, HosEventAnnotation> = BTreeMap::new();
    for raw in remarks {
        let remark = Members::of(raw);
        let (Some(entry), Some(created_at), Some(remarks)) =
            (remark.reference("dutyStatusLog"), remark.get("dateTime"), remark.get("comment"))
        else {
            continue;
        };
        let new = HosEventAnnotation { created_at, remarks };
        match found.get_mut(&entry) {
            Some(first) if first.created_at <= new.created_at => {}
            Some(first) => *first = new,
            None => _ = found.insert(entry, new),
        }
    }
    found
}

impl Entry<'_> {
    /// Its source is the entry with what it is told with: its end, the remark, the driver's rules and time zone.
    fn observation(
        &self,
        driver: &str,
        user: &Members<'_>,
        ended_at: Option<Timestamp>,
        remark: Option<&HosEventAnnotation>,
    ) -> Observation<HosEvent> {
        let (ruleset, zone): (Option<String>, Option<String>) = (user.get("hosRuleSet"), user.get("timeZoneId"));
        let beside = json!({ "hosRuleSet": ruleset, "timeZoneId": zone, "annotation": remark, "ended_at": ended_at });
        let fields = HosEvent {
            source_driver_id: Some(driver.to_owned()),
            ended_at,
            hos_ruleset_code: ruleset.as_deref().and_then(rulesets::of),
            time_zone_code: zone.as_deref().and_then(time_zone),
            annotations: remark.cloned(),
            ..self.fields()
        };
        let source = with(source_of(self.raw), "beside", beside);
        RULES.observation(self.id.clone(), Some(self.start), source, fields)
    }

    fn fields(&self) -> HosEvent {
        let wire = &self.wire;
        let (event_type_code, event_code) = self.event();
        let text = |name: &str| wire.get::<String>(name);
        let record_status = wire.get::<i64>("eventRecordStatus");
        let location = wire.object("location");
        let point = location.object("location");
        let point = Point::new(point.get("x").unwrap_or(f64::NAN), point.get("y").unwrap_or(f64::NAN));
        let point = point.filter(|point| point.coordinates != [0.0, 0.0]);
        let location_name: Option<String> = location.object("address").get("formattedAddress");
        let amount = |name: &str| wire.get(name).map(|Amount(amount)| amount);
        let is_intermediate = self.status.as_deref().is_some_and(|status| INTERMEDIATE.contains(&status));
        HosEvent {
            source_vehicle_id: wire.reference("device"),
            source_co_driver_ids: wire
                .list("coDrivers")
                .into_iter()
                .filter_map(|raw| Some(Reference::from_raw(raw.get())?.0))
                .collect(),
            started_at: Some(self.start),
            driver_last_edit_at: wire.moment("editDateTime"),
            driver_certified_at: wire.moment("verifyDateTime"),
            duty_status_code: self
                .duty()
                .map(|(_, duty, _)| *duty)
                .or_else(|| is_intermediate.then_some(const { Code::of("INT") })),
            event_type_code,
            event_code,
            log_state_code: record_status.and_then(eld::record_status).or_else(|| coded(STATES, text("state").as_deref())),
            log_origin_code: coded(ORIGINS, text("origin").as_deref()),
            eld_malfunction_code: self.malfunction(),
            deferral_status: match text("deferralStatus").as_deref() {
                Some("DayOne") => Some("DAY1".into()),
                Some("DayTwo") => Some("DAY2".into()),
                _ => None,
            },
            deferral_minutes: wire.get("deferralMinutes").filter(|minutes| *minutes > 0),
            is_excluded: wire.get("isIgnored"),
            is_transitioning: wire.get("isTransitioning"),
            record_status: text("state").or_else(|| record_status.map(|status| status.to_string())),
            region_code: location_name.as_deref().and_then(|text| region_of(text, point.as_ref())),
            location_name,
            h3_index_11: point.as_ref().and_then(Point::h3_index_11),
            location: point,
            odometer: amount("odometer").map(|meters| meters / METERS_IN_KM),
            engine_hours: amount("engineHours").map(|seconds| seconds / SECONDS_IN_HOUR),
            sequence: text("sequence"),
            version: text("version"),
            ..HosEvent::default()
        }
    }

    /// Type and code of the ELD rule, by its own numbers, else by the status.
    fn event(&self) -> (Option<Code<HosEventType>>, Option<Code<HosEventCode>>) {
        let (kind, code): (Option<i64>, Option<i64>) = (self.wire.get("eventType"), self.wire.get("eventCode"));
        let told = kind.zip(code).map(|(kind, code)| (eld::event_type(kind), eld::event_code(kind, code)));
        let by_status = || {
            let (kind, code) = self.duty()?.2?;
            Some((Some(kind), Some(code)))
        };
        told.filter(|(_, code)| code.is_some()).or_else(by_status).or(told).unwrap_or_default()
    }

    fn malfunction(&self) -> Option<Code<HosMalfunction>> {
        let status = self.status.as_deref()?;
        let (_, malfunction, diagnostic) = MALFUNCTIONS.iter().find(|(known, ..)| *known == status)?;
        match self.wire.get::<String>("malfunction").as_deref() {
            Some("Malfunction") => *malfunction,
            Some("Diagnostic") => *diagnostic,
            _ => None,
        }
    }
}

/// The region that an address names. One without a position is taken to be where the rules hold.
fn region_of(address: &str, point: Option<&Point>) -> Option<Code<HosRegion>> {
    let [longitude, latitude] = point.map_or([-100.0, 40.0], |point| point.coordinates);
    region(place(address, longitude, latitude)?.province?)
}
