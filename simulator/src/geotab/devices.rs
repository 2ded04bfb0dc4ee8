//! Devices: vehicles, and trailers among them. And the groups that they are in.

use serde_json::{Value, json};

use super::Request;
use super::dvirs;
use super::wire::{NEVER, reference, time, trailer_id, trailer_own_id, vehicle_id, without_nulls};
use crate::world::{Trailer, Vehicle};

/// Groups that every database has.
const BUILT_IN: [(&str, &str); 4] = [
    ("GroupCompanyId", "Company Group"),
    ("GroupVehicleId", "Vehicle"),
    ("GroupTrailerId", "Trailer"),
    ("GroupDriveUserSecurityId", "**DriveUserSecurity**"),
];

fn group_id(tag: u32) -> String {
    format!("b{:X}", 30_000_000 + tag)
}

/// `Device`: vehicles first.
pub(super) fn list(request: &Request<'_>) -> Vec<Value> {
    let vehicles = request.account.vehicles.iter().map(vehicle_body);
    vehicles.chain(request.account.trailers.iter().map(|trailer| trailer_body(request, trailer))).collect()
}

/// `Group`.
pub(super) fn groups(request: &Request<'_>) -> Vec<Value> {
    let account = request.account;
    let tags = account.vehicles.iter().map(|vehicle| vehicle.tag).chain(account.trailers.iter().map(|trailer| trailer.tag));
    let mut named: Vec<(String, &str)> = tags.map(|(tag, name)| (group_id(tag), name)).collect();
    named.sort();
    named.dedup();
    let built_in = BUILT_IN.map(|(id, name)| (id.to_owned(), name));
    let all = built_in.into_iter().chain(named).chain(dvirs::groups());
    all.map(|(id, name)| json!({ "id": id, "name": name, "children": [], "color": { "r": 0, "g": 0, "b": 255, "a": 1 } }))
        .collect()
}

/// What devices of all sorts have.
fn common(id: &str, name: &str, kind: &str, groups: [&str; 2]) -> Value {
    json!({
        "id": id, "name": name, "comment": "", "deviceType": kind, "groups": groups.map(reference), "activeTo": NEVER,
        "ignoreDownloadsUntil": "1986-01-01T00:00:00.000Z", "maxSecondsBetweenLogs": 200, "timeToDownload": "1.00:00:00",
        "workTime": "WorkTimeStandardHoursId", "timeZoneId": "America/Los_Angeles", "customProperties": [], "mediaFiles": [],
        "licensePlate": "", "licenseState": "", "vehicleIdentificationNumber": "?", "devicePlans": ["ProPlus"],
    })
}

fn with(mut body: Value, more: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut body, more) {
        members.extend(more);
    }
    without_nulls(body)
}

/// A vehicle. One that was only typed in has no hardware.
fn vehicle_body(vehicle: &Vehicle) -> Value {
    let id = vehicle_id(vehicle);
    let group = group_id(vehicle.tag.0);
    let created = time(vehicle.created_ms);
    let Some(build) = &vehicle.build else {
        return with(common(&id, &vehicle.name, "None", ["GroupVehicleId", &group]), json!({ "activeFrom": created }));
    };
    let more = json!({
        "activeFrom": created, "serialNumber": build.serial, "productId": 120, "hardwareId": vehicle.id % 1_000_000,
        "vehicleIdentificationNumber": build.vin, "engineVehicleIdentificationNumber": build.vin, "licensePlate": build.plate,
        "engineType": "EngineTypeGenericId", "fuelTankCapacity": 0, "odometerFactor": 1, "odometerOffset": -1_250.5,
        "parameterVersion": 24, "parameterVersionOnDevice": 24, "major": 45, "minor": 42, "autoHos": "AUTO", "speedingOn": 113,
        "vinInfoMake": build.make, "vinInfoModel": build.model, "vinInfoYear": build.year.to_string(),
        "deviceFlags": { "activeFeatures": ["GoActive"], "isHOSAllowed": true, "ratePlans": [] },
    });
    with(common(&id, &vehicle.name, "GO9", ["GroupVehicleId", &group]), more)
}

/// A trailer is a device without hardware.
fn trailer_body(request: &Request<'_>, trailer: &Trailer) -> Value {
    let group = group_id(trailer.tag.0);
    let created = request.account.vehicles.get(trailer.vehicle).map(|vehicle| time(vehicle.created_ms));
    let more = json!({
        "activeFrom": created, "tmpTrailerId": trailer_own_id(trailer), "serialNumber": trailer.trailer_serial,
        "licensePlate": trailer.plate,
    });
    with(common(&trailer_id(trailer), &trailer.name, "None", ["GroupTrailerId", &group]), more)
}
