//! Faults of vehicles: the feed of `FaultData`. Each observation is a record of its own that never changes: one that says that a fault is
//! gone is another row than the one that said that it is there. What a fault is called stands in lists of their own.

use std::collections::BTreeSet;

use model::telematics::code::{Code, FaultCodeSource, RecordState};
use model::telematics::engine_log::{ACTIVE, INACTIVE};
use model::telematics::{EngineLog, Observation};
use serde_json::value::RawValue;

use super::feed::Versions;
use super::lookups::Found;
use super::{Geotab, members};
use crate::faults::{canonical, code, description};
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// Observations of a page: each may name a diagnostic that has to be asked for.
pub(super) const PAGE_SIZE: u32 = 500;

const RULES: SourceRules = SourceRules {
    volatile: &["version"],
    extras: &[
        "faultState",
        "severity",
        "diagnosticSeverity",
        "amberWarningLamp",
        "redStopLamp",
        "protectWarningLamp",
        "count",
        "dismissDateTime",
    ],
    references: &["device", "diagnostic", "failureMode", "controller", "dismissUser"],
};

/// The members that name other records, and the kinds of those.
const NAMED: [(&str, &str); 3] = [("diagnostic", "Diagnostic"), ("failureMode", "FailureMode"), ("controller", "Controller")];

/// What the records that a fault names tell of it.
const OF_NAMED: &[&str] = &["fault_code_source", "canonical_code", "fault_code", "fault_code_description"];

#[rustfmt::skip]
const FAMILIES: &[(&str, Code<FaultCodeSource>)] = &[
    ("SuspectParameter", Code::of("J1939")), ("ObdFault", Code::of("OBD2")), ("Sid", Code::of("J1708")), ("Pid", Code::of("J1708")),
];
const VENDOR: Code<FaultCodeSource> = Code::of("VENDOR");

pub(super) struct EngineLogs;

impl Source for EngineLogs {
    type Provider = Geotab;
    type Rows = Vec<Observation<EngineLog>>;
    type Cursor = Versions<7>;

    const KNOWN: Known = Known { members: members::ENGINE_LOG, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::without(OF_NAMED, |stored| {
        let mut row = observation(stored.json, &Found::default())?;
        let EngineLog { source_vehicle_id, vehicle_id, status, mil_status, .. } = row.fields;
        row.fields = EngineLog { source_vehicle_id, vehicle_id, status, mil_status, ..EngineLog::default() };
        Some(vec![row])
    }));

    async fn page(api: &Api<'_, Geotab>, at: Versions<7>) -> Result<Page<Self::Rows, Versions<7>>, ProviderError> {
        let fed = api.feed("FaultData", &at, PAGE_SIZE).await?;
        let data: Vec<&RawValue> = fed.records.parse()?;
        let named = |raw: &&RawValue| {
            let wire = Members::of(raw);
            NAMED.map(|(member, kind)| Some((kind, wire.reference(member)?)))
        };
        let names: BTreeSet<_> = data.iter().flat_map(named).flatten().collect();
        let found = api.look_up(&names).await?;
        let rows = data.iter().filter_map(|raw| observation(raw, &found)).collect();
        Ok(fed.page(at, rows))
    }
}

/// An observation; `None` (and a warning) where it has no id.
fn observation(raw: &RawValue, found: &Found) -> Option<Observation<EngineLog>> {
    let wire = Members::of(raw);
    let source_id = wire.id("fault", "geotab")?;
    let [diagnostic, mode, controller] = NAMED.map(|(member, kind)| {
        let id = wire.reference(member);
        let members = found.members(kind, id.as_ref());
        (id, members)
    });
    let kind: Option<String> = diagnostic.1.get("diagnosticType");
    let family = kind.and_then(|kind| FAMILIES.iter().find(|(word, _)| *word == kind)).map_or(VENDOR, |(_, family)| *family);
    let (parameter, failure): (Option<String>, Option<String>) = (diagnostic.1.get("code"), mode.1.get("code"));
    let of_heavy = |text: &Option<String>| text.clone().filter(|_| family == Code::of("J1939"));
    let (spn, fmi) = (of_heavy(&parameter), of_heavy(&failure));
    let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
    let fields = EngineLog {
        source_vehicle_id: wire.reference("device"),
        fault_code_source: Some(family),
        canonical_code: canonical(number(&spn), number(&fmi)),
        fault_code: code([
            ("spn", spn),
            ("fmi", fmi),
            ("diagnostic", diagnostic.0),
            ("code", parameter),
            ("failure_mode", failure),
            ("controller", controller.1.get("name").or(controller.0)),
            ("source_address", wire.get("sourceAddress")),
        ]),
        fault_code_description: description([diagnostic.1.get("name"), mode.1.get("name")]),
        status: state(&wire),
        mil_status: wire.get("malfunctionLamp"),
        ..EngineLog::default()
    };
    Some(RULES.observation(source_id, wire.moment("dateTime"), source_of(raw), fields))
}

/// Whether the fault is there. What somebody dismissed is nobody's concern any more.
fn state(wire: &Members<'_>) -> Option<Code<RecordState>> {
    if wire.moment("dismissDateTime").is_some() {
        return Some(INACTIVE);
    }
    let told = wire.get("faultState").or_else(|| wire.object("faultStates").get::<String>("effectiveStatus"))?;
    let word = told.strip_prefix("FaultStatus").unwrap_or(&told);
    match word.strip_suffix("Id").unwrap_or(word) {
        "Active" | "Pending" => Some(ACTIVE),
        "Inactive" | "Cleared" => Some(INACTIVE),
        _ => None,
    }
}
