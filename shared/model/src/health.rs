//! How well a subscription's receiver takes its messages: counts for metrics, and the breaker that stops deliveries to one that fails.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, WebhookId};

/// The weight of an attempt in the moving share of successes.
const ALPHA: f64 = 0.05;
/// The share of successes under which a busy receiver counts as failing.
const LEAST_MOVING: f64 = 0.95;
/// For how long the moving share has to be under it: a receiver that restarts is not failing.
const LEAST_SECONDS: f64 = 60.0;
/// The share of successes under which a receiver of medium volume counts as failing.
const LEAST_PLAIN: f64 = 0.8;
/// Failures in a row after which a receiver of low volume counts as failing.
const MOST_FAILURES: u32 = 10;
/// The volumes, in attempts of six hours, from which the shares count.
const MEDIUM: u64 = 20;
const BUSY: u64 = 50;
/// Seconds after a subscription was made, changed or activated in which it is not judged.
const GRACE_SECONDS: i64 = 900;

const QUARTER: i64 = 900;
const HOUR: i64 = 3_600;

/// An attempt that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Whether the receiver took the message.
    pub success: bool,
    /// Whether it was the first attempt of the message.
    pub first: bool,
    /// Time to the response, in milliseconds.
    pub response_ms: Option<u64>,
}

/// Counts of attempts over some time. Stored as a list, for there are many of them in one item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u64; 6]", into = "[u64; 6]")]
pub struct Tally {
    /// Requests.
    pub attempts: u64,
    /// Requests that were answered 2xx.
    pub successes: u64,
    /// Messages that were tried for the first time.
    pub messages: u64,
    /// Messages that were delivered.
    pub delivered: u64,
    /// Requests that were answered.
    pub responses: u64,
    /// The time of all answers, in milliseconds.
    pub response_ms: u64,
}

impl From<[u64; 6]> for Tally {
    fn from([attempts, successes, messages, delivered, responses, response_ms]: [u64; 6]) -> Self {
        Self { attempts, successes, messages, delivered, responses, response_ms }
    }
}

impl From<Tally> for [u64; 6] {
    fn from(tally: Tally) -> Self {
        [tally.attempts, tally.successes, tally.messages, tally.delivered, tally.responses, tally.response_ms]
    }
}

impl Tally {
    /// These counts and an attempt.
    #[must_use]
    pub fn with(self, attempt: &Attempt) -> Self {
        let one = |counts: bool| u64::from(counts);
        self.plus(Self {
            attempts: 1,
            successes: one(attempt.success),
            messages: one(attempt.first),
            delivered: one(attempt.success),
            responses: one(attempt.response_ms.is_some()),
            response_ms: attempt.response_ms.unwrap_or_default(),
        })
    }

    /// The sum of two.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let (left, right): ([u64; 6], [u64; 6]) = (self.into(), other.into());
        let mut sum = left;
        sum.iter_mut().zip(right).for_each(|(count, more)| *count = count.saturating_add(more));
        sum.into()
    }
}

/// The running counts of a subscription.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// The subscription.
    pub webhook_id: WebhookId,
    /// Changes with each write.
    pub revision: u64,
    /// The last change of the subscription: what was before it does not speak against its receiver.
    pub epoch: Timestamp,
    /// The moving share of attempts that succeeded; `None` before the first.
    pub ewma: Option<f64>,
    /// Since when it is too small.
    pub low_since: Option<Timestamp>,
    /// Failures since the last success.
    pub failures_in_a_row: u32,
    /// The quarters of an hour of the last six hours that had attempts, oldest first.
    pub quarters: Vec<(Timestamp, Tally)>,
    /// The hour that runs.
    pub hour: (Timestamp, Tally),
    /// Last change.
    pub updated_at: Timestamp,
}

/// The counts of an hour that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthHour {
    /// The subscription.
    pub webhook_id: WebhookId,
    /// When the hour began.
    pub start: Timestamp,
    /// Its counts.
    pub tally: Tally,
}

