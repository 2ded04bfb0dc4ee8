//! Time zones as Motive writes them: by the names of Ruby on Rails.

use model::telematics::code::{Code, Timezone};

use crate::zones::time_zone;

/// Rails names of zones in North America; where two Rails names share a zone, both stand here.
const ZONES: &[(&str, Code<Timezone>)] = &[
    ("Pacific Time (US & Canada)", Code::of("America/Los_Angeles")),
    ("Mountain Time (US & Canada)", Code::of("America/Denver")),
    ("Arizona", Code::of("America/Phoenix")),
    ("Central Time (US & Canada)", Code::of("America/Chicago")),
    ("Eastern Time (US & Canada)", Code::of("America/New_York")),
    ("Indiana (East)", Code::of("America/Indiana/Indianapolis")),
    // Rails has it as America/Juneau, which the contract lacks; both keep the same time.
    ("Alaska", Code::of("America/Anchorage")),
    ("Hawaii", Code::of("Pacific/Honolulu")),
    ("Atlantic Time (Canada)", Code::of("America/Halifax")),
    ("Newfoundland", Code::of("America/St_Johns")),
    ("Saskatchewan", Code::of("America/Regina")),
    ("Central America", Code::of("America/Guatemala")),
    ("Mexico City", Code::of("America/Mexico_City")),
    ("Guadalajara", Code::of("America/Mexico_City")),
    ("Monterrey", Code::of("America/Monterrey")),
    ("Chihuahua", Code::of("America/Chihuahua")),
    ("Mazatlan", Code::of("America/Mazatlan")),
    ("Tijuana", Code::of("America/Tijuana")),
    ("Puerto Rico", Code::of("America/Puerto_Rico")),
    ("UTC", Code::of("UTC")),
];

/// The zone of a Rails name, or of one of the IANA database.
pub(super) fn zone(name: &str) -> Option<Code<Timezone>> {
    let rails = ZONES.iter().find(|(known, _)| *known == name).map(|(_, zone)| *zone);
    rails.or_else(|| time_zone(name))
}

/// How many hours the clocks of a zone are behind UTC, with and without summer time.
pub(super) fn hours_behind(zone: Code<Timezone>) -> Option<(i64, i64)> {
    Some(match zone.as_str() {
        "Pacific/Honolulu" => (10, 10),
        "America/Anchorage" => (8, 9),
        "America/Los_Angeles" | "America/Tijuana" | "America/Vancouver" => (7, 8),
        "America/Phoenix" | "America/Mazatlan" => (7, 7),
        "America/Denver" | "America/Edmonton" | "America/Chihuahua" => (6, 7),
        "America/Chicago" | "America/Winnipeg" | "America/Mexico_City" | "America/Monterrey" => (5, 6),
        "America/Regina" | "America/Guatemala" => (6, 6),
        "America/New_York" | "America/Toronto" | "America/Indiana/Indianapolis" => (4, 5),
        "America/Halifax" => (3, 4),
        "America/Puerto_Rico" => (4, 4),
        "America/St_Johns" => (2, 4),
        "UTC" => (0, 0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rails_names_and_others_are_known() {
        let of = |name| zone(name).map(|zone| zone.as_str());
        assert_eq!(of("Central Time (US & Canada)"), Some("America/Chicago"));
        assert_eq!(of("Alaska"), Some("America/Anchorage"));
        assert_eq!((of("America/Denver"), of("US/Pacific")), (Some("America/Denver"), Some("America/Los_Angeles")));
        assert_eq!((of("Moon Time"), of("")), (None, None));
        assert_eq!(zone("US/Pacific").and_then(hours_behind), Some((7, 8)));
        assert!(ZONES.iter().all(|(_, zone)| hours_behind(*zone).is_some()));
    }
}
