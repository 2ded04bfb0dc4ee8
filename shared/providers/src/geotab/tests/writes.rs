//! What is sent, and what comes back.

use model::resource_operation::OperationType;

use super::*;
use crate::testing::written_row;
use crate::{ProviderError, Written};

fn write(
    http: &Canned,
    what: (Resource, OperationType),
    target: Option<&str>,
    payload: &Value,
) -> Result<Written, ProviderError> {
    asker().write(http, what, target, payload, None)
}

fn device(name: &str) -> Value {
    json!([{
        "id": "b8A1", "name": name, "deviceType": "GO9", "groups": [{ "id": "GroupVehicleId" }], "odometerOffset": -1_250.5,
        "licensePlate": "OLD", "unknown": { "kept": [1] }, "vehicleIdentificationNumber": "1FUJGLDR0CLBP8834",
    }])
}

const CHANGE_VEHICLE: (Resource, OperationType) = (Resource::Vehicle, OperationType::Update);
const CHANGE_USER: (Resource, OperationType) = (Resource::User, OperationType::Update);
const SEND: (Resource, OperationType) = (Resource::Message, OperationType::Create);

#[test]
fn a_change_sends_the_whole_record_back() {
    let answers = vec![result(&device("T-1")), result(&Value::Null), result(&device("T-9")), result(&json!([]))];
    let http = signed_in(answers);
    let sent = json!({ "connection_id": "c", "vehicle_name": "T-9", "license_plate_number": null, "vin": "X" });
    let written = write(&http, CHANGE_VEHICLE, Some("b8A1"), &sent).unwrap();
    assert_eq!(methods(&http), ["Authenticate", "Get Device", "Set Device", "Get Device", "Get Group"]);
    let mut expected = device("T-9")[0].clone();
    expected["licensePlate"] = json!("");
    expected["vehicleIdentificationNumber"] = json!("X");
    assert_eq!(http.posted()[2]["params"]["entity"], expected);
    assert_eq!((written.source_id.as_deref(), &written_row(&written)["vehicle_name"]), (Some("b8A1"), &json!("T-9")));
}

#[test]
fn what_is_not_a_vehicle_is_not_changed_as_one() {
    let trailer = json!([{ "id": "b179", "deviceType": "None", "tmpTrailerId": "aTrailer1" }]);
    for listed in [json!([]), trailer, json!([{ "id": "b1" }])] {
        let http = signed_in(vec![result(&listed)]);
        let refused = write(&http, CHANGE_VEHICLE, Some("b179"), &json!({ "vehicle_name": "x" })).unwrap_err();
        assert!(matches!(refused, ProviderError::Unsupported { .. }), "{refused}");
        assert_eq!(methods(&http), ["Authenticate", "Get Device"]);
    }
    for resource in [Resource::User, Resource::Vehicle] {
        let refused = write(&Canned::new(Vec::new()), (resource, OperationType::Create), None, &json!({})).unwrap_err();
        assert!(matches!(refused, ProviderError::Unsupported { .. }), "{refused}");
    }
}

#[test]
fn a_user_who_leaves_leaves_now_and_may_come_back() {
    let user = |until: &str| json!([{ "id": "b4C11", "name": "ann", "firstName": "Ann", "activeTo": until, "isDriver": true }]);
    let write_it = |payload: &Value, until: &str| {
        let answers = vec![result(&user("2050-01-01T00:00:00Z")), result(&Value::Null), result(&user(until)), result(&json!([]))];
        let http = signed_in(answers);
        let written = write(&http, CHANGE_USER, Some("b4C11"), payload).unwrap();
        (http.posted()[2]["params"]["entity"].clone(), written_row(&written))
    };
    let (sent, row) = write_it(&json!({ "is_active": false, "allow_yard_move": true }), "2026-11-21T11:00:00Z");
    let expected = json!({
        "id": "b4C11", "name": "ann", "firstName": "Ann", "isDriver": true, "activeTo": "2026-11-21T12:00:00.000000Z",
        "isYardMoveEnabled": true,
    });
    assert_eq!((sent, &row["is_active"]), (expected, &json!(false)));
    let (sent, _) = write_it(&json!({ "status": "ACTIVE", "first_name": "Anna" }), "2050-01-01T00:00:00Z");
    assert_eq!((&sent["activeTo"], &sent["firstName"]), (&json!("2050-01-01T00:00:00.000Z"), &json!("Anna")));
}

#[test]
fn a_message_is_read_by_its_id_after_it_was_sent() {
    let listed = json!([{
        "id": "bTM1", "sent": "2026-11-21T12:00:00.000Z", "isDirectionToVehicle": true, "recipient": { "id": "b4C11" },
        "messageContent": { "contentType": "Normal", "message": "Dock 4" },
    }]);
    let sent = json!({ "source_sender_id": "b4C99", "source_recipient_id": "b4C11", "message_text": "Dock 4" });
    let http = signed_in(vec![result(&json!("bTM1")), result(&listed)]);
    let written = write(&http, SEND, None, &sent).unwrap();
    let entity = json!({
        "recipient": { "id": "b4C11" }, "user": { "id": "b4C99" }, "isDirectionToVehicle": true,
        "messageContent": { "contentType": "Normal", "message": "Dock 4" },
    });
    assert_eq!(http.posted()[1]["params"]["entity"], entity);
    assert_eq!((written.source_id.as_deref(), &written_row(&written)["status"]), (Some("bTM1"), &json!("sent")));
    // That it cannot be read is no failure.
    let http = signed_in(vec![result(&json!("bTM1")), fault("GenericException", "down")]);
    assert!(write(&http, SEND, None, &sent).unwrap().batch.is_none());
    for payload in [json!({ "source_recipient_id": "b4C11", "message_text": " " }), json!({ "message_text": "x" })] {
        assert!(write(&Canned::new(Vec::new()), SEND, None, &payload).is_err(), "{payload}");
    }
}

#[test]
fn a_refusal_of_a_change_is_told() {
    for (name, message) in [("DuplicateException", "taken"), ("ArgumentException", "odd")] {
        let http = signed_in(vec![result(&device("T-1")), fault(name, message)]);
        let refused = write(&http, CHANGE_VEHICLE, Some("b8A1"), &json!({ "vehicle_name": "x" })).unwrap_err();
        assert!(matches!(&refused, ProviderError::Rejected { .. }) && refused.to_string().ends_with(message), "{refused}");
    }
}
