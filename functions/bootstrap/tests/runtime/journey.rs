//! Everything that works, through every function.

use std::collections::BTreeSet;

use catena::check::{self, Target, Walk};
use gateway::Trigger;
use serde_json::json;
use tokio::net::TcpListener;

use crate::events;
use crate::sandbox::Outcome;
use crate::tour::{self, Visitor};
use crate::world::{Triggers, World};

/// The main job as the check walks it, then a visit to what it leaves out; in the end every function has served, none has
/// failed, and none has asked AWS for what its role does not allow.
#[tokio::test(flavor = "multi_thread")]
async fn every_function_serves() {
    let world = World::start(Triggers::On).await;
    let target = Target::running(&world.url, None, None).unwrap();
    let report = check::walk(&target, Walk { tick: false, quiet: true }).await;
    assert!(report.passed(), "{}\n{}", report.json(), world.lambda.log());

    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut visitor = Visitor::new(&world.url);
    visitor.know("receiver", &format!("http://{}", receiver.local_addr().unwrap()));
    visitor.know("tsp_token", &world.tsp_tokens[0]);
    visitor.all(tour::tokens()).await;
    visitor.all(tour::farewell()).await;
    visitor.all(tour::connect()).await;
    visitor.all(tour::telematics()).await;
    visitor.all(tour::scheduled()).await;
    the_scheduler_fires(&world, visitor.knows("scheduled")).await;
    let operator = catena::admin::create_admin(crate::world::context(&world.cloud).store(), "operator").await.unwrap();
    visitor.know("operator_secret", &operator.client_secret.unwrap());
    visitor.all(tour::operator()).await;
    visitor.all(tour::fleet()).await;
    visitor.all(tour::writes()).await;
    visitor.all(tour::partner()).await;
    the_clock_ticks(&world).await;

    print_starts(&world);
    every_handler_has_served(&world);
    assert_eq!(world.front.differences(), Vec::<String>::new(), "responses that the API documents do not allow");
    assert_eq!(world.gate.refused(), BTreeSet::new(), "calls that roles do not allow");
    nothing_secret_is_logged(&world, &visitor);
    world.stop().await;
}

/// What EventBridge Scheduler holds for a schedule is an event that the function takes: its first run may be still to come, and after that the
/// minute is over already.
async fn the_scheduler_fires(world: &World, schedule: &str) {
    let group = world.cloud.physical.reference("ScheduleGroup").unwrap();
    let held = world.cloud.clients.scheduler.get_schedule().group_name(group).name(schedule).send().await.unwrap();
    let input = held.target().unwrap().input().unwrap().replace("<aws.scheduler.scheduled-time>", "2026-11-21T08:00:00Z");
    let first = world.invoke("executions.run", serde_json::from_str(&input).unwrap()).await;
    let ended = ["success", "skipped"].map(|outcome| Outcome::Answered(json!({ "outcome": outcome })));
    assert!(ended.contains(&first), "{input}: {first:?}");
    let second = world.invoke("executions.run", serde_json::from_str(&input).unwrap()).await;
    assert_eq!(second, Outcome::Answered(json!({ "outcome": "skipped" })), "{input}");
}

/// Schedules of the template fire a minute after the start at the earliest: too late for a test.
async fn the_clock_ticks(world: &World) {
    for worker in bootstrap::workers().iter().filter(|worker| matches!(worker.trigger, Trigger::Rate(_))) {
        let outcome = world.invoke(worker.handler, events::tick(worker.handler)).await;
        assert!(matches!(outcome, Outcome::Answered(_)), "{}: {outcome:?}", worker.handler);
    }
}

/// One line per function: milliseconds from the start of the process to its first question for an event, and the AWS
/// services that it called.
fn print_starts(world: &World) {
    println!("{:<30} {:>8} {:>7}  calls", "handler", "init ms", "starts");
    for (handler, starts) in world.lambda.starts() {
        let fastest = starts.iter().min().unwrap().as_secs_f64() * 1_000.0;
        println!("{handler:<30} {fastest:>8.1} {:>7}  {}", starts.len(), world.gate.services(&handler).join(", "));
    }
}

fn every_handler_has_served(world: &World) {
    let answers = world.front.answers();
    for endpoint in bootstrap::endpoints() {
        let answered = answers.get(endpoint.handler).unwrap_or_else(|| panic!("{} was never called", endpoint.handler));
        assert!(answered.iter().all(|status| *status < 500), "{} answered {answered:?}", endpoint.handler);
    }
    let starts = world.lambda.starts();
    for worker in bootstrap::workers() {
        assert!(starts.contains_key(worker.handler), "{} never ran", worker.handler);
    }
}

fn nothing_secret_is_logged(world: &World, visitor: &Visitor) {
    let log = world.lambda.log();
    assert!(log.contains("\"message\":\"request\""), "the functions log nothing: {log}");
    for secret in ["partner", "fleet", "tsp_token", "csrf", "invitation"] {
        assert!(!log.contains(visitor.knows(secret)), "the {secret} is in a log");
    }
}
