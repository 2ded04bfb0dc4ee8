//! Connections that several fleets of one reader share, and links that ended.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;

use super::entities::{fleet, vehicle};
use super::events::{event, events};
use super::positions::{Position, drive, position, store_positions};
use super::*;

const FETCHED: &str = "2026-11-21T03:00:00Z";
const ENDED: &str = "2026-11-21T04:00:00Z";
const LATER: &str = "2026-11-21T05:00:00Z";

/// A connection that other fleets share, and one that they do not.
fn shared(resource: Resource, links: &[(u128, Option<Timestamp>)]) -> Grant {
    let mut connections: Vec<_> = links.iter().map(|(fleet, until)| granted(1, *fleet, *until)).collect();
    connections.push(granted(2, 9, None));
    Grant::new(record(resource), connections)
}

/// All rows of a list, checked in pages of both directions against each other and the total.
async fn listed(store: &Store, grant: &Grant, query: &Query) -> Vec<Members> {
    let list = |page: Page| async move { sendable(store.list_rows(grant, query, &page, true)).await.map(rows) };
    let total = store.count_rows(grant, query).await.unwrap();
    let found = walk(if total > 200 { 400 } else { 7 }, list).await;
    assert_eq!(total, u64::try_from(found.len()).unwrap(), "{query:?}");
    found
}

