//! Entries as validation leaves them, replayed against the embedded database with the mapping of today.

use model::connection::Connection;
use model::schedule::Schedule;
use model::{ExecutionId, Resource, Timestamp};
use serde_json::{Map, Value, json};
use store::control::{SetAside, SetAsideReason, Write};
use store::telematics::{Origin, Query};
use store::{Grant, Page, Store};

use crate::replay::{Mode, Replayed, replay};
use crate::testing::{connection, database, grant};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000).plus_seconds(seconds)
}

struct Fixture {
    store: Store,
    connection: Connection,
    schedule: Schedule,
    grant: Grant,
}

impl Fixture {
    async fn of(resource: Resource) -> Self {
        let (store, connection) = (database().await, connection(at(0)));
        let schedule = Schedule::new(connection.id, resource, "samsara", at(0));
        store.commit(vec![Write::create(&connection).unwrap(), Write::create(&schedule).unwrap()]).await.unwrap();
        let grant = grant(&store, connection.id, resource, at(0)).await;
        Self { store, connection, schedule, grant }
    }

    /// An entry of a run at an instant, as a run leaves it.
    async fn set_aside(&self, source_id: &str, reason: SetAsideReason, source: &Value, when: i64) -> SetAside {
        let entry = SetAside {
            schedule_id: self.schedule.id,
            connection_id: self.connection.id,
            resource: self.schedule.resource,
            execution_id: ExecutionId::at(at(when)),
            source_id: source_id.to_owned(),
            reason,
            source: source.to_string(),
            is_cut: false,
            created_at: at(when),
        };
        self.store.commit(vec![Write::overwrite(&entry).unwrap()]).await.unwrap();
        entry
    }

    async fn replay(&self, mode: Mode) -> Replayed {
        replay(&self.store, (&self.connection, &self.schedule), at(1_000), mode).await.unwrap()
    }

    async fn left(&self) -> Vec<SetAside> {
        self.store.set_aside_for(self.schedule.id, at(1_000)).await.unwrap()
    }

    async fn rows(&self, query: &Query) -> Vec<Map<String, Value>> {
        let found = self.store.list_rows(&self.grant, query, &Page::first(100), true).await.unwrap();
        found.rows.into_iter().map(|(row, _)| row.members().unwrap()).collect()
    }

    /// The one row that there is.
    async fn row(&self) -> Map<String, Value> {
        let mut rows = self.rows(&Query::default()).await;
        assert_eq!(rows.len(), 1);
        rows.remove(0)
    }

    /// What a run stores at an instant.
    async fn fetch(&self, source_id: &str, source: &Value, when: i64) {
        let json = serde_json::value::to_raw_value(source).unwrap();
        let stored = providers::StoredSource { source_id, at: at(when), json: &json };
        let adapter = providers::adapter("samsara").unwrap();
        let mapped = adapter.remap(self.schedule.resource, self.connection.id, &stored).unwrap().unwrap();
        self.store.store_rows(&self.origin(when), &mapped.batch).await.unwrap();
    }

    fn origin(&self, when: i64) -> Origin {
        Origin {
            connection: self.connection.id,
            record: self.schedule.resource.record_type().unwrap(),
            tsp: self.connection.tsp_id,
            tsp_slug: "samsara".into(),
            source_name: "samsara".into(),
            execution: ExecutionId::at(at(when)),
            schedule: self.schedule.id,
            now: at(when),
        }
    }
}

fn stored(stored: u64) -> Replayed {
    Replayed { stored, ..Replayed::default() }
}

fn known(known: u64) -> Replayed {
    Replayed { known, ..Replayed::default() }
}

fn kept(reason: &'static str) -> Replayed {
    Replayed { kept: [(reason, 1)].into(), ..Replayed::default() }
}

/// A drive from one second to another, and its source id.
fn drive(start: i64, end: i64) -> (String, Value) {
    let source = json!({ "driver": { "id": "d" }, "vehicle": { "id": "v" }, "startTime": at(start), "endTime": at(end) });
    (format!("driver_vehicle_association:d:v:{}", at(start)), source)
}

