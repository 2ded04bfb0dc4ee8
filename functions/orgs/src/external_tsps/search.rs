//! The fuzzy search over providers: what people type of a name, a website or an email address.

use super::registry::Entry;

/// Whether a provider may be meant. Every word must be like one of its name's, or the domain be its website's.
pub(super) fn matches(entry: &Entry, text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let domain = text.rsplit('@').next().unwrap_or_default();
    let domain = domain.trim_start_matches("https://").trim_start_matches("http://").split('/').next().unwrap_or_default();
    let domain = domain.trim_start_matches("www.");
    if domain.contains('.') && entry.website.is_some_and(|site| host(site).ends_with(domain)) {
        return true;
    }
    let name = entry.name.to_lowercase();
    let compact = |text: &str| text.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
    let (whole, wanted) = (compact(&name), compact(&text));
    if !wanted.is_empty() && (whole.contains(&wanted) || is_like(&whole, &wanted)) {
        return true;
    }
    let words: Vec<String> = name.split_whitespace().map(compact).collect();
    let mut asked = text.split_whitespace().map(compact).filter(|word| !word.is_empty()).peekable();
    asked.peek().is_some() && asked.all(|word| words.iter().any(|own| own.contains(&word) || is_like(own, &word)))
}

fn host(site: &str) -> &str {
    let host = site.trim_start_matches("https://");
    host.trim_start_matches("www.")
}

/// Whether a word is another one with a letter wrong, missing or too much, or two of a long one.
fn is_like(own: &str, asked: &str) -> bool {
    let allowed = match asked.chars().count() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    };
    allowed > 0 && own.chars().count().abs_diff(asked.chars().count()) <= allowed && strsim::osa_distance(own, asked) <= allowed
}

#[cfg(test)]
mod tests {
    use super::super::registry::ENTRIES;
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = ENTRIES.iter().filter(|entry| matches(entry, text)).map(|entry| entry.slug).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn providers_are_found_by_what_people_type() {
        check("Samsara", &["samsara"]);
        check("samsra", &["samsara"]);
        check("dispatch@samsara.com", &["samsara"]);
        check("https://www.geotab.com/login", &["geotab"]);
        check("jj keler", &["jj-keller"]);
        check("verizon", &["verizon-connect"]);
        check("gps insight", &["gps-insight"]);
        check("nothing like it", &[]);
        check("  ", &[]);
    }
}
