//! What a request with an idempotency key did, so that its repetition does nothing and says the same.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::items::Keyed;
use super::keys::Key;

/// How long a key is remembered (contract section 3.4).
pub const REMEMBERED_SECONDS: i64 = 86_400;

/// One request that carried a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyedRequest {
    /// Digest of caller, method, path and key.
    pub digest: String,
    /// Digest of what was asked.
    pub request: String,
    /// The answer, sealed; none while it is being worked on.
    pub answer: Option<Value>,
    /// When it arrived.
    pub started_at: Timestamp,
}

impl Keyed for KeyedRequest {
    const KIND: &'static str = "keyed_request";
    const VERSION: &'static str = "started_at";

    fn key(&self) -> Key {
        Key::keyed_request(&self.digest)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.started_at.plus_seconds(REMEMBERED_SECONDS))
    }
}
