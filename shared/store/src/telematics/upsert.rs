//! Storing records whose content hash tells what is new.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use futures::future::try_join_all;
use model::telematics::Observation;
use model::{RecordId, Resource, Timestamp};
use serde::Serialize;

use super::record::{FORM, Record};
use super::table::{Item, Table, key, number, read_number, read_text, text, unreadable, weight};
use super::{Origin, Stored, keys};
use crate::{Store, StoreError};

/// How often a batch is planned anew after a concurrent write of one of its records or totals.
pub(super) const MAX_ATTEMPTS: usize = 8;
/// Items of one transaction.
const ITEMS: usize = 100;
/// Bytes of one transaction; DynamoDB takes 4 MB.
const BYTES: usize = 3_000_000;
/// Single writes in flight at once.
const PARALLEL: usize = 16;

/// Where records of a resource live.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Entity,
    Event,
}

/// The stored version of a record, as far as an upsert compares it.
struct StoredVersion {
    hash: String,
    created: i64,
    occurred: i64,
    deleted: bool,
}

/// What one record needs to be written.
struct Plan {
    id: RecordId,
    writes: Vec<TransactWriteItem>,
    totals: Vec<(String, i64)>,
    bytes: usize,
    new: bool,
}

type Pending<'a, T> = BTreeMap<RecordId, &'a Observation<T>>;

impl Store {
    /// Stores vehicles, users and their like: one item per record, written when its content hash changes.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if others keep writing the same records; what was stored until then stays.
    pub async fn upsert_entities<T: Serialize + Sync>(
        &self,
        origin: &Origin,
        rows: &[Observation<T>],
    ) -> Result<Stored, StoreError> {
        self.upsert(origin, rows, Shape::Entity).await
    }

    /// Stores events: as [`Store::upsert_entities`], but under their day. An event whose time was corrected moves.
    ///
    /// # Errors
    /// As [`Store::upsert_entities`].
    pub async fn upsert_events<T: Serialize + Sync>(
        &self,
        origin: &Origin,
        rows: &[Observation<T>],
    ) -> Result<Stored, StoreError> {
        self.upsert(origin, rows, Shape::Event).await
    }

    async fn upsert<T: Serialize + Sync>(
        &self,
        origin: &Origin,
        rows: &[Observation<T>],
        shape: Shape,
    ) -> Result<Stored, StoreError> {
        let mut pending: Pending<'_, T> = rows.iter().map(|row| (RecordId::of(&row.source_id, origin.connection), row)).collect();
        let mut stored = Stored::default();
        for _ in 0..MAX_ATTEMPTS {
            let upsert = Upsert { table: self.telematics_table(), origin, shape };
            upsert.attempt(&mut pending, &mut stored).await?;
            if pending.is_empty() {
                return Ok(stored);
            }
        }
        Err(StoreError::Conflict)
    }
}

struct Upsert<'a> {
    table: Table<'a>,
    origin: &'a Origin,
    shape: Shape,
}

