//! How to reach organizations: members that requests about invitations and fleets share.

use gateway::Member;

/// An email address.
pub(crate) fn email(member: Member<'_>) -> Option<String> {
    let is_address = |text: &str| {
        text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
            && !text.contains(char::is_whitespace)
    };
    let member = member.example("office@blueridge.example");
    member.matching(254, "^[^@ ]+@[^@ ]+$", "must be an email address", is_address)
}

/// A phone or fax number, as people write it.
pub(crate) fn phone(member: Member<'_>) -> Option<String> {
    let has_digits =
        |text: &str| !text.chars().any(char::is_control) && text.chars().filter(|letter| letter.is_numeric()).count() >= 3;
    let member = member.example("+1 (555) 010-0199 ext. 4");
    member.matching(32, r"\p{N}.*\p{N}.*\p{N}", "must be a phone number, with three digits or more", has_digits)
}

/// A country.
pub(crate) fn country_code(member: Member<'_>) -> Option<String> {
    let alpha_3 = |text: &str| text.len() == 3 && text.chars().all(|letter| letter.is_ascii_alphabetic());
    let member = member.about("ISO 3166-1 alpha-3.").example("USA");
    member.matching(3, "^[A-Za-z]{3}$", "must be a three-letter country code, such as USA", alpha_3)
}
