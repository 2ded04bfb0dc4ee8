use std::collections::{BTreeMap, BTreeSet};

use model::telematics::series::ReadingsOf;
use model::telematics::{Vehicle, VehicleLocation, VehiclePosition};

use super::super::change;
use super::*;

/// What a vehicle reports at one instant.
#[derive(Clone)]
pub(super) struct Position {
    pub(super) vehicle: String,
    driver: Option<String>,
    pub(super) occurred_at: Timestamp,
    longitude: f64,
    pub(super) latitude: f64,
    odometer: f64,
    source: String,
}

pub(super) fn position(vehicle: usize, seconds: i64) -> Position {
    let occurred_at = at("2026-11-20T22:30:00Z").plus_seconds(seconds);
    let (latitude, longitude) = (37.0 + seconds as f64 / 1e5, -122.0 + vehicle as f64 / 1e3);
    Position {
        vehicle: format!("2814749876543{vehicle:03}"),
        driver: (!vehicle.is_multiple_of(2))
            .then(|| format!("driver-{}", (vehicle + usize::try_from(seconds / 3_600).unwrap()) % 5)),
        occurred_at,
        longitude,
        latitude,
        odometer: 1.0e6 + seconds as f64,
        source: format!(
            r#"{{"time":"{occurred_at}","latitude":{latitude},"longitude":{longitude},"headingDegrees":{},"speedMilesPerHour":65,"reverseGeo":{{"formattedLocation":"{} Main St, San Francisco, CA"}},"address":null,"isEcuSpeed":true}}"#,
            seconds % 360,
            100 + seconds % 977,
        ),
    }
}

impl Position {
    /// Puts it where another one was.
    pub(super) fn move_to(&mut self, other: &Self) {
        (self.longitude, self.latitude) = (other.longitude, other.latitude);
    }

    fn source_id(&self) -> String {
        format!("location:{}:{}", self.vehicle, self.occurred_at)
    }
}

/// Stores positions as an adapter's last line hands them over.
pub(super) async fn store_positions(store: &Store, origin: &Origin, positions: &[Position]) -> Stored {
    let mut readings = ReadingsOf::<VehicleLocation<'static>>::default();
    for position in positions {
        let cells = VehiclePosition {
            longitude: position.longitude,
            latitude: position.latitude,
            driver: position.driver.as_deref(),
            speed: Some(29.0576),
            odometer: Some(position.odometer),
            ..VehiclePosition::default()
        };
        readings.push(&position.vehicle, position.occurred_at, &cells, &position.source);
    }
    sendable(store.store_rows(origin, &readings.erase(RecordIds(origin.connection)).unwrap())).await.unwrap()
}

/// The newest positions of vehicles and drivers.
fn latest(vehicle: Option<RecordId>, driver: Option<RecordId>) -> Query {
    Query { latest: true, ..history(vehicle, driver) }
}

/// The positions of a vehicle or driver.
fn history(vehicle: Option<RecordId>, driver: Option<RecordId>) -> Query {
    let vehicle = vehicle.map(|id| linked("vehicle_id", vec![id]));
    let driver = driver.map(|id| linked("driver_id", vec![id]));
    Query { members: vehicle.into_iter().chain(driver).collect(), ..Query::default() }
}

fn vehicle_id(vehicle: usize, connection_number: u128) -> RecordId {
    RecordId::of(&position(vehicle, 0).vehicle, connection(connection_number))
}

/// 70 vehicles (two groups) over three hours and midnight.
pub(super) fn drive() -> Vec<Position> {
    (0..70).flat_map(|vehicle| (0..8).map(move |step| position(vehicle, step * 900 + 7))).collect()
}

fn stored(added: usize, unchanged: usize) -> Stored {
    let count = |number: usize| u64::try_from(number).unwrap();
    Stored { added: count(added), modified: 0, unchanged: count(unchanged) }
}

