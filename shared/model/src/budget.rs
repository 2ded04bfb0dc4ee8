//! Request budgets: how fast an account of a TSP may be asked, one token bucket for each limit of the TSP. All who ask an account share
//! its buckets, whatever partner, process or lane they ask for.
//!
//! A bucket is kept as the instant from which its next request is free, as in the generic cell rate algorithm: time refills it, so what
//! a process reserved and never sent is lost for as long as it would have taken to send, and nobody has to give it back.
//!
//! A reservation costs a write, so where all schedules that ask under a limit fit into a part of it, each of them has an **allowance** of
//! its own, which costs none. The rest is the bucket's. After a refusal the allowances are void until the bucket is whole again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

const SECOND: i64 = 1_000_000;
/// A whole, in thousandths.
const WHOLE: i64 = 1_000;
/// The least that a bucket shrinks to.
const LEAST_SHARE: i64 = 100;
/// What is left of a bucket after a refusal.
const AFTER_REFUSAL: i64 = 700;
/// In how many seconds a bucket gains a thousandth: it is whole 15 minutes after one refusal.
const SECONDS_TO_GAIN: i64 = 3;
/// How far ahead the first request of a reservation may lie. Who finds less left has to wait without one, so that neither lane stands
/// behind a long queue of the other.
const HORIZON: i64 = 2 * SECOND;
/// Requests of how much time are reserved at once where none is free.
const AHEAD: i64 = SECOND;
/// No refusal holds for longer.
const LONGEST_CLOSURE: i64 = 3_600 * SECOND;
/// How far the clocks of sandboxes are apart at most. What a bucket says of a later time is not believed.
const SKEW: i64 = 60 * SECOND;
/// A bucket that nobody used for so long is whole, and need not be kept.
const KEPT_SECONDS: i64 = 86_400;

/// Requests that a TSP counts against one limit of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The name of the limit: the path of an endpoint, or a method and the kind of its records.
    pub class: &'static str,
    /// So many requests are allowed ...
    pub requests: u32,
    /// ... in so many seconds.
    pub seconds: u32,
}

impl Rate {
    /// The interval between two requests at the limit, in microseconds.
    fn interval(&self) -> i64 {
        (self.period() / i64::from(self.requests.max(1))).max(1)
    }

    fn period(&self) -> i64 {
        i64::from(self.seconds.max(1)) * SECOND
    }
}

/// What a request is for. Where both lanes ask at once, three quarters of a bucket are for the first and one for the second; a lane that
/// asks alone has it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// What happens now: feeds, recent windows, writes.
    Live,
    /// What happened before: first fetches, histories, long fetches that go on.
    Backfill,
}

impl Lane {
    const fn share(self) -> i64 {
        match self {
            Self::Live => 750,
            Self::Backfill => 250,
        }
    }
}

/// The parts of a limit, in thousandths of what it allows in its period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parts {
    /// What all allowances may send at once.
    allowed_at_once: i64,
    /// What they gain in a period.
    allowed: i64,
    /// What the bucket has at once.
    burst: i64,
    /// What it gains in a period.
    gained: i64,
}

/// A limit by the second is a bucket at the TSP, too, which holds what is allowed in a second and is filled all the time.
const BY_SECOND: [Parts; 2] = [
    Parts { allowed_at_once: 0, allowed: 0, burst: 400, gained: 800 },
    Parts { allowed_at_once: 600, allowed: 200, burst: 200, gained: 600 },
];
/// A longer period is counted from its start: all four parts have to fit into one.
const BY_PERIOD: [Parts; 2] = [
    Parts { allowed_at_once: 0, allowed: 0, burst: 200, gained: 600 },
    Parts { allowed_at_once: 200, allowed: 150, burst: 100, gained: 450 },
];

/// How a limit is divided among those who ask under it. Some of it is left for others who ask the same account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division {
    rate: Rate,
    /// Schedules with an allowance; 0 where they do not fit.
    schedules: i64,
    parts: Parts,
}

impl Division {
    /// A limit under which so many schedules of a connection ask. They have allowances if one request of each, all at once, is a part of
    /// the limit only.
    #[must_use]
    pub fn of(rate: Rate, schedules: usize) -> Self {
        let [without, with] = if rate.seconds > 1 { BY_PERIOD } else { BY_SECOND };
        let schedules = i64::try_from(schedules).unwrap_or(i64::MAX);
        let fits = schedules > 0 && schedules.saturating_mul(WHOLE) <= i64::from(rate.requests) * with.allowed_at_once;
        if fits { Self { rate, schedules, parts: with } } else { Self { rate, schedules: 0, parts: without } }
    }

