//! Messages that wait for longer than the queue delays them.
//!
//! A queue delays for fifteen minutes at most: a message that waits for half a day would pass it fifty times, each time paid for, and
//! Lambda takes messages that come back so often for a loop. So it is parked in the control table, by the minute in which it is due, and
//! `deliveries.wake` sends it on. A one-time schedule per message would do as well; this survives a restored table, needs no role that
//! passes roles, and a message that is parked costs the same wherever it waits for.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use gateway::{Context, Outgoing, Queue, WorkerError};
use model::{Timestamp, WebhookId};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use store::Store;
use store::control::{Key, Keyed as _, Packed, Parked, SHARDS, Unpackable, Woken, Write, minute_of};
use uuid::Uuid;

/// Seconds that a queue delays at most.
pub(crate) const LONGEST_DELAY: i64 = 900;
/// Seconds before its time at which a message is sent on; the queue delays it for the rest.
const AHEAD: i64 = 90;
/// Seconds from now at which what is parked may be due at the earliest: `deliveries.wake` may be past what comes sooner. A minute is for the
/// function that parks it, which takes no longer, and half a minute is to spare.
pub(crate) const SOONEST: i64 = AHEAD + MINUTE + 30;
/// Messages that are read, sent and removed together.
const BATCH: usize = 100;
/// Deletions in one transaction.
const DELETIONS: usize = 25;
/// Seconds after which a run ends; the next one goes on.
const LONGEST_RUN: f64 = 40.0;
const MINUTE: i64 = 60;

/// What is parked: a body for the deliveries queue, in the lane of a subscription. It is due [`SOONEST`] seconds from now or later.
pub(crate) fn parked<M: Serialize>(due: Timestamp, id: Uuid, webhook_id: WebhookId, body: &M) -> Result<Parked, WorkerError> {
    let body = Packed::of(&serde_json::to_string(body)?).map_err(malformed)?;
    Ok(Parked { due, id, webhook_id, body })
}

/// `deliveries.wake`: sends on what is due.
pub(crate) async fn wake(context: &Context) -> Result<Value, WorkerError> {
    let begun = context.now();
    let seen: Option<Woken> = context.store().get(Key::woken()).await?;
    let end = minute_of(begun.plus_seconds(AHEAD));
    let mut minute = seen.as_ref().map_or(minute_of(begun), |seen| seen.until);
    let mut messages = 0;
    loop {
        let shards = stream::iter(0..SHARDS).map(|shard| wake_shard(context, minute, shard, begun));
        let counts: Vec<Shard> = shards.buffer_unordered(SHARDS.into()).try_collect().await?;
        messages += counts.iter().map(|shard| shard.messages).sum::<usize>();
        if minute >= end || counts.iter().any(|shard| shard.left) || context.now().seconds_since(begun) > LONGEST_RUN {
            break;
        }
        minute = minute.plus_seconds(MINUTE);
    }
    if seen.is_none_or(|seen| seen.until < minute) {
        context.store().commit(vec![Write::overwrite(&Woken { until: minute })?]).await?;
    }
    Ok(json!({ "messages": messages }))
}

/// What became of a partition of a minute.
struct Shard {
    messages: usize,
    /// Whether the run ended before it was empty.
    left: bool,
}

async fn wake_shard(context: &Context, minute: Timestamp, shard: u8, begun: Timestamp) -> Result<Shard, WorkerError> {
    let mut messages = 0;
    loop {
        let found = context.store().parked(minute, shard, BATCH).await?;
        if found.is_empty() {
            return Ok(Shard { messages, left: false });
        }
        if context.now().seconds_since(begun) > LONGEST_RUN {
            return Ok(Shard { messages, left: true });
        }
        messages += found.len();
        send_on(context, &found).await?;
        // Sent before they are removed: a duplicate does less harm than a lost message.
        remove(context.store(), &found).await?;
    }
}

/// Sends messages on, each delayed until it is due.
async fn send_on(context: &Context, found: &[Parked]) -> Result<(), WorkerError> {
    let now = context.now();
    let mut rest = found;
    while let Some(first) = rest.first() {
        let delay = seconds_until(first.due, now);
        let same = rest.iter().take_while(|parked| seconds_until(parked.due, now) == delay).count();
        let (together, later) = rest.split_at(same);
        let outgoing = together.iter().map(outgoing).collect::<Result<Vec<_>, _>>()?;
        context.send(Queue::Deliveries, &outgoing, delay).await?;
        rest = later;
    }
    Ok(())
}

fn outgoing(parked: &Parked) -> Result<Outgoing<Box<RawValue>>, WorkerError> {
    let body = RawValue::from_string(parked.body.text().map_err(malformed)?)?;
    Ok(Outgoing { group: Some(parked.webhook_id.to_string()), body, trace: None })
}

async fn remove(store: &Store, found: &[Parked]) -> Result<(), WorkerError> {
    for some in found.chunks(DELETIONS) {
        store.commit(some.iter().map(|parked| Write::delete(parked.key())).collect()).await?;
    }
    Ok(())
}

/// Whole seconds until an instant, rounded up, within what the queue delays.
pub(crate) fn seconds_until(due: Timestamp, now: Timestamp) -> i32 {
    let micros = due.micros().saturating_sub(now.micros()).clamp(0, LONGEST_DELAY * 1_000_000);
    i32::try_from((micros + 999_999) / 1_000_000).unwrap_or(0)
}

fn malformed(error: Unpackable) -> WorkerError {
    WorkerError::Other(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_delays_for_fifteen_minutes_at_most() {
        let now = Timestamp::parse("2026-11-21T05:00:00Z").unwrap();
        let in_seconds = |seconds| seconds_until(now.plus_seconds(seconds), now);
        assert_eq!((in_seconds(-5), in_seconds(0), in_seconds(60), in_seconds(900), in_seconds(43_200)), (0, 0, 60, 900, 900));
        assert_eq!(seconds_until(Timestamp::from_micros(now.micros() + 1_500_000), now), 2);
    }

    #[test]
    fn nothing_is_parked_in_a_minute_that_was_woken() {
        for second in 0..MINUTE {
            let now = Timestamp::parse("2026-11-21T05:00:00Z").unwrap().plus_seconds(second);
            for later in 0..=MINUTE {
                let woken = minute_of(now.plus_seconds(later + AHEAD));
                assert!(minute_of(now.plus_seconds(SOONEST)) >= woken, "{later} seconds after {now}");
            }
        }
    }
}
