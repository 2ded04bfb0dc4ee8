//! Positions of vehicles: `GET /v3/vehicle_locations` has those with a gateway, live; `/v2/vehicle_locations` all that are in use, up to
//! half an hour late. `GET /v3/vehicle_locations/{id}` has the history.
//!
//! The same number is told in several units: of `/v3` the list writes km/h (as `kph`) and the history mph, whatever the vehicle;
//! odometers, and speeds of `/v2`, are in the vehicle's own units, which `/v1/vehicles` tells (`metric_units`). Where nobody tells them
//! the number is left out.

use model::Timestamp;
use model::telematics::series::ReadingsOf;
use model::telematics::{InferredAddress, Point, VehicleLocation, VehiclePosition};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::List;
use super::pass::{LatestList, Pass, Subject, Tracked};
use super::positions;
use super::{Motive, members};
use crate::place::{country_of, place};
use crate::units::{KPH, METERS_IN_KM, METERS_IN_MILE, MPH};
use crate::wire::{Amount, Lenient, from_json};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

pub(super) struct VehicleLocations;

impl Source for VehicleLocations {
    type Provider = Motive;
    type Rows = ReadingsOf<VehicleLocation<'static>>;
    type Cursor = Pass;

    const KNOWN: Known = Known { members: members::VEHICLE_LOCATION, words: &[] };

    /// The units are the vehicle's, and some numbers have other units in histories.
    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::without(&["driver", "speed", "odometer"], |stored| {
        let mut rows = ReadingsOf::default();
        push(&mut rows, &Subject::bare(stored.subject()?), stored.json, Told { driver: None, speed_factor: None, from: None })?;
        Some(rows)
    }));

    async fn page(api: &Api<'_, Motive>, pass: Pass) -> Result<Page<Self::Rows, Pass>, ProviderError> {
        positions::page::<Self>(api, pass).await
    }
}

impl Tracked for VehicleLocations {
    type Record = VehicleLocation<'static>;

    const LATEST: &'static [LatestList] = &[
        LatestList { list: LIVE, is_slow: false, has_history: true },
        LatestList { list: List { path: "/v2/vehicle_locations", ..LIVE }, is_slow: true, has_history: false },
    ];
    const HISTORY: List = List { path: LIVE.path, rows: "vehicle_locations", row: "vehicle_location" };
    const DAYS: [&'static str; 2] = ["start_date", "end_date"];
    const IS_PAGED: bool = false;
    const HAS_UNITS: bool = true;

    fn push_latest(rows: &mut Self::Rows, subject: &Subject<'_>) -> Option<()> {
        let driver: Option<String> = subject.wire.object("current_driver").get("id");
        push(rows, subject, subject.latest?, Told { driver, speed_factor: Units::of(subject).speed(), from: None }).map(drop)
    }

    fn push_history(rows: &mut Self::Rows, subject: &Subject<'_>, raw: &RawValue, from: Timestamp) -> Option<Timestamp> {
        push(rows, subject, raw, Told { driver: None, speed_factor: Some(MPH), from: Some(from) })
    }
}

const LIVE: List = List { path: "/v3/vehicle_locations", rows: "vehicles", row: "vehicle" };

/// The units of a vehicle's numbers.
#[derive(Clone, Copy)]
enum Units {
    Metric,
    Imperial,
    Untold,
}

impl Units {
    fn of(subject: &Subject<'_>) -> Self {
        match subject.is_metric {
            Some(true) => Self::Metric,
            Some(false) => Self::Imperial,
            None => Self::Untold,
        }
    }

    /// m/s in one of its speeds.
    fn speed(self) -> Option<f64> {
        match self {
            Self::Metric => Some(KPH),
            Self::Imperial => Some(MPH),
            Self::Untold => None,
        }
    }

    /// m in one of its distances.
    fn distance(self) -> Option<f64> {
        match self {
            Self::Metric => Some(METERS_IN_KM),
            Self::Imperial => Some(METERS_IN_MILE),
            Self::Untold => None,
        }
    }
}

/// What a position itself does not tell.
struct Told {
    driver: Option<String>,
    /// m/s in a `speed`.
    speed_factor: Option<f64>,
    /// Positions before it are not wanted.
    from: Option<Timestamp>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    located_at: Lenient<Timestamp>,
    lat: Lenient<f64>,
    lon: Lenient<f64>,
    kph: Lenient<Amount>,
    speed: Lenient<Amount>,
    odometer: Lenient<Amount>,
    true_odometer: Lenient<Amount>,
    engine_hours: Lenient<Amount>,
    true_engine_hours: Lenient<Amount>,
    fuel_primary_remaining_percentage: Lenient<Amount>,
    city: Lenient<String>,
    state: Lenient<String>,
    description: Lenient<String>,
    driver: Lenient<Person>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Person {
    id: Lenient<String>,
}

from_json!(Person);

/// Adds a position and tells its time. `fuel` is left out: it is what was ever used, and not what is left.
fn push(rows: &mut ReadingsOf<VehicleLocation<'static>>, subject: &Subject<'_>, raw: &RawValue, told: Told) -> Option<Timestamp> {
    let wire: Wire = serde_json::from_str(raw.get()).ok()?;
    let at = wire.located_at.0?;
    if told.from.is_some_and(|from| at < from) {
        return Some(at);
    }
    let [longitude, latitude] = Point::new(wire.lon.0?, wire.lat.0?)?.coordinates;
    let either = |one: Lenient<Amount>, other: Lenient<Amount>| one.0.or(other.0).map(|Amount(number)| number);
    let speed = wire.kph.0.map(|Amount(kph)| kph * KPH);
    let distance = Units::of(subject).distance();
    let address = address(&wire.city, &wire.state, wire.description.0.as_deref(), (longitude, latitude));
    let driver = wire.driver.0.and_then(|driver| driver.id.0).or(told.driver);
    let position = VehiclePosition {
        longitude,
        latitude,
        driver: driver.as_deref(),
        speed: speed.or_else(|| Some(wire.speed.0?.0 * told.speed_factor?)),
        odometer: either(wire.true_odometer, wire.odometer).zip(distance).map(|(odometer, meters)| odometer * meters),
        fuel_level: wire.fuel_primary_remaining_percentage.0.map(|Amount(level)| level).filter(|level| *level <= 100.0),
        engine_hours: either(wire.true_engine_hours, wire.engine_hours),
        city: address.city,
        province: address.province,
        country: address.country_code,
        ..VehiclePosition::default()
    };
    rows.push(&subject.id, at, &position, raw.get());
    Some(at)
}

/// The place: city and state where they are told, else what the description says.
pub(super) fn address<'a>(
    city: &'a Lenient<String>,
    state: &'a Lenient<String>,
    description: Option<&'a str>,
    (longitude, latitude): (f64, f64),
) -> InferredAddress<&'a str> {
    match state.0.as_deref().and_then(|state| Some((state, country_of(state)?))) {
        Some((state, country)) => InferredAddress { city: city.0.as_deref(), province: Some(state), country_code: Some(country) },
        None => description.and_then(|text| place(text, longitude, latitude)).unwrap_or_default(),
    }
}
