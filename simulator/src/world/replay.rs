//! A truck that repeats one recorded day for ever. The recorded points keep their times and glitches; in the gaps the truck
//! stands where it was last seen and reports as a parked one.

use super::Reporting;
use super::duty::{DutySpan, DutyStatus};
use super::road::{METERS_SINCE_MS, fuel_percent};
use super::route::nearest_town;
use super::trace::{DAY_MS, Track, TrackPoint};
use super::trajectory::{EngineState, Millis, Reading, SegmentTimes, Signal, Signals, Trajectory, place_name, rounded};

const STANDING_MPS: f64 = 1.0;
/// A recorded pause longer than this ends a drive.
const DRIVE_GAP_MS: Millis = 30 * 60_000;
/// A recorded pause longer than this is spent in the sleeper berth.
const SLEEP_GAP_MS: Millis = 7 * 3_600_000;
const SHORTEST_DRIVE_MS: Millis = 60_000;

/// How fast the trace clock runs, in thousandths: whole numbers keep the mapping of times exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace(i64);

impl Pace {
    /// Between one thousandth and a hundredfold; anything else is brought into that range.
    pub(super) fn new(factor: f64) -> Self {
        Self(super::geo::whole((factor * 1000.0).round()).clamp(1, 100_000))
    }

    fn trace_ms(self, at: Millis) -> Millis {
        (at * self.0).div_euclid(1000)
    }

    /// The first moment at which the trace clock shows `trace_ms` or more.
    fn moment(self, trace_ms: Millis) -> Millis {
        -(-trace_ms * 1000).div_euclid(self.0)
    }
}

/// A truck on a recorded track.
#[derive(Debug)]
pub(super) struct Replay {
    pub(super) track: Track,
    pub(super) pace: Pace,
    pub(super) odometer_m: f64,
    pub(super) reporting: Reporting,
}

/// From one recorded point to the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    lap: i64,
    point: TrackPoint,
    start_ms: Millis,
    end_ms: Millis,
}

impl Replay {
    fn moment(&self, lap: i64, time_ms: Millis) -> Millis {
        self.pace.moment(lap * DAY_MS + time_ms)
    }

    fn segment(&self, lap: i64, index: usize) -> Option<Segment> {
        let point = *self.track.points.get(index)?;
        let end_ms = match self.track.points.get(index + 1) {
            Some(next) => self.moment(lap, next.time_ms),
            None => self.moment(lap + 1, self.track.points.first()?.time_ms),
        };
        Some(Segment { lap, point, start_ms: self.moment(lap, point.time_ms), end_ms })
    }

    /// The driver's duty in every lap that touches `[from, to)`.
    pub(super) fn duty(&self, from: Millis, to: Millis) -> Vec<DutySpan> {
        let (first, last) = (self.pace.trace_ms(from).div_euclid(DAY_MS), self.pace.trace_ms(to).div_euclid(DAY_MS));
        (first - 1..=last).flat_map(|lap| self.lap_duty(lap)).collect()
    }

    /// Drives and the rests after them, from the first point of a lap to the first point of the next.
    fn lap_duty(&self, lap: i64) -> Vec<DutySpan> {
        let Some(first) = self.track.points.first() else { return Vec::new() };
        let next_lap = first.time_ms + DAY_MS;
        let followers = self.track.points.iter().skip(1).map(|point| point.time_ms).chain([next_lap]);
        let mut spans = Vec::new();
        let mut drive_from = first.time_ms;
        for (point, next) in self.track.points.iter().zip(followers) {
            let gap = next - point.time_ms;
            if gap <= DRIVE_GAP_MS && next != next_lap {
                continue;
            }
            let drive_to = point.time_ms.max(drive_from + SHORTEST_DRIVE_MS).min(next);
            let rest = if gap > SLEEP_GAP_MS { DutyStatus::SleeperBed } else { DutyStatus::OffDuty };
            spans.push(self.span(lap, drive_from, drive_to, DutyStatus::Driving));
            spans.push(self.span(lap, drive_to, next, rest));
            drive_from = next;
        }
        spans.retain(|span| span.start_ms < span.end_ms);
        spans
    }

    fn span(&self, lap: i64, from: Millis, to: Millis, status: DutyStatus) -> DutySpan {
        DutySpan { start_ms: self.moment(lap, from), end_ms: self.moment(lap, to), status, remark: None }
    }
}

impl Trajectory for Replay {
    type Segment = Segment;

    fn segment_at(&self, at: Millis) -> Segment {
        let trace_ms = self.pace.trace_ms(at);
        let (lap, time_ms) = (trace_ms.div_euclid(DAY_MS), trace_ms.rem_euclid(DAY_MS));
        let passed = self.track.points.partition_point(|point| point.time_ms <= time_ms);
        let found = match passed.checked_sub(1) {
            Some(index) => self.segment(lap, index),
            None => self.segment(lap - 1, self.track.points.len().saturating_sub(1)),
        };
        let nowhere = TrackPoint {
            time_ms,
            at: super::geo::LatLon { lat: 0.0, lon: 0.0 },
            heading_deg: 0.0,
            speed_mps: 0.0,
            driven_m: 0.0,
            engine_ms: 0,
        };
        found.unwrap_or(Segment { lap, point: nowhere, start_ms: at, end_ms: at + DAY_MS })
    }

