//! The simulated world: vehicles, drivers and movement, in SI units and independent of any provider's wire format.
//!
//! Every position is a pure function of the vehicle and the time, so history, the present and a restart always agree and
//! nothing is stored.

mod assignment;
mod build;
mod clocks;
mod corridors;
mod duty;
mod engine;
mod fault;
mod geo;
mod inspection;
mod names;
mod random;
mod reefer;
mod replay;
mod road;
mod route;
mod rows;
mod shift;
mod trace;
mod trajectory;

use std::sync::Arc;

pub use assignment::Assignment;
pub use clocks::HosClocks;
pub(crate) use corridors::{Town, towns};
pub use duty::{DutySpan, DutyStatus};
pub use fault::{Fault, FaultCode, FaultKind};
pub(crate) use geo::whole;
pub use inspection::{Incident, Inspection};
pub(crate) use random::{key, mix, share};
pub use reefer::{Reefer, Zone, milli_c};
pub use rows::TraceError;
pub use trajectory::{EngineState, Millis, Reading, Signal};

use replay::Replay;
use road::Road;

/// The data of all simulated telematics providers.
#[derive(Debug)]
pub struct World {
    accounts: Vec<Account>,
}

/// One customer organization at a telematics provider.
#[derive(Debug)]
pub struct Account {
    /// What tells this account from others: keys that providers accept end with it.
    pub login: &'static str,
    /// The provider's id of the organization.
    pub org_id: String,
    /// The organization's name.
    pub name: String,
    /// The US DOT number of the carrier.
    pub dot_number: u32,
    /// The carrier's postal address.
    pub address: String,
    /// The vehicles, ordered by id.
    pub vehicles: Vec<Vehicle>,
    /// The drivers, ordered by id, deactivated ones included.
    pub drivers: Vec<Driver>,
    /// The trailers, ordered by id.
    pub trailers: Vec<Trailer>,
}

/// One vehicle. Members that real accounts may lack are optional.
#[derive(Debug)]
pub struct Vehicle {
    /// A decimal id that is unique over all accounts.
    pub id: u64,
    /// The display name that the customer typed.
    pub name: String,
    /// What the customer and the gateway know about the machine; absent for a vehicle that was only typed in.
    pub build: Option<VehicleBuild>,
    /// The tag that groups the vehicle: id and name.
    pub tag: (u32, &'static str),
    /// When the vehicle was added to the account.
    pub created_ms: Millis,
    motion: Motion,
}

/// A trailer with a gateway of its own. It stays with one vehicle, so it is where that vehicle is.
#[derive(Debug)]
pub struct Trailer {
    /// A decimal id that is unique over all accounts.
    pub id: u64,
    /// The display name that the customer typed.
    pub name: String,
    /// The serial number that the customer typed, if any.
    pub trailer_serial: Option<String>,
    /// The license plate.
    pub plate: String,
    /// The gateway's serial number with dashes.
    pub gateway_serial: String,
    /// The tag that groups the trailer: id and name.
    pub tag: (u32, &'static str),
    /// The position of the vehicle that pulls it in [`Account::vehicles`].
    pub vehicle: usize,
}

/// The machine and its telematics gateway.
#[derive(Debug)]
pub struct VehicleBuild {
    /// The vehicle identification number, with a valid check digit.
    pub vin: String,
    /// The manufacturer in capitals.
    pub make: &'static str,
    /// The model name.
    pub model: &'static str,
    /// The model year.
    pub year: u16,
    /// The license plate.
    pub plate: String,
    /// The gateway's serial number without dashes.
    pub serial: String,
}

/// One driver.
#[derive(Debug)]
pub struct Driver {
    /// A decimal id that is unique over all accounts.
    pub id: u64,
    /// The display name.
    pub name: String,
    /// The login name.
    pub username: String,
    /// Whether the driver still works here.
    pub employment: Employment,
    /// The IANA time zone of the home terminal.
    pub time_zone: &'static str,
    /// The state that issued the license, and its number.
    pub license: (&'static str, String),
    /// The position of the assigned vehicle in [`Account::vehicles`], and the seat in it.
    pub seat: Option<Seat>,
    /// When the driver was added to the account.
    pub created_ms: Millis,
}

/// Whether a driver still works for the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Employment {
    /// Drives.
    Active,
    /// Left; listed only when asked for.
    Deactivated,
}

/// A driver's place in a vehicle; teams have two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// The position of the vehicle in [`Account::vehicles`].
    pub vehicle: usize,
    /// 0 for the first driver, 1 for the second driver of a team.
    pub number: usize,
}

#[derive(Debug)]
enum Motion {
    Road(Arc<Road>),
    Replay(Arc<Replay>),
    Silent,
}

/// The parameters of the world; see [`crate::Options`] for their meaning.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// Vehicles in the first account.
    pub vehicles: usize,
    /// The seed of all pseudo-random values.
    pub seed: u64,
    /// A recorded trace to replay.
    pub trace: Option<&'a std::path::Path>,
    /// Playback speed of the trace.
    pub time_factor: f64,
    /// The reporting intervals.
    pub reporting: Reporting,
}

