//! Blocks that a process left without their group's state, and writers that go on after it.

use std::collections::BTreeSet;

use model::telematics::readings::Readings;

use super::positions::{Position, position, store_positions};
use super::*;
use crate::telematics::change::from_images;
use crate::telematics::keys;
use crate::telematics::table::{Item, key, read_number};

const EARLIER: &str = "2026-11-21T03:00:00Z";
const NOW: &str = "2026-11-21T04:00:00Z";

fn locations(now: &str) -> Origin {
    origin(1, Resource::VehicleLocation, now)
}

/// Positions so many seconds after half past midnight.
fn of(vehicles: std::ops::Range<usize>, seconds: i64) -> Vec<Position> {
    vehicles.map(|vehicle| position(vehicle, 7_200 + seconds)).collect()
}

fn state() -> Item {
    key(&keys::snapshots("L", connection(1)), &keys::snapshot(0))
}

/// Stores ten positions, and ten more of which the state does not know.
async fn with_a_block_left(fixture: &Fixture, left: &[Position]) {
    let Fixture { store, client } = fixture;
    store_positions(store, &locations(EARLIER), &of(0..10, 600)).await;
    let before = client.get_item().table_name(TABLE).set_key(Some(state())).send().await.unwrap().item.unwrap();
    store_positions(store, &locations(EARLIER), left).await;
    client.put_item().table_name(TABLE).set_item(Some(before)).send().await.unwrap();
}

/// What readers see, and what they were told, is all of these once.
async fn assert_stored(Fixture { store, client }: &Fixture, all: &[&[Position]]) {
    let times: BTreeSet<(Timestamp, &str)> =
        all.iter().flat_map(|part| part.iter().map(|position| (position.occurred_at, position.vehicle.as_str()))).collect();
    let grant = &grant(Resource::VehicleLocation, &[1]);
    assert_eq!(store.count_rows(grant, &Query::default()).await.unwrap(), u64::try_from(times.len()).unwrap());
    let list = |page: Page| async move { sendable(store.list_rows(grant, &Query::default(), &page, false)).await.map(rows) };
    assert_eq!(walk(9, list).await.len(), times.len());
    let latest = Query { latest: true, ..Query::default() };
    let newest = store.list_rows(grant, &latest, &Page::first(99), true).await.unwrap();
    for row in newest.rows.iter().map(|(row, _)| row.members().unwrap()) {
        let is_of_subject = |vehicle: &str| RecordId::of(vehicle, connection(1)).to_string() == text(&row, "vehicle_id");
        let last = times.iter().filter(|(_, vehicle)| is_of_subject(vehicle)).map(|(time, _)| *time).max().unwrap();
        assert_eq!(text(&row, "occurred_at"), last.to_string());
        assert_eq!(text(&row, "source_data_hash"), source_hash(&row["source_data"], &[]));
    }
    let items = client.scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    let told: usize =
        items.iter().filter_map(|item| from_images(None, Some(item)).unwrap()).map(|change| change.added.len()).sum();
    assert_eq!(told, times.len());
}

/// Whatever the next fetch brings: the same again, more of the hour, earlier and later hours, or what was late.
#[tokio::test]
async fn the_next_writer_takes_a_block_that_was_left_into_the_state() {
    let late = of(0..10, 300);
    for left in [of(0..10, 660), of(5..12, 660), late.clone()] {
        for next in
            [left.clone(), of(0..10, 720), of(0..3, 1_500), of(0..3, 3_600), of(0..3, -3_600), of(0..3, 660), late.clone()]
        {
            let fixture = open().await;
            with_a_block_left(&fixture, &left).await;
            store_positions(&fixture.store, &locations(NOW), &next).await;
            store_positions(&fixture.store, &locations(NOW), &of(0..10, 780)).await;
            assert_stored(&fixture, &[&of(0..10, 600), &left, &next, &of(0..10, 780)]).await;
        }
    }
}

/// A fetch that is repeated because its process died is whole after that, though it brings nothing new.
#[tokio::test]
async fn the_same_fetch_again_takes_its_own_block_into_the_state() {
    for left in [of(0..10, 660), of(5..12, 660), of(0..10, 300)] {
        let fixture = open().await;
        with_a_block_left(&fixture, &left).await;
        store_positions(&fixture.store, &locations(NOW), &left).await;
        assert_stored(&fixture, &[&of(0..10, 600), &left]).await;
    }
}

/// An operator's rewriting moves the state on as well.
#[tokio::test]
async fn a_block_is_rewritten_beside_one_that_was_left() {
    let fixture = open().await;
    let left = of(3..8, 660);
    with_a_block_left(&fixture, &left).await;
    let Fixture { store, .. } = &fixture;
    let mut blocks = store.stored_blocks(connection(1), record(Resource::VehicleLocation)).await.unwrap();
    while let Some(page) = blocks.next_page().await.unwrap() {
        for stored in page.iter().filter(|stored| !stored.readings().is_empty()) {
            let mut readings = Readings::empty(record(Resource::VehicleLocation)).unwrap();
            (0..stored.readings().len()).for_each(|row| readings.push_from(stored.readings(), row));
            let all: Vec<usize> = (0..readings.len()).collect();
            assert!(store.rewrite_block(&locations(NOW), stored, (&readings, &all)).await.unwrap());
        }
    }
    store_positions(store, &locations(NOW), &of(0..10, 720)).await;
    assert_stored(&fixture, &[&of(0..10, 600), &left, &of(0..10, 720)]).await;
}

/// Of writers at the same time each reading is stored once, whichever hours they write.
#[tokio::test]
async fn concurrent_writers_of_any_hours_store_each_reading_once() {
    let fixture = open().await;
    let store = &fixture.store;
    let first = of(0..10, 600);
    store_positions(store, &locations(EARLIER), &first).await;
    let parts: Vec<Vec<Position>> = vec![of(0..10, 660), of(0..10, 660), of(0..5, -3_600), of(0..5, 3_600), of(4..9, 690)];
    let origin = locations(NOW);
    futures::future::join_all(parts.iter().map(|part| store_positions(store, &origin, part))).await;
    let all: Vec<&[Position]> = parts.iter().map(Vec::as_slice).chain([first.as_slice()]).collect();
    assert_stored(&fixture, &all).await;
}

/// A fetch of the open hour is two writes, without a transaction; the first of an hour is one transaction.
#[tokio::test]
async fn a_fetch_of_the_open_hour_costs_a_block_and_the_state() {
    let fixture = open().await;
    let count = async || {
        let items = fixture.client.scan().table_name(TABLE).send().await.unwrap().items.unwrap();
        let revision = items.iter().find_map(|item| read_number::<u64>(item, "revision").filter(|_| item["sk"] == state()["sk"]));
        (items.len(), revision.unwrap())
    };
    store_positions(&fixture.store, &locations(NOW), &of(0..10, 600)).await;
    // The directory, a block, the state.
    assert_eq!(count().await, (3, 1));
    store_positions(&fixture.store, &locations(NOW), &of(0..10, 660)).await;
    assert_eq!(count().await, (4, 2));
    // The next hour: its block, and an empty one in the hour before it.
    store_positions(&fixture.store, &locations(NOW), &of(0..10, 2_400)).await;
    assert_eq!(count().await, (6, 3));
}
