//! The retry schedule: three attempts within about five seconds, then ever longer delays for a day.

use std::time::Duration;

use model::Timestamp;

/// How long a message is retried, from its first attempt.
pub const MAX_AGE: Duration = Duration::from_hours(24);
/// Attempts before the delays become long.
pub const FAST_ATTEMPTS: u32 = 3;
/// The share by which long delays vary, either way.
pub const JITTER: f64 = 0.2;

/// Delays after attempt 1, 2, 3, ... in seconds.
const DELAYS: [u32; 9] = [1, 3, 60, 300, 900, 3_600, 10_800, 21_600, 43_200];

/// How long to wait after `attempt` (1 = the first of this round) failed at `now`; `None` = no more attempts.
///
/// `retry_after` is a lower bound. `jitter` in -1..=1 varies long delays by up to a fifth. A delay that would end
/// after the last instant is cut to it, so the day is used up, but a lower bound beyond it ends the schedule.
#[must_use]
pub fn next_delay(
    attempt: u32,
    first_attempt: Timestamp,
    now: Timestamp,
    retry_after: Option<Timestamp>,
    jitter: f64,
) -> Option<Duration> {
    let index = usize::try_from(attempt.checked_sub(1)?).ok()?;
    let delay = with_jitter(attempt, f64::from(*DELAYS.get(index)?), jitter);
    let elapsed = now.seconds_since(first_attempt).max(0.0);
    let left = MAX_AGE.as_secs_f64() - elapsed;
    let least = retry_after.map_or(0.0, |instant| instant.seconds_since(now).max(0.0));
    if left <= 0.0 || least > left {
        return None;
    }
    Duration::try_from_secs_f64(delay.min(left).max(least)).ok()
}

fn with_jitter(attempt: u32, delay: f64, jitter: f64) -> f64 {
    if attempt < FAST_ATTEMPTS { delay } else { delay * (1.0 + JITTER * jitter.clamp(-1.0, 1.0)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn start() -> Timestamp {
        Timestamp::parse("2026-11-21T05:00:00Z").unwrap()
    }

    /// Delays in whole seconds if every attempt fails at once.
    fn schedule(jitter: f64) -> Vec<i64> {
        let mut now = start();
        let mut delays = Vec::new();
        while let Some(wait) = next_delay(u32::try_from(delays.len()).unwrap() + 1, start(), now, None, jitter) {
            let seconds = wait.as_secs_f64().round().to_string().parse().unwrap();
            now = now.plus_seconds(seconds);
            delays.push(seconds);
        }
        delays
    }

    #[test]
    fn the_schedule_has_the_published_delays() {
        assert_eq!(schedule(0.0), [1, 3, 60, 300, 900, 3_600, 10_800, 21_600, 43_200]);
        assert_eq!(schedule(-1.0), [1, 3, 48, 240, 720, 2_880, 8_640, 17_280, 34_560]);
        let slow = schedule(1.0);
        assert_eq!(slow[..8], [1, 3, 72, 360, 1_080, 4_320, 12_960, 25_920]);
        assert_eq!(slow.iter().sum::<i64>(), 86_400, "the last delay is cut at the end of the day");
    }

    #[test]
    fn retry_after_is_a_lower_bound() {
        let wait = |attempt, seconds| next_delay(attempt, start(), start(), Some(start().plus_seconds(seconds)), 0.0);
        assert_eq!(wait(1, 30), Some(Duration::from_secs(30)));
        assert_eq!(wait(4, 30), Some(Duration::from_mins(5)));
        assert_eq!(wait(1, -30), Some(Duration::from_secs(1)));
        assert_eq!(wait(1, 86_400), Some(MAX_AGE));
        assert_eq!(wait(1, 86_401), None);
    }

    #[test]
    fn attempts_outside_the_schedule_are_not_retried() {
        assert_eq!(next_delay(0, start(), start(), None, 0.0), None);
        assert_eq!(next_delay(10, start(), start(), None, 0.0), None);
        assert_eq!(next_delay(3, start(), start().plus_seconds(86_400), None, 0.0), None);
    }

    proptest! {
        #[test]
        fn delays_stay_within_their_bounds(attempt in 1..=9_u32, gone in 0..90_000_i64, jitter in -1.5..1.5_f64, after in proptest::option::of(-100..100_000_i64)) {
            let now = start().plus_seconds(gone);
            let bound = after.map(|seconds| now.plus_seconds(seconds));
            let delay = f64::from(DELAYS[usize::try_from(attempt).unwrap() - 1]);
            if let Some(wait) = next_delay(attempt, start(), now, bound, jitter) {
                let wait = wait.as_secs_f64();
                let least = f64::from(i32::try_from(after.unwrap_or(0).max(0)).unwrap());
                let left = f64::from(i32::try_from(86_400 - gone).unwrap());
                prop_assert!(wait >= least && wait <= left + 1e-6);
                prop_assert!(wait <= (delay * 1.2).max(least) + 1e-6);
                prop_assert!(wait >= (delay * 0.8).min(left) - 1e-6);
            } else {
                prop_assert!(gone >= 86_400 || after.unwrap_or(0) > 86_400 - gone);
            }
        }
    }
}
