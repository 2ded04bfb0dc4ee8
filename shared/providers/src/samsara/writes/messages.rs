//! Messages to drivers: `POST /v1/fleet/messages`, which answers neither an id nor a time. So the message is looked for in the list.

use std::slice;
use std::time::Duration;

use http::Method;
use model::Timestamp;
use model::resource_operation::OperationType;
use model::telematics::{GroupMessage, Message, Observation, source_hash};
use serde_json::{Map, json};

use super::super::Samsara;
use super::super::messages::{self, HASH_LENGTH, RULES, SENT};
use crate::cursor::DAY;
use crate::write::{SKEW_SECONDS, Writer, impossible};
use crate::{Api, Change, ProviderError};

/// A message to a driver. Samsara sends it in the name of the token's owner, whoever the sender is said to be.
pub(crate) struct SendMessage;

/// How often the list is read for the new message, and how long apart.
const LOOKS: u32 = 3;
const BETWEEN: Duration = Duration::from_millis(500);
/// The list is a short one.
const LOOK_DEADLINE: Duration = Duration::from_secs(8);

impl Writer for SendMessage {
    type Provider = Samsara;
    type Row = Message;

    const OPERATION: OperationType = OperationType::Create;
    const MEMBERS: &'static [&'static str] = &["sender_id", "recipient_id", "message_text"];

    async fn write(api: &Api<'_, Samsara>, change: &Change<'_>) -> Result<Option<Observation<Message>>, ProviderError> {
        let (recipient, text) = (change.text("source_recipient_id").unwrap_or_default(), change.message_text()?);
        let drivers = drivers(slice::from_ref(&recipient))?;
        // Another message with the same words may be there already.
        let known = alike(api, change, change.now, &recipient, &text).await.unwrap_or_default();
        send(api, &drivers, &text).await?;
        Ok(find(api, change, &recipient, &text, &known).await)
    }

    async fn made(
        api: &Api<'_, Samsara>,
        change: &Change<'_>,
        since: Timestamp,
    ) -> Result<Option<Observation<Message>>, ProviderError> {
        let (recipient, text) = (change.text("source_recipient_id").unwrap_or_default(), change.message_text()?);
        let rows = alike(api, change, since, &recipient, &text).await?;
        Ok(rows.into_iter().max_by_key(|row| row.occurred_at))
    }
}

/// A message to several drivers. Samsara makes one to each of them, which are listed as such, and knows no group.
pub(crate) struct SendGroupMessage;

impl Writer for SendGroupMessage {
    type Provider = Samsara;
    type Row = GroupMessage;

    const OPERATION: OperationType = OperationType::Create;
    const MEMBERS: &'static [&'static str] = &["sender_id", "recipient_ids", "message_text"];

    async fn write(api: &Api<'_, Samsara>, change: &Change<'_>) -> Result<Option<Observation<GroupMessage>>, ProviderError> {
        let recipients = change.texts("source_recipient_ids");
        let text = change.message_text()?;
        send(api, &drivers(&recipients)?, &text).await?;
        Ok(Some(sent(change, recipients, text)))
    }
}

/// What was sent, under an id of ours: `group_message:<time>:<start of the hash>`.
fn sent(change: &Change<'_>, recipients: Vec<String>, text: String) -> Observation<GroupMessage> {
    let sender = change.text("source_sender_id");
    let source = json!({ "driverIds": recipients, "text": text });
    let digest = source_hash(&source, &[]);
    let source_id = format!("group_message:{}:{}", change.now, digest.get(..HASH_LENGTH).unwrap_or_default());
    let fields = GroupMessage {
        message_hash: Some(source_hash(&json!([sender, text, change.now]), &[])),
        source_sender_id: sender,
        source_recipient_ids: Some(recipients),
        message_text: Some(text),
        status: Some(SENT),
        sent_by_driver: Some(false),
        ..GroupMessage::default()
    };
    RULES.observation(source_id, Some(change.now), source, fields)
}

/// Samsara's ids of recipients, all of whom have to be drivers.
fn drivers(recipients: &[String]) -> Result<Vec<u64>, ProviderError> {
    let drivers: Result<Vec<u64>, _> = recipients.iter().map(|id| id.parse()).collect();
    drivers.map_err(|_| impossible("a message to somebody who is no driver"))
}

async fn send(api: &Api<'_, Samsara>, drivers: &[u64], text: &str) -> Result<(), ProviderError> {
    let body: Map<_, _> = [("driverIds".to_owned(), json!(drivers)), ("text".to_owned(), json!(text))].into_iter().collect();
    api.send(Method::POST, "/v1/fleet/messages", &body, "").await.map(drop)
}

/// The new message. It is sent, so that it cannot be found is no failure.
async fn find(
    api: &Api<'_, Samsara>,
    change: &Change<'_>,
    driver: &str,
    text: &str,
    known: &[Observation<Message>],
) -> Option<Observation<Message>> {
    for look in 0..LOOKS {
        if look > 0 {
            change.pause.0(BETWEEN).await;
        }
        let Ok(rows) = alike(api, change, change.now, driver, text).await else { continue };
        let newest = rows
            .into_iter()
            .filter(|row| known.iter().all(|known| known.source_id != row.source_id))
            .max_by_key(|row| row.occurred_at);
        if newest.is_some() {
            return newest;
        }
    }
    None
}

/// The messages with this text to the driver, sent since an instant.
async fn alike(
    api: &Api<'_, Samsara>,
    change: &Change<'_>,
    since: Timestamp,
    driver: &str,
    text: &str,
) -> Result<Vec<Observation<Message>>, ProviderError> {
    let (from, to) = (since.plus_seconds(-SKEW_SECONDS), change.now.plus_seconds(DAY));
    let mut rows = messages::listed(api, from, to, LOOK_DEADLINE).await?;
    let is_to = |row: &Message| row.source_recipient_id.as_deref() == Some(driver);
    rows.retain(|row| is_to(&row.fields) && row.fields.message_text.as_deref() == Some(text));
    Ok(rows)
}