/// The rows of a fleet, without its name.
fn of_fleet(rows: &[Members], fleet: u128) -> Vec<Members> {
    let own = rows.iter().filter(|row| text(row, "fleet_ref") == format!("fleet-{fleet}"));
    let anonymous = |row: &Members| {
        row.iter().filter(|(name, _)| !name.starts_with("fleet_")).map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    own.map(anonymous).collect()
}

async fn filled() -> Store {
    let Fixture { store, .. } = open().await;
    for number in [1, 2] {
        let vehicles = fleet(25);
        store_all(&store, &origin(number, Resource::Vehicle, FETCHED), &vehicles).await;
        let kept = vehicles.iter().take(22).map(|row| RecordId::of(&row.source_id, connection(number))).collect();
        store.remove_missing_rows(&origin(number, Resource::Vehicle, FETCHED), &kept).await.unwrap();
        store_all(&store, &origin(number, Resource::HosEvent, FETCHED), &events(30)).await;
        store_positions(&store, &origin(number, Resource::VehicleLocation, FETCHED), &drive()[..40]).await;
    }
    store
}

fn queries() -> Vec<(Resource, Query)> {
    let sorted = |descending| Order { field: Some("model_year".into()), descending };
    let window = Query { from: Some(at("2026-11-20T22:45:00Z")), to: Some(at("2026-11-21T00:15:00Z")), ..Query::default() };
    let ids = vec![RecordId::of("v-003", connection(1)), RecordId::of("v-004", connection(2))];
    vec![
        (Resource::Vehicle, Query::default()),
        (Resource::Vehicle, Query { order: Order { field: None, descending: true }, ..Query::default() }),
        (Resource::Vehicle, Query { order: sorted(false), ..Query::default() }),
        (Resource::Vehicle, Query { order: sorted(true), ..Query::default() }),
        (Resource::Vehicle, Query { ids: Some(ids), ..Query::default() }),
        (Resource::Vehicle, Query { source_ids: Some(vec!["v-003".into(), "v-011".into()]), ..Query::default() }),
        (Resource::HosEvent, Query::default()),
        (Resource::HosEvent, Query { from: Some(at("2026-11-11T05:00:00Z")), ..Query::default() }),
        (Resource::VehicleLocation, window),
        (Resource::VehicleLocation, Query::default()),
        (Resource::VehicleLocation, Query { latest: true, ..Query::default() }),
        (Resource::Vehicle, Query { listed: true, ..Query::default() }),
        (Resource::Vehicle, Query { listed: true, source_ids: Some(vec!["v-003".into(), "v-011".into()]), ..Query::default() }),
        (Resource::VehicleLocation, Query { latest: true, listed: true, ..Query::default() }),
    ]
}

#[tokio::test]
async fn fleets_that_share_a_connection_each_see_its_rows() {
    let store = filled().await;
    for (resource, query) in queries() {
        let alone = listed(&store, &shared(resource, &[(1, None)]), &query).await;
        let all = listed(&store, &shared(resource, &[(1, None), (2, None), (3, None)]), &query).await;
        let own = of_fleet(&alone, 1);
        assert!(!own.is_empty(), "{query:?}");
        assert_eq!(all.len(), alone.len() + 2 * own.len(), "{query:?}");
        for fleet in [1, 2, 3] {
            assert_eq!(of_fleet(&all, fleet), own, "{query:?}");
        }
        assert_eq!(of_fleet(&all, 9), of_fleet(&alone, 9), "{query:?}");
    }
}

#[tokio::test]
async fn a_list_by_time_that_names_its_rows_is_in_the_order_of_one_that_does_not() {
    let (store, grant) = (filled().await, shared(Resource::Vehicle, &[(1, None), (2, None)]));
    let all: Vec<String> = fleet(25).into_iter().map(|row| row.source_id).collect();
    for descending in [false, true] {
        let order = Order { field: None, descending };
        let unnamed = listed(&store, &grant, &Query { order: order.clone(), ..Query::default() }).await;
        let named = listed(&store, &grant, &Query { source_ids: Some(all.clone()), order, ..Query::default() }).await;
        assert_eq!(named, unnamed, "descending: {descending}");
    }
}

#[tokio::test]
async fn a_record_is_read_as_that_of_the_first_fleet_that_still_has_the_connection() {
    let store = filled().await;
    let id = RecordId::of("v-003", connection(1));
    for (links, expected) in [([(1, None), (2, None)], "fleet-1"), ([(1, Some(at(ENDED))), (2, None)], "fleet-2")] {
        let row = store.get_row(&shared(Resource::Vehicle, &links), id, false).await.unwrap().unwrap();
        assert_eq!(text(&row.members().unwrap(), "fleet_ref"), expected);
    }
}

#[tokio::test]
async fn a_link_that_ended_shows_no_record_that_changed_since() {
    let store = filled().await;
    let later = |resource| origin(1, resource, LATER);
    let changed = [vehicle("003", Some(1999), None), vehicle("new", None, Some("2026-11-01T00:00:00Z"))];
    store_all(&store, &later(Resource::Vehicle), &changed).await;
    let changed = [event(4, "2026-11-10T04:16:00Z"), event(99, "2026-11-10T07:00:00Z"), event(100, "2026-11-21T04:30:00Z")];
    store_all(&store, &later(Resource::HosEvent), &changed).await;
    for (resource, query) in queries().into_iter().filter(|(resource, _)| *resource != Resource::VehicleLocation) {
        let all = listed(&store, &shared(resource, &[(1, Some(at(ENDED))), (2, None)]), &query).await;
        let mut seen = of_fleet(&all, 2);
        seen.retain(|row| at(&text(row, "updated_at")) < at(ENDED));
        assert_eq!(of_fleet(&all, 1), seen, "{query:?}");
    }
    let ended = shared(Resource::Vehicle, &[(1, Some(at(ENDED)))]);
    for (name, is_seen) in [("v-003", false), ("v-new", false), ("v-004", true)] {
        let row = store.get_row(&ended, RecordId::of(name, connection(1)), false).await.unwrap();
        assert_eq!(row.is_some(), is_seen, "{name}");
    }
}

#[tokio::test]
async fn a_link_that_ended_shows_positions_up_to_its_end() {
    let Fixture { store, .. } = open().await;
    // The last five vehicles move only after the end; the first one rested before it. Late readings come in a fetch of their own.
    let end = at("2026-11-20T23:20:00Z");
    let all = drive();
    let number = |position: &Position| position.vehicle[position.vehicle.len() - 3..].parse::<usize>().unwrap();
    let is_kept = |position: &&Position| match number(position) {
        0 => position.occurred_at < at("2026-11-20T22:50:00Z"),
        65.. => position.occurred_at >= end,
        _ => true,
    };
    let is_late = |position: &Position| position.occurred_at < end && number(position) == 7;
    let (late, timely): (Vec<_>, Vec<_>) = all.iter().filter(is_kept).cloned().partition(is_late);
    for part in [timely.as_slice(), late.as_slice()] {
        for chunk in part.chunks(101) {
            store_positions(&store, &origin(1, Resource::VehicleLocation, LATER), chunk).await;
        }
    }
    for end in [end, at("2026-11-20T22:30:07Z"), at("2026-11-21T00:00:00Z")] {
        let grant = &shared(Resource::VehicleLocation, &[(1, Some(end)), (2, None)]);
        for query in [
            Query::default(),
            Query { from: Some(at("2026-11-20T22:45:00Z")), to: Some(at("2026-11-20T23:40:00Z")), ..Query::default() },
        ] {
            let found = listed(&store, grant, &query).await;
            let mut seen = of_fleet(&found, 2);
            seen.retain(|row| at(&text(row, "occurred_at")) < end);
            assert_eq!(of_fleet(&found, 1), seen, "{end}");
        }
        let history = of_fleet(&listed(&store, grant, &Query::default()).await, 1);
        let newest = of_fleet(&listed(&store, grant, &Query { latest: true, ..Query::default() }).await, 1);
        let vehicles: BTreeSet<String> = history.iter().map(|row| text(row, "vehicle_id")).collect();
        assert_eq!(newest.iter().map(|row| text(row, "vehicle_id")).collect::<Vec<_>>(), Vec::from_iter(vehicles), "{end}");
        for row in newest {
            let own = history.iter().filter(|other| other["vehicle_id"] == row["vehicle_id"]);
            assert_eq!(Some(&row), own.max_by_key(|other| text(other, "occurred_at")), "{end}");
        }
    }
}

/// The operations that were asked for.
#[derive(Clone, Debug, Default)]
struct Asked(Arc<Mutex<Vec<String>>>);

impl Intercept for Asked {
    fn name(&self) -> &'static str {
        "asked"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let target = context.request().headers().get("x-amz-target").unwrap_or_default();
        self.0.lock().unwrap().push(target.rsplit('.').next().unwrap_or_default().to_owned());
        Ok(())
    }
}

