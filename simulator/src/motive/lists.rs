//! The company, its groups and its vehicles.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde_json::{Value, json};

use super::kinds::VEHICLES;
use super::refusal::Refusal;
use super::wire::{device, driver_of, is_metric, number, time};
use super::{Answer, Request};
use crate::world::{Account, Vehicle};

pub(super) fn company_id(account: &Account) -> u64 {
    account.org_id.parse().unwrap_or_default()
}

/// `GET /v1/companies`: the one that the key belongs to.
pub(super) fn companies(request: &Request<'_>) -> Answer {
    let body = |account: &&Account| {
        json!({
            "id": company_id(account), "name": account.name, "street": account.address, "dot_ids": [account.dot_number.to_string()],
            "time_zone": super::days::COMPANY.name, "metric_units": false, "cycle": "70_8",
        })
    };
    Ok(request.query.page("companies", "company", &[request.account], body))
}

/// `GET /v1/groups`.
pub(super) fn groups(request: &Request<'_>) -> Answer {
    let account = request.account;
    let tags = account.vehicles.iter().map(|vehicle| vehicle.tag).chain(account.trailers.iter().map(|trailer| trailer.tag));
    let tags: Vec<(u32, &str)> = tags.collect::<BTreeMap<_, _>>().into_iter().collect();
    let body = |(id, name): &(u32, &str)| json!({ "id": id, "company_id": company_id(account), "name": name, "parent_id": null, "user": null });
    Ok(request.query.page("groups", "group", &tags, body))
}

/// `GET /v1/vehicles`: all, those out of use too; with `updated_after` those that were saved since.
pub(super) fn vehicles(request: &Request<'_>) -> Answer {
    let since = request.query.one("updated_after").map(|text| {
        DateTime::parse_from_rfc3339(text).map(|time| time.timestamp_millis()).map_err(|_| Refusal::Value("updated_after"))
    });
    let since = since.transpose()?;
    let mut all = all_vehicles(request);
    all.retain(|vehicle| since.is_none_or(|since| saved_ms(vehicle).is_none_or(|saved| saved > since)));
    Ok(request.query.page("vehicles", "vehicle", &all, Value::clone))
}

fn saved_ms(record: &Value) -> Option<i64> {
    let text = record.get("updated_at")?.as_str()?;
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis())
}

/// The vehicles as they are now, those that were made among them.
pub(super) fn all_vehicles(request: &Request<'_>) -> Vec<Value> {
    let written = request.app.written();
    let own = request.account.vehicles.iter().map(|vehicle| written.current(VEHICLES, body(request.account, vehicle)));
    own.chain(written.made(VEHICLES, request.account.login)).collect()
}

fn body(account: &Account, vehicle: &Vehicle) -> Value {
    let build = vehicle.build.as_ref();
    let is_used = vehicle.reports();
    json!({
        "id": number(vehicle.id), "company_id": company_id(account), "number": vehicle.name,
        "status": if is_used { "active" } else { "inactive" }, "ifta": true, "vin": build.map(|build| build.vin.as_str()),
        "make": build.map(|build| build.make), "model": build.map(|build| build.model),
        "year": build.map(|build| build.year.to_string()), "license_plate_state": build.map(|_| "CA"),
        "license_plate_number": build.map(|build| build.plate.as_str()), "license_plate_country_code": build.map(|_| "US"),
        "metric_units": is_metric(vehicle), "fuel_type": "diesel", "prevent_auto_odometer_entry": false, "notes": null,
        "incab_alert_live_stream_enable": 1, "driver_facing_camera": 0, "incab_audio_recording": -1,
        "group_ids": build.map_or(Vec::new(), |_| vec![vehicle.tag.0]), "created_at": time(vehicle.created_ms),
        "updated_at": time(vehicle.created_ms), "permanent_driver": null,
        "availability_details": {
            "availability_status": if is_used { "in_service" } else { "out_of_service" }, "updated_at": time(vehicle.created_ms),
        },
        "eld_device": device(vehicle), "current_driver": driver_of(account, vehicle), "carb_ctc_test_enabled": null,
        "carb_ctc_emission_status": null, "registration_expiry_date": null,
    })
}
