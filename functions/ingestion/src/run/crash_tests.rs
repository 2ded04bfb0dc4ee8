//! Processes that die at any request to the database, against a plain model of what the TSP has.
//!
//! A run dies before a request is sent, or before its answer is read ([`Process`]). Between runs the TSP goes on: records come, change
//! and go, feeds bring late and double entries. After each run, dead or not, rows are counted as they are listed, and no row is written
//! again that did not change. At the end everything is as the TSP has it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use model::execution::ExecutionStatus;
use model::telematics::series::ReadingsOf;
use model::telematics::{Batch, HosEvent, Observation, Rows as _, Vehicle, VehicleLocation, VehiclePosition, source_hash};
use model::{RecordIds, Resource};
use providers::{Drift, Fetch, Fetched, ProviderError};
use serde_json::{Map, Value, json};
use store::telematics::Query;
use store::{Grant, Page};
use testing::{Accident, Database, Fate, Process, Random};

use super::tests::{Fixture, Script, at};
use super::*;
use crate::testing::store;

/// Seeds of each test, where the environment variable `CRASH_SEEDS` does not say how many.
const SEEDS: u64 = 12;
/// Runs of a seed that may die, and requests until they do at most.
const RUNS: i64 = 8;
const REQUESTS: u64 = 20;
/// Seconds between runs: a lease that a dead one left is over.
const PAUSE: i64 = 60;

/// What a row is at the TSP: its subject or id, when it happened (seconds), and a number that differs where its content does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    id: u64,
    seconds: i64,
    version: u64,
}

/// A TSP with one resource.
struct Tsp {
    connection: ConnectionId,
    resource: Resource,
    /// What a list shows, by id.
    listed: BTreeMap<u64, Entry>,
    /// What a feed brings.
    feed: Vec<Entry>,
    version: u64,
}

impl Tsp {
    fn is_feed(&self) -> bool {
        self.resource != Resource::Vehicle
    }

    /// Some records come, change and go. At most one of a list goes, so that its absence is believed.
    fn go_on(&mut self, random: &mut Random, now: i64) {
        for _ in 0..random.below(9) {
            self.version += 1;
            let id = random.below(12);
            // A feed brings old and double entries, too; a corrected event may lie in another day.
            let seconds = now - i64::try_from(random.below(5) * random.below(5) * 9_000).unwrap();
            let entry = Entry { id, seconds, version: self.version };
            match self.feed.last() {
                Some(last) if random.below(6) == 0 => self.feed.push(*last),
                _ => self.feed.push(entry),
            }
            self.listed.insert(id, entry);
        }
        let gone = self.listed.keys().nth(usize::try_from(random.below(24)).unwrap()).copied();
        gone.map(|id| self.listed.remove(&id));
    }

    /// A page of four, from where the one before it ended.
    fn page(&self, cursor: Option<&str>) -> Fetched {
        let cursor: Option<u64> = cursor.map(|cursor| cursor.parse().unwrap());
        let (entries, next, more): (Vec<Entry>, _, _) = if self.is_feed() {
            let start = usize::try_from(cursor.unwrap_or(0)).unwrap();
            let end = self.feed.len().min(start + 4);
            (self.feed[start..end].to_vec(), Some(end.to_string()), end < self.feed.len())
        } else {
            let rest = self.listed.values().filter(|entry| cursor.is_none_or(|cursor| entry.id > cursor));
            let page: Vec<Entry> = rest.clone().take(4).copied().collect();
            let more = rest.count() > 4;
            let next = page.last().filter(|_| more).map(|entry| entry.id.to_string());
            (page, next, more)
        };
        Fetched {
            batch: self.batch(&entries),
            cursor: next,
            more,
            complete_scan: !self.is_feed() && !more,
            scan_total: None,
            withdrawn: Vec::new(),
            window: None,
            states: Vec::new(),
            drift: Drift::default(),
        }
    }