    /// What each schedule may send of its own accord; `None` where the bucket has it all.
    #[must_use]
    pub fn allowance(&self) -> Option<Allowance> {
        let interval = (self.schedules > 0).then(|| self.rate.interval() * WHOLE / self.parts.allowed * self.schedules)?;
        let burst = i64::from(self.rate.requests) * self.parts.allowed_at_once / WHOLE / self.schedules;
        Some(Allowance { burst: burst.max(1), interval })
    }

    /// For how long after its time a reserved request may still be sent, in microseconds: what all of them send late fits into what the
    /// TSP's own bucket holds beside the rest.
    #[must_use]
    pub fn validity(&self) -> i64 {
        (self.rate.period() * 3 / 10).min(5 * SECOND)
    }

    /// The interval between two requests of the bucket.
    fn interval(&self, share: i64) -> i64 {
        self.rate.interval() * WHOLE / self.parts.gained * WHOLE / share.max(1)
    }

    /// How many requests a bucket that was left alone has at once.
    fn burst(&self, share: i64) -> i64 {
        (i64::from(self.rate.requests) * self.parts.burst / WHOLE * share / WHOLE).max(1)
    }
}

/// What a schedule may send without a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// So many at once ...
    pub burst: i64,
    /// ... and one in each such interval, in microseconds.
    pub interval: i64,
}

impl Allowance {
    /// Takes one request of it now: `from` is when the next one is free. Answers when the one after it is; `None` where it is not its turn.
    #[must_use]
    pub fn take(&self, from: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let earliest = from.micros().max(now.micros() - (self.burst - 1) * self.interval);
        (earliest <= now.micros()).then(|| Timestamp::from_micros(earliest + self.interval))
    }
}

/// Requests that are reserved: each may be sent from its time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    /// The time of the first.
    pub first: Timestamp,
    /// How many there are.
    pub count: u32,
    /// The interval between two of them, in microseconds.
    pub interval: i64,
}

/// The bucket of one limit of one account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestBudget {
    /// The adapter.
    pub source_name: String,
    /// The TSP's own id of the account.
    pub account: String,
    /// The limit.
    pub class: String,
    /// When the next request of the live lane is free.
    pub live_from: Timestamp,
    /// When the next request of the backfill lane is free.
    pub backfill_from: Timestamp,
    /// Nothing is sent before: the TSP asked to wait.
    #[serde(default)]
    pub closed_until: Option<Timestamp>,
    /// When the TSP last refused a request for want of budget.
    #[serde(default)]
    pub limited_at: Option<Timestamp>,
    /// What of the bucket was left then, in thousandths.
    #[serde(default)]
    pub share: i64,
    /// Incremented by each write.
    pub revision: u64,
    /// When it was last written.
    pub updated_at: Timestamp,
}

impl RequestBudget {
    /// The bucket of an account that was not asked yet.
    #[must_use]
    pub fn new(source_name: &str, account: &str, class: &str, now: Timestamp) -> Self {
        let long_ago = Timestamp::from_micros(0);
        Self {
            source_name: source_name.into(),
            account: account.into(),
            class: class.into(),
            live_from: long_ago,
            backfill_from: long_ago,
            closed_until: None,
            limited_at: None,
            share: WHOLE,
            revision: 0,
            updated_at: now,
        }
    }

    /// What the bucket has of its size now, in thousandths: less after a refusal, and a little more with each second since.
    #[must_use]
    pub fn share_at(&self, now: Timestamp) -> i64 {
        let Some(limited) = self.limited_at(now) else { return WHOLE };
        let seconds = (now.micros() - limited.micros()).max(0) / SECOND;
        (self.share + seconds / SECONDS_TO_GAIN).clamp(LEAST_SHARE, WHOLE)
    }

    /// Until when nothing is sent, where the TSP asked to wait.
    #[must_use]
    pub fn closed_at(&self, now: Timestamp) -> Option<Timestamp> {
        let latest = moved(now, LONGEST_CLOSURE + SKEW);
        self.closed_until.filter(|until| *until > now && *until <= latest)
    }

