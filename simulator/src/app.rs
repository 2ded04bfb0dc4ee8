//! The state that all requests share: the world, the clock, the rate limiter, the faults and the statistics.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Clock;
use crate::faults::FaultBoard;
use crate::limiter::{Left, Limit, Limiter};
use crate::oauth::grants::Grants;
use crate::options::Options;
use crate::world::{Layout, Millis, Reporting, TraceError, World};
use crate::written::Written;

/// Requests per route and status.
pub(crate) type Counts = BTreeMap<String, BTreeMap<u16, u64>>;

/// The simulator's state; [`crate::router`] answers requests with it.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) world: World,
    clock: Arc<dyn Clock>,
    limiter: Mutex<Limiter>,
    per_token: Limit,
    endpoint_limits: bool,
    board: Mutex<FaultBoard>,
    counts: Mutex<Counts>,
    requests: AtomicU64,
    written: Mutex<Written>,
    grants: Mutex<Grants>,
}

impl App {
    pub(crate) fn new(options: &Options) -> Result<Self, TraceError> {
        let seconds = |value: u32| Millis::from(value.max(1)) * 1000;
        let layout = Layout {
            vehicles: options.vehicles,
            seed: options.seed,
            trace: options.trace.as_deref(),
            time_factor: options.time_factor,
            reporting: Reporting { moving_ms: seconds(options.moving_interval_s), parked_ms: seconds(options.parked_interval_s) },
        };
        Ok(Self {
            world: World::build(&layout)?,
            clock: Arc::clone(&options.clock),
            limiter: Mutex::default(),
            per_token: Limit::per_second(options.requests_per_second),
            endpoint_limits: options.endpoint_limits,
            board: Mutex::default(),
            counts: Mutex::default(),
            requests: AtomicU64::new(0),
            written: Mutex::default(),
            grants: Mutex::default(),
        })
    }

    pub(crate) fn now(&self) -> Millis {
        self.clock.now_ms()
    }

    pub(crate) fn board(&self) -> MutexGuard<'_, FaultBoard> {
        locked(&self.board)
    }

    /// Takes a request of a token's own limit.
    ///
    /// # Errors
    /// The seconds until the next one is allowed.
    pub(crate) fn take(&self, token: &str) -> Result<(), f64> {
        locked(&self.limiter).take(token, ("token", self.per_token), self.now()).map(drop)
    }

    /// Takes a request of a limit of an account; `None` where limits are not kept.
    ///
    /// # Errors
    /// The seconds until the next one is allowed.
    pub(crate) fn take_of(&self, account: &str, limit: (&'static str, Limit)) -> Result<Option<Left>, f64> {
        self.endpoint_limits.then(|| locked(&self.limiter).take(account, limit, self.now())).transpose()
    }

    pub(crate) fn counts(&self) -> Counts {
        locked(&self.counts).clone()
    }

    /// What clients wrote.
    pub(crate) fn written(&self) -> MutexGuard<'_, Written> {
        locked(&self.written)
    }

    /// What customers granted.
    pub(crate) fn grants(&self) -> MutexGuard<'_, Grants> {
        locked(&self.grants)
    }

    /// Adds a reply to the statistics.
    pub(crate) fn count(&self, route: String, status: u16) {
        *locked(&self.counts).entry(route).or_default().entry(status).or_default() += 1;
    }

    /// A number that is unique among the requests of this run.
    pub(crate) fn request_number(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }
}

/// A panic in another request leaves consistent counters behind, so a poisoned lock can still be used.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
