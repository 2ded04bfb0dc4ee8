//! Messages to drivers: `POST /v2/messages`, from a member of the staff to one recipient or several.

use http::Method;
use model::Timestamp;
use model::resource_operation::OperationType;
use model::telematics::code::{Code, MessageStatus};
use model::telematics::{GroupMessage, Message, Observation, source_hash};
use serde_json::{Map, Value, json};

use super::super::Motive;
use super::{number, record};
use crate::wire::{Members, SourceRules, source_of};
use crate::write::Writer;
use crate::{Api, Change, ProviderError};

/// A message to one recipient.
pub(crate) struct SendMessage;

/// A message to several.
pub(crate) struct SendGroupMessage;

const RULES: SourceRules = SourceRules { volatile: &[], extras: &[], references: &[] };
const SENT: Code<MessageStatus> = Code::of("sent");
/// Digits of the hash in an id that we make where none is told.
const HASH_LENGTH: usize = 16;

impl Writer for SendMessage {
    type Provider = Motive;
    type Row = Message;

    const OPERATION: OperationType = OperationType::Create;
    const MEMBERS: &'static [&'static str] = &["sender_id", "recipient_id", "message_text"];

    async fn write(api: &Api<'_, Motive>, change: &Change<'_>) -> Result<Option<Observation<Message>>, ProviderError> {
        let recipient = change.text("source_recipient_id").unwrap_or_default();
        let sent = send(api, change, std::slice::from_ref(&recipient)).await?;
        let fields = Message {
            source_sender_id: Some(sent.sender.clone()),
            source_recipient_id: Some(recipient),
            message_hash: Some(sent.hash()),
            message_text: Some(sent.text.clone()),
            status: Some(SENT),
            sent_by_driver: Some(false),
            ..Message::default()
        };
        Ok(Some(RULES.observation(sent.id("message"), Some(sent.at), sent.source, fields)))
    }
}

impl Writer for SendGroupMessage {
    type Provider = Motive;
    type Row = GroupMessage;

    const OPERATION: OperationType = OperationType::Create;
    const MEMBERS: &'static [&'static str] = &["sender_id", "recipient_ids", "message_text"];

    async fn write(api: &Api<'_, Motive>, change: &Change<'_>) -> Result<Option<Observation<GroupMessage>>, ProviderError> {
        let recipients = change.texts("source_recipient_ids");
        let sent = send(api, change, &recipients).await?;
        let fields = GroupMessage {
            source_sender_id: Some(sent.sender.clone()),
            source_recipient_ids: Some(recipients),
            message_hash: Some(sent.hash()),
            message_text: Some(sent.text.clone()),
            status: Some(SENT),
            sent_by_driver: Some(false),
            ..GroupMessage::default()
        };
        Ok(Some(RULES.observation(sent.id("group_message"), Some(sent.at), sent.source, fields)))
    }
}

/// What was sent. Motive echoes it; where it does not, what we know of it stands.
struct Sent {
    id: Option<String>,
    sender: String,
    text: String,
    at: Timestamp,
    source: Value,
}

impl Sent {
    fn hash(&self) -> String {
        source_hash(&json!([self.sender, self.text, self.at]), &[])
    }

    fn id(&self, kind: &str) -> String {
        let made = || format!("{kind}:{}:{}", self.at, self.hash().get(..HASH_LENGTH).unwrap_or_default());
        self.id.clone().unwrap_or_else(made)
    }
}

async fn send(api: &Api<'_, Motive>, change: &Change<'_>, recipients: &[String]) -> Result<Sent, ProviderError> {
    let text = change.message_text()?;
    let sender = change.text("source_sender_id").unwrap_or_default();
    let receivers: Vec<Value> = recipients.iter().map(|id| number(id, "recipient")).collect::<Result<_, _>>()?;
    let body: Map<String, Value> = [
        ("sender_id".to_owned(), number(&sender, "sender")?),
        ("receiver_ids".to_owned(), receivers.into()),
        ("body".to_owned(), text.clone().into()),
    ]
    .into_iter()
    .collect();
    let response = api.send(Method::POST, "/v2/messages", &body, "").await?;
    let raw = record(&response, "message");
    let wire = raw.map(Members::of).unwrap_or_default();
    let (id, at) = (wire.get("id"), wire.get("sent_at").unwrap_or(change.now));
    let source = raw.filter(|_| id.is_some()).map_or(Value::Object(body), source_of);
    Ok(Sent { id, sender, text, at, source })
}
