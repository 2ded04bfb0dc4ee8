//! What every account and every truck has to satisfy.

use super::{Account, DutyStatus, Employment, Layout, Millis, Reporting, Signal, Vehicle, World};
use crate::world::geo::{LatLon, distance_m};

const HOUR: Millis = 3_600_000;
/// 2026-11-21T00:00:00Z.
const NOW: Millis = 1_795_219_200_000;

fn world(vehicles: usize, seed: u64) -> World {
    let reporting = Reporting { moving_ms: 15_000, parked_ms: 300_000 };
    World::build(&Layout { vehicles, seed, trace: None, time_factor: 1.0, reporting }).unwrap()
}

fn first(world: &World) -> &Account {
    world.account("demo").unwrap()
}

fn window(vehicle: &Vehicle, from: Millis, to: Millis) -> Vec<super::Reading> {
    vehicle.readings(from, to, usize::MAX)
}

#[test]
fn the_same_seed_gives_the_same_readings_and_another_seed_does_not() {
    let (a, b, c) = (world(8, 1), world(8, 1), world(8, 2));
    let readings = |world: &World| first(world).vehicles.iter().flat_map(|v| window(v, NOW - 48 * HOUR, NOW)).collect::<Vec<_>>();
    assert_eq!(readings(&a), readings(&b));
    assert_ne!(readings(&a), readings(&c));
}

#[test]
fn windows_join_without_loss_or_repetition() {
    let world = world(6, 1);
    for vehicle in &first(&world).vehicles {
        let whole = window(vehicle, NOW - 30 * HOUR, NOW);
        let mut parts = Vec::new();
        let mut from = NOW - 30 * HOUR;
        while from < NOW {
            let to = (from + 1_234_567).min(NOW);
            parts.extend(window(vehicle, from, to));
            from = to;
        }
        assert_eq!(whole, parts);
    }
}

#[test]
fn trucks_move_like_trucks() {
    let world = world(16, 1);
    for vehicle in &first(&world).vehicles {
        let readings = window(vehicle, NOW - 8 * 24 * HOUR, NOW);
        for pair in readings.windows(2) {
            let (a, b) = (&pair[0], &pair[1]);
            let seconds = (b.at_ms - a.at_ms) as f64 / 1000.0;
            assert!(seconds > 0.0 && seconds <= 300.0);
            let at = |r: &super::Reading| LatLon { lat: r.latitude, lon: r.longitude };
            let odometer = b.odometer_m - a.odometer_m;
            assert!((0.0..=seconds * 31.0).contains(&odometer), "{odometer} m in {seconds} s");
            assert!(distance_m(at(a), at(b)) < odometer * 1.01 + 20.0, "{a:?} {b:?}");
            let engine = b.engine_s - a.engine_s;
            assert!((-1e-6..=seconds + 1e-6).contains(&engine), "{engine} s of engine in {seconds} s");
        }
        let driven: f64 = readings.windows(2).map(|p| p[1].odometer_m - p[0].odometer_m).sum();
        assert!(readings.is_empty() || driven > 3_000_000.0, "{driven} m in 8 days");
    }
}

#[test]
fn some_truck_always_moves() {
    let world = world(8, 1);
    for hour in 0..(14 * 24) {
        let at = NOW + hour * HOUR;
        let speeds = first(&world).vehicles.iter().filter_map(|v| v.latest(at, Signal::Position));
        assert!(speeds.filter(|reading| reading.speed_mps > 5.0).count() > 0, "all stand after {hour} h");
    }
}

#[test]
fn the_latest_reading_is_the_last_of_the_window() {
    let world = world(8, 1);
    for vehicle in &first(&world).vehicles {
        for minute in 0..300 {
            let at = NOW + minute * 4 * 60_000 + 321;
            for signal in [Signal::Position, Signal::Engine, Signal::Meters, Signal::Fuel] {
                let all = window(vehicle, at - 40 * HOUR, at + 1);
                let expected = all.into_iter().rfind(|reading| reading.carries(signal));
                assert_eq!(vehicle.latest(at, signal), expected);
            }
            if minute > 20 {
                break;
            }
        }
    }
}

#[test]
fn duty_is_contiguous_stable_and_legal() {
    let world = world(12, 1);
    let account = first(&world);
    for driver in account.drivers.iter().filter(|driver| driver.seat.is_some()) {
        let spans = account.duty(driver, NOW - 9 * 24 * HOUR, NOW);
        assert!(spans.windows(2).all(|p| p[0].end_ms == p[1].start_ms && p[0].status != p[1].status));
        let later = account.duty(driver, NOW - 24 * HOUR, NOW);
        assert_eq!(later.first(), spans.iter().find(|span| span.end_ms > NOW - 24 * HOUR));
        for hour in 0..48 {
            let clocks = account.clocks(driver, NOW - hour * HOUR);
            assert_eq!((clocks.shift_violation_ms, clocks.cycle_violation_ms), (0, 0), "{clocks:?}");
        }
    }
}

#[test]
fn a_driver_drives_when_the_truck_moves() {
    let world = world(5, 1);
    let account = first(&world);
    for (index, vehicle) in account.vehicles.iter().enumerate() {
        for reading in window(vehicle, NOW - 24 * HOUR, NOW).iter().filter(|r| r.speed_mps > 1.0) {
            let drives = |s: &&DutyStatus| matches!(s, DutyStatus::Driving | DutyStatus::PersonalConveyance);
            let statuses: Vec<_> = driving_statuses(account, index, reading.at_ms);
            assert_eq!(statuses.iter().filter(drives).count(), 1, "{statuses:?}");
        }
    }
}

fn driving_statuses(account: &Account, vehicle: usize, at: Millis) -> Vec<DutyStatus> {
    let team = account.drivers.iter().filter(|d| d.seat.is_some_and(|seat| seat.vehicle == vehicle));
    team.flat_map(|driver| account.duty(driver, at, at + 1)).map(|span| span.status).collect()
}

#[test]
fn accounts_hold_the_promised_oddities() {
    let world = world(8, 1);
    let account = first(&world);
    assert_eq!(account.vehicles.len(), 8);
    assert_eq!(account.vehicles.iter().filter(|v| v.build.is_none()).count(), 1);
    assert_eq!(account.drivers.iter().filter(|d| d.employment == Employment::Deactivated).count(), 1);
    assert_eq!(account.drivers.iter().filter(|d| account.codriver(d).is_some()).count(), 4);
    assert!(account.vehicles.iter().any(|v| !v.name.is_ascii()));
    let other = world.account("demo2").unwrap();
    assert_ne!(other.org_id, account.org_id);
    assert!(other.vehicles.iter().all(|v| account.vehicles.iter().all(|w| w.id != v.id)));
}
