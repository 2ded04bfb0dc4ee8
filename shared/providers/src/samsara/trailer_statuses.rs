//! What cooled trailers report: `GET /fleet/trailers/stats`, the newest reading of each type. A request takes three types. The first three
//! tell which trailers have a cooling unit, as every unit reports one of them; of those trailers alone the other types are asked for.
//!
//! Readings of the types have a time each. A status is what all of them say, at the time of the newest.

use std::collections::BTreeMap;

use model::Timestamp;
use model::telematics::code::{Code, ReeferAlarm, ReeferOperationMode, ReeferOperationalStatus};
use model::telematics::{Observation, Point, TrailerAlarm, TrailerStatus, TrailerZoneStatus};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::client::ShortList;
use super::{Samsara, members};
use crate::cursor::Cursor;
use crate::wire::{Amount, FromRaw, Members, Percent, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

const PATH: &str = "/fleet/trailers/stats";
/// How many trailers a request names.
const TRAILERS: usize = 100;
/// What every unit reports at least one of.
const OF_UNITS: &[&str] = &["carrierReeferState", "reeferStateZone1", "reeferRunMode"];
/// Where the trailer is: no part of what the unit reports.
const GPS: &str = "gps";
const OTHERS: &[&[&str]] = &[
    &[GPS, "reeferAlarms", "reeferAmbientAirTemperatureMilliC"],
    &["reeferFuelPercent", "reeferObdEngineSeconds", "reeferStateZone2"],
    &["reeferStateZone3", "reeferDoorStateZone1", "reeferDoorStateZone2"],
    &["reeferDoorStateZone3", "reeferSetPointTemperatureMilliCZone1", "reeferSetPointTemperatureMilliCZone2"],
    &["reeferSetPointTemperatureMilliCZone3", "reeferReturnAirTemperatureMilliCZone1", "reeferReturnAirTemperatureMilliCZone2"],
    &["reeferReturnAirTemperatureMilliCZone3", "reeferSupplyAirTemperatureMilliCZone1", "reeferSupplyAirTemperatureMilliCZone2"],
    &["reeferSupplyAirTemperatureMilliCZone3"],
];
const ZONES: [i64; 3] = [1, 2, 3];

/// The trailer moves on while its unit reports nothing new.
const RULES: SourceRules = SourceRules { volatile: &[GPS, "name", "externalIds"], extras: &[], references: &[] };

const KELVIN_OFFSET: f64 = 273_150.0;
const SECONDS_IN_HOUR: f64 = 3_600.0;

const MODES: &[(&str, Code<ReeferOperationMode>)] =
    &[("Start/Stop", Code::of("START_STOP")), ("Continuous", Code::of("CONTINUOUS"))];

/// Words that all stand in the text of an alarm, and what it is about; the first that fit tell.
const ALARMS: &[(&[&str], Code<ReeferAlarm>)] = &[
    (&["pretrip", "not "], Code::of("pretrip_not_performed")),
    (&["pretrip"], Code::of("pretrip_failed")),
    (&["sensor"], Code::of("sensor_failure")),
    (&["probe"], Code::of("sensor_failure")),
    (&["fuel", "low"], Code::of("fuel_low")),
    (&["battery", "critical"], Code::of("battery_critical")),
    (&["battery", "low"], Code::of("battery_low")),
    (&["pressure"], Code::of("pressure_out_of_range")),
    (&["shutdown"], Code::of("engine_shutdown")),
    (&["shut down"], Code::of("engine_shutdown")),
    (&["setpoint"], Code::of("setpoint_deviation")),
    (&["temperature", "out of range"], Code::of("temperature_out_of_range")),
    (&["power", "loss"], Code::of("power_loss")),
];
/// Of doors, it matters whether the unit runs.
const DOOR: &str = "door";
const DOOR_WHILE_RUNNING: Code<ReeferAlarm> = Code::of("door_open_while_running");
const DOOR_OPEN: Code<ReeferAlarm> = Code::of("unexpected_door_open");
const UNKNOWN_ALARM: Code<ReeferAlarm> = Code::of("unknown");
/// What the numbers of severities mean, from 1 on.
const SEVERITIES: [&str; 3] = ["Ok to run", "Check as specified", "Take immediate action"];

/// Through all trailers, from the first each time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trailers {
    /// The TSP's cursor; none at the beginning.
    after: Option<String>,
}

impl Cursor for Trailers {
    const KIND: &'static str = "newest readings";

    fn begin(kept: Option<Self>, _: Timestamp) -> Self {
        kept.unwrap_or_default()
    }
}

pub(super) struct TrailerStatuses;

impl Source for TrailerStatuses {
    type Provider = Samsara;
    type Rows = Vec<Observation<TrailerStatus>>;
    type Cursor = Trailers;

