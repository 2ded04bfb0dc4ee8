//! Lays out the accounts, their vehicles and their drivers.

use std::sync::Arc;

use super::corridors::CORRIDORS;
use super::names::{CASCADIA, DRIVERS, MACHINES, TAGS, VEHICLES, model_year, vin};
use super::random::{between, key, mix, pick};
use super::replay::{Pace, Replay};
use super::road::Road;
use super::route::Route;
use super::shift;
use super::trace::{self, Track};
use super::trajectory::Millis;
use super::{Account, Driver, Employment, Layout, Motion, Seat, TraceError, Trailer, Vehicle, VehicleBuild, World};

const DAY_MS: Millis = 24 * 3_600_000;
/// 2021-06-14T18:22:05.114Z, when the first account began.
const FIRST_CREATED_MS: Millis = 1_623_694_925_114;
const SECOND_ACCOUNT_VEHICLES: usize = 3;
/// Smaller fleets have no vehicle without a gateway.
const SILENT_FROM: usize = 4;
/// The golden ratio spreads any number of trucks evenly over the day.
const GOLDEN: f64 = 0.618_033_988_749_895;
const CRUISE_S: f64 = 8.45 * 3600.0;

struct Template {
    number: u64,
    login: &'static str,
    org_id: &'static str,
    name: &'static str,
    dot_number: u32,
    address: &'static str,
}

const TEMPLATES: [Template; 2] = [
    Template {
        number: 0,
        login: "demo",
        org_id: "4007031",
        name: "Sierra Crest Logistics",
        dot_number: 2_318_455,
        address: "1901 Depot Way, Sacramento, CA 95814",
    },
    Template {
        number: 1,
        login: "demo2",
        org_id: "4009877",
        name: "Blue Mesa Freight, LLC",
        dot_number: 3_104_772,
        address: "77 Mesa Verde Rd NW, Albuquerque, NM 87107",
    },
];

struct Builder<'a> {
    layout: &'a Layout<'a>,
    routes: Vec<Arc<Route>>,
    tracks: std::vec::IntoIter<Track>,
}

pub(super) fn world(layout: &Layout<'_>) -> Result<World, TraceError> {
    let tracks = layout.trace.map(trace::read).transpose()?.unwrap_or_default();
    let routes = CORRIDORS.iter().map(|corridor| Arc::new(Route::new(corridor))).collect();
    let mut builder = Builder { layout, routes, tracks: tracks.into_iter() };
    let counts = [layout.vehicles, SECOND_ACCOUNT_VEHICLES];
    let accounts = TEMPLATES.iter().zip(counts).map(|(template, count)| builder.account(template, count));
    Ok(World { accounts: accounts.collect() })
}

