//! Time zones: TSPs write older names of the IANA database too.

use model::telematics::code::{Code, Timezone};

/// Older names of zones in North America and of the two others that are met, after the file `backward` of the IANA database.
const ALIASES: &[(&str, Code<Timezone>)] = &[
    ("US/Alaska", Code::of("America/Anchorage")),
    ("US/Arizona", Code::of("America/Phoenix")),
    ("US/Central", Code::of("America/Chicago")),
    ("US/Eastern", Code::of("America/New_York")),
    ("US/Hawaii", Code::of("Pacific/Honolulu")),
    ("US/Mountain", Code::of("America/Denver")),
    ("US/Pacific", Code::of("America/Los_Angeles")),
    ("Canada/Atlantic", Code::of("America/Halifax")),
    ("Canada/Central", Code::of("America/Winnipeg")),
    ("Canada/Eastern", Code::of("America/Toronto")),
    ("Canada/Mountain", Code::of("America/Edmonton")),
    ("Canada/Newfoundland", Code::of("America/St_Johns")),
    ("Canada/Pacific", Code::of("America/Vancouver")),
    ("Canada/Saskatchewan", Code::of("America/Regina")),
    ("Europe/Kiev", Code::of("Europe/Kyiv")),
    ("Asia/Calcutta", Code::of("Asia/Kolkata")),
];

/// The zone of a name; `None` where the contract has none.
pub(crate) fn time_zone(name: &str) -> Option<Code<Timezone>> {
    let alias = || ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, zone)| *zone);
    Code::parse(name).or_else(alias)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_names_are_known() {
        let zone = |name| time_zone(name).map(|zone| zone.as_str());
        assert_eq!(zone("US/Pacific"), Some("America/Los_Angeles"));
        assert_eq!(zone("America/Los_Angeles"), Some("America/Los_Angeles"));
        assert_eq!((zone("US/Moon"), zone("")), (None, None));
    }
}
