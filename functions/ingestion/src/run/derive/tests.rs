//! Runs that work out segments, against the embedded database.

use model::telematics::series::ReadingsOf;
use model::telematics::{Record as _, Rows as _, VehicleLocation, VehiclePosition};
use model::{ExecutionId, RecordIds, Resource, Timestamp};
use store::telematics::Origin;

use super::super::tests::{Fixture, at};
use super::super::{Outcome, is_derived};

const DAY: i64 = 86_400;

impl Fixture {
    /// The origin of rows that its schedule derives.
    async fn origin(&self, now: Timestamp) -> Origin {
        let schedule = self.schedule().await;
        Origin {
            connection: schedule.connection_id,
            record: schedule.resource.record_type().unwrap(),
            tsp: model::TspId::at(at(0)),
            tsp_slug: "samsara".into(),
            source_name: "samsara".into(),
            execution: ExecutionId::at(now),
            schedule: schedule.id,
            now,
        }
    }
}

/// Stores positions of the vehicle `v`: seconds after the first, and longitude.
async fn drive(fixture: &Fixture, positions: &[(i64, f64)]) {
    let origin = Origin { record: VehicleLocation::TYPE, ..fixture.origin(at(0)).await };
    let mut readings = ReadingsOf::<VehicleLocation<'static>>::default();
    for (seconds, longitude) in positions {
        let cells = VehiclePosition { longitude: *longitude, latitude: 38.62, ..VehiclePosition::default() };
        readings.push("v", at(*seconds), &cells, "{}");
    }
    fixture.store.store_rows(&origin, &readings.erase(RecordIds(origin.connection)).unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_run_works_out_what_came_since_the_one_before_and_asks_nobody() {
    let fixture = Fixture::of(Resource::VehicleRegionSegment).await;
    assert!(is_derived(&fixture.schedule().await));
    drive(&fixture, &[(0, -90.3), (60, -90.25), (120, -90.1)]).await;
    assert_eq!(fixture.derive(200).await, Outcome::Fetched);
    let schedule = fixture.schedule().await;
    assert_eq!((schedule.last_success_at, schedule.last_data_at), (Some(at(200)), Some(at(120))));
    let since = super::since(Some(at(200)), at(200));
    let outdated = async |now| fixture.store.outdated_days(&fixture.origin(at(now)).await, since).await.unwrap();
    assert_eq!(outdated(300).await, []);
    drive(&fixture, &[(180, -90.05)]).await;
    assert_eq!(outdated(300).await.len(), 1);
    assert_eq!(fixture.derive(3_800).await, Outcome::Fetched);
    assert_eq!(outdated(3_800).await, []);
}

#[tokio::test]
async fn readings_that_come_more_than_a_week_late_are_left_alone() {
    let fixture = Fixture::of(Resource::VehicleRegionSegment).await;
    drive(&fixture, &[(0, -90.3)]).await;
    assert_eq!(fixture.derive(60).await, Outcome::Fetched);
    let (late, latest) = (at(0).plus_seconds(-9 * DAY), at(0).plus_seconds(-6 * DAY));
    drive(&fixture, &[(-9 * DAY, -90.3), (-6 * DAY, -90.3)]).await;
    assert_eq!(fixture.derive(3_660).await, Outcome::Fetched);
    let outdated = fixture.store.outdated_days(&fixture.origin(at(3_660)).await, late.plus_seconds(-DAY)).await.unwrap();
    assert_eq!(outdated.len(), 1, "{outdated:?}");
    assert!(super::since(Some(at(60)), at(3_660)) <= latest && super::since(Some(at(60)), at(3_660)) > late);
}

#[tokio::test]
async fn days_for_which_no_run_succeeded_are_made_up_for() {
    let fixture = Fixture::of(Resource::VehicleRegionSegment).await;
    drive(&fixture, &[(-60 * DAY, -90.3), (-40 * DAY, -90.3), (0, -90.3)]).await;
    assert_eq!(fixture.derive(60).await, Outcome::Fetched);
    drive(&fixture, &[(2 * DAY, -90.3), (20 * DAY, -90.3)]).await;
    assert_eq!(fixture.derive(20 * DAY + 60).await, Outcome::Fetched);
    let origin = fixture.origin(at(20 * DAY + 60)).await;
    let outdated = fixture.store.outdated_days(&origin, at(0).plus_seconds(-70 * DAY)).await.unwrap();
    assert_eq!(outdated.len(), 1, "only the day 60 days before the first run: {outdated:?}");
}

#[test]
fn a_run_looks_back_a_week_before_the_last_success_and_45_days_at_most() {
    let midnight = at(0).day_start();
    let days = |last: Option<i64>, now: i64| {
        let since = super::since(last.map(at), at(now));
        (since.seconds() - midnight.seconds()) / DAY
    };
    assert_eq!((days(None, 0), days(Some(0), 3_600), days(Some(0), 20 * DAY), days(Some(0), 90 * DAY)), (-44, -7, -7, 46));
    assert_eq!(days(Some(9 * DAY), 0), -7, "a clock that was ahead");
}
