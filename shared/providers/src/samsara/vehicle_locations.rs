//! Positions: `GET /fleet/vehicles/locations/feed`. The first call brings the latest reading of each vehicle and a cursor,
//! later calls everything since. The cursor stays valid when there is nothing more.

use model::telematics::series::ReadingsOf;
use model::telematics::{InferredAddress, VehicleLocation, VehiclePosition};
use serde_json::value::RawValue;

use super::{Samsara, gps};
use crate::cursor::Feed;
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

/// The readings of a page.
pub(super) fn readings(data: &[&RawValue]) -> ReadingsOf<VehicleLocation<'static>> {
    let mut rows = ReadingsOf::default();
    gps::each(data, "vehicles", |vehicle, gps, source| {
        let InferredAddress { city, province, country_code: country } = gps.address();
        let (longitude, latitude, speed) = (gps.longitude, gps.latitude, gps.speed);
        let position = VehiclePosition { longitude, latitude, speed, city, province, country, ..VehiclePosition::default() };
        rows.push(vehicle, gps.time, &position, source);
    });
    rows
}
