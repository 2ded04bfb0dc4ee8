//! `/fleet/vehicles/locations`: the latest position, the feed and the history.

use serde::Serialize;

use super::lists::slice;
use super::scan::{self, FeedPage, Rows};
use super::wire::{Location, Page};
use super::{Answer, Request};
use crate::http::Reply;
use crate::world::{Signal, Vehicle};

#[derive(Debug, Serialize)]
struct Latest {
    id: String,
    name: String,
    location: Location,
}

#[derive(Debug, Serialize)]
struct Row {
    id: String,
    name: String,
    locations: Vec<Location>,
}

/// `GET /fleet/vehicles/locations`: the last known position of each vehicle, now or at `time`.
pub(super) fn latest(request: &Request<'_>) -> Answer {
    let at = request.query.time("time")?.unwrap_or(request.now).min(request.now);
    let (vehicles, pagination) = slice(request, &request.vehicles())?;
    let row = |vehicle: &&Vehicle| {
        let location = Location::from(&request.delivery.latest(vehicle, at, Signal::Position)?);
        Some(Latest { id: vehicle.id.to_string(), name: vehicle.name.clone(), location })
    };
    let data: Vec<_> = vehicles.iter().filter_map(row).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}

/// `GET /fleet/vehicles/locations/feed`.
pub(super) fn feed(request: &Request<'_>) -> Answer {
    let (page, pagination) = scan::feed(request, request.vehicles())?;
    let found = match page {
        FeedPage::Since(found) => found,
        FeedPage::First(vehicles) => {
            let newest = |vehicle| request.delivery.latest(vehicle, request.now, Signal::Position);
            vehicles.into_iter().filter_map(|vehicle| Some((vehicle, vec![newest(vehicle)?]))).collect()
        }
    };
    Ok(Reply::json(200, &Page { data: rows(&found), pagination }))
}

/// `GET /fleet/vehicles/locations/history`: `[startTime, endTime)`.
pub(super) fn history(request: &Request<'_>) -> Answer {
    let (found, pagination) = scan::history(request, &request.vehicles())?;
    Ok(Reply::json(200, &Page { data: rows(&found), pagination }))
}

fn rows(found: &Rows<'_>) -> Vec<Row> {
    let row = |(vehicle, readings): &(&Vehicle, Vec<crate::world::Reading>)| Row {
        id: vehicle.id.to_string(),
        name: vehicle.name.clone(),
        locations: readings.iter().map(Location::from).collect(),
    };
    found.iter().map(row).collect()
}
