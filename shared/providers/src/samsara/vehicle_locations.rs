//! Positions: `GET /fleet/vehicles/stats/feed` with odometer and fuel as decorations. The first call brings the latest reading of
//! each vehicle and a cursor, later calls everything since. The cursor stays valid when there is nothing more. What a lost cursor
//! missed comes from `.../stats/history`.
//!
//! Positions name neither driver nor what the engine measures. Both are asked for beside each page, for its vehicles and times
//! only. A stored position never changes, so what could not be told then stays absent.
//!
//! Odometer and engine hours are told by two instruments, the bus and the gateway, which differ by thousands. Of a vehicle one of
//! them is read: the gateway only where the bus was seen to tell nothing.

use model::telematics::series::ReadingsOf;
use model::telematics::{InferredAddress, VehicleLocation, VehiclePosition};
use serde_json::value::RawValue;

use super::assignments::{Drivers, driver_at};
use super::engines::{Engine, Engines};
use super::gps::{self, Gps, Subject};
use super::questions::questions;
use super::{Samsara, VEHICLE_FEED, VEHICLE_HISTORY, members};
use crate::cursor::{Feed, Gap};
use crate::gauge::{Gauge, is_amount};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// The second and third are the gateway's reckoning, for vehicles whose bus has no odometer or no engine hours.
const TYPES: (&str, &str) = ("types", "gps,gpsOdometerMeters,syntheticEngineSeconds");
const DECORATIONS: (&str, &str) = ("decorations", "obdOdometerMeters,fuelPercents");
const SECONDS_IN_HOUR: f64 = 3_600.0;
const PASCALS_IN_KPA: f64 = 1_000.0;
/// Thousandths of a degree Celsius at 0 K.
const KELVIN_OFFSET: f64 = 273_150.0;

/// What is asked for beside each page; the odometer where the reading has none.
const BESIDE: &[&str] = &["driver", "odometer", "engine_hours", "oil_pressure", "coolant_temperature"];

pub(super) struct VehicleLocations;

impl Source for VehicleLocations {
    type Provider = Samsara;
    type Rows = ReadingsOf<VehicleLocation<'static>>;
    type Cursor = Feed;

