//! Messages on the deliveries queue.

use std::collections::HashMap;

use gateway::Outgoing;
use model::visibility::Told;
use model::{FleetId, MessageId, PartnerId, Resource, Timestamp, TraceId, WebhookId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The most records of one message.
pub(crate) const MAX_RECORDS: usize = 100;
/// The most bytes of records in one message, as JSON without compression; an SQS message holds 256 KiB.
pub(crate) const MAX_BYTES: usize = 200_000;

/// Bytes of records as JSON.
pub(crate) fn size(records: &[Value]) -> usize {
    records.iter().map(|record| record.to_string().len().saturating_add(1)).sum()
}

/// What a message is of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Existing records.
    Records,
    /// The end, without records.
    End,
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
    /// Whether its records wait in the control table, for they are larger than the queue takes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub claimed: bool,
    /// Its number among the subscription's messages for the fleet, if the subscription asks for numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// What it is of a snapshot, if it is of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Part>,
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(crate) fn is_false(flag: &bool) -> bool {
    !flag
}

impl Message {
    /// The event, as far as it decides who may hear of it.
    pub(crate) fn told(&self) -> Told<'_> {
        Told { event: &self.event_name, fleet: self.fleet_id, resource: self.resource }
    }

    /// The message at the start of another round.
    #[must_use]
    pub fn rewound(self) -> Self {
        Self { step: 0, first_try_at: None, not_before: None, claimed: false, ..self }
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

/// What stream records hold for one subscription, before it is cut into messages.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) webhook_id: WebhookId,
    pub(crate) partner_id: PartnerId,
    pub(crate) event_name: String,
    pub(crate) timestamp: Timestamp,
    pub(crate) data: Vec<Value>,
    pub(crate) fleet_id: Option<FleetId>,
    pub(crate) resource: Option<Resource>,
    pub(crate) trace: Option<TraceId>,
    /// The places of the first and the last of the stream records.
    pub(crate) first: String,
    pub(crate) last: String,
}

impl Draft {
    /// The messages that carry it.
    pub(crate) fn messages(self) -> impl Iterator<Item = Message> {
        let place = if self.first == self.last { self.first } else { format!("{}-{}", self.first, self.last) };
        // The fleet is part of the id's seed, since a partner may read one connection through two fleets.
        let seed = format!("{place}|{}", self.fleet_id.map(|fleet| fleet.to_string()).unwrap_or_default());
        let message = move |(part, data)| Message {
            message_id: id(self.timestamp, &seed, &self.event_name, self.webhook_id, part),
            webhook_id: self.webhook_id,
            partner_id: self.partner_id,
            event_name: self.event_name.clone(),
            timestamp: self.timestamp,
            data,
            fleet_id: self.fleet_id,
            resource: self.resource,
            trace: self.trace,
            claimed: false,
            sequence: None,
            snapshot: None,
            attempts: 0,
            step: 0,
            first_try_at: None,
            not_before: None,
        };
        chunks(self.data).into_iter().enumerate().map(message)
    }
}

/// Records of one event and fleet for one subscription travel together, in the time and under the trace of the first of them.
/// Control-plane events stay apart, for they tell of one thing after the other.
pub(crate) fn joined(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut found: Vec<Draft> = Vec::with_capacity(drafts.len());
    let mut places: HashMap<(WebhookId, Option<FleetId>, String), usize> = HashMap::new();
    for draft in drafts {
        let key = (draft.webhook_id, draft.fleet_id, draft.event_name.clone());
        let known = places.get(&key).and_then(|place| found.get_mut(*place)).filter(|_| draft.resource.is_some());
        match known {
            Some(known) => {
                known.data.extend(draft.data);
                known.last = draft.last;
            }
            None => {
                places.insert(key, found.len());
                found.push(draft);
            }
        }
    }
    found
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
    fn records_of_one_subscription_event_and_fleet_travel_together() {
        let (one, two) = (WebhookId::at(at()), WebhookId::at(at()));
        let fleets = [1_u128, 2].map(|number| Some(FleetId::from_uuid(uuid::Uuid::from_u128(number))));
        let draft = |webhook_id, event: &str, fleet_id, place: usize, resource| Draft {
            webhook_id,
            partner_id: PartnerId::at(at()),
            event_name: event.into(),
            timestamp: at().plus_seconds(i64::try_from(place).unwrap()),
            data: vec![Value::from(place)],
            fleet_id,
            resource,
            trace: None,
            first: place.to_string(),
            last: place.to_string(),
        };
        let hos = Some(Resource::HosEvent);
        let mut drafts: Vec<Draft> = (0..250).map(|place| draft(one, "hos_event.added", fleets[0], place, hos)).collect();
        drafts.push(draft(two, "hos_event.added", fleets[0], 250, hos));
        drafts.push(draft(one, "hos_event.added", fleets[1], 251, hos));
        drafts.push(draft(one, "hos_event.modified", fleets[0], 252, hos));
        drafts.extend((253..256).map(|place| draft(one, "execution.failed", fleets[0], place, None)));
        let sent = |drafts: &[Draft]| joined(drafts.to_vec()).into_iter().flat_map(Draft::messages).collect::<Vec<_>>();
        let messages = sent(&drafts);
        assert_eq!(messages.iter().map(|message| message.data.len()).collect::<Vec<_>>(), [100, 100, 50, 1, 1, 1, 1, 1, 1]);
        assert_eq!((messages[1].data[0].as_u64(), messages[0].timestamp), (Some(100), at()));
        assert_eq!(sent(&drafts), messages, "the same records are the same messages");
        let ids =
            |messages: &[Message]| messages.iter().map(|message| message.message_id).collect::<std::collections::HashSet<_>>();
        let others = sent(&drafts[..125]);
        assert!(ids(&messages).len() == 9 && ids(&messages).is_disjoint(&ids(&others)), "other records are other messages");
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
            claimed: false,
            sequence: None,
            snapshot: None,
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
