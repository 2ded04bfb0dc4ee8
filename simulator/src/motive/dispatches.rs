//! Dispatches, and the places that they lead to. Each vehicle has one after the other, from where it is when one begins to where it is
//! when it ends; the next one is planned while one is made. Some are called off, which the office deletes when they would have ended;
//! others it deletes after two days.

use serde_json::{Value, json};

use super::wire::{METERS_PER_MILE, city, number, time, with};
use super::{Answer, Request};
use crate::world::{Millis, Signal, Town, Vehicle, key, mix, towns};

const HOUR_MS: Millis = 3_600_000;
const LENGTH_MS: Millis = 6 * HOUR_MS;
const KEPT_MS: Millis = 48 * HOUR_MS;
/// How long before it would begin a dispatch is called off.
const NOTICE_MS: Millis = HOUR_MS;
/// The way to a stop, and the stay there, may take so much longer.
const SLACK_MS: Millis = 2 * HOUR_MS;

/// A dispatch of a vehicle.
#[derive(Debug, Clone, Copy)]
struct Dispatch<'a> {
    /// The vehicle's position in the account.
    position: usize,
    vehicle: &'a Vehicle,
    id: u64,
    start_ms: Millis,
}

impl Dispatch<'_> {
    fn end_ms(&self) -> Millis {
        self.start_ms + LENGTH_MS
    }

    fn is_called_off(&self) -> bool {
        self.id.is_multiple_of(9)
    }

    fn is_listed(&self, now: Millis) -> bool {
        let deleted_ms = if self.is_called_off() { self.end_ms() } else { self.end_ms() + KEPT_MS };
        (self.start_ms - LENGTH_MS..deleted_ms).contains(&now)
    }

    /// The status, and since when it is that.
    fn status(&self, now: Millis) -> (&'static str, Millis) {
        let called_off_ms = self.start_ms - NOTICE_MS;
        match (self.is_called_off(), now) {
            (true, now) if now >= called_off_ms => ("cancelled", called_off_ms),
            (false, now) if now >= self.end_ms() => ("completed", self.end_ms()),
            (false, now) if now >= self.start_ms => ("active", self.start_ms),
            _ => ("planned", self.start_ms - LENGTH_MS),
        }
    }

    /// The status of a stop that is due at some time.
    fn stop_status(&self, due_ms: Millis, now: Millis) -> &'static str {
        match self.status(now).0 {
            "completed" => "departed",
            "active" if due_ms <= now => "departed",
            _ => "available",
        }
    }

    /// The place at which the vehicle is at some time.
    fn place(&self, at: Millis) -> u64 {
        let reading = self.vehicle.latest(at, Signal::Position);
        let (name, state) = reading.as_ref().and_then(city).unwrap_or_default();
        let town = towns().position(|town| (town.name, town.state) == (name, state)).unwrap_or_default();
        place_id(town)
    }

    fn body(&self, request: &Request<'_>) -> Value {
        let (now, start, end) = (request.now, self.start_ms, self.end_ms());
        let (status, since) = self.status(now);
        let odometer = |at: Millis| self.vehicle.latest(at, Signal::Meters).map_or(0.0, |reading| reading.odometer_m);
        let miles = ((odometer(end) - odometer(start)) / METERS_PER_MILE).round();
        let between = if self.id.is_multiple_of(2) { vec![self.stop(1, now), self.stop(2, now)] } else { Vec::new() };
        let body = json!({
            "id": self.id, "vendor_id": format!("L-{}", self.id), "vendor_shipper_id": format!("L-{}-S", self.id),
            "vendor_consignee_id": format!("L-{}-C", self.id), "vehicle_id": number(self.vehicle.id),
            "driver_id": request.account.first_driver(self.position).map(|driver| number(driver.id)), "status": status,
            "status_updated_at": time(since), "pickup_early_date": time(start), "pickup_late_date": time(start + SLACK_MS),
            "delivery_early_date": time(end), "delivery_late_date": time(end + SLACK_MS), "additional_pickups": null,
            "additional_drops": between.len(), "loaded_miles": (miles > 0.0).then_some(miles), "order_pieces": 20,
            "order_weight": null, "order_volume": null, "pickup_number": null, "product": "General freight",
            "temperature_min": null, "temperature_max": null, "trailer": null, "auto_complete_forms": true, "custom_field1": null,
            "dispatch_stops": between,
        });
        let first = self.own_stop("shipper", "pickup", start, now);
        let last = self.own_stop("consignee", "dropoff", end, now);
        with(with(body, first), last)
    }

    /// The first or the last stop, whose members are the dispatch's own.
    fn own_stop(&self, whose: &str, kind: &str, due_ms: Millis, now: Millis) -> Value {
        let members = [
            ("dispatch_location_id", json!(self.place(due_ms))),
            ("type", json!(kind)),
            ("status", json!(self.stop_status(due_ms, now))),
            ("comments", json!("Check in at the gate")),
            ("form_ids", json!([])),
            ("driver_load", json!(false)),
            ("pieces", json!(20)),
            ("pallets", Value::Null),
            ("weight", Value::Null),
            ("volume", Value::Null),
            ("refno", json!(format!("PO-{}", self.id % 10_000))),
            ("bill_of_lading", Value::Null),
        ];
        Value::Object(members.into_iter().map(|(name, value)| (format!("{whose}_{name}"), value)).collect())
    }

    /// A stop on the way, at a third or two thirds of it.
    fn stop(&self, place: u32, now: Millis) -> Value {
        let due = self.start_ms + LENGTH_MS / 3 * Millis::from(place);
        json!({ "dispatch_stop": {
            "id": self.id * 10 + u64::from(place), "vendor_id": format!("L-{}-{place}", self.id), "number": place,
            "type": if place == 1 { "PU" } else { "dropoff" }, "status": self.stop_status(due, now), "early_date": time(due),
            "late_date": time(due + SLACK_MS), "comments": null, "driver_load": false, "form_ids": [], "pieces": 10, "weight": null,
            "dispatch_location_id": self.place(due),
        } })
    }
}

