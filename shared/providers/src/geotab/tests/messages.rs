//! Messages to and from vehicles.

use super::*;

fn message(id: &str, more: &Value) -> Value {
    let mut message = json!({
        "id": id, "activeFrom": "2026-11-21T11:00:00.000Z", "activeTo": "2026-11-21T11:05:00.000Z", "device": { "id": "b8A1" },
        "isDirectionToVehicle": true, "messageContent": { "contentType": "Text", "message": "Dock 4" }, "messageSize": 6,
        "sent": "2026-11-21T11:00:01.000Z", "user": { "id": "b4C99" }, "recipient": { "id": "b4C11", "isDriver": true },
    });
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    message
}

fn read(listed: &[Value]) -> (Fetched, Canned) {
    let http = signed_in(vec![result(&json!(listed))]);
    let page = asker().ask(&http, Resource::Message, None).unwrap();
    assert!(!page.more && page.window.is_none());
    (page, http)
}

#[test]
fn check_messages() {
    const NEVER: &str = "9999-12-31T23:59:59.999Z";
    let recorded = json!({
        "messageContent": { "contentType": "Text", "ids": ["bMC501"] }, "recipient": "+15550000001", "user": null,
        "isDirectionToVehicle": false, "delivered": "2026-11-21T11:01:30.000Z", "read": "2026-11-21T11:02:10.000Z",
        "parentMessage": { "id": "bTM0" },
    });
    let unsent = json!({ "sent": NEVER, "delivered": NEVER, "read": NEVER });
    let delivered = json!({ "delivered": "2026-11-21T11:01:30.000Z" });
    let listed = [message("bTM1", &delivered), message("bTM2", &recorded), message("bTM3", &unsent), json!({ "sent": NEVER })];
    let (page, http) = read(&listed);
    assert_eq!(methods(&http), ["Authenticate", "Get TextMessage"]);
    assert_eq!(http.posted()[1]["params"]["search"], json!({ "fromDate": "2026-11-13T12:00:00.000000Z" }));
    let [one, other, third] = records(&page) else { panic!("{page:?}") };
    let expected = json!({
        "source_sender_id": "b4C99", "source_recipient_id": "b4C11", "message_text": "Dock 4", "status": "delivered",
        "delivered_at": "2026-11-21T11:01:30.000000Z", "read_at": null, "sent_by_driver": false,
    });
    check_fields(one, &expected);
    assert_eq!((one.occurred_at, fields(one)["message_hash"].as_str().unwrap().len()), (Some(at("2026-11-21T11:00:01Z")), 64));
    let expected = json!({
        "source_sender_id": null, "source_recipient_id": null, "message_text": null, "message_hash": null, "status": "read",
        "read_at": "2026-11-21T11:02:10.000000Z", "sent_by_driver": true, "source_reply_to_message_id": "bTM0",
    });
    check_fields(other, &expected);
    let extras = other.extras.as_ref().unwrap();
    assert_eq!((&extras["device"]["id"], &extras["messageContent"]["ids"]), (&json!("b8A1"), &json!(["bMC501"])));
    check_fields(third, &json!({ "status": "sent", "delivered_at": null }));
    assert_eq!(third.occurred_at, Some(at("2026-11-21T11:00:00Z")), "one that waits");
}

#[test]
fn a_message_that_was_read_meanwhile_is_modified() {
    let hash = |more: Value| records(&read(&[message("bTM1", &more)]).0)[0].source_hash.clone();
    assert_ne!(hash(json!({})), hash(json!({ "read": "2026-11-21T11:02:10.000Z" })));
    assert_eq!(hash(json!({})), hash(json!({ "version": "02", "user": { "id": "b4C99", "name": "Other" } })));
}
