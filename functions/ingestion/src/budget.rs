//! The request budget of an account as one run or write draws on it: from its schedule's own allowance, which costs nothing, and from the
//! bucket that all who ask the account share, some requests at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::Timestamp;
use model::budget::{RequestBudget, Slots};
use model::connection::Connection;
use model::schedule::Schedule;
use providers::{Accounts, BoxFuture, Budget, Capability, Division, Lane, Rate, Told};
use store::{Store, StoreError};

/// The longest that the first request of a run is waited for. A run that has sent one waits until its end: what it asked for would be
/// asked for again.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// A wait for room ends after a random part of this, so that those who wait do not come back together.
const SPREAD: Duration = Duration::from_secs(1);
/// How much longer than for a free request a run waits for those that it has reserved: its function has time for that.
const GRACE_SECONDS: i64 = 60;
/// For how long a bucket is believed to be as it was read. A refusal is known to all after this.
const BELIEVED_SECONDS: f64 = 5.0;
/// What is reserved first, where it is free; twice as many each further time.
const FIRST_BLOCK: u32 = 4;
/// So many may reserve first within a minute: of a small limit less is reserved at once.
const FIRST_AT_ONCE: u32 = 16;
/// The most requests that are reserved at once.
const LARGEST_BLOCK: u32 = 64;
/// How long a run waits that cannot read the bucket.
const WITHOUT_STORE: Duration = Duration::from_secs(5);

/// How time passes for whoever asks.
#[derive(Clone, Copy)]
pub(crate) struct Time<'a> {
    pub(crate) clock: &'a (dyn Fn() -> Timestamp + Sync),
    pub(crate) pause: &'a (dyn Fn(Duration) -> BoxFuture<'static, ()> + Sync),
    /// No wait lasts longer than until then.
    pub(crate) end: Timestamp,
}

/// The budget of one account, for one run or write.
pub(crate) struct AccountBudget<'a> {
    store: &'a Store,
    connection: &'a Connection,
    accounts: &'a dyn Accounts,
    time: Time<'a>,
    /// What the run's schedule has allowances for, and since when they were not used.
    own: Option<(Capability, Timestamp)>,
    held: Mutex<BTreeMap<&'static str, Held>>,
}

/// What is known and held of a limit.
#[derive(Default)]
struct Held {
    bucket: Option<(RequestBudget, Timestamp)>,
    live: Reserved,
    backfill: Reserved,
    /// Held by whoever looks for the next request.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// When the next request of the schedule's allowance is free.
    allowed_from: Option<Timestamp>,
    has_sent: bool,
}

impl Held {
    fn reserved(&mut self, lane: Lane) -> &mut Reserved {
        match lane {
            Lane::Live => &mut self.live,
            Lane::Backfill => &mut self.backfill,
        }
    }
}

/// What is reserved for a lane, and how often something was.
#[derive(Default)]
struct Reserved {
    slots: Option<Slots>,
    blocks: u32,
}

/// What is reserved of a limit first.
fn first_block(rate: Rate) -> u32 {
    let of_a_minute = rate.requests.saturating_mul(60) / rate.seconds.max(1);
    (of_a_minute / FIRST_AT_ONCE).clamp(1, FIRST_BLOCK)
}

/// When a request may be sent.
enum Next {
    /// At once: it is one of the schedule's allowance.
    Now,
    /// At an instant, which is reserved for it.
    At(Timestamp),
    /// Nothing is free: the budget is to be asked again then.
    AskAgain(Timestamp),
}

impl<'a> AccountBudget<'a> {
    /// The budget for a write.
    pub(crate) fn new(store: &'a Store, connection: &'a Connection, accounts: &'a dyn Accounts, time: Time<'a>) -> Self {
        Self { store, connection, accounts, time, own: None, held: Mutex::default() }
    }

