//! Events of the logging device, in the numbers of the ELD rule (49 CFR 395 subpart B, appendix A, 7.20 to 7.34).

use model::Timestamp;
use model::telematics::code::{Code, DutyStatus, HosEventCode, HosEventType, HosMalfunction, HosRecordOrigin};
use model::telematics::{HosEvent, HosEventAnnotation, Point};
use serde_json::value::RawValue;

use crate::eld::{event_code, event_type, numbered, record_status};
use crate::place::region;
use crate::units::METERS_IN_KM;
use crate::wire::{Amount, Members};

/// Changes of duty status, and of personal use or yard moves: what the logs tell as spans.
const CHANGES: [i64; 2] = [1, 3];
/// The record status of an event in force.
const IN_FORCE: i64 = 1;

const ORIGINS: &[Code<HosRecordOrigin>] =
    &[Code::of("AUTO"), Code::of("DRIVER_EDIT"), Code::of("USER_EDIT"), Code::of("UNIDENTIFIED")];

const MALFUNCTIONS: &[(&str, Code<HosMalfunction>)] = &[
    ("P", Code::of("POWER")),
    ("E", Code::of("ENGINE_SYNC")),
    ("T", Code::of("TIMING")),
    ("L", Code::of("POSITION")),
    ("R", Code::of("RECORDING")),
    ("S", Code::of("TRANSFER")),
    ("O", Code::of("OTHER")),
    ("1", Code::of("DIAG_POWER")),
    ("2", Code::of("DIAG_ENGINE_SYNC")),
    ("3", Code::of("DIAG_MISSING_DATA")),
    ("4", Code::of("DIAG_TRANSFER")),
    ("5", Code::of("DIAG_UNIDENTIFIED")),
    ("6", Code::of("DIAG_OTHER")),
];

/// One event, as the provider sent it, and what tells it from others.
pub(super) struct Event {
    pub(super) time: Timestamp,
    kind: Option<i64>,
    code: Option<i64>,
    status: i64,
    pub(super) raw: Box<RawValue>,
}

impl Event {
    /// An event; `None` where it has no time.
    pub(super) fn of(raw: &RawValue) -> Option<Self> {
        let wire = Members::of(raw);
        Some(Self {
            time: wire.get("time")?,
            kind: wire.get("eldEventType"),
            code: wire.get("eldEventCode"),
            status: wire.get("eldEventRecordStatus").unwrap_or(IN_FORCE),
            raw: raw.to_owned(),
        })
    }

    /// Whether it is the beginning of an entry of the log in force.
    pub(super) fn begins_entry(&self) -> bool {
        self.status == IN_FORCE && self.kind.is_some_and(|kind| CHANGES.contains(&kind))
    }

    pub(super) fn duty_status(&self) -> Option<Code<DutyStatus>> {
        Some(match (self.kind?, self.code) {
            (1, Some(1)) => const { Code::of("OFF") },
            (1, Some(2)) => const { Code::of("SB") },
            (1, Some(3)) => const { Code::of("D") },
            (1, Some(4)) => const { Code::of("ON") },
            (2, _) => const { Code::of("INT") },
            (3, Some(1)) => const { Code::of("PC") },
            (3, Some(2)) => const { Code::of("YM") },
            _ => return None,
        })
    }

    /// The type. The contract's list ends before malfunctions and diagnostics, which have their code.
    pub(super) fn event_type(&self) -> Option<Code<HosEventType>> {
        event_type(self.kind?)
    }

    pub(super) fn event_code(&self) -> Option<Code<HosEventCode>> {
        event_code(self.kind?, self.code?)
    }

    /// `<driver>:<time>:<type>.<code>`, and what else tells apart events of one instant.
    pub(super) fn source_id(&self, driver: &str) -> String {
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let mut id = format!("hos_event:{driver}:{}:{}.{}", self.time, number(self.kind), number(self.code));
        if self.status != IN_FORCE {
            id.push_str(&format!(":{}", self.status));
        }
        if let Some(malfunction) = Members::of(&self.raw).get::<String>("malfunctionDiagnosticCode") {
            id.push_str(&format!(":{malfunction}"));
        }
        id
    }

    /// Adds what the event tells to the fields of an entry, which knows better what it says itself.
    pub(super) fn add_to(&self, fields: &mut HosEvent) {
        let wire = Members::of(&self.raw);
        let place = wire.object("location");
        let (remark, malfunction) = (wire.object("remark"), wire.get::<String>("malfunctionDiagnosticCode"));
        let malfunction = malfunction.map(|code| code.to_ascii_uppercase());
        let state: Option<String> = place.get("state");
        let amount = |name| wire.get::<Amount>(name).map(|Amount(number)| number);
        fields.log_origin_code = wire.get("eldEventRecordOrigin").and_then(|origin| numbered(ORIGINS, origin));
        fields.log_state_code = record_status(self.status);
        fields.record_status = wire.get("eldEventRecordStatus");
        fields.eld_malfunction_code =
            malfunction.and_then(|code| MALFUNCTIONS.iter().find(|(known, _)| *known == code).map(|(_, code)| *code));
        fields.region_code = state.as_deref().and_then(region);
        fields.location_name = place.get("eldLocation").or_else(|| place.get("city"));
        fields.odometer = amount("totalVehicleMeters").map(|meters| meters / METERS_IN_KM);
        fields.engine_hours = amount("totalEngineHours");
        let location = place.get("longitude").zip(place.get("latitude"));
        fields.location = fields.location.or_else(|| location.and_then(|(longitude, latitude)| Point::new(longitude, latitude)));
        fields.source_vehicle_id = fields.source_vehicle_id.take().or_else(|| wire.object("vehicle").get("id"));
        if let (None, Some(remarks)) = (&fields.annotations, remark.get("comment")) {
            let created_at = remark.get("time").unwrap_or(self.time);
            fields.annotations = Some(HosEventAnnotation { created_at, remarks });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(json: &str) -> Event {
        Event::of(serde_json::from_str(json).unwrap()).unwrap()
    }

    #[test]
    fn numbers_of_the_rule_become_codes() {
        let cases = [
            (1, 3, Some("D"), Some("1"), Some("DRIVING")),
            (2, 2, Some("INT"), Some("2"), Some("INT_REDUCED")),
            (3, 0, None, Some("3"), Some("PCYM_CLEAR")),
            (3, 2, Some("YM"), Some("3"), Some("YM")),
            (4, 9, None, Some("4"), Some("CERT9")),
            (5, 1, None, Some("5"), Some("LOGIN")),
            (6, 4, None, Some("6"), Some("ENGINE_DOWN_REDUCED")),
            // The type and the status are known where the code is not.
            (6, 5, None, Some("6"), None),
            (2, 9, Some("INT"), Some("2"), None),
            (7, 3, None, None, Some("DIAG_LOG")),
            (8, 1, None, None, None),
        ];
        for (kind, code, duty, event_type, event_code) in cases {
            let found = event(&format!(r#"{{"time":"2026-01-27T07:06:25Z","eldEventType":{kind},"eldEventCode":"{code}"}}"#));
            let codes = (
                found.duty_status().map(|code| code.as_str()),
                found.event_type().map(|code| code.as_str()),
                found.event_code().map(|code| code.as_str()),
            );
            assert_eq!(codes, (duty, event_type, event_code), "{kind}.{code}");
        }
    }
}