    const KNOWN: Known = Known { members: members::TRAILER_STATUS, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| {
        let (trailer, unit) = Unit::begin(stored.json)?;
        Some(vec![unit.observation(&trailer, false)?])
    }));

    async fn page(api: &Api<'_, Samsara>, at: Trailers) -> Result<Page<Self::Rows, Trailers>, ProviderError> {
        let response = api.page(PATH, &[("types", &OF_UNITS.join(","))], at.after.as_deref()).await?;
        let (data, next) = response.page(at.after.as_deref())?;
        let mut units: BTreeMap<String, Unit<'_>> = data.into_iter().filter_map(Unit::begin).collect();
        let lists = others(api, &units).await?;
        let is_unclear = next.is_unclear || lists.iter().any(|list| list.is_unclear);
        for raw in lists.iter().flat_map(|list| &list.rows) {
            let id = Members::of(raw).get::<String>("id");
            if let Some(unit) = id.and_then(|id| units.get_mut(&id)) {
                unit.add(raw);
            }
        }
        let rows = units.iter().filter_map(|(trailer, unit)| unit.observation(trailer, is_unclear)).collect();
        let next = next.after_more().map(|after| Trailers { after: Some(after) });
        let more = next.is_some();
        Ok(Page::of(rows, next, more))
    }
}

/// What else the units report.
async fn others(api: &Api<'_, Samsara>, units: &BTreeMap<String, Unit<'_>>) -> Result<Vec<ShortList>, ProviderError> {
    let trailers: Vec<&str> = units.keys().map(String::as_str).collect();
    let mut lists = Vec::new();
    for some in trailers.chunks(TRAILERS) {
        let ids = some.join(",");
        for types in OTHERS {
            lists.push(api.awaited_list(PATH, &[("types", &types.join(",")), ("trailerIds", &ids)]).await?);
        }
    }
    Ok(lists)
}

/// What a cooling unit reports: its parts of several answers.
struct Unit<'a> {
    parts: Vec<Members<'a>>,
    source: Map<String, Value>,
}

impl<'a> Unit<'a> {
    /// The unit of a trailer that has one, with the trailer's id.
    fn begin(raw: &'a RawValue) -> Option<(String, Self)> {
        let wire = Members::of(raw);
        let reports = OF_UNITS.iter().any(|kind| wire.object(kind).get::<String>("value").is_some());
        let trailer = wire.id("trailer", "samsara").filter(|_| reports)?;
        let mut unit = Self { parts: Vec::new(), source: Map::new() };
        unit.add(raw);
        Some((trailer, unit))
    }

    fn add(&mut self, raw: &'a RawValue) {
        self.parts.push(Members::of(raw));
        if let Value::Object(members) = source_of(raw) {
            self.source.extend(members);
        }
    }

