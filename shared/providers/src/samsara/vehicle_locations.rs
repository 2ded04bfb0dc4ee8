//! Positions: `GET /fleet/vehicles/locations/feed`. The first call brings the latest reading of each vehicle and a cursor,
//! later calls everything since. The cursor stays valid when there is nothing more.

use model::Timestamp;
use model::telematics::series::ReadingsOf;
use model::telematics::{Point, VehicleLocation, VehiclePosition};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::place::place;
use super::{MPH, Samsara};
use crate::cursor::Feed;
use crate::wire::{Lenient, from_json};
use crate::{Api, Page, ProviderError, Source};

pub(super) struct VehicleLocations;

impl Source for VehicleLocations {
    type Provider = Samsara;
    type Rows = ReadingsOf<VehicleLocation<'static>>;
    type Cursor = Feed;

    async fn page(api: &Api<'_, Samsara>, feed: Feed) -> Result<Page<Self::Rows, Feed>, ProviderError> {
        let response = api.page("/fleet/vehicles/locations/feed", &[], feed.after.as_deref()).await?;
        let (data, next) = response.page(feed.after.as_deref())?;
        Ok(feed.page(readings(&data), next.after, next.more))
    }
}

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

/// The readings of a page; those without vehicle, time or a place on the globe are left out (and counted in a warning).
pub(super) fn readings(data: &[&RawValue]) -> ReadingsOf<VehicleLocation<'static>> {
    let mut rows = ReadingsOf::default();
    let mut skipped = 0_usize;
    for raw in data {
        let wire: Wire<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
        let Some(id) = wire.id.0 else {
            skipped += 1;
            continue;
        };
        skipped += wire.locations.iter().filter(|raw| push(&mut rows, &id, raw).is_none()).count();
    }
    if skipped > 0 {
        tracing::warn!(skipped, provider = "samsara", "skipped positions without vehicle, time or place");
    }
    rows
}

fn push(rows: &mut ReadingsOf<VehicleLocation<'static>>, vehicle: &str, raw: &RawValue) -> Option<()> {
    let reading: Reading = serde_json::from_str(raw.get()).ok()?;
    let [longitude, latitude] = Point::new(reading.longitude.0?, reading.latitude.0?)?.coordinates;
    let formatted = reading.reverse_geo.0.and_then(|geo| geo.formatted_location.0);
    let address = formatted.as_deref().and_then(|text| place(text, longitude, latitude)).unwrap_or_default();
    let position = VehiclePosition {
        longitude,
        latitude,
        speed: reading.speed.0.filter(|mph| *mph >= 0.0).map(|mph| mph * MPH),
        city: address.city,
        province: address.province,
        country: address.country_code,
        ..VehiclePosition::default()
    };
    rows.push(vehicle, reading.time.0?, &position, raw.get());
    Some(())
}
