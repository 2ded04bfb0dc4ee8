//! The words of the pages: one catalogue for all languages, and one file of it per language.
//!
//! Texts are grouped by the screen that shows them. A language that lacks one does not compile. What stands in braces is a place that
//! the page fills in: a name, a number, a button that the sentence speaks of; a test sees to it that all languages have the same places.
//! The words of resources (`words.rs`) and of providers (`help.rs`) stand with them, in all languages at once.

mod english;
mod french;
mod spanish;

use maud::{Markup, PreEscaped, Render};
use model::Timestamp;

use crate::language::{Language, Plural};

/// What a group holds, for tests that look at every text.
#[cfg(test)]
pub(crate) trait Forms {
    fn forms(&self) -> Vec<&'static str>;
}

#[cfg(test)]
impl Forms for &'static str {
    fn forms(&self) -> Vec<&'static str> {
        vec![self]
    }
}

#[cfg(test)]
impl Forms for Plural {
    fn forms(&self) -> Vec<&'static str> {
        vec![self.one, self.many, self.other]
    }
}

/// Groups of texts of one kind each, and the catalogue that holds them.
macro_rules! catalogue {
    ($($(#[$about:meta])* $group:ident $member:ident: $kind:ty { $($text:ident)* })*) => {
        $(
            $(#[$about])*
            pub(crate) struct $group { $(pub(crate) $text: $kind,)* }
        )*

        /// All texts of one language.
        pub(crate) struct Texts {
            pub(crate) language: Language,
            $(pub(crate) $member: $group,)*
        }

        #[cfg(test)]
        impl Texts {
            /// Every text with its name, in the order of this file.
            pub(crate) fn all(&self) -> Vec<(String, Vec<&'static str>)> {
                let mut all = Vec::new();
                $($(all.push((format!("{}.{}", stringify!($member), stringify!($text)), self.$member.$text.forms()));)*)*
                all
            }
        }
    };
}

catalogue! {
    /// What every page has, and buttons that many have.
    Frame frame: &'static str {
        error skip steps review connect done promise product sharing_with for_fleet close languages one_moment go_back back
        optional return_to can_close
    }
    /// The request for data.
    Consent consent: &'static str {
        share asks_for_more what_you_share purpose nothing_asked would_be_shared would_be_added shared_already somebody_else agree
        refuse go_on manage prove not_now for_fleet company_name also_changes can_view view past_data ends_card ends_frame ends_link
        stop never_password changed bad_name
    }
    /// The fleet says no.
    Decline decline: &'static str {
        ask nothing check your_reason why unknown_company not_now too_much own_words limit button declined told
    }
    /// The list of providers.
    Providers providers: &'static str {
        title lead none_yet search placeholder list no_match cannot_find tell_partner finish_later connected soon
    }
    /// Credentials of a provider.
    Credentials credentials: &'static str {
        title lead or where_is_it send_steps checked asking waiting connect account_name account_name_label account_hint show hide
    }
    /// What is wrong with them.
    Problems problems: &'static str {
        please_check enter says another_account not_now ordinary required unknown too_long choice wrong check not_responding conflict
        ours
    }
    /// Credentials as a proof.
    Proof proof: &'static str { title why where_is_it checked confirm removed gone link_again }
    /// Signing in at a provider.
    SignIn sign_in: &'static str {
        title needs_scripts button new_window hint not_confirmed denied failed connected go_on over_title over see_accounts again
        blocked
    }
    /// The accounts as they are.
    Accounts accounts: &'static str {
        paused_title nothing_title connected_title one_title all_title paused_by_partner paused read_more read_what read_shared list add
        come_back keep_link new_credentials for_provider remove working last_data waiting refused failing suspended ended resume pause
        stop seconds_ago minutes_ago hours_ago
    }
    /// What the partner received.
    Ledger ledger: &'static str {
        title about nothing read delivered earlier download day company data how was_read was_delivered
    }
    /// How sharing changes and ends.
    Sharing sharing: &'static str {
        ask_stop partner_stops accounts_go only_pause ask_remove fetching_ends remove all_set receives nothing_title nothing
    }
    /// The link that opens once.
    Open open: &'static str { title once go_on }
    /// The pages at which a visit ends before its time.
    DeadEnds dead_ends: &'static str {
        unknown_title unknown your_link open reopen_title reopen_frame reopen answered declined expired_title expired ended_title ended
        used_title used elsewhere form_title form length_title length wait_title wait conflict_title conflict missing_title missing
        slow_title slow failed_title failed
    }
    /// Sentences with a number.
    Counts counts: Plural { providers minutes_to_wait reason_too_long characters_left days_ago }
    /// Months as dates name them, and the date itself.
    Dates dates: &'static str {
        january february march april may june july august september october november december date first
    }
}

impl Language {
    /// The texts of the language.
    pub(crate) const fn texts(self) -> &'static Texts {
        match self {
            Self::English => &english::TEXTS,
            Self::Spanish => &spanish::TEXTS,
            Self::French => &french::TEXTS,
        }
    }
}

impl Texts {
    /// A sentence with its number.
    pub(crate) fn count(&self, number: usize, forms: &Plural) -> String {
        self.language.form(number, forms).text(&[("count", &self.language.number(number))])
    }
}

