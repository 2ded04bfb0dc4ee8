//! Positions in feeds of stats: `gps[]` of vehicles and of trailers.

use model::Timestamp;
use model::telematics::{InferredAddress, Point};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::place::place;
use crate::units::MPH;
use crate::wire::{Amount, Lenient, Percent, from_json};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Row<'a> {
    id: Lenient<String>,
    #[serde(borrow)]
    gps: Vec<&'a RawValue>,
    #[serde(borrow)]
    gps_odometer_meters: Option<&'a RawValue>,
    #[serde(borrow)]
    synthetic_engine_seconds: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wire {
    time: Lenient<Timestamp>,
    latitude: Lenient<f64>,
    longitude: Lenient<f64>,
    speed_miles_per_hour: Lenient<Amount>,
    reverse_geo: Lenient<ReverseGeo>,
    decorations: Lenient<Decorations>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ReverseGeo {
    formatted_location: Lenient<String>,
}

/// What the provider knew of other stats at the time of a position.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Decorations {
    obd_odometer_meters: Lenient<Odometer>,
    fuel_percents: Lenient<Fuel>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Odometer {
    value: Lenient<Amount>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fuel {
    value: Lenient<Percent>,
}

/// A position without a time, as it decorates other stats.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Place {
    latitude: Lenient<f64>,
    longitude: Lenient<f64>,
    reverse_geo: Lenient<ReverseGeo>,
}

from_json!(ReverseGeo, Decorations, Odometer, Fuel, Place);

impl Place {
    /// Where it is, if that is on the globe.
    pub(super) fn point(&self) -> Option<Point> {
        Point::new(self.longitude.0?, self.latitude.0?)
    }

    /// The place, as far as the provider's text tells it.
    pub(super) fn address(&self) -> Option<InferredAddress<&str>> {
        let [longitude, latitude] = self.point()?.coordinates;
        place(self.reverse_geo.0.as_ref()?.formatted_location.0.as_deref()?, longitude, latitude)
    }
}

/// A reading that has a time and a place on the globe.
pub(super) struct Gps {
    pub(super) time: Timestamp,
    pub(super) longitude: f64,
    pub(super) latitude: f64,
    /// m/s.
    pub(super) speed: Option<f64>,
    /// m, by the vehicle's own bus.
    pub(super) odometer: Option<f64>,
    /// Percent.
    pub(super) fuel_level: Option<f64>,
    formatted: Option<String>,
}

impl Gps {
    pub(super) fn read(raw: &RawValue) -> Option<Self> {
        let wire: Wire = serde_json::from_str(raw.get()).ok()?;
        let [longitude, latitude] = Point::new(wire.longitude.0?, wire.latitude.0?)?.coordinates;
        let speed = wire.speed_miles_per_hour.0.map(|Amount(mph)| mph * MPH);
        let formatted = wire.reverse_geo.0.and_then(|geo| geo.formatted_location.0);
        let Decorations { obd_odometer_meters, fuel_percents } = wire.decorations.0.unwrap_or_default();
        let odometer = obd_odometer_meters.0.and_then(|stat| stat.value.0).map(|Amount(meters)| meters);
        let fuel_level = fuel_percents.0.and_then(|stat| stat.value.0).map(|Percent(percent)| percent);
        Some(Self { time: wire.time.0?, longitude, latitude, speed, odometer, fuel_level, formatted })
    }

    /// The place, as far as the provider's text tells it.
    pub(super) fn address(&self) -> InferredAddress<&str> {
        let formatted = self.formatted.as_deref();
        formatted.and_then(|text| place(text, self.longitude, self.latitude)).unwrap_or_default()
    }
}

/// A vehicle or trailer of a page.
pub(super) struct Subject<'a> {
    /// The provider's id of it.
    pub(super) id: String,
    /// Where it was, with the JSON of each reading.
    pub(super) readings: Vec<(Gps, &'a str)>,
    /// Odometer readings of vehicles whose bus has none.
    pub(super) gps_odometer: Option<&'a RawValue>,
    /// Engine seconds of vehicles whose bus has none.
    pub(super) synthetic_engine_seconds: Option<&'a RawValue>,
}

/// What a page holds. Readings without subject, time or place are skipped, and counted in a warning that names what they are
/// readings of.
pub(super) fn subjects<'a>(data: &[&'a RawValue], what: &str) -> Vec<Subject<'a>> {
    let mut skipped = 0_usize;
    let mut found = Vec::with_capacity(data.len());
    for raw in data {
        let row: Row<'a> = serde_json::from_str(raw.get()).unwrap_or_default();
        let Some(id) = row.id.0 else {
            skipped += 1;
            continue;
        };
        let mut readings = Vec::with_capacity(row.gps.len());
        readings.extend(row.gps.iter().filter_map(|raw| Some((Gps::read(raw)?, raw.get()))));
        skipped += row.gps.len() - readings.len();
        let (gps_odometer, synthetic_engine_seconds) = (row.gps_odometer_meters, row.synthetic_engine_seconds);
        found.push(Subject { id, readings, gps_odometer, synthetic_engine_seconds });
    }
    if skipped > 0 {
        tracing::warn!(skipped, provider = "samsara", what, "skipped positions without subject, time or place");
    }
    found
}
