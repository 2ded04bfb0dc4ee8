//! The time of a test, which moves when it is told to.

use std::cell::Cell;

use model::Timestamp;

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(1_790_000_000_000_000) };
}

pub(super) fn now() -> Timestamp {
    Timestamp::from_micros(NOW.get())
}

pub(super) fn pass(seconds: u64) {
    NOW.set(now().plus_seconds(seconds.try_into().unwrap()).micros());
}

/// Moves to an instant, unless it is over.
pub(super) fn reach(at: Timestamp) {
    NOW.set(now().max(at).micros());
}
