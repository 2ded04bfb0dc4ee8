//! `TextMessage`: between dispatchers and vehicles. What is delivered and read later is told then.

use serde_json::{Map, Value, json};

use super::Request;
use super::record::{Record, Window};
use super::users::OFFICE_ID;
use super::wire::{driver as named, millis, number, reference, time, vehicle_id, without_nulls};
use crate::world::{Assignment, Millis, Vehicle, key, mix};

/// Those that clients added, as `Written` keeps them.
pub(super) const MESSAGES: &str = "geotab/messages";
const MINUTE_MS: Millis = 60_000;
const DAY_MS: Millis = 1_440 * MINUTE_MS;
/// Text, whether it goes to the vehicle, when after the beginning of work, and how long after that it is read.
const TEXTS: [(&str, bool, Millis, Millis); 2] =
    [("Your load is ready at dock 4", true, MINUTE_MS, 8 * MINUTE_MS), ("On my way", false, 9 * MINUTE_MS, 15 * MINUTE_MS)];

/// Those that were sent in a span of time.
pub(super) fn list(request: &Request<'_>, window: Window) -> Vec<Record> {
    let to = window.to.min(request.now + 1);
    let shifts = request.account.assignments(window.from - DAY_MS, to);
    let mut found = Vec::new();
    for shift in shifts.iter().filter(|shift| !shift.is_passenger) {
        let Some(vehicle) = request.account.vehicles.get(shift.vehicle) else { continue };
        for (number, text) in (0..).zip(TEXTS) {
            let sent = shift.start_ms + text.2;
            if (window.from..to).contains(&sent) {
                let draw = mix(mix(shift.driver.id, number), key(sent));
                found.push(Record::new(sent, draw, body(request, shift, vehicle, text, draw)));
            }
        }
    }
    let made = request.app.written().made(MESSAGES, request.account.login).into_iter();
    found.extend(made.filter_map(|message| {
        let text = |name: &str| message.get(name).and_then(Value::as_str);
        let (sent, tie) = (millis(text("sent")?)?, number(text("id")?));
        (window.from..to).contains(&sent).then(|| Record::new(sent, tie, message))
    }));
    found
}

/// A message that a client added.
pub(super) fn added(id: &str, content: &Value, sent: &Map<String, Value>, now: Millis) -> Value {
    let member = |name: &str| sent.get(name).cloned();
    without_nulls(json!({
        "id": id, "isDirectionToVehicle": true, "messageContent": content, "activeFrom": time(now), "activeTo": time(now + 30 * DAY_MS),
        "sent": time(now), "user": member("user"), "recipient": member("recipient"), "device": member("device"),
    }))
}

/// A message. Of some, the text stands elsewhere.
fn body(
    request: &Request<'_>,
    shift: &Assignment<'_>,
    vehicle: &Vehicle,
    (text, to_vehicle, after, read_after): (&str, bool, Millis, Millis),
    draw: u64,
) -> Value {
    let sent = shift.start_ms + after;
    let passed = |after: Millis| (sent + after <= request.now).then(|| time(sent + after));
    let content = match draw.is_multiple_of(6) {
        true => json!({ "contentType": "Text", "ids": [format!("bC{:X}", draw >> 40)] }),
        false => json!({ "contentType": "Text", "message": text }),
    };
    without_nulls(json!({
        "id": format!("b{:X}", draw >> 20), "device": reference(&vehicle_id(vehicle)), "isDirectionToVehicle": to_vehicle,
        "messageContent": content, "messageSize": text.len(), "activeFrom": time(sent), "activeTo": time(sent + 30 * DAY_MS),
        "sent": time(sent), "delivered": passed(MINUTE_MS), "read": passed(read_after),
        "user": to_vehicle.then(|| reference(OFFICE_ID)), "recipient": to_vehicle.then(|| named(shift.driver)),
    }))
}
