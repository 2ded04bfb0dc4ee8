//! Rows whose sources were mapped again: the same sources, with other members.

use model::telematics::readings::Readings;
use model::telematics::segments::Place;
use model::telematics::{Fields, Point, Vehicle};

use super::positions::{Position, position, store_positions};
use super::*;
use crate::telematics::change::from_images;
use crate::telematics::table::{Item, key};
use crate::telematics::{DayQuery, keys};

fn named(origin: &Origin, name: &str) -> Vec<Observation<Fields>> {
    let fields = Vehicle { vehicle_name: Some(name.into()), ..Vehicle::default() };
    let rows = vec![observation("v", None, serde_json::json!({ "id": "v" }), fields)];
    let Batch::Records(rows) = rows.erase(RecordIds(origin.connection)).unwrap() else { panic!("no records") };
    rows
}

async fn stored(fixture: &Fixture, origin: &Origin, id: RecordId) -> Item {
    let key = key(&keys::entities(origin.connection, Resource::Vehicle), &id.to_string());
    fixture.client.get_item().table_name(TABLE).set_key(Some(key)).send().await.unwrap().item.unwrap()
}

#[tokio::test]
async fn readers_hear_once_of_a_row_whose_source_is_the_same() {
    let fixture = open().await;
    let first = origin(1, Resource::Vehicle, "2026-11-21T10:00:00Z");
    let later = origin(1, Resource::Vehicle, "2026-11-21T11:00:00Z");
    let id = RecordId::of("v", first.connection);
    fixture.store.store_rows(&first, &Batch::Records(named(&first, "a"))).await.unwrap();
    let before = stored(&fixture, &first, id).await;
    let seen = fixture.store.versions(&later, &[id]).await.unwrap();
    let written = fixture.store.replace_rows(&later, &named(&later, "b"), &seen).await.unwrap();
    assert_eq!((written.added, written.modified, written.unchanged), (0, 1, 0));
    let after = stored(&fixture, &first, id).await;
    let told = from_images(Some(&before), Some(&after)).unwrap().unwrap();
    assert_eq!((told.added.len(), told.modified.len(), told.removed.len()), (0, 1, 0));
    assert_eq!(told.modified[0].members().unwrap()["vehicle_name"], "b");
    // A write that comes twice is one change.
    fixture.store.replace_rows(&later, &named(&later, "b"), &seen).await.unwrap();
    let again = stored(&fixture, &first, id).await;
    assert!(from_images(Some(&after), Some(&again)).unwrap().is_none());
}

/// Regions by the half of the earth.
fn halves(point: &Point) -> Place {
    let [_, latitude] = point.coordinates;
    Place { country: None, region: Some(if latitude < 0.0 { "S" } else { "N" }.into()) }
}

#[tokio::test]
async fn what_was_worked_out_of_a_block_is_worked_out_again() {
    let Fixture { store, .. } = open().await;
    let locations = origin(1, Resource::VehicleLocation, "2026-11-21T00:20:00Z");
    let positions: Vec<Position> = (0..60).map(|minute| position(0, minute * 60)).collect();
    store_positions(&store, &locations, &positions).await;
    let segments = origin(1, Resource::VehicleRegionSegment, "2026-11-21T01:00:00Z");
    let since = at("2026-11-13T00:00:00Z");
    let outdated = async || store.outdated_days(&segments, since).await.unwrap();
    let regions = async || {
        for day in outdated().await {
            store.derive_day(&segments, &day, &halves).await.unwrap();
        }
        let grant = grant(Resource::VehicleRegionSegment, &[1]);
        let query = Query { day: Some(DayQuery { day: "2026-11-20".into(), merged: false }), ..Query::default() };
        let listed = store.list_rows(&grant, &query, &Page::first(10), false).await.unwrap();
        listed.rows.iter().map(|(row, _)| text(&row.members().unwrap(), "region")).collect::<Vec<_>>()
    };
    assert_eq!((regions().await, outdated().await), (vec!["N".to_owned()], Vec::new()));

    // The mapping of today has them on the other half.
    let mut south = positions;
    south.iter_mut().for_each(|one| one.latitude = -one.latitude);
    let other = origin(2, Resource::VehicleLocation, "2026-11-21T00:20:00Z");
    store_positions(&store, &other, &south).await;
    let mut mapped = store.stored_blocks(other.connection, other.record).await.unwrap();
    let mut walk = store.stored_blocks(locations.connection, locations.record).await.unwrap();
    let later = origin(1, Resource::VehicleLocation, "2026-11-21T02:00:00Z");
    while let (Some(blocks), Some(now)) = (walk.next_page().await.unwrap(), mapped.next_page().await.unwrap()) {
        for (block, now) in blocks.iter().zip(&now) {
            let mut readings = Readings::empty(locations.record).unwrap();
            (0..now.readings().len()).for_each(|row| readings.push_from(now.readings(), row));
            let rows: Vec<usize> = (0..readings.len()).collect();
            assert!(store.rewrite_block(&later, block, (&readings, &rows)).await.unwrap());
        }
    }
    assert!(!outdated().await.is_empty());
    assert_eq!((regions().await, outdated().await), (vec!["S".to_owned()], Vec::new()));
}