    /// The budget for a run of a schedule, which has allowances where it runs once at a time. Each of its runs ends with a write of the
    /// schedule, so what they may have used until then comes back with time.
    pub(crate) fn of_run(self, schedule: &Schedule) -> Self {
        let known = self.accounts.capabilities().into_iter().find(|known| known.record.resource == schedule.resource);
        let own = known.filter(|_| schedule.max_concurrent_executions == 1).map(|known| (known, schedule.updated_at));
        Self { own, ..self }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<&'static str, Held>> {
        // Entries are whole whenever the lock is free.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self, rate: Rate) -> RequestBudget {
        RequestBudget::new(&self.connection.source_name, &self.connection.account, rate.class, (self.time.clock)())
    }

    async fn admitted(&self, rate: Rate, lane: Lane, requests: u32) -> Result<(), Duration> {
        let (division, mut left, mut waited) = (self.accounts.division(rate), requests, Duration::ZERO);
        while left > 0 {
            match self.next_request(rate, lane, (division, left)).await? {
                Next::Now => left -= 1,
                Next::At(at) => {
                    self.sleep_until(at).await?;
                    left -= 1;
                }
                Next::AskAgain(again) => {
                    let wait = until((self.time.clock)(), again) + spread();
                    if !self.may_wait(rate, wait, waited) {
                        return Err(wait);
                    }
                    (self.time.pause)(wait).await;
                    waited += wait;
                }
            }
        }
        self.held().entry(rate.class).or_default().has_sent = true;
        Ok(())
    }

    /// When the next request may be sent.
    async fn next_request(&self, rate: Rate, lane: Lane, (division, left): (Division, u32)) -> Result<Next, Duration> {
        // Of requests that are sent together one reserves for all.
        let turn = Arc::clone(&self.held().entry(rate.class).or_default().turn);
        let _turn = turn.lock().await;
        loop {
            if let Some(at) = self.next_slot(rate, lane, division) {
                return Ok(Next::At(at));
            }
            if self.takes_allowance(rate, division).await? {
                return Ok(Next::Now);
            }
            if let Err(again) = self.reserve(rate, lane, division, left).await? {
                return Ok(Next::AskAgain(again));
            }
        }
    }

    /// The time of the next request that is held, if one is: what was held for too long is lost.
    fn next_slot(&self, rate: Rate, lane: Lane, division: Division) -> Option<Timestamp> {
        let now = (self.time.clock)();
        let mut all = self.held();
        let reserved = all.entry(rate.class).or_default().reserved(lane);
        let slots = reserved.slots.as_mut()?;
        let late = now.micros() - division.validity() - slots.first.micros();
        let lost = if late > 0 { late / slots.interval.max(1) + 1 } else { 0 };
        let lost = u32::try_from(lost).unwrap_or(u32::MAX).min(slots.count);
        let at = Timestamp::from_micros(slots.first.micros() + i64::from(lost) * slots.interval);
        let left = (slots.count - lost).checked_sub(1);
        let Some(left) = left else {
            reserved.slots = None;
            return None;
        };
        (slots.first, slots.count) = (Timestamp::from_micros(at.micros() + slots.interval), left);
        Some(at)
    }

    /// Whether a request is one of the schedule's own allowance.
    async fn takes_allowance(&self, rate: Rate, division: Division) -> Result<bool, Duration> {
        let own = self.own.filter(|(known, _)| known.is_allowed(rate)).zip(division.allowance());
        let Some(((_, since), allowance)) = own else { return Ok(false) };
        let now = (self.time.clock)();
        let free = |held: &Held| allowance.take(held.allowed_from.unwrap_or(since), now);
        if free(self.held().entry(rate.class).or_default()).is_none() {
            return Ok(false);
        }
        if !self.bucket(rate).await?.is_none_or(|bucket| bucket.is_whole(now)) {
            return Ok(false);
        }
        let mut all = self.held();
        let held = all.entry(rate.class).or_default();
        let next = free(held);
        held.allowed_from = next.or(held.allowed_from);
        Ok(next.is_some())
    }

