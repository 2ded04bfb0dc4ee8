//! Receivers that accept a connection and do not respond. Each attempt at one occupies the sandbox for three seconds that other receivers could use,
//! so after a few timeouts in a row its messages are held back for a while; then one message tries again. Each sandbox keeps its own record.
//!
//! A host counts as unresponsive once several of its subscriptions timed out and none had a response since. So a hundred subscriptions at
//! a host that hangs cost what a few cost, and one path that hangs beside others that respond costs those nothing.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use model::webhook::Webhook;
use model::{Timestamp, WebhookId};
use url::Url;

/// Timeouts in a row after which a subscription counts as unresponsive; and of how many subscriptions, after which their host does.
const MAX_TIMEOUTS: usize = 3;
/// How long messages are held back.
const HOLD_SECONDS: i64 = 30;

/// The record of this sandbox.
pub(crate) static UNRESPONSIVE: LazyLock<UnresponsiveReceivers> = LazyLock::new(UnresponsiveReceivers::default);

/// The receivers whose last attempt timed out.
#[derive(Default)]
pub(crate) struct UnresponsiveReceivers(Mutex<HashMap<Receiver, Timeouts>>);

/// Who does not respond.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Receiver {
    /// A subscription, whatever others at its host do.
    Subscription(WebhookId),
    /// Everything at a host and port.
    Host(String),
}

struct Timeouts {
    /// Whose attempts timed out since the last response: of a host, each subscription once.
    of: Vec<WebhookId>,
    held_until: Timestamp,
}

impl Receiver {
    /// The receivers that an attempt at a subscription tells of.
    fn of(webhook: &Webhook) -> impl Iterator<Item = Self> {
        let host = Url::parse(&webhook.url).ok().map(|url| Self::Host(url.origin().ascii_serialization()));
        [Self::Subscription(webhook.id)].into_iter().chain(host)
    }
}

impl Timeouts {
    const fn are_enough(&self) -> bool {
        self.of.len() >= MAX_TIMEOUTS
    }

    fn add(&mut self, receiver: &Receiver, id: WebhookId) {
        let is_counted = matches!(receiver, Receiver::Host(_)) && self.of.contains(&id);
        if !(is_counted || self.are_enough()) {
            self.of.push(id);
        }
    }
}

impl UnresponsiveReceivers {
    /// Until when messages of a subscription are held back. Once that has passed, the first caller may try, and the others wait on.
    pub(crate) fn held_until(&self, webhook: &Webhook, now: Timestamp) -> Option<Timestamp> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held: Vec<Receiver> = Receiver::of(webhook).filter(|who| known.get(who).is_some_and(Timeouts::are_enough)).collect();
        let until = held.iter().filter_map(|who| known.get(who)).map(|timeouts| timeouts.held_until).max()?;
        if now < until {
            return Some(until);
        }
        for who in &held {
            known.get_mut(who)?.held_until = now.plus_seconds(HOLD_SECONDS);
        }
        None
    }

    /// Records how an attempt ended.
    pub(crate) fn record(&self, webhook: &Webhook, responded: bool, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for who in Receiver::of(webhook) {
            if responded {
                known.remove(&who);
                continue;
            }
            let mut timeouts = known.remove(&who).unwrap_or_else(|| Timeouts { of: Vec::new(), held_until: now });
            timeouts.add(&who, webhook.id);
            timeouts.held_until = now.plus_seconds(HOLD_SECONDS);
            known.insert(who, timeouts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::webhook;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::parse("2026-11-21T05:00:00Z").unwrap().plus_seconds(seconds)
    }

    /// A subscription, told apart by a number.
    fn subscription(number: i64, url: &str) -> Webhook {
        Webhook { id: WebhookId::at(at(number)), url: url.into(), ..webhook(at(0)) }
    }

    #[test]
    fn an_unresponsive_receiver_is_held_back_and_then_tried_by_one_message() {
        let receivers = UnresponsiveReceivers::default();
        let unresponsive = subscription(0, "https://one.example/hooks");
        let other = subscription(1, "https://other.example/hooks");
        for _ in 0..2 {
            receivers.record(&unresponsive, false, at(3));
            assert_eq!(receivers.held_until(&unresponsive, at(3)), None, "two may be chance");
        }
        receivers.record(&unresponsive, false, at(6));
        assert_eq!(receivers.held_until(&unresponsive, at(7)), Some(at(36)));
        assert_eq!(receivers.held_until(&other, at(7)), None);
        assert_eq!(receivers.held_until(&unresponsive, at(36)), None, "one tries");
        assert_eq!(receivers.held_until(&unresponsive, at(36)), Some(at(66)), "and others wait");
        receivers.record(&unresponsive, false, at(39));
        assert_eq!(receivers.held_until(&unresponsive, at(66)), Some(at(69)));
        receivers.record(&unresponsive, true, at(70));
        assert_eq!(receivers.held_until(&unresponsive, at(70)), None);
    }

    #[test]
    fn a_response_in_between_restarts_the_count() {
        let receivers = UnresponsiveReceivers::default();
        let webhook = subscription(0, "https://one.example/hooks");
        for responded in [false, false, true, false, false] {
            receivers.record(&webhook, responded, at(0));
            assert_eq!(receivers.held_until(&webhook, at(0)), None);
        }
    }

    #[test]
    fn a_host_that_hangs_is_held_back_for_all_of_its_subscriptions() {
        let receivers = UnresponsiveReceivers::default();
        let of_host = |number| subscription(number, &format!("https://hangs.example/{number}"));
        for number in 0..3 {
            assert_eq!(receivers.held_until(&of_host(9), at(0)), None);
            receivers.record(&of_host(number), false, at(number));
        }
        assert_eq!(receivers.held_until(&of_host(9), at(3)), Some(at(32)), "never tried before");
        assert_eq!(receivers.held_until(&subscription(10, "https://other.example/9"), at(3)), None);
        assert_eq!(receivers.held_until(&of_host(9), at(32)), None, "one tries");
        assert_eq!(receivers.held_until(&of_host(8), at(32)), Some(at(62)), "for all of them");
        receivers.record(&of_host(9), true, at(33));
        assert_eq!(receivers.held_until(&of_host(8), at(33)), None);
    }

    #[test]
    fn a_path_that_hangs_beside_others_that_respond_costs_those_nothing() {
        let receivers = UnresponsiveReceivers::default();
        let (hangs, responds) = (subscription(0, "https://shared.example/a"), subscription(1, "https://shared.example/b"));
        for _ in 0..9 {
            receivers.record(&hangs, false, at(0));
        }
        assert!(receivers.held_until(&hangs, at(1)).is_some());
        assert_eq!(receivers.held_until(&responds, at(1)), None, "one subscription alone is not the host");
    }
}