/// The dispatches that an account has now, those of a vehicle by time.
fn listed<'a>(request: &Request<'a>) -> Vec<Dispatch<'a>> {
    let now = request.now;
    let used = request.account.vehicles.iter().enumerate().filter(|(_, vehicle)| vehicle.reports());
    let of = |(position, vehicle): (usize, &'a Vehicle)| {
        let offset = mix(vehicle.id, 0).cast_signed().rem_euclid(LENGTH_MS);
        let turn = |at: Millis| (at - offset).div_euclid(LENGTH_MS);
        (turn(now - KEPT_MS) - 1..=turn(now) + 1).map(move |turn| Dispatch {
            position,
            vehicle,
            id: mix(vehicle.id, key(turn)) % 1_000_000_000,
            start_ms: turn * LENGTH_MS + offset,
        })
    };
    used.flat_map(of).filter(|dispatch| dispatch.is_listed(now)).collect()
}

/// `GET /v1/dispatches`.
pub(super) fn list(request: &Request<'_>) -> Answer {
    Ok(request.query.page("dispatches", "dispatch", &listed(request), |dispatch| dispatch.body(request)))
}

/// `GET /v1/dispatch_locations`: a depot in each town.
pub(super) fn locations(request: &Request<'_>) -> Answer {
    let depots: Vec<(usize, &Town)> = towns().enumerate().collect();
    let body = |(town, Town { name, state, at }): &(usize, &Town)| {
        json!({
            "id": place_id(*town), "vendor_id": format!("D-{town}"), "lat": at.lat, "lon": at.lon, "name": format!("{name} Depot"),
            "address1": format!("{} Depot Rd", town + 1), "address2": null, "city": name, "state": state, "zip": null, "country": "US",
            "phone": null, "arrive_radius": 400, "depart_radius": 800,
        })
    };
    Ok(request.query.page("dispatch_locations", "dispatch_location", &depots, body))
}

fn place_id(town: usize) -> u64 {
    8_000 + u64::try_from(town).unwrap_or_default()
}