#[tokio::test]
async fn points_are_stored_once_however_they_come() {
    let Fixture { store, client } = open().await;
    let origin = origin(1, Resource::VehicleLocation, "2026-11-21T03:00:00Z");
    let all = drive();
    let (late, timely): (Vec<Position>, Vec<Position>) =
        all.iter().cloned().partition(|position| position.occurred_at.micros() / 900_000_000 % 3 == 0);
    assert_eq!(store_positions(&store, &origin, &timely).await, stored(timely.len(), 0));
    let before = client.scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    assert_eq!(store_positions(&store, &origin, &timely).await, stored(0, timely.len()));
    assert_eq!(client.scan().table_name(TABLE).send().await.unwrap().items.unwrap(), before, "a second run writes nothing");
    assert_eq!(store_positions(&store, &origin, &late).await, stored(late.len(), 0));
    let twice: Vec<Position> = all.iter().chain(&all).cloned().collect();
    assert_eq!(store_positions(&store, &origin, &twice).await, stored(0, twice.len()));

    let items = client.scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    let changes: Vec<_> = items.iter().filter_map(|item| change::from_images(None, Some(item)).unwrap()).collect();
    let ids: BTreeSet<String> =
        changes.iter().flat_map(|change| change.added.iter().map(|row| text(&row.members().unwrap(), "id"))).collect();
    assert_eq!((ids.len(), changes.iter().map(|change| change.added.len()).sum::<usize>()), (all.len(), all.len()));
}

#[tokio::test]
async fn concurrent_runs_of_one_fetch_count_each_point_once() {
    let Fixture { store, .. } = open().await;
    let origin = origin(1, Resource::VehicleLocation, "2026-11-21T03:00:00Z");
    let all = drive();
    let (one, two) = tokio::join!(store_positions(&store, &origin, &all), store_positions(&store, &origin, &all));
    assert_eq!(one.added + two.added, u64::try_from(all.len()).unwrap());
    let grant = grant(Resource::VehicleLocation, &[1]);
    let total = store.count_rows(&grant, &Query::default()).await.unwrap();
    assert_eq!(total, u64::try_from(all.len()).unwrap());
}

#[tokio::test]
async fn history_pages_and_totals_agree_with_brute_force() {
    let Fixture { store, .. } = open().await;
    for number in [1, 2] {
        let origin = origin(number, Resource::VehicleLocation, "2026-11-21T03:00:00Z");
        for part in drive().chunks(101) {
            store_positions(&store, &origin, part).await;
        }
    }
    let grant = &grant(Resource::VehicleLocation, &[1, 2]);
    let driver = RecordId::of("driver-3", connection(2));
    let subjects = [
        (Some(vehicle_id(66, 1)), None),
        (None, Some(driver)),
        (Some(vehicle_id(3, 2)), Some(driver)),
        (Some(vehicle_id(500, 1)), None),
        (None, None),
    ];
    let windows = [
        ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("2026-11-20T22:45:07Z", "2026-11-21T00:15:07Z"),
        ("2026-11-20T23:00:00Z", "2026-11-21T00:00:00Z"),
        ("2026-11-20T23:00:01Z", "2026-11-20T23:00:01Z"),
    ];
    let everything = expected(&[1, 2]);
    for subject in subjects {
        for (from, to) in windows.map(|(from, to)| (at(from), at(to))) {
            let wanted = |(time, vehicle, known): &(Timestamp, RecordId, Option<RecordId>)| {
                let by_subject = subject.0.is_none_or(|id| id == *vehicle) && subject.1.is_none_or(|id| Some(id) == *known);
                by_subject && from <= *time && *time < to
            };
            let expected: BTreeMap<_, _> = everything.iter().filter(|(_, point)| wanted(point)).collect();
            let query = Query { from: Some(from), to: Some(to), ..history(subject.0, subject.1) };
            let (store, query) = (&store, &query);
            let list = |page: Page| async move { sendable(store.list_rows(grant, query, &page, false)).await.map(rows) };
            let rows = walk(if expected.len() > 400 { 300 } else { 7 }, list).await;
            let ids: Vec<&String> = expected.values().map(|_| ()).zip(expected.keys()).map(|((), (_, id))| id).collect();
            assert_eq!(rows.iter().map(|row| text(row, "id")).collect::<Vec<_>>().iter().collect::<Vec<_>>(), ids, "{subject:?}");
            let count = store.count_rows(grant, query).await.unwrap();
            assert_eq!(count, u64::try_from(ids.len()).unwrap(), "{subject:?} {from} {to}");
        }
    }
}

