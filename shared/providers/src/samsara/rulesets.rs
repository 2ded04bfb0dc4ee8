//! Hours of service rules, as far as Samsara's words leave no doubt which code they mean: wrong rules are worse than none.

use model::telematics::code::{Code, HosRuleset};

use crate::wire::Members;

type Ruleset = Code<HosRuleset>;

/// Federal rules for property carriers, as they are, without restart, and without the 30-minute break.
struct Federal {
    cycle: &'static str,
    code: Ruleset,
    without_restart: Ruleset,
    without_break: Ruleset,
}

const PROPERTY: &[Federal] = &[
    Federal {
        cycle: "USA_60_HOUR_7_DAY",
        code: Code::of("US_INT_PROP_60_7"),
        without_restart: Code::of("US_INT_PROP_60_7_NORST"),
        without_break: Code::of("US_INT_PROP_60_7_NOBRK"),
    },
    Federal {
        cycle: "USA_70_HOUR_8_DAY",
        code: Code::of("US_INT_PROP_70_8"),
        without_restart: Code::of("US_INT_PROP_70_8_NORST"),
        without_break: Code::of("US_INT_PROP_70_8_NOBRK"),
    },
];

/// Cycles of `eldSettings.rulesets` with a code for property carriers, and one for passenger carriers. Oklahoma has none.
#[rustfmt::skip]
const CYCLES: &[(&str, Option<Ruleset>, Option<Ruleset>)] = &[
    ("USA_60_HOUR_7_DAY", None, Some(Code::of("US_INT_PAX_60_7"))),
    ("USA_70_HOUR_8_DAY", None, Some(Code::of("US_INT_PAX_70_8"))),
    ("AK_70_HOUR_7_DAY", Some(Code::of("US_AK_INTRA_PROP_70_7")), Some(Code::of("US_AK_INTRA_PAX_70_7"))),
    ("AK_80_HOUR_8_DAY", Some(Code::of("US_AK_INTRA_PROP_80_8")), Some(Code::of("US_AK_INTRA_PAX_80_8"))),
    ("CA_80_HOUR_8_DAY", Some(Code::of("US_CA_INTRA_PROP_80_8")), Some(Code::of("US_CA_INTRA_PAX_80_8"))),
    ("CA_112_HOUR_8_DAY", Some(Code::of("US_CA_INTRA_FARM_112_8")), Some(Code::of("US_CA_INTRA_FARM_112_8"))),
    ("FL_70_HOUR_7_DAY", Some(Code::of("US_FL_INTRA_PROP_70_7")), None),
    ("FL_80_HOUR_8_DAY", Some(Code::of("US_FL_INTRA_PROP_80_8")), None),
    ("NE_70_HOUR_7_DAY", Some(Code::of("US_NE_INTRA_PROP_70_7")), None),
    ("NE_80_HOUR_8_DAY", Some(Code::of("US_NE_INTRA_PROP_80_8")), None),
    ("NC_70_HOUR_7_DAY", Some(Code::of("US_NC_INTRA_PROP_70_7")), None),
    ("NC_80_HOUR_8_DAY", Some(Code::of("US_NC_INTRA_PROP_80_8")), None),
    ("OR_70_HOUR_7_DAY", Some(Code::of("US_OR_INTRA_PROP_70_7")), None),
    ("OR_80_HOUR_8_DAY", Some(Code::of("US_OR_INTRA_PROP_80_8")), None),
    ("SC_70_HOUR_7_DAY", Some(Code::of("US_SC_INTRA_PROP_70_7")), None),
    ("SC_80_HOUR_8_DAY", Some(Code::of("US_SC_INTRA_PROP_80_8")), None),
    ("TX_70_HOUR_7_DAY", Some(Code::of("US_TX_INTRA_PROP_70_7")), None),
    ("WI_70_HOUR_7_DAY", Some(Code::of("US_WI_INTRA_PROP_70_7")), None),
    ("WI_80_HOUR_8_DAY", Some(Code::of("US_WI_INTRA_PROP_80_8")), None),
];