#[tokio::test]
async fn newest_positions_of_an_ended_link_are_read_back_no_further_than_needed() {
    const DAY: i64 = 86_400;
    let Fixture { store, client } = open().await;
    let origin = origin(1, Resource::VehicleLocation, LATER);
    // One vehicle stands still for 50 days, another moves once a day; all move shortly before the end and after it.
    for day in 0..50 {
        let moving = [position(0, day * DAY), position(1, day * DAY)];
        store_positions(&store, &origin, if day == 0 { &moving } else { &moving[1..] }).await;
    }
    let last: Vec<Position> = (1..150).map(|vehicle| position(vehicle, 50 * DAY)).collect();
    store_positions(&store, &origin, &last).await;
    let (query, page) = (Query { latest: true, ..Query::default() }, Page::first(500));
    let open_link = Grant::new(record(Resource::VehicleLocation), vec![granted(1, 1, None)]);
    let list = async |store: &Store, grant: &Grant| {
        let found = store.list_rows(grant, &query, &page, false).await.map(rows).unwrap();
        found.rows.into_iter().map(|(row, _)| row).collect::<Vec<_>>()
    };
    let before = list(&store, &open_link).await;
    let since: Vec<Position> = (0..150).map(|vehicle| position(vehicle, 50 * DAY + 7_200)).collect();
    store_positions(&store, &origin, &since).await;

    let asked = Asked::default();
    let counted = client.config().to_builder().interceptor(asked.clone()).build();
    let counted = Store::new(Client::from_conf(counted), "control", TABLE);
    let ended = at("2026-11-20T22:30:00Z").plus_seconds(50 * DAY + 3_600);
    let ended = Grant::new(record(Resource::VehicleLocation), vec![granted(1, 1, Some(ended))]);
    let found = list(&counted, &ended).await;
    assert_eq!(found.len(), 150);
    assert_eq!(found, before, "the hash of the source too");
    let asked = asked.0.lock().unwrap().clone();
    let count = |operation: &str| asked.iter().filter(|asked| *asked == operation).count();
    // One directory for three groups. Of two of them one page of days and one hour; of the third the days back to the first.
    assert_eq!((count("GetItem"), count("BatchGetItem")), (1, 1), "{asked:?}");
    assert!(count("Query") <= 1 + 2 * 2 + 4 + 2, "{asked:?}");
}
