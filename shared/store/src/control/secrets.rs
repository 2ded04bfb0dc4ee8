//! Secrets of the platform itself, as the vault sealed them.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::items::Keyed;
use super::keys::Key;

/// The platform's own secrets (cursor and refresh-token keys derive from them), as the vault sealed them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlatformSecrets {
    /// The vault's envelope.
    pub sealed: Value,
    /// When they were made.
    pub updated_at: Timestamp,
}

impl Keyed for PlatformSecrets {
    const KIND: &'static str = "platform_secrets";

    fn key(&self) -> Key {
        Key::platform_secrets()
    }
}

/// The root key under which credentials of a TSP are sealed now. Sealed values carry the root key that they need, so a former one is
/// not kept here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RootKey {
    /// The TSP's source name.
    pub tsp: String,
    /// The key as KMS wrapped it, in base64.
    pub wrapped: String,
    /// When it was made.
    pub updated_at: Timestamp,
}

impl Keyed for RootKey {
    const KIND: &'static str = "root_key";

    fn key(&self) -> Key {
        Key::root_key(&self.tsp)
    }
}
