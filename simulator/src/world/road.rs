//! A truck that works a corridor: cycles of driving and rest, one free cycle in seven.

use std::sync::Arc;

use super::Reporting;
use super::duty::{DutySpan, DutyStatus};
use super::geo::shifted;
use super::random::{between, key, mix};
use super::route::Route;
use super::shift::{self, Activity, Step};
use super::trajectory::{Millis, Reading, SegmentTimes, Signal, Signals, Trajectory, place_name, rounded};

/// 2025-01-01T00:00:00Z, when all meters stood at their base value.
pub(super) const METERS_SINCE_MS: Millis = 1_735_689_600_000;

const WEEK_MS: Millis = 7 * 24 * 3_600_000;
const GPS_NOISE_M: f64 = 3.0;
const TANK_RANGE_M: f64 = 1_400_000.0;

/// A truck on a corridor.
#[derive(Debug)]
pub(super) struct Road {
    pub(super) key: u64,
    pub(super) route: Arc<Route>,
    /// One, or two who take turns.
    pub(super) drivers: usize,
    /// When cycle 0 starts.
    pub(super) phase_ms: Millis,
    /// Shifts the free cycles against those of the other trucks.
    pub(super) free_shift: i64,
    pub(super) meters_per_cycle: f64,
    pub(super) odometer_m: f64,
    pub(super) reporting: Reporting,
}

/// One segment, placed in time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    step: Step,
    start_ms: Millis,
    /// Meters and engine seconds since [`METERS_SINCE_MS`].
    before_m: f64,
    before_s: f64,
    /// Engine seconds booked during this segment.
    engine_s: f64,
}

impl Segment {
    fn end_ms(&self) -> Millis {
        self.start_ms + self.step.duration_ms
    }
}

impl Road {
    fn cycle_ms(&self) -> Millis {
        shift::cycle_ms(self.drivers)
    }

    fn cycle_at(&self, at: Millis) -> i64 {
        (at - self.phase_ms).div_euclid(self.cycle_ms())
    }

    /// Position in the week, in cycles; a team's two half-day cycles on the free day are both free.
    fn week_position(&self, cycle: i64) -> (i64, i64, i64) {
        let per_week = WEEK_MS / self.cycle_ms();
        let shifted = cycle + self.free_shift;
        (shifted.div_euclid(per_week), shifted.rem_euclid(per_week), per_week * 6 / 7)
    }

    fn works(&self, cycle: i64) -> bool {
        let (_, position, working) = self.week_position(cycle);
        position < working
    }

    /// Working cycles before this one, counted from [`METERS_SINCE_MS`].
    fn worked_before(&self, cycle: i64) -> i64 {
        let count = |(week, position, working): (i64, i64, i64)| week * working + position.min(working);
        count(self.week_position(cycle)) - count(self.week_position(self.cycle_at(METERS_SINCE_MS)))
    }

    fn segments(&self, cycle: i64) -> Vec<Segment> {
        let cycle_ms = self.cycle_ms();
        let rest = if self.drivers > 1 { Activity::OffDuty } else { Activity::Sleeper };
        let steps = if self.works(cycle) {
            shift::working_cycle(mix(self.key, key(cycle)), cycle_ms, self.meters_per_cycle, rest)
        } else {
            shift::free_cycle(cycle_ms)
        };
        let runs = |step: &Step| step.activity.engine() != super::EngineState::Off;
        let run_ms: Millis = steps.iter().filter(|s| runs(s)).map(|s| s.duration_ms).sum();
        let worked = self.worked_before(cycle) as f64;
        let mut segment_start = self.phase_ms + cycle * cycle_ms;
        let (mut before_m, mut before_s) = (worked * self.meters_per_cycle, worked * shift::ENGINE_SECONDS);
        let place = |step: Step| {
            let engine_s = if runs(&step) { shift::ENGINE_SECONDS * step.duration_ms as f64 / run_ms as f64 } else { 0.0 };
            let segment = Segment { step, start_ms: segment_start, before_m, before_s, engine_s };
            segment_start += step.duration_ms;
            before_m += step.meters;
            before_s += engine_s;
            segment
        };
        steps.into_iter().map(place).collect()
    }

