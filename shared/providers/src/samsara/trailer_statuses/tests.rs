use model::{Resource, Timestamp};
use serde_json::{Value, json};

use super::super::tests::{Canned, ask, busy, fields, records, response, walk};
use super::{OTHERS, alarm_code};
use crate::testing::Answer;

fn page(rows: &Value, after: &str) -> Answer {
    response(200, &json!({ "data": rows, "pagination": { "endCursor": after, "hasNextPage": !after.is_empty() } }).to_string())
}

fn stat(minute: u32, value: &Value) -> Value {
    json!({ "time": format!("2026-11-21T10:{minute:02}:00Z"), "value": value })
}

/// The answers about one page of trailers; `rows` are those that the other types have.
fn answers(units: &Value, after: &str, rows: &[Value]) -> Vec<Answer> {
    let mut all = vec![page(units, after)];
    all.extend(OTHERS.iter().enumerate().map(|(at, _)| page(rows.get(at).unwrap_or(&json!([])), "")));
    all
}

#[test]
fn check_statuses_of_all_types() {
    let units = json!([
        { "id": "7", "name": "Trailer-7", "reeferStateZone1": stat(1, &json!("Active")), "reeferRunMode": stat(0, &json!("Start/Stop")) },
        { "id": "8", "name": "Dry van" },
    ]);
    let alarms = json!([
        { "alarmCode": "63", "description": "Door open", "operatorAction": "Close it", "severity": 2 },
        { "alarmCode": "1", "description": "Something else", "severity": 9 },
    ]);
    let gps = json!({ "time": "2026-11-21T10:30:00Z", "latitude": 34.15, "longitude": -118.14 });
    let rows = [
        json!([{
            "id": "7", "gps": gps, "reeferAlarms": { "time": "2026-11-21T10:05:00Z", "alarms": alarms },
            "reeferAmbientAirTemperatureMilliC": stat(2, &json!(21_000)),
        }, { "id": "9", "gps": gps }]),
        json!([{ "id": "7", "reeferFuelPercent": stat(3, &json!(61)), "reeferObdEngineSeconds": stat(3, &json!(7_200)) }]),
        json!([{ "id": "7", "reeferDoorStateZone1": stat(4, &json!("open")), "reeferDoorStateZone2": stat(4, &json!("ajar")) }]),
        json!([{ "id": "7", "reeferSetPointTemperatureMilliCZone1": stat(0, &json!(-18_000)) }]),
        json!([{ "id": "7", "reeferReturnAirTemperatureMilliCZone1": stat(2, &json!(-17_500)) }]),
        json!([{ "id": "7", "reeferSupplyAirTemperatureMilliCZone1": stat(2, &json!(-400_000)) }]),
    ];
    let http = Canned::new(answers(&units, "", &rows));
    let found = walk(&http, Resource::TrailerStatus);
    let asked = http.asked();
    assert_eq!(asked.len(), 8);
    assert!(asked[0].ends_with("/fleet/trailers/stats?types=carrierReeferState%2CreeferStateZone1%2CreeferRunMode"), "{asked:?}");
    assert!(asked[1].ends_with("types=gps%2CreeferAlarms%2CreeferAmbientAirTemperatureMilliC&trailerIds=7"), "{asked:?}");
    let [row] = records(&found[0]) else { panic!("{found:?}") };
    assert_eq!(row.source_id, "trailer_status:7:2026-11-21T10:05:00.000000Z");
    assert_eq!(row.occurred_at, Timestamp::parse("2026-11-21T10:05:00Z"));
    let one = fields(row);
    let expected = json!({
        "source_trailer_id": "7", "power_on": true, "reefer_operational_status": "ON", "operation_mode": "START_STOP",
        "door_open": true, "fuel_level": 61.0, "reefer_engine_hours": 2.0, "ambient_temperature": 294.15,
        "ambient_temperature_unit": "K", "zones_temperature_unit": "K", "battery_voltage_unit": "V",
        "zones": [{
            "zone": 1, "setpoint_temperature": 255.15, "return_air_temperature": 255.65, "discharge_air_temperature": null,
            "control_sensor": null, "door_open": true, "thermal_status": "Active", "cargo_status": null,
        }],
        "active_alarms": [
            { "code": "door_open_while_running", "description": "Door open", "severity": "Check as specified" },
            { "code": "unknown", "description": "Something else", "severity": null },
        ],
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&one[name], value, "{name}");
    }
    assert!(one["trailer_id"].is_string() && one["h3_index_11"].is_i64(), "{one}");
    assert_eq!(one["location"]["coordinates"], json!([-118.14, 34.15]));
    assert_eq!(row.source["reeferFuelPercent"]["value"], 61);
    assert!(!row.is_partial && !found[0].complete_scan && found[0].window.is_none());
    assert_eq!((found.len(), found[0].cursor.as_deref()), (1, None), "the next run begins at the first trailer");
}

