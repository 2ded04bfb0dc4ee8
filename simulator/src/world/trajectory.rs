//! Readings of a vehicle, whatever moves it: a trajectory is a chain of segments, and each segment reports at a fixed interval
//! from its start.

use super::corridors::Town;
use super::geo::LatLon;

/// Milliseconds since the Unix epoch, or a length of time in milliseconds.
pub type Millis = i64;

/// What a gateway reports at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// When it was measured.
    pub at_ms: Millis,
    /// Degrees north, WGS 84.
    pub latitude: f64,
    /// Degrees east, WGS 84.
    pub longitude: f64,
    /// Degrees clockwise from north, in `[0, 360)`.
    pub heading_deg: f64,
    /// Meters per second.
    pub speed_mps: f64,
    /// Meters driven since the vehicle was built.
    pub odometer_m: f64,
    /// Seconds the engine has run since the vehicle was built.
    pub engine_s: f64,
    /// Fuel level, 0 to 100.
    pub fuel_percent: f64,
    /// The state of the engine.
    pub engine: EngineState,
    /// A human-readable place; absent if no town is near.
    pub place: Option<String>,
    /// The signals in this reading.
    pub signals: Signals,
}

/// The state of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineState {
    /// Runs and moves the vehicle.
    On,
    /// Runs while the vehicle is stationary.
    Idle,
    /// Stopped.
    Off,
}

/// The signals of readings. Every reading contains the position, some contain the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Position, speed and heading.
    Position,
    /// The engine's state.
    Engine,
    /// The odometer and the engine hours.
    Meters,
    /// The fuel level.
    Fuel,
}

/// The signals in one reading besides the position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signals {
    pub(super) engine: bool,
    pub(super) meters: bool,
    pub(super) fuel: bool,
}

impl Reading {
    /// Whether the reading contains a signal.
    #[must_use]
    pub fn carries(&self, signal: Signal) -> bool {
        match signal {
            Signal::Position => true,
            Signal::Engine => self.signals.engine,
            Signal::Meters => self.signals.meters,
            Signal::Fuel => self.signals.fuel,
        }
    }
}

/// The times of one segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct SegmentTimes {
    pub(super) start_ms: Millis,
    pub(super) end_ms: Millis,
    pub(super) interval_ms: Millis,
}

impl SegmentTimes {
    fn moment(self, index: i64) -> Millis {
        self.start_ms + index * self.interval_ms
    }
}

/// A chain of segments without gaps, defined for every point in time.
pub(super) trait Trajectory {
    /// One segment.
    type Segment;

    /// The segment at a point in time.
    fn segment_at(&self, at: Millis) -> Self::Segment;

    /// When a segment starts, ends and reports.
    fn times(&self, segment: &Self::Segment) -> SegmentTimes;

    /// Which reports of a segment contain a signal: every n-th, counted from its start.
    fn every(&self, segment: &Self::Segment, signal: Signal) -> i64;

    /// The reading of a segment at a moment inside it.
    fn reading(&self, segment: &Self::Segment, at: Millis, signals: Signals) -> Reading;
}

/// The readings with a time in `[from, to)`, oldest first, at most `max`.
pub(super) fn readings<T: Trajectory>(trajectory: &T, from: Millis, to: Millis, max: usize) -> Vec<Reading> {
    let mut found = Vec::new();
    let mut cursor = from;
    while cursor < to && found.len() < max {
        let segment = trajectory.segment_at(cursor);
        let times = trajectory.times(&segment);
        let since_start = cursor - times.start_ms;
        let mut index = since_start.div_euclid(times.interval_ms);
        index += i64::from(since_start.rem_euclid(times.interval_ms) > 0);
        while times.moment(index) < times.end_ms.min(to) && found.len() < max {
            found.push(nth(trajectory, &segment, index));
            index += 1;
        }
        cursor = times.end_ms.max(cursor + 1);
    }
    found
}

/// The last reading at or before `at` with `signal`; the start of a segment contains all of them.
pub(super) fn latest<T: Trajectory>(trajectory: &T, at: Millis, signal: Signal) -> Reading {
    let segment = trajectory.segment_at(at);
    let times = trajectory.times(&segment);
    let index = (at - times.start_ms).div_euclid(times.interval_ms);
    nth(trajectory, &segment, index - index.rem_euclid(trajectory.every(&segment, signal)))
}

fn nth<T: Trajectory>(trajectory: &T, segment: &T::Segment, index: i64) -> Reading {
    let carried = |signal| index.rem_euclid(trajectory.every(segment, signal)) == 0;
    let signals = Signals { engine: carried(Signal::Engine), meters: carried(Signal::Meters), fuel: carried(Signal::Fuel) };
    trajectory.reading(segment, trajectory.times(segment).moment(index), signals)
}

/// The text of a place: the road, if there is one, and the nearest town.
pub(super) fn place_name(road: Option<&str>, town: &Town) -> String {
    match road {
        Some(road) => format!("{road}, {}, {}", town.name, town.state),
        None => format!("{}, {}", town.name, town.state),
    }
}

/// Rounds a position to the seven decimals that gateways send.
pub(super) fn rounded(at: LatLon) -> (f64, f64) {
    ((at.lat * 1e7).round() / 1e7, (at.lon * 1e7).round() / 1e7)
}
