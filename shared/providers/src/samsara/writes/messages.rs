//! Messages to drivers: `POST /v1/fleet/messages`, which answers neither an id nor a time. So the message is looked for in the list.

use std::time::Duration;

use http::Method;
use model::resource_operation::OperationType;
use model::telematics::{Message, Observation};
use serde_json::{Map, json};

use super::super::{Samsara, messages};
use crate::cursor::DAY;
use crate::write::{Writer, impossible};
use crate::{Api, Change, ProviderError};

/// A message to a driver. Samsara sends it in the name of the token's owner, whoever the sender is said to be.
pub(crate) struct SendMessage;

/// How often the list is read for the new message, and how long apart.
const LOOKS: u32 = 3;
const BETWEEN: Duration = Duration::from_millis(500);
/// How far the provider's clock may be from ours.
const SKEW_SECONDS: i64 = 120;

impl Writer for SendMessage {
    type Provider = Samsara;
    type Row = Message;

    const OPERATION: OperationType = OperationType::Create;
    const MEMBERS: &'static [&'static str] = &["sender_id", "recipient_id", "message_text"];

    async fn write(api: &Api<'_, Samsara>, change: &Change<'_>) -> Result<Option<Observation<Message>>, ProviderError> {
        let recipient = change.text("source_recipient_id").unwrap_or_default();
        let driver: u64 = recipient.parse().map_err(|_| impossible("a message to somebody who is no driver"))?;
        let text = change.text("message_text").filter(|text| !text.trim().is_empty());
        let text = text.ok_or_else(|| impossible("a message without `message_text`"))?;
        let body: Map<_, _> = [("driverIds".to_owned(), json!([driver])), ("text".to_owned(), json!(text))].into_iter().collect();
        api.send(Method::POST, "/v1/fleet/messages", &body, "").await?;
        Ok(find(api, change, &recipient, &text).await)
    }
}

/// The newest message with this text to the driver. The message is sent, so that it cannot be found is no failure.
async fn find(api: &Api<'_, Samsara>, change: &Change<'_>, driver: &str, text: &str) -> Option<Observation<Message>> {
    let (from, to) = (change.now.plus_seconds(-SKEW_SECONDS), change.now.plus_seconds(DAY));
    for look in 0..LOOKS {
        if look > 0 {
            change.pause.0(BETWEEN).await;
        }
        let Ok(rows) = messages::listed(api, from, to).await else { continue };
        let is_it = |row: &Observation<Message>| {
            row.fields.source_recipient_id.as_deref() == Some(driver) && row.fields.message_text.as_deref() == Some(text)
        };
        let newest = rows.into_iter().filter(is_it).max_by_key(|row| row.occurred_at);
        if newest.is_some() {
            return newest;
        }
    }
    None
}
