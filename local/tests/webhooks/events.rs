//! Events from their real causes, held against the documents, and the schemas that the registry has of them.

use catena::api::Api;
use catena::demo;
use model::telematics::{Observation, Record as _, Rows as _, Workflow, source_hash};
use model::tsp::{Tsp, TspStatus};
use model::{ConnectionId, ExecutionId, RecordId, RecordIds, ScheduleId, Timestamp, TspId};
use reqwest::Method;
use serde_json::{Value, json};
use store::control::Key;
use store::telematics::Origin;

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

/// Dispatches that the provider has, one that it tells otherwise than it is stored, and one that it has no more.
#[tokio::test(flavor = "multi_thread")]
async fn workflows_that_come_change_and_go_are_told() {
    let world = World::start().await;
    let endpoint = Endpoint::answering(200).await;
    world.subscribe("workflow.*", &endpoint.url).await;
    let invitation = json!({ "fleet_ref": "dispatched", "permissions": { "workflow": "read" } });
    let invited =
        world.partner.send_json(Method::POST, "/v2/orgs/invitations", &invitation).await.unwrap().expect(&[201]).unwrap();
    let accepted = world.post(&format!("/v2/orgs/invitations/{}/accept", text(&invited, "/id")), 200).await;
    let fleet = world.partner.with_token(&text(&accepted, "/pre_registration_access_token"));
    let linked = demo::connect(&fleet, "motive", &world.platform.demo.keys("motive")[0]).await.unwrap();
    let connection: ConnectionId = text(&linked, "/id").parse().unwrap();
    let told =
        |event: &str| endpoint.of(event).iter().flat_map(|seen| seen["data"].as_array().unwrap().clone()).collect::<Vec<_>>();

    let listed = async || world.get("/v2/telematics/workflows?fleet_refs=dispatched&size=1000").await;
    until("all dispatches", async || {
        let total = listed().await["total"].as_u64().unwrap();
        total > 0 && told("workflow.added").len() as u64 == total
    })
    .await;
    let one = listed().await["items"][0].clone();
    let added = told("workflow.added").into_iter().find(|record| record["id"] == one["id"]).unwrap();
    assert_eq!((&added["stops"], &added["workflow_status"]), (&one["stops"], &one["workflow_status"]));
    assert!(one["stops"][0]["location_name"].is_string() && added.get("source_data").is_none(), "{added}");

    store(&world, connection, &[&text(&one, "/source_id"), "gone"]).await;
    walk_again(&world, connection).await;
    until("what the provider says", async || !told("workflow.removed").is_empty() && told("workflow.modified").len() >= 2).await;
    let gone = told("workflow.removed").remove(0);
    assert_eq!(gone["id"], RecordId::of("gone", connection).to_string());
    assert!(gone["deleted_at"].is_string() && gone.get("stops").is_none(), "{gone}");
    let last = told("workflow.modified").into_iter().max_by_key(|record| text(record, "/updated_at")).unwrap();
    assert_eq!((&last["id"], &last["stops"]), (&one["id"], &one["stops"]));
    let path = format!("/v2/telematics/workflows/{}", text(&one, "/id"));
    assert_eq!(world.get(&path).await["stops"], one["stops"]);
    for seen in endpoint.seen() {
        let event = text(&seen.envelope, "/event_name");
        world.platform.documents.check_message(&event, &seen.envelope);
        described(&world, &event).await;
    }
    world.stop().await;
}

/// Stores workflows without content, as an earlier run might have.
async fn store(world: &World, connection: ConnectionId, source_ids: &[&str]) {
    let (source, now) = (json!({}), Timestamp::system());
    let origin = Origin {
        connection,
        record: Workflow::TYPE,
        tsp: TspId::from_uuid(uuid::Uuid::nil()),
        tsp_slug: "motive".into(),
        source_name: "motive".into(),
        execution: ExecutionId::at(now),
        schedule: ScheduleId::at(now),
        now,
    };
    let row = |source_id: &&str| Observation {
        source_id: (*source_id).to_owned(),
        occurred_at: Some(now),
        source_hash: source_hash(&source, &[]),
        source: source.clone(),
        extras: None,
        is_partial: false,
        fields: Workflow::default(),
    };
    let batch = source_ids.iter().map(row).collect::<Vec<_>>().erase(RecordIds(connection)).unwrap();
    world.platform.context().store().store_rows(&origin, &batch).await.unwrap();
}

/// Has the provider's list read once more.
async fn walk_again(world: &World, connection: ConnectionId) {
    let operator = world.platform.create_admin("workflows-operator").await.unwrap();
    let secret = operator.client_secret.unwrap();
    let admin = Api::sign_in(&world.platform.demo.url, &operator.client_id, &secret).await.unwrap();
    let schedules = format!("/v2/integrations/connections/{connection}/schedules");
    let found = admin.get(&schedules).await.unwrap();
    let one = format!("{schedules}/{}", text(&found, "/items/0/id"));
    admin.send_json(Method::PATCH, &one, &json!({ "status": "paused" })).await.unwrap().expect(&[200]).unwrap();
    admin.send(Method::POST, &format!("{one}/activate")).await.unwrap().expect(&[200]).unwrap();
}