#[test]
fn what_the_unit_does_is_what_it_says_else_what_its_zones_do() {
    let status = |unit: Value| {
        let http = Canned::new(answers(&json!([unit]), "", &[]));
        let found = walk(&http, Resource::TrailerStatus);
        let row = fields(&records(&found[0])[0]);
        (row["reefer_operational_status"].clone(), row["power_on"].clone(), row.get("active_alarms").cloned())
    };
    let unit = |whole: &str, zone: &str| json!({ "id": "7", "carrierReeferState": stat(0, &json!(whole)), "reeferStateZone1": stat(0, &json!(zone)) });
    assert_eq!(status(unit("Off", "On")), (json!("OFF"), json!(false), None));
    assert_eq!(status(unit("", "Off")), (json!("OFF"), json!(false), None));
    assert_eq!(status(unit("", "Standby (cool)")), (json!("STANDBY"), json!(true), None));
    assert_eq!(status(unit("Defrost", "Off")), (json!("UNKNOWN"), json!(true), None));
}

#[test]
fn a_position_alone_changes_nothing_and_pages_follow() {
    let unit = json!([{ "id": "7", "reeferRunMode": stat(0, &json!("Continuous")) }]);
    let at = |latitude: f64| {
        vec![json!([{ "id": "7", "gps": { "time": "2026-11-21T11:00:00Z", "latitude": latitude, "longitude": 5 } }])]
    };
    let pages = [answers(&unit, "x", &at(1.0)), answers(&unit, "", &at(2.0))].into_iter().flatten().collect();
    let http = Canned::new(pages);
    let found = walk(&http, Resource::TrailerStatus);
    assert!(http.asked()[8].ends_with("reeferRunMode&after=x"), "{:?}", http.asked());
    let (one, other) = (&records(&found[0])[0], &records(&found[1])[0]);
    assert_eq!((&one.source_id, &one.source_hash), (&other.source_id, &other.source_hash));
    assert!(found[0].more && !found[1].more);
}

#[test]
fn fleets_without_cooled_trailers_cost_one_request() {
    let http = Canned::new(vec![page(&json!([{ "id": "8", "name": "Dry van" }, { "id": "9", "reeferRunMode": {} }]), "")]);
    let found = walk(&http, Resource::TrailerStatus);
    assert!(http.asked().len() == 1 && records(&found[0]).is_empty());
}

#[test]
fn a_status_without_a_part_that_failed_is_not_told() {
    let units = json!([{ "id": "7", "reeferRunMode": stat(0, &json!("Continuous")) }]);
    let http = Canned::new(vec![page(&units, ""), busy(429, "60")]);
    assert!(ask(&http, Resource::TrailerStatus, None).unwrap_err().retry_after().is_some());
}

#[test]
fn alarms_are_known_by_their_words() {
    for (text, runs, code) in [
        ("Pre-trip not performed", false, "pretrip_not_performed"),
        ("PRETRIP FAILED", false, "pretrip_failed"),
        ("Check return air sensor", true, "sensor_failure"),
        ("Fuel level low", true, "fuel_low"),
        ("Low battery voltage", false, "battery_low"),
        ("High discharge pressure", true, "pressure_out_of_range"),
        ("Remote door open", false, "unexpected_door_open"),
        ("Remote door open", true, "door_open_while_running"),
        ("", true, "unknown"),
    ] {
        assert_eq!(alarm_code(text, runs).as_str(), code, "{text}");
    }
}
