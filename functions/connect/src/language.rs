//! The languages of the pages, and which of them a person reads.

/// The parameter by which a person chooses one.
pub(crate) const PARAMETER: &str = "set_language";

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
    /// French.
    French,
}

/// The most characters of a tag that are looked at (RFC 5646, section 4.4.1).
const LONGEST_TAG: usize = 35;
/// The most languages of a browser's that are looked at.
const MOST_RANGES: usize = 50;

/// The forms of a sentence with a number, by the cardinal rules of CLDR; `{count}` is the number.
pub(crate) struct Plural {
    /// Of one; in French of none, too.
    pub(crate) one: &'static str,
    /// Of whole millions, where a language has a form for them.
    pub(crate) many: &'static str,
    /// Of all others.
    pub(crate) other: &'static str,
}

impl Plural {
    /// Of a language with two forms.
    pub(crate) const fn of_two(one: &'static str, other: &'static str) -> Self {
        Self { one, many: other, other }
    }
}

impl Language {
    /// Every language, in the order of the switch.
    pub(crate) const ALL: [Self; 3] = [Self::English, Self::Spanish, Self::French];

    /// Its tag (RFC 5646).
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::French => "fr",
        }
    }

    /// Its name in itself.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
            Self::French => "Français",
        }
    }

    /// In which direction it is written, as HTML says it.
    pub(crate) const fn direction(self) -> &'static str {
        match self {
            Self::English | Self::Spanish | Self::French => "ltr",
        }
    }

    /// The language of a tag, whatever its region: `es`, `es-MX`.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().filter(|_| tag.len() <= LONGEST_TAG)?;
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The language that a browser's `Accept-Language` likes best (RFC 9110, section 12.5.4); of several the first. `None` if it
    /// likes none of ours.
    pub(crate) fn accepted(header: &str) -> Option<Self> {
        let ranges: Vec<(&str, u16)> = header.split(',').take(MOST_RANGES).filter_map(range).collect();
        let place = |wanted: Self| {
            let is_it = |(tag, _): &&(&str, u16)| Self::of_tag(tag) == Some(wanted);
            let best = ranges.iter().filter(is_it).map(|(_, quality)| *quality).max();
            let quality = best.or_else(|| ranges.iter().find(|(tag, _)| *tag == "*").map(|(_, quality)| *quality))?;
            let first = ranges.iter().position(|(tag, _)| Self::of_tag(tag) == Some(wanted)).unwrap_or(usize::MAX);
            (quality > 0).then_some((std::cmp::Reverse(quality), first))
        };
        let liked = Self::ALL.into_iter().filter_map(|language| Some((place(language)?, language)));
        liked.min_by_key(|(place, _)| *place).map(|(_, language)| language)
    }

    /// The form for a number (CLDR, cardinal rules of whole numbers).
    pub(crate) fn form(self, number: usize, forms: &Plural) -> &'static str {
        let is_millions = number != 0 && number.is_multiple_of(1_000_000);
        match self {
            Self::English | Self::Spanish if number == 1 => forms.one,
            Self::French if number < 2 => forms.one,
            Self::Spanish | Self::French if is_millions => forms.many,
            Self::English | Self::Spanish | Self::French => forms.other,
        }
    }

    /// A number as it is written (CLDR, grouping). Spanish has no separator in numbers of four digits.
    pub(crate) fn number(self, number: usize) -> String {
        let (separator, shortest) = match self {
            Self::English => (",", 4),
            Self::Spanish => (".", 5),
            // A narrow space that does not break the line.
            Self::French => ("\u{202f}", 4),
        };
        let digits = number.to_string();
        let grouped = digits.char_indices().map(|(index, digit)| {
            let is_group = index > 0 && digits.len() >= shortest && digits.len().saturating_sub(index).is_multiple_of(3);
            format!("{}{digit}", if is_group { separator } else { "" })
        });
        grouped.collect()
    }
}