impl Texts {
    /// A day, in universal time: `24 November 2026`.
    pub(crate) fn day(&self, at: Timestamp) -> String {
        let text = at.to_string();
        let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
        let dates = &self.dates;
        let month = match part(5..7) {
            "01" => dates.january,
            "02" => dates.february,
            "03" => dates.march,
            "04" => dates.april,
            "05" => dates.may,
            "06" => dates.june,
            "07" => dates.july,
            "08" => dates.august,
            "09" => dates.september,
            "10" => dates.october,
            "11" => dates.november,
            _ => dates.december,
        };
        let day = if part(8..10) == "01" { dates.first } else { part(8..10).trim_start_matches('0') };
        dates.date.text(&[("day", day), ("month", month), ("year", part(0..4))])
    }
}

/// A text with places.
pub(crate) trait Sentence {
    /// The text with plain text in its places.
    fn text(&self, places: &[(&str, &str)]) -> String;

    /// The text as a part of a page.
    fn markup(&self, places: &[(&str, &dyn Render)]) -> Markup;
}

impl Sentence for str {
    fn text(&self, places: &[(&str, &str)]) -> String {
        let mut text = String::with_capacity(self.len());
        for (name, then) in chunks(self) {
            text.push_str(places.iter().find(|(place, _)| *place == name).map_or("", |(_, value)| value));
            text.push_str(then);
        }
        text
    }

    fn markup(&self, places: &[(&str, &dyn Render)]) -> Markup {
        let mut html = String::with_capacity(self.len());
        for (name, then) in chunks(self) {
            if let Some((_, value)) = places.iter().find(|(place, _)| *place == name) {
                value.render_to(&mut html);
            }
            then.render_to(&mut html);
        }
        PreEscaped(html)
    }
}

/// A text in pieces: the name of a place, empty for the first piece, and what follows it.
fn chunks(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('{').enumerate().map(|(index, piece)| match piece.split_once('}') {
        Some(pair) if index > 0 => pair,
        _ => ("", piece),
    })
}

/// A name that somebody gave, whose direction is its own.
pub(crate) fn bdi(name: &str) -> Markup {
    maud::html! { bdi { (name) } }
}

/// What somebody else wrote, in a language that is not known.
pub(crate) fn foreign(text: &str) -> Markup {
    maud::html! { span lang="" dir="auto" { (text) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_escaped() {
        let text = "{partner} asks, for {fleet}.";
        assert_eq!(text.text(&[("fleet", "F"), ("partner", "P & {fleet}")]), "P & {fleet} asks, for F.");
        let html = text.markup(&[("partner", &bdi("<b>")), ("fleet", &"A & B")]).into_string();
        assert_eq!(html, "<bdi>&lt;b&gt;</bdi> asks, for A &amp; B.");
        assert_eq!("plain".text(&[]), "plain");
    }

    #[test]
    fn numbers_and_days_are_written_as_people_write_them() {
        let english = Language::English.texts();
        let counted = |number| english.count(number, &english.counts.providers);
        assert_eq!([0, 1, 2].map(counted), ["0 providers", "1 provider", "2 providers"]);
        for (language, days) in [
            (Language::English, ["24 November 2026", "1 January 2026"]),
            (Language::Spanish, ["24 de noviembre de 2026", "1 de enero de 2026"]),
            (Language::French, ["24 novembre 2026", "1er janvier 2026"]),
        ] {
            let day = |text: &str| language.texts().day(Timestamp::parse(text).unwrap());
            assert_eq!(["2026-11-24T00:00:00Z", "2026-01-01T23:59:59Z"].map(day), days);
        }
    }

    /// The places of a text, in the order of their names.
    fn places(text: &str) -> Vec<&str> {
        let mut places: Vec<&str> = chunks(text).map(|(place, _)| place).filter(|place| !place.is_empty()).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Signs of two parts stand behind a space that does not break the line.
    #[test]
    fn french_is_spaced() {
        for (name, forms) in Language::French.texts().all() {
            let text = forms.concat();
            let before =
                |sign: char| text.match_indices(sign).map(|(at, _)| text.split_at(at).0.chars().next_back()).collect::<Vec<_>>();
            for sign in ['?', '!', ';', ':', '»'] {
                let is_spaced = |letter: &Option<char>| matches!(letter, Some('\u{a0}' | '\u{202f}'));
                assert!(before(sign).iter().all(is_spaced), "{name}: {text}");
            }
            assert!(!text.contains('\''), "{name}: {text}");
        }
    }

    #[test]
    fn every_language_says_the_same() {
        // What is written alike.
        const ALIKE: &[&str] = &["frame.error", "frame.product", "dates.date", "dates.first"];
        for language in Language::ALL.into_iter().filter(|language| *language != Language::English) {
            for ((name, english), (_, other)) in Language::English.texts().all().into_iter().zip(language.texts().all()) {
                for (theirs, ours) in english.into_iter().zip(other) {
                    assert!(!ours.trim().is_empty() && ours == ours.trim(), "{language:?} {name}");
                    assert_eq!(places(theirs), places(ours), "{language:?} {name}");
                    assert!(theirs != ours || ALIKE.contains(&name.as_str()), "{language:?} {name} is English");
                }
            }
        }
    }
}
