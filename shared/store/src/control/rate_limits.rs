//! Rate limits that all sandboxes share.
//!
//! A limit is a token bucket, kept as the instant from which it is full again, as in the generic cell rate algorithm: time refills it. Whoever
//! takes requests from it moves the instant by one conditional update, so that all sandboxes together never take more than there are.
//!
//! An update for each request would cost as much as the request itself. So a sandbox takes several at once, a [share](Shares), and counts
//! those without asking. A share is as large as what the sandbox has served of late, a tenth of the bucket at most, and lapses after ten
//! seconds. What a caller gets in any `t` seconds, in all sandboxes together, is therefore at most `burst + per_second * (t + 10)`, and in
//! the long run `per_second`. Nobody goes beyond that by being spread over many sandboxes.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use model::Timestamp;

use super::keys::Key;
use crate::{Store, StoreError};

const SECOND: i64 = 1_000_000;
/// How far the clocks of sandboxes are apart at most. A bucket that is full only after such a time is taken for a full one.
const SKEW: i64 = 60 * SECOND;
/// How often an update is tried against concurrent ones.
const MOST_ATTEMPTS: usize = 10;
/// For how long a bucket is kept after it is full.
const KEPT_SECONDS: i64 = 3_600;
/// The kind of the items.
const KIND: &str = "rate_limit";

/// How long a share lasts.
const SHARE: i64 = 10 * SECOND;
/// How long DynamoDB may take. A sandbox that has no answer by then counts for itself, for so many seconds.
const PATIENCE: Duration = Duration::from_secs(1);
const ALONE_SECONDS: u32 = 5;
const ALONE: i64 = SECOND * 5;
/// How many callers a sandbox remembers.
const MOST_CALLERS: usize = 10_000;

/// So many requests a second, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests a second.
    pub per_second: NonZeroU32,
    /// Requests at once, after a pause.
    pub burst: NonZeroU32,
}

impl RateLimit {
    /// Between two requests at the limit, in microseconds.
    fn interval(self) -> i64 {
        i64::from(1_000_000_u32.div_ceil(self.per_second.get()))
    }

    /// How long an empty bucket takes to be full.
    fn depth(self) -> i64 {
        self.interval().saturating_mul(i64::from(self.burst.get()))
    }

    fn largest_share(self) -> u32 {
        (self.burst.get() / 10).max(1)
    }

    /// What is left in a bucket that is full at an instant; `None` is a bucket that nobody has taken from.
    fn left(self, full_at: Option<i64>, now: i64) -> u32 {
        let Some(full_at) = full_at.filter(|at| *at <= now + self.depth() + SKEW) else { return self.burst.get() };
        let left = (now + self.depth() - full_at).div_euclid(self.interval());
        u32::try_from(left.clamp(0, i64::from(self.burst.get()))).unwrap_or_default()
    }

    /// How long a caller that was refused is not served: until there is a request for it, and long enough for the sandbox not to ask all
    /// the time, while the bucket does not overflow.
    fn pause(self, full_at: Option<i64>, now: i64) -> i64 {
        let next = full_at.map_or(0, |at| at + self.interval() - self.depth() - now);
        next.max(self.depth() / 4).clamp(1, SECOND.max(self.interval()))
    }
}

/// What was taken from a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How many requests; 0 if there are none.
    pub count: u32,
    /// When the bucket is full again, in microseconds; `None` if nobody has taken from it.
    full_at: Option<i64>,
}

impl Store {
    /// Takes requests from a bucket, as many as are wanted or left. `seen` is what the last call answered: without it, or with what is
    /// no longer so, a further request to DynamoDB may be needed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_requests(
        &self,
        bucket: &str,
        (limit, wanted): (RateLimit, u32),
        seen: Option<Taken>,
        now: Timestamp,
    ) -> Result<Taken, StoreError> {
        let mut full_at = seen.and_then(|seen| seen.full_at);
        for _ in 0..MOST_ATTEMPTS {
            let count = limit.left(full_at, now.micros()).min(wanted);
            if count == 0 {
                break;
            }
            match self.advance(bucket, (limit, count), full_at, now).await? {
                Ok(next) => return Ok(Taken { count, full_at: Some(next) }),
                Err(found) => full_at = found,
            }
        }
        Ok(Taken { count: 0, full_at })
    }

    /// Moves the instant at which a bucket is full. The inner error is where it is, if it is not where it was thought to be.
    async fn advance(
        &self,
        bucket: &str,
        (limit, count): (RateLimit, u32),
        full_at: Option<i64>,
        now: Timestamp,
    ) -> Result<Result<i64, Option<i64>>, StoreError> {
        let (at, cost) = (now.micros(), limit.interval().saturating_mul(i64::from(count)));
        let number = |number: i64| AttributeValue::N(number.to_string());
        let request = self
            .client
            .update_item()
            .table_name(self.control.as_ref())
            .set_key(Some(Key::rate_limit(bucket).attributes()))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":kind", AttributeValue::S(KIND.into()))
            .expression_attribute_values(":ttl", number((at + limit.depth()) / SECOND + KEPT_SECONDS))
            .expression_attribute_values(":now", number(at))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let is_full = limit.left(full_at, at) == limit.burst.get();
        let request = if is_full {
            request
                .update_expression("SET full_at = :next, kind = :kind, #ttl = :ttl")
                .condition_expression("attribute_not_exists(full_at) OR full_at <= :now OR full_at > :never")
                .expression_attribute_values(":next", number(at + cost))
                .expression_attribute_values(":never", number(at + limit.depth() + SKEW))
        } else {
            request
                .update_expression("SET full_at = full_at + :cost, kind = :kind, #ttl = :ttl")
                .condition_expression("full_at BETWEEN :now AND :most")
                .expression_attribute_values(":cost", number(cost))
                .expression_attribute_values(":most", number(at + limit.depth() - cost))
        };
        let error = match request.send().await {
            Ok(answer) => return Ok(Ok(stored(answer.attributes.as_ref()).unwrap_or(at + cost))),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => Ok(Err(stored(failed.item()))),
            _ => Err(StoreError::sdk("count requests", error)),
        }
    }
}

