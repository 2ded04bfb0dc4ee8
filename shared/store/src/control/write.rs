//! Writes: each names what it expects to find, and several of them happen together or not at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};

use model::TraceId;

use super::agreement_cache;
use super::items::Keyed;
use super::keys::Key;
use crate::{Store, StoreError, TRACE};

/// Version of the stored form.
const FORM: &str = "1";

/// One write of a transaction.
#[derive(Clone, Debug)]
pub struct Write {
    kind: Kind,
    key: Key,
    item: HashMap<String, AttributeValue>,
    seen: Option<(&'static str, AttributeValue)>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Create,
    Replace,
    /// Replaces what an earlier build stored, which kept no version of this entity.
    ReplaceUnversioned,
    Overwrite,
    Delete,
    DeleteSeen,
}

impl Kind {
    const fn removes(self) -> bool {
        matches!(self, Self::Delete | Self::DeleteSeen)
    }
}

impl Write {
    /// A new entity; a conflict if its key is taken.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`].
    pub fn create<T: Keyed>(entity: &T) -> Result<Self, StoreError> {
        Ok(Self { kind: Kind::Create, key: entity.key(), item: item(entity)?, seen: None })
    }

    /// The next state of an entity; a conflict if it is not in the state that was `seen` any more. Entities of an earlier build may
    /// have no version yet; those that are written have one.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`].
    pub fn replace<T: Keyed>(seen: &T, next: &T) -> Result<Self, StoreError> {
        let after = item(next)?;
        if !after.contains_key(T::VERSION) {
            return Err(StoreError::Unstorable(T::VERSION.into()));
        }
        let (kind, version) = match item(seen)?.remove(T::VERSION) {
            Some(version) => (Kind::Replace, version),
            None => (Kind::ReplaceUnversioned, AttributeValue::S(T::KIND.into())),
        };
        Ok(Self { kind, key: next.key(), item: after, seen: Some((T::VERSION, version)) })
    }

    /// The entity, whatever was there.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`].
    pub fn overwrite<T: Keyed>(entity: &T) -> Result<Self, StoreError> {
        Ok(Self { kind: Kind::Overwrite, key: entity.key(), item: item(entity)?, seen: None })
    }

    /// Nothing at this key any more.
    #[must_use]
    pub fn delete(key: Key) -> Self {
        Self { kind: Kind::Delete, key, item: HashMap::new(), seen: None }
    }

    /// Nothing at the key of an entity any more; a conflict if there is another state than the one that was `seen`.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`].
    pub fn delete_seen<T: Keyed>(seen: &T) -> Result<Self, StoreError> {
        let version = item(seen)?.remove(T::VERSION).ok_or_else(|| StoreError::Unstorable(T::VERSION.into()))?;
        Ok(Self { kind: Kind::DeleteSeen, key: seen.key(), item: HashMap::new(), seen: Some((T::VERSION, version)) })
    }

    fn condition(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Create => Some("attribute_not_exists(pk)"),
            Kind::Replace => Some("#version = :seen"),
            Kind::ReplaceUnversioned => Some("attribute_not_exists(#version) AND kind = :seen"),
            Kind::DeleteSeen => Some("attribute_not_exists(pk) OR #version = :seen"),
            Kind::Overwrite | Kind::Delete => None,
        }
    }

    /// The write, naming the trace that it is part of.
    fn traced(mut self, trace: Option<TraceId>) -> Self {
        if let Some(trace) = trace.filter(|_| !self.kind.removes()) {
            self.item.insert(TRACE.into(), AttributeValue::S(trace.to_string()));
        }
        self
    }

