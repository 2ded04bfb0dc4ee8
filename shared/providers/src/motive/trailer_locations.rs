//! Positions of trailers: `GET /v1/asset_locations` has the newest of each asset with a gateway, `GET /v1/asset_locations/{id}` the history, in
//! pages.

use model::Timestamp;
use model::telematics::series::ReadingsOf;
use model::telematics::{Point, TrailerLocation, TrailerPosition};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::List;
use super::pass::{LatestList, Pass, Subject, Tracked};
use super::positions;
use super::vehicle_locations::address;
use super::{Motive, members};
use crate::wire::Lenient;
use crate::{Api, Known, Page, ProviderError, Remap, Source};

pub(super) struct TrailerLocations;

impl Source for TrailerLocations {
    type Provider = Motive;
    type Rows = ReadingsOf<TrailerLocation<'static>>;
    type Cursor = Pass;

    const KNOWN: Known = Known { members: members::TRAILER_LOCATION, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| {
        let mut rows = ReadingsOf::default();
        push(&mut rows, stored.subject()?, stored.json, None)?;
        Some(rows)
    }));

    async fn page(api: &Api<'_, Motive>, pass: Pass) -> Result<Page<Self::Rows, Pass>, ProviderError> {
        positions::page::<Self>(api, pass).await
    }
}

impl Tracked for TrailerLocations {
    type Record = TrailerLocation<'static>;

    const LATEST: &'static [LatestList] = &[LatestList {
        list: List { path: "/v1/asset_locations", rows: "assets", row: "asset" },
        is_slow: false,
        has_history: true,
    }];
    const HISTORY: List = List { path: "/v1/asset_locations", rows: "breadcrumbs", row: "breadcrumb" };
    const DAYS: [&'static str; 2] = ["start_time", "end_time"];
    const IS_PAGED: bool = true;
    const HAS_UNITS: bool = false;

    fn push_latest(rows: &mut Self::Rows, subject: &Subject<'_>) -> Option<()> {
        push(rows, &subject.id, subject.latest?, None).map(drop)
    }

    fn push_history(rows: &mut Self::Rows, subject: &Subject<'_>, raw: &RawValue, from: Timestamp) -> Option<Timestamp> {
        push(rows, &subject.id, raw, Some(from))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    located_at: Lenient<Timestamp>,
    lat: Lenient<f64>,
    lon: Lenient<f64>,
    city: Lenient<String>,
    state: Lenient<String>,
    description: Lenient<String>,
    /// The same in histories.
    address: Lenient<String>,
}

fn push(
    rows: &mut ReadingsOf<TrailerLocation<'static>>,
    trailer: &str,
    raw: &RawValue,
    from: Option<Timestamp>,
) -> Option<Timestamp> {
    let wire: Wire = serde_json::from_str(raw.get()).ok()?;
    let at = wire.located_at.0?;
    if from.is_some_and(|from| at < from) {
        return Some(at);
    }
    let [longitude, latitude] = Point::new(wire.lon.0?, wire.lat.0?)?.coordinates;
    let text = wire.description.0.as_deref().or(wire.address.0.as_deref());
    let address = address(&wire.city, &wire.state, text, (longitude, latitude));
    let (city, province, country) = (address.city, address.province, address.country_code);
    rows.push(trailer, at, &TrailerPosition { longitude, latitude, vehicle: None, city, province, country }, raw.get());
    Some(at)
}
