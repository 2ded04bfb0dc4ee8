//! Messages between drivers and their dispatchers.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::code::{Code, MessageStatus};
use super::{Events, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource, Timestamp};

/// A message to or from a driver.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "MessageRead")]
pub struct Message {
    /// The TSP's id of the sender, where that is a driver.
    pub source_sender_id: Option<String>,
    /// The TSP's id of the recipient, where that is a driver.
    pub source_recipient_id: Option<String>,
    /// The sender.
    pub sender_id: Option<RecordId>,
    /// The recipient.
    pub recipient_id: Option<RecordId>,
    /// What was written.
    pub message_text: Option<String>,
    /// SHA-256 of sender, text and time, in hexadecimal.
    pub message_hash: Option<String>,
    /// How far it came.
    pub status: Option<Code<MessageStatus>>,
    /// When it was delivered, UTC.
    pub delivered_at: Option<Timestamp>,
    /// When it was read, UTC.
    pub read_at: Option<Timestamp>,
    /// Whether a driver sent it.
    pub sent_by_driver: Option<bool>,
    /// Name of the sender when it was sent.
    pub sender_name: Option<String>,
    /// Name of the recipient when it was sent.
    pub recipient_name: Option<String>,
    /// The TSP's id of the conversation.
    pub source_thread_id: Option<String>,
    /// The TSP's id of the message that it answers.
    pub source_reply_to_message_id: Option<String>,
    /// The conversation.
    pub thread_id: Option<RecordId>,
    /// The message that it answers.
    pub reply_to_message_id: Option<RecordId>,
}

impl Record for Message {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::Message,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &[],
        storage: Storage::Event(Timeline { subject: "recipient_id", latest: false, counted: false }),
        events: Events { without: &["thread_id", "reply_to_message_id"], ..Events::ADDED_MODIFIED },
        interval_seconds: 600,
    };

    fn link(&mut self, ids: RecordIds) {
        self.sender_id = ids.of(self.source_sender_id.as_deref());
        self.recipient_id = ids.of(self.source_recipient_id.as_deref());
        self.thread_id = ids.of(self.source_thread_id.as_deref());
        self.reply_to_message_id = ids.of(self.source_reply_to_message_id.as_deref());
    }
}
