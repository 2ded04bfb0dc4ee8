//! Which driver had which trailer, in the older API: numbers for ids, milliseconds for times, cursors by `startingAfter`.

use serde::Serialize;

use super::cursor::Cursor;
use super::refusal::Refusal;
use super::{Answer, Request};
use crate::http::Reply;
use crate::world::{Millis, Trailer};

const DAY_MS: Millis = 24 * 3_600_000;
/// Trailers of a page.
const PAGE: usize = 100;

#[derive(Debug, Serialize)]
struct Body<'a> {
    pagination: Pagination,
    trailers: Vec<Row<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    end_cursor: String,
    has_next_page: bool,
    has_prev_page: bool,
    start_cursor: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    id: u64,
    name: &'a str,
    trailer_assignments: Vec<Assigned>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Assigned {
    driver_id: u64,
    start_ms: Millis,
    /// Absent while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_ms: Option<Millis>,
}

/// `GET /v1/fleet/trailers/assignments`: of each trailer, the drivers who had it within `[startMs, endMs]`.
pub(super) fn list(request: &Request<'_>) -> Answer {
    let number = |name: &'static str, or: usize| match request.query.one(name) {
        None => Ok(or),
        Some(text) => text.parse().map_err(|_| Refusal::Value(name)),
    };
    let millis = |name: &'static str, or: Millis| match request.query.one(name) {
        None => Ok(or),
        Some(text) => text.parse().map_err(|_| Refusal::Value(name)),
    };
    let end = millis("endMs", request.now)?;
    let start = millis("startMs", end - DAY_MS)?;
    let size = number("limit", PAGE)?.clamp(1, PAGE);
    let first = match request.query.one("startingAfter").map(|text| Cursor::decode(request.route, text)) {
        None => 0,
        Some(Some(Cursor::Offset(offset))) => offset,
        Some(_) => return Err(Refusal::Cursor),
    };
    let all = &request.account.trailers;
    let trailers: Vec<Row<'_>> = all.iter().skip(first).take(size).map(|trailer| row(request, trailer, (start, end))).collect();
    let last = first + trailers.len();
    let cursor = |offset| Cursor::Offset(offset).encode(request.route);
    let pagination = Pagination {
        end_cursor: cursor(last),
        has_next_page: last < all.len(),
        has_prev_page: first > 0,
        start_cursor: cursor(first),
    };
    Ok(Reply::json(200, &Body { pagination, trailers }))
}

/// A trailer stays with one vehicle: who drives that one has the trailer.
fn row<'a>(request: &Request<'_>, trailer: &'a Trailer, (start, end): (Millis, Millis)) -> Row<'a> {
    let shifts = request.account.assignments(start, end.min(request.now)).into_iter();
    let drove = shifts.filter(|shift| shift.vehicle == trailer.vehicle && !shift.is_passenger);
    let assigned = drove.map(|shift| Assigned {
        driver_id: shift.driver.id,
        start_ms: shift.start_ms,
        end_ms: (shift.end_ms <= request.now).then_some(shift.end_ms),
    });
    Row { id: trailer.id, name: &trailer.name, trailer_assignments: assigned.collect() }
}