    /// The bucket as it was a few seconds ago at most; `None` where nobody has used it.
    async fn bucket(&self, rate: Rate) -> Result<Option<RequestBudget>, Duration> {
        let now = (self.time.clock)();
        let known = self.held().get(rate.class).and_then(|held| held.bucket.clone());
        if let Some((bucket, _)) = known.filter(|(_, read)| now.seconds_since(*read) < BELIEVED_SECONDS) {
            return Ok(Some(bucket));
        }
        let fresh = self.fresh(rate);
        let stored = self.store.request_budget(&fresh).await.map_err(|error| unknown(&error))?;
        self.keep(rate, stored.clone().unwrap_or(fresh));
        Ok(stored)
    }

    fn keep(&self, rate: Rate, bucket: RequestBudget) {
        let now = (self.time.clock)();
        self.held().entry(rate.class).or_default().bucket = Some((bucket, now));
    }

    /// Reserves what is left of a question, or a block: those of a run that goes on grow. `Err` in it is when to try again.
    async fn reserve(&self, rate: Rate, lane: Lane, division: Division, left: u32) -> Result<Result<(), Timestamp>, Duration> {
        let blocks = self.held().entry(rate.class).or_default().reserved(lane).blocks;
        let block = first_block(rate).saturating_mul(2_u32.saturating_pow(blocks)).min(LARGEST_BLOCK);
        let asked = self.store.reserve_requests(&self.fresh(rate), (division, lane, block.max(left)), self.time.clock).await;
        let (bucket, slots) = asked.map_err(|error| unknown(&error))?;
        self.keep(rate, bucket);
        let slots = match slots {
            Ok(slots) => slots,
            Err(again) => return Ok(Err(again)),
        };
        let reserved = Reserved { slots: Some(slots), blocks: blocks.saturating_add(1) };
        *self.held().entry(rate.class).or_default().reserved(lane) = reserved;
        Ok(Ok(()))
    }

    fn may_wait(&self, rate: Rate, wait: Duration, waited: Duration) -> bool {
        let has_sent = self.held().get(rate.class).is_some_and(|held| held.has_sent);
        wait < until((self.time.clock)(), self.time.end) && (has_sent || waited + wait < LONGEST_WAIT)
    }

    async fn sleep_until(&self, at: Timestamp) -> Result<(), Duration> {
        let wait = until((self.time.clock)(), at);
        if at > self.time.end.plus_seconds(GRACE_SECONDS) {
            return Err(wait);
        }
        if !wait.is_zero() {
            (self.time.pause)(wait).await;
        }
        Ok(())
    }

    async fn learned(&self, rate: Rate, told: Told) {
        let now = (self.time.clock)();
        let learn = |seen: &RequestBudget| match told {
            Told::Refused(wait) => seen.limited(rate, wait, now),
            Told::UsedUp(wait) => seen.closed(later(now, wait), now),
        };
        tracing::info!(limit = rate.class, ?told, "the provider told of a limit");
        match self.store.note_budget(&self.fresh(rate), learn).await {
            Ok(bucket) => self.keep(rate, bucket),
            Err(cause) => tracing::warn!(%cause, limit = rate.class, "failed to note what the provider told of a limit"),
        }
        // What is held was reserved of a bucket that had more.
        let mut all = self.held();
        let held = all.entry(rate.class).or_default();
        (held.live.slots, held.backfill.slots) = (None, None);
    }
}

impl Budget for AccountBudget<'_> {
    fn admit(&self, rate: Rate, lane: Lane, requests: u32) -> BoxFuture<'_, Result<(), Duration>> {
        Box::pin(self.admitted(rate, lane, requests))
    }

    fn learn(&self, rate: Rate, told: Told) -> BoxFuture<'_, ()> {
        Box::pin(self.learned(rate, told))
    }
}

/// Without the bucket nobody knows what may be sent, so nothing is.
fn unknown(error: &StoreError) -> Duration {
    tracing::warn!(cause = %error, "failed to use a request budget, the request waits");
    WITHOUT_STORE + spread()
}

fn later(at: Timestamp, wait: Duration) -> Timestamp {
    Timestamp::from_micros(at.micros().saturating_add(micros(wait)))
}

fn until(now: Timestamp, at: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(at.micros() - now.micros()).unwrap_or(0))
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// What is added to a wait.
fn spread() -> Duration {
    SPREAD.mul_f64(rand::random::<f64>())
}
