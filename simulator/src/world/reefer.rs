//! The cooling units of trailers.

use super::random::{between, mix};
use super::trajectory::{EngineState, Reading};
use super::{Trailer, whole};

/// 0 °C in kelvins.
const ZERO_C_K: f64 = 273.15;
/// A unit is told to be short of fuel below this.
const LOW_FUEL_PERCENT: f64 = 15.0;
/// What it burns in an hour of its vehicle's engine, in percent of its tank.
const PERCENT_AN_HOUR: f64 = 1.5;
/// The share of its vehicle's engine time that a unit runs.
const DUTY: f64 = 0.7;

/// What the cooling unit of a trailer measures at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Reefer {
    /// Whether it runs.
    pub is_on: bool,
    /// Whether it runs all the time; else it starts and stops by itself.
    pub is_continuous: bool,
    /// Fuel level, 0 to 100.
    pub fuel_percent: f64,
    /// Seconds that it has run since it was built.
    pub engine_s: f64,
    /// Temperature of the air outside, in kelvins.
    pub ambient_k: f64,
    /// Its compartments, one or two.
    pub zones: Vec<Zone>,
}

/// A compartment.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    /// What it is set to, in kelvins.
    pub set_k: f64,
    /// The air that comes back from the cargo, in kelvins.
    pub return_k: f64,
    /// The air that leaves the unit, in kelvins.
    pub supply_k: f64,
    /// Whether its door is open.
    pub is_open: bool,
}

impl Trailer {
    /// Its cooling unit where it has one, as two trailers of three do, at the time of a reading of the vehicle that pulls it. The unit runs
    /// while the vehicle's engine does; doors are open while that idles, as the trailer is loaded then.
    #[must_use]
    pub fn reefer(&self, reading: &Reading) -> Option<Reefer> {
        if self.id.is_multiple_of(3) {
            return None;
        }
        let is_on = reading.engine != EngineState::Off;
        let hours = reading.engine_s / 3_600.0;
        let zones = if self.id.is_multiple_of(2) { 2 } else { 1 };
        Some(Reefer {
            is_on,
            is_continuous: mix(self.id, 1).is_multiple_of(2),
            fuel_percent: 100.0 - (hours * PERCENT_AN_HOUR + between(self.id, 2, 0.0, 90.0)) % 90.0,
            engine_s: (reading.engine_s * DUTY).floor(),
            ambient_k: ZERO_C_K + between(self.id, 3, 5.0, 30.0),
            zones: (0..zones).map(|number| self.zone(number, reading)).collect(),
        })
    }

    fn zone(&self, number: u64, reading: &Reading) -> Zone {
        let frozen = number == 0;
        let set_k = ZERO_C_K + if frozen { -18.0 } else { 3.0 };
        let is_open = reading.engine == EngineState::Idle;
        // Warm air comes in by the door, and while the unit stands.
        let warm = match reading.engine {
            EngineState::On => 0.4,
            EngineState::Idle => 2.5,
            EngineState::Off => 1.2,
        };
        let return_k = set_k + warm + between(mix(self.id, number), 4, -0.2, 0.2);
        Zone { set_k, return_k, supply_k: return_k - if is_open { 1.0 } else { 2.0 }, is_open }
    }
}

impl Reefer {
    /// Whether it is short of fuel.
    #[must_use]
    pub fn is_low_on_fuel(&self) -> bool {
        self.fuel_percent < LOW_FUEL_PERCENT
    }
}

/// Thousandths of a degree Celsius.
#[must_use]
pub fn milli_c(kelvin: f64) -> i64 {
    whole(((kelvin - ZERO_C_K) * 1_000.0).round())
}
