//! Faults of vehicles: `GET /fleet/vehicles/stats/feed` with the type `faultCodes`. A reading lists the faults that a vehicle has then, and
//! tells neither since when nor what is over; one that a later reading does not list is taken as gone, on whichever bus.

use std::collections::BTreeMap;

use model::Timestamp;
use model::telematics::code::{Code, FaultCodeSource};
use model::telematics::engine_log::{ACTIVE, INACTIVE};
use model::telematics::{EngineLog, Observation};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{Samsara, VEHICLE_FEED};
use crate::cursor::Feed;
use crate::faults::{canonical, code, description};
use crate::provider::State;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Page, ProviderError, Source};

const TYPES: (&str, &str) = ("types", "faultCodes");
const CODES: &str = "diagnosticTroubleCodes";
/// How often a fault occurred does not change it; that it is confirmed now, or that a lamp went on, does.
const RULES: SourceRules = SourceRules {
    volatile: &["occurrenceCount"],
    extras: &["occurrenceCount", "sourceAddressName", "codeSeverity", "codeSource", "checkEngineLights", "checkEngineLightIsOn"],
    references: &[],
};
/// The lamps that tell of a malfunction.
const LAMPS: [&str; 3] = ["warningIsOn", "stopIsOn", "emissionsIsOn"];
/// Lists of codes that a controller of a light vehicle has found, or suspects.
const DTC_LISTS: [&str; 3] = ["confirmedDtcs", "pendingDtcs", "permanentDtcs"];

const J1939: Code<FaultCodeSource> = Code::of("J1939");
const J1708: Code<FaultCodeSource> = Code::of("J1708");
const OBD2: Code<FaultCodeSource> = Code::of("OBD2");
const VENDOR: Code<FaultCodeSource> = Code::of("VENDOR");

pub(super) struct EngineLogs;

impl Source for EngineLogs {
    type Provider = Samsara;
    type Rows = Vec<Observation<EngineLog>>;
    type Cursor = Feed;

    const TELLS_STATES: bool = true;

    async fn page(api: &Api<'_, Samsara>, feed: Feed) -> Result<Page<Self::Rows, Feed>, ProviderError> {
        let response = api.page(VEHICLE_FEED, &[TYPES], feed.after.as_deref()).await?;
        let (data, next) = response.page(feed.after.as_deref())?;
        let states = data.iter().flat_map(|raw| of_vehicle(raw)).collect();
        Ok(Page { states, ..feed.page(Vec::new(), next.after, next.more) })
    }
}

/// The states of a vehicle; those without a vehicle or a time are left out, with a warning.
fn of_vehicle(raw: &RawValue) -> Vec<State<Vec<Observation<EngineLog>>>> {
    let wire = Members::of(raw);
    let Some(vehicle) = wire.id("vehicle", "samsara") else { return Vec::new() };
    let readings = wire.list("faultCodes").into_iter();
    let states = readings.filter_map(|reading| {
        let reading = Members::of(reading);
        let Some(at) = reading.get::<Timestamp>("time") else {
            tracing::warn!(provider = "samsara", "skipped a reading of faults without a time");
            return None;
        };
        let rows: Vec<_> = of_reading(&vehicle, &reading).into_values().collect();
        let ended = rows.iter().cloned().map(ended).collect();
        Some(State { subject: vehicle.clone(), at, rows, ended })
    });
    states.collect()
}

/// A fault that is gone. The lamps are those of the vehicle, and may be on for another one.
fn ended(mut row: Observation<EngineLog>) -> Observation<EngineLog> {
    (row.fields.status, row.fields.mil_status) = (Some(INACTIVE), None);
    row
}

/// A controller network as a reading tells of it: its member, the member with its lamps, and whether one of those is on.
struct Bus<'a> {
    name: &'static str,
    wire: Members<'a>,
    lamps: Option<(&'static str, Value)>,
    mil: Option<bool>,
}

