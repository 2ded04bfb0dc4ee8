//! The remaining hours of a driver under the 70-hour/8-day property-carrying rules of 49 CFR 395.3, simplified: no split
//! sleeper berth, no exemptions.

use super::duty::DutySpan;
use super::duty::DutyStatus;
use super::trajectory::Millis;

const HOUR_MS: Millis = 3_600_000;
const DRIVE_LIMIT_MS: Millis = 11 * HOUR_MS;
const SHIFT_LIMIT_MS: Millis = 14 * HOUR_MS;
const BREAK_LIMIT_MS: Millis = 8 * HOUR_MS;
const CYCLE_LIMIT_MS: Millis = 70 * HOUR_MS;
const CYCLE_DAYS_MS: Millis = 8 * 24 * HOUR_MS;
const DAILY_REST_MS: Millis = 10 * HOUR_MS;
const RESTART_MS: Millis = 34 * HOUR_MS;
const PAUSE_MS: Millis = HOUR_MS / 2;

/// How far back the clocks have to look.
pub(super) const LOOK_BACK_MS: Millis = CYCLE_DAYS_MS + 2 * 24 * HOUR_MS;

/// What is left of a driver's hours, in milliseconds, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HosClocks {
    /// Driving time until a 30-minute break is due.
    pub until_break_ms: Millis,
    /// Driving time left in this shift.
    pub drive_ms: Millis,
    /// Time left in this shift.
    pub shift_ms: Millis,
    /// Work time left in this cycle.
    pub cycle_ms: Millis,
    /// Work time that will be left at the same hour tomorrow.
    pub cycle_tomorrow_ms: Millis,
    /// When this cycle started.
    pub cycle_started_ms: Millis,
    /// How long the driver has driven past the shift or driving limit.
    pub shift_violation_ms: Millis,
    /// How long the driver has worked past the cycle limit.
    pub cycle_violation_ms: Millis,
    /// The status now; absent when the driver's app is not connected.
    pub status: Option<DutyStatus>,
}

#[derive(Debug, Default)]
struct Tally {
    since_break_ms: Millis,
    driven_ms: Millis,
    shift_from: Option<Millis>,
    rest_ms: Millis,
    pause_ms: Millis,
    cycle_from: Option<Millis>,
}

impl Tally {
    fn add(&mut self, span: &DutySpan, now: Millis) {
        let length_ms = span.end_ms.min(now) - span.start_ms;
        if span.status.rests() {
            self.rest(length_ms, span.end_ms.min(now))
        } else {
            self.rest_ms = 0
        }
        self.pause_ms = if span.status == DutyStatus::Driving { 0 } else { self.pause_ms + length_ms };
        if self.pause_ms >= PAUSE_MS {
            self.since_break_ms = 0;
        }
        if span.status.works() {
            self.shift_from.get_or_insert(span.start_ms);
            self.cycle_from.get_or_insert(span.start_ms);
        }
        if span.status == DutyStatus::Driving {
            self.driven_ms += length_ms;
            self.since_break_ms += length_ms;
        }
    }

    fn rest(&mut self, length_ms: Millis, until: Millis) {
        self.rest_ms += length_ms;
        if self.rest_ms >= DAILY_REST_MS {
            self.shift_from = None;
            self.driven_ms = 0;
        }
        if self.rest_ms >= RESTART_MS {
            self.cycle_from = Some(until);
        }
    }
}

/// The clocks at `now` from the spans of at least [`LOOK_BACK_MS`] before it.
pub(super) fn at(spans: &[DutySpan], now: Millis) -> HosClocks {
    let mut tally = Tally::default();
    spans.iter().for_each(|span| tally.add(span, now));
    let window_start = now - CYCLE_DAYS_MS;
    let cycle_started_ms = tally.cycle_from.unwrap_or(window_start).max(window_start);
    let worked_since = |from: Millis| -> Millis {
        let part = |span: &DutySpan| (span.end_ms.min(now) - span.start_ms.max(from)).max(0);
        spans.iter().filter(|span| span.status.works()).map(part).sum()
    };
    let worked_ms = worked_since(cycle_started_ms);
    let tomorrow_from = (window_start + 24 * HOUR_MS).max(cycle_started_ms);
    let shift_ms = tally.shift_from.map_or(0, |from| now - from);
    let over = |used: Millis, limit: Millis| (used - limit).max(0);
    let left = |used: Millis, limit: Millis| (limit - used).max(0);
    let at_wheel = spans.last().is_some_and(|span| span.status == DutyStatus::Driving);
    let shift_over_ms = if at_wheel { over(shift_ms, SHIFT_LIMIT_MS) } else { 0 };
    HosClocks {
        until_break_ms: left(tally.since_break_ms, BREAK_LIMIT_MS),
        drive_ms: left(tally.driven_ms, DRIVE_LIMIT_MS),
        shift_ms: left(shift_ms, SHIFT_LIMIT_MS),
        cycle_ms: left(worked_ms, CYCLE_LIMIT_MS),
        cycle_tomorrow_ms: left(worked_since(tomorrow_from), CYCLE_LIMIT_MS),
        cycle_started_ms,
        shift_violation_ms: over(tally.driven_ms, DRIVE_LIMIT_MS).max(shift_over_ms),
        cycle_violation_ms: over(worked_ms, CYCLE_LIMIT_MS),
        status: spans.last().map(|span| span.status),
    }
}

#[cfg(test)]
mod tests {
    use super::{HOUR_MS, HosClocks, at};
    use crate::world::duty::{DutySpan, DutyStatus};

    fn check(plan: &[(DutyStatus, i64)]) -> HosClocks {
        let mut start_ms = 0;
        let mut spans = Vec::new();
        for (status, hours) in plan {
            let end_ms = start_ms + hours * HOUR_MS;
            spans.push(DutySpan { start_ms, end_ms, status: *status, remark: None });
            start_ms = end_ms;
        }
        at(&spans, start_ms)
    }

    #[test]
    fn work_uses_every_clock() {
        let clocks = check(&[(DutyStatus::OffDuty, 40), (DutyStatus::OnDuty, 1), (DutyStatus::Driving, 3)]);
        assert_eq!(clocks.drive_ms, 8 * HOUR_MS);
        assert_eq!(clocks.shift_ms, 10 * HOUR_MS);
        assert_eq!(clocks.until_break_ms, 5 * HOUR_MS);
        assert_eq!(clocks.cycle_ms, 66 * HOUR_MS);
        assert_eq!(clocks.shift_violation_ms, 0);
    }

    #[test]
    fn ten_hours_of_rest_reset_the_shift_but_not_the_cycle() {
        let clocks = check(&[(DutyStatus::Driving, 9), (DutyStatus::OffDuty, 4), (DutyStatus::SleeperBed, 6)]);
        assert_eq!(clocks.drive_ms, 11 * HOUR_MS);
        assert_eq!(clocks.shift_ms, 14 * HOUR_MS);
        assert_eq!(clocks.cycle_ms, 61 * HOUR_MS);
    }

    #[test]
    fn driving_past_the_limit_is_a_violation() {
        let clocks = check(&[(DutyStatus::SleeperBed, 10), (DutyStatus::Driving, 12)]);
        assert_eq!((clocks.drive_ms, clocks.shift_violation_ms), (0, HOUR_MS));
    }
}
