//! Positions in feeds: the same reading under two names, `locations[]` of vehicles and `gps[]` of stats.

use model::Timestamp;
use model::telematics::{InferredAddress, Point};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::place::place;
use crate::wire::{Amount, Lenient, from_json};

/// m/s in a mile per hour (international mile).
const MPH: f64 = 0.447_04;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    id: Lenient<String>,
    #[serde(borrow)]
    locations: Vec<&'a RawValue>,
    #[serde(borrow)]
    gps: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wire {
    time: Lenient<Timestamp>,
    latitude: Lenient<f64>,
    longitude: Lenient<f64>,
    /// mph.
    speed: Lenient<Amount>,
    /// The same in `gps[]`.
    speed_miles_per_hour: Lenient<Amount>,
    reverse_geo: Lenient<ReverseGeo>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ReverseGeo {
    formatted_location: Lenient<String>,
}

from_json!(ReverseGeo);

/// A reading that has a time and a place on the globe.
pub(super) struct Gps {
    pub(super) time: Timestamp,
    pub(super) longitude: f64,
    pub(super) latitude: f64,
    /// m/s.
    pub(super) speed: Option<f64>,
    formatted: Option<String>,
}

impl Gps {
    fn read(raw: &RawValue) -> Option<Self> {
        let wire: Wire = serde_json::from_str(raw.get()).ok()?;
        let [longitude, latitude] = Point::new(wire.longitude.0?, wire.latitude.0?)?.coordinates;
        let speed = wire.speed.0.or(wire.speed_miles_per_hour.0).map(|Amount(mph)| mph * MPH);
        let formatted = wire.reverse_geo.0.and_then(|geo| geo.formatted_location.0);
        Some(Self { time: wire.time.0?, longitude, latitude, speed, formatted })
    }

    /// The place, as far as the provider's text tells it.
    pub(super) fn address(&self) -> InferredAddress<&str> {
        let formatted = self.formatted.as_deref();
        formatted.and_then(|text| place(text, self.longitude, self.latitude)).unwrap_or_default()
    }
}

/// Hands over every reading of a page with its subject's id and its JSON. Those without subject, time or place are skipped, and
/// counted in a warning that names what they are readings of.
pub(super) fn each(data: &[&RawValue], what: &str, mut take: impl FnMut(&str, &Gps, &str)) {
    let mut skipped = 0_usize;
    for raw in data {
        let row: Row<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
        let Some(id) = row.id.0 else {
            skipped += 1;
            continue;
        };
        for raw in row.locations.into_iter().chain(row.gps) {
            match Gps::read(raw) {
                Some(gps) => take(&id, &gps, raw.get()),
                None => skipped += 1,
            }
        }
    }
    if skipped > 0 {
        tracing::warn!(skipped, provider = "samsara", what, "skipped positions without subject, time or place");
    }
}
