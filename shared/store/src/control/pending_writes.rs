//! The writes of one record that have not ended, in the order in which they were accepted: only the first of them is attempted.
//!
//! The order is kept where writes are accepted, in the transaction that stores them. A queue could not tell it: messages come from the
//! table's stream, which keeps the changes of one item in order and not those of several.

use model::resource_operation::{LONGEST_OPERATION, ResourceOperation};
use model::{ConnectionId, OperationId, Resource, Timestamp};
use serde::{Deserialize, Serialize};

use super::items::Keyed;
use super::keys::{self, Key};
use super::write::Write;
use crate::{Attempts, Store, StoreError};

/// How many writes of one record may be pending.
const MOST: usize = 100;

/// The pending writes of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingWrites {
    /// The connection that is written through.
    pub connection_id: ConnectionId,
    /// What the record is.
    pub resource: Resource,
    /// The TSP's id of the record.
    pub target: String,
    /// The writes, the one that was accepted first at the beginning.
    pub operations: Vec<PendingWrite>,
    /// When the last of them has ended at the latest.
    pub expires_at: Timestamp,
    /// Counts the changes.
    pub revision: u64,
}

/// A write that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingWrite {
    /// Its id.
    pub id: OperationId,
    /// When it was accepted.
    pub created_at: Timestamp,
}

impl PendingWrite {
    /// Whether it may still be attempted. By then it has ended, whatever became of its messages.
    fn is_open(&self, now: Timestamp) -> bool {
        now < self.created_at.plus_seconds(LONGEST_OPERATION)
    }
}

impl Keyed for PendingWrites {
    const KIND: &'static str = "pending_writes";
    const VERSION: &'static str = "revision";

    fn key(&self) -> Key {
        key(self.connection_id, self.resource, &self.target)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

fn key(connection_id: ConnectionId, resource: Resource, target: &str) -> Key {
    Key { pk: keys::connection(connection_id), sk: format!("PENDING_WRITES#{resource}#{target}") }
}

impl PendingWrites {
    /// The write whose turn it is.
    #[must_use]
    pub fn first(&self, now: Timestamp) -> Option<OperationId> {
        self.operations.iter().find(|write| write.is_open(now)).map(|write| write.id)
    }

    /// Whether an earlier write has to end before this one is attempted.
    #[must_use]
    pub fn delay(&self, id: OperationId, now: Timestamp) -> bool {
        self.first(now) != Some(id) && self.operations.iter().any(|write| write.id == id)
    }

    /// The pending writes with another one at the end; `None` if too many are pending.
    fn with(seen: Option<&Self>, operation: &ResourceOperation, target: &str) -> Option<Self> {
        let ResourceOperation { id, created_at, connection_id, resource, .. } = *operation;
        let before = seen.map_or(&[][..], |seen| &seen.operations);
        let mut operations: Vec<PendingWrite> = before.iter().filter(|write| write.is_open(created_at)).copied().collect();
        operations.push(PendingWrite { id, created_at });
        let revision = seen.map_or(0, |seen| seen.revision.wrapping_add(1));
        let (target, expires_at) = (target.to_owned(), created_at.plus_seconds(LONGEST_OPERATION));
        (operations.len() <= MOST).then_some(Self { connection_id, resource, target, operations, expires_at, revision })
    }

    /// The pending writes without one that has ended; `None` if it is none of them.
    fn without(&self, id: OperationId) -> Option<Self> {
        let operations: Vec<PendingWrite> = self.operations.iter().filter(|write| write.id != id).copied().collect();
        let revision = self.revision.wrapping_add(1);
        (operations.len() < self.operations.len()).then(|| Self { operations, revision, ..self.clone() })
    }
}

impl Store {
    /// Stores a write that is accepted, behind the pending ones of its record. False if too many of them are pending: nothing is stored.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if others keep writing the record.
    pub async fn accept_write(&self, operation: &ResourceOperation) -> Result<bool, StoreError> {
        let Some(target) = &operation.target else {
            return self.commit(vec![Write::create(operation)?]).await.map(|()| true);
        };
        let mut attempts = Attempts::default();
        loop {
            let seen = self.pending_writes(operation).await?;
            let Some(next) = PendingWrites::with(seen.as_ref(), operation, target) else { return Ok(false) };
            let order = match &seen {
                Some(seen) => Write::replace(seen, &next)?,
                None => Write::create(&next)?,
            };
            match self.commit(vec![Write::create(operation)?, order]).await {
                Err(StoreError::Conflict) if attempts.again().await => {}
                done => return done.map(|()| true),
            }
        }
    }

    /// The pending writes of the record that an operation changes; `None` where it makes one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pending_writes(&self, operation: &ResourceOperation) -> Result<Option<PendingWrites>, StoreError> {
        match &operation.target {
            Some(target) => self.get(key(operation.connection_id, operation.resource, target)).await,
            None => Ok(None),
        }
    }

    /// Removes a write that has ended from the pending ones of its record. Answers the one whose turn it is now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_write(&self, ended: &ResourceOperation, now: Timestamp) -> Result<Option<OperationId>, StoreError> {
        let Some(target) = &ended.target else { return Ok(None) };
        let key = key(ended.connection_id, ended.resource, target);
        let left = self.update(key, |seen: &PendingWrites| seen.without(ended.id)).await?;
        Ok(left.and_then(|left| left.first(now)))
    }
}

