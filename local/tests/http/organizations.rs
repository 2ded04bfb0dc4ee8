//! Fleets, partners and providers by the API: records, properties, requests, the catalogue.

use catena::api::{Api, ApiResponse};
use reqwest::Method;
use serde_json::{Value, json};

use crate::World;

const FLEETS: &str = "/v2/orgs/fleets";
const PARTNERS: &str = "/v2/orgs/partners";
const TSPS: &str = "/v2/orgs/tsps";
const INVITATIONS: &str = "/v2/orgs/invitations";
const EXTERNAL: &str = "/v2/orgs/external-tsps";

async fn send(api: &Api, method: Method, path: &str, body: Value) -> ApiResponse {
    match body {
        Value::Null => api.send(method, path).await.unwrap(),
        body => api.send_json(method, path, &body).await.unwrap(),
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn organizations_are_looked_after() {
    let world = World::start().await;
    let made = world.platform.create_admin("operator").await.unwrap();
    let admin = Api::sign_in(&world.url, &made.client_id, &made.client_secret.unwrap()).await.unwrap();
    let fleet = world.fleet("looked-after").await;
    providers_are_asked_for(&world, &admin, &fleet).await;
    the_catalogue_changes(&world, &admin).await;
    partners_are_made_and_deleted(&world, &admin).await;
    defaults_stand_for_what_is_left_out(&world, &admin).await;
    a_fleet_keeps_its_record(&world, &fleet).await;
    world.stop().await;
}

async fn a_fleet_keeps_its_record(world: &World, fleet: &Api) {
    let listed = world.api.get(&format!("{FLEETS}?fleet_refs=looked-after")).await.unwrap();
    let path = format!("{FLEETS}/{}", text(&listed, "/items/0/id"));
    let body = json!({
        "name": "Blue Mesa Freight, LLC", "legal_name": "Blue Mesa", "regulatory_id_date": "2019-04-30", "fleet_ref": "OWN-1",
        "registered_phone": "+1 (555) 010-0199", "country_code": "USA", "city": "Reno", "description": null,
    });
    let changed = send(fleet, Method::PATCH, &path, body).await;
    assert_eq!((changed.status.as_u16(), text(&changed.body, "/fleet_ref")), (200, "OWN-1"), "{}", changed.body);
    let seen = world.api.get(&path).await.unwrap();
    assert_eq!((text(&seen, "/name"), text(&seen, "/city")), ("Blue Mesa Freight, LLC", "Reno"));
    assert_eq!(text(&seen, "/fleet_ref"), "looked-after", "each has its own id of the fleet");
    assert_eq!(send(fleet, Method::PATCH, &path, json!({ "city": null })).await.body["city"], Value::Null);
    for (member, value) in
        [("regulatory_id_date", "2019-02-30"), ("country_code", "US"), ("registered_email", "x"), ("websites", "x")]
    {
        let refused = send(fleet, Method::PATCH, &path, json!({ member: value })).await;
        assert_eq!((refused.status.as_u16(), text(&refused.body, "/detail/0/path")), (422, format!("body.{member}").as_str()));
    }

    let properties = format!("{path}/properties");
    let two = json!([{ "key": "dot_number", "value": "1234567" }, { "key": "type", "value": "hazmat" }]);
    let made = send(fleet, Method::POST, &properties, two.clone()).await;
    assert_eq!((made.status.as_u16(), made.body.as_array().unwrap().len()), (201, 2), "{}", made.body);
    assert_eq!(text(&send(fleet, Method::POST, &properties, two).await.body, "/error_type"), "property_exists");
    assert_eq!(world.api.get(&properties).await.unwrap(), made.body);
    for (body, path) in [
        (json!([{ "key": "size", "value": "1" }]), "body.0.key"),
        (json!([{ "key": "location", "value": "Reno" }, { "key": "location" }]), "body.1.value"),
        (json!([{ "key": "location", "value": "Reno", "more": 1 }]), "body.0.more"),
        (json!([7]), "body.0"),
        (json!([]), "body"),
        (json!({ "key": "location", "value": "Reno" }), "body"),
    ] {
        let refused = send(fleet, Method::POST, &properties, body).await;
        assert_eq!((refused.status.as_u16(), text(&refused.body, "/detail/0/path")), (422, path), "{}", refused.body);
    }
    let one = format!("{properties}/{}", text(&made.body, "/0/id"));
    assert_eq!(send(fleet, Method::DELETE, &one, Value::Null).await.status, 204);
    assert_eq!(send(fleet, Method::DELETE, &one, Value::Null).await.status, 404);

    assert_eq!(send(fleet, Method::DELETE, &path, Value::Null).await.status, 204);
    assert_eq!(send(fleet, Method::GET, &path, Value::Null).await.status, 401, "its token ended with its agreement");
    assert_eq!(send(&world.api, Method::GET, &path, Value::Null).await.status, 404);
    let agreements = world.api.get("/v2/orgs/share-agreements?fleet_ref=looked-after").await.unwrap();
    assert_eq!(agreements["items"], json!([]));
}

async fn partners_are_made_and_deleted(world: &World, admin: &Api) {
    let body = json!({
        "name": "Acme & Sons", "websites": ["https://acme.example"], "categories": ["Insurance & Risk Management"],
        "properties": [{ "key": "billing_day_of_month", "value": "7" }],
    });
    let made = send(admin, Method::POST, PARTNERS, body.clone()).await;
    assert_eq!((made.status.as_u16(), text(&made.body, "/slug")), (201, "acme-sons"), "{}", made.body);
    let again = send(admin, Method::POST, PARTNERS, body).await;
    assert_eq!((again.status.as_u16(), text(&again.body, "/error_type")), (409, "partner_exists"));
    for (body, path) in [
        (json!({}), "body.name"),
        (json!({ "name": "A", "properties": [{ "key": "billing_day_of_month", "value": "32" }] }), "body.properties.0.value"),
        (
            json!({ "name": "A", "properties": [{ "key": "default_callback_url", "value": "https://10.0.0.1/x" }] }),
            "body.properties.0.value",
        ),
        (json!({ "name": "A", "parent_partner_id": uuid::Uuid::nil() }), "body.parent_partner_id"),
        (json!({ "name": "A", "categories": ["Other"] }), "body.categories.0"),
    ] {
        let refused = send(admin, Method::POST, PARTNERS, body).await;
        assert_eq!((refused.status.as_u16(), text(&refused.body, "/detail/0/path")), (422, path), "{}", refused.body);
    }
    let path = format!("{PARTNERS}/{}", text(&made.body, "/id"));
    let named = send(admin, Method::PATCH, &path, json!({ "name": "Acme", "description": "Insures" })).await;
    assert_eq!((text(&named.body, "/name"), text(&named.body, "/slug")), ("Acme", "acme-sons"));
    let all = admin.get(&format!("{PARTNERS}?size=1")).await.unwrap();
    assert_eq!(all["total"], 2, "it and the demo partner: {all}");
    assert!(all["next_page"].is_string());
    assert_eq!(world.api.get(PARTNERS).await.unwrap()["total"], 1, "a partner sees itself");

    // Its client stops with it.
    let client = catena::admin::create_client(world.platform.context().store(), "acme-sons", "acme").await.unwrap();
    let secret = client.client_secret.unwrap();
    let acme = Api::sign_in(&world.url, "acme", &secret).await.unwrap();
    let invitation = acme.invite("waits", "Waiting Trucking").await.unwrap();
    let fleet = acme.invite("shares", "Sharing Trucking").await.unwrap();
    let accept = |id: &str| format!("/v2/orgs/invitations/{id}/accept");
    assert_eq!(send(&acme, Method::POST, &accept(text(&fleet, "/id")), Value::Null).await.status, 200);
    let refused = send(admin, Method::DELETE, &path, Value::Null).await;
    assert_eq!((refused.status.as_u16(), text(&refused.body, "/error_type")), (409, "partner_in_use"));
    let agreements = acme.get("/v2/orgs/share-agreements").await.unwrap();
    let cancel = format!("/v2/orgs/share-agreements/{}/cancel", text(&agreements, "/items/0/id"));
    assert_eq!(send(&acme, Method::POST, &cancel, Value::Null).await.status, 200);
    assert_eq!(send(admin, Method::DELETE, &path, Value::Null).await.status, 204);
    assert_eq!(send(admin, Method::DELETE, &path, Value::Null).await.status, 404);
    assert!(Api::sign_in(&world.url, "acme", &secret).await.is_err(), "a client of a deleted partner signs in");
    assert_eq!(send(&world.api, Method::POST, &accept(text(&invitation, "/id")), Value::Null).await.status, 404);
    assert_eq!(admin.get(PARTNERS).await.unwrap()["total"], 1);
}

async fn defaults_stand_for_what_is_left_out(world: &World, admin: &Api) {
    let own = world.api.get(PARTNERS).await.unwrap();
    let path = format!("{PARTNERS}/{}/properties", text(&own, "/items/0/id"));
    let defaults = json!([
        { "key": "default_success_redirect_url", "value": "https://demo.example/thanks" },
        { "key": "default_invitation_expires_in_hours", "value": "48" },
    ]);
    let made = send(&world.api, Method::POST, &path, defaults).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let invited = send(&world.api, Method::POST, INVITATIONS, json!({ "fleet_ref": "by-default" })).await.body;
    let found = (text(&invited, "/success_redirect_url"), invited["expires_in_hours"].as_u64());
    assert_eq!(found, ("https://demo.example/thanks", Some(48)));
    let notes = json!([{ "key": "notes", "value": "pays late" }]);
    assert_eq!(send(&world.api, Method::POST, &path, notes.clone()).await.status, 403, "that is an administrator's");
    let notes = send(admin, Method::POST, &path, notes).await;
    assert_eq!(notes.status, 201, "{}", notes.body);
    assert_eq!(world.api.get(&path).await.unwrap().as_array().unwrap().len(), 3);
    let one = |property: &Value| format!("{path}/{}", text(property, "/id"));
    assert_eq!(send(&world.api, Method::DELETE, &one(&notes.body[0]), Value::Null).await.status, 403);
    for property in made.body.as_array().unwrap() {
        assert_eq!(send(&world.api, Method::DELETE, &one(property), Value::Null).await.status, 204);
    }
    let invited = send(&world.api, Method::POST, INVITATIONS, json!({ "fleet_ref": "by-itself" })).await.body;
    assert_eq!((&invited["success_redirect_url"], invited["expires_in_hours"].as_u64()), (&Value::Null, Some(24)));
}

async fn the_catalogue_changes(world: &World, admin: &Api) {
    let body = json!({ "name": "Platform Science", "source_name": "samsara", "conn_type": "token" });
    for (member, value) in [("source_name", json!("zonar")), ("status", json!("deleted")), ("conn_type", json!("nothing"))] {
        let mut wrong = body.clone();
        wrong[member] = value;
        let refused = send(admin, Method::POST, TSPS, wrong).await;
        assert_eq!((refused.status.as_u16(), text(&refused.body, "/detail/0/path")), (422, format!("body.{member}").as_str()));
    }
    let made = send(admin, Method::POST, TSPS, body.clone()).await;
    assert_eq!((made.status.as_u16(), text(&made.body, "/slug")), (201, "platform-science"), "{}", made.body);
    assert_eq!(text(&send(admin, Method::POST, TSPS, body.clone()).await.body, "/error_type"), "tsp_exists");
    let requests = world.api.get(&format!("{EXTERNAL}/integration-requests")).await.unwrap();
    assert_eq!(requests[0]["integrated_tsp_ids"], json!([made.body["id"]]), "what was asked for is there");
    let path = format!("{TSPS}/{}", text(&made.body, "/id"));
    let changed = send(admin, Method::PATCH, &path, json!({ "description": "Tablets" })).await;
    assert_eq!((changed.status.as_u16(), text(&changed.body, "/description")), (200, "Tablets"));
    assert_eq!(
        text(&send(admin, Method::PATCH, &path, json!({ "source_name": "zonar" })).await.body, "/detail/0/path"),
        "body.source_name"
    );
    assert_eq!(send(admin, Method::DELETE, &path, Value::Null).await.status, 204);
    assert_eq!(send(admin, Method::GET, &path, Value::Null).await.status, 404);
    assert_eq!(send(admin, Method::POST, TSPS, body).await.body["id"], made.body["id"], "it comes back");
    assert_eq!(send(admin, Method::DELETE, &path, Value::Null).await.status, 204);
}

async fn providers_are_asked_for(world: &World, admin: &Api, fleet: &Api) {
    let all = fleet.get(EXTERNAL).await.unwrap();
    let samsara = all.as_array().unwrap().iter().find(|one| one["name"] == "Samsara").unwrap();
    assert_eq!(samsara["integrated_tsp_ids"].as_array().unwrap().len(), 1, "it can be linked");
    let found = world.api.get(&format!("{EXTERNAL}?q=platfrm%20science")).await.unwrap();
    assert_eq!((found.as_array().unwrap().len(), text(&found, "/0/name")), (1, "Platform Science"));
    assert_eq!(found[0]["integrated_tsp_ids"], json!([]));
    let path = format!("{EXTERNAL}/{}/request-integration", text(&found, "/0/id"));
    let body = json!({ "fleet_contact_name": "Ana Núñez", "fleet_contact_email": "ana@fleet.example", "fleet_contact_notes": "12 trucks" });
    let wrong = send(fleet, Method::POST, &path, json!({ "fleet_contact_email": "nobody" })).await;
    assert_eq!((wrong.status.as_u16(), text(&wrong.body, "/detail/0/path")), (422, "body.fleet_contact_email"));
    let asked = send(fleet, Method::POST, &path, body).await;
    assert_eq!((asked.status.as_u16(), text(&asked.body, "/fleet_ref")), (201, "looked-after"), "{}", asked.body);
    assert!(!asked.body.to_string().contains("ana@fleet.example"), "the address is nobody's to read");
    assert_eq!(text(&send(fleet, Method::POST, &path, Value::Null).await.body, "/error_type"), "integration_requested");
    let requests = format!("{EXTERNAL}/integration-requests");
    for (api, query, expected) in
        [(&world.api, "", 1), (&world.api, "?fleet_ref=looked-after", 1), (&world.api, "?fleet_ref=another", 0), (fleet, "", 1)]
    {
        let found = api.get(&format!("{requests}{query}")).await.unwrap();
        assert_eq!(found.as_array().unwrap().len(), expected, "{query}: {found}");
    }
    assert_eq!(send(admin, Method::GET, &requests, Value::Null).await.status, 403);
}
