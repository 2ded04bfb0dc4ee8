//! How long items are kept, and how all of a connection's go.

use super::counts::violation;
use super::entities::fleet;
use super::events::events;
use super::positions::{drive, store_positions};
use super::*;
use crate::telematics::table::{Item, read_text};
use crate::telematics::{Retention, StateNote, keys};

async fn items(client: &Client) -> Vec<Item> {
    client.scan().table_name(TABLE).into_paginator().items().send().collect::<Result<_, _>>().await.unwrap()
}

/// Entities, some of them removed since, events of several days, some of them counted by their subjects, positions of two days,
/// and what a subject has.
async fn fill(store: &Store, number: u128) {
    let origin = |resource| origin(number, resource, "2026-11-21T03:00:00Z");
    let vehicles = fleet(30);
    store_all(store, &origin(Resource::Vehicle), &vehicles).await;
    let listed = vehicles.iter().skip(3).map(|row| RecordId::of(&row.source_id, connection(number))).collect();
    store.remove_missing_rows(&origin(Resource::Vehicle), &listed).await.unwrap();
    store_all(store, &origin(Resource::HosViolation), &[violation(1, "a", "2026-11-20T01:00:00Z")]).await;
    store_all(store, &origin(Resource::HosEvent), &events(40)).await;
    store_positions(store, &origin(Resource::VehicleLocation), &drive()).await;
    let note = StateNote { subject: "v-1".into(), at: at("2026-11-20T00:00:00Z"), text: "{}".into() };
    store.note_states(&origin(Resource::EngineLog), &[note]).await.unwrap();
}

#[tokio::test]
async fn what_belongs_to_a_day_ends_with_it() {
    let Fixture { store, client } = open().await;
    let store = store.retaining(Retention::parse("vehicle_location=90,hos_event=400").unwrap());
    fill(&store, 1).await;
    let all = items(&client).await;
    let ends = |item: &&Item| item.contains_key("ttl");
    for item in &all {
        let (pk, sk) = (read_text(item, "pk"), read_text(item, "sk"));
        let of_day = [pk, sk].into_iter().flat_map(|key| key.split('#')).any(|part| keys::day_start(part).is_some());
        // Entities stay, and with them the counts of the days on which they came; violations have no retention here.
        let is_kept = pk.ends_with("#vehicle") || pk.contains("#hos_violation") && !pk.starts_with("S#");
        assert_eq!(item.contains_key("ttl"), of_day && !is_kept || pk.starts_with("I#hos_event"), "{pk} {sk}");
    }
    let of_days = all.iter().filter(ends).count();
    assert!(of_days > 80 && of_days < all.len(), "{of_days} of {}", all.len());
}

#[tokio::test]
async fn nothing_is_left_of_a_connection_and_all_of_others() {
    let Fixture { store, client } = open().await;
    for number in [1, 2] {
        fill(&store, number).await;
    }
    let id = connection(1).to_string();
    let is_its = |item: &Item| read_text(item, "pk").contains(&id) || read_text(item, "connection") == id;
    let before = items(&client).await;
    let its = before.iter().filter(|item| is_its(item)).count();
    let erased = store.erase_records(connection(1)).await.unwrap();
    let after = items(&client).await;
    assert_eq!(erased, u64::try_from(its).unwrap());
    assert_eq!((after.len(), after.iter().filter(|item| is_its(item)).count()), (before.len() - its, 0));
    assert_eq!(store.erase_records(connection(1)).await.unwrap(), 0, "a second time finds nothing");
}
