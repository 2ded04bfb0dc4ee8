//! Inspection reports, the defects in them, and the types of defects.

use serde::Serialize;

use super::changes::{self, LONGEST_MS};
use super::lists::slice_of;
use super::wire::{Page, time, time_s};
use super::{Answer, Request};
use crate::http::Reply;
use crate::world::{Inspection, Millis, Signal, whole};

const MAX_ROWS: usize = 200;

/// Label, section and severity of the types of defects.
const TYPES: &[(&str, &str, &str)] = &[
    ("Air Compressor", "exteriorSideUnderneath", "major"),
    ("Mirrors", "exteriorFront", "minor"),
    ("Wheels / Rims", "exteriorSideUnderneath", "major"),
    ("Brake Connections", "exteriorRear", "major"),
    ("Windshield Wipers", "exteriorFront", "minor"),
    ("Ashtray", "interiorDriverCab", "notApplicable"),
];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Dvir {
    id: String,
    r#type: &'static str,
    vehicle: Id,
    author_signature: Signature,
    dvir_submission_begin_time: String,
    dvir_submission_time: String,
    updated_at_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    odometer_meters: Option<i64>,
    safety_status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    defect_ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mechanic_notes: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    formatted_address: Option<String>,
}

#[derive(Debug, Serialize)]
struct Id {
    id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Signature {
    signatory_user: Id,
    signed_at_time: String,
    r#type: &'static str,
}

/// `GET /dvirs/stream`.
pub(super) fn reports(request: &Request<'_>) -> Answer {
    let limit = request.query.limit_of(MAX_ROWS)?;
    let (page, pagination) = changes::page(request, limit, |from, to| changed(request, from, to))?;
    let data: Vec<_> = page.iter().map(|inspection| report(request, inspection)).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}

/// The inspections that last changed in a span of time, with the time.
fn changed<'a>(request: &Request<'a>, from: Millis, to: Millis) -> Vec<(Millis, Inspection<'a>)> {
    let all = request.account.inspections(from - LONGEST_MS, to).into_iter();
    let changed = all.map(|inspection| (inspection.changed_ms(request.now), inspection));
    changed.filter(|(changed, _)| (from..=to).contains(changed)).collect()
}

fn report(request: &Request<'_>, inspection: &Inspection<'_>) -> Dvir {
    let is_repaired = inspection.is_repaired(request.now);
    let vehicle = request.account.vehicles.get(inspection.vehicle);
    let meters = vehicle.and_then(|vehicle| vehicle.latest(inspection.end_ms, Signal::Meters));
    Dvir {
        id: inspection.id.to_string(),
        r#type: if inspection.is_post_trip { "postTrip" } else { "preTrip" },
        vehicle: Id { id: vehicle.map(|vehicle| vehicle.id.to_string()).unwrap_or_default() },
        author_signature: Signature {
            signatory_user: Id { id: inspection.driver.id.to_string() },
            signed_at_time: time_s(inspection.end_ms),
            r#type: "driver",
        },
        dvir_submission_begin_time: time_s(inspection.start_ms),
        dvir_submission_time: time_s(inspection.end_ms),
        updated_at_time: time(inspection.changed_ms(request.now)),
        formatted_address: meters.as_ref().and_then(|reading| reading.place.clone()),
        odometer_meters: meters.map(|reading| whole(reading.odometer_m)),
        safety_status: match inspection.defect {
            None => "safe",
            Some(_) if is_repaired => "resolved",
            Some(_) => "unsafe",
        },
        defect_ids: inspection.defect.map(|_| defect_id(inspection)).into_iter().collect(),
        mechanic_notes: is_repaired.then_some("Repaired"),
    }
}

fn defect_id(inspection: &Inspection<'_>) -> String {
    format!("{:08x}-7a16-4f9f-90f7-{:012x}", inspection.id >> 12, inspection.id)
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Defect {
    id: String,
    dvir_id: String,
    defect_type_id: String,
    comment: &'static str,
    created_at_time: String,
    updated_at_time: String,
    is_resolved: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_at_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mechanic_notes: Option<&'static str>,
    vehicle: Id,
}

/// `GET /defects/stream`.
pub(super) fn defects(request: &Request<'_>) -> Answer {
    let limit = request.query.limit_of(MAX_ROWS)?;
    let found = |from, to| changed(request, from, to).into_iter().filter(|(_, inspection)| inspection.defect.is_some()).collect();
    let (page, pagination) = changes::page(request, limit, found)?;
    let data: Vec<_> = page.iter().map(|inspection| defect(request, inspection)).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}

fn defect(request: &Request<'_>, inspection: &Inspection<'_>) -> Defect {
    let is_resolved = inspection.is_repaired(request.now);
    let vehicle = request.account.vehicles.get(inspection.vehicle);
    Defect {
        id: defect_id(inspection),
        dvir_id: inspection.id.to_string(),
        defect_type_id: type_id(inspection.defect.unwrap_or(0) % TYPES.len()),
        comment: "Looks worn",
        created_at_time: time_s(inspection.end_ms),
        updated_at_time: time(inspection.changed_ms(request.now)),
        is_resolved,
        resolved_at_time: is_resolved.then(|| time_s(inspection.repaired_ms)),
        mechanic_notes: is_resolved.then_some("Repaired"),
        vehicle: Id { id: vehicle.map(|vehicle| vehicle.id.to_string()).unwrap_or_default() },
    }
}

fn type_id(index: usize) -> String {
    format!("25d6151e-29b5-453e-875a-{:012x}", index + 1)
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct DefectType {
    id: String,
    created_at_time: &'static str,
    label: &'static str,
    section_type: &'static str,
    severity: &'static str,
}

/// `GET /defect-types`.
pub(super) fn types(request: &Request<'_>) -> Answer {
    let numbers: Vec<usize> = (0..TYPES.len()).collect();
    let (page, pagination) = slice_of(request, &numbers, MAX_ROWS)?;
    let row = |index: usize| {
        let (label, section_type, severity) = *TYPES.get(index)?;
        Some(DefectType { id: type_id(index), created_at_time: "2024-01-01T00:00:00Z", label, section_type, severity })
    };
    let data: Vec<_> = page.into_iter().filter_map(row).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}
