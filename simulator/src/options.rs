//! Options of a simulator.

use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::{Clock, SystemClock};

/// The options of a simulator. The same options always give the same world.
#[derive(Debug, Clone)]
pub struct Options {
    /// Vehicles in the first account; from four upwards the last one has no gateway and never reports.
    pub vehicles: usize,
    /// The seed of all pseudo-random values.
    pub seed: u64,
    /// Recorded movement to replay: a CSV `vehicle,unix_time,lat,lon,occupied`, compressed with gzip if the name ends in `.gz`. Each
    /// vehicle-day becomes a truck; vehicles beyond the recorded ones drive on simulated corridors.
    pub trace: Option<PathBuf>,
    /// Playback speed of the trace, 0.5 to 100; 1 is real time.
    pub time_factor: f64,
    /// Seconds between two readings of a moving vehicle.
    pub moving_interval_s: u32,
    /// Seconds between two readings of a parked vehicle.
    pub parked_interval_s: u32,
    /// Requests per second and token; more are rejected with 429.
    pub requests_per_second: u32,
    /// Whether accounts also have the limits that the providers document for their endpoints and methods.
    pub endpoint_limits: bool,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            vehicles: 8,
            seed: 1,
            trace: None,
            time_factor: 1.0,
            moving_interval_s: 15,
            parked_interval_s: 300,
            requests_per_second: 150,
            endpoint_limits: true,
            clock: Arc::new(SystemClock),
        }
    }
}
