//! What triggers send, as far as we read it: queue messages and stream records, in AWS's JSON.

use model::TraceId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Messages of a queue.
#[derive(Deserialize)]
pub(crate) struct Messages {
    #[serde(rename = "Records")]
    pub(crate) records: Vec<Message>,
}

/// One message.
#[derive(Deserialize)]
pub(crate) struct Message {
    #[serde(rename = "messageId")]
    pub(crate) id: String,
    pub(crate) body: String,
}

/// Changes of a table.
#[derive(Deserialize)]
pub(crate) struct StreamEvent {
    #[serde(rename = "Records")]
    pub(crate) records: Vec<StreamRecord>,
}

/// One change.
#[derive(Deserialize)]
pub struct StreamRecord {
    #[serde(rename = "eventSourceARN", default)]
    pub(crate) stream_arn: String,
    #[serde(rename = "dynamodb")]
    pub(crate) change: Change,
}

/// An item before and after.
#[derive(Deserialize)]
pub(crate) struct Change {
    #[serde(rename = "SequenceNumber", default)]
    pub(crate) sequence: String,
    #[serde(rename = "Keys", default)]
    pub(crate) keys: Value,
    #[serde(rename = "NewImage")]
    new: Option<serde_dynamo::Item>,
    #[serde(rename = "OldImage")]
    old: Option<serde_dynamo::Item>,
}

impl Change {
    /// The kind of entity that changed, as the store wrote it beside the item.
    pub(crate) fn kind(&self) -> Option<&str> {
        let image = self.new.as_ref().or(self.old.as_ref())?;
        match image.get("kind")? {
            serde_dynamo::AttributeValue::S(kind) => Some(kind),
            _ => None,
        }
    }

    /// Whether the item was removed.
    pub(crate) fn is_removal(&self) -> bool {
        self.new.is_none()
    }

    /// The trace that made the change, where its writer named one.
    pub(crate) fn trace(&self) -> Option<TraceId> {
        match self.new.as_ref()?.get(store::TRACE)? {
            serde_dynamo::AttributeValue::S(trace) => trace.parse().ok(),
            _ => None,
        }
    }

    /// The entity before and after.
    ///
    /// # Errors
    /// Where an image does not decode as `T`.
    pub(crate) fn images<T: DeserializeOwned>(&self) -> Result<(Option<T>, Option<T>), serde_dynamo::Error> {
        let read = |image: &Option<serde_dynamo::Item>| image.clone().map(serde_dynamo::from_item).transpose();
        Ok((read(&self.old)?, read(&self.new)?))
    }
}

/// The answer that has these messages or records delivered again.
pub(crate) fn failures(failed: Vec<String>) -> Value {
    let failed: Vec<Value> = failed.into_iter().map(|id| json!({ "itemIdentifier": id })).collect();
    json!({ "batchItemFailures": failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_records_read_as_lambda_sends_them() {
        let event = json!({ "Records": [{
            "eventID": "1", "eventName": "INSERT", "eventSource": "aws:dynamodb",
            "dynamodb": {
                "Keys": { "pk": { "S": "CONNECTION#1" } }, "SequenceNumber": "111", "StreamViewType": "NEW_AND_OLD_IMAGES",
                "NewImage": { "kind": { "S": "schedule" }, "revision": { "N": "3" }, "leases": { "M": {} }, "flag": { "BOOL": true } },
            },
        }] });
        let stream: StreamEvent = serde_json::from_value(event).unwrap();
        let change = &stream.records[0].change;
        let (old, new) = change.images::<Value>().unwrap();
        assert_eq!((change.kind(), change.sequence.as_str(), old), (Some("schedule"), "111", None));
        assert_eq!(new.unwrap()["revision"], 3);
    }

    #[test]
    fn failures_name_their_items() {
        assert_eq!(failures(vec!["a".into()]), json!({ "batchItemFailures": [{ "itemIdentifier": "a" }] }));
    }
}
