//! Reads of newest readings.
//!
//! A page reads all newest readings of a connection, 64 to an item, and cuts them: their order is by subject, theirs in the table
//! is by group. Rows are made of what is on the page only.

use std::collections::{HashMap, HashSet};

use model::telematics::RecordType;
use model::{RecordId, Resource};

use super::super::query::Query;
use super::super::table::{Item, Span, read_text};
use super::super::{Row, keys, merge};
use super::block::{Block, Reader, Tsp};
use super::filter::Filter;
use super::groups::SeriesKey;
use super::rewind::Ended;
use super::snapshot::{self, GroupSnapshot, Latest};
use crate::page::by_text;
use crate::{Bookmark, Grant, GrantedConnection, Page, Slice, Store, StoreError};

/// A group's snapshot, and whose it is.
struct Group<'a> {
    granted: &'a GrantedConnection,
    item: Item,
    tsp: Tsp,
    snapshot: GroupSnapshot,
}

/// A newest reading in one of the groups.
#[derive(Clone, Copy)]
struct Found {
    subject: RecordId,
    group: usize,
    latest: Latest,
}

/// Where the source of a reading is: the block's key, the subject and the time.
type Place = (String, String, i64);

impl Store {
    /// One page of newest readings, by subject id, then fleet; and how many there are.
    pub(in super::super) async fn list_latest(
        &self,
        grant: &Grant,
        query: &Query,
        page: &Page,
        include_source: bool,
    ) -> Result<(Slice<Row>, u64), StoreError> {
        let groups = self.groups(grant).await?;
        let found = self.found(grant, query, &groups).await?;
        let admitted = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let mark = |found: &Found| {
            let subject = found.subject.to_string();
            Bookmark::from(groups.get(found.group).map_or_else(String::new, |group| merge::mark(&subject, group.granted)))
        };
        let slice = Slice::from_unsorted(found, page, mark, by_text);
        // A reading that was taken back has no hash of its source yet.
        let is_wanted = |found: &Found| include_source || found.latest.hash.is_none();
        let sources =
            self.sources(grant, &groups, slice.rows.iter().map(|(found, _)| found).filter(|found| is_wanted(found))).await?;
        let row = |found: &Found| {
            let Some(group) = groups.get(found.group) else { return Err(StoreError::Unstorable("no such group".into())) };
            let source = place(group, found).ok().and_then(|place| sources.get(&place)).map(String::as_str);
            let reader = Reader { granted: group.granted, include_source };
            group.snapshot.reading(&found.latest, source).row(&group.tsp, group.granted.connection, Some(reader))
        };
        let rows = slice.rows.iter().map(|(found, mark)| Ok((row(found)?, mark.clone())));
        let rows = rows.collect::<Result<_, StoreError>>()?;
        Ok((Slice { rows, before: slice.before, after: slice.after, reached: None }, admitted))
    }

    /// How many newest readings there are.
    pub(in super::super) async fn count_latest(&self, grant: &Grant, query: &Query) -> Result<u64, StoreError> {
        let groups = self.groups(grant).await?;
        Ok(u64::try_from(self.found(grant, query, &groups).await?.len()).unwrap_or(u64::MAX))
    }

    /// The newest readings that a query admits.
    async fn found(&self, grant: &Grant, query: &Query, groups: &[Group<'_>]) -> Result<Vec<Found>, StoreError> {
        let mut all = found(grant, query, groups)?;
        if let Some(resource) = subject_of(grant.record()).filter(|_| query.listed) {
            let removed = self.removed(grant, resource).await?;
            let of = |found: &Found| removed.get(&groups.get(found.group)?.granted.connection);
            all.retain(|found| of(found).is_none_or(|removed| !removed.contains(&found.subject)));
        }
        Ok(all)
    }

    async fn groups<'a>(&self, grant: &'a Grant) -> Result<Vec<Group<'a>>, StoreError> {
        let tag = super::packing(grant.record())?.tag;
        let span = |granted: &GrantedConnection| {
            let series = SeriesKey { tag, connection: granted.connection };
            Span::between(series.pk(), "G".into(), format!("G{}", keys::END))
        };
        let spans: Vec<Span> = grant.connections().iter().map(span).collect();
        let mut groups = Vec::new();
        for (number, item) in self.telematics_table().query_each(&spans).await? {
            if let Some(granted) = grant.connections().get(number) {
                let (tsp, snapshot) = (Tsp::read(&item)?, GroupSnapshot::read(grant.record(), &item)?);
                groups.push(Group { granted, item, tsp, snapshot });
            }
        }
        let mut ended = Vec::new();
        for Group { granted, item, snapshot, .. } in &mut groups {
            if let Some(end) = granted.until {
                let series = SeriesKey { tag, connection: granted.connection };
                ended.push(Ended { series, group: snapshot::group_of(item)?, snapshot, end });
            }
        }
        self.rewind(ended).await?;
        Ok(groups)
    }

    /// The sources of readings, out of their blocks.
    async fn sources(
        &self,
        grant: &Grant,
        groups: &[Group<'_>],
        wanted: impl Iterator<Item = &Found>,
    ) -> Result<HashMap<Place, String>, StoreError> {
        let (mut keys, mut places) = (HashMap::new(), HashSet::new());
        for found in wanted {
            if let Some(group) = groups.get(found.group) {
                let key = group.snapshot.block_key(&group.item, group.granted.connection, &found.latest)?;
                keys.insert(key_text(&key), key);
                places.insert(place(group, found)?);
            }
        }
        let mut sources = HashMap::new();
        for item in self.telematics_table().get_many(keys.into_values().collect(), None).await? {
            let readings = Block::whole(grant.record(), &item)?.readings;
            for (row, time) in readings.times().iter().enumerate() {
                let place = (key_text(&item), readings.subject(row).to_owned(), *time);
                if places.contains(&place) {
                    sources.insert(place, readings.sources().get(row).to_owned());
                }
            }
        }
        Ok(sources)
    }
}

/// The resource whose entities the readings are of.
pub(super) fn subject_of(record: &RecordType) -> Option<Resource> {
    Resource::parse(record.storage.timeline()?.subject.strip_suffix("_id")?)
}

fn found(grant: &Grant, query: &Query, groups: &[Group<'_>]) -> Result<Vec<Found>, StoreError> {
    let filter = Filter::of(grant.record(), query)?;
    let mut all = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let connection = group.granted.connection;
        let admitted = filter.admitted(group.snapshot.readings(), connection);
        let wanted = group.snapshot.latest().filter(|(_, latest)| admitted.get(latest.row()).copied().unwrap_or(false));
        let found = |(subject, latest)| Found { subject: RecordId::of(subject, connection), group: number, latest };
        all.extend(wanted.map(found));
    }
    Ok(all)
}

fn place(group: &Group<'_>, found: &Found) -> Result<Place, StoreError> {
    let key = group.snapshot.block_key(&group.item, group.granted.connection, &found.latest)?;
    let reading = group.snapshot.reading(&found.latest, None);
    let (subject, time) = (reading.readings.subject(reading.row), reading.readings.time(reading.row));
    Ok((key_text(&key), subject.to_owned(), time.micros()))
}

fn key_text(item: &Item) -> String {
    format!("{} {}", read_text(item, "pk"), read_text(item, "sk"))
}
