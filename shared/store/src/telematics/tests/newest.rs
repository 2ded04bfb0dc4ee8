use aws_sdk_dynamodb::types::AttributeValue;
use model::telematics::DriverVehicleAssociation;
use serde_json::json;

use super::super::{Answers, ScanOutcome, StatedWindow};
use super::*;

const LATEST: Resource = Resource::DriverVehicleAssociation;

/// A driver in a vehicle from an hour of November 20 on; `end` is what changes later.
fn seat(driver: u32, hour: u32, vehicle: &str, end: Option<&str>) -> Observation<DriverVehicleAssociation> {
    let started = at(&format!("2026-11-{:02}T{:02}:00:00Z", 20 + hour / 24, hour % 24));
    let fields = DriverVehicleAssociation {
        source_driver_id: Some(format!("d-{driver}")),
        source_vehicle_id: Some(vehicle.into()),
        is_primary_driver: Some(end.is_none()),
        ..DriverVehicleAssociation::default()
    };
    observation(&format!("{driver}:{vehicle}:{started}"), Some(started), json!({ "driver": driver, "end": end }), fields)
}

fn latest() -> Query {
    Query { latest: true, ..Query::default() }
}

/// What a list of newest rows shows, page after page: driver, vehicle.
async fn newest(store: &Store, grant: &Grant, query: &Query, size: usize) -> Vec<(String, String)> {
    let list = |page: Page| async move { sendable(store.list_rows(grant, query, &page, false)).await.map(rows) };
    let found = walk(size, list).await;
    let count = sendable(store.count_rows(grant, query)).await.unwrap();
    assert_eq!(count, u64::try_from(found.len()).unwrap(), "the total is what the pages hold");
    let name = |row: &Members| (text(row, "source_driver_id"), text(row, "source_vehicle_id"));
    let mut names: Vec<(String, String)> = found.iter().map(name).collect();
    names.sort();
    names
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(driver, vehicle)| ((*driver).to_owned(), (*vehicle).to_owned())).collect()
}

#[tokio::test]
async fn the_newest_event_of_each_subject_is_listed_in_pages() {
    let Fixture { store, .. } = open().await;
    for number in [1, 2] {
        let origin = origin(number, LATEST, "2026-11-22T00:00:00Z");
        let all: Vec<_> =
            (0..40).flat_map(|driver| [0, 5, 30].map(|hour| seat(driver, hour, &format!("v-{hour}"), None))).collect();
        assert_eq!(store_all(&store, &origin, &all).await.added, 120);
        assert_eq!(store_all(&store, &origin, &all).await.unchanged, 120);
    }
    let grant = grant(LATEST, &[1, 2]);
    for size in [7, 80, 500] {
        let found = newest(&store, &grant, &latest(), size).await;
        assert_eq!((found.len(), found.iter().filter(|(_, vehicle)| vehicle == "v-30").count()), (80, 80), "{size}");
    }
    let all = store.list_rows(&grant, &latest(), &Page::first(100), false).await.map(rows).unwrap();
    let order = all.rows.iter().map(|(row, _)| (text(row, "connection_id"), text(row, "driver_id")));
    assert!(order.is_sorted(), "by connection and subject");
    // A condition looks at the newest row alone, also where an older one meets it.
    let of_vehicle =
        |vehicle: &str| Query { members: vec![linked("vehicle_id", vec![RecordId::of(vehicle, connection(1))])], ..latest() };
    assert_eq!(newest(&store, &grant, &of_vehicle("v-30"), 9).await.len(), 40, "of the other connection it is another vehicle");
    assert_eq!(newest(&store, &grant, &of_vehicle("v-5"), 9).await, []);
}

#[tokio::test]
async fn late_rows_replace_no_newer_ones_and_changes_are_shown() {
    let Fixture { store, .. } = open().await;
    let (origin, grant) = (origin(1, LATEST, "2026-11-22T00:00:00Z"), grant(LATEST, &[1]));
    store_all(&store, &origin, &[seat(1, 10, "new", None)]).await;
    store_all(&store, &origin, &[seat(1, 2, "late", None), seat(2, 1, "only", None)]).await;
    assert_eq!(newest(&store, &grant, &latest(), 9).await, pairs(&[("d-1", "new"), ("d-2", "only")]));
    store_all(&store, &origin, &[seat(1, 10, "new", Some("12:00"))]).await;
    let found = store.list_rows(&grant, &latest(), &Page::first(9), false).await.map(rows).unwrap();
    let of_one = found.rows.iter().map(|(row, _)| row).find(|row| row["source_driver_id"] == "d-1").unwrap();
    assert_eq!(of_one["is_primary_driver"], false, "as it is stored now");
}

