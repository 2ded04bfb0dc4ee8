//! Storing records whose content hash tells what is new.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use futures::future::try_join_all;
use model::telematics::{Fields, Observation};
use model::{RecordId, Timestamp};

use super::counts::{self, Count};
use super::newest::Places;
use super::row::find;
use super::shape::{Shape, place_key};
use super::stored::{FORM, NewRecord};
use super::table::{
    Item, MAX_ATTEMPTS, Table, is_committed, key, number, read_number, read_text, text, unreadable, unstorable, weight,
};
use super::versions::Version;
use super::{Origin, Stored, keys};
use crate::{Store, StoreError};

/// Items of one transaction.
const ITEMS: usize = 100;
/// Bytes of one transaction; DynamoDB takes 4 MB.
const BYTES: usize = 3_000_000;
/// Single writes in flight at once.
const PARALLEL: usize = 16;

/// The stored version of a record, as far as an upsert compares it.
struct StoredVersion {
    hash: String,
    created: i64,
    occurred: i64,
    deleted: bool,
    /// Whether it is an entity that is counted.
    counted: bool,
    /// The subject under which it is an event that is counted.
    subject: Option<String>,
}

/// What one record needs to be written.
struct Plan {
    id: RecordId,
    writes: Vec<TransactWriteItem>,
    totals: Vec<(Count, i64)>,
    bytes: usize,
    new: bool,
}

type Pending<'a> = BTreeMap<RecordId, &'a Observation<Fields>>;

impl Store {
    /// Stores entities or events: one item per record, written when its content hash changes. An event whose time was corrected
    /// moves.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if others keep writing the same records; what was stored until then stays.
    pub(super) async fn upsert(&self, origin: &Origin, rows: &[Observation<Fields>], shape: Shape) -> Result<Stored, StoreError> {
        self.upsert_over(origin, rows, shape, None).await
    }

