//! A rate limit per token: a bucket that refills evenly and holds one second's worth.

use std::collections::HashMap;

use crate::world::Millis;

/// The buckets of all tokens.
#[derive(Debug)]
pub(crate) struct Limiter {
    per_second: f64,
    buckets: HashMap<String, Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    seen_ms: Millis,
}

impl Limiter {
    pub(crate) fn new(per_second: u32) -> Self {
        Self { per_second: f64::from(per_second.max(1)), buckets: HashMap::new() }
    }

    /// Takes one request from a token's bucket.
    ///
    /// # Errors
    /// The seconds until the next request is allowed. Only known tokens may be passed, so the map stays small.
    pub(crate) fn take(&mut self, token: &str, now: Millis) -> Result<(), f64> {
        let full = Bucket { tokens: self.per_second, seen_ms: now };
        let bucket = self.buckets.entry(token.to_owned()).or_insert(full);
        let refill = (now - bucket.seen_ms).max(0) as f64 / 1000.0 * self.per_second;
        bucket.tokens = (bucket.tokens + refill).min(self.per_second);
        bucket.seen_ms = now;
        if bucket.tokens < 1.0 {
            return Err((1.0 - bucket.tokens) / self.per_second);
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Limiter;

    #[test]
    fn a_burst_of_one_second_passes_and_time_refills() {
        let mut limiter = Limiter::new(4);
        assert!((0..4).all(|_| limiter.take("a", 1_000).is_ok()));
        assert_eq!(limiter.take("a", 1_000), Err(0.25));
        assert!(limiter.take("b", 1_000).is_ok(), "each token has its own bucket");
        assert!(limiter.take("a", 1_250).is_ok());
        assert!(limiter.take("a", 1_250).is_err());
        assert!((0..4).all(|_| limiter.take("a", 60_000).is_ok()));
        assert!(limiter.take("a", 60_000).is_err(), "an idle token saves up no more than a second");
    }
}
