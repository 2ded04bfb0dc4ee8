//! Whole runs against the embedded database, with a TSP whose pages are written down here.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use model::credentials::Form;
use model::execution::{Execution, ExecutionStatus};
use model::schedule::ScheduleStatus;
use model::telematics::{Batch, HosEvent, Observation, Rows as _, Vehicle, source_hash};
use model::{RecordIds, Resource};
use providers::{
    Account, Accounts, BoxFuture, Brand, Capability, Drift, ErrorResponse, Fetch, Fetched, HttpFailure, HttpResponse,
    ProviderError, Spread, Subjects, Unshared, WindowPart,
};
use serde_json::json;
use store::control::{Range, Write, keys};

use super::*;
use crate::testing::database;

type Answer = dyn Fn(Fetch<'_>) -> Result<Fetched, ProviderError> + Send + Sync;

/// A TSP whose answers follow from what is asked.
pub(super) struct Script(Box<Answer>);

impl Script {
    pub(super) fn of(answer: impl Fn(Fetch<'_>) -> Result<Fetched, ProviderError> + Send + Sync + 'static) -> Self {
        Self(Box::new(answer))
    }

    /// Answers in order; the last one again and again.
    pub(super) fn in_order(mut answers: Vec<Result<Fetched, ProviderError>>) -> Self {
        answers.reverse();
        let left = Mutex::new(answers);
        Self::of(move |_| {
            let mut left = left.lock().unwrap();
            if left.len() > 1 { left.pop().unwrap() } else { left[0].clone() }
        })
    }
}

impl Accounts for Script {
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

impl Adapter for Script {
    fn fetch<'a>(&'a self, _: &'a dyn Http, _: Resource, fetch: Fetch<'a>) -> BoxFuture<'a, Result<Fetched, ProviderError>> {
        let answer = (self.0)(fetch);
        Box::pin(async move { answer })
    }
}

impl Http for Script {
    fn send(&self, _: Method, _: Url, _: HeaderMap, _: Bytes, _: Duration) -> BoxFuture<'_, Result<HttpResponse, HttpFailure>> {
        Box::pin(async { Err(HttpFailure::Timeout) })
    }
}

pub(super) struct Fixture {
    pub(super) store: Store,
    connection: Connection,
    schedule: ScheduleId,
}

/// Takes no time.
pub(super) fn at_once(_: Duration) -> BoxFuture<'static, ()> {
    Box::pin(async {})
}

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000).plus_seconds(seconds)
}

impl Fixture {
    pub(super) async fn open() -> Self {
        Self::of(Resource::Vehicle).await
    }

    pub(super) async fn of(resource: Resource) -> Self {
        Self::on(database().await, resource).await
    }

    pub(super) async fn on(store: Store, resource: Resource) -> Self {
        let connection = crate::testing::connection(at(0));
        let schedule = Schedule::new(connection.id, resource, "samsara", at(0));
        store.commit(vec![Write::create(&connection).unwrap(), Write::create(&schedule).unwrap()]).await.unwrap();
        Self { store, connection, schedule: schedule.id }
    }

    pub(super) async fn schedule(&self) -> Schedule {
        self.store.get(Key::schedule(self.connection.id, self.schedule)).await.unwrap().unwrap()
    }

    pub(super) async fn executions(&self) -> Vec<Execution> {
        self.store.all(&Range::table(keys::executions(self.schedule), keys::EXECUTION)).await.unwrap()
    }

    pub(super) async fn connection(&self) -> Connection {
        self.store.get(Key::connection(self.connection.id)).await.unwrap().unwrap()
    }

    /// A run that asks nobody.
    pub(super) async fn derive(&self, now: i64) -> Outcome {
        let (connection, schedule) = (self.connection().await, self.schedule().await);
        run_with(&self.store, &move || at(now), &connection, &schedule, None).await.unwrap()
    }

    pub(super) async fn run(&self, now: i64, answers: Vec<Result<Fetched, ProviderError>>) -> Outcome {
        self.run_in(&self.store, now, &Script::in_order(answers)).await.unwrap()
    }

