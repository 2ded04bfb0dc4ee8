//! Cursors that outlive what they were made for.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::World;

#[tokio::test(flavor = "multi_thread")]
async fn an_old_cursor_counts_nothing_that_is_not_shared_any_more() {
    let world = World::start().await;
    let fleet = world.fleet("ends").await;
    world.fleet("stays").await;
    world.link(&fleet).await.expect(&[200]).unwrap();
    let fleets = world.api.get("/v2/orgs/fleets?size=1").await.unwrap();
    assert_eq!(fleets["total"], 2);
    let vehicles = first_of_many(&world, "/v2/telematics/vehicles?size=1").await;
    // The newest row of each is no window: its cursors remember less.
    let newest = first_of_many(&world, "/v2/telematics/vehicle-locations?size=1").await;
    let again = next(&world, "/v2/telematics/vehicles?size=1", &vehicles).await;
    assert_eq!(again["total"], vehicles["total"], "nothing ended yet");
    let found = world.api.get("/v2/orgs/share-agreements?fleet_ref=ends").await.unwrap();
    let cancel = format!("/v2/orgs/share-agreements/{}/cancel", found["items"][0]["id"].as_str().unwrap());
    world.api.send(Method::POST, &cancel).await.unwrap().expect(&[200]).unwrap();
    for (list, page) in [("vehicles", &vehicles), ("vehicle-locations", &newest)] {
        let after = next(&world, &format!("/v2/telematics/{list}?size=1"), page).await;
        assert_eq!((&after["items"], &after["total"]), (&json!([]), &json!(0)), "{list}");
    }
    assert_eq!(next(&world, "/v2/orgs/fleets?size=1", &fleets).await["total"], 1);
    world.stop().await;
}

async fn next(world: &World, list: &str, page: &Value) -> Value {
    world.api.get(&format!("{list}&cursor={}", page["next_page"].as_str().unwrap())).await.unwrap()
}

/// The first page, once there is a second one.
async fn first_of_many(world: &World, list: &str) -> Value {
    let started = Instant::now();
    loop {
        let page = world.api.get(list).await.unwrap();
        if page["next_page"].is_string() {
            return page;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{list}: {page}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
