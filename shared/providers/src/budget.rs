//! Request budgets as adapters know them: each request asks for its turn under the limit that it counts against, and tells what the
//! provider said of that limit.

use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use http::header::DATE;
use model::Timestamp;
pub use model::budget::{Division, Lane, Rate};
use webhooks::outcome::parse_retry_after;

use crate::provider::Provider;
use crate::{Api, BoxFuture, ProviderError};

/// The request budget of an account, shared by all who ask it.
pub trait Budget: Sync {
    /// Waits until so many requests may be sent under a limit.
    ///
    /// # Errors
    /// How long to wait, where that is longer than the caller has. Nothing may be sent then.
    fn admit(&self, rate: Rate, lane: Lane, requests: u32) -> BoxFuture<'_, Result<(), Duration>>;

    /// Takes note of what the provider said of a limit.
    fn learn(&self, rate: Rate, told: Told) -> BoxFuture<'_, ()>;
}

impl fmt::Debug for dyn Budget + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Budget")
    }
}

/// What a provider says of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It refused a request, and asks to wait.
    Refused(Duration),
    /// Nothing is left for so long.
    UsedUp(Duration),
}

/// No budget: for credentials that are tried before it is known whose account they open, and for tests.
#[derive(Clone, Copy, Debug)]
pub struct Unlimited;

impl Budget for Unlimited {
    fn admit(&self, _: Rate, _: Lane, _: u32) -> BoxFuture<'_, Result<(), Duration>> {
        Box::pin(async { Ok(()) })
    }

    fn learn(&self, _: Rate, _: Told) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

impl<P: Provider> Api<'_, P> {
    /// Waits for the turn of some requests.
    ///
    /// # Errors
    /// [`ProviderError::RateLimited`] without a response, where that is too long.
    pub(crate) async fn admit(&self, rate: Rate, requests: u32) -> Result<(), ProviderError> {
        let admitted = self.budget.admit(rate, self.lane, requests).await;
        admitted.map_err(|retry_after| ProviderError::RateLimited { retry_after, response: None })
    }

    /// Takes note of what a response tells of its limit.
    pub(crate) async fn learn<T>(&self, rate: Rate, headers: &HeaderMap, result: &Result<T, ProviderError>) {
        let told = match result {
            Err(ProviderError::RateLimited { retry_after, .. }) => Some(Told::Refused(*retry_after)),
            _ => used_up(headers).map(Told::UsedUp),
        };
        if let Some(told) = told {
            self.budget.learn(rate, told).await;
        }
    }
}

/// The names of a header in the forms that providers use.
type Names = [&'static str; 3];

const REMAINING: Names = ["x-rate-limit-remaining", "x-ratelimit-remaining", "ratelimit-remaining"];
const RESET: Names = ["x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset"];
/// The longest that a limit may say that nothing is left.
const LONGEST: Duration = Duration::from_secs(3_600);
/// Larger numbers are instants, smaller ones are waits.
const FIRST_INSTANT: f64 = 1e9;

/// For how long nothing is left of a limit, by the headers of a response; `None` where something is.
fn used_up(headers: &HeaderMap) -> Option<Duration> {
    let text = |names: Names| names.iter().find_map(|name| headers.get(*name)?.to_str().ok()).map(str::trim);
    let left: f64 = text(REMAINING)?.parse().ok()?;
    if left >= 1.0 {
        return None;
    }
    let reset = text(RESET)?;
    let epoch = Timestamp::from_micros(0);
    // What counts is the time by the provider's own clock.
    let sent = || parse_retry_after(headers.get(DATE)?.to_str().ok()?, epoch);
    let seconds = match reset.parse::<f64>() {
        Ok(instant) if instant >= FIRST_INSTANT => instant - sent()?.seconds_since(epoch),
        Ok(wait) => wait,
        Err(_) => Timestamp::parse(reset).or_else(|| parse_retry_after(reset, epoch))?.seconds_since(sent()?),
    };
    Duration::try_from_secs_f64(seconds).ok().map(|wait| wait.min(LONGEST)).filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn headers_tell_for_how_long_nothing_is_left() {
        type Headers = &'static [(&'static str, &'static str)];
        let cases: [(Headers, Option<u64>); 8] = [
            (
                &[("x-rate-limit-limit", "1m"), ("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", "2026-11-26T12:00:42Z")],
                Some(42),
            ),
            (&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795694407")], Some(7)),
            (&[("ratelimit-remaining", "0"), ("ratelimit-reset", "30")], Some(30)),
            (&[("ratelimit-remaining", "0"), ("ratelimit-reset", "Thu, 26 Nov 2026 12:00:09 GMT")], Some(9)),
            (&[("ratelimit-remaining", "0"), ("ratelimit-reset", "90000")], Some(3_600)),
            (&[("ratelimit-remaining", "1"), ("ratelimit-reset", "30")], None),
            (&[("ratelimit-remaining", "0"), ("ratelimit-reset", "2026-11-26T11:00:00Z")], None),
            (&[("ratelimit-remaining", "0")], None),
        ];
        for (told, expected) in cases {
            let headers = told
                .iter()
                .map(|(name, value)| (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap()));
            let date = (DATE, HeaderValue::from_static("Thu, 26 Nov 2026 12:00:00 GMT"));
            let headers: HeaderMap = headers.chain([date]).collect();
            assert_eq!(used_up(&headers).map(|wait| wait.as_secs()), expected, "{told:?}");
        }
    }
}
