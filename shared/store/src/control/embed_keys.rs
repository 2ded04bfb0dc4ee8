//! The keys with which partners show Connect in pages of their own.

use model::PartnerId;
use model::embed::EmbedKey;

use super::items::Keyed;
use super::keys::Key;
use super::query::Range;
use crate::{Store, StoreError};

impl Key {
    /// A key that embeds Connect.
    #[must_use]
    pub fn embed_key(key: &str) -> Self {
        Self { pk: format!("EMBED_KEY#{key}"), sk: "EMBED_KEY".into() }
    }
}

/// Index 1: the keys of a partner.
fn keys_of(id: PartnerId) -> String {
    format!("PARTNER#{id}#EMBED_KEYS")
}

impl Keyed for EmbedKey {
    const KIND: &'static str = "embed_key";

    fn key(&self) -> Key {
        Key::embed_key(&self.key)
    }

    fn index_1(&self) -> Option<Key> {
        Some(Key { pk: keys_of(self.partner_id), sk: self.key.clone() })
    }
}

impl Store {
    /// The keys of a partner, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn embed_keys(&self, partner: PartnerId) -> Result<Vec<EmbedKey>, StoreError> {
        let mut found: Vec<EmbedKey> = self.all(&Range::index_1(keys_of(partner))).await?;
        found.sort_unstable_by(|one, other| (one.created_at, &one.key).cmp(&(other.created_at, &other.key)));
        Ok(found)
    }
}
