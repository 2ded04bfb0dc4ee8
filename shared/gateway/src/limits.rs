//! Rate limits per caller (contract section 3.4).
//!
//! Each sandbox counts separately, so a caller whose requests are spread over several sandboxes gets more than the limit. The
//! total of all callers is bounded by the API's own throttling. Counting needs no storage request and cannot fail.

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
}

impl Limits {
    pub(crate) fn new(config: &Config) -> Self {
        let quota = |rate: NonZeroU32, burst: NonZeroU32| Quota::per_second(rate).allow_burst(burst);
        Self {
            requests: RateLimiter::keyed(quota(config.requests_per_second, config.requests_burst)),
            tokens: RateLimiter::keyed(quota(config.tokens_per_second, config.tokens_per_second.saturating_mul(FOUR))),
        }
    }

    /// Counts a request of a caller; callers without a token are not counted.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(crate) fn request(&self, caller: &Caller) -> Result<(), ApiError> {
        match caller {
            Caller::Anonymous => Ok(()),
            Caller::Partner { client_id, .. } => count(&self.requests, format!("client:{client_id}")),
            Caller::Fleet { .. } => count(&self.requests, caller.name()),
        }
    }

    /// Counts a client's request for a token.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn token(&self, client_id: &str) -> Result<(), ApiError> {
        count(&self.tokens, client_id.to_owned())
    }
}

const FOUR: NonZeroU32 = NonZeroU32::MIN.saturating_add(3);

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
}