    fn into_transact(self, table: &str) -> Result<TransactWriteItem, StoreError> {
        let condition = self.condition().map(String::from);
        let unstorable = |error: aws_sdk_dynamodb::error::BuildError| StoreError::Unstorable(error.to_string());
        let (names, values) = names_and_values(self.seen);
        if self.kind.removes() {
            let delete = Delete::builder()
                .table_name(table)
                .set_key(Some(self.key.attributes()))
                .set_condition_expression(condition)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .build()
                .map_err(unstorable)?;
            return Ok(TransactWriteItem::builder().delete(delete).build());
        }
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(self.item))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .build()
            .map_err(unstorable)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

type Names = Option<HashMap<String, String>>;
type Values = Option<HashMap<String, AttributeValue>>;

fn names_and_values(seen: Option<(&'static str, AttributeValue)>) -> (Names, Values) {
    match seen {
        None => (None, None),
        Some((name, value)) => {
            (Some(HashMap::from([("#version".to_owned(), name.to_owned())])), Some(HashMap::from([(":seen".to_owned(), value)])))
        }
    }
}

fn item<T: Keyed>(entity: &T) -> Result<HashMap<String, AttributeValue>, StoreError> {
    let mut item: HashMap<String, AttributeValue> =
        serde_dynamo::to_item(entity).map_err(|error| StoreError::Unstorable(error.to_string()))?;
    item.retain(|_, value| !value.is_null());
    item.extend(entity.key().attributes());
    item.insert("kind".into(), AttributeValue::S(T::KIND.into()));
    item.insert("v".into(), AttributeValue::N(FORM.into()));
    for (names, place) in [(["g1pk", "g1sk"], entity.index_1()), (["g2pk", "g2sk"], entity.index_2())] {
        if let Some(place) = place {
            let [pk, sk] = names;
            item.insert(pk.into(), AttributeValue::S(place.pk));
            item.insert(sk.into(), AttributeValue::S(place.sk));
        }
    }
    if let Some(end) = entity.expires() {
        item.insert("ttl".into(), AttributeValue::N(end.seconds().to_string()));
    }
    Ok(item)
}

impl Store {
    /// Does all the writes, or none of them. At most 100, and the revisions of agreements among them count.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if any of them found something else than it expected.
    pub async fn commit(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let writes: Vec<Write> = writes.into_iter().map(|write| write.traced(self.trace)).collect();
        let revisions: BTreeSet<Key> = writes.iter().filter_map(|write| write.key.revision()).collect();
        if writes.len() == 1 && revisions.is_empty() {
            return self.write_one(writes).await;
        }
        let writes = writes.into_iter().map(|write| write.into_transact(&self.control));
        let revisions = revisions.iter().map(|revision| agreement_cache::bump(revision, &self.control));
        let items = writes.chain(revisions).collect::<Result<Vec<_>, _>>()?;
        let sent = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        sent.map(drop).map_err(|error| StoreError::sdk("write", error))
    }

    /// Puts entities, each for itself, whatever was there, as a part of its own trace. Of several with one key, the last one counts.
    ///
    /// # Errors
    /// [`StoreError`]; some may have been put.
    pub async fn overwrite_each<T: Keyed>(
        &self,
        entities: impl IntoIterator<Item = (T, Option<TraceId>)>,
    ) -> Result<(), StoreError> {
        let mut items = BTreeMap::new();
        for (entity, trace) in entities {
            let write = Write::overwrite(&entity)?.traced(trace.or(self.trace));
            items.insert(write.key, write.item);
        }
        self.put_all(&self.control, items.into_values().collect()).await
    }

    /// One write alone needs no transaction, which would cost twice the units.
    async fn write_one(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        for write in writes {
            let condition = write.condition().map(String::from);
            let (names, values) = names_and_values(write.seen);
            if write.kind.removes() {
                let request = self.client.delete_item().table_name(self.control.as_ref());
                request
                    .set_key(Some(write.key.attributes()))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .send()
                    .await
                    .map_err(|error| StoreError::sdk("delete", error))?;
                continue;
            }
            let request = self.client.put_item().table_name(self.control.as_ref()).set_item(Some(write.item));
            request
                .set_condition_expression(condition)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .send()
                .await
                .map_err(|error| StoreError::sdk("write", error))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use model::partner::Partner;
    use model::{MessageId, PartnerId, Timestamp, WebhookId};

    use super::*;
    use crate::control::testing::database;
    use crate::control::{DeadLetter, Packed};

    /// What an earlier build stored without a version is replaced once: then it has one.
    #[tokio::test]
    async fn what_has_no_version_gets_one() {
        let store = database().await;
        let now = Timestamp::parse("2026-11-21T05:00:00Z").unwrap();
        let stored = serde_json::json!({ "id": PartnerId::at(now), "name": "Old", "slug": "old", "created_at": now });
        let seen: Partner = serde_json::from_value(stored).unwrap();
        store.commit(vec![Write::overwrite(&seen).unwrap()]).await.unwrap();
        let next = Partner { name: "New".into(), updated_at: Some(now), ..seen.clone() };
        store.commit(vec![Write::replace(&seen, &next).unwrap()]).await.unwrap();
        store.relist(&seen).await.unwrap();
        let kept = store.get::<Partner>(seen.key()).await.unwrap().unwrap();
        assert_eq!(kept.name, "New", "whoever saw the former state changes nothing");
        let late = store.commit(vec![Write::replace(&seen, &next).unwrap()]).await;
        assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
        let id = PartnerId::at(now.plus_seconds(1));
        let (absent, next) = (Partner { id, ..seen }, Partner { id, ..next });
        let absent = store.commit(vec![Write::replace(&absent, &next).unwrap()]).await;
        assert!(matches!(absent, Err(StoreError::Conflict)), "what is not there is not replaced");
    }

    /// Somebody else may have put another state there meanwhile, which is not what was seen.
    #[tokio::test]
    async fn what_is_removed_is_what_was_seen() {
        let store = database().await;
        let seen = DeadLetter {
            webhook_id: WebhookId::from_uuid(uuid::Uuid::from_u128(1)),
            message_id: MessageId::from_uuid(uuid::Uuid::from_u128(2)),
            message: Packed::of("{}").unwrap(),
            reason: "rejected".into(),
            waits: false,
            created_at: Timestamp::parse("2026-11-21T05:00:00Z").unwrap(),
        };
        let again = DeadLetter { created_at: seen.created_at.plus_seconds(1), ..seen.clone() };
        let letter = async || store.get::<DeadLetter>(seen.key()).await.unwrap();
        store.commit(vec![Write::overwrite(&again).unwrap()]).await.unwrap();
        let alone = store.commit(vec![Write::delete_seen(&seen).unwrap()]).await;
        assert!(matches!(alone, Err(StoreError::Conflict)), "{alone:?}");
        let together = store.commit(vec![Write::delete_seen(&seen).unwrap(), Write::delete(Key::platform_secrets())]).await;
        assert!(matches!(together, Err(StoreError::Conflict)), "{together:?}");
        assert_eq!(letter().await.map(|letter| letter.created_at), Some(again.created_at));
        for _ in 0..2 {
            store.commit(vec![Write::delete_seen(&again).unwrap()]).await.unwrap();
            assert!(letter().await.is_none(), "what is gone is gone");
        }
    }
}
