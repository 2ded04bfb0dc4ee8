//! Inspection reports, and the defects in them.

use serde_json::{Value, json};

use super::Request;
use super::record::{Record, Window, version, version_text};
use super::users::OFFICE_ID;
use super::wire::{driver as named, reference, time, time_span, trailer_own_id, vehicle_id, without_nulls};
use crate::world::{Inspection, Millis, Signal};

const DAY_MS: Millis = 24 * 3_600_000;
/// Parts of vehicles, what can be wrong with them, and how bad that is.
const DEFECTS: [(&str, &str, &str); 6] = [
    ("Air Compressor", "Leaks air", "Critical"),
    ("Mirrors", "Cracked", "Normal"),
    ("Wheels / Rims", "Loose lug nuts", "Critical"),
    ("Brake Connections", "Disconnected", "Critical"),
    ("Windshield Wipers", "Worn", "Normal"),
    ("Ashtray", "Missing", "Unregulated"),
];

fn part_id(index: usize) -> String {
    format!("b{:X}", 31_000_000 + index)
}

fn defect_id(index: usize) -> String {
    format!("b{:X}", 32_000_000 + index)
}

/// The groups that parts and defects are.
pub(super) fn groups() -> Vec<(String, &'static str)> {
    let both = DEFECTS.iter().enumerate();
    both.flat_map(|(index, (part, defect, _))| [(part_id(index), *part), (defect_id(index), *defect)]).collect()
}

/// `Defect`.
pub(super) fn defects(_: &Request<'_>) -> Vec<Value> {
    let body = |(index, (_, name, severity)): (usize, &(&str, &str, &str))| json!({ "id": defect_id(index), "name": name, "severity": severity, "isHidden": false, "isRequired": false, "children": [] });
    DEFECTS.iter().enumerate().map(body).collect()
}

/// `DVIRDefect`: those of a month.
pub(super) fn found(request: &Request<'_>) -> Vec<Value> {
    let inspections = request.account.inspections(request.now - 30 * DAY_MS, request.now);
    inspections.iter().filter_map(|inspection| defect(request, inspection)).collect()
}

fn defect(request: &Request<'_>, inspection: &Inspection<'_>) -> Option<Value> {
    let index = inspection.defect? % DEFECTS.len();
    let is_repaired = inspection.is_repaired(request.now);
    let remark = |text: &str, user: String, at: Millis| json!({ "dateTime": time(at), "remark": text, "user": { "id": user } });
    let mut remarks = vec![remark("Looks worn", super::wire::user_id(inspection.driver), inspection.end_ms)];
    if is_repaired {
        remarks.push(remark("Replaced", OFFICE_ID.into(), inspection.repaired_ms));
    }
    Some(without_nulls(json!({
        "id": format!("aD{:X}", inspection.id), "defect": reference(&defect_id(index)), "part": reference(&part_id(index)),
        "defectRemarks": remarks, "repairStatus": if is_repaired { "Repaired" } else { "NotRepaired" },
        "repairDateTime": is_repaired.then(|| time(inspection.repaired_ms)),
        "repairUser": is_repaired.then(|| reference(OFFICE_ID)),
    })))
}

/// `DVIRLog`: a report comes again when what it tells of was repaired. Some are of the trailer; and some of a vehicle name the trailer
/// behind it.
pub(super) fn reports(request: &Request<'_>, window: Window) -> Vec<Record> {
    let from = if window.by_arrival { window.from - 2 * DAY_MS } else { window.from };
    let inspections = request.account.inspections(from, window.to.min(request.now + 1) - 1).into_iter();
    let records = inspections.map(|inspection| {
        let arrived = inspection.changed_ms(request.now);
        Record::new(arrived, inspection.id, report(request, &inspection, arrived))
    });
    records.filter(|record| window.holds(record)).collect()
}

fn report(request: &Request<'_>, inspection: &Inspection<'_>, arrived: Millis) -> Value {
    let account = request.account;
    let vehicle = account.vehicles.get(inspection.vehicle);
    let trailer = account.trailers.iter().find(|trailer| trailer.vehicle == inspection.vehicle);
    let trailer = trailer.filter(|_| inspection.id % 6 < 2);
    let device = vehicle.filter(|_| trailer.is_none() || inspection.id % 6 == 1);
    let at = vehicle.and_then(|vehicle| vehicle.latest(inspection.end_ms, Signal::Meters));
    let measured = at.as_ref().filter(|_| device.is_some());
    let defect = defect(request, inspection);
    let is_repaired = inspection.is_repaired(request.now);
    let repaired = |value: Value| is_repaired.then_some(value);
    let list = if device.is_some() { "Truck Defects" } else { "Trailer Defects" };
    without_nulls(json!({
        "id": format!("a{:X}", inspection.id), "dateTime": time(inspection.end_ms), "driver": named(inspection.driver),
        "device": device.map(|vehicle| reference(&vehicle_id(vehicle))),
        "trailer": trailer.map(|trailer| reference(&trailer_own_id(trailer))),
        "logType": if inspection.is_post_trip { "PostTrip" } else { "PreTrip" },
        "duration": time_span(inspection.end_ms - inspection.start_ms), "isInspectedByDriver": true, "isRejected": false,
        "authorityName": account.name, "authorityAddress": account.address,
        "driverRemark": if defect.is_some() { "See the defect." } else { "" },
        "defectList": { "id": "b1E848FF", "name": list, "children": [] },
        "odometer": measured.map(|at| at.odometer_m), "engineHours": measured.map(|at| at.engine_s),
        "location": at.as_ref().map(|at| json!({ "location": { "x": at.longitude, "y": at.latitude } })),
        "isSafeToOperate": defect.as_ref().map(|_| is_repaired), "dvirDefects": defect.map(|defect| [defect]),
        "repairDate": repaired(time(inspection.repaired_ms).into()), "repairedBy": repaired(reference(OFFICE_ID)),
        "repairRemark": repaired("Replaced".into()), "certifiedBy": repaired(named(inspection.driver)),
        "certifyDate": repaired(time(inspection.repaired_ms).into()), "certifyRemark": if is_repaired { "Reviewed." } else { "" },
        "version": version_text(version(arrived, inspection.id)),
    }))
}
