//! Reads of entities: one row per thing, kept up to date.
//!
//! The default order reads each granted connection's local index just as far as the page needs, as that of ids, of what the TSPs list,
//! reads the table. Another order loads all granted records and sorts them in memory: its price grows with the fleets, not with the page.

use std::collections::{BTreeSet, HashSet};

use model::{ConnectionId, RecordId, Resource};

use super::counts::connection_of;
use super::merge::{self, SortedSource, merge};
use super::order::by_member;
use super::query::{Conditions, Query};
use super::shape::place_key;
use super::table::{Item, Span, Table, key, read_number, read_text};
use super::{Row, keys, stored};
use crate::{Bookmark, Grant, GrantedConnection, Page, Slice, Store, StoreError};

/// An item, and whose it is.
type Found<'a> = (&'a GrantedConnection, Item);

impl Store {
    /// One page of entities.
    pub(super) async fn list_entities(
        &self,
        grant: &Grant,
        query: &Query,
        page: &Page,
        include_source: bool,
    ) -> Result<Slice<Row>, StoreError> {
        let order = &query.order;
        let field = order.field.as_deref().filter(|field| *field != "occurred_at");
        if field.is_none() && !query.names_rows() {
            let reading = Page { backwards: page.backwards != order.descending, ..page.clone() };
            return self.in_key_order(grant, query, (page, &reading), include_source).await;
        }
        let found = self.entities(grant, query).await?.into_iter();
        let rows = found.map(|found| row(grant, found, include_source)).collect::<Result<_, StoreError>>()?;
        by_member(rows, page, field.unwrap_or(if query.listed { "id" } else { "occurred_at" }), order.descending)
    }

    /// How many entities there are, deleted ones included. Without conditions the totals are read, one per connection; what links
    /// that ended show is counted by reading.
    pub(super) async fn count_entities(&self, grant: &Grant, query: &Query) -> Result<u64, StoreError> {
        let is_counted = query.is_counted(grant.record());
        let has_conditions = !is_counted && (query.names_rows() || !query.conditions().is_empty());
        let is_read = |granted: &GrantedConnection| has_conditions || granted.until.is_some();
        let found = self.entities(&grant.clone().narrowed(is_read), query).await?.len();
        let counted = grant.clone().narrowed(|granted| !is_read(granted));
        let total = self.entity_totals(&counted, if is_counted { keys::LISTED } else { keys::TOTAL }).await?;
        Ok(total.saturating_add(u64::try_from(found).unwrap_or(u64::MAX)))
    }

    /// The totals of connections, each as often as it is granted.
    async fn entity_totals(&self, grant: &Grant, of: &str) -> Result<u64, StoreError> {
        let connections: HashSet<ConnectionId> = grant.connections().iter().map(|granted| granted.connection).collect();
        let place = |connection| key(&keys::totals(connection, grant.resource()), of);
        let items = self.telematics_table().get_many(connections.into_iter().map(place).collect(), None).await?;
        let total = |item: &Item| {
            let fleets = u64::try_from(grant.fleets_of(connection_of(item)?).count()).ok()?;
            Some(read_number::<u64>(item, "n")?.saturating_mul(fleets))
        };
        Ok(items.iter().filter_map(total).sum())
    }

