//! Rows as an earlier mapping left them, mapped again against the embedded database.

use model::connection::Connection;
use model::telematics::readings::Readings;
use model::telematics::{Batch, Fields, Observation};
use model::{ExecutionId, RecordId, Resource, ScheduleId, Timestamp};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use store::telematics::{Origin, Query};
use store::{Grant, Page, Store};

use crate::renormalise::{RenormaliseError, Renormalised, renormalise};
use crate::replay::Mode;
use crate::testing::{connection, database, grant};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000).plus_seconds(seconds)
}

struct Fixture {
    store: Store,
    connection: Connection,
    resource: Resource,
    grant: Grant,
}

type Row = Map<String, Value>;

impl Fixture {
    async fn of(resource: Resource) -> Self {
        let (store, connection) = (database().await, connection(at(0)));
        let grant = grant(&store, connection.id, resource, at(0)).await;
        Self { store, connection, resource, grant }
    }

    /// What the mapping of today makes of a source.
    fn mapped(&self, source_id: &str, source: &Value, when: i64) -> Batch {
        let json = serde_json::value::to_raw_value(source).unwrap();
        let stored = providers::StoredSource { source_id, at: at(when), json: &json };
        providers::adapter("samsara").unwrap().remap(self.resource, self.connection.id, &stored).unwrap().unwrap().batch
    }

    /// Stores a row at an instant as an earlier mapping did, which read some members otherwise.
    async fn misread(&self, source_id: &str, source: &Value, when: i64, misread: &Value) -> RecordId {
        let Batch::Records(rows) = self.mapped(source_id, source, when) else { panic!("no record") };
        let rows = rows.into_iter().map(|row| {
            let mut fields: Row = serde_json::from_str(row.fields.get()).unwrap();
            fields.extend(misread.as_object().unwrap().clone());
            fields.retain(|_, value| !value.is_null());
            let fields: Fields = RawValue::from_string(Value::from(fields).to_string()).unwrap();
            Observation { fields, ..row }
        });
        self.store.store_rows(&self.origin(when), &Batch::Records(rows.collect())).await.unwrap();
        RecordId::of(source_id, self.connection.id)
    }

    fn origin(&self, when: i64) -> Origin {
        Origin {
            connection: self.connection.id,
            record: self.resource.record_type().unwrap(),
            tsp: self.connection.tsp_id,
            tsp_slug: "samsara".into(),
            source_name: "samsara".into(),
            execution: ExecutionId::at(at(when)),
            schedule: ScheduleId::at(at(0)),
            now: at(when),
        }
    }

    async fn renormalise(&self, when: i64, mode: Mode) -> Renormalised {
        renormalise(&self.store, (&self.connection, self.resource), at(when), (mode, 1)).await.unwrap()
    }

    async fn rows(&self, query: &Query) -> Vec<Row> {
        let found = self.store.list_rows(&self.grant, query, &Page::first(100), true).await.unwrap();
        let mut rows: Vec<Row> = found.rows.into_iter().map(|(row, _)| row.members().unwrap()).collect();
        rows.sort_by_key(|row| row["source_id"].to_string());
        rows
    }
}

fn vehicle(id: &str) -> Value {
    json!({ "id": id, "name": "Truck", "make": "FORD", "year": "2019", "licensePlate": "P" })
}

#[tokio::test]
async fn rows_that_were_misread_change_and_no_others() {
    let fixture = Fixture::of(Resource::Vehicle).await;
    let first = fixture.misread("1", &vehicle("1"), 10, &json!({ "oem": "Truck", "model_year": null })).await;
    fixture.misread("2", &vehicle("2"), 20, &json!({})).await;
    fixture.misread("3", &vehicle("3"), 30, &json!({ "oem": "Truck" })).await;
    let before = fixture.rows(&Query::default()).await;

    let told = fixture.renormalise(1_000, Mode::DryRun).await;
    assert_eq!((told.mapped, told.changed), (3, 2));
    assert_eq!(told.members, [("model_year".to_owned(), 1), ("oem".to_owned(), 2)].into());
    let [difference] = told.differences.as_slice() else { panic!("one is shown") };
    assert_eq!(difference.members["oem"], (json!("Truck"), json!("FORD")));
    assert_eq!(fixture.rows(&Query::default()).await, before, "a dry run changes nothing");

    assert_eq!(fixture.renormalise(1_000, Mode::Write).await, told);
    let after = fixture.rows(&Query::default()).await;
    assert_eq!((&after[0]["oem"], &after[0]["model_year"], &after[0]["id"]), (&json!("FORD"), &json!(2019), &json!(first)));
    assert_eq!(after[1], before[1], "nothing was written that did not change");
    for (row, old) in [(&after[0], &before[0]), (&after[2], &before[2])] {
        assert_eq!(row["updated_at"], json!(at(1_000)));
        for kept in
            ["created_at", "occurred_at", "execution_id", "schedule_id", "source_data", "source_data_hash", "vehicle_name"]
        {
            assert_eq!(row[kept], old[kept], "{kept}");
        }
    }
    let again = fixture.renormalise(2_000, Mode::Write).await;
    assert_eq!((again.mapped, again.changed, fixture.rows(&Query::default()).await), (3, 0, after));
    assert_eq!(fixture.store.count_rows(&fixture.grant, &Query::default()).await.unwrap(), 3);
}

