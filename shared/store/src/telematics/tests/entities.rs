use std::collections::HashSet;

use model::telematics::{User, Vehicle};
use serde_json::json;

use super::super::{ScanOutcome, change};
use super::*;

pub(super) fn vehicle(name: &str, year: Option<i64>, occurred: Option<&str>) -> Observation<Vehicle> {
    let fields = Vehicle { vehicle_name: Some(name.into()), model_year: year, ..Vehicle::default() };
    observation(&format!("v-{name}"), occurred.map(at), json!({ "name": name, "year": year }), fields)
}

pub(super) fn fleet(count: usize) -> Vec<Observation<Vehicle>> {
    (0..count)
        .map(|number| {
            let year = (number % 3 > 0).then(|| 2_000 + i64::try_from(number % 7).unwrap());
            vehicle(&format!("{number:03}"), year, Some(&format!("2026-11-{:02}T00:00:00Z", 1 + number % 5)))
        })
        .collect()
}

fn stored(added: u64, modified: u64, unchanged: u64) -> Stored {
    Stored { added, modified, unchanged }
}

#[tokio::test]
async fn unchanged_content_costs_no_write() {
    let Fixture { store, client } = open().await;
    let (first, later) =
        (origin(1, Resource::Vehicle, "2026-11-21T00:00:00Z"), origin(1, Resource::Vehicle, "2026-11-21T01:00:00Z"));
    let mut rows = fleet(120);
    assert_eq!(store_all(&store, &first, &rows).await, stored(120, 0, 0));
    let before = client.scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    assert_eq!(store_all(&store, &later, &rows).await, stored(0, 0, 120));
    let after = client.scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    assert_eq!(before, after);

    rows[7] = vehicle("007", Some(1999), None);
    assert_eq!(store_all(&store, &later, &rows).await, stored(0, 1, 119));
    let grant = grant(Resource::Vehicle, &[1]);
    let row = store.get_row(&grant, RecordId::of("v-007", connection(1)), true).await.unwrap().unwrap().members().unwrap();
    let expected = json!({
        "created_at": "2026-11-21T00:00:00.000000Z", "updated_at": "2026-11-21T01:00:00.000000Z", "model_year": 1999,
        "occurred_at": "2026-11-03T00:00:00.000000Z", "fleet_ref": "fleet-1", "vin": null, "deleted_at": null, "extras": null,
        "source_data": { "name": "007", "year": 1999 }, "source_id": "v-007", "tsp_slug": "samsara",
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&row[name], value, "{name}");
    }
    assert_eq!(store.count_rows(&grant, &Query::default()).await.unwrap(), 120);
}

#[tokio::test]
async fn pages_cover_everything_once_in_any_order() {
    let Fixture { store, .. } = open().await;
    let numbers = [1, 2, 3];
    for (number, count) in numbers.into_iter().zip([25, 14, 0]) {
        store_all(&store, &origin(number, Resource::Vehicle, "2026-11-21T00:00:00Z"), &fleet(count)).await;
    }
    let grant = grant(Resource::Vehicle, &numbers);
    for (field, descending) in [(None, false), (None, true), (Some("model_year"), false), (Some("model_year"), true)] {
        let query = Query { order: Order { field: field.map(String::from), descending }, ..Query::default() };
        let (store, grant, query) = (&store, &grant, &query);
        let list = |page: Page| async move { sendable(store.list_rows(grant, query, &page, false)).await.map(rows) };
        for size in [1, 10, 39, 50] {
            let rows = walk(size, list).await;
            assert_eq!(rows.iter().map(|row| text(row, "id")).collect::<HashSet<_>>().len(), 39);
            let key = |row: &Members| match field {
                Some(field) => row[field].as_i64().map(|year| if descending { -year } else { year }).unwrap_or(9_999),
                None => at(&text(row, "occurred_at")).micros() * if descending { -1 } else { 1 },
            };
            assert!(rows.iter().map(key).is_sorted(), "{query:?}");
        }
    }
    assert_eq!(store.count_rows(&grant, &Query::default()).await.unwrap(), 39);
}