/// All points in list order: (time, id) to (time, vehicle, driver).
fn expected(connections: &[u128]) -> BTreeMap<(Timestamp, String), (Timestamp, RecordId, Option<RecordId>)> {
    let mut points = BTreeMap::new();
    for number in connections {
        let id = |source: &str| RecordId::of(source, connection(*number));
        for point in drive() {
            let key = (point.occurred_at, id(&point.source_id()).to_string());
            points.insert(key, (point.occurred_at, id(&point.vehicle), point.driver.as_deref().map(id)));
        }
    }
    points
}

/// However many connections are shared, the newest positions of a vehicle are read in its own, unless the vehicle is not known yet.
#[tokio::test]
async fn newest_positions_of_a_vehicle_are_looked_for_in_its_connection() {
    let Fixture { store, .. } = open().await;
    for number in [1, 2, 3] {
        let positions = [position(1, 60), position(2, 60)];
        store_positions(&store, &origin(number, Resource::VehicleLocation, "2026-11-21T03:00:00Z"), &positions).await;
    }
    let grant = grant(Resource::VehicleLocation, &[1, 2, 3]);
    let query = |number| latest(Some(vehicle_id(1, number)), None);
    let check = async |number, connections| {
        assert_eq!(store.of_subjects(&grant, &query(number)).await.unwrap().connections().len(), connections);
        let found = store.list_rows(&grant, &query(number), &Page::first(5), false).await.unwrap().rows;
        assert_eq!((found.len(), store.count_rows(&grant, &query(number)).await.unwrap()), (1, 1));
    };
    check(2, 3).await;
    let vehicle = observation(&position(1, 0).vehicle, None, Value::Null, Vehicle::default());
    store_all(&store, &origin(2, Resource::Vehicle, "2026-11-21T03:00:00Z"), &[vehicle]).await;
    check(2, 1).await;
    check(3, 3).await;
    assert_eq!(store.of_subjects(&grant, &latest(None, None)).await.unwrap().connections().len(), 3);
}

#[tokio::test]
async fn the_newest_position_stays_the_newest() {
    let Fixture { store, .. } = open().await;
    let early = origin(1, Resource::VehicleLocation, "2026-11-21T03:00:00Z");
    let later = origin(1, Resource::VehicleLocation, "2026-11-21T04:00:00Z");
    let of = |seconds: i64| (0..70).map(|vehicle| position(vehicle, seconds)).collect::<Vec<_>>();
    store_positions(&store, &early, &of(600)).await;
    store_positions(&store, &later, &of(900)[..5]).await;
    store_positions(&store, &later, &of(300)).await;
    store_positions(&store, &origin(2, Resource::VehicleLocation, "2026-11-21T04:00:00Z"), &of(60)[..9]).await;

    let (store, grant) = (&store, &grant(Resource::VehicleLocation, &[1, 2]));
    let all = &latest(None, None);
    let list = |page: Page| async move { sendable(store.list_rows(grant, all, &page, true)).await.map(rows) };
    let rows = walk(13, list).await;
    assert_eq!((rows.len(), store.count_rows(grant, all).await.unwrap()), (79, 79));
    assert!(rows.iter().map(|row| (text(row, "connection_id"), text(row, "vehicle_id"))).is_sorted());
    for row in &rows {
        assert_eq!(row["source_data"]["time"], row["occurred_at"]);
        assert_eq!(text(row, "source_data_hash"), source_hash(&row["source_data"], &[]));
    }
    let find = async |vehicle: usize| {
        let query = latest(Some(vehicle_id(vehicle, 1)), None);
        let mut slice = store.list_rows(grant, &query, &Page::first(5), false).await.unwrap();
        assert_eq!(slice.rows.len(), 1);
        slice.rows.remove(0).0.members().unwrap()
    };
    let moved = find(2).await;
    assert_eq!(text(&moved, "occurred_at"), "2026-11-20T22:45:00.000000Z");
    assert_eq!(text(&moved, "created_at"), "2026-11-21T03:00:00.000000Z");
    assert_eq!(text(&moved, "updated_at"), "2026-11-21T04:00:00.000000Z");
    assert_eq!(moved["source_data"], serde_json::json!({}));
    assert_eq!(text(&find(7).await, "occurred_at"), "2026-11-20T22:40:00.000000Z");
    let driver = latest(None, Some(RecordId::of("driver-1", connection(1))));
    let driven = store.list_rows(grant, &driver, &Page::first(99), false).await.unwrap();
    assert_eq!(driven.rows.len(), 7);
}
