use model::RecordId;
use model::telematics::HosEvent;
use serde_json::json;

use super::super::{EventFilter, Stored, change};
use super::*;

/// Events an hour and a bit apart over four days.
fn events(count: usize) -> Vec<Observation<HosEvent>> {
    (0..count).map(|number| event(number, &format!("2026-11-{:02}T{:02}:15:00Z", 10 + number % 4, number % 24))).collect()
}

fn event(number: usize, started: &str) -> Observation<HosEvent> {
    let started = at(started);
    let fields = HosEvent {
        driver_id: Some(RecordId::of(&format!("d-{}", number % 3), connection(1))),
        started_at: Some(started),
        ended_at: (!number.is_multiple_of(5)).then(|| started.plus_seconds(3_600)),
        event_type_code: Some((1 + number % 6).to_string()),
        ..HosEvent::default()
    };
    observation(&format!("e-{number}"), Some(started), json!({ "number": number, "started": started }), fields)
}

#[tokio::test]
async fn pages_and_totals_agree_with_brute_force() {
    let Fixture { store, .. } = open().await;
    for (number, count) in [(1, 97), (2, 40)] {
        let origin = origin(number, Resource::HosEvent, "2026-11-21T00:00:00Z");
        assert_eq!(store.upsert_events(&origin, &events(count)).await.unwrap().added, u64::try_from(count).unwrap());
        assert_eq!(store.upsert_events(&origin, &events(count)).await.unwrap().unchanged, u64::try_from(count).unwrap());
    }
    let grant = grant(Resource::HosEvent, &[1, 2]);
    let day = |text: &str| Some(at(text));
    let filters = [
        EventFilter::default(),
        EventFilter { from: day("2026-11-10T05:15:00Z"), to: day("2026-11-12T04:15:00Z"), ..EventFilter::default() },
        EventFilter { from: day("2026-11-11T00:00:00Z"), to: day("2026-11-13T00:00:00Z"), ..EventFilter::default() },
        EventFilter {
            active_from: day("2026-11-12T03:00:00Z"),
            active_to: day("2026-11-12T12:15:00Z"),
            ..EventFilter::default()
        },
        EventFilter { driver_ids: Some(vec![RecordId::of("d-1", connection(1))]), ..EventFilter::default() },
        EventFilter {
            event_type_codes: Some(vec!["2".into(), "4".into()]),
            from: day("2026-11-11T00:00:00Z"),
            ..EventFilter::default()
        },
        EventFilter { from: day("2026-11-12T00:00:00Z"), to: day("2026-11-12T00:00:00Z"), ..EventFilter::default() },
        EventFilter { vehicle_ids: Some(Vec::new()), ..EventFilter::default() },
    ];
    let all = store.list_events(&grant, &EventFilter::default(), &Page::first(1_000), false).await.map(rows).unwrap();
    assert_eq!(all.rows.len(), 137);
    for filter in &filters {
        let expected: Vec<Row> = all.rows.iter().map(|(row, _)| row).filter(|row| matches(filter, row)).cloned().collect();
        let (store, grant) = (&store, &grant);
        let list = |page: Page| async move { sendable(store.list_events(grant, filter, &page, false)).await.map(rows) };
        for size in [3, 50, 500] {
            assert_eq!(walk(size, list).await, expected, "{filter:?}");
        }
        let count = sendable(store.count_events(grant, filter)).await.unwrap();
        assert_eq!(count, u64::try_from(expected.len()).unwrap(), "{filter:?}");
    }
}

fn matches(filter: &EventFilter, row: &Row) -> bool {
    let time = |name: &str| row[name].as_str().map(at);
    let any = |wanted: &Option<Vec<String>>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted.contains(&text(row, name)));
    let ids = |ids: &Option<Vec<RecordId>>| ids.as_ref().map(|ids| ids.iter().map(ToString::to_string).collect());
    filter.from.is_none_or(|from| time("occurred_at").unwrap() >= from)
        && filter.to.is_none_or(|to| time("occurred_at").unwrap() < to)
        && filter.active_from.is_none_or(|from| time("ended_at").is_none_or(|ended| ended >= from))
        && filter.active_to.is_none_or(|to| time("started_at").unwrap() < to)
        && any(&ids(&filter.driver_ids), "driver_id")
        && any(&ids(&filter.vehicle_ids), "vehicle_id")
        && any(&filter.event_type_codes, "event_type_code")
}

#[tokio::test]
async fn a_corrected_time_moves_the_event() {
    let Fixture { store, client } = open().await;
    let grant = grant(Resource::HosEvent, &[1]);
    let count = async |from: &str, to: &str| {
        let filter = EventFilter { from: Some(at(from)), to: Some(at(to)), ..EventFilter::default() };
        store.count_events(&grant, &filter).await.unwrap()
    };
    let first = origin(1, Resource::HosEvent, "2026-11-21T00:00:00Z");
    store.upsert_events(&first, &[event(1, "2026-11-10T10:00:00Z"), event(2, "2026-11-10T11:00:00Z")]).await.unwrap();
    let later = origin(1, Resource::HosEvent, "2026-11-21T01:00:00Z");
    let moved = store.upsert_events(&later, &[event(1, "2026-11-11T10:00:00Z")]).await.unwrap();
    assert_eq!(moved, Stored { added: 0, modified: 1, unchanged: 0 });
    assert_eq!(count("2026-11-10T00:00:00Z", "2026-11-11T00:00:00Z").await, 1);
    assert_eq!(count("2026-11-11T00:00:00Z", "2026-11-12T00:00:00Z").await, 1);
    let found = store.list_events(&grant, &EventFilter::default(), &Page::first(10), false).await.map(rows).unwrap();
    assert_eq!(column(&found, "source_id"), ["e-2", "e-1"]);
    assert_eq!(text(&found.rows[1].0, "created_at"), "2026-11-21T00:00:00.000000Z");

    let items = client.scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    let changes: Vec<_> = items.iter().filter_map(|item| change::from_images(None, Some(item)).unwrap()).collect();
    assert_eq!(changes.iter().map(|change| (change.added.len(), change.modified.len())).sum_pairs(), (1, 1));
}

trait SumPairs {
    fn sum_pairs(self) -> (usize, usize);
}

impl<I: Iterator<Item = (usize, usize)>> SumPairs for I {
    fn sum_pairs(self) -> (usize, usize) {
        self.fold((0, 0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1))
    }
}
