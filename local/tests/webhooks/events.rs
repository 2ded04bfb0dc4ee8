//! Events from their real causes, held against the documents, and the schemas that the registry has of them.

use model::Timestamp;
use model::tsp::{Tsp, TspStatus};
use reqwest::Method;
use serde_json::Value;
use store::control::Key;

use crate::endpoint::Endpoint;
use crate::world::{World, text, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_opened_a_link_that_ends_and_a_new_provider_are_told() {
    let world = World::start().await;
    let endpoint = Endpoint::answering(200).await;
    for event in ["invitation.*", "fleet_connection.*", "tsp.created"] {
        world.subscribe(event, &endpoint.url).await;
    }

    let invitation = world.partner.invite("opens", "A Fleet").await.unwrap();
    world.get(&format!("/v2/orgs/invitations/{}", text(&invitation, "/id"))).await;
    let link = text(&invitation, "/magic_link");
    for _ in 0..2 {
        let (status, page) = world.partner.page(&link).await.unwrap();
        assert!(status.is_success() && page.contains("What would be shared"), "{page}");
    }
    until("the first look", async || !endpoint.of("invitation.viewed").is_empty()).await;

    let fleet = world.accept("opens").await;
    let connection = world.connect(&fleet).await;
    until("the tie", async || !endpoint.of("fleet_connection.created").is_empty()).await;
    let made = endpoint.of("fleet_connection.created").remove(0);
    let path = format!("/v2/integrations/connections/{connection}");
    fleet.send(Method::DELETE, &path).await.unwrap().expect(&[204]).unwrap();
    until("the end of the tie", async || !endpoint.of("fleet_connection.deleted").is_empty()).await;
    assert_eq!(endpoint.of("fleet_connection.deleted")[0]["data"], made["data"]);

    let change = |status| move |tsp: &Tsp| Some(Tsp { status, updated_at: Timestamp::system(), ..tsp.clone() });
    let store = world.platform.context().store();
    store.update(Key::tsp("samsara-ca"), change(TspStatus::Inactive)).await.unwrap().unwrap();
    assert!(endpoint.of("tsp.created").is_empty());
    let tsp: Tsp = store.update(Key::tsp("samsara-ca"), change(TspStatus::Active)).await.unwrap().unwrap();
    until("the provider", async || !endpoint.of("tsp.created").is_empty()).await;
    assert_eq!(endpoint.of("tsp.created")[0]["data"][0]["id"], tsp.id.to_string());

    assert_eq!(endpoint.of("invitation.viewed").len(), 1, "a second look is no first one");
    for seen in endpoint.seen() {
        let event = text(&seen.envelope, "/event_name");
        world.platform.documents.check_message(&event, &seen.envelope);
        described(&world, &event).await;
    }
    world.stop().await;
}

/// The registry has a document of an event, which names the message's members.
async fn described(world: &World, event: &str) {
    let found = world.get(&format!("/v2/notifications/schemas/{event}")).await;
    let document: Value = serde_json::from_str(&text(&found, "/openapi_schema")).unwrap();
    let hook = &document["x-webhooks"][event]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let name = hook["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
    let members = &document["components"]["schemas"][name]["properties"];
    assert_eq!(members["event_name"]["enum"][0], event, "{document}");
    assert_eq!(world.get(&format!("/v2/notifications/schemas/{event}/versions/3.0")).await, found);
    let unknown = format!("/v2/notifications/schemas/{event}/versions/2.9");
    assert_eq!(world.partner.send(Method::GET, &unknown).await.unwrap().status, 404);
}
