//! The main job with distinctive secrets, and everything about it that can go wrong.

use catena::api::{Api, ApiResponse};
use reqwest::Method;
use serde_json::{Value, json};

use crate::canaries::{Canary, ForbiddenPlaces};
use crate::recorder;
use crate::running::Running;
use crate::sign_in;

const WRONG_TSP_TOKEN: &str = "canary-wrong-tsp-token-5b1f";
/// The simulator's second account.
const TSP_TOKEN: &str = "samsara_api_demo2";
const WRONG_CLIENT_SECRET: &str = "canary-wrong-client-secret-77aa";
const FORGED_TOKEN: &str = "canary.forged.access-token-0c3d9e4f5a6b7c8d";
const URL_PATH: &str = "canary-webhook-path-91e2";
/// The secrets of the subscriptions, by the status that their receiver returns.
const WEBHOOKS: &[(u16, &str, &str)] = &[
    (200, "vehicle_location.added", "canary-webhook-secret-taken"),
    (500, "vehicle.added", "canary-webhook-secret-failing"),
    (404, "user.added", "canary-webhook-secret-refused"),
    (410, "hos_event.added", "canary-webhook-secret-gone"),
];

/// Does it all, and names the secrets.
pub(crate) async fn drive(running: &Running) -> Vec<Canary> {
    let mut canaries = vec![
        Canary::new("the wrong TSP token", WRONG_TSP_TOKEN, ForbiddenPlaces::All),
        Canary::new("the TSP token", TSP_TOKEN, ForbiddenPlaces::All),
        Canary::new("the wrong client secret", WRONG_CLIENT_SECRET, ForbiddenPlaces::All),
        Canary::new("the forged token", FORGED_TOKEN, ForbiddenPlaces::All),
        Canary::new("the path of a webhook's URL", URL_PATH, ForbiddenPlaces::Logs),
    ];
    let api = partner(running, &mut canaries).await;
    subscribe(&api, &mut canaries).await;
    let fleet = fleet(running, &api, &mut canaries).await;
    sign_in::signs_in(running, &api, &mut canaries).await;
    refusals(running, &fleet).await;
    connected(running, &api, &fleet).await;
    canaries
}

/// A partner by `catena admin`, signed in with its second secret.
async fn partner(running: &Running, canaries: &mut Vec<Canary>) -> Api {
    assert_eq!(admin(running, &["catalogue"]).await, json!({ "added": [] }), "the local platform has the whole catalogue");
    point_samsara_elsewhere(running).await;
    let create = ["partner", "create", "--name", "Canary Mutual"];
    let made = admin(running, &create).await;
    let (id, first) = (text(&made, "/client_id"), text(&made, "/client_secret"));
    let again = admin(running, &create).await;
    assert_eq!((again["partner_id"].as_str(), again["client_secret"].as_str()), (made["partner_id"].as_str(), None));
    let (done, complaint) = running.admin(&["partner", "create", "--name", "Canary mutual"]).await;
    assert!(!done && complaint.contains("belongs to"), "{complaint}");

    let second = text(&admin(running, &["client", "rotate", "--client-id", &id]).await, "/client_secret");
    assert!(Api::sign_in(&running.url, &id, &first).await.is_err(), "the secret before the rotation still works");
    let wrong = Api::sign_in(&running.url, &id, WRONG_CLIENT_SECRET).await.err().unwrap();
    running.answers.lock().unwrap().push_str(&format!("{wrong:#}\n"));

    let token = token(running, &id, &second).await;
    canaries.push(Canary::new("the first client secret", &first, ForbiddenPlaces::All));
    canaries.push(Canary::new("the client secret", &second, ForbiddenPlaces::All));
    canaries.push(Canary::new("the access token", &token, ForbiddenPlaces::All));
    let extra = admin(running, &["client", "create", "--partner", "canary-mutual", "--client-id", "canary-2"]).await;
    canaries.push(Canary::new("the secret of a client that ends", &text(&extra, "/client_secret"), ForbiddenPlaces::All));
    let operator = admin(running, &["client", "create", "--platform-admin", "--client-id", "canary-operator"]).await;
    let operator_secret = text(&operator, "/client_secret");
    canaries.push(Canary::new("the secret of an administrator", &operator_secret, ForbiddenPlaces::All));
    assert_eq!(operator["partner_id"], Value::Null);
    let operator = Api::sign_in(&running.url, "canary-operator", &operator_secret).await.unwrap();
    assert_eq!(operator.send(Method::GET, "/v2/telematics/vehicles").await.unwrap().status, 403, "fleets share nothing with it");
    let (done, complaint) =
        running.admin(&["client", "create", "--partner", "canary-mutual", "--client-id", "canary-operator"]).await;
    assert!(!done && complaint.contains("somebody else"), "{complaint}");
    let extra_secret = text(&extra, "/client_secret");
    Api::sign_in(&running.url, "canary-2", &extra_secret).await.unwrap().revoke("canary-2", &extra_secret).await.unwrap();
    assert!(running.admin(&["client", "revoke", "--client-id", "canary-2"]).await.0);
    assert!(Api::sign_in(&running.url, "canary-2", &extra_secret).await.is_err(), "an ended client signs in");
    Api::new(&running.url).unwrap().with_token(&token)
}

