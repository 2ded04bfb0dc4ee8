//! `/fleet/vehicles/stats`: the latest readings under singular keys, feed and history as arrays under plural ones.

use std::collections::BTreeMap;

use serde::Serialize;

use super::lists::slice;
use super::query::Query;
use super::refusal::Refusal;
use super::scan::{self, FeedPage};
use super::wire::{Page, StatValue, Value, external_ids};
use super::{Answer, Request};
use crate::http::Reply;
use crate::world::{EngineState, Reading, Signal, Vehicle, whole};

const MAX_TYPES: usize = 3;
const MAX_DECORATIONS: usize = 2;
/// 0 °C in kelvins.
const ZERO_C_K: f64 = 273.15;

/// Types that the real API knows and that no simulated vehicle measures: accepted, never answered.
const UNMEASURED: &[&str] = &[
    "ambientAirTemperatureMilliC",
    "barometricPressurePa",
    "batteryMilliVolts",
    "defLevelMilliPercent",
    "ecuDoorStatus",
    "ecuSpeedMph",
    "engineImmobilizer",
    "engineLoadPercent",
    "engineRpm",
    "fuelConsumedMilliliters",
    "gpsDistanceMeters",
    "idlingDurationMilliseconds",
    "intakeManifoldTemperatureMilliC",
    "nfcCardScans",
    "tellTales",
];
const UNMEASURED_PREFIXES: &[&str] = &["auxInput", "ev", "spreader"];

/// The types that the simulated vehicles measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StatType {
    EngineStates,
    FuelPercents,
    Gps,
    OdometerMeters,
    EngineSeconds,
    OilPressure,
    CoolantTemperature,
    GpsOdometerMeters,
    SyntheticEngineSeconds,
    Seatbelt,
    AuxInput1,
    FaultCodes,
}

impl StatType {
    /// The type, or nothing for one that is known but not measured.
    fn parse(name: &str) -> Result<Option<Self>, ()> {
        Ok(Some(match name {
            "engineStates" => Self::EngineStates,
            "fuelPercents" => Self::FuelPercents,
            "gps" => Self::Gps,
            "obdOdometerMeters" => Self::OdometerMeters,
            "obdEngineSeconds" => Self::EngineSeconds,
            "engineOilPressureKPa" => Self::OilPressure,
            "engineCoolantTemperatureMilliC" => Self::CoolantTemperature,
            "gpsOdometerMeters" => Self::GpsOdometerMeters,
            "syntheticEngineSeconds" => Self::SyntheticEngineSeconds,
            "seatbeltDriver" => Self::Seatbelt,
            "auxInput1" => Self::AuxInput1,
            "faultCodes" => Self::FaultCodes,
            other if UNMEASURED.contains(&other) => return Ok(None),
            other if UNMEASURED_PREFIXES.iter().any(|prefix| other.starts_with(prefix)) => return Ok(None),
            _ => return Err(()),
        }))
    }

    fn plural(self) -> &'static str {
        match self {
            Self::EngineStates => "engineStates",
            Self::FuelPercents => "fuelPercents",
            Self::Gps => "gps",
            Self::OdometerMeters => "obdOdometerMeters",
            Self::EngineSeconds => "obdEngineSeconds",
            Self::OilPressure => "engineOilPressureKPa",
            Self::CoolantTemperature => "engineCoolantTemperatureMilliC",
            Self::GpsOdometerMeters => "gpsOdometerMeters",
            Self::SyntheticEngineSeconds => "syntheticEngineSeconds",
            Self::Seatbelt => "seatbeltDriver",
            Self::AuxInput1 => "auxInput1",
            Self::FaultCodes => "faultCodes",
        }
    }

    fn singular(self) -> &'static str {
        match self {
            Self::EngineStates => "engineState",
            Self::FuelPercents => "fuelPercent",
            other => other.plural(),
        }
    }

    fn signal(self) -> Signal {
        match self {
            Self::EngineStates | Self::Seatbelt | Self::AuxInput1 => Signal::Engine,
            Self::FuelPercents => Signal::Fuel,
            Self::Gps => Signal::Position,
            Self::OdometerMeters
            | Self::EngineSeconds
            | Self::OilPressure
            | Self::CoolantTemperature
            | Self::GpsOdometerMeters
            | Self::SyntheticEngineSeconds
            | Self::FaultCodes => Signal::Meters,
        }
    }

    /// What a reading of the vehicle says; nothing where it is not measured there.
    fn value(self, vehicle: &Vehicle, reading: &Reading) -> Option<Value> {
        let engine = match reading.engine {
            EngineState::On => "On",
            EngineState::Idle => "Idle",
            EngineState::Off => "Off",
        };
        let on_bus = vehicle.has_meters_on_bus();
        let value = match self {
            Self::EngineStates => StatValue::Word(engine),
            Self::Gps => return Some(Value::gps(reading)),
            Self::FaultCodes => return Some(Value::faults(vehicle, reading)),
            Self::Seatbelt => StatValue::Word(if reading.engine == EngineState::On { "Buckled" } else { "Unbuckled" }),
            // What is driven by the engine works where the vehicle stands.
            Self::AuxInput1 => {
                let works = StatValue::Flag(reading.engine == EngineState::Idle);
                return Some(Value::named(reading, "powerTakeOff", works));
            }
            Self::FuelPercents => StatValue::Whole(whole(reading.fuel_percent.round())),
            Self::OdometerMeters if on_bus => StatValue::Whole(whole(reading.odometer_m)),
            Self::EngineSeconds if on_bus => StatValue::Whole(whole(reading.engine_s)),
            // The gateway reckons for every vehicle, whether or not the bus tells the same.
            Self::GpsOdometerMeters => StatValue::Whole(whole(reading.reckoned_odometer_m())),
            Self::SyntheticEngineSeconds => StatValue::Whole(whole(reading.reckoned_engine_s())),
            Self::OilPressure => StatValue::Whole(whole(reading.oil_pressure_pa()? / 1_000.0)),
            Self::CoolantTemperature => StatValue::Whole(whole((reading.coolant_k()? - ZERO_C_K) * 1_000.0)),
            Self::OdometerMeters | Self::EngineSeconds => return None,
        };
        Some(Value::stat(reading, value))
    }
}

