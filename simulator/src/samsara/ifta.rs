//! Months of vehicles for fuel tax.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate, NaiveTime};
use serde_json::{Value, json};

use super::lists::slice_of;
use super::refusal::Refusal;
use super::wire::AssignedVehicle;
use super::{Answer, Request};
use crate::http::Reply;
use crate::world::{Millis, Signal, Vehicle};

/// `limit` has no effect here.
const PAGE: usize = 50;
const DAY_MS: Millis = 24 * 3_600_000;
/// The share of roads that are public.
const TAXABLE: f64 = 0.97;

#[rustfmt::skip]
const MONTHS: [&str; 12] = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// `GET /fleet/reports/ifta/vehicle`: a month's distances of each vehicle by state, as far as it drove.
pub(super) fn vehicles(request: &Request<'_>) -> Answer {
    let year: i32 = request.query.one("year").ok_or(Refusal::Missing("year"))?.parse().map_err(|_| Refusal::Value("year"))?;
    let name = request.query.one("month").ok_or(Refusal::Missing("month"))?;
    let (number, name) = (1..).zip(MONTHS).find(|(_, known)| *known == name).ok_or(Refusal::Value("month"))?;
    let first = NaiveDate::from_ymd_opt(year, number, 1).ok_or(Refusal::Value("year"))?;
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    let end = midnight(first.checked_add_months(Months::new(1)).unwrap_or(first)).min(request.now);
    let all: Vec<&Vehicle> = request.vehicles().into_iter().filter(|vehicle| vehicle.reports()).collect();
    let (page, pagination) = slice_of(request, &all, PAGE)?;
    let report =
        |vehicle| json!({ "vehicle": AssignedVehicle::from(vehicle), "jurisdictions": states(vehicle, midnight(first), end) });
    let reports: Vec<Value> = page.into_iter().map(report).collect();
    let data = json!({ "year": year, "month": name, "vehicleReports": reports });
    Ok(Reply::json(200, &json!({ "data": data, "pagination": pagination })))
}

/// What a vehicle drove, day by day, in the states where the days ended.
fn states(vehicle: &Vehicle, start: Millis, end: Millis) -> Vec<Value> {
    let odometer = |at: Millis| vehicle.latest(at, Signal::Meters).map_or(0.0, |reading| reading.odometer_m);
    let mut meters: BTreeMap<String, f64> = BTreeMap::new();
    let mut day = start;
    while day < end {
        let next = (day + DAY_MS).min(end);
        let place = vehicle.latest(next, Signal::Position).and_then(|reading| reading.place);
        if let Some((_, state)) = place.as_deref().and_then(|place| place.rsplit_once(", ")) {
            *meters.entry(state.to_owned()).or_default() += odometer(next) - odometer(day);
        }
        day = next;
    }
    let driven = meters.into_iter().filter(|(_, meters)| *meters > 0.0);
    let body = |(state, meters): (String, f64)| json!({ "jurisdiction": state, "totalMeters": meters, "taxableMeters": meters * TAXABLE, "taxPaidLiters": 0.0 });
    driven.map(body).collect()
}
