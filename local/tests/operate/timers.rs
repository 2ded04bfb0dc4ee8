//! Timers that are lost come back.

use std::time::{Duration, Instant};

use bootstrap::timers::{self, Remedy, Timer};
use catena::api::{Api, ApiResponse};
use catena::{Options, Platform, demo};
use gateway::Context;
use model::ConnectionId;
use model::schedule::Schedule;
use reqwest::Method;
use serde_json::Value;
use store::control::Key;

#[tokio::test(flavor = "multi_thread")]
async fn timers_come_back_after_their_group_was_deleted() {
    let platform = Platform::start(Options::ephemeral(2), &|_| ()).await.unwrap();
    let context = platform.context();
    let schedules = connected(&platform).await;
    until("the timers", async || missing(context, &schedules).await == 0).await;
    let ran = |schedule: &Schedule| schedule.last_success_at.is_some() && schedule.leases.is_empty();
    let id = schedules[0].connection_id;
    until("the first runs", async || context.store().schedules_of(id).await.unwrap().iter().all(ran)).await;
    assert_eq!(
        timers::examine(context, Remedy::List).await.unwrap(),
        timers::Examined { schedules: schedules.len(), faults: vec![], refused: vec![] }
    );

    let group = &context.config().schedule_group;
    context.scheduler().delete_schedule_group().name(group).send().await.unwrap();
    assert_eq!(missing(context, &schedules).await, schedules.len(), "the group took its timers with it");
    assert_eq!(reconciled(context).await["repaired"], 0, "nothing is late yet");
    for schedule in &schedules {
        let late = |seen: &Schedule| {
            let (revision, ago) = (seen.revision + 1, seen.updated_at.plus_seconds(-2 * 86_400));
            Some(Schedule { revision, next_execution_at: Some(ago), ..seen.clone() })
        };
        context.store().update(Key::schedule(schedule.connection_id, schedule.id), late).await.unwrap();
    }
    // The walk of above has ended just now; the next one begins ten minutes after it.
    let walk = store::control::Write::delete(Key::timers_walk());
    context.store().commit(vec![walk]).await.unwrap();
    let repaired = reconciled(context).await;
    println!("{} schedules; after the group was deleted and they were late: {repaired}", schedules.len());
    assert_eq!(repaired["repaired"], schedules.len());
    assert_eq!(missing(context, &schedules).await, 0);

    let one = &schedules[0];
    context.scheduler().delete_schedule().group_name(group).name(one.id.to_string()).send().await.unwrap();
    for (remedy, faults) in [(Remedy::List, 1), (Remedy::Repair, 1), (Remedy::List, 0)] {
        let examined = timers::examine(context, remedy).await.unwrap();
        assert_eq!(examined.faults.len(), faults, "{remedy:?}");
        assert!(examined.faults.iter().all(|(schedule, timer)| (schedule.id, *timer) == (one.id, Timer::Missing)));
    }
    platform.stop().await.unwrap();
}

/// A fleet with an account, and the schedules of it.
async fn connected(platform: &Platform) -> Vec<Schedule> {
    let api = Api::sign_in(&platform.demo.url, demo::CLIENT_ID, demo::CLIENT_SECRET).await.unwrap();
    let invitation = api.invite("timers", "Timely Trucking").await.unwrap();
    let accept = format!("/v2/orgs/invitations/{}/accept", ApiResponse::text(&invitation, "/id").unwrap());
    let accepted = api.send(Method::POST, &accept).await.unwrap().expect(&[200]).unwrap();
    let fleet = api.with_token(&ApiResponse::text(&accepted, "/pre_registration_access_token").unwrap());
    let connection = demo::connect(&fleet, "samsara", &platform.demo.keys("samsara")[0]).await.unwrap();
    let id: ConnectionId = ApiResponse::text(&connection, "/id").unwrap().parse().unwrap();
    let schedules = platform.context().store().schedules_of(id).await.unwrap();
    assert!(schedules.len() > 5, "{} schedules", schedules.len());
    schedules
}

/// How many of the schedules have no timer.
async fn missing(context: &Context, schedules: &[Schedule]) -> usize {
    let mut missing = 0;
    for schedule in schedules {
        let get = context.scheduler().get_schedule().group_name(&context.config().schedule_group).name(schedule.id.to_string());
        missing += usize::from(get.send().await.is_err());
    }
    missing
}

/// One invocation of the worker.
async fn reconciled(context: &Context) -> Value {
    let worker = bootstrap::workers().into_iter().find(|worker| worker.handler == "timers.reconcile").unwrap();
    (worker.call)(context, Value::Null).await.unwrap()
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < Duration::from_secs(30), "{what} did not come");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
