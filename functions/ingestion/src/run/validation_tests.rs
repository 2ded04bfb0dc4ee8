use model::telematics::series::ReadingsOf;
use model::telematics::{HosEvent, Observation, Rows as _, Vehicle, VehicleLocation, VehiclePosition, source_hash};
use model::{ConnectionId, RecordIds, Resource};
use serde_json::json;

use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn now() -> Timestamp {
    at("2026-11-26T12:00:00Z")
}

fn ids() -> RecordIds {
    RecordIds(ConnectionId::at(now()))
}

fn outcome_of(resource: Resource, batch: Batch) -> (usize, Vec<SetAsideReason>) {
    let (kept, rejected) = validated(resource.record_type().unwrap(), batch, now());
    (kept.len(), rejected.into_iter().map(|one| one.reason).collect())
}

#[test]
fn readings_of_impossible_times_are_set_aside() {
    use SetAsideReason::{TimeAhead, TimeTooOld};
    let times = [
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "2000-01-01T00:00:00Z",
        "2026-11-26T12:05:00Z",
        "2026-11-26T12:05:01Z",
        "2031-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ];
    let mut rows = ReadingsOf::<VehicleLocation<'static>>::default();
    let position = VehiclePosition { longitude: -90.0, latitude: 38.0, ..VehiclePosition::default() };
    times.iter().for_each(|time| rows.push("v1", at(time), &position, "{}"));
    let (kept, rejected) = validated(Resource::VehicleLocation.record_type().unwrap(), rows.erase(ids()).unwrap(), now());
    assert_eq!(kept.last_occurred_at(), Some(at("2026-11-26T12:05:00Z")));
    assert_eq!(kept.len(), 2);
    let reasons: Vec<SetAsideReason> = rejected.iter().map(|one| one.reason).collect();
    assert_eq!(reasons, [TimeTooOld, TimeTooOld, TimeAhead, TimeAhead, TimeAhead]);
    assert!(rejected.iter().all(|one| one.source_id.contains(":v1:") && one.source == "{}"));
}

#[test]
fn a_log_ends_after_its_start() {
    let log = |start: &str, end: Option<&str>| {
        let source = json!({ "start": start });
        let fields = HosEvent { started_at: Some(at(start)), ended_at: end.map(at), ..HosEvent::default() };
        let (occurred_at, source_hash) = (Some(at(start)), source_hash(&source, &[]));
        Observation { source_id: start.into(), occurred_at, source, source_hash, extras: None, is_partial: false, fields }
    };
    let rows = vec![
        log("2026-11-26T08:00:00Z", Some("2026-11-26T07:59:59Z")),
        log("2026-11-26T08:00:00Z", Some("2026-11-26T08:00:00Z")),
        log("2026-11-26T09:00:00Z", None),
        log("2099-01-01T00:00:00Z", None),
    ];
    let expected = (2, vec![SetAsideReason::EndsBeforeStart, SetAsideReason::TimeAhead]);
    assert_eq!(outcome_of(Resource::HosEvent, rows.erase(ids()).unwrap()), expected);
}

#[test]
fn a_vehicle_is_not_lost_with_its_time_but_with_its_size() {
    let vehicle = |time: &str, notes: usize| {
        let (source, fields) = (json!({ "at": time }), Vehicle { notes: Some("x".repeat(notes)), ..Vehicle::default() });
        let (occurred_at, source_hash) = (Some(at(time)), source_hash(&source, &[]));
        Observation { source_id: time.into(), occurred_at, source, source_hash, extras: None, is_partial: false, fields }
    };
    let rows = vec![vehicle("2099-01-01T00:00:00Z", 5), vehicle("2026-11-26T00:00:00Z", 450_000)];
    let (kept, rejected) = validated(Resource::Vehicle.record_type().unwrap(), rows.erase(ids()).unwrap(), now());
    assert_eq!((kept.len(), kept.last_occurred_at()), (1, None));
    assert_eq!(rejected.iter().map(|one| one.reason).collect::<Vec<_>>(), [SetAsideReason::TooLarge]);
}
