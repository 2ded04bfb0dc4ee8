//! What is stored of a group of vehicles beside its blocks: who is in it, how many points each day has, the newest positions.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::Put;
use model::telematics::Position;
use model::{ConnectionId, ExecutionId, RecordId, ScheduleId, Timestamp, TspId};
use serde::{Deserialize, Serialize};

use super::super::record::FORM;
use super::super::table::{Item, Table, bytes, key, number, read_bytes, read_number, read_text, unreadable};
use super::super::upsert::{MAX_ATTEMPTS, is_committed};
use super::super::{Origin, keys};
use super::block::{Reading, source_of};
use super::codec;
use crate::StoreError;

/// Vehicles of a group.
pub(super) const GROUP: usize = 64;

/// The vehicles of a connection in the order of their arrival: 64 to a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Directory {
    revision: u64,
    vehicles: Vec<String>,
}

/// A vehicle's group, and its number in it.
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
        self.vehicles.iter().enumerate().map(|(index, vehicle)| (vehicle.as_str(), Self::slot(index))).collect()
    }

    /// Where the vehicle with a record id is.
    pub(super) fn find(&self, vehicle: RecordId, connection: ConnectionId) -> Option<Slot> {
        self.vehicles.iter().position(|known| RecordId::of(known, connection) == vehicle).map(Self::slot)
    }

    pub(super) fn groups(&self) -> usize {
        self.vehicles.len().div_ceil(GROUP)
    }

    pub(super) async fn load(table: Table<'_>, connection: ConnectionId) -> Result<Self, StoreError> {
        let Some(item) = table.get(&keys::snapshots(connection), keys::DIRECTORY).await? else { return Ok(Self::default()) };
        let data = read_bytes(&item, "data").ok_or_else(|| unreadable(&item, "no vehicles"))?;
        let vehicles = codec::unpack(data).map_err(|error| unreadable(&item, error))?;
        Ok(Self { revision: read_number(&item, "revision").unwrap_or(0), vehicles })
    }

    /// The directory with these vehicles in it; new ones are written before any of their points are.
    pub(super) async fn with(table: Table<'_>, connection: ConnectionId, vehicles: &[&str]) -> Result<Self, StoreError> {
        for _ in 0..MAX_ATTEMPTS {
            let mut directory = Self::load(table, connection).await?;
            let known = directory.slots();
            let new: Vec<String> =
                vehicles.iter().filter(|vehicle| !known.contains_key(*vehicle)).map(ToString::to_string).collect();
            if new.is_empty() {
                return Ok(directory);
            }
            directory.vehicles.extend(new);
            let mut item = key(&keys::snapshots(connection), keys::DIRECTORY);
            item.insert("data".into(), bytes(codec::pack(&directory.vehicles)?));
            let put = revised(table, item, directory.revision)?;
            if is_committed(table.put_item(put).await)? {
                directory.revision += 1;
                return Ok(directory);
            }
        }
        Err(StoreError::Conflict)
    }
}

/// A put of the next revision of an item, where the stored one still has the revision that was read; 0 = none is stored.
pub(super) fn revised(table: Table<'_>, mut item: Item, read: u64) -> Result<Put, StoreError> {
    item.insert("v".into(), number(FORM));
    item.insert("revision".into(), number(read + 1));
    match read {
        0 => table.put(item, Some(("attribute_not_exists(pk)", Item::new()))),
        _ => table.put(item, Some(("revision = :read", Item::from([(":read".to_owned(), number(read))])))),
    }
}

/// How many points each vehicle of a group has in each hour of a day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Day {
    hours: BTreeMap<u8, Vec<u32>>,
}

impl Day {
    pub(super) fn read(item: &Item) -> Result<Self, StoreError> {
        let data = read_bytes(item, "data").ok_or_else(|| unreadable(item, "no counts"))?;
        codec::unpack(data).map_err(|error| unreadable(item, error))
    }

    pub(super) fn item(&self, pk: &str, day: &str) -> Result<Item, StoreError> {
        let mut item = key(pk, day);
        item.insert("v".into(), number(FORM));
        item.insert("data".into(), bytes(codec::pack(self)?));
        Ok(item)
    }

    fn hour_of_day(hour: i64) -> u8 {
        u8::try_from(hour.rem_euclid(24)).unwrap_or(0)
    }

    pub(super) fn add(&mut self, hour: i64, slot: usize) {
        let counts = self.hours.entry(Self::hour_of_day(hour)).or_default();
        counts.resize(counts.len().max(slot + 1), 0);
        if let Some(count) = counts.get_mut(slot) {
            *count += 1;
        }
    }

    /// The points of an hour: of one vehicle, or of all.
    pub(super) fn count(&self, hour: i64, slot: Option<usize>) -> u64 {
        let counts = self.hours.get(&Self::hour_of_day(hour)).map_or(&[][..], Vec::as_slice);
        match slot {
            Some(slot) => counts.get(slot).copied().map_or(0, u64::from),
            None => counts.iter().copied().map(u64::from).sum(),
        }
    }
}

