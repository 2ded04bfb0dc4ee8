//! Who was assigned to which vehicle.

use serde::Serialize;

use super::lists::slice_of;
use super::refusal::Refusal;
use super::wire::{AssignedVehicle, Page, Reference, time_s};
use super::{Answer, Request};
use crate::http::Reply;
use crate::world::{Assignment, Vehicle};

/// `limit` has no effect here.
const PAGE: usize = 50;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    driver: Reference,
    vehicle: AssignedVehicle,
    start_time: String,
    /// Absent while the assignment lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<String>,
    /// Always empty, as seen live.
    assigned_at_time: &'static str,
    assignment_type: &'static str,
    is_passenger: bool,
}

/// `GET /fleet/driver-vehicle-assignments`: those that overlap the window, which is now unless the query says otherwise.
pub(super) fn list(request: &Request<'_>) -> Answer {
    match request.query.one("filterBy") {
        None => return Err(Refusal::Missing("filterBy")),
        Some("drivers" | "vehicles") => {}
        Some(_) => return Err(Refusal::Value("filterBy")),
    }
    let start = request.query.time("startTime")?.unwrap_or(request.now);
    let end = request.query.time("endTime")?.unwrap_or(request.now);
    if start > end {
        return Err(Refusal::Value("endTime"));
    }
    let vehicles: Vec<u64> = request.vehicles().iter().map(|vehicle| vehicle.id).collect();
    let all = request.account.assignments(start, end.min(request.now));
    let found = all.iter().filter_map(|assignment| {
        let vehicle = request.account.vehicles.get(assignment.vehicle)?;
        let wanted = vehicles.contains(&vehicle.id) && request.query.wants_driver(assignment.driver);
        wanted.then_some((assignment, vehicle))
    });
    let found: Vec<(&Assignment<'_>, &Vehicle)> = found.collect();
    let (page, pagination) = slice_of(request, &found, PAGE)?;
    let data: Vec<_> = page.into_iter().map(|(assignment, vehicle)| row(request, assignment, vehicle)).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}

fn row(request: &Request<'_>, assignment: &Assignment<'_>, vehicle: &Vehicle) -> Row {
    Row {
        driver: Reference::from(assignment.driver),
        vehicle: AssignedVehicle::from(vehicle),
        start_time: time_s(assignment.start_ms),
        end_time: (assignment.end_ms <= request.now).then(|| time_s(assignment.end_ms)),
        assigned_at_time: "",
        assignment_type: "HOS",
        is_passenger: assignment.is_passenger,
    }
}