#[tokio::test]
async fn what_the_tsp_takes_back_leaves_the_list_to_the_row_before() {
    let Fixture { store, .. } = open().await;
    let (origin, grant) = (origin(1, LATEST, "2026-11-22T00:00:00Z"), grant(LATEST, &[1]));
    // More changes than are kept of a subject.
    let all: Vec<_> = (0..12).map(|hour| seat(1, hour, &format!("v-{hour}"), None)).chain([seat(2, 11, "gone", None)]).collect();
    store_all(&store, &origin, &all).await;
    let window = StatedWindow {
        from: at("2026-11-20T09:00:00Z"),
        to: at("2026-11-20T12:00:00Z"),
        subjects: Answers::AllBut(std::collections::HashSet::new()),
        seen: std::collections::HashSet::new(),
    };
    let removed = store.remove_unstated_rows(&origin, &window, &|| true).await.unwrap();
    assert_eq!(removed, ScanOutcome::Done { removed: 4 });
    assert_eq!(newest(&store, &grant, &latest(), 9).await, pairs(&[("d-1", "v-8")]));
    store_all(&store, &origin, &[seat(2, 11, "gone", None)]).await;
    assert_eq!(newest(&store, &grant, &latest(), 9).await, pairs(&[("d-1", "v-8"), ("d-2", "gone")]), "it came back");
}

#[tokio::test]
async fn a_link_that_ended_shows_the_last_row_before_its_end() {
    let Fixture { store, .. } = open().await;
    let early = origin(1, LATEST, "2026-11-20T06:00:00Z");
    store_all(&store, &early, &[seat(1, 3, "before", None), seat(1, 4, "changed", None), seat(2, 5, "before", None)]).await;
    let late = origin(1, LATEST, "2026-11-20T12:00:00Z");
    store_all(&store, &late, &[seat(1, 4, "changed", Some("11:00")), seat(1, 11, "after", None), seat(3, 11, "after", None)])
        .await;
    let ended = Grant::new(record(LATEST), vec![granted(1, 1, Some(at("2026-11-20T10:00:00Z")))]);
    assert_eq!(newest(&store, &ended, &latest(), 9).await, pairs(&[("d-1", "before"), ("d-2", "before")]));
    let both = Grant::new(record(LATEST), vec![granted(1, 1, Some(at("2026-11-20T10:00:00Z"))), granted(1, 2, None)]);
    let rows = [("d-1", "after"), ("d-1", "before"), ("d-2", "before"), ("d-2", "before"), ("d-3", "after")];
    assert_eq!(newest(&store, &both, &latest(), 2).await, pairs(&rows), "a row for each fleet");
}

#[tokio::test]
async fn concurrent_runs_lose_no_place() {
    let Fixture { store, client } = open().await;
    let (origin, grant) = (origin(1, LATEST, "2026-11-22T00:00:00Z"), grant(LATEST, &[1]));
    let runs = (0..6).map(|hour| {
        let (store, origin) = (&store, &origin);
        async move { store_all(store, origin, &[seat(1, hour, &format!("v-{hour}"), None)]).await }
    });
    futures::future::join_all(runs).await;
    assert_eq!(newest(&store, &grant, &latest(), 9).await, pairs(&[("d-1", "v-5")]));
    let pk = super::super::keys::newest(origin.connection, LATEST);
    let subjects = client.query().table_name(TABLE).key_condition_expression("pk = :pk");
    let subjects = subjects.expression_attribute_values(":pk", AttributeValue::S(pk)).send().await.unwrap().items.unwrap();
    let places = subjects[0]["places"].as_s().unwrap().split(' ').count();
    assert_eq!(places, 6, "each run's place is noted");
}
