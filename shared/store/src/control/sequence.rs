//! Numbered messages: a subscription that asks for it gets its messages of each fleet under numbers without a gap, and the messages of the
//! last fourteen days lie here by number, so that its owner can fill in what it missed.

use std::collections::HashMap;

use model::webhook::RETENTION_DAYS;
use model::{FleetId, MessageId, Timestamp, WebhookId};
use serde::{Deserialize, Serialize};

use super::items::Keyed;
use super::keys::{self, Key};
use super::packed::Packed;
use super::query::Range;
use super::write::Write;
use crate::{Store, StoreError};

/// How often a write is tried that others come before.
const MAX_ATTEMPTS: usize = 10;
/// Messages that get their numbers in one transaction. It holds two items of each, and 4 MB.
const TOGETHER: usize = 10;

/// The newest number of a subscription's messages for a fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// The subscription.
    pub webhook_id: WebhookId,
    /// The fleet; `None` for messages that name none.
    pub fleet_id: Option<FleetId>,
    /// The newest number.
    pub last: u64,
}

impl Keyed for Sequence {
    const KIND: &'static str = "webhook_sequence";
    const VERSION: &'static str = "last";

    fn key(&self) -> Key {
        Key::sequence(self.webhook_id, self.fleet_id)
    }
}

/// A message under its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbered {
    /// The subscription.
    pub webhook_id: WebhookId,
    /// The fleet.
    pub fleet_id: Option<FleetId>,
    /// The number, from 1.
    pub number: u64,
    /// The message.
    pub message_id: MessageId,
    /// The queue message, as JSON.
    pub message: Packed,
    /// When it got its number.
    pub created_at: Timestamp,
}

impl Keyed for Numbered {
    const KIND: &'static str = "webhook_numbered";
    const VERSION: &'static str = "number";

    fn key(&self) -> Key {
        Key::numbered(self.webhook_id, self.fleet_id, self.number)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.created_at.plus_seconds(RETENTION_DAYS * 86_400))
    }
}

/// The number of a message: one that is made a second time keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct NumberOf {
    webhook_id: WebhookId,
    message_id: MessageId,
    number: u64,
    created_at: Timestamp,
}

impl Keyed for NumberOf {
    const KIND: &'static str = "webhook_number_of";
    const VERSION: &'static str = "number";

    fn key(&self) -> Key {
        Key::number_of(self.webhook_id, self.message_id)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.created_at.plus_seconds(RETENTION_DAYS * 86_400))
    }
}

impl Store {
    /// Numbers messages of one subscription and fleet in their order, and keeps them by number. One that has a number already keeps it. The
    /// numbers come back in the order of the messages.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if others number messages of the same fleet at the same time again and again.
    pub async fn number(
        &self,
        (webhook_id, fleet_id): (WebhookId, Option<FleetId>),
        messages: &[(MessageId, Packed)],
        now: Timestamp,
    ) -> Result<Vec<u64>, StoreError> {
        let mut numbers = Vec::with_capacity(messages.len());
        for some in messages.chunks(TOGETHER) {
            numbers.extend(self.number_some((webhook_id, fleet_id), some, now).await?);
        }
        Ok(numbers)
    }

    async fn number_some(
        &self,
        (webhook_id, fleet_id): (WebhookId, Option<FleetId>),
        messages: &[(MessageId, Packed)],
        now: Timestamp,
    ) -> Result<Vec<u64>, StoreError> {
        let keys: Vec<Key> = messages.iter().map(|(id, _)| Key::number_of(webhook_id, *id)).collect();
        for _ in 0..MAX_ATTEMPTS {
            let known: Vec<NumberOf> = self.get_many(&keys).await?;
            let mut numbers: HashMap<MessageId, u64> = known.into_iter().map(|known| (known.message_id, known.number)).collect();
            let seen: Option<Sequence> = self.get(Key::sequence(webhook_id, fleet_id)).await?;
            let mut last = seen.as_ref().map_or(0, |seen| seen.last);
            let mut writes = Vec::new();
            for (message_id, message) in messages {
                if numbers.contains_key(message_id) {
                    continue;
                }
                last += 1;
                numbers.insert(*message_id, last);
                let (number, message_id, created_at) = (last, *message_id, now);
                let message = message.clone();
                writes.push(Write::create(&Numbered { webhook_id, fleet_id, number, message_id, message, created_at })?);
                writes.push(Write::create(&NumberOf { webhook_id, message_id, number, created_at })?);
            }
            if !writes.is_empty() {
                let next = Sequence { webhook_id, fleet_id, last };
                writes.push(match &seen {
                    Some(seen) => Write::replace(seen, &next)?,
                    None => Write::create(&next)?,
                });
            }
            match if writes.is_empty() { Ok(()) } else { self.commit(writes).await } {
                Err(StoreError::Conflict) => {}
                result => return result.map(|()| messages.iter().filter_map(|(id, _)| numbers.get(id).copied()).collect()),
            }
        }
        Err(StoreError::Conflict)
    }

    /// The newest number of a subscription's messages for a fleet; 0 if there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_number(&self, webhook: WebhookId, fleet: Option<FleetId>) -> Result<u64, StoreError> {
        let found: Option<Sequence> = self.get(Key::sequence(webhook, fleet)).await?;
        Ok(found.map_or(0, |found| found.last))
    }

    /// The messages after a number, at most `limit`, in the order of their numbers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn numbered(
        &self,
        (webhook, fleet): (WebhookId, Option<FleetId>),
        after: u64,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Numbered>, StoreError> {
        let range = Range::table(keys::deliveries(webhook), &keys::numbered_prefix(fleet));
        let after = Key::numbered(webhook, fleet, after).sk;
        let page = crate::Page { bookmark: Some(after.into()), inclusive: false, backwards: false, size: limit };
        let found = self.page(&range, &page, |numbered: &Numbered| numbered.expires().is_none_or(|end| now < end)).await?;
        Ok(found.rows.into_iter().map(|(numbered, _)| numbered).collect())
    }
}

#[cfg(test)]
#[path = "sequence_tests.rs"]
mod tests;