    fn batch(&self, entries: &[Entry]) -> Batch {
        let ids = RecordIds(self.connection);
        let batch = match self.resource {
            Resource::Vehicle => rows(entries, |_| Vehicle::default()).erase(ids),
            Resource::HosEvent => {
                let log = |entry: &Entry| HosEvent { started_at: Some(at(entry.seconds)), ..HosEvent::default() };
                rows(entries, log).erase(ids)
            }
            _ => {
                let mut readings = ReadingsOf::<VehicleLocation<'static>>::default();
                for entry in entries {
                    let position = VehiclePosition { longitude: -90.0, latitude: 38.0, ..VehiclePosition::default() };
                    readings.push(&entry.id.to_string(), at(entry.seconds), &position, &source(entry).to_string());
                }
                readings.erase(ids)
            }
        };
        batch.unwrap()
    }

    /// The rows that there must be in the end: by id and, where each reading is one, time.
    fn expected(&self) -> BTreeMap<(u64, i64), Entry> {
        let mut rows = BTreeMap::new();
        match self.resource {
            Resource::Vehicle => rows.extend(self.listed.values().map(|entry| ((entry.id, 0), *entry))),
            Resource::HosEvent => rows.extend(self.feed.iter().map(|entry| ((entry.id, 0), *entry))),
            // The first reading of an instant counts.
            _ => rows.extend(self.feed.iter().rev().map(|entry| ((entry.id, entry.seconds), *entry))),
        }
        rows
    }
}

fn source(entry: &Entry) -> Value {
    json!({ "id": entry.id, "seconds": entry.seconds, "version": entry.version })
}

fn rows<T>(entries: &[Entry], fields: impl Fn(&Entry) -> T) -> Vec<Observation<T>> {
    let row = |entry: &Entry| {
        let source = source(entry);
        Observation {
            source_id: entry.id.to_string(),
            occurred_at: Some(at(entry.seconds)),
            source_hash: source_hash(&source, &[]),
            source,
            extras: None,
            is_partial: false,
            fields: fields(entry),
        }
    };
    entries.iter().map(row).collect()
}

/// A partner that may read the connection, and what it reads.
struct Reader {
    store: Store,
    grant: Grant,
}

type Row = Map<String, Value>;

impl Reader {
    async fn of(store: Store, connection: ConnectionId, resource: Resource) -> Self {
        let grant = crate::testing::grant(&store, connection, resource, at(0)).await;
        Self { store, grant }
    }

    /// All rows, which are as many as are counted.
    async fn rows(&self) -> Vec<Row> {
        let listed = self.store.list_rows(&self.grant, &Query::default(), &Page::first(1_000), true).await.unwrap();
        let rows: Vec<Row> = listed.rows.iter().map(|(row, _)| row.members().unwrap()).collect();
        let counted = self.store.count_rows(&self.grant, &Query::default()).await.unwrap();
        assert_eq!(usize::try_from(counted).unwrap(), rows.len(), "counted and listed");
        rows
    }

    /// How many the TSP lists, as analytics show it.
    async fn listed(&self) -> u64 {
        self.store.listed(&self.grant).await.unwrap().into_values().sum()
    }
}

/// What tells rows apart, and what a row is at the TSP.
fn entry(row: &Row) -> Entry {
    let number = |name: &str| row["source_data"][name].as_u64().unwrap();
    Entry { id: number("id"), seconds: row["source_data"]["seconds"].as_i64().unwrap(), version: number("version") }
}

fn is_alive(row: &Row) -> bool {
    row["deleted_at"].is_null()
}

/// No row that is as it was is written again.
fn assert_kept(before: &[Row], after: &[Row]) {
    for old in before {
        let same = |new: &&Row| entry(new) == entry(old) && is_alive(new) == is_alive(old);
        if let Some(new) = after.iter().find(same) {
            assert_eq!(new, old, "written twice");
        }
    }
}

/// How the runs of a seed ended.
#[derive(Debug, Default)]
struct Ends {
    died: usize,
    survived: usize,
}

