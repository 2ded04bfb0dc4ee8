//! Rate limits. A limit by the second is a bucket that refills evenly and holds one second's worth; one by a longer period counts from
//! the period's start.

use std::collections::HashMap;

use crate::world::Millis;

/// So many requests in so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) requests: u32,
    pub(crate) seconds: u32,
}

impl Limit {
    pub(crate) const fn per_second(requests: u32) -> Self {
        Self { requests, seconds: 1 }
    }

    pub(crate) const fn per_minute(requests: u32) -> Self {
        Self { requests, seconds: 60 }
    }

    fn period(self) -> Millis {
        Millis::from(self.seconds.max(1)) * 1000
    }
}

/// What is left of a limit after a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Left {
    pub(crate) requests: u32,
    /// When all of it is there again.
    pub(crate) reset_ms: Millis,
}

/// What was asked, by whom and under which limit.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    buckets: HashMap<(String, &'static str), Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    /// Until when they were counted, or the period's start.
    seen_ms: Millis,
}

impl Limiter {
    /// Takes one request of a limit. Only known accounts may be passed, so the map stays small.
    ///
    /// # Errors
    /// The seconds until the next request is allowed.
    pub(crate) fn take(&mut self, who: &str, (name, limit): (&'static str, Limit), now: Millis) -> Result<Left, f64> {
        let all = f64::from(limit.requests.max(1));
        let full = Bucket { tokens: all, seen_ms: now };
        let bucket = self.buckets.entry((who.to_owned(), name)).or_insert(full);
        let elapsed = (now - bucket.seen_ms).max(0);
        let per_ms = all / limit.period() as f64;
        if limit.seconds <= 1 {
            *bucket = Bucket { tokens: (bucket.tokens + elapsed as f64 * per_ms).min(all), seen_ms: now };
        } else if elapsed >= limit.period() {
            *bucket = full;
        }
        if bucket.tokens < 1.0 {
            let wait_ms = if limit.seconds <= 1 { (1.0 - bucket.tokens) / per_ms } else { (limit.period() - elapsed) as f64 };
            return Err(wait_ms / 1000.0);
        }
        bucket.tokens -= 1.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the limit, and not negative")]
        let requests = bucket.tokens as u32;
        Ok(Left { requests, reset_ms: bucket.seen_ms + limit.period() })
    }
}

#[cfg(test)]
mod tests {
    use super::{Left, Limit, Limiter};

    #[test]
    fn a_burst_of_one_second_passes_and_time_refills() {
        let (mut limiter, four) = (Limiter::default(), ("all", Limit::per_second(4)));
        assert!((0..4).all(|_| limiter.take("a", four, 1_000).is_ok()));
        assert_eq!(limiter.take("a", four, 1_000), Err(0.25));
        assert!(limiter.take("b", four, 1_000).is_ok(), "each token has its own bucket");
        assert!(limiter.take("a", ("others", Limit::per_second(1)), 1_000).is_ok(), "and one for each limit");
        assert!(limiter.take("a", four, 1_250).is_ok());
        assert!(limiter.take("a", four, 1_250).is_err());
        assert!((0..4).all(|_| limiter.take("a", four, 60_000).is_ok()));
        assert!(limiter.take("a", four, 60_000).is_err(), "an idle token saves up no more than a second");
    }

    #[test]
    fn a_period_counts_from_its_start() {
        let (mut limiter, two) = (Limiter::default(), ("feed", Limit::per_minute(2)));
        assert_eq!(limiter.take("a", two, 1_000), Ok(Left { requests: 1, reset_ms: 61_000 }));
        assert_eq!(limiter.take("a", two, 31_000), Ok(Left { requests: 0, reset_ms: 61_000 }));
        assert_eq!(limiter.take("a", two, 60_000), Err(1.0));
        assert_eq!(limiter.take("a", two, 61_000), Ok(Left { requests: 1, reset_ms: 121_000 }));
    }
}
