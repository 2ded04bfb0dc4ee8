//! What is sent, and what comes back.

use model::Resource;
use model::resource_operation::OperationType;
use serde_json::{Value, json};

use super::super::tests::{Canned, asker, response};
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

const MAKE_USER: (Resource, OperationType) = (Resource::User, OperationType::Create);
const CHANGE_USER: (Resource, OperationType) = (Resource::User, OperationType::Update);

#[test]
fn a_driver_is_made_with_a_password_that_nothing_shows() {
    let made = json!({ "data": { "id": "77", "name": "Ann Lee", "username": "ann", "driverActivationStatus": "active" } });
    let http = Canned::new(vec![response(200, &made.to_string())]);
    let sent = json!({ "connection_id": "c", "first_name": "Ann", "last_name": "Lee", "username": "ann", "status": "ACTIVE",
        "phone_number": "+1 555 0100", "allow_yard_move": true, "hos_compliance_type": "exempt", "notes": null });
    let written = write(&http, MAKE_USER, None, &sent).unwrap();
    assert_eq!(http.asked(), ["http://simulator.local/samsara/fleet/drivers"]);
    let expected = json!({ "name": "Ann Lee", "username": "ann", "phone": "+1 555 0100", "eldYmEnabled": true, "eldExempt": true,
        "driverActivationStatus": "active", "notes": "", "password": "random-password" });
    assert_eq!(http.posted(), [expected]);
    assert_eq!((written.source_id.as_deref(), &written_row(&written)["first_name"]), (Some("77"), &json!("Ann")));
    assert!(!format!("{written:?}").contains("random-password"));
}

#[test]
fn a_refusal_says_why_without_the_password() {
    let body = r#"{"message":"password random-password is too short"}"#;
    let refused = write(&Canned::new(vec![response(400, body)]), MAKE_USER, None, &json!({})).unwrap_err();
    assert_eq!(refused.to_string(), "provider rejected the request: password ***** is too short");
}

#[test]
fn the_part_of_a_name_that_is_not_sent_stays() {
    let held = json!({ "data": { "id": "77", "name": "Ann Lee" } });
    let changed = json!({ "data": { "id": "77", "name": "Ann Moss" } });
    let http = Canned::new(vec![response(200, &held.to_string()), response(200, &changed.to_string())]);
    let written = write(&http, CHANGE_USER, Some("77"), &json!({ "last_name": "Moss" })).unwrap();
    assert_eq!(http.posted(), [json!({ "name": "Ann Moss" })]);
    assert_eq!(written_row(&written)["last_name"], "Moss");
    let office = json!({ "data": { "id": "5", "name": "Dana Reyes", "email": "d@example.com" } });
    let http = Canned::new(vec![response(200, &office.to_string())]);
    let written = write(&http, CHANGE_USER, Some("user:5"), &json!({ "first_name": "Dana", "last_name": "Reyes" })).unwrap();
    assert_eq!(http.asked(), ["http://simulator.local/samsara/users/5"]);
    assert_eq!(written.source_id.as_deref(), Some("user:5"));
    for (target, payload) in [("user:5", json!({ "notes": "x" })), ("77", json!({ "is_driver": false }))] {
        let refused = write(&Canned::new(Vec::new()), CHANGE_USER, Some(target), &payload).unwrap_err();
        assert!(matches!(refused, ProviderError::Unsupported { .. }), "{refused}");
    }
}

#[test]
fn a_vehicle_is_changed_and_a_response_without_a_record_is_a_success() {
    let http = Canned::new(vec![response(200, "")]);
    let sent = json!({ "connection_id": "c", "vehicle_name": "T-9", "license_plate_number": "ABC", "vin": null });
    let written = write(&http, (Resource::Vehicle, OperationType::Update), Some("5"), &sent).unwrap();
    assert_eq!(http.posted(), [json!({ "name": "T-9", "licensePlate": "ABC", "vin": "" })]);
    assert!(written.batch.is_none() && written.source_id.as_deref() == Some("5"));
    let made = write(&Canned::new(Vec::new()), (Resource::Vehicle, OperationType::Create), None, &sent).unwrap_err();
    assert!(matches!(made, ProviderError::Unsupported { .. }), "{made}");
}

