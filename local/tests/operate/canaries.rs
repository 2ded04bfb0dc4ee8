//! Secrets that a run is given or makes, and the search for them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Where a secret must not appear.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ForbiddenPlaces {
    /// Nowhere in the output.
    All,
    /// In no log; it may be in tables and queues, where it is an identifier, and in responses to its owner.
    Logs,
}

/// A secret.
pub(crate) struct Canary {
    pub(crate) what: &'static str,
    pub(crate) text: String,
    pub(crate) forbidden: ForbiddenPlaces,
}

impl Canary {
    pub(crate) fn new(what: &'static str, text: &str, forbidden: ForbiddenPlaces) -> Self {
        assert!(text.len() >= 12, "{what} is too short to be distinguished from chance: {text:?}");
        Self { what, text: text.to_owned(), forbidden }
    }

    /// How it might be written.
    pub(crate) fn forms(&self) -> Vec<String> {
        let hex: String = self.text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let escaped = percent_encoding::utf8_percent_encode(&self.text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let mut forms = vec![self.text.clone(), STANDARD.encode(&self.text), URL_SAFE_NO_PAD.encode(&self.text), hex, escaped];
        // A token that was cut is a secret still: its signature is what makes it one.
        forms.extend(self.text.rsplit_once('.').filter(|(_, end)| end.len() >= 20).map(|(_, end)| end.to_owned()));
        forms
    }

    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.forms().iter().any(|form| text.contains(form.as_str()))
    }

    /// The line that it is in.
    pub(crate) fn around(&self, text: &str) -> String {
        let line = text.lines().find(|line| self.is_in(line)).unwrap_or_default();
        line.chars().take(2_000).collect()
    }
}

/// Everything that a run wrote, by place.
pub(crate) struct Written {
    /// Standard output and error, without what the terminal tells the operator before the start.
    pub(crate) logs: String,
    /// Every request to SQS.
    pub(crate) queues: String,
    /// Every item of both tables.
    pub(crate) tables: String,
    /// Bodies of error responses.
    pub(crate) answers: String,
}

impl Written {
    /// The places where the canary must not be.
    pub(crate) fn places(&self, canary: &Canary) -> Vec<(&'static str, &str)> {
        let mut places = vec![("logs", self.logs.as_str())];
        if canary.forbidden == ForbiddenPlaces::All {
            let others = [("queues", &self.queues), ("tables", &self.tables), ("answers", &self.answers)];
            places.extend(others.map(|(place, text)| (place, text.as_str())));
        }
        places
    }
}
