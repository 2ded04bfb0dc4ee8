//! Trailer positions: `GET /fleet/trailers/stats/feed?types=gps`. The first call brings the latest reading of each trailer and
//! a cursor, later calls everything since. What a lost cursor missed comes from `.../stats/history`.

use model::telematics::series::ReadingsOf;
use model::telematics::{InferredAddress, TrailerLocation, TrailerPosition};
use serde_json::value::RawValue;

use super::gps::{self, Gps};
use super::{Samsara, members};
use crate::cursor::{Feed, Gap};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

pub(super) struct TrailerLocations;

impl Source for TrailerLocations {
    type Provider = Samsara;
    type Rows = ReadingsOf<TrailerLocation<'static>>;
    type Cursor = Feed;

    const KNOWN: Known = Known { members: members::TRAILER_LOCATION, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| {
        let (gps, mut rows) = (Gps::read(stored.json)?, ReadingsOf::default());
        push(&mut rows, stored.subject()?, &gps, stored.json.get());
        Some(rows)
    }));

    async fn page(api: &Api<'_, Samsara>, feed: Feed) -> Result<Page<Self::Rows, Feed>, ProviderError> {
        let response = api.page("/fleet/trailers/stats/feed", &[("types", "gps")], feed.after.as_deref()).await?;
        let (data, next) = response.page(feed.after.as_deref())?;
        Ok(feed.page(readings(&data), next.after, next.more))
    }

    const HAS_HISTORY: bool = true;

    async fn history(api: &Api<'_, Samsara>, gap: &Gap) -> Result<(Self::Rows, Option<String>), ProviderError> {
        let (from, to) = (gap.from.to_string(), gap.to.to_string());
        let query = [("types", "gps"), ("startTime", from.as_str()), ("endTime", to.as_str())];
        let response = api.page("/fleet/trailers/stats/history", &query, gap.after.as_deref()).await?;
        let (data, next) = response.page(gap.after.as_deref())?;
        Ok((readings(&data), next.after_more()))
    }
}

/// The readings of a page.
fn readings(data: &[&RawValue]) -> ReadingsOf<TrailerLocation<'static>> {
    let mut rows = ReadingsOf::default();
    for trailer in gps::subjects(data, "trailers") {
        trailer.readings.iter().for_each(|(gps, source)| push(&mut rows, &trailer.id, gps, source));
    }
    rows
}

fn push(rows: &mut ReadingsOf<TrailerLocation<'static>>, trailer: &str, gps: &Gps, source: &str) {
    let InferredAddress { city, province, country_code: country } = gps.address();
    let (longitude, latitude) = (gps.longitude, gps.latitude);
    let position = TrailerPosition { longitude, latitude, vehicle: None, city, province, country };
    rows.push(trailer, gps.time, &position, source);
}

#[cfg(test)]
mod tests {
    use model::Resource;
    use model::telematics::Batch;
    use model::telematics::series::Cells as _;
    use serde_json::json;

    use super::super::tests::{Canned, response, walk};
    use super::TrailerPosition;

    #[test]
    fn check_trailer_locations() {
        let reading = json!({
            "time": "2026-01-27T07:06:25.5Z", "latitude": 34.15, "longitude": -118.14, "headingDegrees": 120,
            "speedMilesPerHour": 48.3, "reverseGeo": { "formattedLocation": "16 N Fair Oaks Ave, Pasadena, CA 91103" },
        });
        let off_globe = json!({ "time": "2026-01-27T07:06:25Z", "latitude": 122.1, "longitude": -93.3 });
        let body = json!({
            "data": [{ "id": "494123", "name": "Trailer-123", "gps": [reading, off_globe] }, { "gps": [] }],
            "pagination": { "endCursor": "MjkZ", "hasNextPage": false },
        });
        let http = Canned::new(vec![response(200, &body.to_string())]);
        let page = walk(&http, Resource::TrailerLocation).remove(0);
        assert_eq!(http.asked(), ["http://simulator.local/samsara/fleet/trailers/stats/feed?types=gps"]);
        assert_eq!(page.cursor.as_deref(), Some(r#"{"v":2,"at":{"after":"MjkZ"}}"#));
        let Batch::Readings(rows) = &page.batch else { panic!("not readings") };
        assert_eq!((rows.len(), rows.source_id(0).as_str()), (1, "trailer_location:494123:2026-01-27T07:06:25.500000Z"));
        let expected = TrailerPosition {
            longitude: -118.14,
            latitude: 34.15,
            vehicle: None,
            city: Some("Pasadena"),
            province: Some("CA"),
            country: Some("USA"),
        };
        assert_eq!(TrailerPosition::read(&mut rows.reader(0)), Some(expected));
    }
}