    /// A run of a process that sees the database through a store of its own.
    pub(super) async fn run_in(&self, process: &Store, now: i64, tsp: &Script) -> Result<Outcome, WorkerError> {
        let schedule = self.schedule().await;
        let given = json!({ "token": "t" });
        let credentials = Credentials::check(Form::of("token").unwrap(), given.as_object().unwrap()).unwrap();
        let base = Url::parse("https://tsp.test/").unwrap();
        let source = Source {
            adapter: tsp,
            http: tsp,
            credentials: &credentials,
            refused: None,
            base: &base,
            pause: &at_once,
            sessions: &Unshared,
            renewal: lease::RENEWAL,
            lane: Lane::Live,
        };
        run_with(process, &move || at(now), &self.connection().await, &schedule, Some(&source)).await
    }
}

pub(super) fn page(names: &[&str], cursor: Option<&str>, more: bool) -> Result<Fetched, ProviderError> {
    let row = |name: &&str| {
        let source = json!({ "id": name });
        Observation {
            source_id: (*name).into(),
            occurred_at: Some(at(-60)),
            source_hash: source_hash(&source, &[]),
            source,
            extras: None,
            is_partial: false,
            fields: Vehicle::default(),
        }
    };
    let rows: Vec<Observation<Vehicle>> = names.iter().map(row).collect();
    let batch = rows.erase(RecordIds(ConnectionId::at(at(0)))).unwrap();
    Ok(Fetched {
        batch,
        cursor: cursor.map(String::from),
        more,
        complete_scan: !more,
        scan_total: None,
        withdrawn: Vec::new(),
        window: None,
        states: Vec::new(),
        drift: Drift::default(),
    })
}

#[tokio::test]
async fn a_run_stores_every_page_and_moves_on() {
    let fixture = Fixture::open().await;
    let outcome = fixture.run(0, vec![page(&["a", "b"], Some("2"), true), page(&["c"], None, false)]).await;
    let schedule = fixture.schedule().await;
    assert_eq!(outcome, Outcome::Fetched);
    assert_eq!((schedule.leases.len(), schedule.last_success_at, schedule.next_execution_at), (0, Some(at(0)), Some(at(600))));
    let runs = fixture.executions().await;
    assert_eq!(runs.iter().map(|run| run.status).collect::<Vec<_>>(), [ExecutionStatus::Success]);
    assert!(!is_due(&schedule, at(20)), "a second tick of the same minute does nothing");
}

#[tokio::test]
async fn a_crash_between_store_and_commit_repeats_the_page_without_a_trace() {
    let fixture = Fixture::open().await;
    let before = fixture.schedule().await;
    let (tsp, clock) = (page(&["a", "b"], None, false).unwrap(), || at(0));
    // The page is stored, and then the process dies: neither cursor nor result is committed.
    let (id, leased) = lease::take(&fixture.store, &before, at(0)).await.unwrap().unwrap();
    let run = Run::new(&fixture.store, &clock, &fixture.connection, id, at(0));
    let mut progress = Progress::starting_at(&leased);
    pages::store_page(&run, &leased, &mut progress, tsp.clone()).await.ok().unwrap();
    assert_eq!((progress.added, progress.modified), (2, 0));
    // While the lease holds nobody else runs. A minute later Lambda asks again; the page is fetched again and changes nothing.
    assert_eq!(fixture.run(30, vec![Ok(tsp.clone())]).await, Outcome::Skipped);
    let schedule = fixture.schedule().await;
    let (second, leased) = lease::take(&fixture.store, &schedule, at(60)).await.unwrap().unwrap();
    let run = Run::new(&fixture.store, &clock, &fixture.connection, second, at(60));
    let mut progress = Progress::starting_at(&leased);
    pages::store_page(&run, &leased, &mut progress, tsp.clone()).await.ok().unwrap();
    assert_eq!((progress.records, progress.added, progress.modified), (2, 0, 0));
    commit::success(&run, &leased, &progress).await.unwrap();
    let runs = fixture.executions().await;
    let ends: Vec<(ExecutionStatus, bool)> = runs.iter().map(|run| (run.status, run.lost)).collect();
    assert_eq!(ends, [(ExecutionStatus::Failed, true), (ExecutionStatus::Success, false)]);
}

