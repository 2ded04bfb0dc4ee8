//! Changes of connections by the API.

use catena::demo;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{World, pre_auths, schedules};

const CONNECTIONS: &str = "/v2/integrations/connections";

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_changes_its_connection() {
    let world = World::start().await;
    let fleet = world.fleet("changes-connection").await;
    let keys = world.platform.demo.keys(demo::TSP);
    let connection = demo::connect(&fleet, demo::TSP, &keys[0]).await.unwrap();
    let path = format!("{CONNECTIONS}/{}", connection["id"].as_str().unwrap());
    let patch = async |body: Value| fleet.send_json(Method::PATCH, &path, &body).await.unwrap();

    let named = patch(json!({ "description": "East yard" })).await;
    assert_eq!((named.status.as_u16(), named.body["description"].as_str()), (200, Some("East yard")));
    assert_eq!(fleet.get(&path).await.unwrap()["description"], "East yard");
    assert_eq!(patch(json!({ "description": null })).await.body["description"], Value::Null);
    assert_eq!(patch(json!({})).await.status, 200);

    let refused = patch(json!({ "credentials": { "token": "nonsense" }, "description": "Never" })).await;
    assert_eq!(refused.body["detail"][0]["error_type"], "credentials_rejected", "{}", refused.body);
    let other = patch(json!({ "credentials": { "token": keys[1] }, "description": "Never" })).await;
    assert_eq!(other.body["detail"][0]["error_type"], "another_account", "{}", other.body);
    assert_eq!(fleet.get(&path).await.unwrap()["description"], Value::Null, "a refused change changes nothing");
    let renewed = patch(json!({ "credentials": { "token": keys[0] }, "description": "West" })).await;
    assert_eq!((renewed.status.as_u16(), renewed.body["description"].as_str()), (200, Some("West")));
    assert_eq!(fleet.get(CONNECTIONS).await.unwrap()["items"].as_array().unwrap().len(), 1);

    assert_eq!(patch(json!({ "status": "paused" })).await.body["status"], "paused");
    let resumed = patch(json!({ "status": "active" })).await;
    assert_eq!((resumed.status.as_u16(), resumed.body["error_type"].as_str()), (403, Some("consent_required")));
    assert_eq!(patch(json!({ "status": "deleted" })).await.status, 422);

    schedules::are_looked_after(&world, (&fleet, "changes-connection"), &path).await;

    let second = world.fleet("changes-shared").await;
    demo::connect(&second, demo::TSP, &keys[1]).await.unwrap();
    let shared = demo::connect(&fleet, demo::TSP, &keys[1]).await.unwrap();
    let shared = format!("{CONNECTIONS}/{}", shared["id"].as_str().unwrap());
    let paused = fleet.send_json(Method::PATCH, &shared, &json!({ "status": "paused" })).await.unwrap();
    assert_eq!((paused.status.as_u16(), paused.body["error_type"].as_str()), (409, Some("connection_shared")));
    for (caller, expected) in [(&world.api, 403), (&second, 404)] {
        let answer = caller.send_json(Method::PATCH, &path, &json!({ "description": "Foreign" })).await.unwrap();
        assert_eq!(answer.status, expected, "{}", answer.body);
    }
    pre_auths::are_used_once(&world, &fleet, &second).await;
    world.stop().await;
}