#[tokio::test]
async fn filters_and_grants_narrow() {
    let Fixture { store, .. } = open().await;
    let user = |name: &str, is_driver| {
        let fields = User { username: Some(name.into()), is_driver, ..User::default() };
        observation(name, None, json!({ "name": name }), fields)
    };
    let users: Vec<_> = [("ann", Some(true)), ("bob", Some(false)), ("cid", None), ("dan", Some(true))]
        .into_iter()
        .map(|(name, role)| user(name, role))
        .collect();
    for number in [1, 2] {
        store_all(&store, &origin(number, Resource::User, "2026-11-21T00:00:00Z"), &users).await;
    }
    let role = |is_driver| {
        let members = vec![MemberFilter { member: "is_driver", any_of: Values::Flag(is_driver) }];
        Query { members, ..Query::default() }
    };
    let both = grant(Resource::User, &[1, 2]);
    let one = grant(Resource::User, &[2]);
    let id = RecordId::of("ann", connection(1));
    let cases = [
        (&both, role(true), 4),
        (&one, role(false), 1),
        (&both, Query { ids: Some(vec![id]), ..Query::default() }, 1),
        (&one, Query { ids: Some(vec![id]), ..Query::default() }, 0),
        (&both, Query { source_ids: Some(vec!["ann".into(), "bob".into()]), ..Query::default() }, 4),
        (&both, Query { ids: Some(vec![id]), source_ids: Some(vec!["bob".into()]), ..Query::default() }, 0),
        (&both, Query { ids: Some(Vec::new()), ..Query::default() }, 0),
    ];
    for (grant, filter, expected) in &cases {
        assert_eq!(store.count_rows(grant, filter).await.unwrap(), *expected, "{filter:?}");
        let store = &store;
        let list = |page: Page| async move { store.list_rows(grant, filter, &page, false).await.map(rows) };
        assert_eq!(u64::try_from(walk(2, list).await.len()).unwrap(), *expected, "{filter:?}");
    }
    assert_eq!(store.get_row(&one, id, false).await.unwrap(), None);
}

#[tokio::test]
async fn vanished_records_are_marked_unless_too_many_vanish() {
    let Fixture { store, client } = open().await;
    let origin = |now| origin(1, Resource::Vehicle, now);
    let rows = fleet(30);
    let ids = |count| rows.iter().take(count).map(|row| RecordId::of(&row.source_id, connection(1))).collect::<HashSet<_>>();
    store_all(&store, &origin("2026-11-21T00:00:00Z"), &rows).await;
    let image = async || client.get_item().table_name(TABLE).set_key(Some(entity_key())).send().await.unwrap().item.unwrap();
    let scan = async |now, count| store.remove_missing_rows(&origin(now), &ids(count)).await.unwrap();
    assert_eq!(scan("2026-11-21T01:00:00Z", 23).await, ScanOutcome::Refused { missing: 7, known: 30 });
    let before = image().await;
    assert_eq!(scan("2026-11-21T01:00:00Z", 24).await, ScanOutcome::Done { removed: 6 });
    let deleted = image().await;
    assert_eq!(scan("2026-11-21T02:00:00Z", 24).await, ScanOutcome::Done { removed: 0 });
    let change = change::from_images(Some(&before), Some(&deleted)).unwrap().unwrap();
    assert_eq!((change.added.len(), change.modified.len(), change.removed.len()), (0, 0, 1));
    assert_eq!(text(&change.removed[0].members().unwrap(), "deleted_at"), "2026-11-21T01:00:00.000000Z");
    assert_eq!(change::from_images(None, Some(&before)).unwrap().unwrap().added.len(), 1);

    let grant = grant(Resource::Vehicle, &[1]);
    assert_eq!(store.count_rows(&grant, &Query::default()).await.unwrap(), 30);
    assert_eq!(store_all(&store, &origin("2026-11-21T03:00:00Z"), &rows).await, stored(0, 6, 24));
    let returned = image().await;
    let change = change::from_images(Some(&deleted), Some(&returned)).unwrap().unwrap();
    assert_eq!((text(&change.modified[0].members().unwrap(), "deleted_at"), change.removed.len()), ("null".into(), 0));
    assert!(change::from_images(Some(&returned), Some(&returned)).unwrap().is_none());
}

fn entity_key() -> super::super::table::Item {
    let id = RecordId::of("v-029", connection(1)).to_string();
    super::super::table::key(&super::super::keys::entities(connection(1), Resource::Vehicle), &id)
}

#[tokio::test]
async fn a_source_that_does_not_fit_beside_its_record_is_left_out_and_the_row_says_so() {
    let Fixture { store, .. } = open().await;
    // Text that does not compress.
    let noise: String = (0_u64..7_000).map(|number| model::hex(&model::telematics::source_digest(&json!(number), &[]))).collect();
    let vehicle = |notes: &str| Vehicle { notes: Some(notes.into()), ..Vehicle::default() };
    let source = json!({ "noise": noise });
    let rows = [
        observation("small", None, json!({ "noise": "" }), vehicle("")),
        observation("large", None, source, vehicle(&noise[..300_000])),
    ];
    assert_eq!(store_all(&store, &origin(1, Resource::Vehicle, "2026-11-21T00:00:00Z"), &rows).await.added, 2);
    let grant = grant(Resource::Vehicle, &[1]);
    let id = RecordId::of("large", connection(1));
    let row = store.get_row(&grant, id, true).await.unwrap().unwrap().members().unwrap();
    assert_eq!((&row["source_data"], &row["extras"]), (&json!({}), &json!({ "source_data_omitted": true })));
}
