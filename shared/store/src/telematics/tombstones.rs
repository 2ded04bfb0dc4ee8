//! Records that a TSP does not list any more.

use std::collections::{BTreeMap, HashMap, HashSet};

use model::{RecordId, Timestamp};

use super::counts::{self, Count};
use super::stored::FORM;
use super::table::{Item, Span, is_committed, key, number, read_number, read_text, text};
use super::upsert::transact;
use super::{Origin, ScanOutcome, keys};
use crate::{Store, StoreError};

/// Below this many known records a scan is believed whatever it lacks.
const SMALL: usize = 20;
/// The part of the known records that a scan may lack: one in five.
const BELIEVED: usize = 5;
/// Records of one transaction: each is two writes, and may have a count of its own.
const TOGETHER: usize = 30;

/// A known record that a scan lacks.
struct Lacking<'a> {
    id: &'a str,
    created: Timestamp,
    counted: bool,
}

impl Store {
    /// Marks the known records of a connection and resource that a complete scan did not see as deleted.
    ///
    /// `seen` are the ids of the whole scan, after they were stored. A scan that lacks more than a fifth of at least 20 known
    /// records changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails; some records may be marked then, and the next scan marks the others.
    pub async fn remove_missing_rows(&self, origin: &Origin, seen: &HashSet<RecordId>) -> Result<ScanOutcome, StoreError> {
        let pk = keys::entities(origin.connection, origin.record.resource);
        let span = Span { projection: Some("sk, deleted_at, created_at, counted"), consistent: true, ..Span::all(pk.clone()) };
        let items = self.telematics_table().query_all(&span).await?;
        let alive: Vec<&Item> = items.iter().filter(|item| !item.contains_key("deleted_at")).collect();
        let lacking = |item: &&'_ Item| read_text(item, "sk").parse().is_ok_and(|id: RecordId| !seen.contains(&id));
        let missing: Vec<Lacking<'_>> = alive.iter().copied().filter(lacking).map(Lacking::of).collect();
        if alive.len() >= SMALL && missing.len() * BELIEVED > alive.len() {
            let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
            return Ok(ScanOutcome::Refused { missing: count(missing.len()), known: count(alive.len()) });
        }
        let mut removed = 0;
        for chunk in missing.chunks(TOGETHER) {
            removed += self.mark_all_deleted(origin, chunk).await?;
        }
        Ok(ScanOutcome::Done { removed })
    }

    /// Marks records in one transaction; where one of them was changed meanwhile, each in its own.
    async fn mark_all_deleted(&self, origin: &Origin, missing: &[Lacking<'_>]) -> Result<u64, StoreError> {
        if self.mark_deleted(origin, missing).await? {
            return Ok(u64::try_from(missing.len()).unwrap_or(u64::MAX));
        }
        let mut removed = 0;
        for one in missing.iter().filter(|_| missing.len() > 1) {
            removed += u64::from(self.mark_deleted(origin, std::slice::from_ref(one)).await?);
        }
        Ok(removed)
    }

    async fn mark_deleted(&self, origin: &Origin, missing: &[Lacking<'_>]) -> Result<bool, StoreError> {
        let table = self.telematics_table();
        let (entities, removed) =
            (keys::entities(origin.connection, origin.record.resource), keys::removed(origin.connection, origin.record.resource));
        let values = HashMap::from([
            (":now".to_owned(), number(origin.now.micros())),
            (":execution".to_owned(), text(origin.execution.to_string())),
            (":schedule".to_owned(), text(origin.schedule.to_string())),
        ]);
        let set = "SET deleted_at = :now, updated_at = :now, execution_id = :execution, schedule_id = :schedule REMOVE counted";
        let (mut writes, mut totals) = (Vec::new(), BTreeMap::<Count, i64>::new());
        for one in missing {
            writes.push(table.set(key(&entities, one.id), set, values.clone(), one.condition())?);
            let mut marker = key(&removed, one.id);
            marker.insert("v".into(), number(FORM));
            writes.push(transact(table.put(marker, None)?));
            for count in counts::of_entity(origin, one.created).into_iter().filter(|_| one.counted) {
                *totals.entry(count).or_default() -= 1;
            }
        }
        for ((pk, name), amount) in totals {
            writes.push(table.increment(key(&pk, &name), amount)?);
        }
        is_committed(table.transact(writes).await)
    }
}

impl<'a> Lacking<'a> {
    fn of(item: &'a Item) -> Self {
        Self {
            id: read_text(item, "sk"),
            created: Timestamp::from_micros(read_number(item, "created_at").unwrap_or(0)),
            counted: item.contains_key("counted"),
        }
    }

    /// It is as it was read, in what counts.
    fn condition(&self) -> &'static str {
        match self.counted {
            true => "attribute_not_exists(deleted_at) AND attribute_exists(counted)",
            false => "attribute_exists(pk) AND attribute_not_exists(deleted_at) AND attribute_not_exists(counted)",
        }
    }
}