#[test]
fn a_message_is_found_in_the_list_after_it_was_sent() {
    let listed = |text: &str, at: i64| json!({ "driverId": 555, "isRead": false, "sender": { "name": "API", "type": "dispatch" }, "sentAtMs": at, "text": text });
    let old = listed("Dock 4", 1_795_262_300_000);
    let answers = [
        json!({ "data": [old] }),
        json!({ "data": [] }),
        json!({ "data": [listed("Other", 1_795_262_400_000), old] }),
        json!({ "data": [old, listed("Dock 4", 1_795_262_400_007)] }),
    ];
    let answers = answers.iter().map(|body| response(200, &body.to_string())).collect();
    let http = Canned::new(answers);
    let make = (Resource::Message, OperationType::Create);
    let written = write(&http, make, None, &json!({ "source_recipient_id": "555", "message_text": "Dock 4" })).unwrap();
    assert_eq!(http.posted(), [json!({ "driverIds": [555], "text": "Dock 4" })]);
    assert!(written.source_id.as_deref().unwrap().starts_with("message:555:2026-11-21T12:00:00.007"), "{written:?}");
    assert!(http.is_empty());
    for payload in [json!({ "source_recipient_id": "user:5", "message_text": "x" }), json!({ "source_recipient_id": "5" })] {
        assert!(write(&Canned::new(Vec::new()), make, None, &payload).is_err(), "{payload}");
    }
}

