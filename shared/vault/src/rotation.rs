//! Which of several signing keys signs.
//!
//! A key is published first and signs later, because verifiers keep the key set that they read: API Gateway does so for two hours,
//! and refuses tokens of a key that it does not know. A deployment that publishes a key makes it before it changes the functions, so
//! a key that is old enough has been published for long enough.

use model::Timestamp;

/// How old a key is when it begins to sign: the two hours, and one for the deployment that made and published it.
pub const PUBLISHED_BEFORE_SECONDS: i64 = 3 * 3_600;

/// The place of the key that signs: the newest that is old enough, else the oldest.
pub(crate) fn signing(made: &[Timestamp], now: Timestamp) -> usize {
    let old_enough = |made: Timestamp| made.plus_seconds(PUBLISHED_BEFORE_SECONDS) <= now;
    let keys = || made.iter().copied().enumerate();
    let newest = keys().filter(|(_, made)| old_enough(*made)).max_by_key(|(_, made)| *made);
    newest.or_else(|| keys().min_by_key(|(_, made)| *made)).map_or(0, |(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_signs_when_verifiers_know_it() {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let check = |minutes_ago: &[i64], expected: usize| {
            let made: Vec<Timestamp> = minutes_ago.iter().map(|minutes| now.plus_seconds(-minutes * 60)).collect();
            assert_eq!(signing(&made, now), expected, "{minutes_ago:?}");
        };
        check(&[90_000], 0);
        // The first deployment has nothing else.
        check(&[0], 0);
        check(&[90_000, 5], 0);
        check(&[90_000, 179], 0);
        check(&[90_000, 180], 1);
        // The order in which keys are named does not matter.
        check(&[179, 90_000], 1);
        check(&[180, 90_000], 0);
        check(&[5, 10], 1);
        assert_eq!(signing(&[], now), 0);
    }
}
