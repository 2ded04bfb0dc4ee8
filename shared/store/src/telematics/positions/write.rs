//! Storing positions.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures::future::try_join_all;
use model::telematics::Position;

use super::super::table::{Item, Span, key, read_number, read_text};
use super::super::upsert::{MAX_ATTEMPTS, is_committed, transact};
use super::super::{Origin, Stored, keys};
use super::block::{self, decode_block};
use super::groups::{Day, Directory, GroupSnapshot, LatestReading, revised};
use crate::{Store, StoreError};

/// Hours of one transaction: each is a block, and its day may be another item.
const HOURS: usize = 24;
/// Bytes of one transaction before compression; DynamoDB takes 4 MB after it.
const BYTES: usize = 2_500_000;
/// Groups written at once.
const PARALLEL: usize = 8;

/// A place in time: which vehicle, when in microseconds.
type Instant = (String, i64);

impl Store {
    /// Stores positions, in any order and however often; each (vehicle, time) once.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if others keep writing to the same vehicles; what was stored until then stays.
    pub async fn store_positions(&self, origin: &Origin, positions: &[Position]) -> Result<Stored, StoreError> {
        let vehicles: BTreeSet<&str> = positions.iter().map(|position| position.vehicle.as_str()).collect();
        let vehicles: Vec<&str> = vehicles.into_iter().collect();
        if vehicles.is_empty() {
            return Ok(Stored::default());
        }
        let directory = Directory::with(self.telematics_table(), origin.connection, &vehicles).await?;
        let slots = directory.slots();
        let mut groups: BTreeMap<usize, BTreeMap<(i64, &str), &Position>> = BTreeMap::new();
        for position in positions {
            if let Some(slot) = slots.get(position.vehicle.as_str()) {
                let instant = (position.occurred_at.micros(), position.vehicle.as_str());
                groups.entry(slot.group).or_default().entry(instant).or_insert(position);
            }
        }
        let numbers = slots.iter().map(|(vehicle, slot)| (*vehicle, slot.number)).collect();
        let writes: Vec<Group<'_>> =
            groups.keys().map(|group| Group { store: self, origin, group: *group, numbers: &numbers }).collect();
        let points: Vec<Vec<&Position>> = groups.into_values().map(|points| points.into_values().collect()).collect();
        let mut added = 0;
        for (writes, points) in writes.chunks(PARALLEL).zip(points.chunks(PARALLEL)) {
            let done = try_join_all(writes.iter().zip(points).map(|(group, points)| group.store(points))).await?;
            added += done.into_iter().sum::<usize>();
        }
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Ok(Stored { added: count(added), modified: 0, unchanged: count(positions.len() - added) })
    }
}

/// A group that is written to.
struct Group<'a> {
    store: &'a Store,
    origin: &'a Origin,
    group: usize,
    numbers: &'a BTreeMap<&'a str, usize>,
}

/// All that one transaction writes.
struct Draft {
    blocks: Vec<Item>,
    days: BTreeMap<String, Day>,
    snapshot: GroupSnapshot,
    read: u64,
}

