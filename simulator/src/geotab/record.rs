//! Records of what happened, and their places in a feed.

use serde_json::Value;

use crate::world::Millis;

/// Bits of a version behind the time of arrival: they tell records apart that arrive together.
pub(super) const TIE_BITS: u32 = 20;

/// A span of time `[from, to)`, of arrival or of what happened.
#[derive(Clone, Copy)]
pub(super) struct Window {
    pub(super) from: Millis,
    pub(super) to: Millis,
    pub(super) by_arrival: bool,
}

/// A record, and when it arrived.
pub(super) struct Record {
    arrived: Millis,
    /// Tells records apart that arrive together.
    tie: u64,
    pub(super) body: Value,
}

impl Window {
    /// Whether a record arrives in it, where that is what it is about.
    pub(super) fn holds(self, record: &Record) -> bool {
        !self.by_arrival || (self.from..self.to).contains(&record.arrived)
    }
}

impl Record {
    pub(super) fn new(arrived: Millis, tie: u64, body: Value) -> Self {
        Self { arrived, tie, body }
    }

    /// Where it stands in a feed.
    pub(super) fn version(&self) -> u64 {
        version(self.arrived, self.tie)
    }
}

/// The version of a record that arrives at a time.
pub(super) fn version(arrived: Millis, tie: u64) -> u64 {
    arrived.max(0).cast_unsigned() << TIE_BITS | tie & ((1 << TIE_BITS) - 1)
}

/// Versions are written with 16 digits.
pub(super) fn version_text(version: u64) -> String {
    format!("{version:016x}")
}
