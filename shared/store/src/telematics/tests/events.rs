use std::collections::{HashMap, HashSet};

use model::telematics::HosEvent;
use model::telematics::code::Code;
use serde_json::json;

use super::super::{Answers, ScanOutcome, StatedWindow, change};
use super::*;

/// Events an hour and a bit apart over four days.
pub(super) fn events(count: usize) -> Vec<Observation<HosEvent>> {
    (0..count).map(|number| event(number, &format!("2026-11-{:02}T{:02}:15:00Z", 10 + number % 4, number % 24))).collect()
}

pub(super) fn event(number: usize, started: &str) -> Observation<HosEvent> {
    let started = at(started);
    let fields = HosEvent {
        source_driver_id: Some(format!("d-{}", number % 3)),
        started_at: Some(started),
        ended_at: (!number.is_multiple_of(5)).then(|| started.plus_seconds(3_600)),
        event_type_code: Code::parse(&(1 + number % 6).to_string()),
        ..HosEvent::default()
    };
    observation(&format!("e-{number}"), Some(started), json!({ "number": number, "started": started }), fields)
}

#[tokio::test]
async fn a_row_that_was_read_in_part_replaces_none() {
    let Fixture { store, .. } = open().await;
    let origin = origin(1, Resource::HosEvent, "2026-11-21T00:00:00Z");
    let whole = event(1, "2026-11-20T04:15:00Z");
    let mut part =
        observation("e-1", whole.occurred_at, json!({ "number": 1 }), HosEvent { event_type_code: None, ..whole.fields.clone() });
    part.is_partial = true;
    let (part, whole) = ([part], [whole]);
    assert_eq!(store_all(&store, &origin, &part).await.added, 1, "there was none");
    assert_eq!(store_all(&store, &origin, &whole).await.modified, 1);
    let again = store_all(&store, &origin, &part).await;
    assert_eq!((again.modified, again.unchanged), (0, 1));
    let found =
        store.list_rows(&grant(Resource::HosEvent, &[1]), &Query::default(), &Page::first(9), false).await.map(rows).unwrap();
    assert_eq!(column(&found, "event_type_code"), ["2"]);
}

#[tokio::test]
async fn pages_and_totals_agree_with_brute_force() {
    let Fixture { store, .. } = open().await;
    for (number, count) in [(1, 97), (2, 40)] {
        let origin = origin(number, Resource::HosEvent, "2026-11-21T00:00:00Z");
        assert_eq!(store_all(&store, &origin, &events(count)).await.added, u64::try_from(count).unwrap());
        assert_eq!(store_all(&store, &origin, &events(count)).await.unchanged, u64::try_from(count).unwrap());
    }
    let grant = grant(Resource::HosEvent, &[1, 2]);
    let day = |text: &str| Some(at(text));
    let filters = [
        Query::default(),
        Query { from: day("2026-11-10T05:15:00Z"), to: day("2026-11-12T04:15:00Z"), ..Query::default() },
        Query { from: day("2026-11-11T00:00:00Z"), to: day("2026-11-13T00:00:00Z"), ..Query::default() },
        Query { active_from: day("2026-11-12T03:00:00Z"), active_to: day("2026-11-12T12:15:00Z"), ..Query::default() },
        Query { members: vec![linked("driver_id", vec![RecordId::of("d-1", connection(1))])], ..Query::default() },
        Query {
            members: vec![MemberFilter { member: "event_type_code", any_of: Values::Texts(vec!["2".into(), "4".into()]) }],
            from: day("2026-11-11T00:00:00Z"),
            ..Query::default()
        },
        Query { from: day("2026-11-12T00:00:00Z"), to: day("2026-11-12T00:00:00Z"), ..Query::default() },
        Query { members: vec![linked("vehicle_id", Vec::new())], ..Query::default() },
    ];
    let all = store.list_rows(&grant, &Query::default(), &Page::first(1_000), false).await.map(rows).unwrap();
    assert_eq!(all.rows.len(), 137);
    for filter in &filters {
        let expected: Vec<Members> = all.rows.iter().map(|(row, _)| row).filter(|row| matches(filter, row)).cloned().collect();
        let (store, grant) = (&store, &grant);
        let list = |page: Page| async move { sendable(store.list_rows(grant, filter, &page, false)).await.map(rows) };
        for size in [3, 50, 500] {
            assert_eq!(walk(size, list).await, expected, "{filter:?}");
        }
        let count = sendable(store.count_rows(grant, filter)).await.unwrap();
        assert_eq!(count, u64::try_from(expected.len()).unwrap(), "{filter:?}");
    }
}

