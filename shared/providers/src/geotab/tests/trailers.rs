//! Which vehicle pulls which trailer, and where trailers are.

use model::telematics::TrailerPosition;

use super::inspections::devices;
use super::positions::{feed, log, readings};
use super::*;

fn attachment(id: &str, trailer: &str, device: &str, from: &str, to: &str) -> Value {
    json!({
        "id": id, "trailer": { "id": trailer }, "device": { "id": device }, "activeFrom": from, "activeTo": to, "version": "01",
    })
}

const OPEN: &str = "2050-01-01T00:00:00.000Z";
const MORNING: &str = "2026-11-21T08:00:00.000Z";

#[test]
fn check_attachments() {
    let listed = json!([
        attachment("a1", "aTrailer1", "b8A1", "2026-10-01T08:00:00.000Z", "9999-12-31T23:59:59.9999999Z"),
        attachment("a2", "aTrailer9", "b8A1", MORNING, "2026-11-21T09:00:00.000Z"),
        { "id": "a3", "trailer": "NoTrailerId", "device": { "id": "b8A1" }, "activeFrom": MORNING },
        { "id": "a4", "trailer": "aTrailer1", "device": { "id": "b8A1" }, "activeFrom": "0001-01-01T00:00:00Z" },
    ]);
    let asker = asker();
    let http = signed_in([vec![feed(&[], "0a"), result(&listed)], devices()].concat());
    let page = asker.ask(&http, Resource::TrailerVehicleAssociation, None).unwrap();
    let asked = ["Authenticate", "GetFeed TrailerAttachment", "Get TrailerAttachment", "Get Device", "GetCountOf Device"];
    assert_eq!(methods(&http), asked);
    assert_eq!(http.posted()[2]["params"]["search"], json!({ "activeFrom": "2026-10-22T12:00:00.000000Z" }));
    let [one, other] = records(&page) else { panic!("{page:?}") };
    let expected =
        json!({ "source_trailer_id": "b179", "source_vehicle_id": "b8A1", "trailer_sequence": null, "ended_at": null });
    check_fields(one, &expected);
    assert_eq!((one.source_id.as_str(), one.occurred_at), ("a1", Some(at("2026-10-01T08:00:00Z"))));
    check_fields(other, &json!({ "source_trailer_id": "aTrailer9", "ended_at": "2026-11-21T09:00:00.000000Z" }));
    assert_eq!(other.extras.as_ref().unwrap()["endDateTime"], "2026-11-21T09:00:00.000000Z");
    assert!(!page.more && !one.is_partial);
    // From then on the feed tells what changes, also of those that began long ago.
    let ended = attachment("a1", "aTrailer1", "b8A1", "2026-10-01T08:00:00.000Z", MORNING);
    let http = Canned::new(vec![feed(&[ended], "0b")]);
    let next = asker.ask(&http, Resource::TrailerVehicleAssociation, page.cursor.as_deref()).unwrap();
    assert_eq!(http.posted()[0]["params"]["fromVersion"], "0a");
    check_fields(&records(&next)[0], &json!({ "ended_at": "2026-11-21T08:00:00.000000Z" }));
    assert_ne!(records(&next)[0].source_hash, one.source_hash);
}

#[test]
fn attachments_do_not_wait_for_devices_and_leave_stored_ones_as_they_are() {
    let listed = json!([attachment("a1", "aTrailer1", "b8A1", MORNING, OPEN)]);
    let http = signed_in(vec![feed(&[], "0a"), result(&listed), fault("GenericException", "down")]);
    let page = asker().ask(&http, Resource::TrailerVehicleAssociation, None).unwrap();
    assert!(records(&page)[0].is_partial);
    let http = signed_in(vec![feed(&[], "0a"), result(&json!([]))]);
    assert!(records(&asker().ask(&http, Resource::TrailerVehicleAssociation, None).unwrap()).is_empty());
}

/// Two trailers without hardware, and one with.
fn trailers() -> Vec<Answer> {
    let devices = json!([
        { "id": "b8A1", "deviceType": "GO9", "groups": [{ "id": "GroupVehicleId" }] },
        { "id": "b179", "deviceType": "None", "groups": [], "tmpTrailerId": "aTrailer1" },
        { "id": "b180", "deviceType": "None", "groups": [], "tmpTrailerId": "aTrailer2" },
        { "id": "b181", "deviceType": "GO9", "groups": [{ "id": "GroupTrailerId" }], "tmpTrailerId": "aTrailer3" },
    ]);
    vec![result(&devices), count(4)]
}

