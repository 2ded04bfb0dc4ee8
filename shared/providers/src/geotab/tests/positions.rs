//! Positions, and what stands beside them.

use super::*;
use crate::ProviderError;

pub(super) fn log(device: &str, time: &str, speed: &Value) -> Value {
    json!({ "id": "b14", "device": { "id": device }, "dateTime": time, "latitude": 40.1, "longitude": -100.2, "speed": speed })
}

pub(super) fn feed(data: &[Value], version: &str) -> Answer {
    result(&json!({ "data": data, "toVersion": version }))
}

/// Empty lists beside a page of so many devices.
fn nothing(devices: usize) -> Answer {
    result(&json!(vec![json!([]); devices * 6]))
}

pub(super) fn readings(page: &Fetched) -> &Readings {
    let Batch::Readings(rows) = &page.batch else { panic!("not readings") };
    rows
}

fn cells(rows: &Readings, row: usize) -> VehiclePosition<'_> {
    VehiclePosition::read(&mut rows.reader(row)).unwrap()
}

#[test]
fn check_positions() {
    let reading = |data: f64, time: &str| json!({ "id": "b15", "device": { "id": "b8E2" }, "dateTime": time, "data": data });
    let beside = json!([
        [reading(1_000_000.5, "2026-11-21T11:59:30.000Z"), { "device": { "id": "b8E2" }, "dateTime": "2026-11-21T12:00:00Z", "data": 7 }],
        [reading(7_200.0, "2026-11-21T11:59:30.000Z")],
        [reading(54.5, "2026-11-21T11:59:10.000Z"), reading(250.0, "2026-11-21T11:59:59.000Z")],
        [reading(315_000.0, "2026-11-21T11:50:00.000Z")],
        [reading(91.5, "2026-11-21T12:00:00.000Z")],
        [
            { "id": "b23", "device": { "id": "b8E2" }, "dateTime": "2026-11-21T06:00:00Z", "driver": { "id": "b4C11", "isDriver": true }, "type": "Driver" },
            { "id": "b24", "device": { "id": "b8E2" }, "dateTime": "2026-11-21T12:00:30Z", "driver": "UnknownDriverId", "type": "None" },
        ],
    ]);
    let logs = [log("b8E2", "2026-11-21T12:00:00.000Z", &json!(63)), log("b8E2", "2026-11-21T12:00:40.000Z", &json!(0))];
    let http = signed_in(vec![feed(&logs, "00000000000014a1"), result(&beside)]);
    let page = asker().walk(&http, Resource::VehicleLocation).remove(0);
    assert_eq!(methods(&http), ["Authenticate", "GetFeed LogRecord", "ExecuteMultiCall"]);
    let asked = &http.posted()[1]["params"];
    assert_eq!((&asked["search"]["fromDate"], &asked["resultsLimit"]), (&json!("2026-11-20T12:00:00.000000Z"), &json!(2_000)));
    let calls = http.posted()[2]["params"]["calls"].clone();
    let kinds: Vec<&str> = calls.as_array().unwrap().iter().map(|call| call["params"]["typeName"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["StatusData", "StatusData", "StatusData", "StatusData", "StatusData", "DriverChange"]);
    let search = json!({
        "deviceSearch": { "id": "b8E2" }, "diagnosticSearch": { "id": "DiagnosticOdometerId" },
        "fromDate": "2026-11-21T11:58:59.000000Z", "toDate": "2026-11-21T12:00:41.000000Z",
    });
    assert_eq!(calls[0]["params"]["search"], search);
    let rows = readings(&page);
    assert_eq!((rows.len(), rows.subject(0), page.more), (2, "b8E2", false));
    let first = cells(rows, 0);
    let expected = VehiclePosition {
        longitude: -100.2,
        latitude: 40.1,
        driver: Some("b4C11"),
        speed: Some(17.5),
        odometer: Some(1_000_000.5),
        fuel_level: Some(54.5),
        engine_hours: Some(2.0),
        coolant_temperature: Some(364.65),
        ..VehiclePosition::default()
    };
    assert!((first.speed.unwrap() - 17.5).abs() < 1e-9 && (first.coolant_temperature.unwrap() - 364.65).abs() < 1e-9);
    assert_eq!(VehiclePosition { speed: expected.speed, coolant_temperature: expected.coolant_temperature, ..first }, expected);
    let second = cells(rows, 1);
    assert_eq!((second.driver, second.odometer, second.fuel_level), (None, None, None), "too long ago, and nobody signed in");
    assert_eq!(second.speed, Some(0.0));
}

#[test]
fn positions_that_are_none_are_left_out() {
    let odd = [
        json!({ "device": { "id": "b1" }, "dateTime": "2026-11-21T11:00:00Z", "latitude": 0, "longitude": 0, "speed": 0 }),
        json!({ "device": { "id": "b1" }, "dateTime": "2026-11-21T11:00:01Z", "latitude": 95.0, "longitude": 10.0 }),
        json!({ "device": "NoDeviceId", "dateTime": "2026-11-21T11:00:02Z", "latitude": 1.0, "longitude": 1.0 }),
        json!({ "device": { "id": "b1" }, "latitude": 1.0, "longitude": 1.0 }),
        json!({ "device": "b1", "dateTime": "2026-11-21T11:00:04Z", "latitude": 0, "longitude": 10.5, "speed": -1 }),
    ];
    let body = json!({ "result": { "data": odd, "toVersion": "01" } }).to_string().replace("-1}", "NaN}");
    let http = signed_in(vec![response(200, &body), nothing(1)]);
    let page = asker().walk(&http, Resource::VehicleLocation).remove(0);
    let rows = readings(&page);
    assert_eq!((rows.len(), rows.subject(0), cells(rows, 0).speed), (1, "b1", None));
}

#[test]
fn a_feed_goes_on_behind_its_version_until_a_page_is_not_full() {
    let full: Vec<Value> = (0..2_000).map(|_| log("b1", "2026-11-21T11:00:00Z", &json!(5))).collect();
    let late = [log("b1", "2026-11-19T11:00:00Z", &json!(5))];
    let http = signed_in(vec![feed(&full, "0a"), nothing(1), feed(&late, "0b"), nothing(1), feed(&[], "0b")]);
    let asker = asker();
    let pages = asker.walk(&http, Resource::VehicleLocation);
    assert_eq!(pages.iter().map(|page| readings(page).len()).collect::<Vec<_>>(), [2_000, 1]);
    let next = asker.ask(&http, Resource::VehicleLocation, pages[1].cursor.as_deref()).unwrap();
    assert!(!next.more && readings(&next).is_empty() && next.cursor == pages[1].cursor);
    let versions: Vec<Value> =
        http.posted().iter().filter(|body| body["method"] == "GetFeed").map(|body| body["params"].clone()).collect();
    assert_eq!((&versions[1]["fromVersion"], &versions[1]["search"]), (&json!("0a"), &Value::Null));
    assert_eq!(versions[2]["fromVersion"], json!("0b"));
    // One that stands still would bring the same page for ever.
    let http = Canned::new(vec![feed(&full, "0b")]);
    let stuck = asker.ask(&http, Resource::VehicleLocation, pages[1].cursor.as_deref());
    assert!(matches!(stuck, Err(ProviderError::Malformed { .. })));
    let http = Canned::new(vec![result(&json!({ "data": [] }))]);
    assert!(matches!(asker.ask(&http, Resource::VehicleLocation, None), Err(ProviderError::Malformed { .. })));
}

#[test]
fn a_lost_cursor_begins_at_what_is_stored() {
    let from = |newest: &str| {
        let http = signed_in(vec![feed(&[], "01")]);
        let asker = Asker { newest: Some(at(newest)), ..asker() };
        asker.ask(&http, Resource::VehicleLocation, None).unwrap();
        http.posted()[1]["params"]["search"]["fromDate"].as_str().unwrap()[..16].to_owned()
    };
    assert_eq!(from("2026-11-21T11:00:00Z"), "2026-11-20T12:00");
    assert_eq!(from("2026-11-11T11:00:00Z"), "2026-11-11T10:00");
    assert_eq!(from("2026-01-01T00:00:00Z"), "2026-08-23T12:00", "90 days at most");
}

#[test]
fn positions_go_without_what_is_down_and_wait_where_it_is_busy() {
    let logs = [log("b1", "2026-11-21T11:00:00Z", &json!(36))];
    let asker = asker();
    let http = signed_in(vec![feed(&logs, "01"), fault("GenericException", "down")]);
    let page = asker.ask(&http, Resource::VehicleLocation, None).unwrap();
    assert_eq!((cells(readings(&page), 0).speed, cells(readings(&page), 0).odometer), (Some(10.0), None));
    let http = Canned::new(vec![feed(&logs, "01"), fault("OverLimitException", "busy")]);
    assert!(matches!(asker.ask(&http, Resource::VehicleLocation, None), Err(ProviderError::RateLimited { .. })));
}

#[test]
fn a_fleet_is_asked_for_as_a_whole_and_what_comes_late_by_device() {
    let fleet = (0..20).map(|number| log(&format!("b{number}"), "2026-11-21T11:59:00Z", &json!(50)));
    let late = (0..3).map(|minute| log("b3", &format!("2026-11-20T08:0{minute}:00Z"), &json!(50)));
    let logs: Vec<Value> = fleet.chain(late).collect();
    let http = signed_in(vec![feed(&logs, "01"), nothing(2)]);
    asker().ask(&http, Resource::VehicleLocation, None).unwrap();
    let calls = http.posted()[2]["params"]["calls"].as_array().unwrap().clone();
    let search = |call: &Value| call["params"]["search"].clone();
    assert_eq!(calls.len(), 12);
    assert!(calls[..6].iter().all(|call| search(call).get("deviceSearch").is_none()));
    assert!(calls[6..].iter().all(|call| search(call)["deviceSearch"]["id"] == "b3"));
    assert_eq!(search(&calls[11])["fromDate"], "2026-11-18T08:00:00.000000Z", "who signed in long before");
}
