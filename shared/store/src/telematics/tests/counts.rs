//! Counts for analytics agree with what is stored, whatever happens to records.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use model::telematics::{HosViolation, User};
use serde_json::json;

use super::super::{Answers, Growth, ScanOutcome, StatedWindow};
use super::entities::{fleet, vehicle};
use super::positions::{position, store_positions};
use super::*;

const DAYS: [&str; 3] = ["2026-11-20", "2026-11-21", "2026-11-22"];

fn user(name: &str, is_driver: Option<bool>) -> Observation<User> {
    let fields = User { username: Some(name.into()), is_driver, ..User::default() };
    observation(name, None, json!({ "name": name, "role": is_driver }), fields)
}

fn listed(flag: Option<&'static str>) -> Query {
    let members = flag.map(|member| MemberFilter { member, any_of: Values::Flag(true) }).into_iter().collect();
    Query { listed: true, members, ..Query::default() }
}

/// The count is what a list of all shows, in pages of any size, by id.
async fn check(store: &Store, grant: &Grant, flag: Option<&'static str>, expected: &[(&str, u64)]) {
    let query = &listed(flag);
    let list = |page: Page| async move { sendable(store.list_rows(grant, query, &page, false)).await.map(rows) };
    let found = walk(7, list).await;
    assert!(found.iter().map(|row| text(row, "id")).is_sorted());
    assert!(found.iter().all(|row| row["deleted_at"].is_null()));
    let total: u64 = expected.iter().map(|(_, number)| number).sum();
    assert_eq!(u64::try_from(found.len()).unwrap(), total);
    assert_eq!(sendable(store.count_rows(grant, query)).await.unwrap(), total, "the count is what is listed");
    let days = expected.iter().filter(|(_, number)| *number > 0).map(|(day, number)| ((*day).to_owned(), *number));
    assert_eq!(store.growth(grant, DAYS[0]).await.unwrap(), Growth { total, days: days.collect() });
    assert_eq!(store.listed(grant).await.unwrap().values().sum::<u64>(), total);
}

#[tokio::test]
async fn what_a_tsp_lists_is_counted_by_the_day_it_came() {
    let Fixture { store, .. } = open().await;
    let origin = |day: &str| origin(1, Resource::Vehicle, &format!("{day}T12:00:00Z"));
    let (grant, mut all) = (grant(Resource::Vehicle, &[1]), fleet(60));
    let ids =
        |rows: &[Observation<_>]| rows.iter().map(|row| RecordId::of(&row.source_id, connection(1))).collect::<HashSet<_>>();
    store_all(&store, &origin(DAYS[0]), &all[..50]).await;
    store_all(&store, &origin(DAYS[1]), &all).await;
    store_all(&store, &origin(DAYS[1]), &all).await;
    check(&store, &grant, None, &[(DAYS[0], 50), (DAYS[1], 10)]).await;

    let scan = store.remove_missing_rows(&origin(DAYS[2]), &ids(&all[10..])).await.unwrap();
    assert_eq!(scan, ScanOutcome::Done { removed: 10 });
    assert_eq!(store.remove_missing_rows(&origin(DAYS[2]), &ids(&all[10..])).await.unwrap(), ScanOutcome::Done { removed: 0 });
    check(&store, &grant, None, &[(DAYS[0], 40), (DAYS[1], 10)]).await;
    assert_eq!(store.count_rows(&grant, &Query::default()).await.unwrap(), 60, "the list shows deleted ones too");

    // One comes back as it was, one with other content, and one that was listed all the time changes.
    for (number, year) in [(0, None), (1, Some(1999)), (30, Some(1999))] {
        all[number] = vehicle(&format!("{number:03}"), year, None);
    }
    store_all(&store, &origin(DAYS[2]), &[all[0].clone(), all[1].clone(), all[30].clone()]).await;
    check(&store, &grant, None, &[(DAYS[0], 42), (DAYS[1], 10)]).await;
    store.remove_missing_rows(&origin(DAYS[2]), &ids(&all[10..])).await.unwrap();
    check(&store, &grant, None, &[(DAYS[0], 40), (DAYS[1], 10)]).await;
}

#[tokio::test]
async fn drivers_are_counted_among_users() {
    let Fixture { store, .. } = open().await;
    let origin = |day: &str| origin(1, Resource::User, &format!("{day}T12:00:00Z"));
    let grant = grant(Resource::User, &[1]);
    let flag = Some("is_driver");
    store_all(&store, &origin(DAYS[0]), &[user("a", Some(true)), user("b", Some(false)), user("c", None)]).await;
    check(&store, &grant, flag, &[(DAYS[0], 1)]).await;
    store_all(&store, &origin(DAYS[1]), &[user("a", None), user("b", Some(true)), user("d", Some(true))]).await;
    check(&store, &grant, flag, &[(DAYS[0], 1), (DAYS[1], 1)]).await;
    store.remove_missing_rows(&origin(DAYS[2]), &[RecordId::of("b", connection(1))].into()).await.unwrap();
    check(&store, &grant, flag, &[(DAYS[0], 1)]).await;
}

