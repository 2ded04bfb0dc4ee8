//! What vehicles report of themselves.

use super::positions::feed;
use super::*;

/// What was recorded of an account.
fn recorded() -> [Value; 4] {
    [
        json!({
            "amberWarningLamp": false, "controller": { "id": "ControllerObdPowertrainId" }, "count": 3, "dateTime": "2026-07-14T08:20:00.000Z",
            "device": { "id": "b8A1" }, "diagnostic": { "id": "DiagnosticEngineOilPressureId" }, "diagnosticSeverity": "Warning",
            "failureMode": { "id": "bFA31" }, "faultState": "Active", "faultStates": { "effectiveStatus": "Active" }, "id": "b21f201",
            "malfunctionLamp": false, "protectWarningLamp": false, "redStopLamp": false, "riskOfBreakdown": 0.85, "severity": "High",
            "sourceAddress": 0,
        }),
        json!({
            "controller": "ControllerNoneId", "count": 1, "dateTime": "2026-07-14T16:45:30.000Z", "device": { "id": "b8A3" },
            "diagnostic": { "id": "DiagnosticDeviceHasBeenUnpluggedId" }, "failureMode": "NoFailureModeId", "id": "b21f202",
            "faultStates": { "effectiveStatus": "FaultStatusActiveId" }, "malfunctionLamp": true,
        }),
        json!({
            "dateTime": "2026-07-15T09:10:00.000Z", "device": { "id": "b8A1" }, "diagnostic": { "id": "aLight" }, "failureMode": { "id": "bFA31" },
            "faultState": "Cleared", "id": "b21f203",
        }),
        json!({
            "dateTime": "2026-07-15T09:10:00.000Z", "device": { "id": "b8A1" }, "diagnostic": { "id": "DiagnosticEngineOilPressureId" },
            "faultState": "Active", "dismissDateTime": "2026-07-15T10:00:00.000Z", "id": "b21f204",
        }),
    ]
}

/// What the provider has by these ids, in their order.
fn lists() -> Answer {
    let named = |id: &str, name: &str, more: Value| {
        let mut one = json!({ "id": id, "name": name });
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([one])
    };
    result(&json!([
        named("ControllerObdPowertrainId", "Powertrain", json!({})),
        [],
        named(
            "DiagnosticEngineOilPressureId",
            "Engine oil pressure",
            json!({ "code": 100, "diagnosticType": "SuspectParameter" })
        ),
        named("aLight", "Check engine", json!({ "code": "296", "diagnosticType": "ObdFault" })),
        named("bFA31", "Below normal", json!({ "code": 1 })),
    ]))
}

#[test]
fn check_faults() {
    let http = signed_in(vec![feed(&recorded(), "0a"), lists()]);
    let page = asker().walk(&http, Resource::EngineLog).remove(0);
    assert_eq!(methods(&http), ["Authenticate", "GetFeed FaultData", "ExecuteMultiCall"]);
    let calls = http.posted()[2]["params"]["calls"].as_array().unwrap().clone();
    let asked: Vec<(String, String)> = calls
        .iter()
        .map(|call| (call["params"]["typeName"].to_string(), call["params"]["search"]["id"].to_string().replace('"', "")))
        .collect();
    let ids: Vec<&str> = asked.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!(
        ids,
        ["ControllerObdPowertrainId", "DiagnosticDeviceHasBeenUnpluggedId", "DiagnosticEngineOilPressureId", "aLight", "bFA31"],
        "each once, and nothing that stands for nothing"
    );
    let rows = records(&page);
    let expected = json!({
        "source_vehicle_id": "b8A1", "fault_code_source": "J1939", "canonical_code": "ENG_OIL_PRESSURE_LOW", "status": "active",
        "fault_code": {
            "spn": 100, "fmi": 1, "diagnostic": "DiagnosticEngineOilPressureId", "code": 100, "failure_mode": 1,
            "controller": "Powertrain", "source_address": 0,
        },
        "fault_code_description": "Engine oil pressure: Below normal", "mil_status": false, "engine_status": null,
    });
    check_fields(&rows[0], &expected);
    assert_eq!((rows[0].source_id.as_str(), rows[0].occurred_at), ("b21f201", Some(at("2026-07-14T08:20:00Z"))));
    assert_eq!(rows[0].extras.as_ref().unwrap()["severity"], "High");
    let unplugged = json!({
        "fault_code_source": "VENDOR", "fault_code": { "diagnostic": "DiagnosticDeviceHasBeenUnpluggedId" }, "status": "active",
        "fault_code_description": null, "mil_status": true, "canonical_code": null,
    });
    check_fields(&rows[1], &unplugged);
    let cleared = json!({
        "fault_code_source": "OBD2", "status": "inactive", "mil_status": null, "canonical_code": null,
        "fault_code": { "diagnostic": "aLight", "code": 296, "failure_mode": 1 },
    });
    check_fields(&rows[2], &cleared);
    check_fields(&rows[3], &json!({ "status": "inactive", "fault_code_description": "Engine oil pressure" }));
}

#[test]
fn names_that_are_down_are_waited_for_and_forbidden_ones_are_not() {
    let one = || feed(&recorded()[..1], "0a");
    let busy = signed_in(vec![one(), response(503, "busy")]);
    assert!(asker().ask(&busy, Resource::EngineLog, None).unwrap_err().is_retryable());
    let hidden = signed_in(vec![one(), fault("InvalidPermissionsException", "may not")]);
    let page = asker().ask(&hidden, Resource::EngineLog, None).unwrap();
    check_fields(
        &records(&page)[0],
        &json!({ "fault_code_source": "VENDOR", "fault_code_description": null, "status": "active" }),
    );
    let none = signed_in(vec![feed(&[json!({ "id": "b1", "dateTime": "2026-07-14T08:20:00Z" })], "0a")]);
    let page = asker().ask(&none, Resource::EngineLog, None).unwrap();
    assert_eq!((records(&page).len(), methods(&none).len()), (1, 2), "what names nothing asks for nothing");
}
