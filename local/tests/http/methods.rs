//! Methods beside those of the operations: HEAD, OPTIONS, and what a path does not serve.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::{World, documentation};

#[tokio::test(flavor = "multi_thread")]
async fn every_path_answers_every_method() {
    let world = World::start().await;
    head_is_get_without_its_body(&world).await;
    a_head_of_a_magic_link_uses_nothing_up(&world).await;
    methods_are_listed(&world).await;
    documentation::partners_read_how_it_works(&world).await;
    world.stop().await;
}

async fn send(world: &World, method: Method, path: &str) -> Response {
    world.request(method, path).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn head_is_get_without_its_body(world: &World) {
    for path in ["/v2/orgs/tsps", "/v2/orgs/tsps/nothing", "/v2/telematics/vehicles", "/connect/assets/connect.css", "/?invite=x"]
    {
        let (head, get) = (send(world, Method::HEAD, path).await, send(world, Method::GET, path).await);
        assert_eq!(head.status(), get.status(), "{path}");
        for name in ["content-type", "www-authenticate", "cache-control", "content-length"] {
            assert_eq!(header(&head, name), header(&get, name), "{name} of {path}");
        }
        assert!(head.bytes().await.unwrap().is_empty() && !get.bytes().await.unwrap().is_empty(), "{path}");
    }
}

async fn a_head_of_a_magic_link_uses_nothing_up(world: &World) {
    let invitation = world.api.invite("scanned", "Scanned Trucking").await.unwrap();
    let link = format!("/?invite={}", invitation["id"].as_str().unwrap());
    let head = send(world, Method::HEAD, &link).await;
    let target = header(&head, "location");
    assert!(head.status() == 303 && target.starts_with("/connect/s/") && target.ends_with("/consent"), "{target}");
    assert_eq!(header(&head, "set-cookie"), "");
    let read = world.api.get(&format!("/v2/orgs/invitations/{}", invitation["id"].as_str().unwrap())).await.unwrap();
    assert_eq!((&read["status"], &read["updated_at"]), (&json!("active"), &invitation["updated_at"]));
    let get = send(world, Method::GET, &link).await;
    assert!(header(&get, "set-cookie").starts_with("connect-"), "the link still opens");
}

async fn methods_are_listed(world: &World) {
    let allowed = "GET, HEAD, POST, OPTIONS";
    let response = send(world, Method::OPTIONS, "/v2/orgs/invitations").await;
    assert_eq!((response.status().as_u16(), header(&response, "allow")), (204, allowed));
    let response = send(world, Method::PUT, "/v2/orgs/invitations").await;
    assert_eq!((response.status().as_u16(), header(&response, "allow")), (405, allowed));
    assert!(!header(&response, "x-request-id").is_empty());
    let error: Value = response.json().await.unwrap();
    let detail = "PUT is not served here; GET, HEAD, POST, OPTIONS are";
    assert_eq!((&error["code"], &error["detail"]), (&json!(405), &json!(detail)));
    // Another path with a parameter in this place has the method.
    let response = send(world, Method::DELETE, "/v2/integrations/connections/data-freshness").await;
    assert_eq!(response.status(), 401);
    let response = send(world, Method::GET, "/v2/orgs/fleets/?size=1").await;
    let status = response.status().as_u16();
    let error: Value = response.json().await.unwrap();
    assert_eq!((status, &error["detail"]), (404, &json!("path not found; did you mean /v2/orgs/fleets?")));
    let response = send(world, Method::OPTIONS, "/v2/nothing").await;
    assert_eq!((response.status().as_u16(), header(&response, "allow")), (404, ""));
}
