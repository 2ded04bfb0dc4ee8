//! Messages between dispatchers and drivers, in the older API: numbers for ids, milliseconds for times, no pages, errors in plain text.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Answer, Request, kinds};
use crate::http::Reply;
use crate::world::{Assignment, Millis};

const DAY_MS: Millis = 24 * 3_600_000;
const MINUTE_MS: Millis = 60_000;
/// Text, who wrote it, when after the beginning of work, and how long after that it is read.
const TEXTS: &[(&str, &str, Millis, Millis)] = &[
    ("Your load is ready at dock 4", "dispatch", MINUTE_MS, 8 * MINUTE_MS),
    ("On my way", "driver", 9 * MINUTE_MS, 15 * MINUTE_MS),
];

#[derive(Debug, Serialize)]
struct Body {
    data: Vec<Value>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    driver_id: u64,
    is_read: bool,
    sender: Sender,
    sent_at_ms: Millis,
    text: &'static str,
}

#[derive(Debug, Serialize)]
struct Sender {
    name: String,
    r#type: &'static str,
}

/// `GET /v1/fleet/messages`: those of the `durationMs` before `endMs`, the newest first.
pub(super) fn list(request: &Request<'_>) -> Answer {
    let number = |name: &str| request.query.one(name).map(str::parse::<Millis>).transpose();
    let (Ok(end), Ok(span)) = (number("endMs"), number("durationMs")) else {
        return Ok(Reply::text(400, "rpc error: code = InvalidArgument desc = not a number".to_owned()));
    };
    let end = end.unwrap_or(request.now).min(request.now);
    let start = end - span.unwrap_or(DAY_MS);
    let shifts = request.account.assignments(start - DAY_MS, end);
    let own = shifts.iter().filter(|shift| !shift.is_passenger);
    let mut data: Vec<Message> = own.flat_map(|shift| messages(request, shift)).collect();
    data.retain(|message| (start..end).contains(&message.sent_at_ms));
    data.sort_by_key(|message| std::cmp::Reverse(message.sent_at_ms));
    let sent = request.app.written().made(kinds::MESSAGES, request.account.login);
    let sent_at = |message: &Value| message.get("sentAtMs").and_then(Value::as_i64).unwrap_or_default();
    let sent = sent.into_iter().rev().filter(|message| (start..=end).contains(&sent_at(message)));
    let data = sent.chain(data.iter().map(|message| json!(message))).collect();
    Ok(Reply::json(200, &Body { data }))
}

/// A message that a client sent.
pub(super) fn dispatched(driver_id: u64, text: &str, sent_at_ms: Millis) -> Value {
    let sender = json!({ "name": "API", "type": "dispatch" });
    json!({ "driverId": driver_id, "isRead": false, "sender": sender, "sentAtMs": sent_at_ms, "text": text })
}

fn messages<'a>(request: &'a Request<'_>, shift: &'a Assignment<'_>) -> impl Iterator<Item = Message> + 'a {
    TEXTS.iter().map(|(text, sender, after_ms, read_ms)| {
        let sent_at_ms = shift.start_ms + after_ms;
        let name = if *sender == "driver" { shift.driver.name.clone() } else { "Dana Dispatcher".to_owned() };
        Message {
            driver_id: shift.driver.id,
            is_read: sent_at_ms + read_ms <= request.now,
            sender: Sender { name, r#type: sender },
            sent_at_ms,
            text,
        }
    })
}
