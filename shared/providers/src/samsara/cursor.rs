//! Our own cursors: small versioned JSON text, in which the provider's opaque ones travel.

use model::Timestamp;
use serde::{Deserialize, Serialize};

const VERSION: u8 = 1;

/// Which drivers a page lists: the plain list leaves out deactivated ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum DriverList {
    Active,
    Deactivated,
}

impl DriverList {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deactivated => "deactivated",
        }
    }
}

/// Where a resource's fetching stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub(super) enum Cursor {
    /// In the vehicle list.
    Vehicles { after: String },
    /// In one of the two driver lists.
    Drivers { list: DriverList, after: Option<String> },
    /// In the position feed.
    Feed { after: String },
    /// In the duty logs of a window. `deep` is when the last deep window began to be read.
    HosWindow { start: Timestamp, end: Timestamp, after: String, deep: Timestamp },
    /// Duty logs are read up to `end`.
    HosDone { end: Timestamp, deep: Timestamp },
}

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    v: u8,
    cursor: T,
}

impl Cursor {
    /// The text form.
    pub(super) fn encode(self) -> Option<String> {
        serde_json::to_string(&Versioned { v: VERSION, cursor: self }).ok()
    }

    /// The cursor in a text; `None` where there is none, or none of this version: starting over brings nothing twice.
    pub(super) fn decode(text: Option<&str>) -> Option<Self> {
        let read = serde_json::from_str::<Versioned<Self>>(text?);
        if read.is_err() {
            tracing::warn!(provider = "samsara", "cannot decode the stored cursor, starting over");
        }
        read.ok().filter(|read| read.v == VERSION).map(|read| read.cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_round_trip() {
        let time = Timestamp::from_micros(1_700_000_000_000_001);
        let cursors = [
            Cursor::Vehicles { after: "MjkY".into() },
            Cursor::Drivers { list: DriverList::Deactivated, after: None },
            Cursor::Drivers { list: DriverList::Active, after: Some("a\"b".into()) },
            Cursor::Feed { after: "x".into() },
            Cursor::HosWindow { start: time, end: time, after: "x".into(), deep: time },
            Cursor::HosDone { end: time, deep: time },
        ];
        for cursor in cursors {
            let text = cursor.clone().encode().unwrap();
            assert_eq!(Cursor::decode(Some(&text)), Some(cursor), "{text}");
        }
    }

    #[test]
    fn foreign_text_starts_over() {
        let later = r#"{"v":2,"cursor":{"at":"feed","after":"x"}}"#;
        for text in [None, Some(""), Some("MjkY"), Some(later), Some(r#"{"v":1,"cursor":{"at":"moon"}}"#)] {
            assert_eq!(Cursor::decode(text), None, "{text:?}");
        }
    }
}
