//! Repeatable randomness: a hash of numbers, because a generator's state would tie a position to the order of requests.

use super::geo::whole;
use super::trajectory::Millis;

/// Mixes two numbers into one that looks random (the SplitMix64 finalizer).
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_add(b.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A share in `[0, 1)` drawn from a mixed number.
pub(crate) fn share(mixed: u64) -> f64 {
    (mixed >> 11) as f64 / 9_007_199_254_740_992.0
}

/// A number between `low` and `high`, drawn from two keys.
pub(super) fn between(a: u64, b: u64, low: f64, high: f64) -> f64 {
    low + (high - low) * share(mix(a, b))
}

/// Whole seconds between two bounds, as milliseconds.
pub(super) fn seconds(a: u64, b: u64, low: f64, high: f64) -> Millis {
    whole(between(a, b, low, high)) * 1000
}

/// Picks an entry of a table.
pub(super) fn pick<T>(table: &[T], a: u64, b: u64) -> Option<&T> {
    let len = u64::try_from(table.len()).ok().filter(|len| *len > 0)?;
    table.get(usize::try_from(mix(a, b) % len).ok()?)
}

/// The bits of a time or an index, for use as a key.
pub(crate) fn key(value: i64) -> u64 {
    value.cast_unsigned()
}
