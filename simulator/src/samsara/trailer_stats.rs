//! `/fleet/trailers/stats`: positions, which are those of the vehicles that pull them.

use serde::Serialize;

use super::refusal::Refusal;
use super::scan::{self, FeedPage, Rows};
use super::wire::{Page, ReverseGeo, mph, reverse_geo, time};
use super::{Answer, Request};
use crate::http::Reply;
use crate::world::{Reading, Signal, Trailer, Vehicle, whole};

#[derive(Debug, Serialize)]
struct Row<'a> {
    id: String,
    name: &'a str,
    gps: Vec<Gps>,
}

/// A position. Heading and speed are whole numbers here, unlike those of vehicles.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Gps {
    time: String,
    latitude: f64,
    longitude: f64,
    heading_degrees: i64,
    speed_miles_per_hour: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reverse_geo: Option<ReverseGeo>,
}

impl From<&Reading> for Gps {
    fn from(reading: &Reading) -> Self {
        Self {
            time: time(reading.at_ms),
            latitude: reading.latitude,
            longitude: reading.longitude,
            heading_degrees: whole(reading.heading_deg),
            speed_miles_per_hour: whole(mph(reading.speed_mps).0.round()),
            reverse_geo: reverse_geo(reading),
        }
    }
}

/// `GET /fleet/trailers/stats/feed`: of the types that the real API knows, only `gps` is measured here.
pub(super) fn feed(request: &Request<'_>) -> Answer {
    check_types(request)?;
    let (page, pagination) = scan::feed(request, pulling(request))?;
    let found = match page {
        FeedPage::Since(found) => found,
        FeedPage::First(vehicles) => {
            let newest = |vehicle| request.delivery.latest(vehicle, request.now, Signal::Position);
            vehicles.into_iter().filter_map(|vehicle| Some((vehicle, vec![newest(vehicle)?]))).collect()
        }
    };
    Ok(Reply::json(200, &Page { data: rows(request, &found), pagination }))
}

/// `GET /fleet/trailers/stats/history`: `[startTime, endTime)`.
pub(super) fn history(request: &Request<'_>) -> Answer {
    check_types(request)?;
    let (found, pagination) = scan::history(request, &pulling(request))?;
    Ok(Reply::json(200, &Page { data: rows(request, &found), pagination }))
}

fn check_types(request: &Request<'_>) -> Result<(), Refusal> {
    match request.query.list("types").as_slice() {
        ["gps"] => Ok(()),
        [] => Err(Refusal::Missing("types")),
        types => Err(Refusal::StatType(types.join(", "))),
    }
}

/// The vehicles that pull trailers, in the order of the trailers.
fn pulling<'a>(request: &Request<'a>) -> Vec<&'a Vehicle> {
    let trailers = request.account.trailers.iter();
    trailers.filter_map(|trailer| request.account.vehicles.get(trailer.vehicle)).collect()
}

fn rows<'a>(request: &Request<'a>, found: &Rows<'_>) -> Vec<Row<'a>> {
    let pulled_by = |vehicle: &Vehicle| {
        let pulls = |trailer: &&Trailer| request.account.vehicles.get(trailer.vehicle).is_some_and(|own| own.id == vehicle.id);
        request.account.trailers.iter().find(pulls)
    };
    let row = |(vehicle, readings): &(&Vehicle, Vec<Reading>)| {
        let trailer = pulled_by(vehicle)?;
        let carrying = readings.iter().filter(|reading| reading.carries(Signal::Position));
        Some(Row { id: trailer.id.to_string(), name: &trailer.name, gps: carrying.map(Gps::from).collect() })
    };
    found.iter().filter_map(row).collect()
}
