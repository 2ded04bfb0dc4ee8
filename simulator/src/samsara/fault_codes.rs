//! The faults of a vehicle as a stat: those that are there at the time of a reading, by the bus that tells.

use serde::Serialize;

use crate::world::{FaultCode, Reading, Vehicle};

/// What a reading of faults tells. A bus without any is left out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Faults {
    can_bus_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    j1939: Option<Heavy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    obdii: Option<Light>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Heavy {
    check_engine_lights: Lights,
    diagnostic_trouble_codes: Vec<HeavyCode>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Lights {
    emissions_is_on: bool,
    protect_is_on: bool,
    stop_is_on: bool,
    warning_is_on: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct HeavyCode {
    spn_id: u32,
    spn_description: &'static str,
    fmi_id: u8,
    fmi_description: &'static str,
    tx_id: u8,
    source_address_name: String,
    mil_status: i32,
    occurrence_count: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Light {
    check_engine_light_is_on: bool,
    diagnostic_trouble_codes: Vec<LightCodes>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LightCodes {
    confirmed_dtcs: Vec<Dtc>,
    pending_dtcs: Vec<Dtc>,
    permanent_dtcs: Vec<Dtc>,
    ignition_type: &'static str,
    mil_status: bool,
    tx_id: i64,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Dtc {
    dtc_id: u32,
    dtc_short_code: &'static str,
    dtc_description: &'static str,
}

impl Faults {
    pub(super) fn of(vehicle: &Vehicle, reading: &Reading) -> Self {
        let at = reading.at_ms;
        let (mut heavy, mut light) = (Vec::new(), Vec::new());
        for fault in vehicle.faults(at, at + 1) {
            let text = fault.kind.text;
            match fault.kind.code {
                FaultCode::J1939 { spn, fmi: (fmi, meaning), source_address } => heavy.push(HeavyCode {
                    spn_id: spn,
                    spn_description: text,
                    fmi_id: fmi,
                    fmi_description: meaning,
                    tx_id: source_address,
                    source_address_name: format!("Controller {source_address}"),
                    mil_status: 1,
                    occurrence_count: (at - fault.opened_ms) / 3_600_000 + 1,
                }),
                FaultCode::Obd2(code) => light.push(Dtc {
                    dtc_id: code.get(1..).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default(),
                    dtc_short_code: code,
                    dtc_description: text,
                }),
            }
        }
        let lights = Lights { emissions_is_on: false, protect_is_on: false, stop_is_on: false, warning_is_on: true };
        let codes = |dtcs: Vec<Dtc>| LightCodes {
            pending_dtcs: dtcs.clone(),
            confirmed_dtcs: dtcs,
            permanent_dtcs: Vec::new(),
            ignition_type: "compression",
            mil_status: true,
            tx_id: 0,
        };
        Self {
            can_bus_type: "CANBUS_J1939_500",
            j1939: (!heavy.is_empty()).then_some(Heavy { check_engine_lights: lights, diagnostic_trouble_codes: heavy }),
            obdii: (!light.is_empty())
                .then(|| Light { check_engine_light_is_on: true, diagnostic_trouble_codes: vec![codes(light)] }),
        }
    }
}
