//! What the engine and the bus of a vehicle measure.

use super::trajectory::{EngineState, Reading};
use super::{Vehicle, VehicleBuild};

const IDLE_OIL_PA: f64 = 180_000.0;
const LOADED_OIL_PA: f64 = 380_000.0;
/// The speed at which an engine is loaded.
const LOADED_MPS: f64 = 25.0;
const WARM_COOLANT_K: f64 = 360.65;
/// What a gateway counts of the distance that the bus counts: the road is longer than the lines between its fixes.
const GPS_SHARE: f64 = 0.985;
/// What it counts of the engine's time.
const IGNITION_SHARE: f64 = 1.02;
/// How far the coolant is above that at full load.
const LOAD_K: f64 = 6.0;

impl Reading {
    /// Oil pressure in pascals; nothing while the engine stands.
    #[must_use]
    pub fn oil_pressure_pa(&self) -> Option<f64> {
        let runs = self.engine != EngineState::Off;
        runs.then(|| IDLE_OIL_PA + (LOADED_OIL_PA - IDLE_OIL_PA) * self.load())
    }

    /// Coolant temperature in kelvins; nothing while the engine stands.
    #[must_use]
    pub fn coolant_k(&self) -> Option<f64> {
        (self.engine != EngineState::Off).then(|| WARM_COOLANT_K + LOAD_K * self.load())
    }

    /// Meters driven as the gateway reckons them by satellites, not as the bus counts them.
    #[must_use]
    pub fn reckoned_odometer_m(&self) -> f64 {
        self.odometer_m * GPS_SHARE
    }

    /// Seconds that the engine has run as the gateway reckons them by the ignition.
    #[must_use]
    pub fn reckoned_engine_s(&self) -> f64 {
        self.engine_s * IGNITION_SHARE
    }

    fn load(&self) -> f64 {
        (self.speed_mps / LOADED_MPS).min(1.0)
    }
}

impl Vehicle {
    /// Whether the vehicle's bus tells odometer and engine hours. The gateway reckons both, whether or not it does.
    #[must_use]
    pub fn has_meters_on_bus(&self) -> bool {
        !self.build.as_ref().is_some_and(VehicleBuild::is_old)
    }
}

impl VehicleBuild {
    fn is_old(&self) -> bool {
        self.serial.ends_with('3')
    }
}
