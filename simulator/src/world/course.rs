//! Readings of a vehicle, whatever moves it: a course is a chain of legs, and each leg reports at a fixed interval from its start.

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
    /// Metres per second.
    pub speed_mps: f64,
    /// Metres driven since the vehicle was built.
    pub odometer_m: f64,
    /// Seconds the engine has run since the vehicle was built.
    pub engine_s: f64,
    /// Fuel level, 0 to 100.
    pub fuel_percent: f64,
    /// What the engine does.
    pub engine: EngineState,
    /// A human-readable place; absent where no town is near.
    pub place: Option<String>,
    /// Which signals this reading carries.
    pub carries: Carries,
}

/// What the engine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineState {
    /// Runs and moves the vehicle.
    On,
    /// Runs while the vehicle stands.
    Idle,
    /// Stopped.
    Off,
}

/// The kinds of signal that a reading may carry. Positions are in every reading, the others in some.
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
pub struct Carries {
    pub(super) engine: bool,
    pub(super) meters: bool,
    pub(super) fuel: bool,
}

impl Reading {
    /// Whether the reading carries a signal.
    #[must_use]
    pub fn carries(&self, signal: Signal) -> bool {
        match signal {
            Signal::Position => true,
            Signal::Engine => self.carries.engine,
            Signal::Meters => self.carries.meters,
            Signal::Fuel => self.carries.fuel,
        }
    }
}

/// The times of one leg.
#[derive(Debug, Clone, Copy)]
pub(super) struct LegTimes {
    pub(super) start_ms: Millis,
    pub(super) end_ms: Millis,
    pub(super) interval_ms: Millis,
}

impl LegTimes {
    fn moment(self, index: i64) -> Millis {
        self.start_ms + index * self.interval_ms
    }
}

/// A chain of legs without gaps, defined for every moment.
pub(super) trait Course {
    /// One leg.
    type Leg;

    /// The leg that holds a moment.
    fn leg_at(&self, at: Millis) -> Self::Leg;

    /// When a leg starts, ends and reports.
    fn times(&self, leg: &Self::Leg) -> LegTimes;

    /// Which reports of a leg carry a signal: every n-th, counted from its start.
    fn every(&self, leg: &Self::Leg, signal: Signal) -> i64;

    /// The reading of a leg at a moment inside it.
    fn reading(&self, leg: &Self::Leg, at: Millis, carries: Carries) -> Reading;
}

/// The readings with a time in `[from, to)`, oldest first, at most `max`.
pub(super) fn readings<C: Course>(course: &C, from: Millis, to: Millis, max: usize) -> Vec<Reading> {
    let mut found = Vec::new();
    let mut cursor = from;
    while cursor < to && found.len() < max {
        let leg = course.leg_at(cursor);
        let times = course.times(&leg);
        let since_start = cursor - times.start_ms;
        let mut index = since_start.div_euclid(times.interval_ms);
        index += i64::from(since_start.rem_euclid(times.interval_ms) > 0);
        while times.moment(index) < times.end_ms.min(to) && found.len() < max {
            found.push(nth(course, &leg, index));
            index += 1;
        }
        cursor = times.end_ms.max(cursor + 1);
    }
    found
}

/// The last reading at or before `at` that carries `signal`; the start of a leg carries all of them.
pub(super) fn latest<C: Course>(course: &C, at: Millis, signal: Signal) -> Reading {
    let leg = course.leg_at(at);
    let times = course.times(&leg);
    let index = (at - times.start_ms).div_euclid(times.interval_ms);
    nth(course, &leg, index - index.rem_euclid(course.every(&leg, signal)))
}

fn nth<C: Course>(course: &C, leg: &C::Leg, index: i64) -> Reading {
    let carried = |signal| index.rem_euclid(course.every(leg, signal)) == 0;
    let carries = Carries { engine: carried(Signal::Engine), meters: carried(Signal::Meters), fuel: carried(Signal::Fuel) };
    course.reading(leg, course.times(leg).moment(index), carries)
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