fn matches(query: &Query, row: &Members) -> bool {
    let time = |name: &str| row[name].as_str().map(at);
    let any = |filter: &MemberFilter| match &filter.any_of {
        Values::Ids(ids) => ids.iter().any(|id| id.to_string() == text(row, filter.member)),
        Values::Texts(texts) => texts.contains(&text(row, filter.member)),
        Values::Flag(flag) => row[filter.member] == *flag,
    };
    query.from.is_none_or(|from| time("occurred_at").unwrap() >= from)
        && query.to.is_none_or(|to| time("occurred_at").unwrap() < to)
        && query.active_from.is_none_or(|from| time("ended_at").is_none_or(|ended| ended >= from))
        && query.active_to.is_none_or(|to| time("started_at").unwrap() < to)
        && query.members.iter().all(any)
}

#[tokio::test]
async fn a_corrected_time_moves_the_event() {
    let Fixture { store, client } = open().await;
    let grant = grant(Resource::HosEvent, &[1]);
    let count = async |from: &str, to: &str| {
        let filter = Query { from: Some(at(from)), to: Some(at(to)), ..Query::default() };
        store.count_rows(&grant, &filter).await.unwrap()
    };
    let first = origin(1, Resource::HosEvent, "2026-11-21T00:00:00Z");
    store_all(&store, &first, &[event(1, "2026-11-10T10:00:00Z"), event(2, "2026-11-10T11:00:00Z")]).await;
    let later = origin(1, Resource::HosEvent, "2026-11-21T01:00:00Z");
    let moved = store_all(&store, &later, &[event(1, "2026-11-11T10:00:00Z")]).await;
    assert_eq!(moved, Stored { added: 0, modified: 1, unchanged: 0 });
    assert_eq!(count("2026-11-10T00:00:00Z", "2026-11-11T00:00:00Z").await, 1);
    assert_eq!(count("2026-11-11T00:00:00Z", "2026-11-12T00:00:00Z").await, 1);
    let found = store.list_rows(&grant, &Query::default(), &Page::first(10), false).await.map(rows).unwrap();
    assert_eq!(column(&found, "source_id"), ["e-2", "e-1"]);
    assert_eq!(text(&found.rows[1].0, "created_at"), "2026-11-21T00:00:00.000000Z");

    let items = client.scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    let changes: Vec<_> = items.iter().filter_map(|item| change::from_images(None, Some(item)).unwrap()).collect();
    assert_eq!(changes.iter().map(|change| (change.added.len(), change.modified.len())).sum_pairs(), (1, 1));
}