#[cfg(test)]
mod tests {
    use model::resource_operation::{OperationStatus, OperationType};
    use model::{FleetId, PartnerId};

    use super::*;
    use crate::control::testing::database;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000).plus_seconds(seconds)
    }

    fn change(target: Option<&str>, created_at: Timestamp) -> ResourceOperation {
        ResourceOperation {
            id: OperationId::at(created_at),
            created_at,
            updated_at: created_at,
            revision: 0,
            partner_id: PartnerId::at(at(0)),
            connection_id: ConnectionId::from_uuid(uuid::Uuid::nil()),
            fleet_id: FleetId::at(at(0)),
            fleet_ref: None,
            source_name: "samsara".into(),
            resource: Resource::User,
            operation_type: OperationType::Update,
            target: target.map(String::from),
            payload: serde_json::Map::new(),
            status: OperationStatus::Pending,
            is_sync: false,
            resource_id: None,
            source_id: None,
            logs: Vec::new(),
            attempting_since: None,
            due_at: None,
        }
    }

    async fn order(store: &Store, of: &ResourceOperation) -> Vec<OperationId> {
        let pending = store.pending_writes(of).await.unwrap().unwrap();
        pending.operations.iter().map(|write| write.id).collect()
    }

    #[tokio::test]
    async fn writes_of_a_record_take_turns_in_the_order_in_which_they_were_accepted() {
        let store = database().await;
        // The clocks of two sandboxes differ: what was accepted second has the lower id.
        let (first, second, third) = (change(Some("7"), at(9)), change(Some("7"), at(8)), change(Some("7"), at(10)));
        let (other, made) = (change(Some("8"), at(9)), change(None, at(9)));
        for operation in [&first, &second, &other, &made, &third] {
            assert!(store.accept_write(operation).await.unwrap());
            assert!(store.get::<ResourceOperation>(operation.key()).await.unwrap().is_some());
        }
        assert_eq!(order(&store, &first).await, [first.id, second.id, third.id]);
        let pending = store.pending_writes(&second).await.unwrap().unwrap();
        assert_eq!([&first, &second, &third].map(|write| pending.delay(write.id, at(11))), [false, true, true]);
        assert_eq!(order(&store, &other).await, [other.id], "another record has an order of its own");
        assert_eq!(store.pending_writes(&made).await.unwrap(), None, "what is made waits for nothing");

        assert_eq!(store.end_write(&second, at(12)).await.unwrap(), Some(first.id), "it failed before its turn");
        for _ in 0..2 {
            assert_eq!(store.end_write(&first, at(12)).await.unwrap(), Some(third.id), "told once or twice");
        }
        assert_eq!(store.end_write(&third, at(12)).await.unwrap(), None);
        assert_eq!(store.end_write(&made, at(12)).await.unwrap(), None);
        let again = change(Some("7"), at(13));
        assert!(store.accept_write(&again).await.unwrap());
        assert_eq!(order(&store, &again).await, [again.id]);
    }

    #[tokio::test]
    async fn writes_that_are_accepted_at_once_all_have_a_place() {
        let store = database().await;
        let writes: Vec<ResourceOperation> = (0..12).map(|second| change(Some("7"), at(second))).collect();
        let accepted = futures::future::join_all(writes.iter().map(|write| store.accept_write(write))).await;
        assert!(accepted.into_iter().all(Result::unwrap));
        let mut places = order(&store, &change(Some("7"), at(0))).await;
        places.sort();
        assert_eq!(places, writes.iter().map(|write| write.id).collect::<Vec<_>>());
    }

    #[test]
    fn a_record_has_so_many_pending_writes_and_none_for_ever() {
        let mut pending = None;
        for second in 0..100 {
            pending = PendingWrites::with(pending.as_ref(), &change(Some("7"), at(second)), "7");
        }
        let full = pending.unwrap();
        assert_eq!(PendingWrites::with(Some(&full), &change(Some("7"), at(100)), "7"), None);
        let later = at(LONGEST_OPERATION);
        assert_eq!(full.first(later), Some(full.operations[1].id), "the first one's time is over");
        assert!(!full.delay(full.operations[1].id, later) && full.delay(full.operations[2].id, later));
        let next = PendingWrites::with(Some(&full), &change(Some("7"), later), "7").unwrap();
        assert_eq!((next.operations.len(), next.operations[0]), (100, full.operations[1]));
        let unknown = OperationId::at(at(5));
        assert!(!full.delay(unknown, at(5)), "what an earlier build accepted has no place, and waits for none");
    }
}
