//! What is sent, and what comes back.

use model::Resource;
use model::resource_operation::OperationType::{self, Create, Update};
use model::telematics::Batch;
use serde_json::{Value, json};

use super::super::tests::{BASE, asker, at, page};
use crate::testing::{Answer, Canned, response, written_row};
use crate::{ProviderError, Written};

fn write(
    http: &Canned,
    what: (Resource, OperationType),
    target: Option<&str>,
    payload: &Value,
) -> Result<Written, ProviderError> {
    asker().write(http, what, target, payload, None)
}

fn wrapped(wrapper: &str, record: &Value) -> Answer {
    response(201, &json!({ wrapper: record }).to_string())
}

#[test]
fn a_driver_is_made_with_a_password_that_nothing_shows() {
    let made =
        json!({ "id": 77, "first_name": "Ann", "last_name": "Lee", "role": "driver", "status": "active", "group_ids": [] });
    let http = Canned::new(vec![wrapped("user", &made)]);
    let sent = json!({
        "connection_id": "c", "first_name": "Ann", "last_name": "Lee", "username": "ann", "status": "ACTIVE", "phone_number": null,
        "license_region": "TX", "allow_yard_move": true, "employee_number": "E-7",
    });
    let written = write(&http, (Resource::User, Create), None, &sent).unwrap();
    assert_eq!(http.asked(), [format!("{BASE}/v1/users")]);
    let expected = json!({
        "first_name": "Ann", "last_name": "Lee", "username": "ann", "status": "active", "phone": "", "drivers_license_state": "TX",
        "yard_moves_enabled": true, "driver_company_id": "E-7", "role": "driver", "password": "random-password",
    });
    assert_eq!(http.posted(), [expected]);
    assert_eq!((written.source_id.as_deref(), &written_row(&written)["is_driver"]), (Some("77"), &json!(true)));
    let http = Canned::new(vec![wrapped("user", &json!({ "id": 78, "role": "fleet_user" }))]);
    write(&http, (Resource::User, Create), None, &json!({ "is_driver": false, "user_email": "a@b.example" })).unwrap();
    assert_eq!(http.posted(), [json!({ "email": "a@b.example", "role": "fleet_user" })]);
}

#[test]
fn a_user_and_a_vehicle_are_changed_by_the_members_that_are_sent() {
    let groups = page("groups", "group", &[json!({ "id": 5, "name": "North" })], 1, 1);
    let changed = json!({ "id": 7, "number": "T-9", "status": "inactive", "group_ids": [5] });
    let http = Canned::new(vec![wrapped("vehicle", &changed), groups]);
    let sent = json!({ "vehicle_name": "T-9", "model_year": 2020, "is_active": false, "engine_type": "DIESEL", "notes": null });
    let written = write(&http, (Resource::Vehicle, Update), Some("7"), &sent).unwrap();
    assert!(http.asked()[0].ends_with("/v1/vehicles/7"), "{:?}", http.asked());
    let expected = json!({ "number": "T-9", "year": "2020", "status": "inactive", "fuel_type": "diesel", "notes": "" });
    assert_eq!(http.posted(), [expected]);
    let vehicle = written_row(&written);
    assert_eq!((&vehicle["vehicle_name"], &vehicle["vehicle_groups"]["5"]), (&json!("T-9"), &json!("North")));
    // The names of groups are down: the record is the provider's all the same.
    let http = Canned::new(vec![wrapped("user", &json!({ "id": 8, "group_ids": [5] })), response(429, "{}")]);
    let written = write(&http, (Resource::User, Update), Some("8"), &json!({ "is_active": false })).unwrap();
    assert_eq!((http.posted(), written.source_id.as_deref()), (vec![json!({ "status": "deactivated" })], Some("8")));
    let Some(Batch::Records(rows)) = &written.batch else { panic!() };
    assert!(rows[0].is_partial);
}

#[test]
fn a_vehicle_is_made_in_use_unless_it_is_said_otherwise() {
    let http = Canned::new(vec![wrapped("vehicle", &json!({ "id": 9, "number": "N-1", "status": "active" }))]);
    let written = write(&http, (Resource::Vehicle, Create), None, &json!({ "vehicle_name": "N-1" })).unwrap();
    assert_eq!((http.posted(), written.source_id.as_deref()), (vec![json!({ "number": "N-1", "status": "active" })], Some("9")));
    let odd = write(&Canned::new(vec![]), (Resource::Vehicle, Create), None, &json!({ "engine_type": "HYBRID" })).unwrap_err();
    assert!(matches!(odd, ProviderError::Unsupported { .. }), "{odd}");
}