#[tokio::test]
async fn a_scan_without_a_record_removes_it() {
    let fixture = Fixture::open().await;
    fixture.run(0, vec![page(&["a", "b"], None, false)]).await;
    let (schedule, clock) = (fixture.schedule().await, || at(600));
    let (id, leased) = lease::take(&fixture.store, &schedule, at(600)).await.unwrap().unwrap();
    let run = Run::new(&fixture.store, &clock, &fixture.connection, id, at(600));
    let tsp = Script::in_order(vec![page(&["a"], None, false)]);
    let given = json!({ "token": "t" });
    let credentials = Credentials::check(Form::of("token").unwrap(), given.as_object().unwrap()).unwrap();
    let base = Url::parse("https://tsp.test/").unwrap();
    let source = Source {
        adapter: &tsp,
        http: &tsp,
        credentials: &credentials,
        refused: None,
        base: &base,
        pause: &at_once,
        sessions: &Unshared,
        renewal: lease::RENEWAL,
        lane: Lane::Live,
    };
    let mut progress = Progress::starting_at(&leased);
    let budget = pages::budget(&run, &source, &leased);
    pages::fetch_all(&run, &source, (&leased, &budget), &mut progress).await.ok().unwrap();
    assert_eq!((progress.removed, progress.added), (1, 0));
}

#[tokio::test]
async fn a_scan_of_a_list_that_did_not_stand_still_removes_nothing() {
    let fixture = Fixture::open().await;
    fixture.run(0, vec![page(&["a", "b", "c"], None, false)]).await;
    let last = |names: &[&str]| page(names, None, false).map(|page| Fetched { scan_total: Some(3), ..page });
    // While it was read one was removed and one was added: "b" moved to the page before, so "c" is on none that was read.
    assert_eq!(removed(&fixture, 600, vec![last(&["a", "b"])]).await, 0);
    let twice = vec![page(&["a", "b"], Some("2"), true), last(&["b"])];
    assert_eq!(removed(&fixture, 1_200, twice).await, 0);
    let moved = vec![page(&["a", "b"], Some("2"), true), last(&["b", "d"])];
    assert_eq!(removed(&fixture, 1_800, moved).await, 1, "three of three");
}

#[tokio::test]
async fn an_event_that_is_told_as_something_else_is_removed() {
    let fixture = Fixture::of(Resource::HosEvent).await;
    let id = fixture.connection.id;
    fixture.run(0, vec![logs(id, &[("1", -900), ("2", -900)], &[], (true, true))]).await;
    let withdrawn = |ids: &[&str]| {
        let withdrawn = ids.iter().map(ToString::to_string).collect();
        logs(id, &[], &[], (true, true)).map(|page| Fetched { withdrawn, ..page })
    };
    assert_eq!(removed(&fixture, 600, vec![withdrawn(&["1:-900", "never stored"])]).await, 1);
    assert_eq!(removed(&fixture, 1_200, vec![withdrawn(&["1:-900"])]).await, 0);
    assert_eq!(removed(&fixture, 1_800, vec![withdrawn(&["2:-900"])]).await, 1);
}

#[tokio::test]
async fn the_budget_ends_a_long_fetch() {
    let fixture = Fixture::open().await;
    let pages: Vec<_> = (1..=60).map(|number| page(&[], Some(&number.to_string()), true)).collect();
    assert_eq!(fixture.run(0, pages).await, Outcome::Continues);
    let schedule = fixture.schedule().await;
    assert_eq!((schedule.cursor.as_deref(), schedule.next_execution_at), (Some("50"), Some(at(0))));
}

#[tokio::test]
async fn refusals_make_the_connection_stale_and_rate_limits_do_not_count() {
    let fixture = Fixture::open().await;
    let response = ErrorResponse::new(429, b"{}", &[]);
    let wait = || Err(ProviderError::RateLimited { retry_after: Duration::from_secs(30), response: Some(response.clone()) });
    let refused = || Err(ProviderError::Refused { message: "no".into(), response: None });
    assert_eq!(fixture.run(0, vec![wait()]).await, Outcome::Postponed { seconds: 30 });
    assert_eq!((fixture.schedule().await.consecutive_error_count, fixture.connection().await.refusals), (0, 0));
    for now in [60, 400, 700] {
        assert_eq!(fixture.run(now, vec![refused()]).await, Outcome::Failed);
    }
    assert_eq!(fixture.connection().await.status, ConnectionStatus::Stale);
    assert_eq!(fixture.schedule().await.status, ScheduleStatus::Stale);
    let runs = fixture.executions().await;
    assert!(runs.len() == 4 && runs.iter().all(|run| run.status == ExecutionStatus::Failed && run.response.is_some()));
}

