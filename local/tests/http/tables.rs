//! Tables of codes: the same for everybody, in pages of any size.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{World, answer};

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_codes_are_read_in_pages_both_ways() {
    let world = World::start().await;
    for (table, code, rows) in [
        ("ref-hos-event-codes", "event_code", 28),
        ("ref-hos-malfunction-codes", "malfunction_code", 13),
        ("ref-hos-record-origins", "record_origin_code", 4),
        ("ref-hos-record-statuses", "record_status_code", 4),
        ("ref-hos-regions", "region_code", 101),
        ("ref-hos-rulesets", "hos_ruleset_code", 134),
        ("ref-hos-violation-codes", "violation_code", 38),
        ("ref-timezones", "timezone_code", 169),
    ] {
        let list = format!("/v2/telematics/{table}?size=60");
        let whole = world.api.get(&format!("/v2/telematics/{table}")).await.unwrap();
        assert_eq!((&whole["total"], &whole["next_page"]), (&json!(rows), &Value::Null), "{table}");
        let forwards = walk(&world, &list, "next_page", None).await;
        assert_eq!(Value::from(forwards.clone()), whole["items"], "{table}");
        let codes: Vec<&str> = forwards.iter().map(|row| row[code].as_str().unwrap()).collect();
        assert!(codes.len() == rows && codes.is_sorted(), "{table}: {codes:?}");
        let back = walk(&world, &list, "previous_page", whole["current_page_backwards"].as_str()).await;
        assert_eq!(back.len(), rows, "{table}");
    }
    refused(&world).await;
    world.stop().await;
}

/// All rows of a list, page after page by the cursor of this name.
async fn walk(world: &World, list: &str, cursor: &str, start: Option<&str>) -> Vec<Value> {
    let (mut found, mut at) = (Vec::new(), start.map(str::to_owned));
    loop {
        let page = match &at {
            Some(text) => world.api.get(&format!("{list}&cursor={text}")).await.unwrap(),
            None => world.api.get(list).await.unwrap(),
        };
        found.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page[cursor].as_str() else { return found };
        at = Some(next.to_owned());
    }
}

async fn refused(world: &World) {
    let (status, _) = answer(world.request(Method::GET, "/v2/telematics/ref-timezones")).await;
    assert_eq!(status, 401, "a token is needed");
    for (query, member) in [("fleet_ids=1", "query.fleet_ids"), ("size=1001", "query.size"), ("cursor=x", "query.cursor")] {
        let path = format!("/v2/telematics/ref-timezones?{query}");
        let refused = world.api.send(Method::GET, &path).await.unwrap().expect(&[422]).unwrap();
        assert_eq!(refused["detail"][0]["path"], member, "{refused}");
    }
    let page = world.api.get("/v2/telematics/ref-hos-regions?size=1").await.unwrap();
    let foreign = format!("/v2/telematics/ref-timezones?cursor={}", page["next_page"].as_str().unwrap());
    let refused = world.api.send(Method::GET, &foreign).await.unwrap().expect(&[422]).unwrap();
    assert_eq!(refused["detail"][0]["error_type"], "cursor_invalid", "a cursor is that of one table");
}