/// How often a vehicle reports, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Reporting {
    /// While it moves.
    pub moving_ms: Millis,
    /// While it is parked.
    pub parked_ms: Millis,
}

impl World {
    /// Builds the accounts; the same layout always gives the same world.
    ///
    /// # Errors
    /// When the trace cannot be read or holds no usable row.
    pub fn build(layout: &Layout<'_>) -> Result<Self, TraceError> {
        build::world(layout)
    }

    /// The accounts, in a fixed order.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The account of a login.
    #[must_use]
    pub fn account(&self, login: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.login == login)
    }
}

impl Account {
    /// The other driver of a team vehicle.
    #[must_use]
    pub fn codriver(&self, driver: &Driver) -> Option<&Driver> {
        let seat = driver.seat?;
        self.drivers.iter().find(|other| other.id != driver.id && other.seat.is_some_and(|theirs| theirs.vehicle == seat.vehicle))
    }

    /// The driver in the first seat of a vehicle.
    #[must_use]
    pub fn first_driver(&self, vehicle: usize) -> Option<&Driver> {
        let seat = Some(Seat { vehicle, number: 0 });
        self.drivers.iter().find(|driver| driver.seat == seat)
    }

    /// The vehicle that a driver sits in.
    #[must_use]
    pub fn vehicle_of(&self, driver: &Driver) -> Option<&Vehicle> {
        self.vehicles.get(driver.seat?.vehicle)
    }

    /// The driver's duty statuses that overlap `[from, to)`, contiguous and not clipped to the window.
    #[must_use]
    pub fn duty(&self, driver: &Driver, from: Millis, to: Millis) -> Vec<DutySpan> {
        let (Some(seat), Some(vehicle)) = (driver.seat, self.vehicle_of(driver)) else { return Vec::new() };
        // The longest unbroken status is a rest around a free day; starting that much earlier finds every true start.
        let early = from - duty::LONGEST_SPAN_MS;
        let late = to + duty::LONGEST_SPAN_MS;
        let spans = match &vehicle.motion {
            Motion::Road(road) => road.duty(seat.number, early, late),
            Motion::Replay(replay) => replay.duty(early, late),
            Motion::Silent => Vec::new(),
        };
        duty::merge(spans).into_iter().filter(|span| span.start_ms < to && span.end_ms > from).collect()
    }

    /// What is left of the driver's hours at `now`.
    #[must_use]
    pub fn clocks(&self, driver: &Driver, now: Millis) -> HosClocks {
        clocks::at(&self.duty(driver, now - clocks::LOOK_BACK_MS, now + 1), now)
    }
}

impl Vehicle {
    /// Whether a gateway reports from this vehicle.
    #[must_use]
    pub fn reports(&self) -> bool {
        !matches!(self.motion, Motion::Silent)
    }

    /// The readings with a time in `[from, to)`, oldest first, at most `max` of them.
    #[must_use]
    pub fn readings(&self, from: Millis, to: Millis, max: usize) -> Vec<Reading> {
        match &self.motion {
            Motion::Road(road) => trajectory::readings(&**road, from, to, max),
            Motion::Replay(replay) => trajectory::readings(&**replay, from, to, max),
            Motion::Silent => Vec::new(),
        }
    }

    /// The last reading at or before `at` with `signal`.
    #[must_use]
    pub fn latest(&self, at: Millis, signal: Signal) -> Option<Reading> {
        match &self.motion {
            Motion::Road(road) => Some(trajectory::latest(&**road, at, signal)),
            Motion::Replay(replay) => Some(trajectory::latest(&**replay, at, signal)),
            Motion::Silent => None,
        }
    }
}

#[cfg(test)]
mod tests;
