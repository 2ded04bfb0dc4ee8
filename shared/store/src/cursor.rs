//! Page cursors: signed, versioned bookmarks, bound to the caller, the path and the filters they were made for.
//!
//! Text form: base64url of a digest of what it is bound to and the JSON [`Cursor`], a dot, base64url of their HMAC-SHA256. Stateless; life 24 hours.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, Mac};
use model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::page::{Bookmark, Page};

const VERSION: u8 = 5;
/// Bytes of the binding's digest in front of a cursor. It is compared, not a secret: what signs it is the tag over both.
const BINDING: usize = 16;
const LIFE_SECONDS: i64 = 24 * 3_600;

/// What a cursor remembers between two pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    v: u8,
    /// Where the page starts.
    #[serde(rename = "k")]
    pub bookmark: Option<Bookmark>,
    /// Whether the row at the bookmark belongs to it.
    #[serde(rename = "i")]
    pub inclusive: bool,
    /// Reading direction.
    #[serde(rename = "b")]
    pub backwards: bool,
    /// The exact count taken with the first page.
    #[serde(rename = "n")]
    pub total: Option<u64>,
    /// What the first page fixed for all others: default time windows.
    #[serde(rename = "w")]
    pub fixed: Value,
    #[serde(rename = "e")]
    expires: i64,
}

/// Why a cursor does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCursor {
    /// It is not as it was made: cut short, altered, or never one of ours.
    #[error("the cursor was altered or cut short; send it as it was received")]
    Altered,
    /// It was made for a list of another caller, another path, or other filters.
    #[error("the cursor belongs to a list with other filters, of another path or another caller; only `size` may change")]
    Foreign,
    /// It is older than a day, or of a version that is not read any more.
    #[error("the cursor has expired; start the list again without it")]
    Expired,
}

/// Signs and checks cursors.
#[derive(Clone)]
pub struct CursorKey([u8; 32]);

impl std::fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CursorKey(***)")
    }
}

impl Cursor {
    /// A cursor made at `now`.
    #[must_use]
    pub fn new(bookmark: Option<Bookmark>, inclusive: bool, backwards: bool, now: Timestamp) -> Self {
        let expires = now.seconds() + LIFE_SECONDS;
        Self { v: VERSION, bookmark, inclusive, backwards, total: None, fixed: Value::Null, expires }
    }

    /// The page it asks for.
    #[must_use]
    pub fn page(&self, size: usize) -> Page {
        Page { bookmark: self.bookmark.clone(), inclusive: self.inclusive, backwards: self.backwards, size }
    }
}

impl CursorKey {
    /// A key derived from the platform's secret.
    #[must_use]
    pub fn derive(secret: &[u8]) -> Self {
        Self(Sha256::new().chain_update(b"catena cursor v1").chain_update(secret).finalize().into())
    }

    /// The text of a cursor for requests bound to `binding` (caller, path and filters in any fixed form).
    #[must_use]
    pub fn seal(&self, cursor: &Cursor, binding: &str) -> String {
        let mut payload = Sha256::digest(binding.as_bytes()).get(..BINDING).unwrap_or_default().to_vec();
        payload.extend(serde_json::to_vec(cursor).unwrap_or_default());
        let tag = self.mac(&payload).finalize().into_bytes();
        format!("{}.{}", BASE64.encode(&payload), BASE64.encode(tag))
    }

    /// The cursor behind a text.
    ///
    /// # Errors
    /// [`InvalidCursor`] for altered, foreign, outdated or unreadable text.
    pub fn open(&self, text: &str, binding: &str, now: Timestamp) -> Result<Cursor, InvalidCursor> {
        use InvalidCursor::{Altered, Expired, Foreign};
        let (payload, tag) = text.split_once('.').ok_or(Altered)?;
        let payload = BASE64.decode(payload).map_err(|_| Altered)?;
        let tag = BASE64.decode(tag).map_err(|_| Altered)?;
        self.mac(&payload).verify_slice(&tag).map_err(|_| Altered)?;
        let (bound, cursor) = payload.split_at_checked(BINDING).ok_or(Altered)?;
        if !Sha256::digest(binding.as_bytes()).starts_with(bound) {
            return Err(Foreign);
        }
        let cursor: Cursor = serde_json::from_slice(cursor).map_err(|_| Expired)?;
        let is_current = cursor.v == VERSION && now.seconds() < cursor.expires;
        is_current.then_some(cursor).ok_or(Expired)
    }

    fn mac(&self, payload: &[u8]) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&self.0).expect("any key length");
        mac.update(payload);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_serves_only_the_request_it_was_made_for() {
        let key = CursorKey::derive(b"secret");
        let now = Timestamp::from_millis(1_700_000_000_000);
        let cursor = Cursor { total: Some(7), ..Cursor::new(Some("a".into()), false, true, now) };
        let text = key.seal(&cursor, "partner /path a=1");
        assert_eq!(key.open(&text, "partner /path a=1", now), Ok(cursor));
        assert_eq!(key.open(&text, "partner /path a=2", now), Err(InvalidCursor::Foreign));
        let tomorrow = now.plus_seconds(LIFE_SECONDS);
        assert_eq!(key.open(&text, "partner /path a=1", tomorrow), Err(InvalidCursor::Expired));
        assert_eq!(CursorKey::derive(b"other").open(&text, "partner /path a=1", now), Err(InvalidCursor::Altered));
        let (payload, tag) = text.split_once('.').unwrap();
        let elsewhere = key.seal(&Cursor::new(None, false, false, now), "other");
        let (_, foreign_tag) = elsewhere.split_once('.').unwrap();
        for tampered in [
            format!("{text}A"),
            format!("A{text}"),
            format!("{}{}", if text.starts_with('A') { 'B' } else { 'A' }, &text[1..]),
            format!("{payload}.{foreign_tag}"),
            format!(".{tag}"),
            String::new(),
            ".".into(),
        ] {
            assert_eq!(key.open(&tampered, "partner /path a=1", now), Err(InvalidCursor::Altered), "{tampered}");
        }
    }
}