impl Health {
    /// A subscription without attempts.
    #[must_use]
    pub fn new(webhook_id: WebhookId, epoch: Timestamp, now: Timestamp) -> Self {
        Self {
            webhook_id,
            revision: 0,
            epoch,
            ewma: None,
            low_since: None,
            failures_in_a_row: 0,
            quarters: Vec::new(),
            hour: (now.hour_start(), Tally::default()),
            updated_at: now,
        }
    }

    /// The counts after some attempts, in their order, and the hour that they ended, if they did. `epoch` is when the subscription was
    /// last changed.
    #[must_use]
    pub fn after(&self, attempts: &[Attempt], epoch: Timestamp, now: Timestamp) -> (Self, Option<HealthHour>) {
        let mut next = Self { revision: self.revision.wrapping_add(1), updated_at: now, ..self.clone() };
        if epoch != self.epoch {
            next = Self { epoch, ewma: None, low_since: None, failures_in_a_row: 0, ..next };
        }
        let over = next.turn(now);
        for attempt in attempts {
            next.count(attempt, now);
        }
        (next, over)
    }

    /// Begins the quarter and the hour of `now`.
    fn turn(&mut self, now: Timestamp) -> Option<HealthHour> {
        let quarter = quarter_start(now);
        self.quarters.retain(|(start, _)| *start > now.plus_seconds(-6 * HOUR));
        if self.quarters.last().is_none_or(|(start, _)| *start < quarter) {
            self.quarters.push((quarter, Tally::default()));
        }
        if now.hour_start() <= self.hour.0 {
            return None;
        }
        let (start, tally) = std::mem::replace(&mut self.hour, (now.hour_start(), Tally::default()));
        Some(HealthHour { webhook_id: self.webhook_id, start, tally }).filter(|hour| hour.tally != Tally::default())
    }

    fn count(&mut self, attempt: &Attempt, now: Timestamp) {
        if let Some((_, tally)) = self.quarters.last_mut() {
            *tally = tally.with(attempt);
        }
        self.hour.1 = self.hour.1.with(attempt);
        let value = if attempt.success { 1.0 } else { 0.0 };
        let moved = self.ewma.unwrap_or(1.0).mul_add(1.0 - ALPHA, value * ALPHA);
        self.ewma = Some(moved);
        self.low_since = if moved < LEAST_MOVING { self.low_since.or(Some(now)) } else { None };
        self.failures_in_a_row = if attempt.success { 0 } else { self.failures_in_a_row.saturating_add(1) };
    }

    /// The counts of the last six hours, to the quarter of an hour.
    #[must_use]
    pub fn recent(&self, now: Timestamp) -> Tally {
        self.since(now.plus_seconds(-6 * HOUR))
    }

    fn since(&self, start: Timestamp) -> Tally {
        let recent = self.quarters.iter().filter(|(quarter, _)| *quarter > start);
        recent.fold(Tally::default(), |sum, (_, tally)| sum.plus(*tally))
    }

    /// Whether the receiver fails so much that deliveries to it stop. The volume of the last six hours decides which rule holds.
    #[must_use]
    pub fn is_failing(&self, now: Timestamp) -> bool {
        if now < self.epoch.plus_seconds(GRACE_SECONDS) {
            return false;
        }
        // The quarter of the change holds what was before it, too.
        let since = quarter_start(self.epoch).max(now.plus_seconds(-6 * HOUR));
        let Tally { attempts, successes, .. } = self.since(since);
        match attempts {
            BUSY.. => self.low_since.is_some_and(|since| now.seconds_since(since) >= LEAST_SECONDS),
            MEDIUM.. => share(successes, attempts) < LEAST_PLAIN,
            _ => self.failures_in_a_row >= MOST_FAILURES,
        }
    }
}

/// A share of counts, 0 to 1; 0 of none.
#[expect(clippy::cast_precision_loss, reason = "counts of deliveries stay far below 2^52")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn quarter_start(at: Timestamp) -> Timestamp {
    at.hour_start().plus_seconds((at.seconds() - at.hour_start().seconds()) / QUARTER * QUARTER)
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
