//! Webhook messages that wait for longer than a queue delays them. They lie by the minute in which they are due, so that the worker
//! that sends them on reads the minutes that have come and nothing else. A minute is spread over several partitions, for one receiver
//! that is down may park hundreds of messages a second.

use model::{Timestamp, WebhookId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::items::Keyed;
use super::keys::{self, Key};
use super::packed::Packed;
use super::query::Range;
use crate::{Store, StoreError};

/// How long a parked message is kept beyond its time, in case the worker that sends it on is down.
const KEPT_SECONDS: i64 = 14 * 86_400;
/// The partitions of a minute.
pub const SHARDS: u8 = 8;
const MINUTE: i64 = 60;

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parked {
    /// When it goes back to its queue.
    pub due: Timestamp,
    /// What tells it from others of the same instant: a message's id, or a subscription's.
    pub id: Uuid,
    /// The subscription, whose lane of the queue it takes.
    pub webhook_id: WebhookId,
    /// The body of the queue message.
    pub body: Packed,
}

impl Parked {
    fn shard(&self) -> u8 {
        self.id.as_bytes().last().map_or(0, |last| last % SHARDS)
    }
}

impl Keyed for Parked {
    const KIND: &'static str = "parked";
    const VERSION: &'static str = "due";

    fn key(&self) -> Key {
        Key::parked(self.due, self.shard(), self.id)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.due.plus_seconds(KEPT_SECONDS))
    }
}

/// How far parked messages were sent on: every minute before this one is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Woken {
    /// The first minute that may still hold some.
    pub until: Timestamp,
}

impl Keyed for Woken {
    const KIND: &'static str = "parked_woken";
    const VERSION: &'static str = "until";

    fn key(&self) -> Key {
        Key::woken()
    }
}

/// The minute that an instant lies in.
#[must_use]
pub fn minute_of(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.micros() - at.micros().rem_euclid(MINUTE * 1_000_000))
}

impl Store {
    /// At most `limit` messages of a partition of a minute, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn parked(&self, minute: Timestamp, shard: u8, limit: usize) -> Result<Vec<Parked>, StoreError> {
        self.first(&Range::table(keys::parked(minute, shard), ""), limit).await
    }
}