impl Builder<'_> {
    fn account(&mut self, template: &Template, count: usize) -> Account {
        let vehicles: Vec<Vehicle> = (0..count).map(|index| self.vehicle(template, index, count)).collect();
        Account {
            login: template.login,
            org_id: template.org_id.into(),
            name: template.name.into(),
            dot_number: template.dot_number,
            address: template.address.into(),
            drivers: self.drivers(template, &vehicles),
            trailers: self.trailers(template, &vehicles),
            vehicles,
        }
    }

    fn vehicle(&mut self, template: &Template, index: usize, count: usize) -> Vehicle {
        let ordinal = u64::try_from(index).unwrap_or(u64::MAX);
        let number = template.number * 100_000 + ordinal;
        let key = mix(self.layout.seed, number);
        let silent = count >= SILENT_FROM && index + 1 == count;
        let pattern = pick(VEHICLES, ordinal * 3 + template.number, 7).copied().unwrap_or("Truck #");
        Vehicle {
            id: 281_474_977_000_001 + number,
            name: pattern.replace('#', &(101 + ordinal).to_string()),
            build: if silent { None } else { Some(build(key, number)) },
            tag: pick(TAGS, key, 20).copied().unwrap_or_default(),
            created_ms: created(number),
            motion: if silent { Motion::Silent } else { self.motion(key, template, index) },
        }
    }

    /// Every second vehicle that reports pulls a trailer.
    fn trailers(&self, template: &Template, vehicles: &[Vehicle]) -> Vec<Trailer> {
        let pulling = vehicles.iter().enumerate().filter(|(_, vehicle)| vehicle.reports()).step_by(2);
        let trailer = |(number, (vehicle, _)): (u64, (usize, &Vehicle))| {
            let number = template.number * 100_000 + number;
            let key = mix(mix(self.layout.seed, 77), number);
            Trailer {
                id: 494_001 + number,
                name: format!("Trailer-{}", 501 + number),
                trailer_serial: (!number.is_multiple_of(3)).then(|| format!("8V8WD53{:010}", mix(key, 1) % 10_000_000_000)),
                plate: format!("{}TY{:04}", 3 + number % 6, mix(key, 2) % 10_000),
                gateway_serial: format!("GFRV-{:03}-{:03}", mix(key, 3) % 1_000, number % 1_000),
                tag: pick(TAGS, key, 20).copied().unwrap_or_default(),
                vehicle,
            }
        };
        (0_u64..).zip(pulling).map(trailer).collect()
    }

    fn motion(&mut self, key: u64, template: &Template, index: usize) -> Motion {
        let odometer_m = between(key, 30, 150_000_000.0, 600_000_000.0).round();
        let reporting = self.layout.reporting;
        if let Some(track) = self.tracks.next() {
            let pace = Pace::new(self.layout.time_factor);
            return Motion::Replay(Arc::new(Replay { track, pace, odometer_m, reporting }));
        }
        let drivers = if index % 4 == 1 { 2 } else { 1 };
        let cycle_ms = shift::cycle_ms(drivers);
        let slot = (index as f64 * GOLDEN + template.number as f64 * 0.31).fract();
        let phase_ms = super::geo::whole(slot * cycle_ms as f64 / 1000.0) * 1000;
        let road_index = index + usize::try_from(template.number).unwrap_or(0) * 5;
        let Some(route) = self.routes.get(road_index % self.routes.len().max(1)) else { return Motion::Silent };
        Motion::Road(Arc::new(Road {
            key,
            route: Arc::clone(route),
            drivers,
            // A few milliseconds make the times look measured.
            phase_ms: phase_ms + super::geo::whole(between(key, 31, 0.0, 999.0)),
            free_shift: i64::try_from(index).unwrap_or(0) * 2 * (DAY_MS / cycle_ms),
            meters_per_cycle: between(key, 32, 24.4, 26.0) * CRUISE_S,
            odometer_m,
            reporting,
        }))
    }

    /// One driver per truck, two per team, then one whose app is never connected and one who left.
    fn drivers(&self, template: &Template, vehicles: &[Vehicle]) -> Vec<Driver> {
        let seats = vehicles.iter().enumerate().flat_map(|(vehicle, found)| {
            let count = match &found.motion {
                Motion::Road(road) => road.drivers,
                Motion::Replay(_) => 1,
                Motion::Silent => 0,
            };
            (0..count).map(move |number| Seat { vehicle, number })
        });
        let seated = seats.map(|seat| (Some(seat), Employment::Active));
        let extra = [(None, Employment::Active), (None, Employment::Deactivated)];
        let people = seated.chain(extra).zip(0_u64..);
        people.map(|((seat, employment), index)| self.driver(template, index, seat, employment)).collect()
    }

    fn driver(&self, template: &Template, index: u64, seat: Option<Seat>, employment: Employment) -> Driver {
        let number = template.number * 100_000 + index;
        let key = mix(mix(self.layout.seed, 99), number);
        let table = u64::try_from(DRIVERS.len()).unwrap_or(1);
        let position = usize::try_from((index + template.number * 7) % table).unwrap_or(0);
        let base = DRIVERS.get(position).copied().unwrap_or("Driver");
        let round = index / table;
        let name = if round == 0 { base.to_owned() } else { format!("{base} {}", round + 1) };
        let road = seat.and_then(|seat| CORRIDORS.get(seat.vehicle % CORRIDORS.len()));
        let license_state = road.and_then(|road| road.towns.first()).map_or("CA", |town| town.state);
        Driver {
            id: 7_100_001 + number,
            username: format!("driver.{:03}.{}", index + 1, template.org_id),
            name,
            employment,
            time_zone: road.map_or("America/Los_Angeles", |road| road.time_zone),
            license: (license_state, format!("D{:07}", mix(key, 1) % 10_000_000)),
            seat,
            created_ms: created(number + 3),
        }
    }
}

fn build(key: u64, number: u64) -> VehicleBuild {
    let machine = pick(MACHINES, key, 21).unwrap_or(&CASCADIA);
    let (year, letter) = model_year(key, 22);
    // A VIN holds five digits: each account gets its own half of them.
    let serial = number + number / 100_000 * 50_000 + 10_001;
    VehicleBuild {
        vin: vin(machine.wmi, letter, serial),
        make: machine.make,
        model: machine.model,
        year,
        plate: format!("{}XR{:04}", 4 + number % 5, mix(key, 23) % 10_000),
        serial: format!("G{:03}S{:05}", 200 + mix(key, 24) % 700, number),
    }
}

fn created(number: u64) -> Millis {
    FIRST_CREATED_MS + key_days(number) * DAY_MS + 7_417 * number.cast_signed()
}

fn key_days(number: u64) -> Millis {
    i64::try_from(mix(key(41), number) % 900).unwrap_or(0)
}
