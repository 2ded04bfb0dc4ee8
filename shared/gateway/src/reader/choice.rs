//! A value out of several: as an enum or from a list, and what is said of one that is not among them.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::de::value::StrDeserializer;

/// The most values that are all named.
const FEW: usize = 12;
/// How many are named of more.
const NEAREST: usize = 3;

/// A value of an enum, or a sentence that names its values.
pub(super) fn of_enum<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    T::deserialize(StrDeserializer::<Unknown>::new(text)).map_err(|Unknown(values)| refusal(values, text))
}

/// A value of a list, or a sentence that names some.
pub(super) fn of_list(values: &'static [&'static str], text: &str) -> Result<&'static str, String> {
    values.iter().copied().find(|value| *value == text).ok_or_else(|| refusal(values, text))
}

/// Names that other APIs have for members of ours.
const ELSEWHERE: &[(&str, &str)] = &[
    ("limit", "size"),
    ("page_size", "size"),
    ("per_page", "size"),
    ("page", "cursor"),
    ("offset", "cursor"),
    ("start_time", "from_datetime"),
    ("end_time", "to_datetime"),
    ("start_date", "from_datetime"),
    ("end_date", "to_datetime"),
];
/// How similar two names are that may be meant for each other; 1 is the same name.
const SIMILAR: f64 = 0.86;

/// The known name that an unknown one is probably meant for.
pub(super) fn nearest<'a>(known: impl Iterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let name = beginning(name).to_ascii_lowercase();
    let elsewhere = ELSEWHERE.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| *ours);
    let likeness = |known: &str| if elsewhere == Some(known) { 1.0 } else { strsim::jaro_winkler(&name, known) };
    let all = known.map(|known| (likeness(known), known));
    all.filter(|(likeness, _)| *likeness >= SIMILAR).max_by(|(one, _), (two, _)| one.total_cmp(two)).map(|(_, known)| known)
}

/// What is compared is short, so that a long text costs nothing.
fn beginning(text: &str) -> String {
    text.chars().take(100).collect()
}

/// All values where there are few of them, else the nearest.
fn refusal(values: &[&str], text: &str) -> String {
    if values.is_empty() {
        return "must be one of the allowed values".to_owned();
    }
    if values.len() <= FEW {
        return format!("must be one of {}", values.join(", "));
    }
    let text = beginning(text);
    let mut nearest: Vec<(f64, &str)> = values.iter().map(|value| (strsim::jaro_winkler(&text, value), *value)).collect();
    nearest.sort_by(|(one, _), (two, _)| two.total_cmp(one));
    let names: Vec<&str> = nearest.into_iter().take(NEAREST).map(|(_, name)| name).collect();
    format!("must be one of {} values; the nearest are {}", values.len(), names.join(", "))
}

/// What serde says of an unknown value: the known ones.
#[derive(Debug)]
struct Unknown(&'static [&'static str]);

impl serde::de::Error for Unknown {
    fn custom<M: fmt::Display>(_: M) -> Self {
        Self(&[])
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self(expected)
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "unknown value, {} are known", self.0.len())
    }
}

impl std::error::Error for Unknown {}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Order {
        Asc,
        MostRecent,
    }

    #[test]
    fn a_refused_value_hears_of_the_known_ones() {
        assert_eq!(of_enum::<Order>("most_recent"), Ok(Order::MostRecent));
        assert_eq!(of_enum::<Order>("ASC"), Err("must be one of asc, most_recent".to_owned()));
        assert_eq!(of_list(&["a", "b"], "b"), Ok("b"));
        assert_eq!(of_list(&["a", "b"], ""), Err("must be one of a, b".to_owned()));
    }

    #[test]
    fn an_unknown_name_is_traced_to_a_known_one() {
        let known = ["cursor", "size", "fleet_refs", "fleet_ids", "from_datetime", "sort_by", "body.filters.fleet_refs"];
        for (unknown, expected) in [
            ("fleet_ref", Some("fleet_refs")),
            ("fleetRefs", Some("fleet_refs")),
            ("from_date", Some("from_datetime")),
            ("limit", Some("size")),
            ("Page", Some("cursor")),
            ("end_time", None),
            ("color", None),
            ("", None),
        ] {
            assert_eq!(nearest(known.into_iter(), unknown), expected, "{unknown}");
        }
    }

    #[test]
    fn of_many_values_the_nearest_are_named() {
        const MANY: &[&str] = &[
            "vehicle.added",
            "vehicle.modified",
            "vehicle.removed",
            "user.added",
            "user.modified",
            "user.removed",
            "trailer.added",
            "trailer.modified",
            "trailer.removed",
            "schedule.created",
            "schedule.updated",
            "webhook.paused",
            "webhook.created",
        ];
        let refused = of_list(MANY, "vehicle.create").unwrap_err();
        assert!(refused.starts_with("must be one of 13 values; the nearest are vehicle."), "{refused}");
        assert_eq!(refused.matches(", ").count(), 2, "{refused}");
    }
}
