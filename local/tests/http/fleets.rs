//! What a fleet's tokens allow, and for how long.

use catena::api::Api;
use catena::demo;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{World, answer};

const CONNECTIONS: &str = "/v2/integrations/connections";

/// A fleet that accepted its invitation.
struct Accepted {
    invitation: String,
    api: Api,
    refresh: String,
}

async fn accepted(world: &World, fleet_ref: &str) -> Accepted {
    let invitation = world.api.invite(fleet_ref, "Token Trucking").await.unwrap();
    let invitation = invitation["id"].as_str().unwrap().to_owned();
    let path = format!("/v2/orgs/invitations/{invitation}/accept");
    let (status, body) = answer(world.request(Method::POST, &path)).await;
    assert_eq!(status, 200, "{body}");
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    let api = world.api.with_token(&text("pre_registration_access_token"));
    Accepted { invitation, api, refresh: text("pre_registration_refresh_token") }
}

async fn agreement(world: &World, fleet_ref: &str) -> String {
    let page = world.api.get(&format!("/v2/orgs/share-agreements?fleet_ref={fleet_ref}")).await.unwrap();
    page["items"][0]["id"].as_str().unwrap().to_owned()
}

async fn act(api: &Api, agreement: &str, action: &str) -> StatusCode {
    api.send(Method::POST, &format!("/v2/orgs/share-agreements/{agreement}/{action}")).await.unwrap().status
}

async fn refreshed(world: &World, fleet: &Accepted) -> (StatusCode, Value) {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", demo::CLIENT_ID),
        ("client_secret", demo::CLIENT_SECRET),
        ("refresh_token", &fleet.refresh),
    ];
    answer(world.token().form(&form)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_s_tokens_serve_its_consent() {
    let world = World::start().await;
    only_clients_that_may_read_invitations_get_tokens(&world).await;
    a_fleet_stops_sharing_by_itself(&world).await;
    tokens_end_with_the_agreement(&world).await;
    what_a_fleet_calls_its_account_is_its_own(&world).await;
    guessing_is_stopped(&world).await;
    a_slow_provider_is_waited_for(&world).await;
    world.stop().await;
}

async fn only_clients_that_may_read_invitations_get_tokens(world: &World) {
    let fleet = accepted(world, "tokens").await;
    let path = format!("/v2/orgs/invitations/{}", fleet.invitation);
    for (scope, sees) in [("telematics:read", false), ("invitation:create telematics:read", false), ("invitation:read", true)] {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", demo::CLIENT_ID),
            ("client_secret", demo::CLIENT_SECRET),
            ("scope", scope),
        ];
        let (_, token) = answer(world.token().form(&form)).await;
        let api = world.api.with_token(token["access_token"].as_str().unwrap());
        let read = api.get(&path).await.unwrap();
        assert_eq!(read["pre_registration_access_token"].is_string(), sees, "{scope}: {read}");
        assert_eq!(read["pre_registration_refresh_token"].is_string(), sees, "{scope}: {read}");
    }
}

async fn a_fleet_stops_sharing_by_itself(world: &World) {
    let fleet = accepted(world, "stops").await;
    let agreement = agreement(world, "stops").await;
    assert_eq!(act(&fleet.api, &agreement, "pause").await, 200);
    assert_eq!(act(&world.api, &agreement, "activate").await, 409, "the fleet paused it");
    // The partner can read the fleet's token, so it is not the fleet's consent.
    assert_eq!(act(&fleet.api, &agreement, "activate").await, 403, "it resumes in Connect");
    let longer = json!({ "effective_date": "2000-01-01T00:00:00Z", "expiration_date": null });
    let path = format!("/v2/orgs/share-agreements/{agreement}");
    assert_eq!(fleet.api.send_json(Method::PATCH, &path, &longer).await.unwrap().status, 422, "it asks in Connect");
    let connection = demo::connect(&fleet.api, demo::TSP, &world.platform.demo.keys(demo::TSP)[0]).await.unwrap();
    let path = format!("{CONNECTIONS}/{}", connection["id"].as_str().unwrap());
    let other = accepted(world, "looks-on").await;
    assert_eq!(other.api.send(Method::DELETE, &path).await.unwrap().status, 404, "another fleet's");
    assert_eq!(world.api.send(Method::DELETE, &path).await.unwrap().status, 403, "a partner's token");
    assert_eq!(fleet.api.send(Method::DELETE, &path).await.unwrap().status, 204);
    assert_eq!(fleet.api.get(CONNECTIONS).await.unwrap()["items"], json!([]));
    assert_eq!(act(&other.api, &agreement, "cancel").await, 404);
    assert_eq!(act(&fleet.api, &agreement, "cancel").await, 200);
    assert_eq!(fleet.api.send(Method::GET, CONNECTIONS).await.unwrap().status, 401, "its consent is over");
}