impl Upsert<'_> {
    /// Writes what is pending; what meets a conflict stays pending.
    async fn attempt<T: Serialize + Sync>(&self, pending: &mut Pending<'_, T>, stored: &mut Stored) -> Result<(), StoreError> {
        let known = self.stored_versions(pending.keys().copied()).await?;
        let before = pending.len();
        pending.retain(|id, row| known.get(id).is_none_or(|known| known.deleted || known.hash != row.source_hash));
        stored.unchanged += count(before - pending.len());
        let (mut transactional, mut single_writes) = (Vec::new(), Vec::new());
        for (id, row) in pending.iter() {
            match (known.get(id), self.shape) {
                (Some(known), Shape::Entity) => single_writes.push((*id, self.replacement(*id, row, known)?)),
                (known, _) => transactional.push(self.plan(*id, row, known)?),
            }
        }
        for chunk in chunks(transactional) {
            let (new, ids): (usize, Vec<RecordId>) =
                (chunk.iter().filter(|plan| plan.new).count(), chunk.iter().map(|plan| plan.id).collect());
            if is_committed(self.commit(chunk).await)? {
                stored.added += count(new);
                stored.modified += count(ids.len() - new);
                pending.retain(|id, _| !ids.contains(id));
            }
        }
        for chunk in single_writes.chunks(PARALLEL) {
            let puts = chunk.iter().map(|(_, put)| async { is_committed(self.table.put_item(put.clone()).await) });
            for ((id, _), done) in chunk.iter().zip(try_join_all(puts).await?) {
                if done {
                    stored.modified += 1;
                    pending.remove(id);
                }
            }
        }
        Ok(())
    }

    /// What is stored of these records. For events their place tells it, for the event itself may lie in any day.
    async fn stored_versions(&self, ids: impl Iterator<Item = RecordId>) -> Result<HashMap<RecordId, StoredVersion>, StoreError> {
        let resource = self.origin.resource;
        let (wanted, projection): (Vec<Item>, _) = match self.shape {
            Shape::Entity => {
                let pk = keys::entities(self.origin.connection, resource);
                (ids.map(|id| key(&pk, &id.to_string())).collect(), "pk, sk, h, created_at, occurred_at, deleted_at")
            }
            Shape::Event => (ids.map(|id| place_key(resource, id)).collect(), "pk, sk, h, created_at, occurred_at"),
        };
        self.table.get_many(wanted, Some(projection)).await?.iter().map(|item| self.read_version(item)).collect()
    }

    fn read_version(&self, item: &Item) -> Result<(RecordId, StoredVersion), StoreError> {
        let id = match self.shape {
            Shape::Entity => read_text(item, "sk"),
            Shape::Event => read_text(item, "pk").rsplit('#').next().unwrap_or_default(),
        };
        let id = id.parse().map_err(|error| unreadable(item, error))?;
        let missing = || unreadable(item, "times are missing");
        let known = StoredVersion {
            hash: read_text(item, "h").to_owned(),
            created: read_number(item, "created_at").ok_or_else(missing)?,
            occurred: read_number(item, "occurred_at").ok_or_else(missing)?,
            deleted: item.contains_key("deleted_at"),
        };
        Ok((id, known))
    }

    fn record<T: Serialize>(
        &self,
        id: RecordId,
        row: &Observation<T>,
        known: Option<&StoredVersion>,
    ) -> Result<Record, StoreError> {
        let occurred = row.occurred_at.or(known.map(|known| Timestamp::from_micros(known.occurred)));
        Record::new(self.origin, id, row, known.map(|known| known.created), occurred.unwrap_or(self.origin.now))
    }

    fn entity(&self, record: &Record, source: &serde_json::Value) -> Result<Item, StoreError> {
        let pk = keys::entities(self.origin.connection, self.origin.resource);
        let mut item = record.item(key(&pk, &record.id.to_string()), source)?;
        item.insert("t".into(), text(keys::ordered(record.occurred(), record.id)));
        Ok(item)
    }

    /// A known entity with new content: one write, without the price of a transaction.
    fn replacement<T: Serialize>(&self, id: RecordId, row: &Observation<T>, known: &StoredVersion) -> Result<Put, StoreError> {
        let item = self.entity(&self.record(id, row, Some(known))?, &row.source)?;
        self.table.put(item, Some(if_unchanged(known)))
    }

    fn plan<T: Serialize>(&self, id: RecordId, row: &Observation<T>, known: Option<&StoredVersion>) -> Result<Plan, StoreError> {
        let record = self.record(id, row, known)?;
        let (item, totals) = match self.shape {
            Shape::Entity => (self.entity(&record, &row.source)?, vec![(keys::TOTAL.to_owned(), 1)]),
            Shape::Event => (record.item(self.event_key(record.occurred(), id), &row.source)?, self.day_totals(&record, known)),
        };
        let bytes = weight(&item) + 500;
        let moved = known.filter(|known| self.shape == Shape::Event && known.occurred != record.occurred_at);
        let condition = known.filter(|_| moved.is_none()).map_or_else(if_absent, if_unchanged);
        let mut writes = vec![transact(self.table.put(item, Some(condition))?)];
        let place = self.table.put(self.place(&record), Some(known.map_or_else(if_absent, if_unchanged)))?;
        writes.push(transact(place));
        if let Some(known) = moved {
            writes.push(self.table.delete(self.event_key(Timestamp::from_micros(known.occurred), id))?);
        }
        Ok(Plan { id, writes, totals, bytes, new: known.is_none() })
    }

    fn event_key(&self, at: Timestamp, id: RecordId) -> Item {
        key(&keys::events(self.origin.connection, self.origin.resource, &keys::day(at)), &keys::ordered(at, id))
    }

    fn day_totals(&self, record: &Record, known: Option<&StoredVersion>) -> Vec<(String, i64)> {
        let mut totals = vec![(keys::day(record.occurred()), 1)];
        totals.extend(known.map(|known| (keys::day(Timestamp::from_micros(known.occurred)), -1)));
        totals
    }

    fn place(&self, record: &Record) -> Item {
        let mut item = place_key(self.origin.resource, record.id);
        item.insert("v".into(), number(FORM));
        item.insert("connection".into(), text(self.origin.connection.to_string()));
        if self.shape == Shape::Event {
            item.insert("h".into(), text(&record.h));
            item.insert("created_at".into(), number(record.created_at));
            item.insert("occurred_at".into(), number(record.occurred_at));
        }
        item
    }

    async fn commit(&self, chunk: Vec<Plan>) -> Result<(), StoreError> {
        let mut totals: BTreeMap<String, i64> = BTreeMap::new();
        let mut writes = Vec::new();
        for plan in chunk {
            writes.extend(plan.writes);
            for (name, amount) in plan.totals {
                *totals.entry(name).or_default() += amount;
            }
        }
        let pk = keys::totals(self.origin.connection, self.origin.resource);
        for (name, amount) in totals.into_iter().filter(|(_, amount)| *amount != 0) {
            writes.push(self.table.increment(key(&pk, &name), amount)?);
        }
        self.table.transact(writes).await
    }
}

