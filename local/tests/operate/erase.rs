//! Nothing is left of a fleet that was erased.

use std::collections::HashMap;
use std::io::Read as _;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use catena::api::{Api, ApiResponse};
use catena::{Options, Platform, admin, demo};
use flate2::read::DeflateDecoder;
use reqwest::Method;
use serde_json::json;

use crate::recorder;

const TABLES: [&str; 2] = ["catena-ControlTable", "catena-TelematicsTable"];

/// What is kept of how often an account was asked.
const BUDGETS: &str = "BUDGET#samsara#";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_names_a_fleet_that_was_erased() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let platform = Platform::start(Options { database_port: Some(port), ..Options::ephemeral(3) }, &|_| ()).await.unwrap();
    let database = client(port);
    let api = Api::sign_in(&platform.demo.url, demo::CLIENT_ID, demo::CLIENT_SECRET).await.unwrap();
    // A receiver that takes nothing, and one that numbers: messages of every kind are kept.
    let receiver = recorder::receiver().await;
    for (status, event) in [(404, "vehicle.added"), (200, "user.added")] {
        let hook = json!({ "url": format!("{receiver}/{status}"), "event_name": event, "secret": "whsec-0123456789abcdef", "sequence": true });
        api.send_json(Method::POST, "/v2/notifications/webhooks", &hook).await.unwrap().expect(&[200]).unwrap();
    }
    let (fleet, own) = fleet(&api).await;
    let connection = link(&platform, &own, "samsara", 1).await;
    let unlinked = link(&platform, &own, "motive", 0).await;
    until("records", async || occurrences(&database, &connection).await >= 40).await;
    until("other records", async || occurrences(&database, &unlinked).await >= 20).await;
    let path = format!("/v2/integrations/connections/{unlinked}");
    own.send(Method::DELETE, &path).await.unwrap().expect(&[200, 204]).unwrap();
    until("messages", async || occurrences(&database, &fleet).await >= 8).await;
    until("vehicles", async || api.get("/v2/telematics/vehicles").await.unwrap()["total"] != json!(0)).await;
    assert!(found(&database, &fleet).await.iter().any(|key| key.contains("ACCESS#")), "what was read of it is noted");
    // What is under way ends first.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(occurrences(&database, BUDGETS).await > 0, "requests were reserved");
    let (before, of_connection) = (occurrences(&database, &fleet).await, occurrences(&database, &connection).await);

    let (store, id) = (platform.context().store(), fleet.parse().unwrap());
    let receipt = admin::erase(store, id).await.unwrap();
    // The end of the agreement was told meanwhile; the second time removes what that left.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let again = admin::erase(store, id).await.unwrap();
    let after = (occurrences(&database, &fleet).await, occurrences(&database, &connection).await);
    println!("items that name the fleet: {before} before, {} after; its connection: {of_connection}, {}", after.0, after.1);
    println!("receipt: {:?}", again.erased);
    // The receipt itself names the connections.
    assert_eq!(after, (0, 1), "{:#?} {:#?}", found(&database, &fleet).await, found(&database, &connection).await);
    assert_eq!(
        occurrences(&database, &unlinked).await,
        1,
        "what came through a link that ended: {:#?}",
        found(&database, &unlinked).await
    );
    assert_eq!(occurrences(&database, BUDGETS).await, 0, "{:#?}", found(&database, BUDGETS).await);
    assert!(receipt.erased.records > 20 && receipt.erased.connections > 10, "{receipt:?}");
    assert!(again.erased.deliveries >= receipt.erased.deliveries && again.erased.records == receipt.erased.records);
    platform.stop().await.unwrap();
}

/// A fleet; its id and its client.
async fn fleet(api: &Api) -> (String, Api) {
    let invitation = api.invite("to-be-erased", "Gone Trucking").await.unwrap();
    let accept = format!("/v2/orgs/invitations/{}/accept", ApiResponse::text(&invitation, "/id").unwrap());
    let accepted = api.send(Method::POST, &accept).await.unwrap().expect(&[200]).unwrap();
    let fleet = api.with_token(&ApiResponse::text(&accepted, "/pre_registration_access_token").unwrap());
    let agreements = api.get("/v2/orgs/share-agreements?fleet_ref=to-be-erased").await.unwrap();
    (ApiResponse::text(&agreements, "/items/0/fleet_id").unwrap(), fleet)
}

/// Links the account that a key of a simulated provider opens; returns the connection's id.
async fn link(platform: &Platform, fleet: &Api, provider: &str, key: usize) -> String {
    let connection = demo::connect(fleet, provider, &platform.demo.keys(provider)[key]).await.unwrap();
    ApiResponse::text(&connection, "/id").unwrap()
}

fn client(port: u16) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(format!("http://127.0.0.1:{port}"));
    Client::from_conf(config.build())
}

async fn occurrences(database: &Client, id: &str) -> usize {
    found(database, id).await.len()
}

/// Keys of the items that name an id: in a key, in an attribute, or in what is packed into one.
async fn found(database: &Client, id: &str) -> Vec<String> {
    let mut found = Vec::new();
    for table in TABLES {
        let mut pages = database.scan().table_name(table).into_paginator().items().send();
        while let Some(item) = pages.next().await {
            let item = item.unwrap();
            if item.values().any(|value| names(value, id)) {
                found.push(format!("{:?} {:?}", item.get("pk"), item.get("sk")));
            }
        }
    }
    found
}

fn names(value: &AttributeValue, id: &str) -> bool {
    match value {
        AttributeValue::S(text) => text.contains(id),
        AttributeValue::B(bytes) => packed(bytes.as_ref()).contains(id) || String::from_utf8_lossy(bytes.as_ref()).contains(id),
        AttributeValue::L(list) => list.iter().any(|value| names(value, id)),
        AttributeValue::M(map) => within(map, id),
        _ => false,
    }
}

fn within(map: &HashMap<String, AttributeValue>, id: &str) -> bool {
    map.iter().any(|(name, value)| name.contains(id) || names(value, id))
}

/// What was deflated, as far as it was.
fn packed(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    let _cut = DeflateDecoder::new(bytes).read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < Duration::from_secs(40), "{what} did not come");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