#[test]
fn check_positions_of_trailers() {
    let logs = [
        log("b8A1", "2026-11-21T10:00:00.000Z", &json!(63)),
        log("b181", "2026-11-21T10:00:10.000Z", &json!(63)),
        log("b8A1", "2026-11-21T10:30:00.000Z", &json!(63)),
        log("b8A2", "2026-11-21T10:31:00.000Z", &json!(63)),
        log("b8A1", "2026-11-21T11:00:00.000Z", &json!(63)),
    ];
    let attached = json!([
        attachment("a1", "aTrailer1", "b8A1", MORNING, "2026-11-21T11:00:00.000Z"),
        attachment("a2", "aTrailer3", "b8A1", MORNING, OPEN),
        attachment("a3", "aTrailer9", "b8A1", MORNING, OPEN),
        attachment("a4", "aTrailer2", "b8A1", MORNING, OPEN),
        attachment("a5", "aTrailer2", "b8A2", "2026-11-21T10:15:00.000Z", OPEN),
    ]);
    let http = signed_in([trailers(), vec![feed(&logs, "0a"), result(&attached)]].concat());
    let page = asker().walk(&http, Resource::TrailerLocation).remove(0);
    assert_eq!(methods(&http)[3..], ["GetFeed LogRecord", "Get TrailerAttachment"]);
    let span = json!({ "activeFrom": "2026-11-21T10:00:00.000000Z", "activeTo": "2026-11-21T11:00:00.000000Z" });
    assert_eq!(http.posted()[4]["params"]["search"], span);
    let rows = readings(&page);
    let cells = |row: usize| TrailerPosition::read(&mut rows.reader(row)).unwrap();
    let found: Vec<_> = (0..rows.len()).map(|row| (rows.source_id(row)[17..38].to_owned(), cells(row).vehicle)).collect();
    let expected = [
        ("b179:2026-11-21T10:00", Some("b8A1")),
        // Its own hardware tells where this one is.
        ("b181:2026-11-21T10:00", Some("b8A1")),
        // By then two vehicles are said to pull the other one, and at eleven the first was detached.
        ("b179:2026-11-21T10:30", Some("b8A1")),
    ];
    let found: Vec<_> = found.iter().map(|(row, vehicle)| (row.as_str(), *vehicle)).collect();
    assert_eq!(found.iter().filter(|(row, _)| !row.starts_with("b180")).copied().collect::<Vec<_>>(), expected);
    assert_eq!(found.iter().filter(|(row, _)| row.starts_with("b180")).count(), 1, "{found:?}");
    assert_eq!((cells(0).longitude, cells(0).latitude), (-100.2, 40.1));
}

#[test]
fn a_fleet_without_trailers_is_asked_for_nothing_for_an_hour() {
    let asker = asker();
    let http = signed_in(vec![result(&json!([{ "id": "b8A1", "deviceType": "GO9" }])), count(1)]);
    let first = asker.ask(&http, Resource::TrailerLocation, None).unwrap();
    assert!(readings(&first).is_empty() && !first.more && http.is_empty());
    let soon = Asker { now: at("2026-11-21T12:59:59Z"), ..asker };
    let next = soon.ask(&Canned::new(Vec::new()), Resource::TrailerLocation, first.cursor.as_deref()).unwrap();
    assert_eq!((next.cursor.as_deref(), next.more), (first.cursor.as_deref(), false));
    // Another process, which does not remember that there was none.
    let later = Asker { now: at("2026-11-21T13:00:00Z"), ..at_base(BASE) };
    let http = signed_in([trailers(), vec![feed(&[], "0a")]].concat());
    let page = later.ask(&http, Resource::TrailerLocation, next.cursor.as_deref()).unwrap();
    assert_eq!(http.posted()[3]["params"]["search"]["fromDate"], "2026-11-21T12:00:00.000000Z", "what they did meanwhile");
    assert!(page.cursor.unwrap().contains("\"after\":\"0a\""));
}

#[test]
fn positions_of_trailers_wait_for_what_they_are_joined_with() {
    let asker = asker();
    let http = signed_in(vec![fault("GenericException", "down")]);
    assert!(asker.ask(&http, Resource::TrailerLocation, None).is_err());
    let logs = [log("b8A1", "2026-11-21T10:00:00.000Z", &json!(63))];
    let http = Canned::new([trailers(), vec![feed(&logs, "0a"), fault("GenericException", "down")]].concat());
    assert!(asker.ask(&http, Resource::TrailerLocation, None).is_err());
}
