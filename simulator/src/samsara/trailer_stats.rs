//! `/fleet/trailers/stats`: positions, which are those of the vehicles that pull the trailers, and what their cooling units measure.

use std::collections::BTreeMap;

use serde::Serialize;

use super::lists::slice;
use super::refusal::Refusal;
use super::scan::{self, FeedPage, Rows};
use super::wire::{Page, ReverseGeo, mph, reverse_geo, time};
use super::{Answer, Request};
use crate::http::Reply;
use crate::world::{Reading, Reefer, Signal, Trailer, Vehicle, milli_c, whole};

const MAX_TYPES: usize = 3;
/// Types that the real API knows and that no simulated trailer measures: accepted, never answered.
const UNMEASURED: &[&str] = &["gpsOdometerMeters", "carrierReeferState"];
/// The compartments that the real API knows.
const ZONES: [&str; 3] = ["1", "2", "3"];

/// What is measured; of compartments by their position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Gps,
    Alarms,
    Ambient,
    Engine,
    Fuel,
    RunMode,
    State(usize),
    Door(usize),
    SetPoint(usize),
    Return(usize),
    Supply(usize),
}

/// A type by its name.
#[derive(Debug, Clone, Copy)]
struct StatType<'q> {
    name: &'q str,
    /// Nothing for one that is known but not measured.
    measure: Option<Measure>,
}

impl<'q> StatType<'q> {
    fn parse(name: &'q str) -> Option<Self> {
        let measure = match name {
            "gps" => Some(Measure::Gps),
            "reeferAlarms" => Some(Measure::Alarms),
            "reeferAmbientAirTemperatureMilliC" => Some(Measure::Ambient),
            "reeferObdEngineSeconds" => Some(Measure::Engine),
            "reeferFuelPercent" => Some(Measure::Fuel),
            "reeferRunMode" => Some(Measure::RunMode),
            other if UNMEASURED.contains(&other) => None,
            other => Some(of_zone(other)?),
        };
        Some(Self { name, measure })
    }
}

/// A type that ends with the number of a compartment.
fn of_zone(name: &str) -> Option<Measure> {
    let zone = ZONES.iter().position(|number| name.ends_with(number))?;
    Some(match name.get(..name.len() - 1)? {
        "reeferStateZone" => Measure::State(zone),
        "reeferDoorStateZone" => Measure::Door(zone),
        "reeferSetPointTemperatureMilliCZone" => Measure::SetPoint(zone),
        "reeferReturnAirTemperatureMilliCZone" => Measure::Return(zone),
        "reeferSupplyAirTemperatureMilliCZone" => Measure::Supply(zone),
        _ => return None,
    })
}

#[derive(Debug, Serialize)]
struct Row<'a, T> {
    id: String,
    name: &'a str,
    #[serde(flatten)]
    stats: BTreeMap<String, T>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Value {
    Gps(Gps),
    Alarms { time: String, alarms: Vec<Alarm> },
    Stat { time: String, value: StatValue },
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum StatValue {
    Whole(i64),
    Word(&'static str),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Alarm {
    alarm_code: &'static str,
    description: &'static str,
    operator_action: &'static str,
    severity: i64,
}

const LOW_FUEL: Alarm =
    Alarm { alarm_code: "96", description: "Low fuel level", operator_action: "Fill the tank at the next stop.", severity: 2 };

/// A position. Heading and speed are whole numbers here, unlike those of vehicles.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Gps {
    time: String,
    latitude: f64,
    longitude: f64,
    heading_degrees: i64,
    speed_miles_per_hour: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reverse_geo: Option<ReverseGeo>,
}

impl From<&Reading> for Gps {
    fn from(reading: &Reading) -> Self {
        Self {
            time: time(reading.at_ms),
            latitude: reading.latitude,
            longitude: reading.longitude,
            heading_degrees: whole(reading.heading_deg),
            speed_miles_per_hour: whole(mph(reading.speed_mps).0.round()),
            reverse_geo: reverse_geo(reading),
        }
    }
}

impl Measure {
    /// What is measured of a trailer at the time of a reading; nothing where there is no unit or compartment.
    fn value(self, trailer: &Trailer, reading: &Reading) -> Option<Value> {
        if self == Self::Gps {
            return Some(Value::Gps(reading.into()));
        }
        let unit = trailer.reefer(reading)?;
        let time = time(reading.at_ms);
        if self == Self::Alarms {
            return Some(Value::Alarms { time, alarms: unit.is_low_on_fuel().then_some(LOW_FUEL).into_iter().collect() });
        }
        Some(Value::Stat { time, value: self.of_unit(&unit)? })
    }

    fn of_unit(self, unit: &Reefer) -> Option<StatValue> {
        let zone = |number: usize| unit.zones.get(number);
        let temperature = |kelvin| Some(StatValue::Whole(milli_c(kelvin)));
        let word = |word| Some(StatValue::Word(word));
        match self {
            Self::Gps | Self::Alarms => None,
            Self::Ambient => temperature(unit.ambient_k),
            Self::Engine => Some(StatValue::Whole(whole(unit.engine_s))),
            Self::Fuel => Some(StatValue::Whole(whole(unit.fuel_percent.round()))),
            Self::RunMode => word(if unit.is_continuous { "Continuous" } else { "Start/Stop" }),
            Self::State(number) => zone(number).and_then(|_| word(if unit.is_on { "On" } else { "Off" })),
            Self::Door(number) => zone(number).and_then(|zone| word(if zone.is_open { "open" } else { "closed" })),
            Self::SetPoint(number) => zone(number).and_then(|zone| temperature(zone.set_k)),
            Self::Return(number) => zone(number).and_then(|zone| temperature(zone.return_k)),
            Self::Supply(number) => zone(number).and_then(|zone| temperature(zone.supply_k)),
        }
    }
}

impl<'a, T> Row<'a, T> {
    /// The row of a trailer; nothing where nothing of it is measured.
    fn of(trailer: &'a Trailer, stats: BTreeMap<String, T>) -> Option<Self> {
        (!stats.is_empty()).then(|| Self { id: trailer.id.to_string(), name: &trailer.name, stats })
    }
}

/// `GET /fleet/trailers/stats`: the newest reading of each type, now or at `time`.
pub(super) fn latest<'a>(request: &Request<'a>) -> Answer {
    let types = types(request)?;
    let at = request.query.time("time")?.unwrap_or(request.now).min(request.now);
    let (trailers, pagination) = slice(request, &pulled(request))?;
    let row = |&(trailer, vehicle): &(&'a Trailer, &'a Vehicle)| {
        let reading = request.delivery.latest(vehicle, at, Signal::Position)?;
        let stat = |of: &StatType<'_>| Some((of.name.to_owned(), of.measure?.value(trailer, &reading)?));
        Row::of(trailer, types.iter().filter_map(stat).collect())
    };
    let data: Vec<_> = trailers.iter().filter_map(row).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}

