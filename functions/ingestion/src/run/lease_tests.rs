//! Runs that take longer than a lease, against the embedded database.

use std::sync::atomic::{AtomicI64, Ordering};

use model::Resource;
use model::credentials::Form;
use model::execution::ExecutionStatus;
use model::schedule::{LEASE_SECONDS, ScheduleStatus};
use providers::{Account, Accounts, Brand, Capability, Fetch, Fetched, ProviderError, Unshared};
use serde_json::json;

use super::tests::{Fixture, Script, at, at_once, page};
use super::*;

type Answer = Result<Fetched, ProviderError>;

/// A TSP that takes its time, during which something happens.
struct Slow(fn(&'static Fixture) -> BoxFuture<'static, Answer>, &'static Fixture);

impl Accounts for Slow {
    fn source_name(&self) -> &'static str {
        "samsara"
    }

    fn brands(&self) -> &'static [Brand] {
        &[]
    }

    fn default_base_url(&self) -> &'static str {
        "https://tsp.test/"
    }

    fn capabilities(&self) -> Vec<Capability> {
        Vec::new()
    }

    fn validate<'a>(&'a self, _: &'a dyn Http, _: &'a Url, _: &'a Credentials) -> BoxFuture<'a, Result<Account, ProviderError>> {
        Box::pin(async { Err(ProviderError::Timeout) })
    }
}

impl Adapter for Slow {
    fn fetch<'a>(&'a self, _: &'a dyn Http, _: Resource, _: Fetch<'a>) -> BoxFuture<'a, Answer> {
        (self.0)(self.1)
    }
}

async fn leaked() -> &'static Fixture {
    Box::leak(Box::new(Fixture::open().await))
}

/// Runs the schedule against such a TSP.
async fn run(tsp: Slow, clock: &(dyn Fn() -> Timestamp + Sync), renewal: Duration) -> Outcome {
    let (fixture, http) = (tsp.1, Script::in_order(Vec::new()));
    let given = json!({ "token": "t" });
    let credentials = Credentials::check(Form::of("token").unwrap(), given.as_object().unwrap()).unwrap();
    let base = Url::parse("https://tsp.test/").unwrap();
    let source = Source {
        adapter: &tsp,
        http: &http,
        credentials: &credentials,
        refused: None,
        base: &base,
        pause: &at_once,
        sessions: &Unshared,
        renewal,
        lane: Lane::Live,
    };
    let (connection, schedule) = (fixture.connection().await, fixture.schedule().await);
    run_with(&fixture.store, clock, &connection, &schedule, Some(&source)).await.unwrap()
}

#[tokio::test]
async fn a_run_that_takes_long_keeps_its_lease() {
    let fixture = leaked().await;
    let seconds = AtomicI64::new(0);
    let clock = || at(seconds.fetch_add(10, Ordering::Relaxed));
    let slow = |fixture: &'static Fixture| -> BoxFuture<'static, Answer> {
        Box::pin(async move {
            while fixture.schedule().await.leases.values().all(|end| *end < at(3 * LEASE_SECONDS)) {
                tokio::task::yield_now().await;
            }
            page(&["a"], None, false)
        })
    };
    assert_eq!(run(Slow(slow, fixture), &clock, Duration::from_millis(1)).await, Outcome::Fetched);
    let ended = fixture.schedule().await;
    assert!(ended.leases.is_empty() && ended.revision > 3, "{ended:?}");
}

#[tokio::test]
async fn a_run_that_hung_stores_nothing_once_another_one_took_over() {
    static SECONDS: AtomicI64 = AtomicI64::new(0);
    let fixture = leaked().await;
    let hung = |fixture: &'static Fixture| -> BoxFuture<'static, Answer> {
        Box::pin(async move {
            // The whole process stands still for a minute, its renewals too; meanwhile another run is done.
            assert_eq!(fixture.run(60, vec![page(&["a"], None, false)]).await, Outcome::Fetched);
            SECONDS.store(61, Ordering::Relaxed);
            page(&["late"], None, false)
        })
    };
    let clock = || at(SECONDS.load(Ordering::Relaxed));
    assert_eq!(run(Slow(hung, fixture), &clock, Duration::from_secs(3_600)).await, Outcome::Superseded);
    let ends: Vec<_> = fixture.executions().await.iter().map(|run| (run.status, run.lost)).collect();
    assert_eq!(ends, [(ExecutionStatus::Failed, true), (ExecutionStatus::Success, false)]);
    // Neither was the late page stored, nor did its scan remove what the other run brought.
    let (id, leased) = lease::take(&fixture.store, &fixture.schedule().await, at(700)).await.unwrap().unwrap();
    let (clock, connection) = (|| at(700), fixture.connection().await);
    let third = Run::new(&fixture.store, &clock, &connection, id, at(700));
    let mut progress = Progress::starting_at(&leased);
    pages::store_page(&third, &leased, &mut progress, page(&["a", "late"], None, false).unwrap()).await.ok().unwrap();
    assert_eq!((progress.added, progress.modified), (1, 0));
}

#[tokio::test]
async fn a_run_ends_when_its_schedule_does() {
    let fixture = leaked().await;
    let paused = |fixture: &'static Fixture| -> BoxFuture<'static, Answer> {
        Box::pin(async move {
            let schedule = fixture.schedule().await;
            let key = Key::schedule(schedule.connection_id, schedule.id);
            let pause =
                |seen: &Schedule| Some(Schedule { status: ScheduleStatus::Paused, revision: seen.revision + 1, ..seen.clone() });
            fixture.store.update(key, pause).await.unwrap();
            std::future::pending().await
        })
    };
    assert_eq!(run(Slow(paused, fixture), &|| at(0), Duration::from_millis(1)).await, Outcome::Superseded);
    let schedule = fixture.schedule().await;
    assert!(schedule.leases.is_empty() && schedule.status == ScheduleStatus::Paused, "{schedule:?}");
    let ends: Vec<_> = fixture.executions().await.iter().map(|run| (run.status, run.lost)).collect();
    assert_eq!(ends, [(ExecutionStatus::Failed, true)]);
}

#[tokio::test]
async fn a_short_run_writes_its_schedule_twice() {
    let fixture = Fixture::open().await;
    fixture.run(0, vec![page(&["a"], None, false)]).await;
    assert_eq!(fixture.schedule().await.revision, 2, "the lease, and the end");
}
