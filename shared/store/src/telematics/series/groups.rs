//! What is kept of a group of subjects beside its blocks: who is in it, and how many readings each day has.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::Put;
use model::{ConnectionId, RecordId};
use serde::{Deserialize, Serialize};

use super::super::keys;
use super::super::stored::FORM;
use super::super::table::{Item, MAX_ATTEMPTS, Table, bytes, is_committed, key, number, read_bytes, read_number, unreadable};
use super::codec;
use crate::StoreError;

/// Subjects of a group.
pub(super) const GROUP: usize = 64;

/// A series of one connection: the first part of its keys, and the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SeriesKey {
    pub(super) tag: &'static str,
    pub(super) connection: ConnectionId,
}

impl SeriesKey {
    /// The partition of snapshots and directory.
    pub(super) fn pk(self) -> String {
        keys::snapshots(self.tag, self.connection)
    }
}

/// The subjects of a connection in the order of their arrival: 64 to a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Directory {
    revision: u64,
    subjects: Vec<String>,
}

/// A subject's group, and its number in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) group: usize,
    pub(super) number: usize,
}

impl Directory {
    fn slot(index: usize) -> Slot {
        Slot { group: index / GROUP, number: index % GROUP }
    }

    pub(super) fn slots(&self) -> BTreeMap<&str, Slot> {
        self.subjects.iter().enumerate().map(|(index, subject)| (subject.as_str(), Self::slot(index))).collect()
    }

    /// Where the subjects with these record ids are.
    pub(super) fn find(&self, ids: &[RecordId], connection: ConnectionId) -> Vec<Slot> {
        let is_wanted = |subject: &String| ids.contains(&RecordId::of(subject, connection));
        let found = self.subjects.iter().enumerate().filter(|(_, subject)| is_wanted(subject));
        found.map(|(index, _)| Self::slot(index)).collect()
    }

    /// The record ids of all subjects.
    pub(super) fn ids(&self, connection: ConnectionId) -> impl Iterator<Item = RecordId> {
        self.subjects.iter().map(move |subject| RecordId::of(subject, connection))
    }

    pub(super) fn groups(&self) -> usize {
        self.subjects.len().div_ceil(GROUP)
    }

    pub(super) async fn load(table: Table<'_>, series: SeriesKey) -> Result<Self, StoreError> {
        let Some(item) = table.get(&series.pk(), keys::DIRECTORY).await? else { return Ok(Self::default()) };
        let data = read_bytes(&item, "data").ok_or_else(|| unreadable(&item, "no subjects"))?;
        let subjects = codec::unpack_value(data).map_err(|error| unreadable(&item, error))?;
        Ok(Self { revision: read_number(&item, "revision").unwrap_or(0), subjects })
    }

    /// The directory with these subjects in it; new ones are written before any of their readings are.
    pub(super) async fn with(table: Table<'_>, series: SeriesKey, subjects: &[&str]) -> Result<Self, StoreError> {
        for _ in 0..MAX_ATTEMPTS {
            let mut directory = Self::load(table, series).await?;
            let known = directory.slots();
            let new: Vec<String> =
                subjects.iter().filter(|subject| !known.contains_key(*subject)).map(ToString::to_string).collect();
            if new.is_empty() {
                return Ok(directory);
            }
            directory.subjects.extend(new);
            let mut item = key(&series.pk(), keys::DIRECTORY);
            item.insert("data".into(), bytes(codec::pack_value(&directory.subjects)?));
            let put = revised(table, item, directory.revision)?;
            if is_committed(table.put_item(put).await)? {
                directory.revision += 1;
                return Ok(directory);
            }
        }
        Err(StoreError::Conflict)
    }
}

/// A put that replaces nothing.
pub(super) fn absent(table: Table<'_>, item: Item) -> Result<Put, StoreError> {
    table.put(item, Some(("attribute_not_exists(pk)", Item::new())))
}

/// A put of the next revision of an item, where the stored one still has the revision that was read; 0 = none is stored.
pub(super) fn revised(table: Table<'_>, mut item: Item, read: u64) -> Result<Put, StoreError> {
    item.insert("v".into(), number(FORM));
    item.insert("revision".into(), number(read + 1));
    match read {
        0 => absent(table, item),
        _ => table.put(item, Some(("revision = :read", Item::from([(":read".to_owned(), number(read))])))),
    }
}

/// How many readings each subject of a group has in each hour of a day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Day {
    hours: BTreeMap<u8, Vec<u32>>,
}

impl Day {
    pub(super) fn read(item: &Item) -> Result<Self, StoreError> {
        let data = read_bytes(item, "data").ok_or_else(|| unreadable(item, "no counts"))?;
        codec::unpack_value(data).map_err(|error| unreadable(item, error))
    }

    pub(super) fn item(&self, pk: &str, day: &str) -> Result<Item, StoreError> {
        let mut item = key(pk, day);
        item.insert("v".into(), number(FORM));
        item.insert("data".into(), bytes(codec::pack_value(self)?));
        Ok(item)
    }

    fn hour_of_day(hour: i64) -> u8 {
        u8::try_from(hour.rem_euclid(24)).unwrap_or(0)
    }

    pub(super) fn add(&mut self, hour: i64, number: usize) {
        let counts = self.hours.entry(Self::hour_of_day(hour)).or_default();
        counts.resize(counts.len().max(number + 1), 0);
        if let Some(count) = counts.get_mut(number) {
            *count += 1;
        }
    }

    /// The readings of one subject in an hour.
    pub(super) fn count_of(&self, hour: i64, number: usize) -> u64 {
        self.counts(hour).get(number).copied().map_or(0, u64::from)
    }

    /// The readings of all subjects in an hour.
    pub(super) fn count(&self, hour: i64) -> u64 {
        self.counts(hour).iter().copied().map(u64::from).sum()
    }

    fn counts(&self, hour: i64) -> &[u32] {
        self.hours.get(&Self::hour_of_day(hour)).map_or(&[], Vec::as_slice)
    }
}
