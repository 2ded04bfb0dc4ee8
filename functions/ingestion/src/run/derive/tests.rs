//! Runs that work out segments, against the embedded database.

use model::connection::Connection;
use model::telematics::series::ReadingsOf;
use model::telematics::{Record as _, Rows as _, VehicleLocation, VehiclePosition};
use model::{ExecutionId, RecordIds, Resource, ScheduleId, Timestamp};
use store::telematics::Origin;

use super::super::tests::{Fixture, at};
use super::super::{Outcome, is_derived};

/// Stores positions of the vehicle `v`: seconds after the first, and longitude.
async fn drive(fixture: &Fixture, positions: &[(i64, f64)]) {
    let Connection { id, tsp_id, .. } = fixture.connection().await;
    let origin = Origin {
        connection: id,
        record: VehicleLocation::TYPE,
        tsp: tsp_id,
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        execution: ExecutionId::at(at(0)),
        schedule: ScheduleId::at(at(0)),
        now: at(0),
    };
    let mut readings = ReadingsOf::<VehicleLocation<'static>>::default();
    for (seconds, longitude) in positions {
        let cells = VehiclePosition { longitude: *longitude, latitude: 38.62, ..VehiclePosition::default() };
        readings.push("v", at(*seconds), &cells, "{}");
    }
    fixture.store.store_rows(&origin, &readings.erase(RecordIds(id)).unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_run_works_out_what_came_since_the_one_before_and_asks_nobody() {
    let fixture = Fixture::of(Resource::VehicleRegionSegment).await;
    assert!(is_derived(&fixture.schedule().await));
    drive(&fixture, &[(0, -90.3), (60, -90.25), (120, -90.1)]).await;
    assert_eq!(fixture.derive(200).await, Outcome::Fetched);
    let schedule = fixture.schedule().await;
    assert_eq!((schedule.last_success_at, schedule.last_data_at), (Some(at(200)), Some(at(120))));
    let since = super::since(at(200));
    let origin = |now: Timestamp| Origin {
        connection: schedule.connection_id,
        record: schedule.resource.record_type().unwrap(),
        tsp: model::TspId::at(at(0)),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        execution: ExecutionId::at(now),
        schedule: schedule.id,
        now,
    };
    assert_eq!(fixture.store.outdated_days(&origin(at(300)), since).await.unwrap(), []);
    drive(&fixture, &[(180, -90.05)]).await;
    assert_eq!(fixture.store.outdated_days(&origin(at(300)), since).await.unwrap().len(), 1);
    assert_eq!(fixture.derive(3_800).await, Outcome::Fetched);
    assert_eq!(fixture.store.outdated_days(&origin(at(3_800)), since).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_older_than_a_week_is_left_alone() {
    let fixture = Fixture::of(Resource::VehicleRegionSegment).await;
    drive(&fixture, &[(-9 * 86_400, -90.3)]).await;
    drive(&fixture, &[(0, -90.3)]).await;
    assert_eq!(fixture.derive(60).await, Outcome::Fetched);
    assert_eq!(fixture.schedule().await.last_data_at, Some(at(0)));
    let late = Fixture::of(Resource::VehicleRegionSegment).await;
    drive(&late, &[(-9 * 86_400, -90.3)]).await;
    assert_eq!(late.derive(60).await, Outcome::Fetched);
    assert_eq!(late.schedule().await.last_data_at, None);
}
