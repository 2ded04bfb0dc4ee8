//! Bodies and values that are larger than what they are for.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{World, answer};

const NOBODY: &str = "01900000-0000-7000-8000-000000000000";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_and_nothing_fails() {
    let world = World::start().await;
    bodies(&world).await;
    credentials(&world).await;
    values(&world).await;
    lists(&world).await;
    world.stop().await;
}

async fn bodies(world: &World) {
    let decline = format!("/v2/orgs/invitations/{NOBODY}/decline");
    let members: Vec<String> = (0..400_000).map(|number| format!("\"{number:x}\":0")).collect();
    let body = format!("{{{}}}", members.join(","));
    let (status, error) =
        answer(world.request(Method::POST, &decline).header("content-type", "application/json").body(body)).await;
    assert_eq!((status.as_u16(), error["detail"].as_str()), (413, Some("the body may have at most 65536 bytes")));
    let body = format!("{{{}}}", members[..4_000].join(","));
    let (status, error) =
        answer(world.request(Method::POST, &decline).header("content-type", "application/json").body(body)).await;
    assert_eq!((status.as_u16(), error["detail"].as_array().map(Vec::len)), (422, Some(20)));
    assert_eq!(error["message"], "Invalid Request Body (the first 20 of 4000 problems)");
    let accept = format!("/v2/orgs/invitations/{NOBODY}/accept");
    let (status, _) = answer(world.request(Method::POST, &accept).body("x".repeat(70_000))).await;
    assert_eq!(status, 413, "a body that is ignored is bounded too");
    let (status, error) = answer(world.token().form(&[("client_id", "x".repeat(70_000))])).await;
    assert_eq!((status.as_u16(), error["error"].as_str()), (413, Some("invalid_request")), "{error}");
}

async fn credentials(world: &World) {
    for length in [201, 2_041, 2_042, 3_000] {
        let id = "x".repeat(length);
        let form = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", "none")];
        let (status, error) = answer(world.token().form(&form)).await;
        assert_eq!((status.as_u16(), error["error"].as_str()), (400, Some("invalid_request")), "{length}: {error}");
        let (status, error) =
            answer(world.token().basic_auth(&id, Some("none")).form(&[("grant_type", "client_credentials")])).await;
        assert_eq!((status.as_u16(), error["error"].as_str()), (401, Some("invalid_client")), "{length}: {error}");
    }
    let form = [("grant_type", "client_credentials"), ("client_id", ""), ("client_secret", "none")];
    let (status, _) = answer(world.token().form(&form)).await;
    assert_eq!(status, 400, "an empty id is no key");
}

/// Each value that becomes a key, or a part of one.
async fn values(world: &World) {
    let long = "x".repeat(2_100);
    for (path, problem) in [
        (format!("/v2/orgs/invitations?fleet_ref={long}"), "query.fleet_ref"),
        (format!("/v2/orgs/share-agreements?fleet_ref={long}"), "query.fleet_ref"),
        (format!("/v2/orgs/fleets?fleet_refs={long}"), "query.fleet_refs.0"),
        (format!("/v2/orgs/tsps?slug={long}"), "query.slug"),
        (format!("/v2/telematics/vehicles?source_ids={long}"), "query.source_ids.0"),
        (format!("/v2/telematics/vehicles?fleet_refs={long}"), "query.fleet_refs.0"),
        (format!("/v2/telematics/vehicles?sort_by={long}"), "query.sort_by"),
        (format!("/v2/telematics/vehicles?cursor={}", "x".repeat(9_000)), "query.cursor"),
        (format!("/v2/telematics/vehicles/{long}"), "path.vehicle_id"),
        (format!("/v2/integrations/connections?fleet_refs={long}"), "query.fleet_refs.0"),
    ] {
        let found = world.api.send(Method::GET, &path).await.unwrap();
        let problems = found.body["detail"].as_array().cloned().unwrap_or_default();
        assert_eq!(found.status, 422, "{problem}: {}", found.body);
        assert!(problems.iter().any(|found| found["path"] == problem), "{problem}: {}", found.body);
        let inputs = problems.iter().map(|found| found["input"].as_str().unwrap_or_default().len());
        assert!(inputs.max() <= Some(100), "{problem}: {}", found.body);
        assert_eq!(found.body["message"], "Invalid Request Parameters");
    }
    // Two hundred characters of four bytes each are the longest key.
    let widest = "🚚".repeat(200);
    let invitation = world.api.invite(&widest, "Wide Trucking").await.unwrap();
    assert_eq!(invitation["fleet_ref"], json!(widest));
}

async fn lists(world: &World) {
    let webhook = |refs: Vec<String>| json!({ "url": "https://a.example/x", "event_name": "trailer.added", "filters": { "fleet_refs": refs } });
    let send = async |body: &Value| world.api.send_json(Method::POST, "/v2/notifications/webhooks", body).await.unwrap();
    let refs = |count: usize, text: &str| (0..count).map(|number| format!("{number:03}{text}")).collect::<Vec<_>>();
    let found = send(&webhook(refs(100, &"x".repeat(4_300)))).await;
    assert_eq!(found.status, 413, "{}", found.body);
    let found = send(&webhook(refs(50, &"x".repeat(198)))).await;
    assert_eq!((found.status.as_u16(), found.body["detail"][19]["path"].as_str()), (422, Some("body.filters.fleet_refs.19")));
    let found = send(&webhook(refs(101, ""))).await;
    assert_eq!((found.status.as_u16(), found.body["detail"][0]["error_type"].as_str()), (422, Some("too_many")));
    let found = send(&webhook(refs(100, &"🚚".repeat(197)))).await;
    assert_eq!(found.status, 200, "the longest list that is allowed: {}", found.body);
}
