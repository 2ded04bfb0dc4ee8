//! Messages to several recipients at once.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::code::{Code, MessageStatus};
use super::{Events, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource, Timestamp};

/// A message to several recipients. Each of them may have a message of its own beside it.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "GroupMessageRead")]
pub struct GroupMessage {
    /// The TSP's id of the sender.
    pub source_sender_id: Option<String>,
    /// The TSP's ids of the recipients.
    pub source_recipient_ids: Option<Vec<String>>,
    /// The sender.
    pub sender_id: Option<RecordId>,
    /// The recipients.
    pub recipient_ids: Option<Vec<RecordId>>,
    /// What was written.
    pub message_text: Option<String>,
    /// SHA-256 of sender, text and time, in hexadecimal.
    pub message_hash: Option<String>,
    /// How far it came.
    pub status: Option<Code<MessageStatus>>,
    /// When it was delivered, UTC.
    pub delivered_at: Option<Timestamp>,
    /// Whether a driver sent it.
    pub sent_by_driver: Option<bool>,
    /// Name of the sender when it was sent.
    pub sender_name: Option<String>,
    /// The conversation.
    pub thread_id: Option<RecordId>,
    /// The TSP's id of the conversation.
    pub source_thread_id: Option<String>,
    /// The group that it was sent to.
    pub group_id: Option<RecordId>,
    /// The TSP's id of the group.
    pub source_group_id: Option<String>,
}

impl Record for GroupMessage {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::GroupMessage,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &["source_recipient_ids", "recipient_ids"],
        storage: Storage::Event(Timeline { subject: "sender_id", latest: false, counted: false }),
        events: Events::ADDED_MODIFIED,
        interval_seconds: 600,
    };

    fn link(&mut self, ids: RecordIds) {
        let recipients = self.source_recipient_ids.as_ref();
        self.sender_id = ids.of(self.source_sender_id.as_deref());
        self.recipient_ids = recipients.map(|recipients| recipients.iter().map(|id| RecordId::of(id, ids.0)).collect());
        self.thread_id = ids.of(self.source_thread_id.as_deref());
        self.group_id = ids.of(self.source_group_id.as_deref());
    }
}
