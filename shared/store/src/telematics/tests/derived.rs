//! Segments of days, worked out of positions in whatever order those come.

use model::telematics::Point;
use model::telematics::segments::Place;

use super::positions::{Position, position, store_positions};
use super::*;
use crate::telematics::DayQuery;

const DAY: &str = "2026-11-20";

/// Regions are a tenth of a degree wide.
fn stripes(point: &Point) -> Place {
    let [_, latitude] = point.coordinates;
    Place { country: Some("USA".into()), region: Some(format!("US-{}", (latitude * 100.0).floor())) }
}

fn segments(number: u128, now: &str) -> Origin {
    origin(number, Resource::VehicleRegionSegment, now)
}

async fn work_out(store: &Store, now: &str) -> u64 {
    let origin = segments(1, now);
    let mut read = 0;
    for day in store.outdated_days(&origin, at("2026-11-13T00:00:00Z")).await.unwrap() {
        read += store.derive_day(&origin, &day, &stripes).await.unwrap().readings;
    }
    read
}

fn of_day(day: &str, merged: bool) -> Query {
    Query { day: Some(DayQuery { day: day.into(), merged }), ..Query::default() }
}

async fn listed(store: &Store, query: &Query, grant: &Grant) -> Vec<Members> {
    let slice = store.list_rows(grant, query, &Page::first(1_000), false).await.unwrap();
    assert_eq!(store.count_rows(grant, query).await.unwrap(), u64::try_from(slice.rows.len()).unwrap());
    slice.rows.iter().map(|(row, _)| row.members().unwrap()).collect()
}

async fn all(store: &Store, day: &str) -> Vec<Members> {
    listed(store, &of_day(day, false), &grant(Resource::VehicleRegionSegment, &[1])).await
}

/// Twenty minutes before midnight and after it, a position a minute of two vehicles.
fn night() -> Vec<Position> {
    (0..2).flat_map(|vehicle| (70..110).map(move |minute| position(vehicle, minute * 60))).collect()
}

/// What segments tell beside ids and ages.
fn told(rows: &[Members]) -> Vec<String> {
    let text = |row: &Members, name: &str| row[name].to_string();
    let names = ["vehicle_id", "region", "segment_start_time", "segment_end_time", "distance", "location_count"];
    rows.iter().map(|row| names.map(|name| text(row, name)).join(" ")).collect()
}

#[tokio::test]
async fn the_segments_are_those_of_the_positions() {
    let Fixture { store, .. } = open().await;
    store_positions(&store, &origin(1, Resource::VehicleLocation, "2026-11-21T00:20:00Z"), &night()).await;
    assert_eq!(work_out(&store, "2026-11-21T01:00:00Z").await, 80);
    for (day, first, last) in [(DAY, 70, 90), ("2026-11-21", 90, 110)] {
        let rows = all(&store, day).await;
        let count: u64 = rows.iter().map(|row| row["location_count"].as_u64().unwrap()).sum();
        assert_eq!(count, 2 * (last - first));
        for row in &rows {
            let seconds =
                |name: &str| (at(row[name].as_str().unwrap()).micros() - at("2026-11-20T22:30:00Z").micros()) / 1_000_000;
            let (start, end) = (seconds("segment_start_time"), seconds("segment_end_time"));
            let region = |seconds: i64| stripes(&Point::new(-122.0, 37.0 + seconds as f64 / 1e5).unwrap()).region.unwrap();
            assert_eq!((&region(start), &region(end)), (&region(start), &row["region"].as_str().unwrap().to_owned()));
            assert_eq!(row["location_count"], (end - start) / 60 + 1);
            assert_eq!(row["distance"].as_f64().unwrap(), (end - start) as f64);
            assert_eq!((row["processing_date"].as_str(), row["distance_unit"].as_str()), (Some(day), Some("m")));
            assert!(row.get("source_data").is_none() && row["fleet_ref"] == "fleet-1");
        }
        // The next segment of a vehicle begins a minute after the one before it ended.
        for pair in rows.windows(2).filter(|pair| pair[0]["vehicle_id"] == pair[1]["vehicle_id"]) {
            let (end, start) =
                (at(pair[0]["segment_end_time"].as_str().unwrap()), at(pair[1]["segment_start_time"].as_str().unwrap()));
            assert_eq!(start.seconds_since(end), 60.0);
        }
    }
}

