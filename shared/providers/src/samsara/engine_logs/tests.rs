use model::telematics::{Fields, Observation};
use model::{Resource, Timestamp};
use serde_json::{Value, json};

use super::super::tests::{Canned, ask, response, walk};
use crate::SubjectState;
use crate::testing::Answer;

fn page(rows: &Value, after: &str) -> Answer {
    response(200, &json!({ "data": rows, "pagination": { "endCursor": after, "hasNextPage": false } }).to_string())
}

/// The example of the provider's documents, but for the second vehicle.
fn documented() -> Value {
    let dtc = json!({ "dtcDescription": "Fuel Rail/System Pressure - Too Low Bank 1", "dtcId": 135, "dtcShortCode": "P0087" });
    json!({
        "canBusType": "CANBUS_J1939_500", "time": "2020-01-27T07:06:25Z",
        "j1939": {
            "checkEngineLights": { "emissionsIsOn": true, "protectIsOn": false, "stopIsOn": false, "warningIsOn": false },
            "diagnosticTroubleCodes": [{
                "fmiDescription": "Voltage Below Normal", "fmiId": 9, "milStatus": 1, "occurrenceCount": 1, "sourceAddressName": "Engine #1",
                "spnDescription": "System Diagnostic Code #1", "spnId": 3031, "txId": 0,
                "vendorSpecificFields": { "dtcDescription": "false", "repairInstructionsUrl": "false" },
            }],
        },
        "obdii": {
            "checkEngineLightIsOn": true,
            "diagnosticTroubleCodes": [{
                "confirmedDtcs": [dtc], "ignitionType": "spark", "milStatus": true, "monitorStatus": { "catalyst": "N", "notReadyCount": 1 },
                "pendingDtcs": [dtc], "permanentDtcs": [dtc], "txId": 0,
            }],
        },
        "oem": { "diagnosticTroubleCodes": [{
            "codeDescription": "KVGT Servo Error", "codeIdentifier": "CA2387", "codeSeverity": "L03", "codeSource": "ENG/M",
        }] },
    })
}

fn heavy(codes: &[Value], lights: &Value) -> Value {
    json!({ "time": "2026-11-21T10:00:00Z", "j1939": { "checkEngineLights": lights, "diagnosticTroubleCodes": codes } })
}

fn states(readings: &[Value]) -> Vec<SubjectState> {
    let http = Canned::new(vec![page(&json!([{ "id": "7", "name": "T-7", "faultCodes": readings }]), "c1")]);
    walk(&http, Resource::EngineLog).remove(0).states
}

fn fields(fields: &Fields) -> Value {
    serde_json::from_str(fields.get()).unwrap()
}

fn check(row: &Observation<Fields>, expected: &Value) {
    let found = fields(&row.fields);
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(found.get(name).unwrap_or(&Value::Null), value, "{name} of {}", row.source_id);
    }
}

