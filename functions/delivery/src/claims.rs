//! Messages that are larger than the queue takes: their records stay in the control table, and the queue carries a claim to them.

use gateway::{Context, Outgoing, Queue, WorkerError};
use serde_json::Value;
use store::StoreError;
use store::control::{Claim, Key, Packed, Write};

use crate::message::{self, Message};

/// The most bytes of records that travel in the queue, which takes 256 KiB with what is around them.
const MOST_IN_QUEUE: usize = 240_000;
/// The most packed bytes of records that an item has room for.
const MOST_IN_TABLE: usize = 380_000;

/// Whether records can be sent at all.
///
/// # Errors
/// [`WorkerError::Other`] if they cannot be packed.
pub(crate) fn fits(records: &[Value]) -> Result<bool, WorkerError> {
    if message::size(records) <= MOST_IN_QUEUE {
        return Ok(true);
    }
    Ok(packed(records)?.size() <= MOST_IN_TABLE)
}

/// Queues messages, none of them visible before `delay_seconds` (0 to 900).
///
/// # Errors
/// [`WorkerError`] if a claim cannot be stored, or the queue does not take a message.
pub(crate) async fn send(context: &Context, messages: Vec<Message>, delay_seconds: i32) -> Result<(), WorkerError> {
    let mut outgoing: Vec<Outgoing<Message>> = Vec::with_capacity(messages.len());
    for message in messages {
        outgoing.push(claimed(context, message).await?.outgoing());
    }
    Ok(context.send(Queue::Deliveries, &outgoing, delay_seconds).await?)
}

/// The message as the queue takes it.
pub(crate) async fn claimed(context: &Context, message: Message) -> Result<Message, WorkerError> {
    if message.claimed {
        return Ok(Message { data: Vec::new(), ..message });
    }
    if message::size(&message.data) <= MOST_IN_QUEUE {
        return Ok(message);
    }
    let claim = Claim {
        webhook_id: message.webhook_id,
        message_id: message.message_id,
        records: packed(&message.data)?,
        created_at: context.now(),
    };
    context.store().commit(vec![Write::overwrite(&claim)?]).await?;
    Ok(Message { data: Vec::new(), claimed: true, ..message })
}

/// The message with its records. `None` if its claim is gone: it is a duplicate of one that was delivered.
///
/// # Errors
/// [`WorkerError`] if the records cannot be read.
pub(crate) async fn redeemed(context: &Context, message: Message) -> Result<Option<Message>, WorkerError> {
    if !message.claimed {
        return Ok(Some(message));
    }
    let key = Key::claim(message.webhook_id, message.message_id);
    let Some(claim) = context.store().get::<Claim>(key).await? else { return Ok(None) };
    let text = claim.records.text().map_err(other)?;
    Ok(Some(Message { data: serde_json::from_str(&text)?, ..message }))
}

/// Removes the claim of a message that is done. One that is left behind lapses.
pub(crate) async fn settle(context: &Context, message: &Message) -> Result<(), StoreError> {
    if !message.claimed {
        return Ok(());
    }
    context.store().commit(vec![Write::delete(Key::claim(message.webhook_id, message.message_id))]).await
}

fn packed(records: &[Value]) -> Result<Packed, WorkerError> {
    Packed::of(&serde_json::to_string(records)?).map_err(other)
}

fn other(error: store::control::Unpackable) -> WorkerError {
    WorkerError::Other(error.to_string())
}