#[tokio::test]
async fn the_order_of_arrival_changes_nothing() {
    let Fixture { store, .. } = open().await;
    let locations = origin(1, Resource::VehicleLocation, "2026-11-21T00:20:00Z");
    store_positions(&store, &locations, &night()).await;
    work_out(&store, "2026-11-21T01:00:00Z").await;
    let expected = (told(&all(&store, DAY).await), told(&all(&store, "2026-11-21").await));
    let Fixture { store, .. } = open().await;
    let (late, rest): (Vec<_>, Vec<_>) = night().into_iter().enumerate().partition(|(index, _)| index % 7 == 3);
    let positions = |part: Vec<(usize, Position)>| part.into_iter().map(|(_, position)| position).collect::<Vec<_>>();
    for (part, now) in [(positions(rest), "2026-11-21T00:30:00Z"), (positions(late), "2026-11-21T00:40:00Z")] {
        for chunk in part.chunks(9) {
            store_positions(&store, &locations, chunk).await;
            // Positions that come twice are stored once.
            store_positions(&store, &locations, chunk).await;
            work_out(&store, now).await;
        }
    }
    assert_eq!((told(&all(&store, DAY).await), told(&all(&store, "2026-11-21").await)), expected);
    assert_eq!(work_out(&store, "2026-11-21T02:00:00Z").await, 0);
}

#[tokio::test]
async fn settled_hours_are_not_read_again_and_segments_keep_their_age() {
    let Fixture { store, .. } = open().await;
    let locations = origin(1, Resource::VehicleLocation, "2026-11-21T00:20:00Z");
    let hours = |range: std::ops::Range<i64>| range.map(|minute| position(0, minute * 60)).collect::<Vec<_>>();
    store_positions(&store, &locations, &hours(0..40)).await;
    assert_eq!(work_out(&store, "2026-11-20T23:10:00Z").await, 40);
    let before = all(&store, DAY).await;
    store_positions(&store, &locations, &hours(40..50)).await;
    assert_eq!(work_out(&store, "2026-11-20T23:20:00Z").await, 20, "22:30 to 23:00 were settled");
    let after = all(&store, DAY).await;
    let ages = |rows: &[Members]| {
        rows.iter().map(|row| (row["created_at"].to_string(), row["updated_at"].to_string())).collect::<Vec<_>>()
    };
    let (old, new) = (ages(&before), ages(&after));
    let known = old.len() - 1;
    assert_eq!(old[..known], new[..known], "what ended before has not changed");
    assert_eq!(old[known].0, new[known].0);
    assert_ne!(old[known].1, new[known].1, "the last one goes on");
}

#[tokio::test]
async fn rows_are_found_by_vehicle_merged_paged_and_shown_to_whom_they_are_granted() {
    let Fixture { store, .. } = open().await;
    let there_and_back: Vec<Position> = [0, 1, 30, 31].map(|minute| position(0, minute * 60)).to_vec();
    let mut back = position(0, 40 * 60);
    back.move_to(&position(0, 0));
    let locations = origin(1, Resource::VehicleLocation, "2026-11-21T00:20:00Z");
    store_positions(&store, &locations, &[there_and_back, vec![back], vec![position(1, 60)]].concat()).await;
    work_out(&store, "2026-11-21T01:00:00Z").await;
    let granted_all = grant(Resource::VehicleRegionSegment, &[1]);
    let rows = all(&store, DAY).await;
    let vehicle: RecordId = RecordId::of(&position(0, 0).vehicle, connection(1));
    let mut own = of_day(DAY, false);
    own.members = vec![linked("vehicle_id", vec![vehicle])];
    let of_vehicle = listed(&store, &own, &granted_all).await;
    assert_eq!((of_vehicle.len(), rows.len()), (3, 4));
    let mut merged = of_day(DAY, true);
    merged.members.clone_from(&own.members);
    let merged = listed(&store, &merged, &granted_all).await;
    assert_eq!(merged.len(), 2);
    assert_eq!(merged[0]["id"], of_vehicle[0]["id"]);
    assert_eq!(merged[0]["segment_end_time"], of_vehicle[2]["segment_end_time"]);
    assert_eq!(merged[0]["location_count"], 3);
    // Page by page, both ways.
    let query = of_day(DAY, false);
    let first = store.list_rows(&granted_all, &query, &Page::first(3), false).await.unwrap();
    let mark = first.rows.last().unwrap().1.clone();
    let next = Page { bookmark: Some(mark), inclusive: false, backwards: false, size: 3 };
    let second = store.list_rows(&granted_all, &query, &next, false).await.unwrap();
    let ids: Vec<Value> = first.rows.iter().chain(&second.rows).map(|(row, _)| row.members().unwrap()["id"].clone()).collect();
    assert_eq!(ids, rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>());
    assert!(first.after && !second.after && second.before);
    // A link that ended shows what had ended before it, and another connection nothing.
    let ended = Grant::new(granted_all.record(), vec![granted(1, 1, Some(at("2026-11-20T22:45:00Z")))]);
    assert_eq!(listed(&store, &query, &ended).await.len(), 2);
    assert!(listed(&store, &query, &grant(Resource::VehicleRegionSegment, &[2])).await.is_empty());
    assert!(all(&store, "2026-11-19").await.is_empty());
    // Erasure leaves nothing.
    assert!(store.erase_records(connection(1)).await.unwrap() > 0);
    assert!(all(&store, DAY).await.is_empty());
}
