//! Records of DynamoDB streams, as Lambda hands them over.

use aws_lambda_events::dynamodb::{Event, EventRecord};
use gateway::WorkerError;
use model::{ConnectionId, Timestamp, TraceId};
use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use serde_dynamo::Item;
use serde_json::{Value, json};

/// The records of an event, in order.
///
/// # Errors
/// [`WorkerError::Event`] for anything but a stream event.
pub(crate) fn records(event: &Value) -> Result<Vec<EventRecord>, WorkerError> {
    Ok(Event::deserialize(event)?.records)
}

/// One of an event's records, as it came.
pub(crate) fn raw(event: &Value, index: usize) -> Option<&Value> {
    event.get("Records")?.get(index)
}

/// The name of the table that a record comes from: `arn:aws:dynamodb:region:account:table/NAME/stream/label`.
pub(crate) fn table(record: &EventRecord) -> Option<&str> {
    record.event_source_arn.as_deref()?.split('/').nth(1)
}

/// The record's place in its shard.
pub(crate) fn sequence(record: &EventRecord) -> &str {
    record.change.sequence_number.as_deref().unwrap_or_default()
}

/// When the change was made, to the precision of the stream.
pub(crate) fn instant(record: &EventRecord) -> Timestamp {
    Timestamp::from_micros(record.change.approximate_creation_date_time.timestamp_micros())
}

/// The kind of an item.
pub(crate) fn kind(item: &Item) -> Option<&str> {
    match item.inner().get("kind")? {
        serde_dynamo::AttributeValue::S(kind) => Some(kind),
        _ => None,
    }
}

/// The connection whose readers a change concerns: of a new execution, or of a record of the telematics table.
pub(crate) fn connection(record: &EventRecord) -> Option<ConnectionId> {
    let image = record.change.new_image.inner();
    let text = |name: &str| match image.get(name)? {
        serde_dynamo::AttributeValue::S(text) => Some(text.as_str()),
        _ => None,
    };
    match text("kind") {
        Some(_) => text("connection_id")?.parse().ok(),
        None => text("pk")?.split('#').nth(1)?.parse().ok(),
    }
}

/// The trace of the request or run that made the change, if its writer recorded one.
pub(crate) fn trace(record: &EventRecord) -> Option<TraceId> {
    match record.change.new_image.inner().get(store::TRACE)? {
        serde_dynamo::AttributeValue::S(trace) => trace.parse().ok(),
        _ => None,
    }
}

/// The entity in an image; `None` for an absent image.
///
/// # Errors
/// [`WorkerError::Record`] for an image that does not match its kind.
pub(crate) fn entity<T: DeserializeOwned>(image: &Item) -> Result<Option<T>, WorkerError> {
    if image.inner().is_empty() {
        return Ok(None);
    }
    let entity = serde_dynamo::from_item(image.clone());
    entity.map(Some).map_err(|error| WorkerError::Record(format!("malformed stream image: {error}")))
}

/// The response that makes Lambda redeliver everything from this record on; `None` if nothing failed.
pub(crate) fn response(failed: Option<&str>) -> Value {
    let failures: Vec<Value> = failed.into_iter().map(|id| json!({ "itemIdentifier": id })).collect();
    json!({ "batchItemFailures": failures })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connection_of_a_change_is_known_before_it_is_read() {
        let id = "0190a4c8-5f6e-7000-8000-000000000001";
        let check = |image: Value, expected: Option<&str>| {
            let change = json!({ "Keys": {}, "NewImage": image, "ApproximateCreationDateTime": 1.0, "SizeBytes": 1 });
            let record = json!({ "eventID": "1", "eventName": "INSERT", "awsRegion": "r", "dynamodb": change });
            let event = json!({ "Records": [record] });
            let found = records(&event).unwrap().first().and_then(connection);
            assert_eq!(found.map(|id| id.to_string()).as_deref(), expected, "{event}");
        };
        check(json!({ "pk": { "S": format!("C#{id}#vehicle") } }), Some(id));
        check(json!({ "pk": { "S": format!("L#{id}#0#2026-11-21") } }), Some(id));
        check(json!({ "pk": { "S": "SCHEDULE#1" }, "kind": { "S": "execution" }, "connection_id": { "S": id } }), Some(id));
        check(json!({ "pk": { "S": format!("FLEET#{id}") }, "kind": { "S": "fleet" } }), None);
        check(json!({}), None);
    }
}