#[tokio::test]
async fn rows_that_are_not_believed_are_kept_aside_and_the_rest_of_the_page_lives() {
    let fixture = Fixture::open().await;
    let mut fetched = page(&["a", "b"], None, false).unwrap();
    let Batch::Records(rows) = &mut fetched.batch else { panic!("not records") };
    let notes = json!({ "notes": "x".repeat(450_000) });
    rows[1].fields = serde_json::value::to_raw_value(&notes).unwrap();
    rows[1].source = notes;
    assert_eq!(fixture.run(0, vec![Ok(fetched.clone())]).await, Outcome::Fetched);
    let runs = fixture.executions().await;
    assert_eq!(runs[0].response, Some(json!({ "set_aside": { "too_large": 1 } })));
    let aside = fixture.store.set_aside_for(fixture.schedule, at(1)).await.unwrap();
    assert_eq!(aside.iter().map(|one| (one.source_id.as_str(), one.is_cut)).collect::<Vec<_>>(), [("b", true)]);
    assert!(fixture.store.set_aside_for(fixture.schedule, at(8 * 86_400)).await.unwrap().is_empty());
    // It is met again with the next run, and replaces itself.
    assert_eq!(fixture.run(600, vec![Ok(fetched)]).await, Outcome::Fetched);
    assert_eq!(fixture.store.set_aside_for(fixture.schedule, at(601)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_short_wait_is_waited_out_inside_the_run() {
    let fixture = Fixture::open().await;
    let busy = |ms| {
        let response = ErrorResponse::new(429, b"{}", &[]);
        Err(ProviderError::RateLimited { retry_after: Duration::from_millis(ms), response: Some(response) })
    };
    let down = |seconds| {
        let retry_after = Some(Duration::from_secs(seconds));
        Err(ProviderError::Unavailable { status: Some(503), message: "down".into(), retry_after, response: None })
    };
    assert_eq!(fixture.run(0, vec![busy(400), down(2), page(&["a"], None, false)]).await, Outcome::Fetched);
    assert_eq!(fixture.executions().await.len(), 1);
    assert_eq!(fixture.executions().await[0].status, ExecutionStatus::Success);
    // Waits that do not end are given up after ten seconds in all.
    assert_eq!(fixture.run(600, vec![busy(0)]).await, Outcome::Postponed { seconds: 1 });
    let last = fixture.executions().await.pop().unwrap();
    assert!(last.postponed && last.status == ExecutionStatus::Failed && last.response.is_some());
    // A longer one is the schedule's to wait out, and nothing counts as an error.
    assert_eq!(fixture.run(700, vec![busy(40_000)]).await, Outcome::Postponed { seconds: 40 });
    let schedule = fixture.schedule().await;
    assert_eq!(schedule.consecutive_error_count, 0);
    assert!(!is_due(&schedule, at(739)) && is_due(&schedule, at(740)));
}

#[tokio::test]
async fn a_resource_that_is_forbidden_takes_no_other_along() {
    let fixture = Fixture::open().await;
    let healthy = Schedule {
        last_success_at: Some(at(0)),
        ..Schedule::new(fixture.connection.id, Resource::VehicleLocation, "samsara", at(0))
    };
    fixture.store.commit(vec![Write::create(&healthy).unwrap()]).await.unwrap();
    let forbidden = || {
        let response = Some(ErrorResponse::new(403, b"{}", &[]));
        Err(ProviderError::Refused { message: "no such scope".into(), response })
    };
    for run in 0..20 {
        assert_eq!(fixture.run(run * 4_000, vec![forbidden()]).await, Outcome::Failed);
    }
    assert_eq!((fixture.connection().await.status, fixture.connection().await.refusals), (ConnectionStatus::Active, 0));
    assert_eq!(fixture.schedule().await.status, ScheduleStatus::Inactive, "its own");
    // The scope is granted after all.
    assert_eq!(fixture.run(80_000, vec![page(&["a"], None, false)]).await, Outcome::Fetched);
    assert_eq!(fixture.schedule().await.status, ScheduleStatus::Active);
}

#[tokio::test]
async fn what_an_outage_deactivated_comes_back_with_the_provider() {
    let fixture = Fixture::open().await;
    let off = Schedule {
        status: ScheduleStatus::Inactive,
        consecutive_error_count: 20,
        next_execution_at: Some(at(200_000)),
        ..Schedule::new(fixture.connection.id, Resource::VehicleLocation, "samsara", at(0))
    };
    fixture.store.commit(vec![Write::create(&off).unwrap()]).await.unwrap();
    for run in 0..16 {
        assert_eq!(fixture.run(run * 4_000, vec![Err(ProviderError::Timeout)]).await, Outcome::Failed);
    }
    assert_eq!(fixture.schedule().await.status, ScheduleStatus::Inactive);
    assert_eq!(fixture.run(64_000, vec![page(&["a"], None, false)]).await, Outcome::Fetched);
    assert_eq!(fixture.schedule().await.status, ScheduleStatus::Active);
    let other = fixture.store.get::<Schedule>(Key::schedule(off.connection_id, off.id)).await.unwrap().unwrap();
    assert!(is_due(&other, at(64_000)), "the other one need not wait");
}

#[tokio::test]
async fn no_page_stops_a_feed_for_ever() {
    let fixture = Fixture::open().await;
    assert_eq!(fixture.run(0, vec![page(&["a"], Some("broken"), false)]).await, Outcome::Fetched);
    let unreadable = || {
        let response = Some(ErrorResponse::new(200, b"<html>", &[]));
        Err(ProviderError::Malformed { what: "not JSON".into(), response })
    };
    for run in 1..=4 {
        assert_eq!(fixture.run(run * 4_000, vec![unreadable()]).await, Outcome::Failed);
        assert_eq!(fixture.schedule().await.cursor.as_deref(), Some("broken"));
    }
    assert_eq!(fixture.run(20_000, vec![unreadable()]).await, Outcome::Failed);
    assert_eq!(fixture.schedule().await.cursor, None, "the next run begins where the feed is then");
    let aside = fixture.store.set_aside_for(fixture.schedule, at(20_001)).await.unwrap();
    let kept: Vec<_> = aside.iter().map(|one| (one.source_id.as_str(), one.reason.name(), one.source.as_str())).collect();
    assert_eq!(kept, [("cursor:broken", "unreadable_page", "<html>")]);
    assert_eq!(fixture.run(24_000, vec![page(&["b"], Some("2"), false)]).await, Outcome::Fetched);
}

#[tokio::test]
async fn cursors_that_go_round_are_left() {
    let fixture = Fixture::open().await;
    let round = || {
        let name = |number: usize| if number.is_multiple_of(2) { "a" } else { "b" };
        (0..60).map(|number| page(&[name(number)], Some(name(number)), true)).collect::<Vec<_>>()
    };
    assert_eq!(fixture.run(0, round()).await, Outcome::Fetched);
    let (schedule, runs) = (fixture.schedule().await, fixture.executions().await);
    assert_eq!((schedule.cursor, schedule.consecutive_error_count), (None, 0));
    assert_eq!(runs[0].response, Some(json!({ "set_aside": { "circular_feed": 1 } })));
    assert!(is_due(&fixture.schedule().await, at(600)) && !is_due(&fixture.schedule().await, at(500)), "no run follows at once");
}

#[tokio::test]
async fn a_cursor_that_is_given_up_leaves_its_open_gap() {
    let open = |number: u32| {
        let gap = json!({ "from": at(-9_000), "to": at(-3_600), "after": "h7", "failures": 0 });
        json!({ "v": 2, "at": { "after": format!("broken{number}") }, "gap": gap }).to_string()
    };
    let gap = |schedule: &Schedule| {
        let kept: serde_json::Value = serde_json::from_str(schedule.cursor.as_deref().unwrap()).unwrap();
        assert!(kept["at"].is_null(), "{kept}");
        (kept["gap"]["from"].clone(), kept["gap"]["to"].clone())
    };
    let fixture = Fixture::open().await;
    assert_eq!(fixture.run(0, vec![page(&["a"], Some(&open(0)), false)]).await, Outcome::Fetched);
    let response = || ErrorResponse::new(400, b"no such cursor", &[]);
    let rejected = || Err(ProviderError::Rejected { status: 400, message: "cursor".into(), response: response() });
    for run in 1..=3 {
        assert_eq!(fixture.run(run * 4_000, vec![rejected()]).await, Outcome::Failed);
    }
    assert_eq!(gap(&fixture.schedule().await), (json!(at(-9_000)), json!(at(12_000))));
    // The same where the cursors lead round.
    let round = (0..6).map(|number| page(&["a"], Some(&open(number % 2)), true)).collect();
    assert_eq!(fixture.run(20_000, round).await, Outcome::Fetched);
    assert_eq!(gap(&fixture.schedule().await), (json!(at(-9_000)), json!(at(20_000))));
}

/// A page of a window of duty logs: driver and start of each, and the drivers that it answers for.
fn logs(
    connection: ConnectionId,
    logs: &[(&str, i64)],
    answered: &[&str],
    (begins, ends): (bool, bool),
) -> Result<Fetched, ProviderError> {
    let row = |(driver, start): &(&str, i64)| {
        let source = json!({ "driver": driver, "start": start });
        let fields = HosEvent { source_driver_id: Some((*driver).into()), started_at: Some(at(*start)), ..HosEvent::default() };
        let (source_id, source_hash) = (format!("{driver}:{start}"), source_hash(&source, &[]));
        Observation { source_id, occurred_at: Some(at(*start)), source_hash, source, extras: None, is_partial: false, fields }
    };
    let rows: Vec<Observation<HosEvent>> = logs.iter().map(row).collect();
    let batch = rows.erase(RecordIds(connection)).unwrap();
    let subjects = Subjects { answered: answered.iter().map(ToString::to_string).collect(), ..Subjects::default() };
    let window = Some(WindowPart { from: at(-86_400), to: at(0), begins, ends, subjects });
    Ok(Fetched {
        batch,
        cursor: Some(format!("{begins}{ends}")),
        more: !ends,
        complete_scan: false,
        scan_total: None,
        withdrawn: Vec::new(),
        window,
        states: Vec::new(),
        drift: Drift::default(),
    })
}

#[tokio::test]
async fn a_window_of_several_pages_replaces_what_was_stored() {
    let fixture = Fixture::of(Resource::HosEvent).await;
    let (both, id) = (["1", "2"], fixture.connection.id);
    let whole = logs(id, &[("1", -900), ("1", -800), ("1", -700), ("2", -900), ("3", -900)], &both, (true, true));
    fixture.run(0, vec![whole]).await;
    // The first driver stands on both pages, the third on none.
    let pages = || vec![logs(id, &[("1", -900)], &["1"], (true, false)), logs(id, &[("1", -750)], &both, (false, true))];
    assert_eq!(removed(&fixture, 600, pages()).await, 3);
    assert_eq!(removed(&fixture, 1_200, pages()).await, 0);
    // Who stands on the first page of a run that did not begin the window may have rows on the page before.
    assert_eq!(removed(&fixture, 1_800, vec![logs(id, &[], &both, (false, true))]).await, 0);
}

#[tokio::test]
async fn a_window_of_several_runs_replaces_whom_each_has_read_whole() {
    let fixture = Fixture::of(Resource::HosEvent).await;
    let id = fixture.connection.id;
    let stored = [("1", -900), ("2", -900), ("3", -900), ("4", -900)];
    fixture.run(0, vec![logs(id, &stored, &["1", "2", "3", "4"], (true, true))]).await;
    // Nobody has the entry any more. Each run may lack rows of those on the pages at its seams.
    let first = vec![logs(id, &[], &["1"], (true, false)), logs(id, &[], &["2"], (false, false))];
    assert_eq!(removed(&fixture, 600, first).await, 1);
    let second =
        vec![logs(id, &[], &["2"], (false, false)), logs(id, &[], &["3"], (false, false)), logs(id, &[], &["4"], (false, true))];
    assert_eq!(removed(&fixture, 1_200, second).await, 2);
}

#[tokio::test]
async fn a_list_of_all_that_have_rows_removes_those_of_others_when_it_was_read_whole() {
    let fixture = Fixture::of(Resource::HosEvent).await;
    let id = fixture.connection.id;
    let all = |logs: &[(&str, i64)], ends: (bool, bool)| {
        let named: Vec<&str> = logs.iter().map(|(driver, _)| *driver).collect();
        self::logs(id, logs, &named, ends).map(|mut page| {
            page.window.as_mut().unwrap().subjects.others = true;
            page
        })
    };
    fixture.run(0, vec![all(&[("1", -900), ("2", -900), ("3", -900)], (true, true))]).await;
    // A run that began inside the window does not know who stood on the pages before.
    assert_eq!(removed(&fixture, 600, vec![all(&[("2", -900)], (false, true))]).await, 0);
    assert_eq!(removed(&fixture, 1_200, vec![all(&[("1", -900)], (true, false)), all(&[("2", -900)], (false, true))]).await, 1);
}

#[tokio::test]
async fn a_list_in_any_order_removes_nothing_unless_one_run_read_all_of_it() {
    let fixture = Fixture::of(Resource::HosEvent).await;
    let id = fixture.connection.id;
    let page = |logs: &[(&str, i64)], is_read: bool, ends: (bool, bool)| {
        let named: Vec<&str> = logs.iter().map(|(driver, _)| *driver).collect();
        self::logs(id, logs, &named, ends).map(|mut page| {
            page.window.as_mut().unwrap().subjects.spread = Spread::Anywhere { is_read };
            page
        })
    };
    // By day: each driver stands on both pages.
    let (newer, older) = ([("1", -700), ("2", -700)], [("1", -900), ("2", -900)]);
    fixture.run(0, vec![page(&[newer, older].concat(), true, (true, true))]).await;
    // A run ended behind the first page, and another one read the second.
    assert_eq!(removed(&fixture, 600, vec![page(&newer, true, (true, false))]).await, 0);
    assert_eq!(removed(&fixture, 1_200, vec![page(&older, true, (false, true))]).await, 0);
    // What could not be read on a page may be anybody's.
    let unread = vec![page(&newer, true, (true, false)), page(&[("1", -900)], false, (false, true))];
    assert_eq!(removed(&fixture, 1_800, unread).await, 0);
    let whole = vec![page(&newer, true, (true, false)), page(&[("1", -900)], true, (false, true))];
    assert_eq!(removed(&fixture, 2_400, whole).await, 1);
}

/// How many records a run removes.
async fn removed(fixture: &Fixture, now: i64, answers: Vec<Result<Fetched, ProviderError>>) -> u64 {
    let clock = move || at(now);
    let (id, leased) = lease::take(&fixture.store, &fixture.schedule().await, at(now)).await.unwrap().unwrap();
    let run = Run::new(&fixture.store, &clock, &fixture.connection, id, at(now));
    let mut progress = Progress { seen: Some(HashSet::new()), ..Progress::starting_at(&leased) };
    for fetched in answers {
        pages::store_page(&run, &leased, &mut progress, fetched.unwrap()).await.ok().unwrap();
    }
    pages::replace_window(&run, &leased, &mut progress).await.ok().unwrap();
    commit::success(&run, &leased, &progress).await.unwrap();
    progress.removed
}

#[test]
fn a_feed_is_filled_from_what_is_stored_and_at_first_from_a_day_ago() {
    let new = Schedule::new(ConnectionId::at(at(0)), Resource::VehicleLocation, "samsara", at(0));
    let (now, begun) = (at(100_000), Progress { last_data_at: Some(at(90_000)), ..Progress::default() });
    let until = |schedule: &Schedule, progress: &Progress| pages::stored_until(schedule, progress, now);
    assert_eq!(until(&new, &Progress::default()), Some(at(13_600)));
    assert_eq!(until(&new, &begun), Some(at(90_000)));
    let silent = Schedule { last_success_at: Some(at(1)), ..new };
    assert_eq!(until(&silent, &Progress::default()), None, "nothing came so far");
    assert_eq!(until(&Schedule { last_data_at: Some(at(95_000)), ..silent }, &begun), Some(at(95_000)));
}