    /// The same; where versions were `seen`, of whatever content, in place of those alone.
    pub(super) async fn upsert_over(
        &self,
        origin: &Origin,
        rows: &[Observation<Fields>],
        shape: Shape,
        seen: Option<&HashMap<RecordId, Version>>,
    ) -> Result<Stored, StoreError> {
        let mut pending: Pending<'_> = rows.iter().map(|row| (RecordId::of(&row.source_id, origin.connection), row)).collect();
        let mut stored = Stored::default();
        for _ in 0..MAX_ATTEMPTS {
            let upsert = Upsert { table: self.telematics_table(), origin, shape, seen };
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
    seen: Option<&'a HashMap<RecordId, Version>>,
}

impl Upsert<'_> {
    /// Writes what is pending; what meets a conflict stays pending.
    async fn attempt(&self, pending: &mut Pending<'_>, stored: &mut Stored) -> Result<(), StoreError> {
        let known = self.stored_versions(pending.keys().copied()).await?;
        let before = pending.len();
        pending.retain(|id, row| self.is_wanted(*id, row, known.get(id)));
        stored.unchanged += count(before - pending.len());
        self.note_newest(pending, &known).await?;
        let (mut transactional, mut single_writes) = (Vec::new(), Vec::new());
        for (id, row) in pending.iter() {
            match (known.get(id), self.shape) {
                (Some(known), Shape::Entity) if known.deleted || known.counted != self.counts(row)? => {
                    transactional.push(self.recount(*id, row, known)?);
                }
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

    /// Whether a record is written, given what is stored of it.
    fn is_wanted(&self, id: RecordId, row: &Observation<Fields>, known: Option<&StoredVersion>) -> bool {
        if let Some(seen) = self.seen {
            let seen = seen.get(&id).map(|seen| (&seen.hash, seen.is_deleted));
            return known.map(|known| (&known.hash, known.deleted)) == seen;
        }
        let is_news = |known: &StoredVersion| !row.is_partial && known.hash != row.source_hash;
        known.is_none_or(|known| known.deleted || is_news(known))
    }

    /// Notes where the newest events of subjects will be, if the record type keeps them.
    async fn note_newest(&self, pending: &Pending<'_>, known: &HashMap<RecordId, StoredVersion>) -> Result<(), StoreError> {
        let timeline = self.origin.record.storage.timeline().filter(|timeline| self.shape == Shape::Event && timeline.latest);
        let Some(timeline) = timeline else { return Ok(()) };
        let mut places = Places::new();
        for (id, row) in pending {
            let subject = find(row.fields.get(), timeline.subject).map_err(unstorable)?;
            if let Some(subject) = subject {
                let place = keys::ordered(self.record(*id, row, known.get(id)).occurred_at, *id);
                places.entry(subject.get().trim_matches('"').to_owned()).or_default().push(place);
            }
        }
        self.table.note_places(self.origin, places).await
    }

    /// What is stored of these records. For events their place tells it, for the event itself may lie in any day.
    async fn stored_versions(&self, ids: impl Iterator<Item = RecordId>) -> Result<HashMap<RecordId, StoredVersion>, StoreError> {
        let resource = self.origin.record.resource;
        let (wanted, projection): (Vec<Item>, _) = match self.shape {
            Shape::Entity => {
                let pk = keys::entities(self.origin.connection, resource);
                (ids.map(|id| key(&pk, &id.to_string())).collect(), "pk, sk, h, created_at, occurred_at, deleted_at, counted")
            }
            Shape::Event => {
                (ids.map(|id| place_key(resource, id)).collect(), "pk, sk, h, created_at, occurred_at, deleted_at, subject")
            }
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
            counted: item.contains_key("counted"),
            subject: Some(read_text(item, "subject").to_owned()).filter(|subject| !subject.is_empty()),
        };
        Ok((id, known))
    }

    fn record<'r>(&self, id: RecordId, row: &'r Observation<Fields>, known: Option<&StoredVersion>) -> NewRecord<'r> {
        let micros = |of: fn(&StoredVersion) -> i64| known.map(|known| Timestamp::from_micros(of(known)));
        let occurred_at = row.occurred_at.or(micros(|known| known.occurred)).unwrap_or(self.origin.now);
        NewRecord { id, created_at: micros(|known| known.created).unwrap_or(self.origin.now), occurred_at, row }
    }

    fn entity(&self, record: &NewRecord<'_>) -> Result<Item, StoreError> {
        let pk = keys::entities(self.origin.connection, self.origin.record.resource);
        let mut item = record.item(self.origin, key(&pk, &record.id.to_string()))?;
        item.insert("t".into(), text(keys::ordered(record.occurred_at, record.id)));
        if self.counts(record.row)? {
            item.insert("counted".into(), number(1));
        }
        Ok(item)
    }

    /// Whether an entity with this content is counted.
    fn counts(&self, row: &Observation<Fields>) -> Result<bool, StoreError> {
        counts::counts(self.origin.record, row.fields.get()).map_err(unstorable)
    }

    /// A known entity with new content: one write, without the price of a transaction.
    fn replacement(&self, id: RecordId, row: &Observation<Fields>, known: &StoredVersion) -> Result<Put, StoreError> {
        let item = self.entity(&self.record(id, row, Some(known)))?;
        self.table.put(item, Some(if_unchanged(known)))
    }

    /// A known entity that is counted from now on, or no more, or that comes back.
    fn recount(&self, id: RecordId, row: &Observation<Fields>, known: &StoredVersion) -> Result<Plan, StoreError> {
        let record = self.record(id, row, Some(known));
        let counted = i64::from(self.counts(row)?) - i64::from(known.counted);
        let totals = counts::of_entity(self.origin, record.created_at).map(|count| (count, counted)).to_vec();
        let item = self.entity(&record)?;
        let bytes = weight(&item) + 500;
        let mut writes = vec![transact(self.table.put(item, Some(if_unchanged(known)))?)];
        if known.deleted {
            let removed = keys::removed(self.origin.connection, self.origin.record.resource);
            writes.push(self.table.delete(key(&removed, &id.to_string()))?);
        }
        Ok(Plan { id, writes, totals, bytes, new: false })
    }

    fn plan(&self, id: RecordId, row: &Observation<Fields>, known: Option<&StoredVersion>) -> Result<Plan, StoreError> {
        let record = self.record(id, row, known);
        let subject = self.counted_subject(row)?;
        let (item, totals) = match self.shape {
            Shape::Entity => (self.entity(&record)?, self.entity_totals(&record)?),
            Shape::Event => {
                let totals = self.event_totals(&record, subject.as_deref(), known);
                (record.item(self.origin, self.event_key(record.occurred_at, id))?, totals)
            }
        };
        let bytes = weight(&item) + 500;
        let moved = known.filter(|known| self.shape == Shape::Event && known.occurred != record.occurred_at.micros());
        let condition = known.filter(|_| moved.is_none()).map_or_else(if_absent, if_unchanged);
        let mut writes = vec![transact(self.table.put(item, Some(condition))?)];
        let place = self.table.put(self.place(&record, subject), Some(known.map_or_else(if_absent, if_unchanged)))?;
        writes.push(transact(place));
        if let Some(known) = moved {
            writes.push(self.table.delete(self.event_key(Timestamp::from_micros(known.occurred), id))?);
        }
        Ok(Plan { id, writes, totals, bytes, new: known.is_none() })
    }

    fn event_key(&self, at: Timestamp, id: RecordId) -> Item {
        key(&keys::events(self.origin.connection, self.origin.record.resource, &keys::day(at)), &keys::ordered(at, id))
    }

    fn entity_totals(&self, record: &NewRecord<'_>) -> Result<Vec<(Count, i64)>, StoreError> {
        let mut totals = vec![(self.total(keys::TOTAL.to_owned()), 1)];
        if self.counts(record.row)? {
            totals.extend(counts::of_entity(self.origin, record.created_at).map(|count| (count, 1)));
        }
        Ok(totals)
    }

    /// The totals of days count deleted events too, those of subjects do not.
    fn event_totals(&self, record: &NewRecord<'_>, subject: Option<&str>, known: Option<&StoredVersion>) -> Vec<(Count, i64)> {
        let occurred = |known: &StoredVersion| Timestamp::from_micros(known.occurred);
        let of_subject = |subject: Option<&str>, at| counts::of_event(self.origin, subject?, at);
        let mut totals = vec![(self.total(keys::day(record.occurred_at)), 1)];
        totals.extend(of_subject(subject, record.occurred_at).map(|count| (count, 1)));
        if let Some(known) = known {
            totals.push((self.total(keys::day(occurred(known))), -1));
            let counted = known.subject.as_deref().filter(|_| !known.deleted);
            totals.extend(of_subject(counted, occurred(known)).map(|count| (count, -1)));
        }
        totals
    }

    fn total(&self, name: String) -> Count {
        (keys::totals(self.origin.connection, self.origin.record.resource), name)
    }

    /// The subject under which an event is counted.
    fn counted_subject(&self, row: &Observation<Fields>) -> Result<Option<String>, StoreError> {
        let Some(timeline) = counts::timeline(self.origin.record) else { return Ok(None) };
        let subject = find(row.fields.get(), timeline.subject).map_err(unstorable)?;
        Ok(subject.map(|subject| subject.get().trim_matches('"').to_owned()))
    }

    fn place(&self, record: &NewRecord<'_>, subject: Option<String>) -> Item {
        let mut item = place_key(self.origin.record.resource, record.id);
        item.insert("v".into(), number(FORM));
        item.insert("connection".into(), text(self.origin.connection.to_string()));
        if self.shape == Shape::Event {
            item.insert("h".into(), text(&record.row.source_hash));
            item.insert("created_at".into(), number(record.created_at.micros()));
            item.insert("occurred_at".into(), number(record.occurred_at.micros()));
            item.extend(subject.map(|subject| ("subject".to_owned(), text(subject))));
        }
        item
    }

    async fn commit(&self, chunk: Vec<Plan>) -> Result<(), StoreError> {
        let mut totals: BTreeMap<Count, i64> = BTreeMap::new();
        let mut writes = Vec::new();
        for plan in chunk {
            writes.extend(plan.writes);
            for (name, amount) in plan.totals {
                *totals.entry(name).or_default() += amount;
            }
        }
        for ((pk, name), amount) in totals.into_iter().filter(|(_, amount)| *amount != 0) {
            writes.push(self.table.increment(key(&pk, &name), amount)?);
        }
        self.table.transact(writes).await
    }
}

fn if_absent() -> (&'static str, Item) {
    ("attribute_not_exists(pk)", Item::new())
}

/// What is deleted meanwhile, or comes back, keeps its hash.
fn if_unchanged(known: &StoredVersion) -> (&'static str, Item) {
    let condition = match known.deleted {
        true => "h = :seen AND attribute_exists(deleted_at)",
        false => "h = :seen AND attribute_not_exists(deleted_at)",
    };
    (condition, HashMap::from([(":seen".to_owned(), text(&known.hash))]))
}

pub(super) fn transact(put: Put) -> TransactWriteItem {
    TransactWriteItem::builder().put(put).build()
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
