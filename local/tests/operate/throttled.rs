//! The main job over a database that turns one request in five away.

use std::collections::BTreeMap;

use catena::aws::database::Database;
use catena::check::{self, Target, Walk};
use reqwest::Method;
use serde_json::Value;

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