    fn stat(&self, kind: &str) -> Members<'a> {
        self.parts.iter().find_map(|part| part.raw(kind)).map(Members::of).unwrap_or_default()
    }

    fn value<T: FromRaw>(&self, kind: &str) -> Option<T> {
        self.stat(kind).get("value")
    }

    /// K, of a type in thousandths of a degree Celsius.
    fn kelvin(&self, kind: &str) -> Option<f64> {
        self.value::<f64>(kind).map(|milli_c| (milli_c + KELVIN_OFFSET) / 1_000.0).filter(|kelvin| *kelvin >= 0.0)
    }

    /// When the newest of its readings was measured.
    fn time(&self) -> Option<Timestamp> {
        let kinds = OF_UNITS.iter().chain(OTHERS.iter().copied().flatten()).filter(|kind| **kind != GPS);
        kinds.filter_map(|kind| self.stat(kind).get("time")).max()
    }

    /// A status has no id: `trailer_status:<trailer>:<time>`. One of which a part may be missing replaces no row.
    fn observation(&self, trailer: &str, is_partial: bool) -> Option<Observation<TrailerStatus>> {
        let Some(time) = self.time() else {
            tracing::warn!(provider = "samsara", "skipped the status of a trailer without a time");
            return None;
        };
        let source = Value::Object(self.source.clone());
        let source_id = format!("trailer_status:{trailer}:{time}");
        Some(Observation { is_partial, ..RULES.observation(source_id, Some(time), source, self.fields(trailer)) })
    }

    fn fields(&self, trailer: &str) -> TrailerStatus {
        let zones: Vec<TrailerZoneStatus> = ZONES.into_iter().filter_map(|number| self.zone(number)).collect();
        let status = self.status();
        let power_on = status.map(|status| status != OFF);
        let mode: Option<String> = self.value("reeferRunMode");
        let known = |mode: &str| MODES.iter().find(|(word, _)| mode.eq_ignore_ascii_case(word)).map(|(_, code)| *code);
        let gps = self.stat(GPS);
        let place = gps.get("longitude").zip(gps.get("latitude"));
        TrailerStatus {
            source_trailer_id: Some(trailer.to_owned()),
            power_on,
            reefer_operational_status: status,
            operation_mode: mode.map(|mode| known(&mode).unwrap_or(const { Code::of("UNKNOWN") })),
            door_open: zones.iter().filter_map(|zone| zone.door_open).reduce(|one, other| one || other),
            fuel_level: self.value("reeferFuelPercent").map(|Percent(percent)| percent),
            reefer_engine_hours: self.value("reeferObdEngineSeconds").map(|Amount(seconds)| seconds / SECONDS_IN_HOUR),
            ambient_temperature: self.kelvin("reeferAmbientAirTemperatureMilliC"),
            zones: Some(zones).filter(|zones| !zones.is_empty()),
            active_alarms: self.alarms(power_on == Some(true)),
            location: place.and_then(|(longitude, latitude)| Point::new(longitude, latitude)),
            ..TrailerStatus::default()
        }
    }

    /// What the unit does: the whole of it where it says so, else what its zones do.
    fn status(&self) -> Option<Code<ReeferOperationalStatus>> {
        let zone = |number: i64| self.value(&format!("reeferStateZone{number}"));
        let told = self.value("carrierReeferState").into_iter().chain(ZONES.into_iter().filter_map(zone));
        let told: Vec<_> = told.map(|word: String| operational(&word)).collect();
        if self.value::<String>("carrierReeferState").is_some() {
            return told.first().copied();
        }
        [ON, STANDBY, OTHER, OFF].into_iter().find(|status| told.contains(status))
    }

    /// A compartment; `None` where nothing is told of it.
    fn zone(&self, zone: i64) -> Option<TrailerZoneStatus> {
        let kelvin = |name: &str| self.kelvin(&format!("reefer{name}TemperatureMilliCZone{zone}"));
        let door: Option<String> = self.value(&format!("reeferDoorStateZone{zone}"));
        let told = TrailerZoneStatus {
            zone,
            setpoint_temperature: kelvin("SetPoint"),
            return_air_temperature: kelvin("ReturnAir"),
            discharge_air_temperature: kelvin("SupplyAir"),
            door_open: door.and_then(|door| match door.as_str() {
                "open" => Some(true),
                "closed" => Some(false),
                _ => None,
            }),
            thermal_status: self.value(&format!("reeferStateZone{zone}")),
            ..TrailerZoneStatus::default()
        };
        (told != TrailerZoneStatus { zone, ..TrailerZoneStatus::default() }).then_some(told)
    }

    /// The alarms that are on; `None` where the unit tells none, not even that there are none.
    fn alarms(&self, runs: bool) -> Option<Vec<TrailerAlarm>> {
        let stat = self.stat("reeferAlarms");
        stat.raw("alarms")?;
        Some(stat.list("alarms").into_iter().map(|raw| alarm(&Members::of(raw), runs)).collect())
    }
}

fn alarm(wire: &Members<'_>, runs: bool) -> TrailerAlarm {
    let description: Option<String> = wire.get("description");
    let severity = wire.get::<i64>("severity").and_then(|number| usize::try_from(number.checked_sub(1)?).ok());
    TrailerAlarm {
        code: Some(alarm_code(description.as_deref().unwrap_or_default(), runs)),
        description,
        severity: severity.and_then(|index| SEVERITIES.get(index)).map(|&text| text.to_owned()),
    }
}

fn alarm_code(text: &str, runs: bool) -> Code<ReeferAlarm> {
    let text = text.to_ascii_lowercase().replace("pre-trip", "pretrip").replace("set point", "setpoint");
    let known = ALARMS.iter().find(|(words, _)| words.iter().all(|word| text.contains(word))).map(|(_, code)| *code);
    match known {
        Some(code) => code,
        None if text.contains(DOOR) && runs => DOOR_WHILE_RUNNING,
        None if text.contains(DOOR) => DOOR_OPEN,
        None => UNKNOWN_ALARM,
    }
}

const ON: Code<ReeferOperationalStatus> = Code::of("ON");
const OFF: Code<ReeferOperationalStatus> = Code::of("OFF");
const STANDBY: Code<ReeferOperationalStatus> = Code::of("STANDBY");
const OTHER: Code<ReeferOperationalStatus> = Code::of("UNKNOWN");

fn operational(word: &str) -> Code<ReeferOperationalStatus> {
    match word.to_ascii_lowercase().as_str() {
        "off" => OFF,
        "on" | "active" => ON,
        word if word.contains("standby") => STANDBY,
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests;
