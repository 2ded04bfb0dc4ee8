//! Whether engines run: `GET /fleet/vehicles/stats/feed?types=engineStates`, with the position as decoration. What a lost cursor
//! missed comes from `.../stats/history`. The driver is who was assigned to the vehicle, as for positions.

use model::Timestamp;
use model::telematics::code::{Code, EngineState};
use model::telematics::series::ReadingsOf;
use model::telematics::{EngineReading, EngineStatus, InferredAddress};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::assignments::{Drivers, driver_at};
use super::gps::Place;
use super::questions::questions;
use super::{Samsara, VEHICLE_FEED, VEHICLE_HISTORY, members};
use crate::cursor::{Feed, Gap};
use crate::wire::{Lenient, from_json};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

const TYPES: (&str, &str) = ("types", "engineStates");
const DECORATIONS: (&str, &str) = ("decorations", "gps");

const STATES: &[(&str, Code<EngineState>)] = &[("On", Code::of("ON")), ("Off", Code::of("OFF")), ("Idle", Code::of("IDLE"))];

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Row<'a> {
    id: Lenient<String>,
    #[serde(borrow)]
    engine_states: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    time: Lenient<Timestamp>,
    value: Lenient<String>,
    decorations: Lenient<Decorations>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Decorations {
    gps: Lenient<Place>,
}

from_json!(Decorations);

/// What an engine did from a time on.
struct Change<'a> {
    time: Timestamp,
    status: Option<Code<EngineState>>,
    place: Option<Place>,
    source: &'a str,
}

impl<'a> Change<'a> {
    fn read(raw: &'a RawValue) -> Option<Self> {
        let wire: Wire = serde_json::from_str(raw.get()).ok()?;
        let word = wire.value.0;
        let status = STATES.iter().find(|(known, _)| word.as_deref() == Some(*known)).map(|(_, code)| *code);
        let place = wire.decorations.0.and_then(|decorations| decorations.gps.0);
        Some(Self { time: wire.time.0?, status, place, source: raw.get() })
    }
}

pub(super) struct EngineStatuses;

impl Source for EngineStatuses {
    type Provider = Samsara;
    type Rows = ReadingsOf<EngineStatus<'static>>;
    type Cursor = Feed;

    const KNOWN: Known = Known { members: members::ENGINE_STATUS, words: &[("value", &["status"])] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::without(&["driver"], |stored| {
        let (change, mut rows) = (Change::read(stored.json)?, ReadingsOf::default());
        rows.push(stored.subject()?, change.time, &reading(&change, None), change.source);
        Some(rows)
    }));

    async fn page(api: &Api<'_, Samsara>, feed: Feed) -> Result<Page<Self::Rows, Feed>, ProviderError> {
        let response = api.page(VEHICLE_FEED, &[TYPES, DECORATIONS], feed.after.as_deref()).await?;
        let (data, next) = response.page(feed.after.as_deref())?;
        Ok(feed.page(joined(api, &data).await, next.after, next.more))
    }

    const HAS_HISTORY: bool = true;

    async fn history(api: &Api<'_, Samsara>, gap: &Gap) -> Result<(Self::Rows, Option<String>), ProviderError> {
        let (from, to) = (gap.from.to_string(), gap.to.to_string());
        let query = [TYPES, DECORATIONS, ("startTime", from.as_str()), ("endTime", to.as_str())];
        let response = api.page(VEHICLE_HISTORY, &query, gap.after.as_deref()).await?;
        let (data, next) = response.page(gap.after.as_deref())?;
        Ok((joined(api, &data).await, next.after_more()))
    }
}