impl Group<'_> {
    /// Stores points that come in the order of time. How many were new?
    async fn store(&self, points: &[&Position]) -> Result<usize, StoreError> {
        let mut added = 0;
        for chunk in chunks(points) {
            added += self.store_chunk(&chunk).await?;
        }
        Ok(added)
    }

    async fn store_chunk(&self, points: &[&Position]) -> Result<usize, StoreError> {
        let table = self.store.telematics_table();
        for _ in 0..MAX_ATTEMPTS {
            let item = table.get(&keys::snapshots(self.origin.connection), &keys::snapshot(self.group)).await?;
            let snapshot = item.as_ref().map(GroupSnapshot::read).transpose()?.unwrap_or_default();
            let days = self.days(points, &snapshot).await?;
            let unseen = self.unseen(points, &snapshot, &days).await?;
            if unseen.is_empty() {
                return Ok(0);
            }
            let draft = self.draft(&unseen, snapshot, days)?;
            if is_committed(self.commit(draft).await)? {
                return Ok(unseen.len());
            }
        }
        Err(StoreError::Conflict)
    }

    /// The counts of the days that the points lie in.
    async fn days(&self, points: &[&Position], snapshot: &GroupSnapshot) -> Result<BTreeMap<String, Day>, StoreError> {
        let pk = keys::group_days(self.origin.connection, self.group);
        let mut days: BTreeMap<String, Day> = points.iter().map(|point| (keys::day(point.occurred_at), Day::default())).collect();
        let today = snapshot.today.as_ref().map(|(day, _)| day);
        let wanted = days.keys().filter(|day| today.is_none_or(|today| *day < today)).map(|day| key(&pk, day)).collect();
        for item in self.store.telematics_table().get_many(wanted, None).await? {
            days.insert(read_text(&item, "sk").to_owned(), Day::read(&item)?);
        }
        if let Some((day, counts)) = snapshot.today.as_ref().filter(|(day, _)| days.contains_key(day)) {
            days.insert(day.clone(), counts.clone());
        }
        Ok(days)
    }

    /// The points that are not stored yet.
    async fn unseen<'p>(
        &self,
        points: &[&'p Position],
        snapshot: &GroupSnapshot,
        days: &BTreeMap<String, Day>,
    ) -> Result<Vec<&'p Position>, StoreError> {
        let (mut unseen, mut possibly_stored) = (Vec::new(), Vec::new());
        for point in points {
            let known = snapshot.vehicles.get(&point.vehicle).map(|newest| newest.position.occurred_at);
            let hour = keys::hour(point.occurred_at);
            let number = self.numbers.get(point.vehicle.as_str()).copied();
            let empty = days.get(&keys::day(point.occurred_at)).is_none_or(|day| day.count(hour, number) == 0);
            match known {
                Some(known) if known == point.occurred_at => {}
                Some(known) if known > point.occurred_at && !empty => possibly_stored.push(*point),
                _ => unseen.push(*point),
            }
        }
        let stored = self.stored(&possibly_stored).await?;
        unseen.extend(
            possibly_stored.into_iter().filter(|point| !stored.contains(&(point.vehicle.clone(), point.occurred_at.micros()))),
        );
        Ok(unseen)
    }

    /// All instants stored in the hours of these points.
    async fn stored(&self, points: &[&Position]) -> Result<HashSet<Instant>, StoreError> {
        let hours: BTreeSet<i64> = points.iter().map(|point| keys::hour(point.occurred_at)).collect();
        let spans: Vec<Span> = hours
            .into_iter()
            .map(|hour| Span { consistent: true, ..hour_span(self.origin.connection, self.group, hour) })
            .collect();
        let mut stored = HashSet::new();
        for (_, item) in self.store.telematics_table().query_each(&spans).await? {
            let positions = decode_block(&item)?.positions;
            stored.extend(positions.into_iter().map(|position| (position.vehicle, position.occurred_at.micros())));
        }
        Ok(stored)
    }

    fn draft(
        &self,
        unseen: &[&Position],
        mut snapshot: GroupSnapshot,
        mut days: BTreeMap<String, Day>,
    ) -> Result<Draft, StoreError> {
        let read = snapshot.revision;
        let mut hours: BTreeMap<i64, Vec<Position>> = BTreeMap::new();
        for point in unseen {
            hours.entry(keys::hour(point.occurred_at)).or_default().push((*point).clone());
        }
        let mut blocks = Vec::new();
        let mut touched = BTreeSet::new();
        for (hour, mut points) in hours {
            points.sort_by(|one, two| (&one.vehicle, one.occurred_at).cmp(&(&two.vehicle, two.occurred_at)));
            let items = block::items(self.origin, self.group, hour, read + 1, &points)?;
            let parts = items.iter().enumerate().flat_map(|(part, item)| vec![part; read_number(item, "n").unwrap_or(0)]);
            let day = keys::day(keys::hour_start(hour));
            let counts = days.entry(day.clone()).or_default();
            for (point, part) in points.iter().zip(parts) {
                counts.add(hour, self.numbers.get(point.vehicle.as_str()).copied().unwrap_or(0));
                self.update_latest(&mut snapshot, point, (read + 1, part));
            }
            touched.insert(day);
            blocks.extend(items);
        }
        days.retain(|day, _| touched.contains(day));
        if let Some((day, counts)) = snapshot.today.take() {
            days.entry(day).or_insert(counts);
        }
        snapshot.today = days.pop_last();
        Ok(Draft { blocks, days, snapshot, read })
    }

    /// Makes a point its vehicle's newest, unless a newer one is known. The first `created_at` stays.
    fn update_latest(&self, snapshot: &mut GroupSnapshot, point: &Position, block: (u64, usize)) {
        let known = snapshot.vehicles.get(&point.vehicle);
        if known.is_some_and(|known| known.position.occurred_at >= point.occurred_at) {
            return;
        }
        let now = self.origin.now;
        let next = LatestReading {
            position: Position { source: String::new(), ..point.clone() },
            created_at: known.map_or(now, |known| known.created_at),
            updated_at: now,
            execution: self.origin.execution,
            schedule: self.origin.schedule,
            hash: block::hash(&point.source),
            block,
        };
        snapshot.vehicles.insert(point.vehicle.clone(), next);
    }

    async fn commit(&self, draft: Draft) -> Result<(), StoreError> {
        let table = self.store.telematics_table();
        let mut puts = Vec::new();
        for block in draft.blocks {
            puts.push(table.put(block, None)?);
        }
        let pk = keys::group_days(self.origin.connection, self.group);
        for (day, counts) in draft.days {
            puts.push(table.put(counts.item(&pk, &day)?, None)?);
        }
        puts.push(revised(table, draft.snapshot.item(self.origin, self.group)?, draft.read)?);
        table.transact(puts.into_iter().map(transact).collect()).await
    }
}

/// The blocks of a group's hour.
pub(super) fn hour_span(connection: model::ConnectionId, group: usize, hour: i64) -> Span {
    let prefix = keys::hour_text(hour);
    let pk = keys::blocks(connection, group, &keys::day(keys::hour_start(hour)));
    Span::between(pk, format!("{prefix}#"), format!("{prefix}#{}", keys::END))
}

/// Points in the order of time, cut so that each part fits into one transaction.
fn chunks<'p>(points: &[&'p Position]) -> Vec<Vec<&'p Position>> {
    let mut chunks: Vec<Vec<&Position>> = Vec::new();
    let (mut hours, mut bytes) = (BTreeSet::new(), 0);
    for point in points {
        hours.insert(keys::hour(point.occurred_at));
        bytes += point.source.len() + 200;
        match chunks.last_mut() {
            Some(chunk) if hours.len() <= HOURS && bytes <= BYTES => chunk.push(point),
            _ => {
                hours = BTreeSet::from([keys::hour(point.occurred_at)]);
                bytes = point.source.len() + 200;
                chunks.push(vec![point]);
            }
        }
    }
    chunks
}