async fn tokens_end_with_the_agreement(world: &World) {
    for end in ["cancel", "delete"] {
        let fleet_ref = format!("ends-by-{end}");
        let fleet = accepted(world, &fleet_ref).await;
        let id = agreement(world, &fleet_ref).await;
        assert_eq!(act(&world.api, &id, "pause").await, 200);
        assert_eq!(fleet.api.send(Method::GET, CONNECTIONS).await.unwrap().status, 200, "a pause is not the end");
        assert_eq!(refreshed(world, &fleet).await.0, 200);
        let ended = match end {
            "delete" => world.api.send(Method::DELETE, &format!("/v2/orgs/share-agreements/{id}")).await.unwrap().status,
            _ => act(&world.api, &id, end).await,
        };
        assert!(ended.is_success(), "{end}: {ended}");
        let account = json!({ "tsp_id": uuid::Uuid::nil(), "credentials": { "token": "x" } });
        let linked = fleet.api.send_json(Method::POST, CONNECTIONS, &account).await.unwrap();
        assert_eq!(linked.status, 401, "{}", linked.body);
        assert_eq!(linked.body["detail"], "invalid access token: its share agreement has ended");
        let (status, error) = refreshed(world, &fleet).await;
        assert_eq!((status.as_u16(), error["error"].as_str()), (401, Some("invalid_grant")));
        let read = world.api.get(&format!("/v2/orgs/invitations/{}", fleet.invitation)).await.unwrap();
        assert!(read["pre_registration_access_token"].is_null() && read["pre_registration_refresh_token"].is_null(), "{read}");
    }
}

/// Two fleets, one account: each one's own words and times, and no other's.
async fn what_a_fleet_calls_its_account_is_its_own(world: &World) {
    let (first, second) = (accepted(world, "names-first").await, accepted(world, "names-second").await);
    let tsps = world.api.get("/v2/orgs/tsps?slug=samsara").await.unwrap();
    let link = async |fleet: &Accepted, description: Option<&str>| {
        let credentials = json!({ "token": world.platform.demo.keys(demo::TSP)[1] });
        let body = json!({ "tsp_id": tsps[0]["id"], "credentials": credentials, "description": description });
        fleet.api.send_json(Method::POST, CONNECTIONS, &body).await.unwrap().expect(&[200]).unwrap()
    };
    let one = link(&first, Some("Bob's yard, ask for Bob")).await;
    let other = link(&second, Some("East")).await;
    assert_eq!((one["id"].clone(), one["description"].as_str()), (other["id"].clone(), Some("Bob's yard, ask for Bob")));
    assert_eq!(other["description"], "East");
    let of = async |fleet_ref: &str| {
        let list = world.api.get(&format!("{CONNECTIONS}?fleet_refs={fleet_ref}")).await.unwrap();
        let freshness = world.api.get(&format!("{CONNECTIONS}/data-freshness?fleet_refs={fleet_ref}")).await.unwrap();
        (list["items"][0].clone(), freshness[0]["connection_description"].clone())
    };
    let (before, fresh) = of("names-first").await;
    assert_eq!(
        (before["description"].as_str(), fresh.as_str()),
        (Some("Bob's yard, ask for Bob"), Some("Bob's yard, ask for Bob"))
    );
    let renamed = link(&second, Some("West")).await;
    assert_eq!((renamed["description"].as_str(), renamed["created_at"].clone()), (Some("West"), other["created_at"].clone()));
    assert_eq!(link(&second, None).await["description"], "West", "a name that is left out stays");
    let (read, fresh) = of("names-second").await;
    assert_eq!((read["description"].as_str(), fresh.as_str()), (Some("West"), Some("West")));
    assert!(read["updated_at"].as_str() > other["updated_at"].as_str());
    assert_eq!(of("names-first").await.0, before, "the other fleet changed nothing here");
    let by_id = second.api.get(&format!("{CONNECTIONS}/{}", one["id"].as_str().unwrap())).await.unwrap();
    assert_eq!(by_id["description"], "West");
}

async fn guessing_is_stopped(world: &World) {
    let fleet = accepted(world, "guesses").await;
    let tsps = world.api.get("/v2/orgs/tsps?slug=samsara").await.unwrap();
    let attempt = async |token: String| {
        let body = json!({ "tsp_id": tsps[0]["id"], "credentials": { "token": token } });
        fleet.api.send_json(Method::POST, CONNECTIONS, &body).await.unwrap()
    };
    for _ in 0..12 {
        assert_eq!(attempt(world.platform.demo.keys(demo::TSP)[0].clone()).await.status, 200, "what works is no guess");
    }
    let wrong = futures::future::join_all((0..40).map(|number| attempt(format!("samsara_api_{number}")))).await;
    let reached = wrong.iter().filter(|response| response.status == 422).count();
    assert!((1..=10).contains(&reached), "{reached} of 40 guesses reached the provider");
    let mut asked = reached;
    while asked <= 12 && attempt("samsara_api_more".into()).await.status == 422 {
        asked += 1;
    }
    assert_eq!(asked, 10);
    let limited = attempt(world.platform.demo.keys(demo::TSP)[0].clone()).await;
    assert_eq!(limited.status, 429, "{}", limited.body);
    assert!(limited.body["detail"]["retry_after_seconds"].as_u64() > Some(600), "{}", limited.body);
    let other = accepted(world, "guesses-not").await;
    demo::connect(&other.api, demo::TSP, &world.platform.demo.keys(demo::TSP)[0]).await.unwrap();
}

/// A provider has 20 seconds.
async fn a_slow_provider_is_waited_for(world: &World) {
    let fleet = accepted(world, "waits").await;
    let simulated = world.platform.demo.simulated.iter().find(|provided| provided.name == demo::TSP).unwrap();
    let simulator = simulated.url.trim_end_matches("/samsara");
    let slow = async |milliseconds: u64| {
        let faults = json!({ "slow_ms": milliseconds });
        let answer = world.http.put(format!("{simulator}/_sim/faults")).json(&faults).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
    };
    slow(8_000).await;
    let linked = demo::connect(&fleet.api, demo::TSP, &world.platform.demo.keys(demo::TSP)[1]).await;
    slow(0).await;
    assert_eq!(linked.unwrap()["status"], "active");
}
