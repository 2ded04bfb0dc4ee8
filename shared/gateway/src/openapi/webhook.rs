//! Webhook messages.

use serde_json::{Value, json};

use super::components::Components;
use super::words::{pascal, sentence, spaced};
use super::{Event, Sent};

/// The section of the webhooks in a document.
pub(super) const TAG: &str = "Webhook Events";
/// Its description.
pub(super) const ABOUT: &str = "Messages that the platform posts to the URL of a subscription. The body is gzipped JSON, unless the subscription asks for \
     `identity`; signatures are of the body before compression. Respond with any 2xx status within three seconds; other \
     responses are retried as the delivery log shows. Delivery is at least once and unordered: `id` reveals duplicates, \
     `occurred_at` the order.";

/// A header: name, whether every request has it, description, example.
type Header = (&'static str, bool, &'static str, &'static str);

const HEADERS: &[Header] = &[
    (
        "webhook-id",
        true,
        "The message's id, the same on every attempt and replay (Standard Webhooks).",
        "0192f0c4-7b1e-7cc3-98c4-dc0c0c07398f",
    ),
    (
        "webhook-timestamp",
        true,
        "When this attempt was made, in seconds since 1970. Reject attempts older than five minutes.",
        "1732789800",
    ),
    (
        "webhook-signature",
        true,
        "`v1,` and base64(HMAC-SHA256(key, webhook-id.webhook-timestamp.body)) over the body before compression. The key is \
         the base64-decoded part of the secret after `whsec_`, or the bytes of a secret without it. Two signatures, separated \
         by a space, for 24 hours after the secret was changed.",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    ("X-Catena-Timestamp", true, "When this attempt was made.", "2024-11-28T10:30:00+00:00"),
    (
        "X-Catena-Signature",
        true,
        "base64(HMAC-SHA256(secret, X-Catena-Timestamp + \".\" + body)) over the body before compression.",
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    ("X-Catena-Signature-Previous", false, "The same with the previous secret, for 24 hours after a change.", ""),
    ("Content-Encoding", false, "`gzip`, unless the subscription asks for `identity`.", "gzip"),
    ("X-Event-Type", true, "The event, as in the body.", "vehicle.added"),
    ("X-Webhook-ID", true, "The subscription's id.", "0192f0c4-7b1e-7cc3-98c4-dc0c0c07398f"),
    ("X-Delivery-Attempt", true, "1 for the first attempt, 2 for the next, and so on.", "1"),
    ("X-Schema-Version", true, "Version of the record's schema, as in the body.", "3.0"),
    ("X-Request-ID", true, "New on every attempt.", "0192f0c4-7b1e-7cc3-98c4-dc0c0c07398f"),
    ("X-Source", true, "Always `catena-notifications`.", "catena-notifications"),
];

/// The headers as components.
pub(super) fn parameters() -> Vec<(String, Value)> {
    let header = |(name, required, text, example): &Header| {
        let examples: Vec<&str> = Some(*example).filter(|example| !example.is_empty()).into_iter().collect();
        let mut schema = json!({ "type": "string" });
        if let (false, Some(members)) = (examples.is_empty(), schema.as_object_mut()) {
            members.insert("examples".into(), json!(examples));
        }
        (pascal(name), json!({ "in": "header", "name": name, "required": required, "description": text, "schema": schema }))
    };
    HEADERS.iter().map(header).collect()
}

/// The request of an event.
pub(super) fn webhook(event: &Event, components: &mut Components) -> Value {
    let (subject, action) = event.name.rsplit_once('.').unwrap_or((event.name, ""));
    let record = (event.record)(&mut components.generator);
    let name = if action == "removed" { "BaseTelematicsEvent".to_owned() } else { format!("Base{}", pascal(subject)) };
    let envelope = envelope(event.name, Components::titled(record, &name));
    let happened = sentence(&format!("{} {action}", spaced(subject)));
    let schema = components.place(Components::titled(envelope, &pascal(event.name)));
    let headers: Vec<Value> =
        HEADERS.iter().map(|(name, ..)| json!({ "$ref": format!("#/components/parameters/{}", pascal(name)) })).collect();
    let when = match event.sent {
        Sent::Always => format!("Sent to subscriptions of `{}` and of `{subject}.*`.", event.name),
        Sent::Never => "Never sent. It is listed for clients that know it.".to_owned(),
    };
    json!({ "post": {
        "operationId": event.name.replace('.', "_"),
        "summary": happened,
        "description": when,
        "deprecated": event.sent == Sent::Never,
        "tags": [TAG],
        "security": [],
        "parameters": headers,
        "requestBody": { "required": true, "content": { "application/json": { "schema": schema } } },
        "responses": {
            "202": { "description": "Accepted. Any other 2xx status does as well." },
            "410": { "description": "The receiver no longer exists; the subscription is paused." },
        },
    } })
}

fn envelope(event: &str, record: schemars::Schema) -> schemars::Schema {
    let id = |text: &str| json!({ "type": "string", "format": "uuid", "description": text });
    schemars::json_schema!({
        "description": format!("A message of `{event}`."),
        "type": "object",
        "properties": {
            "version": { "type": "string", "pattern": r"^\d+\.\d+$", "description": "Version of the record's schema.", "examples": ["3.0"] },
            "event_name": { "type": "string", "const": event, "description": "The event." },
            "data": { "type": "array", "items": record, "maxItems": 100, "description": "Records of one fleet." },
            "webhook_id": id("The subscription."),
            "timestamp": { "type": ["string", "null"], "format": "date-time", "description": "When the event happened." },
            "id": id("The message; the same on every attempt and replay."),
            "sequence": {
                "type": "integer", "format": "int64", "minimum": 1,
                "description": "Number among the subscription's messages of the fleet, where the subscription asks for numbers.",
            },
            "snapshot": {
                "type": "boolean",
                "description": "Whether the records existed before the subscription, which asks for them.",
            },
            "snapshot_complete": {
                "type": "boolean",
                "description": "Whether all existing records have been sent. The message has no records.",
            },
            "delivery_attempt": { "type": "integer", "format": "int32", "minimum": 1, "description": "As `X-Delivery-Attempt`." },
        },
        "required": ["version", "event_name", "data", "webhook_id", "timestamp", "id", "delivery_attempt"],
    })
}
