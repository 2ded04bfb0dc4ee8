//! Hours-of-service rulesets, as far as Samsara's words leave no doubt which code they mean.

use model::telematics::code::{Code, HosRuleset};

use crate::wire::Members;

/// The code of a ruleset; `None` where unsure.
pub(super) fn ruleset(rules: &Members<'_>) -> Option<Code<HosRuleset>> {
    let cycle = words(rules, "cycle");
    if let Some(canadian) = canada(&cycle) {
        return Some(canadian);
    }
    let no_restart = words(rules, "restart") == "NONE";
    let no_break = words(rules, "break") == "NONE";
    match (words(rules, "shift").as_str(), cycle.as_str(), no_restart, no_break) {
        ("US_INTERSTATE_PROPERTY", "USA_70_HOUR_8_DAY", false, false) => Some(const { Code::of("US_INT_PROP_70_8") }),
        ("US_INTERSTATE_PROPERTY", "USA_70_HOUR_8_DAY", true, false) => Some(const { Code::of("US_INT_PROP_70_8_NORST") }),
        ("US_INTERSTATE_PROPERTY", "USA_70_HOUR_8_DAY", false, true) => Some(const { Code::of("US_INT_PROP_70_8_NOBRK") }),
        ("US_INTERSTATE_PROPERTY", "USA_60_HOUR_7_DAY", false, false) => Some(const { Code::of("US_INT_PROP_60_7") }),
        ("US_INTERSTATE_PROPERTY", "USA_60_HOUR_7_DAY", true, false) => Some(const { Code::of("US_INT_PROP_60_7_NORST") }),
        ("US_INTERSTATE_PROPERTY", "USA_60_HOUR_7_DAY", false, true) => Some(const { Code::of("US_INT_PROP_60_7_NOBRK") }),
        ("US_INTERSTATE_PASSENGER", "USA_70_HOUR_8_DAY", ..) => Some(const { Code::of("US_INT_PAX_70_8") }),
        ("US_INTERSTATE_PASSENGER", "USA_60_HOUR_7_DAY", ..) => Some(const { Code::of("US_INT_PAX_60_7") }),
        _ => None,
    }
}

fn canada(cycle: &str) -> Option<Code<HosRuleset>> {
    match cycle {
        "CANADA_SOUTH_CYCLE_1_70_HOUR_7_DAY" => Some(const { Code::of("CA_FED_C1_70_7") }),
        "CANADA_SOUTH_CYCLE_2_120_HOUR_14_DAY" => Some(const { Code::of("CA_FED_C2_120_14") }),
        "CANADA_NORTH_CYCLE_1_80_HOUR_7_DAY" => Some(const { Code::of("CA_N60_C1_80_7") }),
        "CANADA_NORTH_CYCLE_2_120_HOUR_14_DAY" => Some(const { Code::of("CA_N60_C2_120_14") }),
        _ => None,
    }
}

/// The API writes `USA 70 hour / 8 day` in its description and `USA_70_HOUR_8_DAY` on the wire.
fn words(rules: &Members<'_>, name: &str) -> String {
    let text: String = rules.get(name).unwrap_or_default();
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_ascii_uppercase).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_rulesets_have_a_known_code() {
        let cases = [
            (r#"{"cycle":"USA 70 hour / 8 day","shift":"US Interstate Property"}"#, Some("US_INT_PROP_70_8")),
            (
                r#"{"cycle":"USA_70_HOUR_8_DAY","shift":"US_INTERSTATE_PROPERTY","restart":"34_HOUR_RESTART"}"#,
                Some("US_INT_PROP_70_8"),
            ),
            (
                r#"{"cycle":"USA 60 hour / 7 day","shift":"US Interstate Property","restart":"None"}"#,
                Some("US_INT_PROP_60_7_NORST"),
            ),
            (r#"{"cycle":"Canada South Cycle 1 (70 hour / 7 day)","shift":"Canada South"}"#, Some("CA_FED_C1_70_7")),
            (r#"{"cycle":"USA_70_HOUR_8_DAY","shift":"TEXAS_INTRASTATE"}"#, None),
            (r#"{"cycle":"USA_70_HOUR_8_DAY"}"#, None),
            (r#"{"cycle":5}"#, None),
        ];
        for (json, expected) in cases {
            let found = ruleset(&Members::of(serde_json::from_str(json).unwrap()));
            assert_eq!(found.as_ref().map(Code::as_str), expected, "{json}");
        }
    }
}
