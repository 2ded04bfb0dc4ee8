//! The ladders: three fast tries within about five seconds, then ever slower ones for a day.

use std::time::Duration;

use model::Timestamp;

/// How long a message is tried, from its first try.
pub const LIFE: Duration = Duration::from_hours(24);
/// Tries on the fast ladder.
pub const FAST_TRIES: u32 = 3;
/// The share by which slow steps are spread, either way.
pub const SPREAD: f64 = 0.2;

/// Waits after attempt 1, 2, 3, ... in seconds; the first two are the fast ladder.
const STEPS: [u32; 9] = [1, 3, 60, 300, 900, 3_600, 10_800, 21_600, 43_200];

/// How long to wait after `attempt` (1 = the first of this round) failed at `now`; `None` = no more tries.
///
/// `retry_after` is a lower bound. `jitter` in -1..=1 spreads slow steps by up to a fifth. A step that would end after
/// the last instant is brought forward to it, so the day is used up, but a lower bound beyond it ends the ladder.
#[must_use]
pub fn next_delay(
    attempt: u32,
    first_try: Timestamp,
    now: Timestamp,
    retry_after: Option<Timestamp>,
    jitter: f64,
) -> Option<Duration> {
    let index = usize::try_from(attempt.checked_sub(1)?).ok()?;
    let step = spread(attempt, f64::from(*STEPS.get(index)?), jitter);
    let elapsed = now.seconds_since(first_try).max(0.0);
    let left = LIFE.as_secs_f64() - elapsed;
    let least = retry_after.map_or(0.0, |instant| instant.seconds_since(now).max(0.0));
    if left <= 0.0 || least > left {
        return None;
    }
    Duration::try_from_secs_f64(step.min(left).max(least)).ok()
}

fn spread(attempt: u32, step: f64, jitter: f64) -> f64 {
    if attempt < FAST_TRIES { step } else { step * (1.0 + SPREAD * jitter.clamp(-1.0, 1.0)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn start() -> Timestamp {
        Timestamp::parse("2026-11-21T05:00:00Z").unwrap()
    }

    /// Waits in whole seconds when every try fails at once.
    fn walk(jitter: f64) -> Vec<i64> {
        let mut now = start();
        let mut waits = Vec::new();
        while let Some(wait) = next_delay(u32::try_from(waits.len()).unwrap() + 1, start(), now, None, jitter) {
            let seconds = wait.as_secs_f64().round().to_string().parse().unwrap();
            now = now.plus_seconds(seconds);
            waits.push(seconds);
        }
        waits
    }

    #[test]
    fn the_ladder_has_the_published_steps() {
        assert_eq!(walk(0.0), [1, 3, 60, 300, 900, 3_600, 10_800, 21_600, 43_200]);
        assert_eq!(walk(-1.0), [1, 3, 48, 240, 720, 2_880, 8_640, 17_280, 34_560]);
        let slow = walk(1.0);
        assert_eq!(slow[..8], [1, 3, 72, 360, 1_080, 4_320, 12_960, 25_920]);
        assert_eq!(slow.iter().sum::<i64>(), 86_400, "the last step is cut at the end of the day");
    }

    #[test]
    fn retry_after_is_a_lower_bound() {
        let wait = |attempt, seconds| next_delay(attempt, start(), start(), Some(start().plus_seconds(seconds)), 0.0);
        assert_eq!(wait(1, 30), Some(Duration::from_secs(30)));
        assert_eq!(wait(4, 30), Some(Duration::from_mins(5)));
        assert_eq!(wait(1, -30), Some(Duration::from_secs(1)));
        assert_eq!(wait(1, 86_400), Some(LIFE));
        assert_eq!(wait(1, 86_401), None);
    }

    #[test]
    fn attempts_outside_the_ladder_are_not_followed() {
        assert_eq!(next_delay(0, start(), start(), None, 0.0), None);
        assert_eq!(next_delay(10, start(), start(), None, 0.0), None);
        assert_eq!(next_delay(3, start(), start().plus_seconds(86_400), None, 0.0), None);
    }

    proptest! {
        #[test]
        fn steps_stay_within_their_bounds(attempt in 1..=9_u32, gone in 0..90_000_i64, jitter in -1.5..1.5_f64, after in proptest::option::of(-100..100_000_i64)) {
            let now = start().plus_seconds(gone);
            let bound = after.map(|seconds| now.plus_seconds(seconds));
            let step = f64::from(STEPS[usize::try_from(attempt).unwrap() - 1]);
            if let Some(wait) = next_delay(attempt, start(), now, bound, jitter) {
                let wait = wait.as_secs_f64();
                let least = f64::from(i32::try_from(after.unwrap_or(0).max(0)).unwrap());
                let left = f64::from(i32::try_from(86_400 - gone).unwrap());
                prop_assert!(wait >= least && wait <= left + 1e-6);
                prop_assert!(wait <= (step * 1.2).max(least) + 1e-6);
                prop_assert!(wait >= (step * 0.8).min(left) - 1e-6);
            } else {
                prop_assert!(gone >= 86_400 || after.unwrap_or(0) > 86_400 - gone);
            }
        }
    }
}
