//! Faults of vehicles, and the lists that say what they are.

use serde_json::{Value, json};

use super::Request;
use super::record::{Record, Window, version, version_text};
use super::wire::{reference, time, vehicle_id};
use crate::world::{Fault, FaultCode, FaultKind, mix};

fn diagnostic_id(kind: &FaultKind) -> String {
    match kind.code {
        FaultCode::J1939 { spn, .. } => format!("aSpn{spn}"),
        FaultCode::Obd2(code) => format!("aDtc{code}"),
    }
}

/// The number of a code such as `P0128`: its digits are hexadecimal.
fn number(code: &str) -> u32 {
    code.get(1..).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

fn mode_id(fmi: u8) -> String {
    format!("bFmi{fmi}")
}

fn controller_id(source_address: u8) -> String {
    format!("ControllerSa{source_address}Id")
}

/// `FaultData`: an observation when a fault appears, and one when it is gone. Neither ever changes.
pub(super) fn observations(request: &Request<'_>, window: Window) -> Vec<Record> {
    let mut found = Vec::new();
    for (number, vehicle) in (0_u64..).zip(&request.account.vehicles) {
        for fault in vehicle.faults(window.from, window.to) {
            for (at, state, what) in [(fault.opened_ms, "Active", 1), (fault.closed_ms, "Inactive", 2)] {
                if at > request.now || !(window.from..window.to).contains(&at) {
                    continue;
                }
                let tie = number << 4 | what;
                let body = body(&fault, at, state);
                let own = json!({
                    "device": reference(&vehicle_id(vehicle)), "id": format!("b{:X}", mix(fault.id, what) >> 20),
                    "version": version_text(version(at, tie)),
                });
                found.push(Record::new(at, tie, with(body, own)));
            }
        }
    }
    found
}

fn body(fault: &Fault, at: i64, state: &str) -> Value {
    let (mode, controller, address) = match fault.kind.code {
        FaultCode::J1939 { fmi: (fmi, _), source_address, .. } => {
            (reference(&mode_id(fmi)), reference(&controller_id(source_address)), Some(source_address))
        }
        FaultCode::Obd2(_) => ("NoFailureModeId".into(), "ControllerNoneId".into(), None),
    };
    let body = json!({
        "dateTime": time(at), "diagnostic": reference(&diagnostic_id(fault.kind)), "failureMode": mode, "controller": controller,
        "faultState": state, "faultStates": { "effectiveStatus": format!("FaultStatus{state}Id") }, "count": 1,
        "malfunctionLamp": state == "Active", "amberWarningLamp": false, "redStopLamp": false, "protectWarningLamp": false,
    });
    match address {
        Some(address) => with(body, json!({ "sourceAddress": address })),
        None => body,
    }
}

fn with(mut body: Value, more: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut body, more) {
        members.extend(more);
    }
    body
}

/// `Diagnostic`: what can be wrong.
pub(super) fn diagnostics(_: &Request<'_>) -> Vec<Value> {
    let body = |kind: &FaultKind| {
        let (code, family) = match kind.code {
            FaultCode::J1939 { spn, .. } => (spn, "SuspectParameter"),
            FaultCode::Obd2(code) => (number(code), "ObdFault"),
        };
        json!({ "id": diagnostic_id(kind), "name": kind.text, "code": code, "diagnosticType": family, "unitOfMeasure": "UnitOfMeasureNoneId" })
    };
    FaultKind::ALL.iter().map(body).collect()
}

/// What heavy vehicles tell of a fault beside its parameter.
fn heavy() -> impl Iterator<Item = ((u8, &'static str), u8)> {
    FaultKind::ALL.iter().filter_map(|kind| match kind.code {
        FaultCode::J1939 { fmi, source_address, .. } => Some((fmi, source_address)),
        FaultCode::Obd2(_) => None,
    })
}

/// `FailureMode`: in which ways something can be wrong.
pub(super) fn failure_modes(_: &Request<'_>) -> Vec<Value> {
    let modes: std::collections::BTreeMap<u8, &str> = heavy().map(|(mode, _)| mode).collect();
    modes.into_iter().map(|(fmi, name)| json!({ "id": mode_id(fmi), "name": name, "code": fmi })).collect()
}

/// `Controller`: who tells.
pub(super) fn controllers(_: &Request<'_>) -> Vec<Value> {
    let addresses: std::collections::BTreeSet<u8> = heavy().map(|(_, address)| address).collect();
    addresses.into_iter().map(|at| json!({ "id": controller_id(at), "name": format!("Controller {at}"), "code": at })).collect()
}