/// Cycles that say everything.
const CANADA: &[(&str, Ruleset)] = &[
    ("CANADA_SOUTH_CYCLE_1_70_HOUR_7_DAY", Code::of("CA_FED_C1_70_7")),
    ("CANADA_SOUTH_CYCLE_2_120_HOUR_14_DAY", Code::of("CA_FED_C2_120_14")),
    ("CANADA_NORTH_CYCLE_1_80_HOUR_7_DAY", Code::of("CA_N60_C1_80_7")),
    ("CANADA_NORTH_CYCLE_2_120_HOUR_14_DAY", Code::of("CA_N60_C2_120_14")),
];

/// Cycles of `usDriverRulesetOverride`, but for federal property. Motion pictures and Oklahoma have no code, and that of school
/// buses covers flammable liquids too, which have one of their own.
const OVERRIDES: &[(&str, Ruleset)] = &[
    ("USA_PASSENGER_8_70", Code::of("US_INT_PAX_70_8")),
    ("USA_PASSENGER_7_60", Code::of("US_INT_PAX_60_7")),
    ("ALASKA_PROPERTY_8_80", Code::of("US_AK_INTRA_PROP_80_8")),
    ("ALASKA_PROPERTY_7_70", Code::of("US_AK_INTRA_PROP_70_7")),
    ("ALASKA_PASSENGER_8_80", Code::of("US_AK_INTRA_PAX_80_8")),
    ("ALASKA_PASSENGER_7_70", Code::of("US_AK_INTRA_PAX_70_7")),
    ("CALIFORNIA_FARM_8_112", Code::of("US_CA_INTRA_FARM_112_8")),
    ("CALIFORNIA_PROPERTY_8_80", Code::of("US_CA_INTRA_PROP_80_8")),
    ("CALIFORNIA_FLAMMABLE_LIQUID_8_80", Code::of("US_CA_INTRA_FLAM_80_8")),
    ("CALIFORNIA_PASSENGER_8_80", Code::of("US_CA_INTRA_PAX_80_8")),
    ("FLORIDA_8_80", Code::of("US_FL_INTRA_PROP_80_8")),
    ("FLORIDA_7_70", Code::of("US_FL_INTRA_PROP_70_7")),
    ("NEBRASKA_8_80", Code::of("US_NE_INTRA_PROP_80_8")),
    ("NEBRASKA_7_70", Code::of("US_NE_INTRA_PROP_70_7")),
    ("NORTH_CAROLINA_8_80", Code::of("US_NC_INTRA_PROP_80_8")),
    ("NORTH_CAROLINA_7_70", Code::of("US_NC_INTRA_PROP_70_7")),
    ("OREGON_8_80", Code::of("US_OR_INTRA_PROP_80_8")),
    ("OREGON_7_70", Code::of("US_OR_INTRA_PROP_70_7")),
    ("SOUTH_CAROLINA_8_80", Code::of("US_SC_INTRA_PROP_80_8")),
    ("SOUTH_CAROLINA_7_70", Code::of("US_SC_INTRA_PROP_70_7")),
    ("TEXAS_7_70", Code::of("US_TX_INTRA_PROP_70_7")),
    ("WISCONSIN_8_80", Code::of("US_WI_INTRA_PROP_80_8")),
    ("WISCONSIN_7_70", Code::of("US_WI_INTRA_PROP_70_7")),
];

/// The rules that a driver drives under: the override where there is one, else the federal ones of the United States among
/// those that may apply, else the first.
pub(super) fn of_driver(driver: &Members<'_>) -> Option<Ruleset> {
    if let Some(rules) = driver.raw("usDriverRulesetOverride").filter(|raw| raw.get() != "null") {
        return overriding(&Members::of(rules));
    }
    let all: Vec<Members<'_>> = driver.object("eldSettings").list("rulesets").into_iter().map(Members::of).collect();
    let federal = all.iter().find(|rules| words(rules, "cycle").starts_with("USA_"));
    ruleset(federal.or(all.first())?)
}

fn overriding(rules: &Members<'_>) -> Option<Ruleset> {
    let cycle = words(rules, "cycle");
    let property = match cycle.as_str() {
        "USA_PROPERTY_8_70" => Some("USA_70_HOUR_8_DAY"),
        "USA_PROPERTY_7_60" => Some("USA_60_HOUR_7_DAY"),
        _ => None,
    };
    match property {
        Some(cycle) => federal_property(cycle, rules, "restbreak"),
        None => find(OVERRIDES, &cycle),
    }
}

