//! What engines tell.

use model::telematics::EngineReading;

use super::positions::{feed, readings};
use super::*;

fn status(device: &Value, diagnostic: &Value, time: &str, data: &Value) -> Value {
    json!({
        "controller": "ControllerNoneId", "data": data, "dateTime": time, "device": device, "diagnostic": diagnostic,
        "id": "b21568D6", "version": "00000000021568d6",
    })
}

fn place(device: &str, time: &str, longitude: f64) -> Value {
    json!({ "id": "b14", "device": { "id": device }, "dateTime": time, "latitude": 40.1, "longitude": longitude, "speed": 0 })
}

#[test]
fn check_ignitions() {
    let (truck, ignition) = (json!({ "id": "b2A" }), json!({ "id": "DiagnosticIgnitionId" }));
    let data = [
        status(&truck, &ignition, "2026-11-21T11:00:00.000Z", &json!(1)),
        status(&truck, &json!({ "id": "DiagnosticOdometerId" }), "2026-11-21T11:00:00.000Z", &json!(99_620_700)),
        status(&json!("b2A"), &json!("DiagnosticIgnitionId"), "2026-11-19T11:10:00.000Z", &json!(0.0)),
        status(&truck, &ignition, "2026-11-21T11:20:00.000Z", &json!(3)),
        status(&json!("NoDeviceId"), &ignition, "2026-11-21T11:20:00.000Z", &json!(1)),
        json!({ "device": truck, "diagnostic": ignition, "data": 1 }),
    ];
    let places = json!([
        place("b2A", "2026-11-21T10:59:00.000Z", -100.1),
        place("b2A", "2026-11-21T11:00:20.000Z", -100.2),
        { "device": { "id": "b2A" }, "dateTime": "2026-11-21T11:00:00Z", "latitude": 1, "longitude": 1 },
        place("b2A", "2026-11-21T11:18:59.000Z", -100.3),
    ]);
    let changes = json!([
        { "id": "b23", "device": { "id": "b2A" }, "dateTime": "2026-11-21T06:00:00Z", "driver": { "id": "b4C11" }, "type": "Driver" },
        { "id": "b24", "device": { "id": "b2A" }, "dateTime": "2026-11-21T11:15:00Z", "driver": "UnknownDriverId", "type": "None" },
    ]);
    let late = json!([place("b2A", "2026-11-19T11:10:00.000Z", 0.0)]);
    let late =
        json!([late[0], { "id": "b1", "device": "b2A", "dateTime": "2026-11-19T11:10:00Z", "latitude": 0, "longitude": 0 }]);
    let http = signed_in(vec![feed(&data, "0a"), result(&json!([places, changes, late, []]))]);
    let page = asker().walk(&http, Resource::EngineStatus).remove(0);
    assert_eq!(methods(&http), ["Authenticate", "GetFeed StatusData", "ExecuteMultiCall"]);
    let calls = http.posted()[2]["params"]["calls"].clone();
    let kinds: Vec<&str> = calls.as_array().unwrap().iter().map(|call| call["params"]["typeName"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["LogRecord", "DriverChange", "LogRecord", "DriverChange"]);
    let search = json!({
        "deviceSearch": { "id": "b2A" }, "fromDate": "2026-11-21T10:58:59.000000Z", "toDate": "2026-11-21T11:21:01.000000Z",
    });
    assert_eq!(calls[0]["params"]["search"], search);
    let rows = readings(&page);
    assert_eq!((rows.len(), rows.source_id(0).as_str()), (3, "engine_status:b2A:2026-11-21T11:00:00.000000Z"));
    let cells = |row: usize| EngineReading::read(&mut rows.reader(row)).unwrap();
    let first = EngineReading {
        status: Some("ON"),
        longitude: Some(-100.2),
        latitude: Some(40.1),
        driver: Some("b4C11"),
        ..EngineReading::default()
    };
    assert_eq!(cells(0), first, "the nearest place that a device told");
    // What was uploaded late, where the device has no fix.
    let off = EngineReading { status: Some("OFF"), longitude: Some(0.0), latitude: Some(40.1), ..EngineReading::default() };
    assert_eq!(cells(1), off);
    assert_eq!(cells(2), EngineReading::default(), "neither on nor off, too far from any place, and nobody signed in");
}

#[test]
fn readings_of_other_diagnostics_ask_for_nothing_beside() {
    let other = status(&json!({ "id": "b1" }), &json!("DiagnosticFuelLevelId"), "2026-11-21T11:00:00.000Z", &json!(54.5));
    let full: Vec<Value> = vec![other; 10_000];
    let http = signed_in(vec![feed(&full, "0a"), feed(&[], "0b")]);
    let pages = asker().walk(&http, Resource::EngineStatus);
    assert_eq!(methods(&http), ["Authenticate", "GetFeed StatusData", "GetFeed StatusData"]);
    assert!(pages.iter().all(|page| readings(page).is_empty()));
    assert_eq!(pages[1].cursor.as_deref().map(|cursor| cursor.contains("\"after\":\"0b\"")), Some(true));
}