fn stored(item: Option<&HashMap<String, AttributeValue>>) -> Option<i64> {
    item?.get("full_at")?.as_n().ok()?.parse().ok()
}

/// The shares that a sandbox has taken, by bucket.
#[derive(Debug, Default)]
pub struct Shares(Mutex<HashMap<String, Arc<tokio::sync::Mutex<Share>>>>);

/// Requests of one bucket that a sandbox may let through.
#[derive(Debug, Default)]
struct Share {
    size: u32,
    left: u32,
    /// When it lapses, in microseconds, as all instants here.
    until: i64,
    /// Before this instant nothing is let through beyond the share.
    closed_until: i64,
    seen: Option<Taken>,
}

impl Shares {
    /// Lets a request through, or tells how long the caller has to wait. Most requests are counted in the sandbox; for the others
    /// DynamoDB is asked. If it does not answer, the sandbox lets through what the limit allows, counting for itself.
    ///
    /// # Errors
    /// The time to wait.
    pub async fn pass(&self, store: &Store, bucket: &str, limit: RateLimit, now: Timestamp) -> Result<(), Duration> {
        let share = self.of(bucket);
        // One at a time: requests at once take larger and larger shares instead of one each.
        let mut share = share.lock().await;
        let at = now.micros();
        if share.serves(at) {
            return Ok(());
        }
        if at < share.closed_until && share.closed_until <= at + SHARE.max(limit.interval()) {
            return Err(wait(share.closed_until - at));
        }
        let wanted = share.next_size(limit, at);
        let asked = tokio::time::timeout(PATIENCE, store.take_requests(bucket, (limit, wanted), share.seen, now)).await;
        let late = StoreError::Unavailable { operation: "count requests", reason: "no answer in time".into() };
        match asked.unwrap_or(Err(late)) {
            Ok(taken) if taken.count > 0 => {
                *share =
                    Share { size: taken.count, left: taken.count - 1, until: at + SHARE, closed_until: 0, seen: Some(taken) };
                Ok(())
            }
            Ok(taken) => {
                let pause = limit.pause(taken.full_at, at);
                *share = Share { closed_until: at + pause, seen: Some(taken), ..Share::default() };
                Err(wait(pause))
            }
            Err(error) => {
                tracing::warn!(cause = %error, "a sandbox counts the requests of a caller for itself");
                let left = limit.per_second.get().saturating_mul(ALONE_SECONDS) - 1;
                *share = Share { size: 1, left, until: at + ALONE, closed_until: at + ALONE, seen: None };
                Ok(())
            }
        }
    }

    fn of(&self, bucket: &str) -> Arc<tokio::sync::Mutex<Share>> {
        let mut shares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = shares.get(bucket) {
            return Arc::clone(share);
        }
        if shares.len() >= MOST_CALLERS {
            shares.clear();
        }
        Arc::clone(shares.entry(bucket.to_owned()).or_default())
    }
}

impl Share {
    /// Whether the share has a request left, which is used by this.
    fn serves(&mut self, at: i64) -> bool {
        // Requests are served in another order than they came. One that lasts for longer was taken by a clock that was set back since.
        let lasts = at < self.until && self.until <= at + SHARE * 2;
        let serves = lasts && self.left > 0;
        self.left -= u32::from(serves);
        serves
    }

    /// Twice as many as last time where that was used up early, else as many as were used.
    fn next_size(&self, limit: RateLimit, at: i64) -> u32 {
        let used = self.size.saturating_sub(self.left);
        let next = if self.left == 0 && at < self.until { used.saturating_mul(2) } else { used };
        next.clamp(1, limit.largest_share())
    }
}

fn wait(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

#[cfg(test)]
#[path = "rate_limits_tests.rs"]
mod tests;
