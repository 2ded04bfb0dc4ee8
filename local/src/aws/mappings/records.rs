//! DynamoDB stream records as AWS Lambda delivers them.

use std::collections::HashMap;

use aws_sdk_dynamodbstreams::primitives::Blob;
use aws_sdk_dynamodbstreams::types::{AttributeValue, Record};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::aws::REGION;

pub(super) fn base64(blob: &Blob) -> String {
    STANDARD.encode(blob.as_ref())
}

/// The event's JSON for a record of a stream.
pub(super) fn event(record: &Record, stream_arn: &str) -> Value {
    let change = record.dynamodb();
    let mut body = Map::new();
    if let Some(change) = change {
        let created = change.approximate_creation_date_time().map(aws_sdk_dynamodbstreams::primitives::DateTime::as_secs_f64);
        body.insert("ApproximateCreationDateTime".to_owned(), json!(created));
        let images = [("Keys", change.keys()), ("NewImage", change.new_image()), ("OldImage", change.old_image())];
        for (name, image) in images.into_iter().filter_map(|(name, image)| Some((name, image?))) {
            body.insert(name.to_owned(), item(image));
        }
        body.insert("SequenceNumber".to_owned(), json!(change.sequence_number()));
        body.insert("SizeBytes".to_owned(), json!(change.size_bytes()));
        body.insert("StreamViewType".to_owned(), json!(change.stream_view_type().map(|view| view.as_str())));
    }
    let mut event = json!({
        "eventID": record.event_id(),
        "eventName": record.event_name().map(|name| name.as_str()),
        "eventVersion": record.event_version(),
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": body,
        "eventSourceARN": stream_arn,
    });
    if let (Some(identity), Some(members)) = (record.user_identity(), event.as_object_mut()) {
        let identity = json!({ "type": identity.r#type(), "principalId": identity.principal_id() });
        members.insert("userIdentity".to_owned(), identity);
    }
    event
}

fn item(image: &HashMap<String, AttributeValue>) -> Value {
    Value::Object(image.iter().map(|(name, value)| (name.clone(), attribute(value))).collect())
}

fn attribute(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::B(bytes) => json!({ "B": base64(bytes) }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::Null(flag) => json!({ "NULL": flag }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::Ns(numbers) => json!({ "NS": numbers }),
        AttributeValue::Bs(blobs) => json!({ "BS": blobs.iter().map(base64).collect::<Vec<_>>() }),
        AttributeValue::L(values) => {
            json!({ "L": values.iter().map(attribute).collect::<Vec<_>>() })
        }
        AttributeValue::M(members) => json!({ "M": item(members) }),
        _ => Value::Null,
    }
}
