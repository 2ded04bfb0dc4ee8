//! Hours of service rules, as far as Motive's words leave no doubt which code they mean: wrong rules are worse than none.

use model::telematics::code::{Code, HosRuleset};

use crate::wire::Members;

/// A cycle, its rules, and its rules for those who never drive far.
type Cycle = (&'static str, Code<HosRuleset>, Code<HosRuleset>);

/// No source has the whole list. `70_8_o` is one of two for oil fields, and `Other` says nothing.
const CYCLES: &[Cycle] = &[
    ("70_8", Code::of("US_INT_PROP_70_8"), Code::of("US_INT_PROP_70_8_SH")),
    ("70_8_2020", Code::of("US_INT_PROP_70_8"), Code::of("US_INT_PROP_70_8_SH")),
    ("60_7", Code::of("US_INT_PROP_60_7"), Code::of("US_INT_PROP_60_7_SH")),
];

/// Exceptions under which the rules of the cycle are others, and it is not known which.
const UNCLEAR: [&str; 4] =
    ["exception_24_hour_restart", "exception_8_hour_break", "exception_wait_time", "exception_ca_farm_school_bus"];

/// The rules of a driver, or of a day of a log: both have the same members.
pub(super) fn of(wire: &Members<'_>) -> Option<Code<HosRuleset>> {
    let cycle: String = wire.get("cycle")?;
    let (_, rules, short_haul) = CYCLES.iter().find(|(known, ..)| *known == cycle)?;
    let has = |name: &str| wire.get(name) == Some(true);
    if UNCLEAR.into_iter().any(has) {
        return None;
    }
    Some(if has("exception_short_haul") { *short_haul } else { *rules })
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[test]
    fn rules_with_one_meaning_have_a_code() {
        let cases = [
            (r#"{"cycle":"70_8"}"#, Some("US_INT_PROP_70_8")),
            (r#"{"cycle":"70_8_2020","exception_adverse_driving":true}"#, Some("US_INT_PROP_70_8")),
            (r#"{"cycle":"60_7","exception_short_haul":true}"#, Some("US_INT_PROP_60_7_SH")),
            (r#"{"cycle":"70_8","exception_wait_time":true}"#, None),
            (r#"{"cycle":"70_8","exception_24_hour_restart":true}"#, None),
            (r#"{"cycle":"70_8_o"}"#, None),
            (r#"{"cycle":"Other"}"#, None),
            (r#"{"cycle":null}"#, None),
        ];
        for (json, expected) in cases {
            let raw: &RawValue = serde_json::from_str(json).unwrap();
            assert_eq!(of(&Members::of(raw)).as_ref().map(Code::as_str), expected, "{json}");
        }
    }
}
