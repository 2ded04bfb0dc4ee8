//! What the fault codes of all providers have in common: families, descriptions, and names that are the same for all.

use model::telematics::code::{CanonicalFault, Code};
use serde_json::{Map, Value};

const ABOVE: &[i64] = &[0, 15, 16];
const MODERATELY_ABOVE: &[i64] = &[15, 16];
const BELOW: &[i64] = &[1, 17, 18];
const MOST_SEVERE: &[i64] = &[0];
const CIRCUIT: &[i64] = &[3, 4, 5, 6];
const ERRATIC: &[i64] = &[2];
const ELECTRICAL: &[i64] = &[2, 3, 4, 5, 6, 9, 10, 12, 13, 14];
const PRESENT: &[i64] = &[0, 15, 16, 31];

/// Which fault a parameter (SPN) and the way in which it failed (FMI) are, as J1939-73 numbers them. Parameters that are the same but
/// for their place have a row together. What could be two names, or none for sure, has no row.
#[rustfmt::skip]
const CANONICAL: &[(i64, i64, &[i64], Code<CanonicalFault>)] = &[
    (37, 37, BELOW, Code::of("TRANS_AIR_TANK_PRESSURE_LOW")),
    (51, 51, ABOVE, Code::of("ENG_THROTTLE_HIGH")), (51, 51, BELOW, Code::of("ENG_THROTTLE_LOW")),
    (51, 51, ERRATIC, Code::of("ENG_THROTTLE_SIGNAL_ERRATIC")),
    (84, 84, ERRATIC, Code::of("VEH_SPEED_SIGNAL_ERRATIC")),
    (94, 94, ABOVE, Code::of("ENG_FUEL_PRESSURE_HIGH")), (94, 94, BELOW, Code::of("ENG_FUEL_PRESSURE_LOW")),
    (94, 94, ERRATIC, Code::of("ENG_FUEL_PRESSURE_SIGNAL_ERRATIC")),
    (97, 97, PRESENT, Code::of("ENG_WATER_IN_FUEL")),
    (100, 100, ABOVE, Code::of("ENG_OIL_PRESSURE_HIGH")), (100, 100, BELOW, Code::of("ENG_OIL_PRESSURE_LOW")),
    (102, 102, ABOVE, Code::of("ENG_MAP_HIGH")), (102, 102, BELOW, Code::of("ENG_MAP_LOW")),
    (102, 102, ERRATIC, Code::of("ENG_MAP_SIGNAL_ERRATIC")), (102, 102, &[3], Code::of("ENG_MAP_VOLTAGE_HIGH")),
    (110, 110, ABOVE, Code::of("ENG_COOLANT_TEMP_HIGH")), (110, 110, BELOW, Code::of("ENG_COOLANT_TEMP_LOW")),
    (119, 119, MOST_SEVERE, Code::of("RETARDER_OIL_TEMP_OVER_TEMP")), (119, 119, MODERATELY_ABOVE, Code::of("RETARDER_OIL_TEMP_HIGH")),
    (119, 119, BELOW, Code::of("RETARDER_OIL_TEMP_LOW")),
    (120, 120, ABOVE, Code::of("RETARDER_PRESSURE_HIGH")), (120, 120, BELOW, Code::of("RETARDER_PRESSURE_LOW")),
    (124, 124, ABOVE, Code::of("TRANS_FLUID_LEVEL_HIGH")), (124, 124, BELOW, Code::of("TRANS_FLUID_LEVEL_LOW")),
    (175, 175, ABOVE, Code::of("ENG_OIL_TEMP_HIGH")), (175, 175, BELOW, Code::of("ENG_OIL_TEMP_LOW")),
    (177, 177, MOST_SEVERE, Code::of("TRANS_FLUID_OVER_TEMP")), (177, 177, MODERATELY_ABOVE, Code::of("TRANS_FLUID_TEMP_HIGH")),
    (177, 177, BELOW, Code::of("TRANS_FLUID_TEMP_LOW")), (177, 177, ERRATIC, Code::of("TRANS_FLUID_TEMP_SIGNAL_ERRATIC")),
    (190, 190, ABOVE, Code::of("ENG_OVERSPEED")), (190, 190, ERRATIC, Code::of("ENG_SPEED_SIGNAL_ERRATIC")),
    (190, 190, CIRCUIT, Code::of("ENG_SPEED_CIRCUIT_FAULT")),
    (241, 241, &[17, 18], Code::of("TIRE_PRESSURE_LOW_MODERATE")), (241, 241, &[1], Code::of("TIRE_PRESSURE_LOW_SEVERE")),
    (597, 597, CIRCUIT, Code::of("BRAKE_SWITCH_CIRCUIT")),
    (629, 629, &[12], Code::of("ECU_INTELLIGENT_DEVICE_FAILURE")),
    (639, 639, ERRATIC, Code::of("J1939_NETWORK_SIGNAL_ERRATIC")),
    (789, 794, ERRATIC, Code::of("ABS_WHEEL_SENSOR_SIGNAL_ERRATIC")), (789, 794, &[7], Code::of("ABS_WHEEL_SENSOR_NOT_RESPONDING")),
    (789, 794, &[9], Code::of("ABS_WHEEL_SENSOR_ABNORMAL_UPDATE_RATE")),
    (789, 794, &[10], Code::of("ABS_WHEEL_SENSOR_ABNORMAL_RATE_OF_CHANGE")),
    (2791, 2791, ELECTRICAL, Code::of("EGR_VALVE_CONTROL_FAULT")),
    (3216, 3216, ELECTRICAL, Code::of("NOX_SENSOR_FAULT")), (3226, 3226, ELECTRICAL, Code::of("NOX_SENSOR_OUTLET_FAULT")),
    (3610, 3610, ERRATIC, Code::of("DPF_OUTLET_PRESSURE_SIGNAL_ERRATIC")),
    (3610, 3610, &[10], Code::of("DPF_OUTLET_PRESSURE_ABNORMAL_RATE_OF_CHANGE")),
    (4354, 4357, &[4], Code::of("DEF_LINE_HEATER_VOLTAGE_LOW")),
    (4364, 4364, BELOW, Code::of("SCR_CONVERSION_EFFICIENCY_LOW")),
];

