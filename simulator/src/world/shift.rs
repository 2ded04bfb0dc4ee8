//! One work cycle of a truck: what happens in which order, for how long and over how many meters.

use std::f64::consts::TAU;

use super::duty::DutyStatus;
use super::random::{between, mix, seconds, share};
use super::trajectory::{EngineState, Millis};

const HOUR_MS: Millis = 3_600_000;
const MINUTE_S: f64 = 60.0;
const RAMP_S: f64 = 60.0;
const SPEED_WAVE: f64 = 0.07;
const WAVE_LENGTH_S: f64 = 700.0;
const PERSONAL_MOVE_M: f64 = 5_000.0;

/// Engine seconds booked per cycle: below the shortest real run time, so that the meter never outruns the clock.
pub(super) const ENGINE_SECONDS: f64 = 29_880.0;

/// What truck and driver do in one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    PreTrip,
    Driving,
    RoadStop,
    MealBreak,
    Loading,
    PostTrip,
    PersonalMove,
    OffDuty,
    Sleeper,
}

impl Activity {
    pub(super) fn moves(self) -> bool {
        matches!(self, Self::Driving | Self::PersonalMove)
    }

    pub(super) fn engine(self) -> EngineState {
        match self {
            Self::Driving | Self::PersonalMove => EngineState::On,
            Self::PreTrip | Self::RoadStop | Self::PostTrip => EngineState::Idle,
            Self::MealBreak | Self::Loading | Self::OffDuty | Self::Sleeper => EngineState::Off,
        }
    }

    pub(super) fn duty(self) -> DutyStatus {
        match self {
            Self::Driving => DutyStatus::Driving,
            Self::PreTrip | Self::RoadStop | Self::Loading | Self::PostTrip => DutyStatus::OnDuty,
            Self::MealBreak | Self::OffDuty => DutyStatus::OffDuty,
            Self::Sleeper => DutyStatus::SleeperBed,
            Self::PersonalMove => DutyStatus::PersonalConveyance,
        }
    }

    pub(super) fn remark(self) -> Option<&'static str> {
        match self {
            Self::PreTrip => Some("Pre-trip inspection"),
            Self::RoadStop => Some("Fuel / scale"),
            Self::MealBreak => Some("Lunch Break"),
            Self::Loading => Some("Unloading @ customer"),
            Self::PostTrip => Some("Post-trip inspection"),
            Self::PersonalMove => Some("Personal use"),
            Self::Driving | Self::OffDuty | Self::Sleeper => None,
        }
    }
}

/// A segment before it is placed in time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) activity: Activity,
    pub(super) duration_ms: Millis,
    pub(super) meters: f64,
}

/// The steps of a working cycle of `cycle_ms`, `meters` long in total, ending in `rest`.
pub(super) fn working_cycle(key: u64, cycle_ms: Millis, meters: f64, rest: Activity) -> Vec<Step> {
    let mut steps = plan(key, rest);
    let planned: Millis = steps.iter().map(|step| step.duration_ms).sum();
    steps.push(Step { activity: rest, duration_ms: cycle_ms - planned, meters: 0.0 });
    spread(&mut steps, meters);
    steps
}

fn plan(key: u64, rest: Activity) -> Vec<Step> {
    let step = |activity, duration_ms| Step { activity, duration_ms, meters: 0.0 };
    let drive_s = between(key, 1, 8.1 * 3600.0, 8.8 * 3600.0);
    let first = between(key, 2, 0.20, 0.29);
    let second = between(key, 3, 0.20, 0.29);
    let third = between(key, 4, 0.22, 0.30);
    let drive = |part: f64| step(Activity::Driving, super::geo::whole(drive_s * part) * 1000);
    let mut steps = vec![
        step(Activity::PreTrip, seconds(key, 5, 10.0 * MINUTE_S, 18.0 * MINUTE_S)),
        drive(first),
        step(Activity::RoadStop, seconds(key, 6, 5.0 * MINUTE_S, 12.0 * MINUTE_S)),
        drive(second),
        step(Activity::MealBreak, seconds(key, 7, 30.0 * MINUTE_S, 40.0 * MINUTE_S)),
        drive(third),
        step(Activity::Loading, seconds(key, 8, 25.0 * MINUTE_S, 45.0 * MINUTE_S)),
        drive(1.0 - first - second - third),
        step(Activity::PostTrip, seconds(key, 9, 10.0 * MINUTE_S, 15.0 * MINUTE_S)),
    ];
    if share(mix(key, 10)) < 0.35 {
        steps.push(step(Activity::PersonalMove, 10 * 60 * 1000));
    }
    if rest == Activity::Sleeper {
        steps.push(step(Activity::OffDuty, seconds(key, 11, 0.8 * 3600.0, 2.0 * 3600.0)));
    }
    steps
}