    /// The duty of one seat from the cycle that holds `from` to the one that holds `to`.
    pub(super) fn duty(&self, seat: usize, from: Millis, to: Millis) -> Vec<DutySpan> {
        (self.cycle_at(from)..=self.cycle_at(to)).flat_map(|cycle| self.cycle_duty(seat, cycle)).collect()
    }

    fn cycle_duty(&self, seat: usize, cycle: i64) -> Vec<DutySpan> {
        let at_wheel = i64::try_from(self.drivers.max(1)).map_or(0, |drivers| cycle.rem_euclid(drivers));
        if self.works(cycle) && i64::try_from(seat) != Ok(at_wheel) {
            let start_ms = self.phase_ms + cycle * self.cycle_ms();
            let end_ms = start_ms + self.cycle_ms();
            return vec![DutySpan { start_ms, end_ms, status: DutyStatus::SleeperBed, remark: None }];
        }
        let span = |segment: Segment| DutySpan {
            start_ms: segment.start_ms,
            end_ms: segment.end_ms(),
            status: segment.step.activity.duty(),
            remark: segment.step.activity.remark(),
        };
        self.segments(cycle).into_iter().map(span).collect()
    }

    fn engine_base_s(&self) -> f64 {
        self.odometer_m / 22.0
    }
}

impl Trajectory for Road {
    type Segment = Segment;

    fn segment_at(&self, at: Millis) -> Segment {
        let cycle = self.cycle_at(at);
        let found = self.segments(cycle).into_iter().rfind(|segment| segment.start_ms <= at);
        let whole_cycle = Step { activity: Activity::OffDuty, duration_ms: self.cycle_ms(), meters: 0.0 };
        let start_ms = self.phase_ms + cycle * self.cycle_ms();
        found.unwrap_or(Segment { step: whole_cycle, start_ms, before_m: 0.0, before_s: 0.0, engine_s: 0.0 })
    }

    fn times(&self, segment: &Segment) -> SegmentTimes {
        let interval_ms = if segment.step.activity.moves() { self.reporting.moving_ms } else { self.reporting.parked_ms };
        SegmentTimes { start_ms: segment.start_ms, end_ms: segment.end_ms(), interval_ms }
    }

    fn every(&self, segment: &Segment, signal: Signal) -> i64 {
        match signal {
            Signal::Position => 1,
            Signal::Engine => i64::MAX,
            Signal::Meters if segment.step.activity.moves() => 4,
            Signal::Fuel if segment.step.activity.moves() => 20,
            Signal::Meters | Signal::Fuel => 1,
        }
    }

    fn reading(&self, segment: &Segment, at: Millis, signals: Signals) -> Reading {
        let into_s = (at - segment.start_ms) as f64 / 1000.0;
        let (driven_m, speed_mps) = if segment.step.activity.moves() {
            shift::progress(segment.step.duration_ms, segment.step.meters, into_s)
        } else {
            (0.0, 0.0)
        };
        let share = into_s * 1000.0 / segment.step.duration_ms as f64;
        let meters = segment.before_m + driven_m;
        let noise = |axis| between(mix(self.key, key(at)), axis, -GPS_NOISE_M, GPS_NOISE_M);
        let point = self.route.at(self.odometer_m + meters);
        let (latitude, longitude) = point.map_or((0.0, 0.0), |point| rounded(shifted(point.at, noise(1), noise(2))));
        let odometer_m = to_milli(self.odometer_m + meters);
        Reading {
            at_ms: at,
            latitude,
            longitude,
            heading_deg: point.map_or(0.0, |point| point.heading_deg.round().rem_euclid(360.0)),
            speed_mps,
            odometer_m,
            engine_s: to_milli(self.engine_base_s() + segment.before_s + segment.engine_s * share),
            fuel_percent: fuel_percent(odometer_m),
            engine: segment.step.activity.engine(),
            place: point.map(|point| place_name(Some(self.route.road()), point.town)),
            signals,
        }
    }
}

/// Rounds to thousandths, so that sums in different orders agree and a meter never runs back.
fn to_milli(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// A tank that empties evenly and is filled at 12 %.
pub(super) fn fuel_percent(odometer_m: f64) -> f64 {
    100.0 - 88.0 * odometer_m.rem_euclid(TANK_RANGE_M) / TANK_RANGE_M
}
