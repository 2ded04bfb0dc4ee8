//! Faults of vehicles.

use serde_json::{Value, json};

use super::positions::span;
use super::wire::{device, has_gateway, is_metric, number, time, vehicle_ref, with};
use super::{Answer, Request};
use crate::world::{Fault, FaultCode, Vehicle};

/// `GET /v1/fault_codes`: those that were seen on some days, of vehicles with a gateway. One stays the same record when it is gone.
pub(super) fn list(request: &Request<'_>) -> Answer {
    let (from, to) = span(request, "start_date", "end_date")?;
    let wanted = request.query.list("vehicle_ids");
    let is_wanted = |vehicle: &&Vehicle| wanted.is_empty() || wanted.contains(&number(vehicle.id).to_string().as_str());
    let vehicles = request.account.vehicles.iter().filter(|vehicle| has_gateway(vehicle)).filter(is_wanted);
    let faults =
        vehicles.flat_map(|vehicle| vehicle.faults(from, to.min(request.now)).into_iter().map(move |fault| (vehicle, fault)));
    let mut faults: Vec<(&Vehicle, Fault)> =
        faults.filter(|(_, fault)| fault.opened_ms <= request.now && fault.seen_ms(request.now) >= from).collect();
    if let Some(status) = request.query.one("status") {
        faults.retain(|(_, fault)| self::status(fault, request.now) == status);
    }
    Ok(request.query.page("fault_codes", "fault_code", &faults, |(vehicle, fault)| body(request, vehicle, fault)))
}

fn status(fault: &Fault, now: i64) -> &'static str {
    if fault.is_open(now) { "open" } else { "closed" }
}

fn body(request: &Request<'_>, vehicle: &Vehicle, fault: &Fault) -> Value {
    let seen_ms = fault.seen_ms(request.now);
    let times = (seen_ms - fault.opened_ms) / 3_600_000 + 1;
    let (code, network, details) = match fault.kind.code {
        FaultCode::J1939 { spn, fmi: (fmi, meaning), source_address } => (
            spn.to_string(),
            "j1939",
            json!({
                "fmi": fmi, "fmi_description": meaning, "source_address": source_address.to_string(), "occurrence_count": times,
                "source_address_label": source_address.to_string(), "source_address_name": "Controller",
            }),
        ),
        FaultCode::Obd2(code) => (
            code.to_owned(),
            "obdii",
            json!({
                "fmi": null, "fmi_description": null, "source_address": "2024", "occurrence_count": null,
                "source_address_label": "2024", "source_address_name": null,
            }),
        ),
    };
    let fault_body = json!({
        "id": fault.id % 1_000_000_000, "code": code, "code_label": code, "code_description": fault.kind.text,
        "status": status(fault, request.now), "first_observed_at": time(fault.opened_ms), "last_observed_at": time(seen_ms),
        "type": "constant", "num_observations": times, "sum_num_observations": times, "is_sid": false, "dtc_status": null,
        "dtc_severity": null, "functional_grp_id": null, "ftb": null, "network": network, "vehicle_gateway": device(vehicle),
        "vehicle": with(vehicle_ref(vehicle), json!({ "metric_units": is_metric(vehicle) })),
    });
    with(fault_body, details)
}