/// `catena admin tsp`: a path of the simulator's own, which nothing but the operator names.
async fn point_samsara_elsewhere(running: &Running) {
    let base = format!("{}/samsara", running.simulator).replace("127.0.0.1", "localhost");
    let set = admin(running, &["tsp", "set", "--slug", "samsara", "--base-url", &base]).await;
    let listed = admin(running, &["tsp", "list"]).await;
    assert_eq!((&set["tsps"][0], set["tsps"][0]["base_url"].as_str()), (&listed["tsps"][2], Some(base.as_str())), "{listed}");
    let (done, complaint) = running.admin(&["tsp", "set", "--slug", "samsara", "--base-url", "http://api.samsara.com"]).await;
    assert!(!done && complaint.contains("https"), "{complaint}");
    let (done, complaint) = running.admin(&["tsp", "set", "--slug", "nobody", "--base-url", "https://a.example"]).await;
    assert!(!done && complaint.contains("no TSP nobody"), "{complaint}");
}

async fn admin(running: &Running, arguments: &[&str]) -> Value {
    let (done, output) = running.admin(arguments).await;
    assert!(done, "{output}");
    serde_json::from_str(&output).unwrap()
}

/// An access token, as text.
async fn token(running: &Running, client_id: &str, client_secret: &str) -> String {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_secret", client_secret),
        ("scope", "organization"),
    ];
    let url = format!("{}/realms/catena/protocol/openid-connect/token", running.url);
    let answer: Value = reqwest::Client::new().post(url).form(&form).send().await.unwrap().json().await.unwrap();
    text(&answer, "/access_token")
}

async fn subscribe(api: &Api, canaries: &mut Vec<Canary>) {
    let receiver = recorder::receiver().await;
    for (status, event, secret) in WEBHOOKS {
        let body = json!({ "url": format!("{receiver}/{URL_PATH}/{status}"), "event_name": event, "secret": secret });
        api.send_json(Method::POST, "/v2/notifications/webhooks", &body).await.unwrap().expect(&[200]).unwrap();
        canaries.push(Canary::new("a webhook secret", secret, ForbiddenPlaces::All));
    }
}