    const KNOWN: Known = Known { members: members::VEHICLE_LOCATION, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::without(BESIDE, |stored| {
        let (gps, mut rows) = (Gps::read(stored.json)?, ReadingsOf::default());
        rows.push(stored.subject()?, gps.time, &position(&gps), stored.json.get());
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

/// The readings of a page, with what stands beside them.
async fn joined(api: &Api<'_, Samsara>, data: &[&RawValue]) -> ReadingsOf<VehicleLocation<'static>> {
    let vehicles = gps::subjects(data, "vehicles");
    let times = |vehicle: &Subject<'_>| vehicle.readings.iter().map(|(gps, _)| gps.time).collect();
    let questions = questions(vehicles.iter().map(|vehicle| (vehicle.id.as_str(), times(vehicle))));
    let engines = Engines::ask(api, &questions).await;
    let drivers = Drivers::ask(api, &questions).await;
    readings(&vehicles, &engines, &drivers)
}

fn readings(vehicles: &[Subject<'_>], engines: &Engines, drivers: &Drivers) -> ReadingsOf<VehicleLocation<'static>> {
    let mut rows = ReadingsOf::default();
    let unknown = Engine::default();
    for vehicle in vehicles {
        let engine = engines.of(&vehicle.id).unwrap_or(&unknown);
        let reckoned = Reckoned::of(vehicle, engines);
        let assignments = drivers.of(&vehicle.id);
        for (gps, source) in &vehicle.readings {
            let seconds = engine.seconds.at(gps.time).or_else(|| reckoned.seconds.at(gps.time));
            let milli_c = engine.coolant_temperature.at(gps.time);
            let position = VehiclePosition {
                driver: driver_at(assignments, gps.time),
                odometer: gps.odometer.or_else(|| reckoned.odometer.at(gps.time)),
                engine_hours: seconds.map(|seconds| seconds / SECONDS_IN_HOUR),
                oil_pressure: engine.oil_pressure.at(gps.time).map(|kpa| kpa * PASCALS_IN_KPA),
                coolant_temperature: milli_c.map(|milli_c| (milli_c + KELVIN_OFFSET) / 1_000.0),
                ..position(gps)
            };
            rows.push(&vehicle.id, gps.time, &position, source);
        }
    }
    rows
}

/// What the gateway reckons of a vehicle; nothing where the bus tells the same, or may.
#[derive(Default)]
struct Reckoned {
    odometer: Gauge,
    seconds: Gauge,
}

impl Reckoned {
    fn of(vehicle: &Subject<'_>, engines: &Engines) -> Self {
        // Readings carry the bus's last value, so a vehicle that never does has none; so the engine's own readings must say, too.
        let Some(engine) = engines.told(&vehicle.id) else { return Self::default() };
        let has_odometer = engine.has_odometer || vehicle.readings.iter().any(|(gps, _)| gps.odometer.is_some());
        let reckoned = |list, is_on_bus: bool| if is_on_bus { Gauge::default() } else { Gauge::of(list, is_amount) };
        Self {
            odometer: reckoned(vehicle.gps_odometer, has_odometer),
            seconds: reckoned(vehicle.synthetic_engine_seconds, !engine.seconds.is_empty()),
        }
    }
}

/// What a reading says itself.
fn position(gps: &Gps) -> VehiclePosition<'_> {
    let InferredAddress { city, province, country_code: country } = gps.address();
    let (longitude, latitude, speed, fuel_level) = (gps.longitude, gps.latitude, gps.speed, gps.fuel_level);
    VehiclePosition {
        longitude,
        latitude,
        speed,
        odometer: gps.odometer,
        fuel_level,
        city,
        province,
        country,
        ..VehiclePosition::default()
    }
}

/// The readings of a page without what stands beside them.
#[cfg(test)]
pub(super) fn of_page(data: &[&RawValue]) -> ReadingsOf<VehicleLocation<'static>> {
    readings(&gps::subjects(data, "vehicles"), &Engines::default(), &Drivers::default())
}

#[cfg(test)]
mod tests {
    use model::{Resource, Timestamp};
    use serde_json::json;

    use super::super::tests::{Canned, ask_at, ask_since, response};

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    /// A page with one reading, at a minute of the hour before noon.
    fn page(minute: u32, after: &str, more: bool) -> String {
        let reading = json!({ "time": format!("2026-11-21T11:{minute:02}:00Z"), "latitude": 38.0, "longitude": -90.0 });
        let data = json!([{ "id": "1", "gps": [reading] }]);
        json!({ "data": data, "pagination": { "endCursor": after, "hasNextPage": more } }).to_string()
    }

    /// What is asked for, without stats and their decorations.
    fn question(url: &str) -> String {
        let types = "types=gps%2CgpsOdometerMeters%2CsyntheticEngineSeconds&decorations=obdOdometerMeters%2CfuelPercents";
        let bare = url.rsplit_once("/stats/").unwrap().1.replace(types, "").replace("%3A", ":");
        bare.replace("?&", "?").trim_end_matches('?').to_owned()
    }

    #[test]
    fn what_a_lost_cursor_missed_comes_from_the_history_between_pages_of_the_feed() {
        let answers = [
            (200, page(50, "f1", false)),
            (200, page(10, "h1", true)),
            (200, page(51, "f2", false)),
            (500, "down".into()),
            (200, page(52, "f3", false)),
            (200, page(53, "f4", false)),
            (200, page(20, "h2", false)),
            (200, page(54, "f5", false)),
        ];
        let http = Canned::narrow(answers.iter().map(|(status, body)| response(*status, body)).collect());
        let newest = at("2026-11-21T10:00:00Z");
        let (mut cursor, mut seen) = (None, Vec::new());
        for _ in 0..7 {
            let page = ask_since(&http, Resource::VehicleLocation, cursor.as_deref(), newest).unwrap();
            seen.push((page.batch.last_occurred_at().unwrap().to_string()[14..16].to_owned(), page.more));
            cursor = page.cursor;
        }
        let expected = [("50", true), ("10", true), ("51", true), ("52", false), ("53", true), ("20", false), ("54", false)];
        assert_eq!(seen, expected.map(|(minute, more)| (minute.to_owned(), more)));
        let asked: Vec<String> = http.asked().iter().map(|url| question(url)).collect();
        let span = "startTime=2026-11-21T09:00:00.000000Z&endTime=2026-11-21T12:00:00.000000Z";
        let history = |after: &str| format!("history?{span}{after}");
        let expected = [
            "feed".to_owned(),
            history(""),
            "feed?after=f1".into(),
            history("&after=h1"),
            "feed?after=f2".into(),
            "feed?after=f3".into(),
            history("&after=h1"),
            "feed?after=f4".into(),
        ];
        assert_eq!(asked, expected);
    }

    #[test]
    fn a_history_that_asks_to_wait_is_asked_again_later_as_often_as_it_does() {
        let (newest, start) = (at("2026-11-21T10:00:00Z"), at("2026-11-21T12:00:00Z"));
        let mut cursor = None;
        for round in 0..8_i64 {
            let now = start.plus_seconds(round * 3_600);
            let feed = || response(200, &page(50, "f", false));
            let http = Canned::narrow(vec![feed(), response(429, "busy"), feed(), feed()]);
            let ask = |cursor: &Option<String>| ask_at(&http, Resource::VehicleLocation, cursor.as_deref(), newest, now).unwrap();
            let opened = ask(&cursor);
            assert!(opened.more, "the gap is still open in round {round}");
            let refused = ask(&opened.cursor);
            assert!(!refused.more && http.asked()[1].contains("/history?"), "no second request follows at once");
            let waiting = ask(&refused.cursor);
            assert!(!waiting.more && http.asked()[2..].iter().all(|url| url.contains("/feed?")), "the feed is read meanwhile");
            cursor = waiting.cursor;
        }
    }

    #[test]
    fn a_history_that_leads_round_in_a_circle_ends() {
        let newest = at("2026-11-21T10:00:00Z");
        let mut cursor = None;
        for round in 0..20_usize {
            // The feed moves on with every page; the history goes from a to b and c, and from c to b.
            let history = ["a", "b", "c"][if round == 0 { 0 } else { 1 + (round - 1) % 2 }];
            let feed = page(50, &format!("f{round}"), false);
            let http = Canned::narrow(vec![response(200, &feed), response(200, &page(10, history, true))]);
            let first = ask_since(&http, Resource::VehicleLocation, cursor.as_deref(), newest).unwrap();
            if !first.more {
                assert!((4..8).contains(&round), "left in round {round}");
                return;
            }
            cursor = ask_since(&http, Resource::VehicleLocation, first.cursor.as_deref(), newest).unwrap().cursor;
        }
        panic!("the history never ends");
    }

    #[test]
    fn a_lost_cursor_leaves_its_open_gap() {
        let (newest, now) = (at("2026-11-21T10:00:00Z"), at("2026-11-21T12:00:00Z"));
        let answers = [page(50, "f1", false), page(10, "h1", true), page(51, "f2", false), page(11, "h2", false)];
        let http = Canned::narrow(answers.iter().map(|body| response(200, body)).collect());
        let mut cursor = ask_at(&http, Resource::VehicleLocation, None, newest, now).unwrap().cursor;
        cursor = ask_at(&http, Resource::VehicleLocation, cursor.as_deref(), newest, now).unwrap().cursor;
        // Much newer data is stored by the time at which the cursor is lost.
        let later = now.plus_seconds(7_200);
        cursor = crate::after_loss(&cursor.unwrap(), later);
        for _ in 0..2 {
            let newest = later.plus_seconds(-60);
            cursor = ask_at(&http, Resource::VehicleLocation, cursor.as_deref(), newest, later).unwrap().cursor;
        }
        let asked: Vec<String> = http.asked()[2..].iter().map(|url| question(url)).collect();
        assert_eq!(asked[0], "feed", "the feed begins anew: {asked:?}");
        let span = "history?startTime=2026-11-21T09:00:00.000000Z&endTime=2026-11-21T14:00:00.000000Z";
        assert!(asked[1].ends_with(span), "the old gap, until now: {asked:?}");
        // Filled, there is nothing to keep; nor is there where the gap's own pages may be what costs the cursors.
        assert_eq!(crate::after_loss(&cursor.unwrap(), later), None);
        let http = Canned::narrow(vec![response(200, &page(50, "f1", false))]);
        let mut cursor = ask_at(&http, Resource::VehicleLocation, None, newest, now).unwrap().cursor;
        let mut losses = 0;
        while let Some(lost) = cursor {
            cursor = crate::after_loss(&lost, later);
            losses += 1;
        }
        assert_eq!(losses, 3);
    }
}
