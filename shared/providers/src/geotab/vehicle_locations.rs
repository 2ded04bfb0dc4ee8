//! Positions: the feed of `LogRecord`, which tells where and how fast a device was. It tells no heading.
//!
//! Odometer, fuel, engine hours, oil, coolant and driver are asked for beside each page. A stored position never changes, so what could
//! not be told then stays absent.

use model::Timestamp;
use model::telematics::series::ReadingsOf;
use model::telematics::{VehicleLocation, VehiclePosition};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::beside::{Beside, Engine, WITH_ENGINES};
use super::feed::Versions;
use super::values::{Reference, somewhere};
use super::{Geotab, members};
use crate::units::{KPH, SECONDS_IN_HOUR};
use crate::wire::{Amount, Lenient};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// Positions of a page. The provider allows 50,000; what stands beside so many would not fit into memory.
pub(super) const PAGE_SIZE: u32 = 2_000;
/// 0 °C in K.
const KELVIN_OFFSET: f64 = 273.15;

pub(super) const KIND: &str = "LogRecord";

/// What is asked for beside each page.
const BESIDE: &[&str] = &["driver", "odometer", "fuel_level", "engine_hours", "oil_pressure", "coolant_temperature"];

pub(super) struct VehicleLocations;

impl Source for VehicleLocations {
    type Provider = Geotab;
    type Rows = ReadingsOf<VehicleLocation<'static>>;
    type Cursor = Versions<1>;

    const KNOWN: Known = Known { members: members::VEHICLE_LOCATION, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::without(BESIDE, |stored| {
        let mut rows = ReadingsOf::default();
        push(&mut rows, &Position::of(stored.json)?, &Beside::default());
        Some(rows)
    }));

    async fn page(api: &Api<'_, Geotab>, at: Versions<1>) -> Result<Page<Self::Rows, Versions<1>>, ProviderError> {
        let fed = api.feed(KIND, &at, PAGE_SIZE).await?;
        let records = fed.records.parse()?;
        let positions = positions(records);
        let times: Vec<(&str, Timestamp)> = positions.iter().map(|position| (position.device.as_str(), position.time)).collect();
        let beside = Beside::ask(api, WITH_ENGINES, &times).await?;
        let mut rows = ReadingsOf::default();
        positions.iter().for_each(|position| push(&mut rows, position, &beside));
        Ok(fed.page(at, rows))
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wire {
    device: Lenient<Reference>,
    date_time: Lenient<Timestamp>,
    latitude: Lenient<f64>,
    longitude: Lenient<f64>,
    speed: Lenient<Amount>,
}

/// A record that has a device, a time and a place.
pub(super) struct Position<'a> {
    pub(super) device: String,
    pub(super) time: Timestamp,
    pub(super) longitude: f64,
    pub(super) latitude: f64,
    /// m/s.
    speed: Option<f64>,
    pub(super) source: &'a str,
}

impl<'a> Position<'a> {
    pub(super) fn of(raw: &'a RawValue) -> Option<Self> {
        let wire: Wire = serde_json::from_str(raw.get()).ok()?;
        let [longitude, latitude] = somewhere(wire.longitude.0, wire.latitude.0)?.coordinates;
        let speed = wire.speed.0.map(|Amount(kph)| kph * KPH);
        let Reference(device) = wire.device.0?;
        Some(Self { device, time: wire.date_time.0?, longitude, latitude, speed, source: raw.get() })
    }
}

/// The records of a page that are positions.
pub(super) fn positions(records: Vec<&RawValue>) -> Vec<Position<'_>> {
    let all = records.len();
    let positions: Vec<Position<'_>> = records.into_iter().filter_map(Position::of).collect();
    if positions.len() < all {
        tracing::warn!(skipped = all - positions.len(), provider = "geotab", "skipped positions without device, time or place");
    }
    positions
}

fn push(rows: &mut ReadingsOf<VehicleLocation<'static>>, position: &Position<'_>, beside: &Beside) {
    let Position { device, time, longitude, latitude, speed, source } = position;
    let [odometer, engine_seconds, fuel_level, oil_pressure, coolant] =
        beside.engine(device).map_or([None; 5], |engine: &Engine| engine.at(*time));
    let cells = VehiclePosition {
        longitude: *longitude,
        latitude: *latitude,
        driver: beside.driver(device, *time),
        speed: *speed,
        odometer,
        fuel_level,
        engine_hours: engine_seconds.map(|seconds| seconds / SECONDS_IN_HOUR),
        oil_pressure,
        coolant_temperature: coolant.map(|celsius| celsius + KELVIN_OFFSET),
        ..VehiclePosition::default()
    };
    rows.push(device, *time, &cells, source);
}
