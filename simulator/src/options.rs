//! How a simulator is set up.

use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::{Clock, SystemClock};

/// Everything that can be chosen at the start. The same options always give the same world.
#[derive(Debug, Clone)]
pub struct Options {
    /// Vehicles in the first account; from four upwards the last one has no gateway and never reports.
    pub vehicles: usize,
    /// The seed of everything that looks random.
    pub seed: u64,
    /// Recorded movement to replay: a CSV `vehicle,unix_time,lat,lon,occupied`, gzip-packed if the name ends in `.gz`. Each
    /// vehicle-day becomes a truck; vehicles beyond the recorded ones drive on simulated corridors.
    pub trace: Option<PathBuf>,
    /// How fast the clock of the trace runs; 1 plays a day in a day. Between 0.5 and 100.
    pub time_factor: f64,
    /// Seconds between two readings of a moving vehicle.
    pub moving_interval_s: u32,
    /// Seconds between two readings of a parked vehicle.
    pub parked_interval_s: u32,
    /// Requests per second that one token may make before it is answered 429.
    pub requests_per_second: u32,
    /// The time of day.
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
            clock: Arc::new(SystemClock),
        }
    }
}