/// The newest position of a vehicle. Its source stays in its block.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LatestReading {
    pub(super) position: Position,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) execution: ExecutionId,
    pub(super) schedule: ScheduleId,
    /// SHA-256 of the source.
    pub(super) hash: String,
    /// Revision and part in the key of the block with the source.
    pub(super) block: (u64, usize),
}

/// The newest positions of a group's vehicles, and the revision of all that is kept of the group.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct GroupSnapshot {
    pub(super) revision: u64,
    pub(super) vehicles: BTreeMap<String, LatestReading>,
    /// The newest day and its counts. They get an item of their own when a newer day begins: small fleets write an item less.
    pub(super) today: Option<(String, Day)>,
}

/// The stored form of a [`GroupSnapshot`].
#[derive(Serialize, Deserialize)]
struct StoredSnapshot {
    positions: codec::Columns,
    created: Vec<i64>,
    updated: Vec<i64>,
    runs: Vec<([u8; 16], [u8; 16])>,
    hashes: Vec<[u8; 32]>,
    blocks: Vec<(u64, usize)>,
    today: Option<(String, Day)>,
}

impl GroupSnapshot {
    pub(super) fn read(item: &Item) -> Result<Self, StoreError> {
        let data = read_bytes(item, "data").ok_or_else(|| unreadable(item, "no positions"))?;
        let stored: StoredSnapshot = codec::unpack(data).map_err(|error| unreadable(item, error))?;
        let positions = codec::rows(&stored.positions).map_err(|error| unreadable(item, error))?;
        let times = codec::sums(&stored.created).into_iter().zip(codec::sums(&stored.updated));
        let rows = positions.into_iter().zip(times).zip(stored.runs).zip(stored.hashes).zip(stored.blocks);
        let mut vehicles = BTreeMap::new();
        for ((((position, (created, updated)), (execution, schedule)), hash), block) in rows {
            let latest = LatestReading {
                created_at: Timestamp::from_micros(created),
                updated_at: Timestamp::from_micros(updated),
                execution: uuid::Uuid::from_bytes(execution).into(),
                schedule: uuid::Uuid::from_bytes(schedule).into(),
                hash: model::hex(&hash),
                block,
                position,
            };
            vehicles.insert(latest.position.vehicle.clone(), latest);
        }
        Ok(Self { revision: read_number(item, "revision").unwrap_or(0), vehicles, today: stored.today })
    }

    pub(super) fn item(&self, origin: &Origin, group: usize) -> Result<Item, StoreError> {
        let rows = || self.vehicles.values();
        let positions: Vec<Position> =
            rows().map(|latest| Position { source: String::new(), ..latest.position.clone() }).collect();
        let steps = |get: fn(&LatestReading) -> Timestamp| {
            codec::differences(&rows().map(|latest| get(latest).micros()).collect::<Vec<_>>())
        };
        let stored = StoredSnapshot {
            positions: codec::columns(&positions)?,
            created: steps(|latest| latest.created_at),
            updated: steps(|latest| latest.updated_at),
            runs: rows().map(|latest| (*latest.execution.uuid().as_bytes(), *latest.schedule.uuid().as_bytes())).collect(),
            hashes: rows().map(|latest| unhex(&latest.hash)).collect(),
            blocks: rows().map(|latest| latest.block).collect(),
            today: self.today.clone(),
        };
        let mut item = key(&keys::snapshots(origin.connection), &keys::snapshot(group));
        item.insert("data".into(), bytes(codec::pack(&stored)?));
        item.extend(source_of(origin));
        Ok(item)
    }

    /// The readings, and the keys of the blocks that hold their sources.
    pub(super) fn readings(self, item: &Item, connection: ConnectionId) -> Result<Vec<(Reading, Item)>, StoreError> {
        let tsp: TspId = read_text(item, "tsp_id").parse().map_err(|error| unreadable(item, error))?;
        let group = read_text(item, "sk").trim_start_matches("G#").parse().map_err(|error| unreadable(item, error))?;
        let reading = |latest: LatestReading| {
            let at = latest.position.occurred_at;
            let (revision, part) = latest.block;
            let source = key(&keys::blocks(connection, group, &keys::day(at)), &keys::block(keys::hour(at), revision, part));
            let reading = Reading {
                position: latest.position,
                created_at: latest.created_at,
                updated_at: latest.updated_at,
                execution: latest.execution,
                schedule: latest.schedule,
                tsp,
                tsp_slug: read_text(item, "tsp_slug").to_owned(),
                source_name: read_text(item, "source_name").to_owned(),
                hash: Some(latest.hash),
            };
            (reading, source)
        };
        Ok(self.vehicles.into_values().map(reading).collect())
    }
}

fn unhex(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(0);
    }
    bytes
}