/// The readings of a page, with the drivers.
async fn joined(api: &Api<'_, Samsara>, data: &[&RawValue]) -> ReadingsOf<EngineStatus<'static>> {
    let vehicles: Vec<(String, Vec<Change<'_>>)> = data.iter().filter_map(|raw| vehicle(raw)).collect();
    let times = |changes: &[Change<'_>]| changes.iter().map(|change| change.time).collect();
    let asked = questions(vehicles.iter().map(|(vehicle, changes)| (vehicle.as_str(), times(changes))));
    let drivers = Drivers::ask(api, &asked).await;
    let mut rows = ReadingsOf::default();
    for (vehicle, changes) in &vehicles {
        let assignments = drivers.of(vehicle);
        for change in changes {
            rows.push(vehicle, change.time, &reading(change, driver_at(assignments, change.time)), change.source);
        }
    }
    rows
}

/// A vehicle of a page and what its engine did; readings without a time are left out, with a warning.
fn vehicle<'a>(raw: &&'a RawValue) -> Option<(String, Vec<Change<'a>>)> {
    let row: Row<'a> = serde_json::from_str(raw.get()).unwrap_or_default();
    let changes: Vec<_> = row.engine_states.iter().filter_map(|raw| Change::read(raw)).collect();
    let skipped = row.engine_states.len() - changes.len();
    if skipped > 0 || row.id.0.is_none() {
        tracing::warn!(skipped, provider = "samsara", "skipped states of engines without vehicle or time");
    }
    Some((row.id.0?, changes))
}

fn reading<'a>(change: &'a Change<'_>, driver: Option<&'a str>) -> EngineReading<'a> {
    let point = change.place.as_ref().and_then(Place::point);
    let address = change.place.as_ref().and_then(Place::address).unwrap_or_default();
    let InferredAddress { city, province, country_code: country } = address;
    let status = change.status.map(|code| code.as_str());
    let (longitude, latitude) = point.map(|point| point.coordinates.into()).unzip();
    EngineReading { status, longitude, latitude, driver, city, province, country }
}

#[cfg(test)]
mod tests {
    use model::Resource;
    use model::telematics::Batch;
    use model::telematics::series::Cells as _;
    use serde_json::json;

    use super::super::tests::{Canned, response, walk};
    use super::EngineReading;

    #[test]
    fn check_engine_statuses() {
        let gps = json!({ "latitude": 34.15, "longitude": -118.14, "headingDegrees": 120, "speedMilesPerHour": 0,
            "reverseGeo": { "formattedLocation": "16 N Fair Oaks Ave, Pasadena, CA 91103" } });
        let states = json!([
            { "time": "2026-01-27T07:06:25.5Z", "value": "On", "decorations": { "gps": gps } },
            { "time": "2026-01-27T07:07:25Z", "value": "Idle", "decorations": { "gps": { "latitude": 0, "longitude": 0 } } },
            { "time": "2026-01-27T07:08:25Z", "value": "Cranking" }, { "value": "Off" },
        ]);
        let body = json!({
            "data": [{ "id": "112", "name": "Truck A7", "engineStates": states }, { "engineStates": [] }],
            "pagination": { "endCursor": "MjkZ", "hasNextPage": false },
        });
        let answers = [body.to_string(), include_str!("fixtures/driver_vehicle_assignments.json").to_owned()];
        let http = Canned::new(answers.iter().map(|body| response(200, body)).collect());
        let page = walk(&http, Resource::EngineStatus).remove(0);
        assert!(http.asked()[0].ends_with("/fleet/vehicles/stats/feed?types=engineStates&decorations=gps"));
        assert!(http.asked()[1].contains("/fleet/driver-vehicle-assignments?filterBy=vehicles&vehicleIds=112&"));
        let Batch::Readings(rows) = &page.batch else { panic!("not readings") };
        assert_eq!((rows.len(), rows.source_id(0).as_str()), (3, "engine_status:112:2026-01-27T07:06:25.500000Z"));
        let first = EngineReading {
            status: Some("ON"),
            longitude: Some(-118.14),
            latitude: Some(34.15),
            driver: Some("45646"),
            city: Some("Pasadena"),
            province: Some("CA"),
            country: Some("USA"),
        };
        assert_eq!(EngineReading::read(&mut rows.reader(0)), Some(first));
        // A receiver without a fix, and a state that the contract has no word for; the driver has left by then.
        let second = EngineReading { status: Some("IDLE"), ..EngineReading::default() };
        assert_eq!(EngineReading::read(&mut rows.reader(1)), Some(second));
        assert_eq!(EngineReading::read(&mut rows.reader(2)), Some(EngineReading::default()));
    }
}