#[tokio::test]
async fn concurrent_runs_count_each_entity_once() {
    let Fixture { store, .. } = open().await;
    let (origin, all) = (origin(1, Resource::Vehicle, "2026-11-20T12:00:00Z"), fleet(40));
    let gone: HashSet<RecordId> = all.iter().skip(4).map(|row| RecordId::of(&row.source_id, connection(1))).collect();
    store_all(&store, &origin, &all).await;
    let (one, two, three) = tokio::join!(
        store.remove_missing_rows(&origin, &gone),
        store.remove_missing_rows(&origin, &gone),
        store_all(&store, &origin, &all),
    );
    let (removed, _, _) = (one.unwrap(), two.unwrap(), three);
    assert!(matches!(removed, ScanOutcome::Done { .. }));
    let grant = grant(Resource::Vehicle, &[1]);
    let query = Query::default();
    let every = rows(store.list_rows(&grant, &query, &Page::first(100), false).await.unwrap());
    let alive = every.rows.iter().filter(|(row, _)| row["deleted_at"].is_null()).count();
    check(&store, &grant, None, &[(DAYS[0], u64::try_from(alive).unwrap())]).await;
}

pub(super) fn violation(number: u32, driver: &str, at_text: &str) -> Observation<HosViolation> {
    let fields = HosViolation { source_driver_id: Some(driver.into()), ..HosViolation::default() };
    observation(&format!("e-{number}"), Some(at(at_text)), json!({ "driver": driver, "at": at_text }), fields)
}

#[tokio::test]
async fn events_of_a_subjects_last_days_are_counted() {
    let Fixture { store, .. } = open().await;
    let resource = Resource::HosViolation;
    let origin = origin(1, resource, "2026-11-22T12:00:00Z");
    let grant = grant(resource, &[1]);
    let subject = |name: &str| (connection(1), RecordId::of(name, connection(1)));
    let check = async |since: &str, expected: &[(&str, u64)]| {
        let asked: BTreeSet<_> = ["a", "b", "c"].map(subject).into();
        let found = store.count_since(&grant, &asked, since).await.unwrap();
        let found: BTreeMap<_, _> = found.into_iter().collect();
        assert_eq!(found, expected.iter().map(|(name, number)| (subject(name), *number)).collect());
    };
    let mut events = vec![
        violation(1, "a", "2026-11-20T01:00:00Z"),
        violation(2, "a", "2026-11-22T01:00:00Z"),
        violation(3, "b", "2026-11-22T02:00:00Z"),
        violation(4, "a", "2026-01-01T00:00:00Z"),
    ];
    store_all(&store, &origin, &events).await;
    store_all(&store, &origin, &events).await;
    check("2026-11-20", &[("a", 2), ("b", 1)]).await;
    check("2026-11-21", &[("a", 1), ("b", 1)]).await;

    // Another driver, another time, and both in one.
    events[0] = violation(1, "c", "2026-11-20T01:00:00Z");
    events[1] = violation(2, "a", "2026-11-21T23:00:00Z");
    events[2] = violation(3, "a", "2026-11-20T02:00:00Z");
    store_all(&store, &origin, &events).await;
    check("2026-11-20", &[("a", 2), ("c", 1)]).await;
    check("2026-11-21", &[("a", 1)]).await;

    // What is taken back counts no more, in either way, and counts again when it comes back.
    let window = StatedWindow {
        from: at("2026-11-20T00:00:00Z"),
        to: at("2026-11-21T00:00:00Z"),
        subjects: Answers::AllBut(HashSet::new()),
        seen: [RecordId::of("e-3", connection(1))].into(),
    };
    let done = store.remove_unstated_rows(&origin, &window, &|| true).await.unwrap();
    assert_eq!(done, ScanOutcome::Done { removed: 1 });
    assert_eq!(store.withdraw_events(&origin, &[RecordId::of("e-2", connection(1))]).await.unwrap(), 1);
    check("2026-11-20", &[("a", 1)]).await;
    store_all(&store, &origin, &events).await;
    check("2026-11-20", &[("a", 2), ("c", 1)]).await;
}

#[tokio::test]
async fn readings_of_what_is_removed_are_on_no_map() {
    let Fixture { store, .. } = open().await;
    let (vehicles, now) = (fleet(70), "2026-11-21T03:00:00Z");
    let mut positions: Vec<_> = (0..70).map(|number| position(number, 0)).collect();
    positions.iter_mut().zip(&vehicles).for_each(|(position, vehicle)| position.vehicle = vehicle.source_id.clone());
    for number in [1, 2] {
        store_all(&store, &origin(number, Resource::Vehicle, now), &vehicles).await;
        store_positions(&store, &origin(number, Resource::VehicleLocation, now), &positions).await;
    }
    let kept: HashSet<RecordId> = vehicles.iter().skip(5).map(|row| RecordId::of(&row.source_id, connection(1))).collect();
    store.remove_missing_rows(&origin(1, Resource::Vehicle, now), &kept).await.unwrap();
    let grant = grant(Resource::VehicleLocation, &[1, 2]);
    let query = |listed| Query { latest: true, listed, ..Query::default() };
    for (listed, expected) in [(true, 135), (false, 140)] {
        let (store, grant, query) = (&store, &grant, &query(listed));
        let list = |page: Page| async move { sendable(store.list_rows(grant, query, &page, false)).await.map(rows) };
        assert_eq!(walk(40, list).await.len(), expected);
        assert_eq!(store.count_rows(grant, query).await.unwrap(), u64::try_from(expected).unwrap());
    }
    let located = store.located(&grant).await.unwrap();
    assert_eq!((located[&connection(1)], located[&connection(2)]), (65, 70));
    let named = Query { source_ids: Some(vec!["v-000".into(), "v-009".into()]), ..query(true) };
    assert_eq!(store.count_rows(&grant, &named).await.unwrap(), 3, "one of the first is removed");
}
