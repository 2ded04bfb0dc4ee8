//! Receivers that accept a connection and do not respond. Each attempt at one occupies the sandbox for three seconds that other receivers could use,
//! so after a few timeouts in a row its messages are held back for a while; then one message tries again. Each sandbox keeps its own record.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use model::{Timestamp, WebhookId};

/// Timeouts in a row after which a receiver counts as unresponsive.
const MAX_TIMEOUTS: u32 = 3;
/// How long the messages of an unresponsive receiver are held back.
const HOLD_SECONDS: i64 = 30;

/// The record of this sandbox.
pub(crate) static UNRESPONSIVE: LazyLock<UnresponsiveReceivers> = LazyLock::new(UnresponsiveReceivers::default);

/// The receivers whose last attempt timed out.
#[derive(Default)]
pub(crate) struct UnresponsiveReceivers(Mutex<HashMap<WebhookId, Timeouts>>);

struct Timeouts {
    in_a_row: u32,
    held_until: Timestamp,
}

impl UnresponsiveReceivers {
    /// Until when messages to a receiver are held back. Once that has passed, the first caller may try, and the others wait on.
    pub(crate) fn held_until(&self, id: WebhookId, now: Timestamp) -> Option<Timestamp> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let timeouts = known.get_mut(&id).filter(|timeouts| timeouts.in_a_row >= MAX_TIMEOUTS)?;
        if now < timeouts.held_until {
            return Some(timeouts.held_until);
        }
        timeouts.held_until = now.plus_seconds(HOLD_SECONDS);
        None
    }

    /// Records how an attempt ended.
    pub(crate) fn record(&self, id: WebhookId, responded: bool, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if responded {
            known.remove(&id);
            return;
        }
        let timeouts = known.entry(id).or_insert(Timeouts { in_a_row: 0, held_until: now });
        timeouts.in_a_row = timeouts.in_a_row.saturating_add(1);
        timeouts.held_until = now.plus_seconds(HOLD_SECONDS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::parse("2026-11-21T05:00:00Z").unwrap().plus_seconds(seconds)
    }

    #[test]
    fn an_unresponsive_receiver_is_held_back_and_then_tried_by_one_message() {
        let receivers = UnresponsiveReceivers::default();
        let (unresponsive, other) = (WebhookId::at(at(0)), WebhookId::at(at(1)));
        for _ in 0..2 {
            receivers.record(unresponsive, false, at(3));
            assert_eq!(receivers.held_until(unresponsive, at(3)), None, "two may be chance");
        }
        receivers.record(unresponsive, false, at(6));
        assert_eq!(receivers.held_until(unresponsive, at(7)), Some(at(36)));
        assert_eq!(receivers.held_until(other, at(7)), None);
        assert_eq!(receivers.held_until(unresponsive, at(36)), None, "one tries");
        assert_eq!(receivers.held_until(unresponsive, at(36)), Some(at(66)), "and others wait");
        receivers.record(unresponsive, false, at(39));
        assert_eq!(receivers.held_until(unresponsive, at(66)), Some(at(69)));
        receivers.record(unresponsive, true, at(70));
        assert_eq!(receivers.held_until(unresponsive, at(70)), None);
    }

    #[test]
    fn a_response_in_between_restarts_the_count() {
        let receivers = UnresponsiveReceivers::default();
        let id = WebhookId::at(at(0));
        for responded in [false, false, true, false, false] {
            receivers.record(id, responded, at(0));
            assert_eq!(receivers.held_until(id, at(0)), None);
        }
    }
}