/// The faults of a reading, by their names.
fn of_reading(vehicle: &str, reading: &Members<'_>) -> BTreeMap<String, Observation<EngineLog>> {
    let network: String = reading.get("canBusType").unwrap_or_default();
    let heavy = if network.contains("J1708") { J1708 } else { J1939 };
    let mut rows = BTreeMap::new();
    let mut add = |bus: &Bus<'_>, name: String, told: Value, fields: EngineLog| {
        let source_id = format!("engine_log:{vehicle}:{}:{name}", bus.name);
        let mut inner = Map::from_iter([(CODES.to_owned(), json!([told]))]);
        let Value::Object(mut told) = told else { return };
        if let Some((lamps, on)) = &bus.lamps {
            inner.insert((*lamps).to_owned(), on.clone());
            told.insert((*lamps).to_owned(), on.clone());
        }
        let vehicle = Some(vehicle.to_owned());
        let fields = EngineLog { source_vehicle_id: vehicle, status: Some(ACTIVE), mil_status: bus.mil, ..fields };
        let row = RULES.observation(source_id.clone(), None, told.into(), fields);
        rows.insert(source_id, Observation { source: json!({ "canBusType": network, bus.name: inner }), ..row });
    };
    let bus = Bus::heavy(reading);
    for raw in bus.wire.list(CODES) {
        if let Some((name, fields)) = of_heavy(&Members::of(raw), heavy) {
            add(&bus, name, source_of(raw), fields);
        }
    }
    let bus = Bus::light(reading);
    for (name, told, fields) in bus.wire.list(CODES).into_iter().flat_map(|raw| of_light(&Members::of(raw))) {
        add(&bus, name, told, fields);
    }
    let bus = Bus { name: "oem", wire: reading.object("oem"), lamps: None, mil: None };
    for raw in bus.wire.list(CODES) {
        if let Some((name, fields)) = of_maker(&Members::of(raw)) {
            add(&bus, name, source_of(raw), fields);
        }
    }
    rows
}

impl<'a> Bus<'a> {
    fn heavy(reading: &Members<'a>) -> Self {
        let wire = reading.object("j1939");
        let lamps = wire.object("checkEngineLights");
        let known: Vec<bool> = LAMPS.iter().filter_map(|lamp| lamps.get(lamp)).collect();
        let mil = (!known.is_empty()).then(|| known.contains(&true));
        let lamps = wire.raw("checkEngineLights").map(|raw| ("checkEngineLights", source_of(raw)));
        Self { name: "j1939", wire, lamps, mil }
    }

    fn light(reading: &Members<'a>) -> Self {
        let wire = reading.object("obdii");
        let mil: Option<bool> = wire.get("checkEngineLightIsOn");
        Self { name: "obdii", lamps: mil.map(|on| ("checkEngineLightIsOn", on.into())), wire, mil }
    }
}

/// A fault of a heavy vehicle: parameter, way of failing, and controller. Without a parameter it is none that could be told apart.
fn of_heavy(wire: &Members<'_>, family: Code<FaultCodeSource>) -> Option<(String, EngineLog)> {
    let (spn, fmi): (Option<i64>, Option<i64>) = (wire.get("spnId"), wire.get("fmiId"));
    let (parameter, mode, address) = (wire.get("spnId"), wire.get("fmiId"), wire.get("txId"));
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    let name = format!("{}-{}-{}", spn?, part(&mode), part(&address));
    let fields = EngineLog {
        fault_code_source: Some(family),
        fault_code: code([("spn", parameter), ("fmi", mode), ("source_address", address)]),
        fault_code_description: description([wire.get("spnDescription"), wire.get("fmiDescription")]),
        canonical_code: canonical(spn, fmi).filter(|_| family == J1939),
        ..EngineLog::default()
    };
    Some((name, fields))
}

/// The faults that a controller of a light vehicle has found or suspects. One that stands in several lists is one.
fn of_light(wire: &Members<'_>) -> Vec<(String, Value, EngineLog)> {
    let controller: Option<String> = wire.get("txId");
    let mut found: BTreeMap<String, (Map<String, Value>, EngineLog)> = BTreeMap::new();
    for list in DTC_LISTS {
        for raw in wire.list(list) {
            let dtc = Members::of(raw);
            let Some(short) = dtc.get::<String>("dtcShortCode").or_else(|| dtc.get("dtcId")) else { continue };
            let name = format!("{short}-{}", controller.as_deref().unwrap_or_default());
            let fields = || EngineLog {
                fault_code_source: Some(OBD2),
                fault_code: code([("dtc", Some(short)), ("source_address", controller.clone())]),
                fault_code_description: dtc.get("dtcDescription"),
                ..EngineLog::default()
            };
            let (told, _) = found.entry(name).or_insert_with(|| (Map::new(), fields()));
            told.insert(list.to_owned(), json!([source_of(raw)]));
        }
    }
    found.into_iter().map(|(name, (told, fields))| (name, told.into(), fields)).collect()
}

/// A fault in a code of the vehicle's maker.
fn of_maker(wire: &Members<'_>) -> Option<(String, EngineLog)> {
    let identifier: String = wire.get("codeIdentifier")?;
    let fields = EngineLog {
        fault_code_source: Some(VENDOR),
        fault_code: code([("code", Some(identifier.clone()))]),
        fault_code_description: wire.get("codeDescription"),
        ..EngineLog::default()
    };
    let source: Option<String> = wire.get("codeSource");
    Some((format!("{identifier}-{}", source.unwrap_or_default()), fields))
}

#[cfg(test)]
mod tests;