#[test]
fn check_faults() {
    let rows = json!([
        { "id": "7", "name": "T-7", "faultCodes": [documented()] },
        { "id": "8", "faultCodes": [{ "canBusType": "CANBUS_J1939_500", "time": "2026-11-21T10:00:00Z" }, { "j1939": {} }] },
        { "name": "no id", "faultCodes": [documented()] },
        { "id": "9", "faultCodes": null },
    ]);
    let http = Canned::new(vec![page(&rows, "c1")]);
    let found = ask(&http, Resource::EngineLog, None).unwrap();
    assert!(http.asked()[0].ends_with("/fleet/vehicles/stats/feed?types=faultCodes"), "{:?}", http.asked());
    assert!(found.batch.is_empty() && !found.more && found.cursor.unwrap().contains("c1"));
    let [full, sound] = found.states.as_slice() else { panic!("{:?}", found.states) };
    assert_eq!((sound.subject.as_str(), sound.rows.len()), ("8", 0), "a vehicle without faults says so");
    assert_eq!((full.subject.as_str(), full.at), ("7", Timestamp::parse("2020-01-27T07:06:25Z").unwrap()));
    let ids: Vec<&str> = full.rows.iter().map(|standing| standing.row.source_id.as_str()).collect();
    assert_eq!(ids, ["engine_log:7:j1939:3031-9-0", "engine_log:7:obdii:P0087-0", "engine_log:7:oem:CA2387-ENG/M"]);
    let [j1939, obd, oem] = full.rows.as_slice() else { panic!() };
    let expected = json!({
        "source_vehicle_id": "7", "fault_code_source": "J1939", "fault_code": { "spn": 3031, "fmi": 9, "source_address": 0 },
        "fault_code_description": "System Diagnostic Code #1: Voltage Below Normal", "canonical_code": null, "status": "active",
        "mil_status": true, "engine_status": null, "source_driver_id": null,
    });
    check(&j1939.row, &expected);
    assert!(fields(&j1939.row.fields)["vehicle_id"].is_string());
    assert_eq!(j1939.row.source["j1939"]["diagnosticTroubleCodes"][0]["spnId"], 3031);
    assert_eq!(j1939.row.extras.as_ref().unwrap()["checkEngineLights"]["emissionsIsOn"], true);
    let ended = fields(&j1939.ended);
    assert_eq!(
        (&ended["status"], ended.get("mil_status"), &ended["fault_code"]["spn"]),
        (&json!("inactive"), None, &json!(3031))
    );
    let expected = json!({
        "fault_code_source": "OBD2", "fault_code": { "dtc": "P0087", "source_address": 0 }, "status": "active", "mil_status": true,
        "fault_code_description": "Fuel Rail/System Pressure - Too Low Bank 1",
    });
    check(&obd.row, &expected);
    check(&oem.row, &json!({ "fault_code_source": "VENDOR", "fault_code": { "code": "CA2387" }, "mil_status": null }));
    assert_eq!(oem.row.extras, Some(json!({ "codeSeverity": "L03", "codeSource": "ENG/M" })));
}

#[test]
fn each_reading_is_a_state_and_odd_codes_cost_no_others() {
    let code =
        |spn: Value, fmi: u32| json!({ "spnId": spn, "fmiId": fmi, "txId": 0, "spnDescription": "", "fmiDescription": "high" });
    let lights = |on: bool| json!({ "warningIsOn": on, "stopIsOn": false });
    let odd =
        heavy(&[code(json!("110"), 0), code(Value::Null, 0), code(json!("x"), 0), json!(7), code(json!(110), 0)], &lights(false));
    let mut old = heavy(&[code(json!(110), 0)], &json!(null));
    old["canBusType"] = json!("CANBUS_J1708");
    let found = states(&[
        odd,
        old,
        json!({ "time": "2026-11-21T11:00:00Z", "j1939": "none", "obdii": { "diagnosticTroubleCodes": {} } }),
    ]);
    let [first, second, third] = found.as_slice() else { panic!("{found:?}") };
    let [row] = first.rows.as_slice() else { panic!("{first:?}") };
    let expected = json!({ "canonical_code": "ENG_COOLANT_TEMP_HIGH", "mil_status": false, "fault_code_description": "high" });
    check(&row.row, &expected);
    check(&second.rows[0].row, &json!({ "fault_code_source": "J1708", "canonical_code": null, "mil_status": null }));
    assert!(third.rows.is_empty());
}

#[test]
fn a_fault_is_modified_by_its_lamps_and_not_by_counting() {
    let hash = |count: u32, on: bool| {
        let code = json!({ "spnId": 110, "fmiId": 0, "txId": 0, "occurrenceCount": count });
        states(&[heavy(&[code], &json!({ "warningIsOn": on }))])[0].rows[0].row.source_hash.clone()
    };
    assert_eq!(hash(1, true), hash(2, true));
    assert_ne!(hash(1, true), hash(1, false));
    let light = |lists: &[&str]| {
        let dtc = json!([{ "dtcId": 135, "dtcShortCode": "P0087" }]);
        let codes: serde_json::Map<String, Value> = lists.iter().map(|list| ((*list).to_owned(), dtc.clone())).collect();
        let reading = json!({ "time": "2026-11-21T10:00:00Z", "obdii": { "diagnosticTroubleCodes": [codes] } });
        states(&[reading])[0].rows[0].row.source_hash.clone()
    };
    assert_ne!(light(&["pendingDtcs"]), light(&["pendingDtcs", "confirmedDtcs"]), "a fault that is confirmed");
}
