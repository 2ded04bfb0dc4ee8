//! A cache of decrypted data keys, so that frequent use does not need a KMS call each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::envelope::{Context, DIRECT, DataKey};

/// How long a decrypted data key may be cached.
pub(crate) const LIFETIME: Duration = Duration::from_mins(5);
/// How long a decrypted root key may be cached: then a sandbox asks KMS for it once an hour, however many connections it serves.
pub(crate) const ROOT_LIFETIME: Duration = Duration::from_hours(1);
/// How many decrypted data keys are cached.
pub(crate) const CAPACITY: usize = 1_000;

/// The cache key of a data key: a digest over the wrapped key and the context, so that contexts never share an entry.
pub(crate) type Slot = [u8; 32];

struct Entry {
    key: Arc<DataKey>,
    since: Instant,
}

/// A bounded map of decrypted keys.
pub(crate) struct KeyCache {
    entries: Mutex<HashMap<Slot, Entry>>,
    lifetime: Duration,
}

impl KeyCache {
    pub(crate) fn new(lifetime: Duration) -> Self {
        Self { entries: Mutex::default(), lifetime }
    }

    pub(crate) fn slot(context: &Context, wrapped_key: &[u8]) -> Slot {
        let digest = Sha256::new().chain_update(context.bytes(DIRECT)).chain_update(wrapped_key);
        digest.finalize().into()
    }

    pub(crate) fn get(&self, slot: &Slot, now: Instant) -> Option<Arc<DataKey>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(slot).filter(|entry| now.duration_since(entry.since) < self.lifetime)?;
        Some(Arc::clone(&entry.key))
    }

    pub(crate) fn put(&self, slot: Slot, key: Arc<DataKey>, now: Instant) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= CAPACITY {
            entries.retain(|_, entry| now.duration_since(entry.since) < self.lifetime);
        }
        if entries.len() >= CAPACITY {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.since).map(|(slot, _)| *slot);
            oldest.and_then(|slot| entries.remove(&slot));
        }
        entries.insert(slot, Entry { key, since: now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Arc<DataKey> {
        Arc::new(DataKey::from_bytes(&[9; 32]).unwrap())
    }

    fn slot(number: usize) -> Slot {
        KeyCache::slot(&Context::new(&[("connection", "a")]), &number.to_be_bytes())
    }

    #[test]
    fn entries_end_after_minutes() {
        let cache = KeyCache::new(LIFETIME);
        let start = Instant::now();
        cache.put(slot(1), key(), start);
        assert!(cache.get(&slot(1), start + Duration::from_secs(299)).is_some());
        assert!(cache.get(&slot(1), start + Duration::from_secs(300)).is_none());
        assert!(cache.get(&slot(2), start).is_none());
    }

    #[test]
    fn the_oldest_makes_room() {
        let cache = KeyCache::new(LIFETIME);
        let start = Instant::now();
        let late = start + Duration::from_secs(2);
        cache.put(slot(0), key(), start);
        (1..=CAPACITY).for_each(|number| cache.put(slot(number), key(), start + Duration::from_secs(1)));
        assert!(cache.get(&slot(0), late).is_none());
        assert!(cache.get(&slot(1), late).is_some());
        assert!(cache.get(&slot(CAPACITY), late).is_some());
    }

    #[test]
    fn the_context_is_part_of_the_place() {
        let one = KeyCache::slot(&Context::new(&[("connection", "a")]), b"wrapped");
        let two = KeyCache::slot(&Context::new(&[("connection", "b")]), b"wrapped");
        assert_ne!(one, two);
    }
}
