//! Schedules are made, changed, suspended, activated and deleted by the API.

use catena::api::{Api, ApiResponse};
use reqwest::Method;
use serde_json::{Value, json};
use store::control::{Key, Write};

use crate::World;

/// By an administrator and by the fleet whose connection it is, which no other fleet has.
pub(crate) async fn are_looked_after(world: &World, (fleet, fleet_ref): (&Api, &str), connection: &str) {
    let made = world.platform.create_admin("operator").await.unwrap();
    let admin = Api::sign_in(&world.url, &made.client_id, &made.client_secret.unwrap()).await.unwrap();
    assert_eq!(world.platform.create_admin("operator").await.unwrap().client_secret, None, "a secret is shown once");
    resume(world, connection).await;
    let path = format!("{connection}/schedules");
    let vehicle = first(&admin, &path, "vehicle").await;
    let one = format!("{path}/{}", vehicle["id"].as_str().unwrap());
    changes(&admin, fleet, &one).await;
    suspends(world, &admin, fleet, (&path, &one)).await;
    ends_and_begins_anew(&admin, (&path, &one), &vehicle).await;
    fills_in(world, &admin, (fleet, fleet_ref), connection).await;
}

/// The fleet paused its connection, which is resumed in Connect.
async fn resume(world: &World, connection: &str) {
    use model::connection::{Connection, ConnectionStatus};
    let id = connection.rsplit('/').next().unwrap().parse().unwrap();
    let now = world.platform.context().now();
    let active = |seen: &Connection| Some(Connection { status: ConnectionStatus::Active, updated_at: now, ..seen.clone() });
    world.platform.context().store().update(Key::connection(id), active).await.unwrap();
}

async fn send(api: &Api, method: Method, path: &str, body: Value) -> ApiResponse {
    match body {
        Value::Null => api.send(method, path).await.unwrap(),
        body => api.send_json(method, path, &body).await.unwrap(),
    }
}

async fn first(api: &Api, path: &str, resource: &str) -> Value {
    api.get(&format!("{path}?resource={resource}")).await.unwrap()["items"][0].clone()
}

async fn changes(admin: &Api, fleet: &Api, one: &str) {
    let body = json!({
        "execution_interval_seconds": 120, "consecutive_error_threshold": 3, "max_concurrent_executions": 2,
        "next_execution_at": "2099-01-01T00:00:00Z", "last_data_at": null,
    });
    let changed = send(fleet, Method::PATCH, one, body).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let found = &changed.body;
    assert_eq!((found["execution_interval_seconds"].as_u64(), found["max_concurrent_executions"].as_u64()), (Some(120), Some(2)));
    assert_eq!(found["last_data_at"], Value::Null);
    let fresh = admin.get("/v2/integrations/connections/data-freshness").await;
    assert!(fresh.is_err(), "an administrator reads nothing of fleets");
    let fresh = fleet.get("/v2/integrations/connections/data-freshness").await.unwrap();
    let is_it = |row: &&Value| row["schedule_id"] == found["id"];
    let row = fresh.as_array().unwrap().iter().find(is_it).unwrap();
    assert_eq!(row["next_execution_at"], "2099-01-01T00:00:00.000000Z");
    for (member, value) in [
        ("execution_interval_seconds", json!(9)),
        ("consecutive_error_threshold", json!(0)),
        ("max_concurrent_executions", json!(11)),
        ("status", json!("stale")),
        ("cursor", json!(7)),
        ("resource", json!("user")),
    ] {
        let refused = send(admin, Method::PATCH, one, json!({ member: value })).await;
        assert_eq!(refused.status, 422, "{member}");
        assert_eq!(refused.body["detail"][0]["path"], format!("body.{member}"), "{}", refused.body);
    }
}

