//! What fleets give before they link an account.

use catena::api::Api;
use reqwest::Method;
use serde_json::{Value, json};

use crate::World;

const PRE_AUTHS: &str = "/v2/integrations/connection-pre-auths";
const CONNECTIONS: &str = "/v2/integrations/connections";

/// One that is kept is used once, by the fleet that gave it and for its provider.
pub(crate) async fn are_used_once(world: &World, fleet: &Api, other: &Api) {
    let id = async |slug: &str| world.api.get(&format!("/v2/orgs/tsps?slug={slug}")).await.unwrap()[0]["id"].clone();
    let (geotab, samsara) = (id("geotab").await, id("samsara").await);
    let key = &world.platform.demo.keys("geotab")[0];
    let mut account: serde_json::Map<String, Value> =
        simulator::credentials("geotab", key).unwrap().into_iter().map(|(name, value)| (name.into(), json!(value))).collect();
    let (username, password) = (account.remove("username").unwrap(), account.remove("password").unwrap());

    let body = json!({ "tsp_id": geotab, "pre_auth_credentials": { "username": username, "password": password } });
    let kept = fleet.send_json(Method::POST, PRE_AUTHS, &body).await.unwrap();
    assert_eq!(kept.status, 201, "{}", kept.body);
    assert_eq!(kept.body.as_str().map(str::len), Some(36), "a bare id: {}", kept.body);
    let link = async |caller: &Api, tsp: &Value, credentials: Value| {
        let body = json!({ "tsp_id": tsp, "credentials": credentials, "pre_auth_id": kept.body });
        caller.send_json(Method::POST, CONNECTIONS, &body).await.unwrap()
    };
    let refused = async |caller: &Api, tsp: &Value, credentials: Value| {
        let answer = link(caller, tsp, credentials).await;
        let detail = &answer.body["detail"][0];
        assert_eq!((answer.status.as_u16(), detail["error_type"].as_str()), (422, Some("unknown_pre_auth")), "{}", answer.body);
        assert_eq!(detail["path"], "body.pre_auth_id");
    };
    refused(other, &geotab, json!(account)).await;
    refused(fleet, &samsara, json!({ "token": "t" })).await;

    // What others tried in vain is still there, for one of many at once.
    let answers = futures::future::join_all((0..20).map(|_| link(fleet, &geotab, json!(account)))).await;
    let linked = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(linked, 1, "{:?}", answers.iter().map(|answer| &answer.body).collect::<Vec<_>>());
    refused(fleet, &geotab, json!(account)).await;

    let unknown = json!({ "tsp_id": uuid::Uuid::nil(), "pre_auth_credentials": { "username": "u", "password": "s3cret" } });
    let lacking = json!({ "tsp_id": geotab, "pre_auth_credentials": { "username": "u" } });
    for (body, path) in [(unknown, "body.tsp_id"), (lacking, "body.pre_auth_credentials.password")] {
        let answer = fleet.send_json(Method::POST, PRE_AUTHS, &body).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.body["detail"][0]["path"].as_str()), (422, Some(path)), "{}", answer.body);
        assert!(!answer.body.to_string().contains("s3cret"));
    }
}
