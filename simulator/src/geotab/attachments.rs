//! `TrailerAttachment`: which trailer a vehicle pulls. It is hitched for some days at a time, with an hour between.

use serde_json::json;

use super::Request;
use super::record::{Record, Window, version, version_text};
use super::wire::{NEVER, reference, time, trailer_own_id, vehicle_id};
use crate::world::{Millis, key, mix};

const HOUR_MS: Millis = 3_600_000;
/// How long a trailer stays with its vehicle, with the hour after it.
const TURN_MS: Millis = 72 * HOUR_MS;

/// Those that lasted in a span of time; in a feed, those that began or ended in it. One that ends comes again.
pub(super) fn list(request: &Request<'_>, window: Window) -> Vec<Record> {
    let to = window.to.min(request.now + 1);
    let mut found = Vec::new();
    for trailer in &request.account.trailers {
        let Some(vehicle) = request.account.vehicles.get(trailer.vehicle) else { continue };
        // Trailers change at times of their own.
        let phase = Millis::try_from(trailer.id % 72).unwrap_or_default() * HOUR_MS;
        let first = (window.from - phase).div_euclid(TURN_MS) - 1;
        for turn in first..=(to - phase).div_euclid(TURN_MS) {
            let (start, end) = (turn * TURN_MS + phase, (turn + 1) * TURN_MS + phase - HOUR_MS);
            let lasts = end > request.now;
            if start >= to || start > request.now || end < window.from {
                continue;
            }
            let draw = mix(mix(trailer.id, 91), key(start));
            let arrived = if lasts { start } else { end };
            let body = json!({
                "id": format!("b{:X}", draw >> 20), "trailer": reference(&trailer_own_id(trailer)),
                "device": reference(&vehicle_id(vehicle)), "activeFrom": time(start),
                "activeTo": if lasts { NEVER.to_owned() } else { time(end) }, "version": version_text(version(arrived, draw)),
            });
            found.push(Record::new(arrived, draw, body));
        }
    }
    found.retain(|record| window.holds(record));
    found
}
