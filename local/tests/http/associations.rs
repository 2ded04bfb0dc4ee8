//! Lists of the newest row of each subject over rows that change: who drives what, and what pulls what.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{World, analytics};

const DRIVERS: &str = "/v2/telematics/driver-vehicle-associations";
const TRAILERS: &str = "/v2/telematics/trailer-vehicle-associations";

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_association_of_each_is_listed_and_the_history_of_one() {
    let world = World::start().await;
    let fleet = world.fleet("associated").await;
    world.link(&fleet).await.expect(&[200]).unwrap();
    for (list, subject, of) in [(DRIVERS, "driver_id", "driver_ids"), (TRAILERS, "trailer_id", "trailer_ids")] {
        let newest = filled(&world, list).await;
        let subjects: Vec<&str> = newest.iter().map(|row| row[subject].as_str().unwrap()).collect();
        assert!(subjects.is_sorted_by(|left, right| left < right), "one of each, in their order: {subjects:?}");
        assert_eq!(pages(&world, list).await, newest, "{list} a row per page");
        assert!(newest.iter().all(|row| row["fleet_ref"] == "associated" && row["source_data"] == json!({})), "{list}");
        let (one, vehicle) = (&newest[0], newest[0]["vehicle_id"].as_str().unwrap());
        let history =
            world.api.get(&format!("{list}?only_latest=false&{of}={}&from_datetime={}", subjects[0], days_ago(8))).await.unwrap();
        let rows = history["items"].as_array().unwrap();
        assert!(rows.contains(one) && rows.iter().all(|row| row[subject] == subjects[0]), "{list}: {history}");
        assert_eq!(history["total"], json!(rows.len()));
        let filtered = world.api.get(&format!("{list}?vehicle_ids={vehicle}")).await.unwrap();
        let expected: Vec<&Value> = newest.iter().filter(|row| row["vehicle_id"] == vehicle).collect();
        assert_eq!((filtered["items"].as_array().unwrap().len(), &filtered["total"]), (expected.len(), &json!(expected.len())));
        for query in ["only_latest=false".to_owned(), format!("only_latest=false&{of}={vehicle}&{of}={}", subjects[0])] {
            let refused = world.api.send(Method::GET, &format!("{list}?{query}")).await.unwrap().expect(&[422]).unwrap();
            assert_eq!(refused["detail"][0]["error_type"], "single_subject_required", "{query}");
        }
        let sourced = world.api.get(&format!("{list}?include_source_data=true&size=1")).await.unwrap();
        assert!(!sourced["items"][0]["source_data"].as_object().unwrap().is_empty(), "{sourced}");
    }
    analytics::agree_with_lists(&world, "associated").await;
    analytics::show_what_is_shared(&world).await;
    let found = world.api.get("/v2/orgs/share-agreements?fleet_ref=associated").await.unwrap();
    let cancel = format!("/v2/orgs/share-agreements/{}/cancel", found["items"][0]["id"].as_str().unwrap());
    world.api.send(Method::POST, &cancel).await.unwrap().expect(&[200]).unwrap();
    for list in [DRIVERS, TRAILERS] {
        let page = world.api.get(list).await.unwrap();
        assert_eq!((&page["items"], &page["total"]), (&json!([]), &json!(0)), "nothing is shared any more");
    }
    analytics::are_empty(&world, "associated").await;
    world.stop().await;
}

/// The rows of a list once no more come.
async fn filled(world: &World, list: &str) -> Vec<Value> {
    let (started, mut before) = (Instant::now(), Vec::new());
    loop {
        let page = world.api.get(list).await.unwrap();
        let rows = page["items"].as_array().unwrap().clone();
        if !rows.is_empty() && rows == before {
            assert_eq!(page["total"], json!(rows.len()));
            return rows;
        }
        assert!(started.elapsed() < Duration::from_secs(40), "{list}: {page}");
        before = rows;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// All rows, one per page.
async fn pages(world: &World, list: &str) -> Vec<Value> {
    let (mut rows, mut seen, mut path) = (Vec::new(), BTreeSet::new(), format!("{list}?size=1"));
    loop {
        let page = world.api.get(&path).await.unwrap();
        rows.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next_page"].as_str() else { return rows };
        assert!(seen.insert(next.to_owned()), "a cursor comes again");
        path = format!("{list}?size=1&cursor={next}");
    }
}

fn days_ago(days: u64) -> String {
    let then = std::time::SystemTime::now() - Duration::from_secs(days * 86_400);
    let seconds = then.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    model::Timestamp::from_micros(i64::try_from(seconds).unwrap() * 1_000_000).to_string()
}