/// What stands with a resource or a provider, in every language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    english: &'static str,
    spanish: &'static str,
    french: &'static str,
}

/// The same in every language.
pub(crate) const fn said(english: &'static str, spanish: &'static str, french: &'static str) -> Said {
    Said { english, spanish, french }
}

impl Said {
    /// In one of them.
    pub(crate) const fn to(self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Spanish => self.spanish,
            Language::French => self.french,
        }
    }
}

/// A language range of the header and its quality in thousandths; `None` if it cannot be read.
fn range(text: &str) -> Option<(&str, u16)> {
    let (tag, weight) = text.split_once(';').map_or((text, None), |(tag, weight)| (tag, Some(weight)));
    let quality = match weight {
        None => 1_000,
        Some(weight) => thousandths(weight.trim().strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')?.trim())?,
    };
    Some((tag.trim(), quality))
}

/// `0.85`: at most three digits, at most one.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_valid = matches!(whole, "0" | "1") && part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    let quality = format!("{whole}{part:0<3}").parse().ok().filter(|_| is_valid)?;
    (quality <= 1_000).then_some(quality)
}

#[cfg(test)]
mod tests {
    use super::Language::{English, French, Spanish};
    use super::*;

    #[test]
    fn browsers_are_answered_in_the_language_they_like_best() {
        for (header, expected) in [
            ("es", Some(Spanish)),
            ("es-419,es;q=0.9,en;q=0.8", Some(Spanish)),
            ("de-DE, en-GB;q=0.7, es;q=0.8", Some(Spanish)),
            ("en;q=0.5,es;q=0.5", Some(English)),
            ("es;q=0.5,en;q=0.5", Some(Spanish)),
            ("es ; Q=0.2 , en;q=0.100", Some(Spanish)),
            ("es;q=0, *;q=0.5", Some(English)),
            ("en;q=0,*", Some(Spanish)),
            ("*", Some(English)),
            ("fr-CA, fr;q=0.9, en;q=0.8", Some(French)),
            ("en;q=0, es;q=0, *;q=0.1", Some(French)),
            ("de,ja;q=0.9", None),
            ("es;q=0", None),
            ("es;q=2, es;q=0.1234, es;q=x, es;level=1", None),
            ("", None),
            (",;=,;;q", None),
            ("<script>", None),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
        assert_eq!(Language::accepted(&"de,".repeat(5_000)), None);
    }

    #[test]
    fn a_tag_counts_whatever_its_region() {
        for tag in ["es", "ES", "es-MX", "es_419"] {
            assert_eq!(Language::of_tag(tag), Some(Spanish), "{tag}");
        }
        for tag in ["", "-", "esp", "e", "español", "es\"><script>", "../es", "es\0"] {
            assert_eq!(Language::of_tag(tag), None, "{tag}");
        }
        assert_eq!(Language::of_tag(&format!("es-{}", "x".repeat(10_000))), None);
    }

    #[test]
    fn a_number_has_its_form() {
        const FORMS: Plural = Plural { one: "one", many: "many", other: "other" };
        for (language, numbers) in [
            (English, ["other", "one", "other", "other", "other"]),
            (Spanish, ["other", "one", "other", "many", "other"]),
            (French, ["one", "one", "other", "many", "other"]),
        ] {
            assert_eq!([0, 1, 2, 1_000_000, 1_000_001].map(|number| language.form(number, &FORMS)), numbers, "{language:?}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        for (language, numbers) in [
            (English, ["999", "1,234", "12,345", "1,234,567"]),
            (Spanish, ["999", "1234", "12.345", "1.234.567"]),
            (French, ["999", "1\u{202f}234", "12\u{202f}345", "1\u{202f}234\u{202f}567"]),
        ] {
            assert_eq!([999, 1_234, 12_345, 1_234_567].map(|number| language.number(number)), numbers, "{language:?}");
        }
    }
}