    /// One entity, where the grant opens it. One that several fleets share is shown as that of the first, rather of one that still
    /// has the connection.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn get_row(&self, grant: &Grant, id: RecordId, include_source: bool) -> Result<Option<Row>, StoreError> {
        let query = Query { ids: Some(vec![id]), ..Query::default() };
        let found = self.entities(grant, &query).await?;
        let first = found.into_iter().min_by_key(|(granted, _)| (granted.until.is_some(), granted.fleet));
        first.map(|found| row(grant, found, include_source)).transpose()
    }

    /// The entities with these ids, of these connections, as each fleet of the grant sees them, in no order.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn rows_of(&self, grant: &Grant, ids: &BTreeSet<(ConnectionId, RecordId)>) -> Result<Vec<Row>, StoreError> {
        let found = self.entities_at(grant, ids.iter().copied()).await?.into_iter();
        let seen = found.filter(|(granted, item)| stored::is_seen(item, granted));
        seen.map(|found| row(grant, found, false)).collect()
    }

    async fn in_key_order(
        &self,
        grant: &Grant,
        query: &Query,
        (page, reading): (&Page, &Page),
        include_source: bool,
    ) -> Result<Slice<Row>, StoreError> {
        let (low, high) = merge::FULL_RANGE;
        let Some((low, high)) = merge::key_bounds(reading, low, high) else { return Ok(Slice::from_sorted(Vec::new(), page)) };
        let limit = merge::batch_limit(page, grant.connections().len());
        let conditions = query.conditions();
        let sources = grant.connections().iter().map(|granted| {
            let span = Span::between(keys::entities(granted.connection, grant.resource()), low.clone(), high.clone());
            let span = Span { by_time: !query.listed, backwards: reading.backwards, ..span };
            let (table, conditions) = (self.telematics_table(), &conditions);
            Entities { table, granted, conditions, page: reading, span, limit, start: None, ended: false }
        });
        let found = merge(sources.collect(), page.size.saturating_add(1), reading.backwards).await?;
        let row = |(mark, found): (String, Found<'_>)| Ok((row(grant, found, include_source)?, Bookmark::from(mark)));
        Ok(Slice::from_sorted(found.into_iter().map(row).collect::<Result<_, StoreError>>()?, page))
    }

    /// All records that meet the conditions, in no order.
    async fn entities<'a>(&self, grant: &'a Grant, query: &Query) -> Result<Vec<Found<'a>>, StoreError> {
        let mut found =
            if query.names_rows() { self.named_entities(grant, query).await? } else { self.every_entity(grant).await? };
        let conditions = query.conditions();
        let named = |item: &Item| {
            let by_id = query.ids.as_ref().is_none_or(|ids| read_text(item, "sk").parse().is_ok_and(|id| ids.contains(&id)));
            by_id && query.source_ids.as_ref().is_none_or(|ids| ids.iter().any(|id| id == read_text(item, "source_id")))
        };
        found.retain(|(granted, item)| named(item) && stored::is_seen(item, granted));
        let admitted = found.into_iter().map(|found| Ok(conditions.admit(&found.1)?.then_some(found)));
        admitted.filter_map(Result::transpose).collect()
    }

    async fn every_entity<'a>(&self, grant: &'a Grant) -> Result<Vec<Found<'a>>, StoreError> {
        let span = |granted: &GrantedConnection| Span::all(keys::entities(granted.connection, grant.resource()));
        let spans: Vec<Span> = grant.connections().iter().map(span).collect();
        let found = self.telematics_table().query_each(&spans).await?;
        Ok(found.into_iter().filter_map(|(number, item)| Some((grant.connections().get(number)?, item))).collect())
    }

    /// The items of records that the query names: by id through the records' places, by TSP id in each connection.
    async fn named_entities<'a>(&self, grant: &'a Grant, query: &Query) -> Result<Vec<Found<'a>>, StoreError> {
        let resource = grant.resource();
        let by_source = |granted: &'a GrantedConnection| {
            let ids = query.source_ids.iter().flatten();
            ids.map(|id| (granted.connection, RecordId::of(id, granted.connection)))
        };
        let wanted: HashSet<(ConnectionId, RecordId)> = match &query.ids {
            Some(ids) => self.places(resource, ids).await?.into_iter().collect(),
            None => grant.connections().iter().flat_map(by_source).collect(),
        };
        self.entities_at(grant, wanted.into_iter()).await
    }

    async fn entities_at<'a>(
        &self,
        grant: &'a Grant,
        wanted: impl Iterator<Item = (ConnectionId, RecordId)>,
    ) -> Result<Vec<Found<'a>>, StoreError> {
        let at = |connection: ConnectionId, id: RecordId| key(&keys::entities(connection, grant.resource()), &id.to_string());
        let open = wanted.filter(|(connection, _)| grant.fleets_of(*connection).next().is_some());
        let items = self.telematics_table().get_many(open.map(|(connection, id)| at(connection, id)).collect(), None).await?;
        let mut found = Vec::with_capacity(items.len());
        for (item, connection) in items.into_iter().filter_map(|item| connection_of(&item).map(|connection| (item, connection))) {
            found.extend(grant.fleets_of(connection).map(|granted| (granted, item.clone())));
        }
        Ok(found)
    }

    /// The connections of the records that exist among these.
    pub(super) async fn places(&self, resource: Resource, ids: &[RecordId]) -> Result<Vec<(ConnectionId, RecordId)>, StoreError> {
        let ids: HashSet<RecordId> = ids.iter().copied().collect();
        let keys = ids.into_iter().map(|id| place_key(resource, id)).collect();
        let items = self.telematics_table().get_many(keys, None).await?;
        let place = |item: &Item| {
            let id = read_text(item, "pk").rsplit('#').next()?.parse().ok()?;
            Some((read_text(item, "connection").parse().ok()?, id))
        };
        Ok(items.iter().filter_map(place).collect())
    }
}

/// The row of an item, as its reader sees it.
fn row(grant: &Grant, (granted, item): Found<'_>, include_source: bool) -> Result<Row, StoreError> {
    stored::row(grant.record(), &item, granted.connection, Some(granted), include_source)
}

/// The records of one connection in the order of a key.
struct Entities<'a, 'q> {
    table: Table<'q>,
    granted: &'a GrantedConnection,
    conditions: &'q Conditions,
    page: &'q Page,
    span: Span,
    limit: i32,
    start: Option<Item>,
    ended: bool,
}

impl<'a> SortedSource for Entities<'a, '_> {
    type Item = Found<'a>;

    async fn next(&mut self) -> Result<Vec<(String, Found<'a>)>, StoreError> {
        let mut found = Vec::new();
        while found.is_empty() && !self.ended {
            let (items, next) = self.table.query_page(&self.span, self.limit, self.start.take()).await?;
            self.ended = next.is_none();
            self.start = next;
            let key = if self.span.by_time { "t" } else { "sk" };
            for (mark, item) in self.conditions.admitted(items, key, self.granted, self.page)? {
                found.push((mark, (self.granted, item)));
            }
        }
        Ok(found)
    }
}
