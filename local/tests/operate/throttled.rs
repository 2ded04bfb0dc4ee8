//! The main job over a database that turns one request in five away.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use catena::api::{Api, ApiResponse};
use catena::aws::database::Database;
use catena::check::{self, Target, Walk};
use catena::demo;
use reqwest::Method;
use serde_json::{Value, json};

use crate::running::Running;
use crate::throttle::Throttle;

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_runs_through_throttling_and_nothing_is_lost() {
    let database = Database::start(None, None).await.unwrap();
    let throttle = Throttle::start(database.endpoint()).await;
    let running = Running::over(&throttle.url).await;
    throttle.one_in(5);
    let target = Target::running(&running.url, None, None).unwrap();
    let report = check::walk(&target, Walk { tick: false, quiet: true }).await;
    assert!(report.passed(), "{}\n{}", report.json(), running.output());
    let (seen, turned) = throttle.counts();
    let lines = lines(&running.output());

    // Nothing at all passes: the caller hears when to ask again.
    throttle.one_in(1);
    let url = format!("{}/v2/orgs/tsps/00000000-0000-7000-8000-000000000000", running.url);
    let refused = reqwest::Client::new().request(Method::GET, url).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers().get("retry-after").unwrap().to_str().unwrap()), (503, "2"));
    throttle.one_in(0);

    let written = running.stop().await;
    let of = |message: &str| lines.iter().filter(|line| line["message"] == message).collect::<Vec<_>>();
    let executions = of("execution");
    assert!(executions.iter().all(|line| line["status"] != "failed" && line["status"] != "internal_error"), "{executions:?}");
    // The check itself accepts an invitation twice, which is a conflict of its own.
    let conflicts: Vec<&Value> = of("request").into_iter().filter(|line| line["status"] == 409).collect();
    assert!(conflicts.iter().all(|line| line["handler"] == "invitations.accept") && conflicts.len() == 1, "{conflicts:?}");
    assert!(of("request").iter().all(|line| line["status"] != 503), "the main job waited instead");
    for form in ["ThrottlingException", "ProvisionedThroughputExceededException", "TransactionConflict", "UnprocessedKeys"] {
        assert!(turned.keys().any(|turned| turned.ends_with(form)), "{form} was not tried: {turned:?}");
    }
    let counted = counted(&self::lines(&written.logs));
    println!("{seen} requests, of them turned away: {turned:?}; counted: {counted:?}; {} executions", executions.len());
    for code in ["throttled", "contended", "unprocessed", "given_up"] {
        assert!(counted.get(code).is_some_and(|count| *count > 0), "no {code} in {counted:?}");
    }
}

/// A read whose access cannot be noted is refused; afterwards it is as ever.
#[tokio::test(flavor = "multi_thread")]
async fn no_record_leaves_that_the_ledger_of_its_fleet_lacks() {
    let database = Database::start(None, None).await.unwrap();
    let throttle = Throttle::start(database.endpoint()).await;
    let running = Running::over(&throttle.url).await;
    let api = Api::sign_in(&running.url, demo::CLIENT_ID, demo::CLIENT_SECRET).await.unwrap();
    let invitation = api.invite("refused", "Refused Trucking").await.unwrap();
    let accept = format!("/v2/orgs/invitations/{}/accept", ApiResponse::text(&invitation, "/id").unwrap());
    let accepted = api.send(Method::POST, &accept).await.unwrap().expect(&[200]).unwrap();
    let fleet = api.with_token(&ApiResponse::text(&accepted, "/pre_registration_access_token").unwrap());
    demo::connect(&fleet, "samsara", "samsara_api_demo2").await.unwrap();
    // Counts are not noted.
    let started = Instant::now();
    while api.get("/v2/telematics/analytics/overview").await.unwrap()["vehicles"] == json!(0) {
        assert!(started.elapsed() < Duration::from_secs(40), "no vehicle came");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    throttle.only("BatchWriteItem");
    for path in ["/v2/telematics/vehicles", "/v2/telematics/analytics/vehicles"] {
        let refused = api.send(Method::GET, path).await.unwrap();
        assert_eq!((refused.status.as_u16(), refused.body.get("items")), (503, None), "{path}: {}", refused.body);
    }
    throttle.one_in(0);
    let read = api.get("/v2/telematics/vehicles").await.unwrap();
    let first = ApiResponse::text(&read, "/items/0/id").unwrap();
    throttle.only("BatchWriteItem");
    api.get(&format!("/v2/telematics/vehicles/{first}")).await.unwrap();
    throttle.one_in(0);
    running.stop().await;
}

fn lines(output: &str) -> Vec<Value> {
    output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The metric by its code.
fn counted(lines: &[Value]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for line in lines.iter().filter(|line| line.get("_aws").is_some() && line["StoreThrottled"].is_number()) {
        let code = line["Code"].as_str().unwrap_or_default().to_owned();
        *counts.entry(code).or_default() += line["StoreThrottled"].as_u64().unwrap();
    }
    counts
}
