//! Everything behind the socket: picks the provider by the path's prefix, counts, and keeps the faults.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::control;
use crate::faults::FaultBoard;
use crate::http::{Call, Reply};
use crate::limiter::Limiter;
use crate::options::Options;
use crate::samsara;
use crate::world::{Layout, Millis, Reporting, TraceError, World};

/// Requests per route and status.
pub(crate) type Counts = BTreeMap<String, BTreeMap<u16, u64>>;

/// The simulator without its socket.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) world: World,
    clock: Arc<dyn Clock>,
    limiter: Mutex<Limiter>,
    board: Mutex<FaultBoard>,
    counts: Mutex<Counts>,
    requests: AtomicU64,
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
            limiter: Mutex::new(Limiter::new(options.requests_per_second)),
            board: Mutex::default(),
            counts: Mutex::default(),
            requests: AtomicU64::new(0),
        })
    }

    /// Answers one request; `call.path` is the whole path.
    pub(crate) fn answer(&self, call: &Call<'_>) -> Reply {
        let (prefix, path) = split_prefix(call.path);
        let below = Call { path, ..*call };
        let mut reply = match prefix {
            "samsara" => samsara::serve(self, &below),
            "_sim" => return control::serve(self, &below),
            _ => Reply::text(404, "unknown provider; try /samsara or /_sim/state\n"),
        };
        reply.delay = Duration::from_millis(self.board().faults().slow_ms);
        let route = format!("{} /{prefix}{}", call.method, reply.route);
        *locked(&self.counts).entry(route).or_default().entry(reply.status).or_default() += 1;
        reply
    }

    pub(crate) fn now(&self) -> Millis {
        self.clock.now_ms()
    }

    pub(crate) fn board(&self) -> MutexGuard<'_, FaultBoard> {
        locked(&self.board)
    }

    pub(crate) fn limiter(&self) -> MutexGuard<'_, Limiter> {
        locked(&self.limiter)
    }

    pub(crate) fn counts(&self) -> Counts {
        locked(&self.counts).clone()
    }

    /// A number that no other request of this run has.
    pub(crate) fn request_number(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }
}

/// A panic in another request leaves plain counters behind, so a poisoned lock is still good.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn split_prefix(path: &str) -> (&str, &str) {
    let path = path.strip_prefix('/').unwrap_or(path);
    match path.find('/') {
        Some(slash) => path.split_at(slash),
        None => (path, ""),
    }
}