    /// When the TSP last refused a request.
    #[must_use]
    pub fn limited_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.limited_at.filter(|at| *at <= moved(now, SKEW))
    }

    /// Whether allowances hold: the TSP has refused nothing for a while.
    #[must_use]
    pub fn is_whole(&self, now: Timestamp) -> bool {
        self.share_at(now) == WHOLE && self.closed_at(now).is_none()
    }

    /// When nobody needs it any more.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        self.updated_at.plus_seconds(KEPT_SECONDS)
    }

    /// Reserves some requests, at most as many as are wanted: those that are free now, else those of the next second.
    ///
    /// # Errors
    /// The instant at which to try again, where the bucket is used up for longer than the horizon of two seconds.
    pub fn reserve(&self, division: Division, lane: Lane, wanted: u32, now: Timestamp) -> Result<(Self, Slots), Timestamp> {
        let share = self.share_at(now);
        let (whole, burst) = (division.interval(share), division.burst(share));
        let at = now.micros();
        let (own, other) = match lane {
            Lane::Live => (self.live_from, self.backfill_from),
            Lane::Backfill => (self.backfill_from, self.live_from),
        };
        // No reservation reaches further than this, so what does is of a clock that was ahead, and counts from now on.
        let furthest = at + HORIZON + AHEAD + whole * WHOLE / Lane::Backfill.share();
        let believed = |from: Timestamp| if from.micros() > furthest { at } else { from.micros() };
        let (own, other) = (believed(own), believed(other));
        let idle = division.rate.period().max(HORIZON);
        let is_alone = other <= at - idle;
        let interval = if is_alone { whole } else { whole * WHOLE / lane.share() };
        let burst = if is_alone { burst } else { (burst * lane.share() / WHOLE).max(1) };
        let (earliest, horizon) = if !is_alone && own <= at - idle {
            // The other lane had the whole bucket until now: what it has reserved is waited for, and it is never refused for that.
            (at.max(other), furthest - at)
        } else {
            (own.max(at - (burst - 1) * interval), HORIZON)
        };
        let first = earliest.max(self.closed_at(now).map_or(earliest, Timestamp::micros));
        if first > at + horizon {
            return Err(Timestamp::from_micros(first - horizon));
        }
        let free = if first <= at { (at - first) / interval + 1 } else { 0 };
        let count = i64::from(wanted).min(free.max(AHEAD / interval).max(1));
        let from = Timestamp::from_micros(first + count * interval);
        let (live_from, backfill_from) = match lane {
            Lane::Live => (from, self.backfill_from),
            Lane::Backfill => (self.live_from, from),
        };
        let slots = Slots { first: Timestamp::from_micros(first), count: u32::try_from(count).unwrap_or(1), interval };
        Ok((Self { live_from, backfill_from, ..self.touched(now) }, slots))
    }

    /// The bucket after the TSP refused a request and asked to wait. Refusals of requests that were on their way together count once.
    #[must_use]
    pub fn limited(&self, rate: Rate, wait: Duration, now: Timestamp) -> Self {
        let closed = self.closed(after(now, wait), now);
        let recent = |at: Timestamp| at.micros() > now.micros() - rate.period().max(HORIZON);
        if self.limited_at(now).is_some_and(recent) {
            return closed;
        }
        let share = (self.share_at(now) * AFTER_REFUSAL / WHOLE).max(LEAST_SHARE);
        Self { limited_at: Some(now), share, ..closed }
    }

    /// The bucket after the TSP told that nothing is left until an instant.
    #[must_use]
    pub fn closed(&self, until: Timestamp, now: Timestamp) -> Self {
        let until = until.min(moved(now, LONGEST_CLOSURE));
        Self { closed_until: self.closed_at(now).max(Some(until)), ..self.touched(now) }
    }

    fn touched(&self, now: Timestamp) -> Self {
        Self { revision: self.revision + 1, updated_at: now, ..self.clone() }
    }
}

fn moved(at: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(at.micros().saturating_add(micros))
}

fn after(at: Timestamp, wait: Duration) -> Timestamp {
    moved(at, i64::try_from(wait.as_micros()).unwrap_or(LONGEST_CLOSURE).min(LONGEST_CLOSURE))
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