/// An event whose time was misread moves, and the newest one of its subject is the right one then.
#[tokio::test]
async fn events_move_to_where_they_happened() {
    let fixture = Fixture::of(Resource::DriverVehicleAssociation).await;
    for (start, vehicle) in [(-90_000, "a"), (-600, "b")] {
        let source = json!({ "driver": { "id": "d" }, "vehicle": { "id": vehicle }, "startTime": at(start) });
        let id = format!("driver_vehicle_association:d:{vehicle}:{}", at(start));
        let Batch::Records(mut rows) = fixture.mapped(&id, &source, 10) else { panic!("no record") };
        // The mapping took the older one for one of today.
        rows[0].occurred_at = Some(at(if vehicle == "a" { -300 } else { start }));
        fixture.store.store_rows(&fixture.origin(10), &Batch::Records(rows)).await.unwrap();
    }
    let newest = Query { latest: true, ..Query::default() };
    assert_eq!(fixture.rows(&newest).await[0]["source_vehicle_id"], json!("a"));
    let done = fixture.renormalise(1_000, Mode::Write).await;
    assert_eq!((done.mapped, done.changed, done.members), (2, 1, [("occurred_at".to_owned(), 1)].into()));
    let rows = fixture.rows(&Query::default()).await;
    assert_eq!(rows.iter().map(|row| row["occurred_at"].clone()).collect::<Vec<_>>(), [json!(at(-90_000)), json!(at(-600))]);
    assert_eq!(fixture.rows(&newest).await[0]["source_vehicle_id"], json!("b"));
    assert_eq!(fixture.store.count_rows(&fixture.grant, &Query::default()).await.unwrap(), 2);
    assert_eq!(fixture.renormalise(2_000, Mode::Write).await.changed, 0);
}

#[tokio::test]
async fn a_version_that_came_meanwhile_stays() {
    let fixture = Fixture::of(Resource::Vehicle).await;
    let id = fixture.misread("1", &vehicle("1"), 10, &json!({ "oem": "Truck" })).await;
    let origin = fixture.origin(1_000);
    let seen = fixture.store.versions(&origin, &[id]).await.unwrap();
    let newer = json!({ "id": "1", "name": "New", "make": "VOLVO" });
    fixture.misread("1", &newer, 20, &json!({})).await;
    let Batch::Records(rows) = fixture.mapped("1", &vehicle("1"), 10) else { panic!("no record") };
    let written = fixture.store.replace_rows(&origin, &rows, &seen).await.unwrap();
    assert_eq!((written.modified, written.unchanged), (0, 1));
    assert_eq!(fixture.rows(&Query::default()).await[0]["oem"], json!("VOLVO"));
}

/// A reading at a second.
fn reading(second: i64, speed: f64) -> Value {
    json!({ "time": at(second), "latitude": 38.0, "longitude": -90.0, "speedMilesPerHour": speed })
}

#[tokio::test]
async fn histories_and_newest_readings_are_those_of_today() {
    let fixture = Fixture::of(Resource::VehicleLocation).await;
    let mut stored: Option<Readings> = None;
    // An earlier mapping read a tenth of the speed; who drove was told by others.
    for (vehicle, second, speed, misread) in [("v", -60, 10.0, 1.0), ("v", -30, 20.0, 2.0), ("w", -30, 30.0, 30.0)] {
        let id = format!("vehicle_location:{vehicle}:{}", at(second));
        let source = reading(second, speed);
        let Batch::Readings(right) = fixture.mapped(&id, &source, 10) else { panic!("no reading") };
        let Batch::Readings(wrong) = fixture.mapped(&id, &reading(second, misread), 10) else { panic!("no reading") };
        let all = stored.get_or_insert_with(|| Readings::empty(right.record()).unwrap());
        all.push_renewed((&right, 0), (&wrong, 0), &[]);
    }
    fixture.store.store_rows(&fixture.origin(10), &Batch::Readings(stored.unwrap())).await.unwrap();
    let (all, newest) = (Query::default(), Query { latest: true, ..Query::default() });
    let before = (fixture.rows(&all).await, fixture.rows(&newest).await);

    let told = fixture.renormalise(1_000, Mode::DryRun).await;
    assert_eq!((told.mapped, told.changed, told.members.clone()), (3, 2, [("speed".to_owned(), 2)].into()));
    assert_eq!((fixture.rows(&all).await, fixture.rows(&newest).await), before, "a dry run changes nothing");
    assert_eq!(fixture.renormalise(1_000, Mode::Write).await, told);

    let (history, latest) = (fixture.rows(&all).await, fixture.rows(&newest).await);
    let speeds = |rows: &[Row]| rows.iter().map(|row| (row["speed"].as_f64().unwrap() / 0.447_04).round()).collect::<Vec<_>>();
    assert_eq!((speeds(&history), speeds(&latest)), (vec![10.0, 20.0, 30.0], vec![20.0, 30.0]));
    for (row, old) in history.iter().chain(&latest).zip(before.0.iter().chain(&before.1)) {
        for kept in ["id", "created_at", "occurred_at", "execution_id", "source_data", "source_data_hash", "location"] {
            assert_eq!(row[kept], old[kept], "{kept}");
        }
    }
    assert_eq!((&latest[0]["updated_at"], &latest[1]["updated_at"]), (&json!(at(1_000)), &before.1[1]["updated_at"]));
    assert_eq!(fixture.renormalise(2_000, Mode::Write).await.changed, 0);
    assert_eq!(fixture.store.count_rows(&fixture.grant, &all).await.unwrap(), 3);
}

#[tokio::test]
async fn a_resource_whose_sources_do_not_suffice_is_named() {
    let fixture = Fixture::of(Resource::EngineLog).await;
    let refused = renormalise(&fixture.store, (&fixture.connection, fixture.resource), at(0), (Mode::Write, 1)).await;
    let Err(RenormaliseError::Unsupported(told)) = refused else { panic!("it was mapped") };
    assert!(told.contains("engine_log of samsara"), "{told}");
}
