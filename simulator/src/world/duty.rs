//! Hours-of-service statuses over time.

use super::trajectory::Millis;

/// Longer than any unbroken status that the world can produce.
pub(super) const LONGEST_SPAN_MS: Millis = 3 * 24 * 3_600_000;

/// What a driver does, in the terms of 49 CFR 395.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DutyStatus {
    /// Not working.
    OffDuty,
    /// Resting in the sleeper berth.
    SleeperBed,
    /// At the wheel.
    Driving,
    /// Working, not driving.
    OnDuty,
    /// Driving off duty.
    PersonalConveyance,
}

impl DutyStatus {
    /// Whether the status counts as rest.
    pub(super) fn rests(self) -> bool {
        matches!(self, Self::OffDuty | Self::SleeperBed)
    }

    /// Whether the status counts towards the hours of work.
    pub(crate) fn works(self) -> bool {
        matches!(self, Self::Driving | Self::OnDuty)
    }
}

/// One unbroken status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutySpan {
    /// When it starts.
    pub start_ms: Millis,
    /// When it ends, exclusive; may lie in the future.
    pub end_ms: Millis,
    /// The status.
    pub status: DutyStatus,
    /// What the driver typed.
    pub remark: Option<&'static str>,
}

/// Joins neighbors of equal status; the first remark stays.
pub(super) fn merge(spans: Vec<DutySpan>) -> Vec<DutySpan> {
    let mut merged: Vec<DutySpan> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if last.status == span.status && last.end_ms == span.start_ms => last.end_ms = span.end_ms,
            _ => merged.push(span),
        }
    }
    merged
}