#[test]
fn a_message_to_a_group_is_sent_once_and_told_with_all_its_recipients() {
    let http = Canned::new(vec![response(200, r#"{"data":[]}"#)]);
    let make = (Resource::GroupMessage, OperationType::Create);
    let sent = json!({ "source_sender_id": "user:5", "source_recipient_ids": ["555", "556"], "message_text": "Dock 4" });
    let written = write(&http, make, None, &sent).unwrap();
    assert_eq!(http.posted(), [json!({ "driverIds": [555, 556], "text": "Dock 4" })]);
    assert!(written.source_id.as_deref().unwrap().starts_with("group_message:2026-11-21T12:00:00"), "{written:?}");
    let row = written_row(&written);
    assert_eq!((row["source_recipient_ids"].clone(), &row["status"]), (json!(["555", "556"]), &json!("sent")));
    assert_eq!(row["recipient_ids"].as_array().unwrap().len(), 2);
    let office = json!({ "source_recipient_ids": ["555", "user:5"], "message_text": "x" });
    assert!(write(&Canned::new(Vec::new()), make, None, &office).is_err());
}

#[test]
fn a_purchase_of_fuel_is_filed_and_known_by_what_was_sent() {
    let make = (Resource::FuelTransaction, OperationType::Create);
    let purchase = |more: Value| {
        let mut sent = json!({
            "connection_id": "c", "source_driver_id": "555", "source_vehicle_id": "7", "fuel_volume": 100, "fuel_volume_unit": "US_GALLON",
            "fuel_type": "DIESEL", "total_cost": "480.50", "currency": "USD", "transaction_time": "2026-11-20T10:00:00Z",
            "latitude": 32.7, "longitude": -96.8, "fuel_vendor": "Pilot",
        });
        sent.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        sent
    };
    let http = Canned::new(vec![response(200, r#"{"data":{"uuid":"f-1"}}"#), response(200, r#"{"data":{"uuid":"f-1"}}"#)]);
    let written = write(&http, make, None, &purchase(json!({}))).unwrap();
    assert_eq!(http.asked(), ["http://simulator.local/samsara/fuel-purchase"]);
    let mut sent = http.posted()[0].clone();
    let reference = sent.as_object_mut().unwrap().remove("transactionReference").unwrap();
    let expected = json!({
        "fuelQuantityLiters": "378.541", "transactionLocation": "32.7, -96.8", "transactionTime": "2026-11-20T10:00:00.000000Z",
        "transactionPrice": { "amount": "480.50", "currency": "usd" }, "iftaFuelType": "Diesel", "merchantName": "Pilot",
        "driverId": "555", "vehicleId": "7",
    });
    assert_eq!((sent, reference.as_str().map(str::len)), (expected, Some(16)));
    let one = written_row(&written);
    assert_eq!(
        (written.source_id.as_deref(), &one["fuel_type"], &one["total_cost"]),
        (Some("f-1"), &json!("DIESEL"), &json!("480.50"))
    );
    assert!((one["fuel_volume"].as_f64().unwrap() - 0.378_541_178).abs() < 1e-6 && one["vehicle_id"].is_string(), "{one}");
    let elsewhere = purchase(json!({ "location_string": "1 Main St, Dallas", "fuel_type": "LPG", "total_cost": 5 }));
    write(&http, make, None, &elsewhere).unwrap();
    let sent = &http.posted()[1];
    assert_eq!((&sent["transactionLocation"], &sent["iftaFuelType"]), (&json!("1 Main St, Dallas"), &json!("Other")));
    assert_eq!(sent["transactionPrice"]["amount"], "5");
    assert_ne!(sent["transactionReference"], reference);
    for lacking in [json!({ "total_cost": null }), json!({ "currency": null }), json!({ "latitude": null })] {
        let refused = write(&Canned::new(Vec::new()), make, None, &purchase(lacking)).unwrap_err();
        assert!(matches!(refused, ProviderError::Unsupported { .. }), "{refused}");
    }
}

#[test]
fn what_an_attempt_without_an_answer_made_is_found_and_not_made_again() {
    let since = Some(asker().now.plus_seconds(-60));
    let one = json!({ "id": "76", "name": "Bo", "username": "bo" });
    let two = json!({ "id": "77", "name": "Ann Lee", "username": "ann" });
    let pages = [
        json!({ "data": [one], "pagination": { "hasNextPage": true, "endCursor": "c" } }),
        json!({ "data": [two], "pagination": { "hasNextPage": false, "endCursor": "" } }),
    ];
    let http = Canned::new(pages.iter().map(|body| response(200, &body.to_string())).collect());
    let written = asker().write(&http, MAKE_USER, None, &json!({ "username": "ann", "first_name": "Ann" }), since).unwrap();
    assert_eq!((written.source_id.as_deref(), http.posted().len()), (Some("77"), 0));
    let listed = json!({ "data": [{ "driverId": 555, "isRead": false, "sender": { "name": "API", "type": "dispatch" },
        "sentAtMs": 1_795_262_350_000_i64, "text": "Dock 4" }] });
    let http = Canned::new(vec![response(200, &listed.to_string())]);
    let make = (Resource::Message, OperationType::Create);
    let written =
        asker().write(&http, make, None, &json!({ "source_recipient_id": "555", "message_text": "Dock 4" }), since).unwrap();
    assert!(written.source_id.is_some() && http.posted().is_empty());
    let http = Canned::new(vec![response(200, &pages[1].to_string()), response(200, &json!({ "data": one }).to_string())]);
    let written = asker().write(&http, MAKE_USER, None, &json!({ "username": "bo", "first_name": "Bo" }), since).unwrap();
    assert_eq!((written.source_id.as_deref(), http.posted().len()), (Some("76"), 1), "what was not made is sent again");
    let old = json!({ "data": [{ "id": "5", "username": "bo", "createdAtTime": "2024-01-01T00:00:00Z" }] });
    let http = Canned::new(vec![response(200, &old.to_string()), response(400, r#"{"message":"username is already in use"}"#)]);
    assert!(
        asker().write(&http, MAKE_USER, None, &json!({ "username": "bo" }), since).is_err(),
        "one that is older was not made"
    );
}

#[test]
fn a_name_cannot_be_cleared() {
    let cleared = json!({ "first_name": null, "last_name": null });
    assert!(write(&Canned::new(Vec::new()), CHANGE_USER, Some("77"), &cleared).is_err());
}
