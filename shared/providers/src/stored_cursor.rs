//! Cursors as schedules keep them: where a source goes on, and what its feed missed.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::ProviderError;
use crate::cursor::{Cursor, Gap};

/// Version of stored cursors.
const VERSION: u8 = 2;

/// A stored cursor.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredCursor {
    v: u8,
    /// Where the source goes on; none = at its beginning.
    pub(crate) at: Option<Box<RawValue>>,
    /// What a feed missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gap: Option<Gap>,
    /// Whether the next page is one of the gap.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) fills: bool,
}

impl StoredCursor {
    pub(crate) fn new(at: Option<Box<RawValue>>, gap: Option<Gap>, fills: bool) -> Self {
        Self { v: VERSION, at, gap, fills }
    }

    /// The cursor in a text; `None` where there is none, or none of this version that the source `reads`.
    pub(crate) fn decode(text: Option<&str>, reads: fn(&RawValue) -> bool) -> Option<Self> {
        let read = serde_json::from_str::<Self>(text?).ok();
        let read = read.filter(|read| read.v == VERSION && read.at.as_deref().is_none_or(reads));
        if read.is_none() {
            tracing::warn!("cannot decode the stored cursor, starting over");
        }
        read
    }

    /// The text of the cursor; `None` where it says nothing.
    pub(crate) fn encode(&self) -> Result<Option<String>, ProviderError> {
        let says = self.at.is_some() || self.gap.is_some();
        says.then(|| serde_json::to_string(self)).transpose().map_err(ProviderError::unwritable)
    }
}

/// What is left of a cursor that is given up: the gap that was still open in it, which reaches until now.
#[must_use]
pub fn after_loss(cursor: &str, now: Timestamp) -> Option<String> {
    let kept: StoredCursor = serde_json::from_str(cursor).ok()?;
    let gap = kept.gap.filter(|_| kept.v == VERSION)?.reopened(now)?;
    serde_json::to_string(&StoredCursor::new(None, Some(gap), false)).ok()
}

/// Whether a text is a cursor of this kind.
pub(crate) fn reads<C: Cursor>(at: &RawValue) -> bool {
    serde_json::from_str::<C>(at.get()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::{Feed, Walk};

    #[test]
    fn foreign_cursors_start_over() {
        let text = r#"{"v":2,"at":{"after":"a\"b"}}"#;
        let feed = StoredCursor::decode(Some(text), reads::<Feed>).unwrap();
        assert_eq!(feed.encode().unwrap().as_deref(), Some(text));
        assert_eq!(StoredCursor::new(None, None, false).encode().unwrap(), None);
        let older = text.replace("\"v\":2", "\"v\":1");
        for text in [None, Some(""), Some("MjkY"), Some(older.as_str()), Some(r#"{"v":2,"at":{"moon":1}}"#)] {
            assert!(StoredCursor::decode(text, reads::<Walk>).is_none(), "{text:?}");
        }
    }
}