/// `GET /fleet/trailers/stats/feed`.
pub(super) fn feed(request: &Request<'_>) -> Answer {
    let types = types(request)?;
    let (page, pagination) = scan::feed(request, pulling(request))?;
    let found = match page {
        FeedPage::Since(found) => found,
        FeedPage::First(vehicles) => {
            let newest = |vehicle| request.delivery.latest(vehicle, request.now, Signal::Position);
            vehicles.into_iter().filter_map(|vehicle| Some((vehicle, vec![newest(vehicle)?]))).collect()
        }
    };
    Ok(Reply::json(200, &Page { data: rows(request, &types, &found), pagination }))
}

/// `GET /fleet/trailers/stats/history`: `[startTime, endTime)`.
pub(super) fn history(request: &Request<'_>) -> Answer {
    let types = types(request)?;
    let (found, pagination) = scan::history(request, &pulling(request))?;
    Ok(Reply::json(200, &Page { data: rows(request, &types, &found), pagination }))
}

fn types<'r>(request: &'r Request<'_>) -> Result<Vec<StatType<'r>>, Refusal> {
    let names = request.query.list("types");
    if names.is_empty() {
        return Err(Refusal::Missing("types"));
    }
    if names.len() > MAX_TYPES {
        return Err(Refusal::TooManyNames { name: "types", max: MAX_TYPES });
    }
    let bad: Vec<_> = names.iter().filter(|name| StatType::parse(name).is_none()).copied().collect();
    if bad.is_empty() {
        Ok(names.into_iter().filter_map(StatType::parse).collect())
    } else {
        Err(Refusal::StatType(bad.join(", ")))
    }
}

/// The trailers that `trailerIds` asks for, each with the vehicle that pulls it.
fn pulled<'a>(request: &Request<'a>) -> Vec<(&'a Trailer, &'a Vehicle)> {
    let ids = request.query.list("trailerIds");
    let wanted = |trailer: &&Trailer| ids.is_empty() || ids.contains(&trailer.id.to_string().as_str());
    let trailers = request.account.trailers.iter().filter(wanted);
    trailers.filter_map(|trailer| Some((trailer, request.account.vehicles.get(trailer.vehicle)?))).collect()
}

/// The vehicles that pull them, in the order of the trailers.
fn pulling<'a>(request: &Request<'a>) -> Vec<&'a Vehicle> {
    pulled(request).into_iter().map(|(_, vehicle)| vehicle).collect()
}

fn rows<'a>(request: &Request<'a>, types: &[StatType<'_>], found: &Rows<'_>) -> Vec<Row<'a, Vec<Value>>> {
    let trailers = pulled(request);
    let row = |(vehicle, readings): &(&Vehicle, Vec<Reading>)| {
        let trailer = trailers.iter().find(|(_, own)| own.id == vehicle.id).map(|(trailer, _)| *trailer)?;
        let array = |of: &StatType<'_>| {
            let measure = of.measure?;
            let values: Vec<_> = readings.iter().filter_map(|reading| measure.value(trailer, reading)).collect();
            (!values.is_empty()).then(|| (of.name.to_owned(), values))
        };
        Row::of(trailer, types.iter().filter_map(array).collect())
    };
    found.iter().filter_map(row).collect()
}