#[test]
fn fuel_is_filed_in_units_of_the_provider() {
    let purchase = |volume: Value, unit: &str, more: Value| {
        let mut sent = json!({
            "source_driver_id": "9", "source_vehicle_id": "7", "fuel_volume": volume, "fuel_volume_unit": unit, "fuel_type": "DIESEL",
            "transaction_time": "2026-11-20T10:00:00Z", "transaction_jurisdiction": "TX", "total_cost": "480.50", "currency": "USD",
        });
        sent.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        sent
    };
    let made = json!({ "id": 5, "purchased_at": "2026-11-20T10:00:00Z", "fuel": 100, "fuel_unit": "gal", "fuel_type": "diesel" });
    let http = Canned::new(vec![wrapped("fuel_purchase", &made)]);
    let sent = purchase(json!(100), "US_GALLON", json!({ "odometer": 5_000, "odometer_unit": "meters", "fuel_vendor": "Pilot" }));
    let written = write(&http, (Resource::FuelTransaction, Create), None, &sent).unwrap();
    let expected = json!({
        "driver_id": 9, "vehicle_id": 7, "purchased_at": "2026-11-20T10:00:00Z", "jurisdiction": "TX", "fuel_type": "diesel", "fuel": 100.0,
        "fuel_unit": "gal", "odometer": 5.0, "odometer_unit": "km", "vendor": "Pilot", "total_cost": 480.5, "currency": "USD",
    });
    assert_eq!((http.posted(), written.source_id.as_deref()), (vec![expected], Some("5")));
    assert_eq!(written_row(&written)["fuel_type"], "DIESEL");
    for (unit, volume) in [("LITER", 2.0), ("IMPERIAL_GALLON", 9.092_18), ("CUBIC_METER", 2_000.0)] {
        let http = Canned::new(vec![wrapped("fuel_purchase", &made)]);
        write(&http, (Resource::FuelTransaction, Create), None, &purchase(json!(2), unit, json!({}))).unwrap();
        assert_eq!((&http.posted()[0]["fuel"], &http.posted()[0]["fuel_unit"]), (&json!(volume), &json!("ltr")));
    }
    for odd in [json!({ "odometer": 5 }), json!({ "source_driver_id": "nobody" }), json!({ "fuel_type": "HYDROGEN" })] {
        let refused = write(&Canned::new(vec![]), (Resource::FuelTransaction, Create), None, &purchase(json!(2), "LITER", odd));
        assert!(matches!(refused, Err(ProviderError::Unsupported { .. })), "nothing is sent");
    }
}

#[test]
fn messages_are_sent_to_one_or_several() {
    let echo = json!({ "id": "m-1", "sender_id": 1, "recipient_ids": [9], "body": "Hello", "sent_at": "2026-11-21T12:00:05Z" });
    let http = Canned::new(vec![wrapped("message", &echo)]);
    let sent = json!({ "source_sender_id": "1", "source_recipient_id": "9", "message_text": "Hello" });
    let written = write(&http, (Resource::Message, Create), None, &sent).unwrap();
    assert_eq!(http.asked(), [format!("{BASE}/v2/messages")]);
    assert_eq!(http.posted(), [json!({ "sender_id": 1, "receiver_ids": [9], "body": "Hello" })]);
    let message = written_row(&written);
    assert_eq!((written.source_id.as_deref(), &message["source_recipient_id"]), (Some("m-1"), &json!("9")));
    assert_eq!((&message["status"], &message["message_text"]), (&json!("sent"), &json!("Hello")));
    // An answer that tells nothing.
    let http = Canned::new(vec![response(200, r#"{"success":true}"#)]);
    let sent = json!({ "source_sender_id": "1", "source_recipient_ids": ["9", "10"], "message_text": "Hello" });
    let written = write(&http, (Resource::GroupMessage, Create), None, &sent).unwrap();
    assert_eq!(http.posted()[0]["receiver_ids"], json!([9, 10]));
    let Some(Batch::Records(rows)) = &written.batch else { panic!() };
    assert_eq!(rows[0].occurred_at, Some(at("2026-11-21T12:00:00Z")));
    assert!(written.source_id.unwrap().starts_with("group_message:2026-11-21T12:00:00.000000Z:"));
    let empty = json!({ "source_sender_id": "1", "source_recipient_id": "9", "message_text": " " });
    assert!(write(&Canned::new(vec![]), (Resource::Message, Create), None, &empty).is_err());
}

#[test]
fn a_refusal_says_why_without_the_password() {
    let body = r#"{"error_message":"password random-password is too short"}"#;
    let refused = write(&Canned::new(vec![response(422, body)]), (Resource::User, Create), None, &json!({})).unwrap_err();
    assert_eq!(refused.to_string(), "provider rejected the request: password ***** is too short");
}

#[test]
fn what_an_attempt_without_an_answer_made_is_found_and_not_made_again() {
    let since = at("2026-11-21T11:59:00Z");
    let user = |id: u32, name: &str, created: &str| json!({ "id": id, "username": name, "role": "driver", "status": "active", "group_ids": [], "created_at": created });
    let all = [user(76, "bo", "2024-01-01T00:00:00Z"), user(77, "ann", "2026-11-21T11:59:01Z")];
    let sent = |name: &str| json!({ "username": name, "first_name": "Ann", "last_name": "Lee" });
    let make = (Resource::User, Create);
    let http = Canned::new(vec![page("users", "user", &all, 1, 2)]);
    let written = asker().write(&http, make, None, &sent("ann"), Some(since)).unwrap();
    assert_eq!((written.source_id.as_deref(), http.posted().len()), (Some("77"), 0));
    let taken = response(422, r#"{"error_message":"Username has already been taken"}"#);
    let http = Canned::new(vec![page("users", "user", &all, 1, 2), taken]);
    let refused = asker().write(&http, make, None, &sent("bo"), Some(since)).unwrap_err();
    assert!(refused.to_string().contains("already been taken"), "{refused}: one that is older was not made by the attempt");
    let truck = json!({ "id": 9, "number": "T-9", "status": "active", "group_ids": [], "created_at": "2026-11-21T11:59:02Z" });
    let http = Canned::new(vec![page("vehicles", "vehicle", &[truck], 1, 1)]);
    let written =
        asker().write(&http, (Resource::Vehicle, Create), None, &json!({ "vehicle_name": "T-9" }), Some(since)).unwrap();
    assert_eq!((written.source_id.as_deref(), http.posted().len()), (Some("9"), 0));
}
