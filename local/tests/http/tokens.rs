//! The token endpoint, by its RFCs.

use catena::demo;
use reqwest::Method;
use serde_json::json;

use crate::{World, answer};

const GRANT: [(&str, &str); 1] = [("grant_type", "client_credentials")];

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_given_by_the_rules_of_oauth() {
    let world = World::start().await;
    basic_is_read_encoded_and_plain(&world).await;
    scopes_narrow_a_token(&world).await;
    json_hears_of_its_content_type(&world).await;
    world.stop().await;
}

async fn basic_is_read_encoded_and_plain(world: &World) {
    let encoded: String = demo::CLIENT_SECRET.bytes().map(|byte| format!("%{byte:02x}")).collect();
    for secret in [demo::CLIENT_SECRET, &encoded] {
        let response = world.token().basic_auth(demo::CLIENT_ID, Some(secret)).form(&GRANT).send().await.unwrap();
        assert_eq!((response.status().as_u16(), &response.headers()["cache-control"]), (200, &"no-store".parse().unwrap()));
    }
    let response = world.token().basic_auth(demo::CLIENT_ID, Some("wrong")).form(&GRANT).send().await.unwrap();
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    assert_eq!((response.status().as_u16(), challenge), (401, "Basic realm=\"catena\""));
    let form = [GRANT[0], ("client_id", demo::CLIENT_ID), ("client_secret", "wrong")];
    let response = world.token().form(&form).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers().get("www-authenticate")), (401, None));
}

async fn scopes_narrow_a_token(world: &World) {
    let ask = |scope: &'static str| {
        let form = [GRANT[0], ("client_id", demo::CLIENT_ID), ("client_secret", demo::CLIENT_SECRET), ("scope", scope)];
        answer(world.token().form(&form))
    };
    let (status, token) = ask("fleet:read").await;
    assert_eq!((status.as_u16(), token["scope"].as_str()), (200, Some("fleet:read")), "{token}");
    let narrow = world.api.with_token(token["access_token"].as_str().unwrap());
    assert_eq!(narrow.send(Method::GET, "/v2/orgs/fleets").await.unwrap().status, 200);
    assert_eq!(narrow.send(Method::GET, "/v2/notifications/webhooks").await.unwrap().status, 403);
    let (status, error) = ask("fleet:read moon:read").await;
    assert_eq!((status.as_u16(), error["error"].as_str()), (400, Some("invalid_scope")));
    assert_eq!(error["error_description"], "the client does not have the scope moon:read");
}

async fn json_hears_of_its_content_type(world: &World) {
    let (status, error) = answer(world.token().json(&json!({ "grant_type": "client_credentials" }))).await;
    assert_eq!((status.as_u16(), error["error"].as_str()), (400, Some("invalid_request")));
    assert_eq!(error["error_description"], "Content-Type must be application/x-www-form-urlencoded");
}
