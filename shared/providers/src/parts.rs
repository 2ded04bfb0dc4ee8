//! Parts of vehicles that inspections look at.

use model::codes::DVIR_DEFECTS;

/// The contract's word for a part: that which differs by blanks, case and punctuation only.
pub(crate) fn part(label: &str) -> &'static str {
    let letters =
        |text: &str| text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect::<String>();
    let wanted = letters(label);
    DVIR_DEFECTS.iter().find(|part| letters(part) == wanted).copied().unwrap_or("other")
}
