//! Receivers that take a connection and do not answer. An attempt at one costs the sandbox three seconds in which it could serve others, so after a
//! few in a row the receiver is left alone for a while; then one message tries again. Each sandbox learns by itself.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use model::{Timestamp, WebhookId};

/// Attempts in a row without an answer that make a receiver silent.
const STRIKES: u32 = 3;
/// How long a silent receiver is left alone.
const PAUSE_SECONDS: i64 = 30;

/// What this sandbox knows.
pub(crate) static SILENCES: LazyLock<Silences> = LazyLock::new(Silences::default);

/// The receivers that gave no answer last time.
#[derive(Default)]
pub(crate) struct Silences(Mutex<HashMap<WebhookId, Silence>>);

struct Silence {
    strikes: u32,
    until: Timestamp,
}

impl Silences {
    /// Until when a receiver is to be left alone. When that has passed, the first who asks may try, and others wait on.
    pub(crate) fn until(&self, id: WebhookId, now: Timestamp) -> Option<Timestamp> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let silence = known.get_mut(&id).filter(|silence| silence.strikes >= STRIKES)?;
        if now < silence.until {
            return Some(silence.until);
        }
        silence.until = now.plus_seconds(PAUSE_SECONDS);
        None
    }

    /// An attempt ended.
    pub(crate) fn note(&self, id: WebhookId, answered: bool, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answered {
            known.remove(&id);
            return;
        }
        let silence = known.entry(id).or_insert(Silence { strikes: 0, until: now });
        silence.strikes = silence.strikes.saturating_add(1);
        silence.until = now.plus_seconds(PAUSE_SECONDS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::parse("2026-11-21T05:00:00Z").unwrap().plus_seconds(seconds)
    }

    #[test]
    fn a_silent_receiver_is_left_alone_and_then_tried_by_one() {
        let silences = Silences::default();
        let (silent, other) = (WebhookId::at(at(0)), WebhookId::at(at(1)));
        for _ in 0..2 {
            silences.note(silent, false, at(3));
            assert_eq!(silences.until(silent, at(3)), None, "two may be chance");
        }
        silences.note(silent, false, at(6));
        assert_eq!(silences.until(silent, at(7)), Some(at(36)));
        assert_eq!(silences.until(other, at(7)), None);
        assert_eq!(silences.until(silent, at(36)), None, "one tries");
        assert_eq!(silences.until(silent, at(36)), Some(at(66)), "and others wait");
        silences.note(silent, false, at(39));
        assert_eq!(silences.until(silent, at(66)), Some(at(69)));
        silences.note(silent, true, at(70));
        assert_eq!(silences.until(silent, at(70)), None);
    }

    #[test]
    fn an_answer_between_starts_the_count_anew() {
        let silences = Silences::default();
        let id = WebhookId::at(at(0));
        for answered in [false, false, true, false, false] {
            silences.note(id, answered, at(0));
            assert_eq!(silences.until(id, at(0)), None);
        }
    }
}
