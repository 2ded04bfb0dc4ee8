//! The JSON shapes. An absent value is an absent key, never null.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat};
use serde::{Serialize, Serializer};

use super::fault_codes::Faults;
use crate::world::{Driver, EngineState, Millis, Reading, Vehicle, VehicleBuild};

const MPS_PER_MPH: f64 = 0.447_04;

/// A time with milliseconds.
pub(super) fn time(ms: Millis) -> String {
    DateTime::from_timestamp_millis(ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A time in whole seconds, as the vehicle list has it.
pub(super) fn time_s(ms: Millis) -> String {
    DateTime::from_timestamp_millis(ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A number that is written without a fraction when it has none, as the real API does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number(pub(super) f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 {
            serializer.serialize_i64(crate::world::whole(self.0))
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

/// Miles per hour, to a tenth.
pub(super) fn mph(mps: f64) -> Number {
    Number((mps / MPS_PER_MPH * 10.0).round() / 10.0)
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub(super) struct Page<T> {
    pub(super) data: T,
    pub(super) pagination: Pagination,
}

/// One object.
#[derive(Debug, Serialize)]
pub(super) struct Single<T> {
    pub(super) data: T,
}

/// Where a page ends.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pagination {
    end_cursor: String,
    has_next_page: bool,
}

impl Pagination {
    /// A page of a feed or of an unfinished walk.
    pub(super) fn feed(end_cursor: String, has_next_page: bool) -> Self {
        Self { end_cursor, has_next_page }
    }

    /// The last page of a list.
    pub(super) fn last() -> Self {
        Self { end_cursor: String::new(), has_next_page: false }
    }
}

/// A reference by id and name.
#[derive(Debug, Serialize)]
pub(super) struct Reference {
    pub(super) id: String,
    pub(super) name: String,
}

impl From<&Driver> for Reference {
    fn from(driver: &Driver) -> Self {
        Self { id: driver.id.to_string(), name: driver.name.clone() }
    }
}

/// The dotted keys that Samsara itself sets.
pub(super) fn external_ids(build: &VehicleBuild) -> BTreeMap<&'static str, String> {
    BTreeMap::from([("samsara.serial", build.serial.clone()), ("samsara.vin", build.vin.clone())])
}

/// A vehicle in the hours-of-service endpoints, where the key of the external ids has a capital E.
#[derive(Debug, Serialize)]
pub(super) struct HosVehicle {
    id: String,
    name: String,
    #[serde(rename = "ExternalIds", skip_serializing_if = "Option::is_none")]
    external_ids: Option<BTreeMap<&'static str, String>>,
}

impl From<&Vehicle> for HosVehicle {
    fn from(vehicle: &Vehicle) -> Self {
        Self { id: vehicle.id.to_string(), name: vehicle.name.clone(), external_ids: vehicle.build.as_ref().map(external_ids) }
    }
}

/// A vehicle in an assignment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AssignedVehicle {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_ids: Option<BTreeMap<&'static str, String>>,
}

impl From<&Vehicle> for AssignedVehicle {
    fn from(vehicle: &Vehicle) -> Self {
        Self { id: vehicle.id.to_string(), name: vehicle.name.clone(), external_ids: vehicle.build.as_ref().map(external_ids) }
    }
}

/// A place in words.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReverseGeo {
    formatted_location: String,
}

/// A position in the location endpoints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    time: String,
    latitude: f64,
    longitude: f64,
    heading: Number,
    speed: Number,
    #[serde(skip_serializing_if = "Option::is_none")]
    reverse_geo: Option<ReverseGeo>,
}

impl From<&Reading> for Location {
    fn from(reading: &Reading) -> Self {
        Self {
            time: time(reading.at_ms),
            latitude: reading.latitude,
            longitude: reading.longitude,
            heading: Number(reading.heading_deg),
            speed: mph(reading.speed_mps),
            reverse_geo: reverse_geo(reading),
        }
    }
}

/// Where a reading was, in words.
pub(super) fn reverse_geo(reading: &Reading) -> Option<ReverseGeo> {
    reading.place.clone().map(|formatted_location| ReverseGeo { formatted_location })
}

/// A position in the stats endpoints; as a decoration it has no time of its own.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Gps {
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    latitude: f64,
    longitude: f64,
    heading_degrees: Number,
    speed_miles_per_hour: Number,
    is_ecu_speed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reverse_geo: Option<ReverseGeo>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    decorations: BTreeMap<&'static str, Value>,
}

/// Any other stat.
#[derive(Debug, Serialize)]
pub(super) struct Stat {
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    /// What the fleet calls the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    value: StatValue,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    decorations: BTreeMap<&'static str, Value>,
}

/// What a stat measures.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum StatValue {
    Whole(i64),
    Word(&'static str),
    Flag(bool),
}

/// The faults of a vehicle at a time.
#[derive(Debug, Serialize)]
pub(super) struct FaultStat {
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(flatten)]
    faults: Faults,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    decorations: BTreeMap<&'static str, Value>,
}

/// A stat of any type.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Value {
    Gps(Box<Gps>),
    Faults(Box<FaultStat>),
    Stat(Stat),
}

impl Value {
    pub(super) fn gps(reading: &Reading) -> Self {
        Self::Gps(Box::new(Gps {
            time: Some(time(reading.at_ms)),
            latitude: reading.latitude,
            longitude: reading.longitude,
            heading_degrees: Number(reading.heading_deg),
            speed_miles_per_hour: mph(reading.speed_mps),
            is_ecu_speed: reading.engine != EngineState::Off,
            reverse_geo: reverse_geo(reading),
            decorations: BTreeMap::new(),
        }))
    }

    pub(super) fn faults(vehicle: &Vehicle, reading: &Reading) -> Self {
        let (time, faults) = (Some(time(reading.at_ms)), Faults::of(vehicle, reading));
        Self::Faults(Box::new(FaultStat { time, faults, decorations: BTreeMap::new() }))
    }

    pub(super) fn stat(reading: &Reading, value: StatValue) -> Self {
        Self::Stat(Stat { time: Some(time(reading.at_ms)), name: None, value, decorations: BTreeMap::new() })
    }

    /// A stat of an input that the fleet gave a name.
    pub(super) fn named(reading: &Reading, name: &'static str, value: StatValue) -> Self {
        Self::Stat(Stat { time: Some(time(reading.at_ms)), name: Some(name), value, decorations: BTreeMap::new() })
    }

    /// The same value as a decoration of another.
    pub(super) fn without_time(mut self) -> Self {
        match &mut self {
            Self::Gps(gps) => gps.time = None,
            Self::Faults(faults) => faults.time = None,
            Self::Stat(stat) => stat.time = None,
        }
        self
    }

    pub(super) fn decorated(mut self, with: BTreeMap<&'static str, Value>) -> Self {
        match &mut self {
            Self::Gps(gps) => gps.decorations = with,
            Self::Faults(faults) => faults.decorations = with,
            Self::Stat(stat) => stat.decorations = with,
        }
        self
    }
}
