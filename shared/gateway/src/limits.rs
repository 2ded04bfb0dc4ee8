//! Rate limits per caller (contract section 3.4).
//!
//! Each sandbox counts separately, so a caller whose requests are spread over several sandboxes gets more than the limit. The
//! total of all callers is bounded by the API's own throttling. Counting needs no storage request and cannot fail.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::{ApiError, Caller, Config};

/// Inactive callers are removed once there are this many.
const MAX_CALLERS: usize = 10_000;

/// The counters of this process.
pub struct Limits {
    requests: DefaultKeyedRateLimiter<String>,
    tokens: DefaultKeyedRateLimiter<String>,
    wrong_secrets: DefaultKeyedRateLimiter<String>,
}

impl Limits {
    pub(crate) fn new(config: &Config) -> Self {
        let quota = |rate: NonZeroU32, burst: NonZeroU32| Quota::per_second(rate).allow_burst(burst);
        Self {
            requests: RateLimiter::keyed(quota(config.requests_per_second, config.requests_burst)),
            tokens: RateLimiter::keyed(quota(config.tokens_per_second, config.tokens_per_second.saturating_mul(FOUR))),
            wrong_secrets: RateLimiter::keyed(quota(NonZeroU32::MIN, WRONG_SECRETS)),
        }
    }

    /// Counts a request of a caller; callers without a token are not counted.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(crate) fn request(&self, caller: &Caller) -> Result<(), ApiError> {
        match caller {
            Caller::Anonymous => Ok(()),
            Caller::Partner { client_id, .. } | Caller::Admin { client_id } => {
                count(&self.requests, format!("client:{client_id}"))
            }
            Caller::Fleet { .. } => count(&self.requests, caller.name()),
        }
    }

    /// Counts a client's request for a token. It has proved its secret: whoever only knows its id counts elsewhere.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn token(&self, client_id: &str) -> Result<(), ApiError> {
        count(&self.tokens, client_id.to_owned())
    }

    /// Counts a wrong secret, for the client that it was tried for and for the address that it came from.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn wrong_secret(&self, client_id: &str, address: Option<IpAddr>) -> Result<(), ApiError> {
        let for_client = count(&self.wrong_secrets, format!("client:{client_id}"));
        let from = address.map_or(Ok(()), |address| count(&self.wrong_secrets, format!("address:{}", network(address))));
        for_client.and(from)
    }
}

/// Wrong secrets at once, for a client and from an address; then one a second.
const WRONG_SECRETS: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

const FOUR: NonZeroU32 = NonZeroU32::MIN.saturating_add(3);

/// The address, or the /64 network of an IPv6 address, of which a customer has a whole one.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

fn count(limiter: &DefaultKeyedRateLimiter<String>, key: String) -> Result<(), ApiError> {
    if limiter.len() > MAX_CALLERS {
        limiter.retain_recent();
    }
    limiter.check_key(&key).map_err(|refused| {
        let wait: Duration = refused.wait_time_from(DefaultClock::default().now());
        ApiError::too_many(wait.as_secs().saturating_add(1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_over_its_limit_is_rejected_and_others_are_not() {
        let rate = |number| NonZeroU32::new(number).unwrap();
        let config = Config { requests_per_second: rate(1), requests_burst: rate(3), ..Config::from_variables(|_| None) };
        let limits = Limits::new(&config);
        let caller = |id: &str| Caller::Partner { id: uuid::Uuid::nil().into(), client_id: id.into() };
        let passed = |id: &str| limits.request(&caller(id)).is_ok();
        assert_eq!([passed("a"), passed("a"), passed("a"), passed("a")], [true, true, true, false]);
        assert!(passed("b"));
        let refused = limits.request(&caller("a")).unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.body()["detail"]["retry_after_seconds"].as_u64()), (429, Some(1)));
    }

    #[test]
    fn wrong_secrets_do_not_count_against_right_ones() {
        let limits = Limits::new(&Config::from_variables(|_| None));
        let tried = |client: &str, from: &str| limits.wrong_secret(client, from.parse().ok()).is_ok();
        assert!((0..10).all(|number| tried("a", &format!("192.0.2.{number}"))));
        assert!(!tried("a", "192.0.2.77"), "a client's tries count whatever their address");
        assert!((0..10).all(|number| tried(&format!("b{number}"), &format!("2001:db8::{number}"))));
        assert!(!tried("c", "2001:db8::ffff"), "an address's tries count whatever their client");
        assert!(tried("c", "2001:db8:0:1::1"));
        assert!((0..20).all(|_| limits.token("a").is_ok()));
    }
}