async fn suspends(world: &World, admin: &Api, fleet: &Api, (path, one): (&str, &str)) {
    let kind = |answer: &ApiResponse| answer.body["error_type"].as_str().map(str::to_owned);
    let activate = format!("{one}/activate");
    let running = send(admin, Method::POST, &activate, Value::Null).await;
    assert_eq!((running.status.as_u16(), kind(&running).as_deref()), (409, Some("schedule_not_suspended")));
    assert_eq!(send(fleet, Method::PATCH, one, json!({ "status": "paused" })).await.body["status"], "paused");
    let resumed = send(fleet, Method::POST, &activate, Value::Null).await;
    assert_eq!(
        (resumed.status.as_u16(), kind(&resumed).as_deref()),
        (403, Some("consent_required")),
        "its partner has this token"
    );
    let all = format!("{path}/activate-schedules");
    assert_eq!(send(fleet, Method::POST, &all, Value::Null).await.body, json!([]));
    let all = send(admin, Method::POST, &all, Value::Null).await;
    assert_eq!((all.status.as_u16(), all.body.as_array().unwrap().len()), (200, 1));
    assert_eq!(all.body[0]["status"], "active");
    // It runs at once, whatever its next instant was.
    let executions = format!("{one}/executions");
    let paused = send(admin, Method::PATCH, one, json!({ "status": "paused" })).await;
    assert_eq!(paused.body["status"], "paused", "{}", paused.body);
    let before = runs(&world.api, &executions).await;
    assert_eq!(send(admin, Method::POST, &activate, Value::Null).await.body["status"], "active");
    let started = std::time::Instant::now();
    while runs(&world.api, &executions).await == before {
        assert!(started.elapsed().as_secs() < 20, "it never ran");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

async fn runs(partner: &Api, executions: &str) -> usize {
    partner.get(executions).await.unwrap()["items"].as_array().unwrap().len()
}

async fn ends_and_begins_anew(admin: &Api, (path, one): (&str, &str), vehicle: &Value) {
    let wanted = json!({ "resource": "vehicle", "execution_interval_seconds": 900 });
    assert_eq!(send(admin, Method::POST, path, wanted.clone()).await.body["error_type"], "schedule_exists");
    assert_eq!(send(admin, Method::DELETE, one, Value::Null).await.status, 204);
    assert_eq!(send(admin, Method::DELETE, one, Value::Null).await.status, 404);
    assert_eq!(send(admin, Method::GET, one, Value::Null).await.status, 404);
    assert_eq!(first(admin, path, "vehicle").await, Value::Null);
    let refused = send(admin, Method::POST, path, json!({ "resource": "location_segment" })).await;
    assert_eq!((refused.status.as_u16(), refused.body["detail"][0]["path"].as_str()), (422, Some("body.resource")));
    let made = send(admin, Method::POST, path, wanted).await;
    assert_eq!((made.status.as_u16(), &made.body["id"]), (200, &vehicle["id"]), "{}", made.body);
    assert_eq!((made.body["execution_interval_seconds"].as_u64(), made.body["status"].as_str()), (Some(900), Some("active")));
}

/// What an earlier build left without a schedule gets one, and what an agreement lacks is added to it.
async fn fills_in(world: &World, admin: &Api, (fleet, fleet_ref): (&Api, &str), connection: &str) {
    const BACKFILL: &str = "/v2/integrations/connections/schedules/backfill";
    let path = format!("{connection}/schedules");
    let id: model::ConnectionId = connection.rsplit('/').next().unwrap().parse().unwrap();
    let user = first(admin, &path, "user").await;
    let keys = [Key::schedule(id, user["id"].as_str().unwrap().parse().unwrap()), Key::schedule_for(id, model::Resource::User)];
    world.platform.context().store().commit(keys.map(Write::delete).into()).await.unwrap();
    for (filter, expected) in [
        (json!({ "tsp_id": uuid::Uuid::nil() }), json!([])),
        (json!({ "connection_ids": [uuid::Uuid::nil()] }), json!([])),
        (json!({}), json!([id])),
        (json!({ "connection_ids": [id] }), json!([])),
    ] {
        let mut body = filter.clone();
        body["resource"] = json!("user");
        let filled = send(admin, Method::POST, BACKFILL, body).await;
        assert_eq!((filled.status.as_u16(), &filled.body["connection_ids"]), (200, &expected), "{filter}");
    }
    assert_ne!(first(admin, &path, "user").await, Value::Null);

    const AGREEMENTS: &str = "/v2/orgs/share-agreements/backfill";
    let agreement = fleet.get("/v2/orgs/share-agreements").await.unwrap()["items"][0].clone();
    let agreement_id = agreement["id"].as_str().unwrap().parse().unwrap();
    let partner_id = agreement["partner_id"].as_str().unwrap().parse().unwrap();
    let without = |seen: &model::agreement::Agreement| {
        let mut next = seen.clone();
        next.scopes.remove(&model::Resource::Trailer);
        next.updated_at = world.platform.context().now();
        Some(next)
    };
    world.platform.context().store().update(Key::agreement(partner_id, agreement_id), without).await.unwrap();
    let body = json!({ "resource": "trailer", "fleet_ids": [agreement["fleet_id"]] });
    for expected in [json!([agreement["id"]]), json!([])] {
        let filled = send(admin, Method::POST, AGREEMENTS, body.clone()).await;
        assert_eq!((filled.status.as_u16(), &filled.body["share_agreement_ids"]), (200, &expected));
    }
    let found = world.api.get(&format!("/v2/orgs/share-agreements?fleet_ref={fleet_ref}")).await.unwrap();
    assert_eq!(found["items"][0]["scopes"]["trailer"], "read");
    let nobody = send(admin, Method::POST, AGREEMENTS, json!({ "resource": "trailer", "fleet_ids": [] })).await;
    assert_eq!(nobody.body["detail"][0]["path"], "body.fleet_ids", "nobody is not everybody: {}", nobody.body);
    let all = send(admin, Method::POST, AGREEMENTS, json!({ "resource": "trailer" })).await;
    assert_eq!(all.body["share_agreement_ids"], json!([]), "all that is in force has it");
}