async fn follow(seed: u64, resource: Resource, ends: &mut Ends) {
    let database = Database::open().await;
    let fixture = Fixture::on(store(database.client()), resource).await;
    let connection = fixture.connection().await.id;
    let reader = Reader::of(fixture.store.clone(), connection, resource).await;
    let mut random = Random::of(seed);
    let tsp = Tsp { connection, resource, listed: BTreeMap::new(), feed: Vec::new(), version: 0 };
    let tsp = Arc::new(Mutex::new(tsp));
    let asked = Arc::clone(&tsp);
    let script = Script::of(move |fetch: Fetch<'_>| Ok::<_, ProviderError>(asked.lock().unwrap().page(fetch.cursor)));
    let mut before = Vec::new();
    for number in 1..=RUNS {
        let now = number * PAUSE;
        tsp.lock().unwrap().go_on(&mut random, now);
        let fate = Fate { after: random.below(REQUESTS), accident: Accident::Death, is_sent: random.is_one_in(2) };
        let process = Process::new(Some(fate));
        let mortal = store(Client::new(&database.config(process.http_client(Database::http()))));
        let outcome = process.run("executions.run", fixture.run_in(&mortal, now, &script)).await;
        let end = if process.is_dead() { &mut ends.died } else { &mut ends.survived };
        *end += 1;
        assert!(outcome.is_none_or(|outcome| outcome.is_ok_and(|outcome| outcome == Outcome::Fetched)), "seed {seed}");
        let after = reader.rows().await;
        assert_kept(&before, &after);
        before = after;
    }
    // A scan that a dead run began proves nothing about what its list lacks; the next one does.
    for number in [RUNS + 1, RUNS + 2] {
        let outcome = fixture.run_in(&fixture.store, number * PAUSE, &script).await.unwrap();
        assert_eq!(outcome, Outcome::Fetched, "seed {seed}");
    }
    let rows = reader.rows().await;
    assert_kept(&before, &rows);
    let expected = tsp.lock().unwrap().expected();
    let entries = rows.iter().filter(|row| is_alive(row)).map(entry);
    let by_time = |entry: &Entry| if resource == Resource::VehicleLocation { entry.seconds } else { 0 };
    let stored: BTreeMap<(u64, i64), Entry> = entries.map(|entry| ((entry.id, by_time(&entry)), entry)).collect();
    assert_eq!(stored, expected, "seed {seed}");
    let ids: BTreeSet<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!(ids.len(), rows.len(), "seed {seed}: every id once");
    if resource == Resource::Vehicle {
        assert_eq!(usize::try_from(reader.listed().await).unwrap(), expected.len(), "seed {seed}");
    }
    assert!(fixture.schedule().await.leases.is_empty(), "seed {seed}");
    let pending = |run: &model::execution::Execution| run.status == ExecutionStatus::Pending;
    assert!(!fixture.executions().await.iter().any(pending), "seed {seed}: every run has an end");
}

/// Nothing is lost, and nothing is written twice.
async fn follow_all(resource: Resource) {
    let seeds = std::env::var("CRASH_SEEDS").map_or(SEEDS, |seeds| seeds.parse().unwrap());
    let mut ends = Ends::default();
    for seed in 1..=seeds {
        follow(seed, resource, &mut ends).await;
    }
    println!("{resource}: {seeds} seeds, {ends:?}");
    assert!(ends.died > ends.survived / 4 && ends.survived > ends.died / 4, "{ends:?}");
}

#[tokio::test]
async fn entities_are_complete_whenever_a_process_dies() {
    follow_all(Resource::Vehicle).await;
}

#[tokio::test]
async fn events_are_complete_whenever_a_process_dies() {
    follow_all(Resource::HosEvent).await;
}

#[tokio::test]
async fn readings_are_complete_whenever_a_process_dies() {
    follow_all(Resource::VehicleLocation).await;
}