/// A fleet that opened its link in a browser and accepted by the API.
async fn fleet(running: &Running, api: &Api, canaries: &mut Vec<Canary>) -> Api {
    let browsed = api.invite("canary-browser", "Canary Browser").await.unwrap();
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let opened = browser.get(text(&browsed, "/magic_link")).send().await.unwrap();
    let cookie = opened.headers().get("set-cookie").unwrap().to_str().unwrap().split(';').next().unwrap().to_owned();
    let session = cookie.rsplit_once('.').unwrap().1;
    let consent = format!("{}{}", running.url, opened.headers()["location"].to_str().unwrap());
    let page = browser.get(consent).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(page.status(), 200);
    canaries.push(Canary::new("the session cookie", session, ForbiddenPlaces::All));
    canaries.push(Canary::new("the id of an opened invitation", &text(&browsed, "/id"), ForbiddenPlaces::Logs));

    let invitation = api.invite("canary-fleet", "Canary Trucking").await.unwrap();
    let id = text(&invitation, "/id");
    let accepted = api.send(Method::POST, &format!("/v2/orgs/invitations/{id}/accept")).await.unwrap().expect(&[200]).unwrap();
    let access = text(&accepted, "/pre_registration_access_token");
    let refresh = text(&accepted, "/pre_registration_refresh_token");
    canaries.push(Canary::new("the id of the invitation", &id, ForbiddenPlaces::Logs));
    canaries.push(Canary::new("the fleet's access token", &access, ForbiddenPlaces::All));
    canaries.push(Canary::new("the fleet's refresh token", &refresh, ForbiddenPlaces::All));
    api.with_token(&access)
}

/// Requests that are rejected, and the error responses.
async fn refusals(running: &Running, fleet: &Api) {
    let connections = "/v2/integrations/connections";
    let tsp = text(&fleet.get("/v2/orgs/tsps?slug=samsara").await.unwrap(), "/0/id");
    let with = |token: &str| json!({ "tsp_id": tsp, "credentials": { "token": token } });
    let wrong = fleet.send_json(Method::POST, connections, &with(WRONG_TSP_TOKEN)).await.unwrap();
    let misplaced = json!({ "tsp_id": tsp, "credentials": { "tokken": WRONG_TSP_TOKEN } });
    let misplaced = fleet.send_json(Method::POST, connections, &misplaced).await.unwrap();
    let forged = fleet.with_token(FORGED_TOKEN).send(Method::GET, "/v2/orgs/fleets").await.unwrap();
    faults(running, json!({ "server_error_next": 50 })).await;
    let down = fleet.send_json(Method::POST, connections, &with(TSP_TOKEN)).await.unwrap();
    faults(running, json!({})).await;
    for (name, answer, status) in [("wrong", wrong, 422), ("misplaced", misplaced, 422), ("forged", forged, 401)] {
        assert_eq!(answer.status.as_u16(), status, "{name}: {}", answer.body);
        running.answers.lock().unwrap().push_str(&format!("{}\n", answer.body));
    }
    assert!(!down.status.is_success(), "{}", down.body);
    running.answers.lock().unwrap().push_str(&format!("{}\n", down.body));
}

async fn faults(running: &Running, faults: Value) {
    let url = format!("{}/_sim/faults", running.simulator);
    reqwest::Client::new().put(url).json(&faults).send().await.unwrap().error_for_status().unwrap();
}

/// A connection, its records delivered and refused; then runs that the TSP fails.
async fn connected(running: &Running, api: &Api, fleet: &Api) {
    let connection = catena::demo::connect(fleet, "samsara", TSP_TOKEN).await.unwrap();
    let id = text(&connection, "/id");
    running.until("executions", |output| executions(output, &id, "success") >= 4).await;
    for outcome in ["delivered", "failed", "refused", "gone"] {
        running.until(outcome, |output| output.contains(&format!("\"outcome\":\"{outcome}\""))).await;
    }
    let agreement = text(&api.get("/v2/orgs/share-agreements?fleet_ref=canary-fleet").await.unwrap(), "/items/0/id");
    let act = |what: &str| format!("/v2/orgs/share-agreements/{agreement}/{what}");
    api.send(Method::POST, &act("pause")).await.unwrap().expect(&[200]).unwrap();
    faults(running, json!({ "server_error_next": 200 })).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    api.send(Method::POST, &act("activate")).await.unwrap().expect(&[200]).unwrap();
    running.until("failed executions", |output| executions(output, &id, "failed") >= 1).await;
}

fn executions(output: &str, connection: &str, status: &str) -> usize {
    let line = |line: &&str| line.contains("\"message\":\"execution\"") && line.contains(connection);
    output.lines().filter(line).filter(|line| line.contains(&format!("\"status\":\"{status}\""))).count()
}

fn text(body: &Value, pointer: &str) -> String {
    ApiResponse::text(body, pointer).unwrap()
}