/// What was asked for.
#[derive(Debug)]
struct Wanted {
    types: Vec<StatType>,
    decorations: Vec<StatType>,
}

impl Wanted {
    fn parse(query: &Query) -> Result<Self, Refusal> {
        let names = query.list("types");
        if names.is_empty() {
            return Err(Refusal::Missing("types"));
        }
        let types = measured("types", &names, MAX_TYPES)?;
        let decorations = measured("decorations", &query.list("decorations"), MAX_DECORATIONS)?;
        Ok(Self { types, decorations })
    }

    fn value(&self, of: StatType, vehicle: &Vehicle, reading: &Reading) -> Option<Value> {
        let decoration = |other: &StatType| Some((other.plural(), other.value(vehicle, reading)?.without_time()));
        Some(of.value(vehicle, reading)?.decorated(self.decorations.iter().filter_map(decoration).collect()))
    }

    /// The arrays of a vehicle; nothing when no reading carries what was asked for.
    fn arrays(&self, vehicle: &Vehicle, readings: &[Reading]) -> Option<Row<Vec<Value>>> {
        let array = |of: &StatType| {
            let carrying = readings.iter().filter(|reading| reading.carries(of.signal()));
            let values: Vec<_> = carrying.filter_map(|reading| self.value(*of, vehicle, reading)).collect();
            (!values.is_empty()).then_some((of.plural(), values))
        };
        Row::new(vehicle, self.types.iter().filter_map(array).collect())
    }
}

fn measured(name: &'static str, names: &[&str], max: usize) -> Result<Vec<StatType>, Refusal> {
    let bad: Vec<_> = names.iter().filter(|name| StatType::parse(name).is_err()).copied().collect();
    if !bad.is_empty() {
        return Err(Refusal::StatType(bad.join(", ")));
    }
    if names.len() > max {
        return Err(Refusal::TooManyNames { name, max });
    }
    Ok(names.iter().filter_map(|name| StatType::parse(name).ok().flatten()).collect())
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<T> {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_ids: Option<BTreeMap<&'static str, String>>,
    #[serde(flatten)]
    stats: BTreeMap<&'static str, T>,
}

impl<T> Row<T> {
    fn new(vehicle: &Vehicle, stats: BTreeMap<&'static str, T>) -> Option<Self> {
        (!stats.is_empty()).then(|| Self {
            id: vehicle.id.to_string(),
            name: vehicle.name.clone(),
            external_ids: vehicle.build.as_ref().map(external_ids),
            stats,
        })
    }
}

/// `GET /fleet/vehicles/stats`: the latest reading of each type, now or at `time`.
pub(super) fn latest(request: &Request<'_>) -> Answer {
    let wanted = Wanted::parse(&request.query)?;
    let at = request.query.time("time")?.unwrap_or(request.now).min(request.now);
    let (vehicles, pagination) = slice(request, &request.vehicles())?;
    let row = |vehicle: &&Vehicle| {
        let stat = |of: &StatType| {
            let reading = request.delivery.latest(vehicle, at, of.signal())?;
            Some((of.singular(), of.value(vehicle, &reading)?))
        };
        Row::new(vehicle, wanted.types.iter().filter_map(stat).collect())
    };
    let data: Vec<_> = vehicles.iter().filter_map(row).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}

/// `GET /fleet/vehicles/stats/feed`.
pub(super) fn feed(request: &Request<'_>) -> Answer {
    let wanted = Wanted::parse(&request.query)?;
    let (page, pagination) = scan::feed(request, request.vehicles())?;
    let data: Vec<_> = match page {
        FeedPage::Since(rows) => rows.iter().filter_map(|(vehicle, found)| wanted.arrays(vehicle, found)).collect(),
        FeedPage::First(vehicles) => vehicles.iter().filter_map(|v| newest(request, &wanted, v)).collect(),
    };
    Ok(Reply::json(200, &Page { data, pagination }))
}

fn newest(request: &Request<'_>, wanted: &Wanted, vehicle: &Vehicle) -> Option<Row<Vec<Value>>> {
    let array = |of: &StatType| {
        let reading = request.delivery.latest(vehicle, request.now, of.signal())?;
        Some((of.plural(), vec![wanted.value(*of, vehicle, &reading)?]))
    };
    Row::new(vehicle, wanted.types.iter().filter_map(array).collect())
}

/// `GET /fleet/vehicles/stats/history`: `[startTime, endTime)`.
pub(super) fn history(request: &Request<'_>) -> Answer {
    let wanted = Wanted::parse(&request.query)?;
    let (rows, pagination) = scan::history(request, &request.vehicles())?;
    let data: Vec<_> = rows.iter().filter_map(|(vehicle, found)| wanted.arrays(vehicle, found)).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}
