//! States of subjects, against the embedded database.

use std::collections::BTreeMap;

use model::telematics::engine_log::{ACTIVE, INACTIVE};
use model::telematics::{Batch, EngineLog, Observation, Record as _, Rows as _, source_hash};
use model::{ConnectionId, RecordIds, Resource};
use providers::{Fetched, ProviderError, StandingRow, SubjectState};
use serde_json::{Value, json};
use store::telematics::Origin;

use super::standing::{self, Standing};
use super::tests::{Fixture, at, page};
use super::*;
use crate::testing::database;

/// A fault: its code, and how grave it is.
type Fault = (&'static str, u32);

/// The same each time: ids are drawn at random.
fn connection() -> ConnectionId {
    "6f9619ff-8b86-4d01-b42d-00cf4fc964ff".parse().unwrap()
}

fn state(subject: &str, seconds: i64, faults: &[Fault]) -> SubjectState {
    let row = |(code, severity): &Fault| {
        let source = json!({ "code": code, "severity": severity });
        let fields = EngineLog { status: Some(ACTIVE), source_vehicle_id: Some(subject.into()), ..EngineLog::default() };
        let (source_id, source_hash) = (format!("{subject}:{code}"), source_hash(&source, &[]));
        Observation { source_id, occurred_at: None, source, source_hash, extras: None, is_partial: false, fields }
    };
    let rows: Vec<Observation<EngineLog>> = faults.iter().map(row).collect();
    let mut ended = rows.clone();
    ended.iter_mut().for_each(|row| row.fields.status = Some(INACTIVE));
    let erased = |rows: Vec<Observation<EngineLog>>| match rows.erase(RecordIds(connection())).unwrap() {
        Batch::Records(rows) => rows,
        Batch::Readings(_) => panic!("not records"),
    };
    let rows = erased(rows).into_iter().zip(erased(ended)).map(|(row, ended)| StandingRow { row, ended: ended.fields }).collect();
    SubjectState { subject: subject.into(), at: at(seconds), rows }
}

fn origin() -> Origin {
    Origin {
        connection: connection(),
        record: EngineLog::TYPE,
        tsp: model::TspId::at(at(0)),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        execution: ExecutionId::at(at(0)),
        schedule: ScheduleId::at(at(0)),
        now: at(100_000),
    }
}

/// What rows say: id, status, time, when they began, and how grave they are.
fn told(standing: &Standing) -> Vec<(String, Value, Timestamp, Value, Value)> {
    let row = |row: &Observation<model::telematics::Fields>| {
        let fields: Value = serde_json::from_str(row.fields.get()).unwrap();
        let since = row.extras.as_ref().unwrap()["first_observed_at"].clone();
        (row.source_id.clone(), fields["status"].clone(), row.occurred_at.unwrap(), since, row.source["severity"].clone())
    };
    standing.rows.iter().map(row).collect()
}

async fn follow(store: &Store, states: Vec<SubjectState>) -> Standing {
    let standing = standing::apply(store, &origin(), states).await.unwrap();
    store.note_states(&origin(), &standing.notes).await.unwrap();
    standing
}

#[tokio::test]
async fn a_row_begins_changes_and_ends_with_states() {
    let store = database().await;
    let id = |seconds: i64| format!("v1:A:{}", at(seconds));
    let row = |seconds: i64, status: &str, since: i64, severity: u32| {
        (id(since), json!(status), at(seconds), json!(at(since)), json!(severity))
    };
    let first = follow(&store, vec![state("v1", 10, &[("A", 1)]), state("v2", 11, &[])]).await;
    assert_eq!(told(&first), [row(10, "active", 10, 1)]);
    assert_eq!(first.notes.len(), 1, "who has nothing costs nothing");
    assert!(told(&follow(&store, vec![state("v1", 20, &[("A", 1)])]).await).is_empty(), "it is still there");
    assert_eq!(told(&follow(&store, vec![state("v1", 30, &[("A", 2)])]).await), [row(30, "active", 10, 2)]);
    assert!(follow(&store, vec![state("v1", 25, &[]), state("v1", 30, &[])]).await.rows.is_empty(), "late, and told again");
    assert_eq!(told(&follow(&store, vec![state("v1", 40, &[])]).await), [row(40, "inactive", 10, 2)]);
    let again = follow(&store, vec![state("v1", 60, &[]), state("v1", 50, &[("A", 1)])]).await;
    assert_eq!(told(&again), [row(50, "active", 50, 1), row(60, "inactive", 50, 1)], "another record, in order of time");
    assert!(follow(&store, vec![state("v1", 70, &[])]).await.notes.is_empty());
}

/// A number that follows from another one.
fn next(random: &mut u64) -> u64 {
    *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *random >> 33
}

/// What is stored: status, time and severity by id. The last row of an id wins, as in the store.
type Table = BTreeMap<String, (Value, Timestamp, Value)>;

/// The same, from a plain walk through the states of all subjects.
fn expected(states: &[(&'static str, i64, Vec<Fault>)]) -> Table {
    let (mut table, mut open) = (Table::new(), BTreeMap::<String, (String, u32)>::new());
    for (subject, seconds, faults) in states {
        let listed: BTreeMap<String, u32> = faults.iter().map(|(code, grave)| (format!("{subject}:{code}"), *grave)).collect();
        let own: Vec<String> = open.keys().filter(|key| key.starts_with(subject)).cloned().collect();
        for key in own.into_iter().filter(|key| !listed.contains_key(key)) {
            let (id, grave) = open.remove(&key).unwrap();
            table.insert(id, (json!("inactive"), at(*seconds), json!(grave)));
        }
        for (key, grave) in listed {
            let known = open.get(&key).cloned();
            if known.as_ref().is_some_and(|(_, before)| *before == grave) {
                continue;
            }
            let id = known.map_or_else(|| format!("{key}:{}", at(*seconds)), |(id, _)| id);
            table.insert(id.clone(), (json!("active"), at(*seconds), json!(grave)));
            open.insert(key, (id, grave));
        }
    }
    table
}

#[tokio::test]
async fn a_crash_at_any_step_changes_nothing_twice_and_loses_nothing() {
    let mut crashes = [0; 3];
    for seed in 1..=60 {
        let (store, mut random) = (database().await, seed);
        let states: Vec<(&'static str, i64, Vec<Fault>)> = (1..=24)
            .map(|number| {
                let subject = ["v1", "v2"][usize::try_from(next(&mut random) % 2).unwrap()];
                let faults = ["A", "B", "C"].into_iter().filter(|_| next(&mut random).is_multiple_of(2));
                let faults: Vec<&str> = faults.collect();
                (
                    subject,
                    number * 10,
                    faults.into_iter().map(|code| (code, u32::try_from(next(&mut random) % 2).unwrap())).collect(),
                )
            })
            .collect();
        let mut table = Table::new();
        let mut rest = states.as_slice();
        while !rest.is_empty() {
            let size = usize::try_from(1 + next(&mut random) % 5).unwrap().min(rest.len());
            let fetched = || rest[..size].iter().map(|(subject, at, faults)| state(subject, *at, faults)).collect();
            let step = usize::try_from(next(&mut random) % 4).unwrap();
            crashes.get_mut(step).into_iter().for_each(|count| *count += 1);
            // The page is read again after a crash before its rows, between rows and notes, or before its cursor.
            for survives in [step, 3] {
                let standing = standing::apply(&store, &origin(), fetched()).await.unwrap();
                if survives >= 1 {
                    let rows = told(&standing).into_iter();
                    table.extend(rows.map(|(id, status, at, _, grave)| (id, (status, at, grave))));
                }
                if survives >= 2 {
                    store.note_states(&origin(), &standing.notes).await.unwrap();
                }
            }
            rest = &rest[size..];
        }
        assert_eq!(table, expected(&states), "seed {seed}");
    }
    assert!(crashes.iter().all(|count| *count > 50), "{crashes:?}");
}

fn fetched(states: Vec<SubjectState>) -> Result<Fetched, ProviderError> {
    page(&[], Some("next"), false).map(|page| Fetched { complete_scan: false, states, ..page })
}

#[tokio::test]
async fn states_of_an_impossible_time_are_set_aside_and_hold_nothing_up() {
    let fixture = Fixture::of(Resource::EngineLog).await;
    let ahead = state("v1", 90_000, &[("A", 1)]);
    assert_eq!(fixture.run(100, vec![fetched(vec![ahead, state("v2", 90, &[("B", 1)])])]).await, Outcome::Fetched);
    let runs = fixture.executions().await;
    assert_eq!(runs[0].response, Some(json!({ "set_aside": { "time_ahead": 1 } })));
    fixture.run(800, vec![fetched(vec![state("v1", 700, &[("A", 1)])])]).await;
    let kept = standing::apply(
        &fixture.store,
        &Origin { connection: fixture.connection().await.id, now: at(900), ..origin() },
        vec![state("v1", 850, &[])],
    )
    .await
    .unwrap();
    assert_eq!(told(&kept).len(), 1, "the state of 700 counts");
}

#[tokio::test]
async fn a_subject_with_too_much_keeps_what_fits() {
    let store = database().await;
    let mut huge = state("v1", 10, &[("A", 1), ("B", 1)]);
    huge.rows[0].row.source = json!({ "severity": 1, "text": "x".repeat(400_000) });
    let first = follow(&store, vec![huge]).await;
    assert_eq!(told(&first).iter().map(|row| row.0.clone()).collect::<Vec<_>>(), [format!("v1:B:{}", at(10))]);
    assert_eq!(told(&follow(&store, vec![state("v1", 20, &[])]).await).len(), 1);
}
