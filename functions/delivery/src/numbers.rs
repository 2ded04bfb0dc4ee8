//! Numbers without a gap, for subscriptions that ask for them: their receivers see what they missed, and read it by number.

use std::collections::{HashMap, HashSet};

use gateway::{Context, WorkerError};
use model::{FleetId, MessageId, WebhookId};
use store::control::Packed;

use crate::message::Message;

/// Numbers the messages of these subscriptions, per subscription and fleet, in their order. They are kept under their numbers in the same
/// write, before any of them is sent: a number that was given is never lost, and a message that is made a second time keeps its own.
///
/// # Errors
/// [`WorkerError`] if they cannot be stored; then none may be sent.
pub(crate) async fn number(
    context: &Context,
    mut messages: Vec<Message>,
    sequenced: &HashSet<WebhookId>,
) -> Result<Vec<Message>, WorkerError> {
    let mut lanes: HashMap<(WebhookId, Option<FleetId>), Vec<&mut Message>> = HashMap::new();
    for message in messages.iter_mut().filter(|message| sequenced.contains(&message.webhook_id)) {
        lanes.entry((message.webhook_id, message.fleet_id)).or_default().push(message);
    }
    for (lane, lane_messages) in lanes {
        let packed = lane_messages.iter().map(|message| packed(message)).collect::<Result<Vec<_>, _>>()?;
        let numbers = context.store().number(lane, &packed, context.now()).await?;
        for (message, number) in lane_messages.into_iter().zip(numbers) {
            message.sequence = Some(number);
        }
    }
    Ok(messages)
}

fn packed(message: &Message) -> Result<(MessageId, Packed), WorkerError> {
    let text = serde_json::to_string(message)?;
    Ok((message.message_id, Packed::of(&text).map_err(|error| WorkerError::Other(error.to_string()))?))
}
