//! The languages of the pages.

use crate::texts::Plural;

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    /// English.
    #[default]
    English,
}

impl Language {
    /// Its tag (RFC 5646).
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
        }
    }

    /// In which direction it is written, as HTML says it.
    pub(crate) const fn direction(self) -> &'static str {
        match self {
            Self::English => "ltr",
        }
    }

    /// The form for a number (CLDR, cardinal rules of whole numbers).
    pub(crate) fn form(self, number: usize, forms: &Plural) -> &'static str {
        match (self, number) {
            (Self::English, 1) => forms.one,
            (Self::English, _) => forms.other,
        }
    }

    /// A number as it is written.
    pub(crate) fn number(self, number: usize) -> String {
        let separator = match self {
            Self::English => ",",
        };
        let digits = number.to_string();
        let grouped = digits.char_indices().map(|(index, digit)| {
            let is_group = index > 0 && digits.len().saturating_sub(index) % 3 == 0;
            format!("{}{digit}", if is_group { separator } else { "" })
        });
        grouped.collect()
    }
}
