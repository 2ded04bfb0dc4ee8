//! Positions: `GET /fleet/vehicles/locations/feed`. The first call brings the latest reading of each vehicle and a cursor,
//! later calls everything since. The cursor stays valid when there is nothing more.

use model::Timestamp;
use model::telematics::{Batch, Point, Position};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::{Client, PAGE_DEADLINE};
use super::cursor::Cursor;
use super::lenient::{Lenient, from_json};
use super::place::place;
use crate::{Fetch, Fetched, ProviderError};

/// m/s in a mile per hour (international mile).
const MPH: f64 = 0.447_04;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    id: Lenient<String>,
    #[serde(borrow)]
    locations: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reading {
    time: Lenient<Timestamp>,
    latitude: Lenient<f64>,
    longitude: Lenient<f64>,
    /// mph.
    speed: Lenient<f64>,
    reverse_geo: Lenient<ReverseGeo>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ReverseGeo {
    formatted_location: Lenient<String>,
}

from_json!(ReverseGeo);

pub(super) async fn fetch(client: &Client<'_>, fetch: Fetch<'_>) -> Result<Fetched, ProviderError> {
    let after = match Cursor::decode(fetch.cursor) {
        Some(Cursor::Feed { after }) => Some(after),
        _ => None,
    };
    let query: Vec<_> = after.as_deref().map(|after| ("after", after)).into_iter().collect();
    let response = client.get("/fleet/vehicles/locations/feed", &query, PAGE_DEADLINE).await?;
    let (data, next) = response.page(after.as_deref())?;
    let rows = readings(&data);
    let last_data_at = rows.iter().map(|row| row.occurred_at).max().map(|time| time.min(fetch.now));
    let cursor = next.after.or(after).and_then(|after| Cursor::Feed { after }.encode());
    Ok(Fetched { batch: Batch::Positions(rows), cursor, last_data_at, more: next.more, complete_scan: false })
}

/// The readings of a page; those without vehicle, time or a place on the globe are skipped (and counted in a warning).
pub(super) fn readings(data: &[&RawValue]) -> Vec<Position> {
    let mut rows = Vec::new();
    let mut skipped = 0_usize;
    for vehicle in data {
        let wire: Wire<'_> = serde_json::from_str(vehicle.get()).unwrap_or_default();
        let Some(id) = wire.id.0 else {
            skipped += 1;
            continue;
        };
        let before = rows.len();
        rows.extend(wire.locations.iter().filter_map(|raw| position(&id, raw)));
        skipped += wire.locations.len() - (rows.len() - before);
    }
    if skipped > 0 {
        tracing::warn!(skipped, provider = "samsara", "skipped positions without vehicle, time or place");
    }
    rows
}

fn position(vehicle: &str, raw: &RawValue) -> Option<Position> {
    let reading: Reading = serde_json::from_str(raw.get()).ok()?;
    let point = Point::new(reading.longitude.0?, reading.latitude.0?)?;
    let [longitude, latitude] = point.coordinates;
    let formatted = reading.reverse_geo.0.and_then(|geo| geo.formatted_location.0);
    Some(Position {
        vehicle: vehicle.to_owned(),
        driver: None,
        occurred_at: reading.time.0?,
        longitude,
        latitude,
        speed: reading.speed.0.filter(|mph| *mph >= 0.0).map(|mph| mph * MPH),
        odometer: None,
        fuel_level: None,
        engine_hours: None,
        place: formatted.and_then(|text| place(&text, longitude, latitude)),
        source: raw.get().to_owned(),
    })
}