const ENDS_EARLY: SetAsideReason = SetAsideReason::EndsBeforeStart;

#[tokio::test]
async fn a_row_that_is_read_right_now_is_stored_once_as_of_the_run_that_fetched_it() {
    let fixture = Fixture::of(Resource::DriverVehicleAssociation).await;
    let (id, source) = drive(-600, -300);
    let entry = fixture.set_aside(&id, ENDS_EARLY, &source, 100).await;
    assert_eq!(fixture.replay(Mode::DryRun).await, stored(1));
    assert_eq!(fixture.left().await, std::slice::from_ref(&entry), "a dry run changes nothing");
    assert!(fixture.rows(&Query::default()).await.is_empty());
    assert_eq!(fixture.replay(Mode::Write).await, stored(1));
    assert!(fixture.left().await.is_empty());
    let row = fixture.row().await;
    assert_eq!((&row["extras"]["endTime"], &row["source_data"]), (&json!(at(-300)), &source));
    assert_eq!(row["execution_id"], json!(entry.execution_id));
    assert_eq!((&row["created_at"], &row["updated_at"]), (&json!(at(1_000)), &json!(at(1_000))));
    assert_eq!(fixture.replay(Mode::Write).await, Replayed::default());
}

#[tokio::test]
async fn a_replay_that_ended_before_the_entry_was_removed_changes_nothing_twice() {
    for resource in [Resource::DriverVehicleAssociation, Resource::VehicleLocation] {
        let fixture = Fixture::of(resource).await;
        let (id, source) = if resource == Resource::VehicleLocation { position(-60, 38.0) } else { drive(-600, -300) };
        let entry = fixture.set_aside(&id, SetAsideReason::TimeTooOld, &source, 100).await;
        assert_eq!(fixture.replay(Mode::Write).await, stored(1));
        let row = fixture.row().await;
        fixture.store.commit(vec![Write::overwrite(&entry).unwrap()]).await.unwrap();
        let again = replay(&fixture.store, (&fixture.connection, &fixture.schedule), at(2_000), Mode::Write).await.unwrap();
        assert_eq!(again, known(1));
        assert_eq!((fixture.row().await, fixture.left().await), (row, Vec::new()));
    }
}

#[tokio::test]
async fn what_was_stored_later_stays_and_what_was_stored_before_is_replaced() {
    let fixture = Fixture::of(Resource::DriverVehicleAssociation).await;
    let (id, first) = drive(-600, -500);
    let (_, second) = drive(-600, -400);
    let (_, third) = drive(-600, -300);
    fixture.fetch(&id, &first, 50).await;
    fixture.set_aside(&id, ENDS_EARLY, &second, 100).await;
    assert_eq!(fixture.replay(Mode::Write).await, stored(1));
    let row = fixture.row().await;
    assert_eq!((&row["extras"]["endTime"], &row["created_at"]), (&json!(at(-400)), &json!(at(50))));
    fixture.set_aside(&id, ENDS_EARLY, &second, 100).await;
    fixture.fetch(&id, &third, 500).await;
    let row = fixture.row().await;
    assert_eq!(row["extras"]["endTime"], json!(at(-300)));
    fixture.set_aside(&id, ENDS_EARLY, &first, 400).await;
    assert_eq!(fixture.replay(Mode::Write).await, known(1));
    assert_eq!((fixture.row().await, fixture.left().await), (row, Vec::new()));
}

/// A reading at a second, and its source id.
fn position(second: i64, latitude: f64) -> (String, Value) {
    let source = json!({ "time": at(second), "latitude": latitude, "longitude": -90.0, "speedMilesPerHour": 10.0 });
    (format!("vehicle_location:v:{}", at(second)), source)
}