/// The step of a free cycle.
pub(super) fn free_cycle(cycle_ms: Millis) -> Vec<Step> {
    vec![Step { activity: Activity::OffDuty, duration_ms: cycle_ms, meters: 0.0 }]
}

/// Gives each driving step its part of the distance, so that all have the same cruising speed.
fn spread(steps: &mut [Step], meters: f64) {
    let cruise = |step: &Step| step.duration_ms as f64 / 1000.0 - RAMP_S;
    let total_s: f64 = steps.iter().filter(|s| s.activity == Activity::Driving).map(cruise).sum();
    let personal = steps.iter().any(|step| step.activity == Activity::PersonalMove);
    let driven_m = if personal { meters - PERSONAL_MOVE_M } else { meters };
    for step in steps {
        step.meters = match step.activity {
            Activity::Driving => driven_m * cruise(step) / total_s,
            Activity::PersonalMove => PERSONAL_MOVE_M,
            _ => 0.0,
        };
    }
}

/// Meters driven and speed, `at_s` seconds into a segment: pull away, cruise with a slow wave, brake.
pub(super) fn progress(duration_ms: Millis, meters: f64, at_s: f64) -> (f64, f64) {
    let duration_s = duration_ms as f64 / 1000.0;
    let cruise_mps = meters / (duration_s - RAMP_S);
    let left_s = duration_s - at_s;
    if at_s < RAMP_S {
        return (cruise_mps * at_s * at_s / (2.0 * RAMP_S), cruise_mps * at_s / RAMP_S);
    }
    if left_s < RAMP_S {
        return (meters - cruise_mps * left_s * left_s / (2.0 * RAMP_S), cruise_mps * left_s / RAMP_S);
    }
    let (span_s, into_s) = (duration_s - 2.0 * RAMP_S, at_s - RAMP_S);
    let pulse = TAU * (span_s / WAVE_LENGTH_S).round().max(1.0) / span_s;
    let wave_m = SPEED_WAVE / pulse * (1.0 - (pulse * into_s).cos());
    let speed_mps = cruise_mps * (1.0 + SPEED_WAVE * (pulse * into_s).sin());
    (cruise_mps * (RAMP_S / 2.0 + into_s + wave_m), speed_mps)
}

/// The length of a cycle: a day for one driver, half a day when two take turns.
pub(super) fn cycle_ms(drivers: usize) -> Millis {
    if drivers > 1 { 12 * HOUR_MS } else { 24 * HOUR_MS }
}

#[cfg(test)]
mod tests {
    use super::{Activity, cycle_ms, progress, working_cycle};

    #[test]
    fn a_cycle_fills_its_time_and_its_distance_within_the_rules() {
        for key in 0..500_u64 {
            let steps = working_cycle(key, cycle_ms(2), 770_000.0, Activity::OffDuty);
            assert_eq!(steps.iter().map(|s| s.duration_ms).sum::<i64>(), cycle_ms(2));
            assert!((steps.iter().map(|s| s.meters).sum::<f64>() - 770_000.0).abs() < 0.01);
            assert!(steps.iter().all(|s| s.duration_ms > 0), "{steps:?}");
            let driving: i64 = steps.iter().filter(|s| s.activity == Activity::Driving).map(|s| s.duration_ms).sum();
            assert!(driving < 11 * 3_600_000);
        }
    }

    #[test]
    fn driving_is_smooth_and_ends_at_its_distance() {
        let (duration_ms, meters) = (7_200_000, 180_000.0);
        let mut before = 0.0;
        for second in 0..=7_200 {
            let (driven, speed) = progress(duration_ms, meters, f64::from(second));
            assert!((0.0..=29.0).contains(&speed), "{speed} m/s at {second}");
            assert!(driven >= before && driven - before < 29.5);
            before = driven;
        }
        assert!((before - meters).abs() < 0.01);
    }
}