fn ruleset(rules: &Members<'_>) -> Option<Ruleset> {
    let cycle = words(rules, "cycle");
    let known = CYCLES.iter().find(|(known, ..)| *known == cycle);
    match words(rules, "shift").as_str() {
        "US_INTERSTATE_PROPERTY" => {
            federal_property(&cycle, rules, "break").or_else(|| known.and_then(|(_, property, _)| *property))
        }
        "US_INTERSTATE_PASSENGER" => known.and_then(|(.., passenger)| *passenger),
        _ => find(CANADA, &cycle),
    }
    .or_else(|| find(CANADA, &cycle))
}

/// Only an explicit `None` means that there is no restart or no break; there is no code for neither.
fn federal_property(cycle: &str, rules: &Members<'_>, rest: &str) -> Option<Ruleset> {
    let federal = PROPERTY.iter().find(|federal| federal.cycle == cycle)?;
    match (words(rules, "restart") == "NONE", words(rules, rest) == "NONE") {
        (false, false) => Some(federal.code),
        (true, false) => Some(federal.without_restart),
        (false, true) => Some(federal.without_break),
        (true, true) => None,
    }
}

fn find(table: &[(&str, Ruleset)], cycle: &str) -> Option<Ruleset> {
    table.iter().find(|(known, _)| *known == cycle).map(|(_, code)| *code)
}

/// The API writes `USA 70 hour / 8 day` in its description and `USA_70_HOUR_8_DAY` on the wire.
fn words(rules: &Members<'_>, name: &str) -> String {
    let text: String = rules.get(name).unwrap_or_default();
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_ascii_uppercase).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn check(json: &str, expected: Option<&str>) {
        let driver: &RawValue = serde_json::from_str(json).unwrap();
        assert_eq!(of_driver(&Members::of(driver)).as_ref().map(Code::as_str), expected, "{json}");
    }

    #[test]
    fn rules_with_one_meaning_have_a_code() {
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
            (r#"{"cycle":"USA 70 hour / 8 day","shift":"US Interstate Property","restart":"None","break":"None"}"#, None),
            (r#"{"cycle":"USA 70 hour / 8 day","shift":"US Interstate Passenger"}"#, Some("US_INT_PAX_70_8")),
            (r#"{"cycle":"AK 70 hour / 7 day","shift":"US Interstate Passenger"}"#, Some("US_AK_INTRA_PAX_70_7")),
            (r#"{"cycle":"WI 80 hour / 8 day","shift":"US Interstate Property"}"#, Some("US_WI_INTRA_PROP_80_8")),
            (r#"{"cycle":"TX 70 hour / 7 day","shift":"US Interstate Passenger"}"#, None),
            (r#"{"cycle":"OK 70 hour / 8 day","shift":"US Interstate Property"}"#, None),
            (r#"{"cycle":"Canada South Cycle 1 (70 hour / 7 day)","shift":"Canada South"}"#, Some("CA_FED_C1_70_7")),
            (r#"{"cycle":"USA_70_HOUR_8_DAY","shift":"TEXAS_INTRASTATE"}"#, None),
            (r#"{"cycle":"USA_70_HOUR_8_DAY"}"#, None),
            (r#"{"cycle":5}"#, None),
        ];
        for (rules, expected) in cases {
            check(&format!(r#"{{"eldSettings":{{"rulesets":[{rules}]}}}}"#), expected);
        }
    }

    #[test]
    fn the_override_wins_and_federal_rules_come_first() {
        let rulesets = r#""eldSettings":{"rulesets":[
            {"cycle":"CA 80 hour / 8 day","shift":"US Interstate Property"},
            {"cycle":"USA 60 hour / 7 day","shift":"US Interstate Property"}]}"#;
        check(&format!("{{{rulesets}}}"), Some("US_INT_PROP_60_7"));
        let overriding = |rules: &str| format!(r#"{{"usDriverRulesetOverride":{rules},{rulesets}}}"#);
        check(&overriding("null"), Some("US_INT_PROP_60_7"));
        check(&overriding(r#"{"cycle":"California Property (8/80)","usStateToOverride":"CA"}"#), Some("US_CA_INTRA_PROP_80_8"));
        check(&overriding(r#"{"cycle":"USA Property (8/70)","restbreak":"None"}"#), Some("US_INT_PROP_70_8_NOBRK"));
        check(&overriding(r#"{"cycle":"California Motion Picture (8/80)"}"#), None);
        check("{}", None);
    }
}
