//! Messages on the deliveries queue.

use gateway::Outgoing;
use model::{FleetId, MessageId, PartnerId, Resource, Timestamp, TraceId, WebhookId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The most records of one message.
pub(crate) const MAX_RECORDS: usize = 100;
/// The most bytes of records in one message, as JSON without compression; an SQS message holds 256 KiB.
pub(crate) const MAX_BYTES: usize = 200_000;

/// The most bytes of records that a queue message has room for; a record beyond it can never be sent.
pub(crate) const LARGEST: usize = 250_000;

/// Bytes of records as JSON.
pub(crate) fn size(records: &[Value]) -> usize {
    records.iter().map(|record| record.to_string().len().saturating_add(1)).sum()
}

/// One message for one subscription, as it waits in the queue or among the dead letters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The subscription.
    pub webhook_id: WebhookId,
    /// Its owner.
    pub partner_id: PartnerId,
    /// The envelope's id; the same on every attempt and replay.
    pub message_id: MessageId,
    /// The event.
    pub event_name: String,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The records.
    pub data: Vec<Value>,
    /// The fleet of the records, if they have one.
    pub fleet_id: Option<FleetId>,
    /// The resource, for record events; they go out only while an agreement covers it.
    pub resource: Option<Resource>,
    /// The trace of the request or run that made the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceId>,
    /// Attempts made so far, over all rounds; the next one is `attempts + 1`.
    #[serde(default)]
    pub attempts: u32,
    /// Attempts made in this round; a replay starts another round.
    #[serde(default)]
    pub step: u32,
    /// The first attempt of this round.
    #[serde(default)]
    pub first_try_at: Option<Timestamp>,
    /// The earliest time of the next attempt. SQS delays by at most fifteen minutes, so a message may pass the queue several times.
    #[serde(default)]
    pub not_before: Option<Timestamp>,
}

impl Message {
    /// The message at the start of another round.
    #[must_use]
    pub fn rewound(self) -> Self {
        Self { step: 0, first_try_at: None, not_before: None, ..self }
    }

    /// Whether the time of the next attempt has come.
    #[must_use]
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.not_before.is_none_or(|instant| now >= instant)
    }

    /// The message on its way to the queue, in the fair-queue group of its subscription.
    #[must_use]
    pub(crate) fn outgoing(self) -> Outgoing<Self> {
        Outgoing { group: Some(self.webhook_id.to_string()), trace: self.trace, body: self }
    }
}

/// The id of a message: UUIDv7 of the event's time whose random bits are a digest of the event's position in its stream
/// and the subscription. A stream record that is read twice yields the same ids, so receivers can detect duplicates.
#[must_use]
pub(crate) fn id(at: Timestamp, sequence: &str, event: &str, webhook: WebhookId, part: usize) -> MessageId {
    let place = format!("{sequence}|{event}|{webhook}|{part}");
    let digest = Sha256::digest(place.as_bytes());
    let mut random = [0_u8; 10];
    random.iter_mut().zip(digest).for_each(|(slot, byte)| *slot = byte);
    let millis = u64::try_from(at.millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().into()
}

/// The records in chunks of at most [`MAX_RECORDS`] records and [`MAX_BYTES`] bytes. A record beyond the limit gets a chunk of its own.
#[must_use]
pub(crate) fn chunks(records: Vec<Value>) -> Vec<Vec<Value>> {
    let mut found: Vec<Vec<Value>> = Vec::new();
    let mut bytes = 0_usize;
    for record in records {
        let size = record.to_string().len().saturating_add(1);
        match found.last_mut().filter(|run| run.len() < MAX_RECORDS && bytes + size <= MAX_BYTES) {
            Some(run) => {
                run.push(record);
                bytes += size;
            }
            None => {
                found.push(vec![record]);
                bytes = size;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        Timestamp::parse("2026-11-21T05:00:00.123456Z").unwrap()
    }

    #[test]
    fn ids_repeat_with_their_stream_record_and_differ_otherwise() {
        let (one, two) = (WebhookId::at(at()), WebhookId::at(at()));
        let first = id(at(), "400000000000000499660", "vehicle.added", one, 0);
        assert_eq!(first, id(at(), "400000000000000499660", "vehicle.added", one, 0));
        assert_eq!(first.uuid().get_version_num(), 7);
        assert_eq!(first.uuid().get_timestamp().map(|time| time.to_unix().0), Some(u64::try_from(at().seconds()).unwrap()));
        let others = [
            id(at(), "400000000000000499661", "vehicle.added", one, 0),
            id(at(), "400000000000000499660", "vehicle.modified", one, 0),
            id(at(), "400000000000000499660", "vehicle.added", two, 0),
            id(at(), "400000000000000499660", "vehicle.added", one, 1),
        ];
        others.into_iter().for_each(|other| assert_ne!(first, other));
    }

    #[test]
    fn messages_hold_a_hundred_records_and_200_kb_at_most() {
        let small = |count: usize| (0..count).map(Value::from).collect::<Vec<_>>();
        let sizes = |records| chunks(records).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(small(0)), Vec::<usize>::new());
        assert_eq!(sizes(small(100)), [100]);
        assert_eq!(sizes(small(201)), [100, 100, 1]);
        let big = |bytes: usize| Value::from("x".repeat(bytes));
        assert_eq!(sizes(vec![big(99_000), big(99_000), big(99_000)]), [2, 1]);
        assert_eq!(sizes(vec![big(10), big(300_000), big(10)]), [1, 1, 1]);
    }

    #[test]
    fn a_replay_restarts_the_retry_schedule_and_counts_on() {
        let message = Message {
            webhook_id: WebhookId::at(at()),
            partner_id: PartnerId::at(at()),
            message_id: MessageId::at(at()),
            event_name: "vehicle.added".into(),
            timestamp: at(),
            data: Vec::new(),
            fleet_id: None,
            resource: None,
            trace: None,
            attempts: 10,
            step: 10,
            first_try_at: Some(at()),
            not_before: Some(at()),
        };
        let again = message.clone().rewound();
        assert_eq!((again.attempts, again.step, again.first_try_at, again.not_before), (10, 0, None, None));
        assert_eq!(again.message_id, message.message_id);
    }
}