#[tokio::test]
async fn a_late_reading_joins_the_history_and_the_newest_one_stays() {
    let fixture = Fixture::of(Resource::VehicleLocation).await;
    let (id, late) = position(-60, 38.0);
    let (newest_id, newest) = position(-30, 39.0);
    fixture.fetch(&newest_id, &newest, 50).await;
    fixture.set_aside(&id, SetAsideReason::TimeTooOld, &late, 20).await;
    assert_eq!(fixture.replay(Mode::Write).await, stored(1));
    let latitudes = |rows: Vec<Map<String, Value>>| -> Vec<Value> {
        rows.iter().map(|row| row["location"]["coordinates"][1].clone()).collect()
    };
    assert_eq!(latitudes(fixture.rows(&Query::default()).await), [json!(38.0), json!(39.0)]);
    assert_eq!(latitudes(fixture.rows(&Query { latest: true, ..Query::default() }).await), [json!(39.0)]);
}

#[tokio::test]
async fn what_is_not_read_right_now_stays_with_its_reason_of_today() {
    let fixture = Fixture::of(Resource::VehicleLocation).await;
    // Ahead of the time at which it came, though not of that of the replay.
    let (id, ahead) = position(700, 38.0);
    fixture.set_aside(&id, SetAsideReason::TimeAhead, &ahead, 100).await;
    assert_eq!(fixture.replay(Mode::Write).await, kept("time_ahead"));
    let old = json!({ "time": "1999-01-01T00:00:00Z", "latitude": 38.0, "longitude": -90.0 });
    let entry = fixture.set_aside(&id, SetAsideReason::TimeAhead, &old, 100).await;
    assert_eq!(fixture.replay(Mode::DryRun).await, kept("time_too_old"));
    assert_eq!(fixture.left().await, std::slice::from_ref(&entry));
    assert_eq!(fixture.replay(Mode::Write).await, kept("time_too_old"));
    assert_eq!(fixture.left().await, [SetAside { reason: SetAsideReason::TimeTooOld, ..entry.clone() }]);
    let cut = SetAside { is_cut: true, ..entry.clone() };
    fixture.store.commit(vec![Write::overwrite(&cut).unwrap()]).await.unwrap();
    assert_eq!(fixture.replay(Mode::Write).await, kept("cut"));
    fixture.set_aside(&id, SetAsideReason::TimeAhead, &json!({ "latitude": 38.0 }), 100).await;
    assert_eq!(fixture.replay(Mode::Write).await, kept("no_row"));
    let fixture = Fixture::of(Resource::VehicleLocation).await;
    fixture.set_aside("cursor:abc", SetAsideReason::UnreadablePage, &json!({ "data": 1 }), 100).await;
    assert_eq!(fixture.replay(Mode::Write).await, kept("page"));
    assert_eq!(fixture.left().await.len(), 1);
}

#[tokio::test]
async fn a_resource_whose_sources_do_not_suffice_is_named() {
    let fixture = Fixture::of(Resource::EngineLog).await;
    fixture.set_aside("engine_log:v:j1939:1-2-3", SetAsideReason::TimeAhead, &json!({ "j1939": {} }), 100).await;
    let done = fixture.replay(Mode::Write).await;
    assert_eq!(done.kept, kept("unsupported").kept);
    let told = done.unsupported.first().unwrap();
    assert!(told.contains("engine_log of samsara") && told.contains("other answers"), "{told}");
    assert_eq!(fixture.left().await.len(), 1);
}

#[tokio::test]
async fn more_entries_than_are_read_at_once_are_all_replayed() {
    let fixture = Fixture::of(Resource::DriverVehicleAssociation).await;
    for number in 0..45 {
        let (id, source) = drive(-100_000 + number * 60, -90_000);
        fixture.set_aside(&id, ENDS_EARLY, &source, 100).await;
    }
    assert_eq!(fixture.replay(Mode::Write).await, stored(45));
    assert_eq!((fixture.rows(&Query::default()).await.len(), fixture.left().await.len()), (45, 0));
}