/// The fault of a parameter and a failure mode, under the name that all families share.
pub(crate) fn canonical(spn: Option<i64>, fmi: Option<i64>) -> Option<Code<CanonicalFault>> {
    let (spn, fmi) = (spn?, fmi?);
    let fits = |row: &&(i64, i64, &[i64], _)| (row.0..=row.1).contains(&spn) && row.2.contains(&fmi);
    CANONICAL.iter().find(fits).map(|row| row.3)
}

/// A code as an object: of those members that are known; whole numbers are numbers.
pub(crate) fn code<const N: usize>(members: [(&str, Option<String>); N]) -> Option<Value> {
    let number = |text: String| text.parse::<i64>().map_or(Value::String(text), Value::from);
    let known = members.into_iter().filter_map(|(name, text)| Some((name.to_owned(), number(text?))));
    let known: Map<String, Value> = known.collect();
    (!known.is_empty()).then_some(Value::Object(known))
}

/// What is said of a parameter, and of the way in which it failed.
pub(crate) fn description(parts: [Option<String>; 2]) -> Option<String> {
    let told: Vec<String> = parts.into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join(": "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_and_failure_modes_have_common_names() {
        for (spn, fmi, name) in [
            (110, 0, Some("ENG_COOLANT_TEMP_HIGH")),
            (110, 18, Some("ENG_COOLANT_TEMP_LOW")),
            (177, 0, Some("TRANS_FLUID_OVER_TEMP")),
            (177, 16, Some("TRANS_FLUID_TEMP_HIGH")),
            (792, 10, Some("ABS_WHEEL_SENSOR_ABNORMAL_RATE_OF_CHANGE")),
            (795, 10, None),
            (110, 31, None),
            (520_372, 0, None),
        ] {
            assert_eq!(canonical(Some(spn), Some(fmi)).map(|code| code.as_str()), name, "{spn} {fmi}");
        }
        assert_eq!((canonical(None, Some(0)), canonical(Some(110), None)), (None, None));
    }

    #[test]
    fn no_fault_has_two_names() {
        for (number, (first, last, modes, name)) in CANONICAL.iter().enumerate() {
            let others = CANONICAL.iter().skip(number + 1).filter(|other| other.0 <= *last && *first <= other.1);
            for (_, _, again, other) in others {
                assert!(!modes.iter().any(|mode| again.contains(mode)), "{name:?} and {other:?}");
            }
        }
    }

    #[test]
    fn codes_are_objects_of_what_is_known() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            code([("spn", text("110")), ("fmi", None), ("dtc", text("P0128"))]),
            Some(json!({ "spn": 110, "dtc": "P0128" }))
        );
        assert_eq!(code([("spn", None)]), None);
        assert_eq!(description([None, text("b")]).as_deref(), Some("b"));
        assert_eq!(description([text("a"), text("b")]).as_deref(), Some("a: b"));
    }
}