    fn times(&self, segment: &Segment) -> SegmentTimes {
        SegmentTimes { start_ms: segment.start_ms, end_ms: segment.end_ms, interval_ms: self.reporting.parked_ms }
    }

    fn every(&self, _segment: &Segment, _signal: Signal) -> i64 {
        1
    }

    fn reading(&self, segment: &Segment, at: Millis, signals: Signals) -> Reading {
        let recorded = at == segment.start_ms;
        let moves = recorded && segment.point.speed_mps > STANDING_MPS;
        let laps = (segment.lap - self.pace.trace_ms(METERS_SINCE_MS).div_euclid(DAY_MS)) as f64;
        let odometer_m = self.odometer_m + laps * self.track.driven_m() + segment.point.driven_m;
        let engine_ms = laps * self.track.engine_ms() as f64 + segment.point.engine_ms as f64;
        let (latitude, longitude) = rounded(segment.point.at);
        Reading {
            at_ms: at,
            latitude,
            longitude,
            heading_deg: segment.point.heading_deg.round().rem_euclid(360.0),
            speed_mps: if moves { segment.point.speed_mps } else { 0.0 },
            odometer_m,
            engine_s: self.odometer_m / 12.0 + engine_ms / self.pace.0 as f64,
            fuel_percent: fuel_percent(odometer_m),
            engine: match (recorded, moves) {
                (true, true) => EngineState::On,
                (true, false) => EngineState::Idle,
                (false, _) => EngineState::Off,
            },
            place: nearest_town(segment.point.at).map(|town| place_name(None, town)),
            signals,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY_MS, Pace, Replay};
    use crate::world::trace::{read, tests};
    use crate::world::trajectory::{Signal, latest, readings};
    use crate::world::{Reporting, duty};

    const REPORTING: Reporting = Reporting { moving_ms: 15_000, parked_ms: 300_000 };
    /// 2026-03-01T00:00:00Z.
    const MIDNIGHT: i64 = 1_772_323_200_000;
    /// The first row of the test trace is at 10:00:08.
    const FIRST: i64 = 36_008_000;

    fn replay(factor: f64) -> Replay {
        let file = tests::packed(tests::ROWS);
        let track = read(file.path()).unwrap().remove(0);
        Replay { track, pace: Pace::new(factor), odometer_m: 1_000_000.0, reporting: REPORTING }
    }

    #[test]
    fn recorded_points_play_at_their_time_of_day() {
        let replay = replay(1.0);
        let found = readings(&replay, MIDNIGHT + FIRST, MIDNIGHT + FIRST + 240_000, 100);
        let times: Vec<_> = found.iter().map(|r| r.at_ms - MIDNIGHT - FIRST).collect();
        assert_eq!(times, [0, 60_000, 120_000, 180_000]);
        assert_eq!(found[1].longitude, -122.38488);
        assert_eq!(found[1].place.as_deref(), Some("San Francisco, CA"));
    }

    #[test]
    fn any_moment_has_data_and_the_next_day_repeats() {
        let replay = replay(1.0);
        let early = latest(&replay, MIDNIGHT + 5_000, Signal::Position);
        assert!(early.at_ms > MIDNIGHT - 300_000 && early.speed_mps == 0.0);
        let today = latest(&replay, MIDNIGHT + FIRST + 61_000, Signal::Position);
        let tomorrow = latest(&replay, MIDNIGHT + DAY_MS + FIRST + 61_000, Signal::Position);
        assert_eq!(today.latitude, tomorrow.latitude);
        assert!(tomorrow.odometer_m > today.odometer_m);
    }

    #[test]
    fn every_pace_finds_each_point_exactly_once() {
        for factor in [0.5, 1.0, 1.5, 3.0, 7.0, 33.333, 100.0] {
            let replay = replay(factor);
            let lap = replay.pace.trace_ms(MIDNIGHT).div_euclid(DAY_MS) + 1;
            let (from, to) = (replay.moment(lap, 0), replay.moment(lap + 1, 0));
            let whole = readings(&replay, from, to, 100_000);
            let moving = whole.iter().filter(|r| r.speed_mps > 1.0).count();
            assert_eq!(moving, 3, "at {factor}");
            let halves = [readings(&replay, from, from + 7_777, 100_000), readings(&replay, from + 7_777, to, 100_000)];
            assert_eq!(whole, halves.concat(), "at {factor}");
        }
    }

    #[test]
    fn duty_follows_the_recorded_pauses_without_a_hole() {
        let spans = duty::merge(replay(1.0).duty(MIDNIGHT, MIDNIGHT + 2 * DAY_MS));
        assert!(spans.windows(2).all(|pair| pair[0].end_ms == pair[1].start_ms), "{spans:?}");
        assert!(spans.iter().any(|span| span.status == duty::DutyStatus::SleeperBed));
    }
}
