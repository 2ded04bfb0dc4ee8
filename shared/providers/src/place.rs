//! City-level places out of texts such as `street, City, ST ZIP` and `3.2 mi SE of City, ST`.

use model::telematics::InferredAddress;
use model::telematics::code::{Code, HosRegion};

const UNITED_STATES: &[&str] = &[
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME", "MD",
    "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD",
    "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "PR", "GU", "VI", "AS", "MP",
];
const CANADA: &[&str] = &["AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT"];

/// The alpha-3 country of a state or province code; the two sets do not meet.
pub(crate) fn country_of(code: &str) -> Option<&'static str> {
    match code {
        code if UNITED_STATES.contains(&code) => Some("USA"),
        code if CANADA.contains(&code) => Some("CAN"),
        _ => None,
    }
}

/// Alpha-2 to alpha-3.
const COUNTRIES: &[(&str, &str)] = &[("US", "USA"), ("CA", "CAN"), ("MX", "MEX")];

/// The alpha-3 code of an alpha-2 one.
pub(crate) fn alpha3(code: &str) -> Option<&'static str> {
    COUNTRIES.iter().find(|(two, _)| two.eq_ignore_ascii_case(code)).map(|(_, three)| *three)
}

/// The alpha-2 code of an alpha-3 one.
pub(crate) fn alpha2(code: &str) -> Option<&'static str> {
    COUNTRIES.iter().find(|(_, three)| *three == code).map(|(two, _)| *two)
}

/// The region of a state or province.
pub(crate) fn region(state: &str) -> Option<Code<HosRegion>> {
    let state = state.trim().to_ascii_uppercase();
    let country = match country_of(&state)? {
        "CAN" => "CA",
        _ => "US",
    };
    Code::parse(&format!("{country}-{state}"))
}

/// The place in a formatted location; `None` unless it clearly ends in a state or province. Elsewhere the same letters
/// mean other things (`Berlin, DE 10115`), so the position must be in North America.
pub(crate) fn place(formatted: &str, longitude: f64, latitude: f64) -> Option<InferredAddress<&str>> {
    let around = (-180.0..=-50.0).contains(&longitude) && (15.0..=84.0).contains(&latitude);
    let mut parts = formatted.rsplit(',').map(str::trim).filter(|part| !part.is_empty() && !is_country(part));
    let (code, postal) = split_code(parts.next()?);
    let country = country_of(code).filter(|country| around && is_postal(country, postal))?;
    let city = parts.next().map(without_distance);
    // A part that starts with a digit is a street: the city is missing.
    let city = city.filter(|city| !city.starts_with(|first: char| first.is_ascii_digit()));
    Some(InferredAddress { city, province: Some(code), country_code: Some(country) })
}

/// The town of `3.2 mi SE of Town`.
fn without_distance(part: &str) -> &str {
    let is_distance =
        |text: &str| text.starts_with(|first: char| first.is_ascii_digit()) && (text.contains(" mi ") || text.contains(" km "));
    part.split_once(" of ").filter(|(distance, _)| is_distance(distance)).map_or(part, |(_, town)| town.trim())
}

fn is_country(part: &str) -> bool {
    matches!(part, "USA" | "US" | "United States" | "Canada" | "CAN")
}

fn split_code(part: &str) -> (&str, &str) {
    part.split_once(char::is_whitespace).map_or((part, ""), |(code, postal)| (code, postal.trim()))
}

/// Whether a postal code is one of the country, or there is none: `NL 64000` is Nuevo León, and not Newfoundland.
fn is_postal(country: &str, text: &str) -> bool {
    let compact: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let canadian = compact.len() == 6
        && compact.iter().enumerate().all(|(at, c)| if at % 2 == 0 { c.is_ascii_uppercase() } else { c.is_ascii_digit() });
    let zip = compact.iter().all(|c| c.is_ascii_digit() || *c == '-');
    compact.is_empty() || if country == "CAN" { canadian } else { zip }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clear_places_are_told() {
        let usa = |city: Option<&'static str>, province| Some((city, province, "USA"));
        let cases = [
            ("16 N Fair Oaks Ave, Pasadena, CA 91103", usa(Some("Pasadena"), "CA")),
            ("100 Example St, Example City, TX", usa(Some("Example City"), "TX")),
            ("Pasadena, CA 91103-1234, USA", usa(Some("Pasadena"), "CA")),
            ("1 Main St, TX 75001", usa(None, "TX")),
            ("6.2 mi N of San Francisco, CA", usa(Some("San Francisco"), "CA")),
            ("1.1 mi W of Isle of Palms, SC", usa(Some("Isle of Palms"), "SC")),
            ("Isle of Palms, SC", usa(Some("Isle of Palms"), "SC")),
            ("5 King St W, Toronto, ON M5H 1A1", Some((Some("Toronto"), "ON", "CAN"))),
            ("Calle 5, Monterrey, NL 64000 MX", None),
            ("Calle 5, Monterrey, NL 64000", None),
            ("Calle San Francisco 9, San Juan, PR 00901", usa(Some("San Juan"), "PR")),
            ("Avenida 3, Tijuana, B.C.", None),
            ("I-80 West", None),
            ("", None),
            (",,,", None),
        ];
        for (text, expected) in cases {
            let found = place(text, -100.0, 40.0).map(|at| (at.city, at.province.unwrap(), at.country_code.unwrap()));
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!((alpha3("us"), alpha3("FR"), alpha2("CAN")), (Some("USA"), None, Some("CA")));
        let of = |state| region(state).map(|region| region.as_str());
        assert_eq!((of("CA"), of("on"), of("NL"), of("NU"), of("XX")), (Some("US-CA"), Some("CA-ON"), Some("CA-NL"), None, None));
        assert_eq!(place("Unter den Linden 1, Berlin, DE 10115", 13.4, 52.5), None);
    }
}
