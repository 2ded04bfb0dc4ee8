//! The whole platform, over HTTP only: the main job, and every refusal that the API documents.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use catena::api::{Api, ApiResponse};
use catena::check::{self, Target, Walk};
use catena::{Options, Platform, demo};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_holds() {
    let target = Target::own(Options::ephemeral(5)).await.unwrap();
    let report = check::walk(&target, Walk { tick: false, quiet: false }).await;
    target.stop().await.unwrap();
    assert!(report.passed(), "{}", report.json());
}

/// A rejected request and its expected response.
struct Refused<'a> {
    method: Method,
    path: &'a str,
    body: Option<&'a str>,
    status: u16,
    path_of_problem: &'a str,
    error_type: &'a str,
}

fn refused<'a>(method: Method, path: &'a str, body: Option<&'a str>, status: u16, problem: (&'a str, &'a str)) -> Refused<'a> {
    Refused { method, path, body, status, path_of_problem: problem.0, error_type: problem.1 }
}

async fn check_refusal(api: &Api, case: &Refused<'_>) {
    let answer = api.raw(case.method.clone(), case.path, case.body).await.unwrap();
    let name = format!("{} {} {:?}: {}", case.method, case.path, case.body, answer.body);
    assert_eq!(answer.status.as_u16(), case.status, "{name}");
    assert_eq!(answer.body.get("code"), Some(&json!(case.status)), "{name}");
    if !case.error_type.is_empty() {
        let details = answer.body.get("detail").and_then(Value::as_array).cloned().unwrap_or_default();
        let wanted = |detail: &Value| detail["path"] == case.path_of_problem && detail["error_type"] == case.error_type;
        assert!(details.iter().any(wanted), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_refused_with_its_reason_and_stores_nothing() {
    use Method as M;
    let platform = Platform::start(Options::ephemeral(5), &|_| ()).await.unwrap();
    let url = platform.demo.url.clone();
    let api = Api::sign_in(&url, demo::CLIENT_ID, demo::CLIENT_SECRET).await.unwrap();
    let nobody = Api::new(&url).unwrap();
    let foreign = "/v2/orgs/fleets/01900000-0000-7000-8000-000000000000";
    let invitations = "/v2/orgs/invitations";
    let locations = "/v2/telematics/vehicle-locations";
    for case in [
        refused(M::POST, invitations, Some("{\"fleet_ref\": "), 400, ("", "")),
        refused(M::POST, invitations, Some("{}"), 422, ("body.fleet_ref", "missing")),
        refused(M::POST, invitations, Some("{\"fleet_ref\": 7}"), 422, ("body.fleet_ref", "type")),
        refused(M::POST, invitations, Some("{\"fleet_ref\": \"a\", \"color\": 1}"), 422, ("body.color", "unknown_field")),
        refused(
            M::POST,
            invitations,
            Some("{\"fleet_ref\": \"a\", \"expires_in_hours\": 673}"),
            422,
            ("body.expires_in_hours", "range"),
        ),
        refused(
            M::POST,
            invitations,
            Some("{\"fleet_ref\": \"a\", \"permissions\": {\"vehicles\": \"read\"}}"),
            422,
            ("body.permissions.vehicles", "enum"),
        ),
        refused(
            M::POST,
            invitations,
            Some("{\"fleet_ref\": \"a\", \"limit_tsps\": [\"nobody\"]}"),
            422,
            ("body.limit_tsps.0", "enum"),
        ),
        refused(
            M::POST,
            invitations,
            Some("{\"fleet_ref\": \"a\", \"callback_url\": \"http://a.example\"}"),
            422,
            ("body.callback_url", "format"),
        ),
        refused(
            M::POST,
            invitations,
            Some("{\"fleet_ref\": \"a\", \"fleet_name\": \"A\", \"partner_provided_fleet_name\": \"B\"}"),
            422,
            ("body.partner_provided_fleet_name", "conflict_fields"),
        ),
        refused(M::GET, "/v2/orgs/fleets?color=red", None, 422, ("query.color", "unknown_parameter")),
        refused(M::GET, "/v2/orgs/fleets?size=0", None, 422, ("query.size", "range")),
        refused(M::GET, "/v2/orgs/fleets?cursor=abc.def", None, 422, ("query.cursor", "cursor_invalid")),
        refused(M::GET, "/v2/orgs/fleets/none", None, 422, ("path.fleet_id", "format")),
        refused(M::GET, foreign, None, 404, ("", "")),
        refused(M::GET, "/v2/nothing", None, 404, ("", "")),
        refused(M::PUT, invitations, None, 405, ("", "")),
        refused(
            M::GET,
            "/v2/telematics/vehicle-locations?only_latest=false",
            None,
            422,
            ("query.only_latest", "single_subject_required"),
        ),
        refused(
            M::GET,
            "/v2/telematics/hos-events?from_datetime=2026-01-01T00:00:00Z&to_datetime=2026-03-01T00:00:00Z",
            None,
            422,
            ("query.from_datetime", "time_span_too_long"),
        ),
        refused(M::GET, "/v2/telematics/vehicles?sort_by=source_data", None, 422, ("query.sort_by", "sort_field_unknown")),
        refused(
            M::POST,
            "/v2/notifications/webhooks",
            Some("{\"url\": \"http://10.0.0.1/x\", \"event_name\": \"vehicle.added\"}"),
            422,
            ("body.url", "format"),
        ),
        refused(
            M::POST,
            "/v2/notifications/webhooks",
            Some("{\"url\": \"https://a.example/x\", \"event_name\": \"nothing.*\"}"),
            422,
            ("body.event_name", "enum"),
        ),
    ] {
        check_refusal(&api, &case).await;
    }
    check_refusal(&nobody, &refused(M::GET, locations, None, 401, ("", ""))).await;
    check_refusal(&nobody.with_token("forged.forged.forged"), &refused(M::GET, locations, None, 401, ("", ""))).await;
    let page = api.get(&format!("{invitations}?fleet_ref=a")).await.unwrap();
    assert_eq!(page["total"], 0, "a refused request stored something: {page}");
    platform.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_and_a_used_link_do_not_serve_again() {
    let platform = Platform::start(Options::ephemeral(5), &|_| ()).await.unwrap();
    let url = platform.demo.url.clone();
    let api = Api::sign_in(&url, demo::CLIENT_ID, demo::CLIENT_SECRET).await.unwrap();
    let other = Api::sign_in(&url, demo::CLIENT_ID, demo::CLIENT_SECRET).await.unwrap();
    other.revoke(demo::CLIENT_ID, demo::CLIENT_SECRET).await.unwrap();
    assert_eq!(other.send(Method::GET, "/v2/orgs/fleets").await.unwrap().status, 401);
    assert!(Api::sign_in(&url, demo::CLIENT_ID, "wrong").await.is_err());

    let invitation = api.invite("used-link", "Used Link").await.unwrap();
    let accept = format!("/v2/orgs/invitations/{}/accept", ApiResponse::text(&invitation, "/id").unwrap());
    let first = api.send(Method::POST, &accept).await.unwrap().expect(&[200]).unwrap();
    assert_eq!(api.send(Method::POST, &accept).await.unwrap().status, 409);
    let decline = accept.replace("/accept", "/decline");
    assert_eq!(api.send_json(Method::POST, &decline, &json!({})).await.unwrap().status, 409);

    let fleet = api.with_token(&ApiResponse::text(&first, "/pre_registration_access_token").unwrap());
    assert_eq!(fleet.send(Method::GET, "/v2/telematics/vehicles").await.unwrap().status, 403, "a fleet's token lacks the scope");
    platform.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_sent_again_with_its_key_happens_once_and_a_hurried_client_waits() {
    let platform = Platform::start(Options::ephemeral(5), &|_| ()).await.unwrap();
    let url = platform.demo.url.clone();
    let api = Api::sign_in(&url, demo::CLIENT_ID, demo::CLIENT_SECRET).await.unwrap();
    let webhooks = "/v2/notifications/webhooks";
    let hook = json!({ "url": "https://a.example/x", "event_name": "trailer.added" });
    let first = api.send_json_once(webhooks, &hook, "k-1").await.unwrap();
    let again = api.send_json_once(webhooks, &hook, "k-1").await.unwrap();
    assert!(first.status.is_success() && (again.status, &again.body) == (first.status, &first.body), "{first:?} {again:?}");
    assert_eq!(api.send_json_once(webhooks, &hook, "k-2").await.unwrap().status, 409, "without the key it is a second webhook");
    let other = json!({ "url": "https://a.example/y", "event_name": "trailer.added" });
    assert_eq!(api.send_json_once(webhooks, &other, "k-1").await.unwrap().status, 409, "one key, two requests");
    assert_eq!(api.send_json_once(webhooks, &other, &"k".repeat(256)).await.unwrap().status, 422);
    let bad = json!({ "url": "https://a.example/y" });
    assert_eq!(api.send_json_once(webhooks, &bad, "k-3").await.unwrap().status, 422);
    assert!(api.send_json_once(webhooks, &other, "k-3").await.unwrap().status.is_success(), "a refused request frees its key");

    let many = (0..160).map(|_| api.send(Method::GET, "/v2/orgs/tsps/00000000-0000-7000-8000-000000000000"));
    let open = futures::future::join_all(many).await;
    assert!(open.iter().all(|answer| answer.as_ref().unwrap().status == 404), "public endpoints are not rate-limited");
    let many = (0..160).map(|_| api.send(Method::GET, "/v2/orgs/fleets/none"));
    let answers: Vec<ApiResponse> = futures::future::join_all(many).await.into_iter().map(Result::unwrap).collect();
    let refused: Vec<&ApiResponse> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(!refused.is_empty() && refused.len() < 60, "{} of 160 refused", refused.len());
    assert!(refused.iter().all(|answer| answer.body["detail"]["retry_after_seconds"].as_u64() >= Some(1)));
    platform.stop().await.unwrap();
}
