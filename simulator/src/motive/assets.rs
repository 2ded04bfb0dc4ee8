//! Assets, which are trailers here: the list, their newest positions, and histories by days. They are where the vehicles are that
//! pull them.

use serde_json::{Value, json};

use super::positions::span;
use super::refusal::Refusal;
use super::wire::{MPS_PER_MPH, description, number, time, uuid, with};
use super::{Answer, Request};
use crate::http::Reply;
use crate::world::{Reading, Signal, Trailer, Vehicle};

const KINDS: [&str; 3] = ["reefer", "dry_box", "flatbed"];

fn body(trailer: &Trailer) -> Value {
    let kind = usize::try_from(trailer.id % 3).ok().and_then(|index| KINDS.get(index));
    json!({
        "id": number(trailer.id), "name": trailer.name, "status": "active", "type": kind, "vin": trailer.trailer_serial,
        "license_plate_state": "CA", "license_plate_number": trailer.plate, "make": "Utility", "model": "3000R", "year": "2019",
        "axle": "2", "weight_metric_units": false, "length_metric_units": false, "leased": false, "notes": null, "length": 53.0,
        "gvwr": null, "gawr": null, "group_ids": [trailer.tag.0], "external_ids": null,
        "asset_gateway": { "id": number(trailer.id) + 400_000, "identifier": trailer.gateway_serial, "active": true },
    })
}

/// `GET /v1/assets`.
pub(super) fn list(request: &Request<'_>) -> Answer {
    Ok(request.query.page("assets", "asset", &request.account.trailers, body))
}

/// `GET /v1/asset_locations`.
pub(super) fn latest(request: &Request<'_>) -> Answer {
    let body = |trailer: &Trailer| {
        let pulled = pulled_by(request, trailer);
        let reading = pulled.and_then(|vehicle| request.delivery.latest(vehicle, request.now, Signal::Position));
        let located = reading.map(|reading| {
            json!({
                "id": uuid(trailer.id, reading.at_ms), "lat": reading.latitude, "lon": reading.longitude,
                "description": description(&reading), "located_at": time(reading.at_ms),
            })
        });
        with(self::body(trailer), json!({ "metric_units": false, "current_location": located }))
    };
    Ok(request.query.page("assets", "asset", &request.account.trailers, body))
}

/// `GET /v1/asset_locations/{id}`: everything of some days, in pages.
pub(super) fn history(request: &Request<'_>) -> Answer {
    let span = span(request, "start_time", "end_time")?;
    let wanted = |trailer: &&Trailer| number(trailer.id).to_string() == request.id;
    let trailer = request.account.trailers.iter().find(wanted).ok_or(Refusal::NotFound)?;
    let vehicle = pulled_by(request, trailer).ok_or(Refusal::NotFound)?;
    let readings = request.delivery.history(vehicle, span, request.now, usize::MAX).readings;
    let (listed, pagination) = request.query.part(&readings);
    let crumbs: Vec<Value> = listed.iter().map(|reading| crumb(trailer, reading)).collect();
    Ok(Reply::json(200, &json!({ "asset": body(trailer), "breadcrumbs": crumbs, "pagination": pagination })))
}

fn crumb(trailer: &Trailer, reading: &Reading) -> Value {
    let is_moving = reading.speed_mps > 0.5;
    json!({
        "uuid": uuid(trailer.id, reading.at_ms), "lat": reading.latitude, "lon": reading.longitude, "bearing": reading.heading_deg,
        "speed": (reading.speed_mps / MPS_PER_MPH).round(), "motion_description": if is_moving { "Moving" } else { "Stationary" },
        "moving": is_moving, "address": reading.place, "located_at": time(reading.at_ms),
    })
}

fn pulled_by<'a>(request: &Request<'a>, trailer: &Trailer) -> Option<&'a Vehicle> {
    request.account.vehicles.get(trailer.vehicle)
}