pub(super) fn place_key(resource: Resource, id: RecordId) -> Item {
    key(&keys::place(resource, id), keys::PLACE)
}

fn if_absent() -> (&'static str, Item) {
    ("attribute_not_exists(pk)", Item::new())
}

fn if_unchanged(known: &StoredVersion) -> (&'static str, Item) {
    ("h = :seen", HashMap::from([(":seen".to_owned(), text(&known.hash))]))
}

pub(super) fn transact(put: Put) -> TransactWriteItem {
    TransactWriteItem::builder().put(put).build()
}

/// Whether a write took place; a conflict is not an error here, it means another try.
pub(super) fn is_committed(result: Result<(), StoreError>) -> Result<bool, StoreError> {
    match result {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict) => Ok(false),
        Err(error) => Err(error),
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Plans that fit into one transaction each. Every plan is counted with all its totals, though they are shared.
fn chunks(plans: Vec<Plan>) -> Vec<Vec<Plan>> {
    let mut chunks: Vec<Vec<Plan>> = Vec::new();
    let (mut items, mut bytes, mut days) = (ITEMS, 0, std::collections::BTreeSet::new());
    for plan in plans {
        days.extend(plan.totals.iter().map(|(name, _)| name.clone()));
        items += plan.writes.len();
        bytes += plan.bytes;
        match chunks.last_mut() {
            Some(chunk) if items + days.len() <= ITEMS && bytes <= BYTES => chunk.push(plan),
            _ => {
                (items, bytes) = (plan.writes.len(), plan.bytes);
                days = plan.totals.iter().map(|(name, _)| name.clone()).collect();
                chunks.push(vec![plan]);
            }
        }
    }
    chunks
}