#[tokio::test]
async fn a_window_replaces_the_rows_of_whom_it_answers_for() {
    let Fixture { store, client } = open().await;
    let log = |driver: &str, start: &str, end: &str| {
        let (start, end) = (at(&format!("2026-11-10T{start}:00Z")), at(&format!("2026-11-10T{end}:00Z")));
        let fields = HosEvent {
            source_driver_id: Some(driver.into()),
            started_at: Some(start),
            ended_at: Some(end),
            ..HosEvent::default()
        };
        observation(&format!("{driver}:{start}"), Some(start), json!({ "start": start, "end": end }), fields)
    };
    let id =
        |driver: &str, start: &str| RecordId::of(&format!("{driver}:{}", at(&format!("2026-11-10T{start}:00Z"))), connection(1));
    let before = [
        log("d1", "00:00", "06:00"),
        log("d1", "06:00", "07:00"),
        log("d1", "07:00", "09:00"),
        log("d1", "09:00", "10:00"),
        log("d1", "10:00", "12:00"),
        log("d2", "08:00", "10:00"),
    ];
    let first = origin(1, Resource::HosEvent, "2026-11-10T12:00:00Z");
    store_all(&store, &first, &before).await;
    // The day was edited: four entries, two of them as they begin before. Nothing is said of the other driver.
    let after =
        [log("d1", "00:00", "06:30"), log("d1", "06:30", "07:15"), log("d1", "07:15", "10:00"), log("d1", "10:00", "12:00")];
    let later = origin(1, Resource::HosEvent, "2026-11-10T12:05:00Z");
    store_all(&store, &later, &after).await;
    let window = StatedWindow {
        from: at("2026-11-10T00:00:00Z"),
        to: at("2026-11-10T12:05:00Z"),
        subjects: Answers::For(HashSet::from([RecordId::of("d1", connection(1))])),
        seen: ["00:00", "06:30", "07:15", "10:00"].map(|start| id("d1", start)).into(),
    };
    assert_eq!(store.remove_unstated_rows(&later, &window, &|| true).await.unwrap(), ScanOutcome::Done { removed: 3 });
    assert_eq!(store.remove_unstated_rows(&later, &window, &|| true).await.unwrap(), ScanOutcome::Done { removed: 0 }, "again");
    let grant = grant(Resource::HosEvent, &[1]);
    let list = async || {
        let found = store.list_rows(&grant, &Query::default(), &Page::first(20), false).await.map(rows).unwrap();
        let alive = found.rows.iter().filter(|(row, _)| row["deleted_at"].is_null());
        alive.map(|(row, _)| text(row, "started_at")[11..16].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list().await, ["00:00", "06:30", "07:15", "08:00", "10:00"]);
    let items = client.scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    let deleted: Vec<_> = items.iter().filter(|item| item.contains_key("deleted_at") && item.contains_key("body")).collect();
    assert_eq!(deleted.len(), 3);
    for new in deleted {
        let old: HashMap<_, _> = new.clone().into_iter().filter(|(name, _)| name != "deleted_at").collect();
        let change = change::from_images(Some(&old), Some(new)).unwrap().unwrap();
        assert_eq!((change.modified.len(), change.removed.len()), (1, 0), "its removal never fires");
        assert!(!change.modified[0].members().unwrap()["deleted_at"].is_null());
    }
    // What was edited away and comes back is known, and alive again.
    let back = store_all(&store, &later, &[log("d1", "06:00", "07:00")]).await;
    assert_eq!(back, Stored { added: 0, modified: 1, unchanged: 0 });
    assert_eq!(list().await.len(), 6);
}

#[tokio::test]
async fn a_window_that_lacks_nearly_everything_is_not_believed() {
    let Fixture { store, .. } = open().await;
    let origin = origin(1, Resource::HosEvent, "2026-11-21T00:00:00Z");
    store_all(&store, &origin, &events(40)).await;
    let subjects = ["d-0", "d-1", "d-2"].map(|driver| RecordId::of(driver, connection(1)));
    let (from, to) = (at("2026-11-10T00:00:00Z"), at("2026-11-14T00:00:00Z"));
    let window = StatedWindow { from, to, subjects: Answers::For(subjects.into()), seen: HashSet::new() };
    let outcome = store.remove_unstated_rows(&origin, &window, &|| true).await.unwrap();
    assert_eq!(outcome, ScanOutcome::Refused { missing: 40, known: 40 });
}

#[tokio::test]
async fn a_window_of_many_pages_is_compared_while_there_is_time() {
    let Fixture { store, .. } = open().await;
    let origin = origin(1, Resource::HosEvent, "2026-11-21T00:00:00Z");
    let day = at("2026-11-10T00:00:00Z");
    let log = |number: usize| event(number, &day.plus_seconds(i64::try_from(number).unwrap()).to_string());
    store_all(&store, &origin, &(0..600).map(log).collect::<Vec<_>>()).await;
    // Every 20th row of one driver is gone; of the others nothing is said.
    let ids = (0..600).step_by(3).filter(|number| number % 20 != 0);
    let window = StatedWindow {
        from: day,
        to: day.plus_seconds(7_200),
        subjects: Answers::For(HashSet::from([RecordId::of("d-0", connection(1))])),
        seen: ids.map(|number| RecordId::of(&format!("e-{number}"), connection(1))).collect(),
    };
    let after = async |steps: usize| {
        let left = std::sync::atomic::AtomicUsize::new(steps);
        let has_time = || {
            let order = std::sync::atomic::Ordering::Relaxed;
            left.fetch_update(order, order, |left| left.checked_sub(1)).is_ok()
        };
        store.remove_unstated_rows(&origin, &window, &has_time).await.unwrap()
    };
    // Three pages, then what is missing: ten rows.
    assert_eq!(after(2).await, ScanOutcome::OutOfTime { removed: 0 }, "half a window proves nothing");
    assert_eq!(after(3).await, ScanOutcome::OutOfTime { removed: 0 });
    assert_eq!(after(4).await, ScanOutcome::Done { removed: 10 });
    assert_eq!(after(3).await, ScanOutcome::Done { removed: 0 }, "nothing is left");
}

trait SumPairs {
    fn sum_pairs(self) -> (usize, usize);
}

impl<I: Iterator<Item = (usize, usize)>> SumPairs for I {
    fn sum_pairs(self) -> (usize, usize) {
        self.fold((0, 0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1))
    }
}

#[tokio::test]
async fn a_window_that_answers_for_all_removes_whom_it_does_not_name() {
    let Fixture { store, .. } = open().await;
    let origin = origin(1, Resource::HosEvent, "2026-11-21T00:00:00Z");
    store_all(&store, &origin, &events(12)).await;
    let unclear = HashSet::from([RecordId::of("d-1", connection(1))]);
    let (from, to) = (at("2026-11-10T00:00:00Z"), at("2026-11-14T00:00:00Z"));
    let seen = HashSet::from([RecordId::of("e-0", connection(1))]);
    let window = StatedWindow { from, to, subjects: Answers::AllBut(unclear), seen };
    let outcome = store.remove_unstated_rows(&origin, &window, &|| true).await.unwrap();
    // Four rows each: three of the first driver, none of the second, all of the third.
    assert_eq!(outcome, ScanOutcome::Done { removed: 7 });
}

#[tokio::test]
async fn events_are_listed_in_the_order_of_a_member_and_backwards_in_time() {
    let Fixture { store, .. } = open().await;
    for (number, count) in [(1, 31), (2, 17)] {
        store_all(&store, &origin(number, Resource::HosEvent, "2026-11-21T00:00:00Z"), &events(count)).await;
    }
    let grant = grant(Resource::HosEvent, &[1, 2]);
    for (field, descending) in [(None, true), (Some("event_type_code"), false), (Some("ended_at"), true), (Some("id"), true)] {
        let query = Query {
            order: Order { field: field.map(String::from), descending },
            from: Some(at("2026-11-10T05:00:00Z")),
            ..Query::default()
        };
        let (store, grant, query) = (&store, &grant, &query);
        let list = |page: Page| async move { sendable(store.list_rows(grant, query, &page, false)).await.map(rows) };
        let found = walk(7, list).await;
        assert_eq!(found.len(), usize::try_from(store.count_rows(grant, query).await.unwrap()).unwrap(), "{field:?}");
        let ids: HashSet<String> = found.iter().map(|row| text(row, "id")).collect();
        assert_eq!(ids.len(), found.len(), "no row twice");
        let values: Vec<&serde_json::Value> = found.iter().map(|row| &row[field.unwrap_or("occurred_at")]).collect();
        let is_sorted = values.windows(2).all(|pair| match (pair[0].as_str(), pair[1].as_str()) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(one), Some(two)) => {
                if descending {
                    one >= two
                } else {
                    one <= two
                }
            }
        });
        assert!(is_sorted, "{field:?}: {values:?}");
    }
}
