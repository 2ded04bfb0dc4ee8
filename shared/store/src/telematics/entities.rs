//! Reads of vehicles and users.
//!
//! The default order reads each granted connection's local index just as far as the page needs. Another order loads all
//! granted records and sorts them in memory: its price grows with the fleets, not with the page.

use std::cmp::Ordering;
use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use model::{ConnectionId, RecordId, Resource};
use serde_json::Value;

use super::merge::{self, SortedSource, merge};
use super::record::Found;
use super::table::{Item, Span, Table, key, read_number, read_text};
use super::upsert::place_key;
use super::{EntityFilter, Entry, Order, Row, keys};
use crate::{Bookmark, Grant, GrantedConnection, Page, Slice, Store, StoreError};

impl Store {
    /// One page of vehicles or users. Bookmarks are opaque; they belong to one filter and one order.
    ///
    /// Nulls sort last either way, ties by id.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn list_entities(
        &self,
        grant: &Grant,
        filter: &EntityFilter,
        order: &Order,
        page: &Page,
        include_source: bool,
    ) -> Result<Slice<Entry>, StoreError> {
        let field = order.field.as_deref().filter(|field| *field != "occurred_at");
        if field.is_none() && !named(filter) {
            let reading = Page { backwards: page.backwards != order.descending, ..page.clone() };
            return self.in_time_order(grant, filter, (page, &reading), include_source).await;
        }
        let found = self.entities(grant, filter, include_source).await?;
        let field = field.unwrap_or("occurred_at");
        let marked = |found: Found| {
            let entry = found.entry(grant.resource())?;
            let row = entry.row()?;
            Ok((entry, Value::Array(vec![member(&row, field), member(&row, "id")])))
        };
        let rows = found.into_iter().map(marked).collect::<Result<Vec<_>, StoreError>>()?;
        let slice =
            Slice::from_unsorted(rows, page, |(_, mark)| mark.clone(), |left, right| compare(left, right, order.descending));
        Ok(slice.map(|(entry, _)| entry))
    }

    /// How many vehicles or users there are, deleted ones included. Without a filter the totals are read, one per connection.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn count_entities(&self, grant: &Grant, filter: &EntityFilter) -> Result<u64, StoreError> {
        if named(filter) || filter.is_driver.is_some() {
            let found = self.entities(grant, filter, false).await?;
            return Ok(u64::try_from(found.len()).unwrap_or(u64::MAX));
        }
        let total = |granted: &GrantedConnection| key(&keys::totals(granted.connection, grant.resource()), keys::TOTAL);
        let items = self.telematics_table().get_many(grant.connections().iter().map(total).collect(), None).await?;
        Ok(items.iter().filter_map(|item| read_number::<u64>(item, "n")).sum())
    }

    /// One vehicle or user, where the grant opens it.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn get_entity(&self, grant: &Grant, id: RecordId, include_source: bool) -> Result<Option<Entry>, StoreError> {
        let filter = EntityFilter { ids: Some(vec![id]), ..EntityFilter::default() };
        let found = self.entities(grant, &filter, include_source).await?;
        found.into_iter().next().map(|found| found.entry(grant.resource())).transpose()
    }

    async fn in_time_order(
        &self,
        grant: &Grant,
        filter: &EntityFilter,
        (page, reading): (&Page, &Page),
        include_source: bool,
    ) -> Result<Slice<Entry>, StoreError> {
        let (low, high) = merge::FULL_RANGE;
        let Some((low, high)) = merge::bounds(reading, low, high) else { return Ok(Slice::from_sorted(Vec::new(), page)) };
        let limit = merge::batch_limit(page, grant.connections().len());
        let sources = grant.connections().iter().map(|granted| {
            let span = Span::between(keys::entities(granted.connection, grant.resource()), low.clone(), high.clone());
            let span = Span { by_time: true, backwards: reading.backwards, ..span };
            Entities {
                table: self.telematics_table(),
                granted,
                filter,
                page: reading,
                include_source,
                span,
                limit,
                start: None,
                ended: false,
            }
        });
        let found = merge(sources.collect(), page.size.saturating_add(1), reading.backwards).await?;
        let row = |(mark, found): (String, Found)| Ok((found.entry(grant.resource())?, Bookmark::from(mark)));
        Ok(Slice::from_sorted(found.into_iter().map(row).collect::<Result<_, StoreError>>()?, page))
    }

    /// All records under a filter, in no order.
    async fn entities(&self, grant: &Grant, filter: &EntityFilter, include_source: bool) -> Result<Vec<Found>, StoreError> {
        let items = if named(filter) { self.named_items(grant, filter).await? } else { self.all_items(grant).await? };
        let mut all = Vec::new();
        for (granted, item) in items {
            let found = Found::read(item, granted, include_source)?;
            if is_wanted(&found, filter)? {
                all.push(found);
            }
        }
        Ok(all)
    }

    async fn all_items<'a>(&self, grant: &'a Grant) -> Result<Vec<(&'a GrantedConnection, Item)>, StoreError> {
        let span = |granted: &GrantedConnection| Span::all(keys::entities(granted.connection, grant.resource()));
        let spans: Vec<Span> = grant.connections().iter().map(span).collect();
        let found = self.telematics_table().query_each(&spans).await?;
        Ok(found.into_iter().filter_map(|(number, item)| Some((grant.connections().get(number)?, item))).collect())
    }

    /// The items of records that the filter names: by id through the records' places, by TSP id in each connection.
    async fn named_items<'a>(
        &self,
        grant: &'a Grant,
        filter: &EntityFilter,
    ) -> Result<Vec<(&'a GrantedConnection, Item)>, StoreError> {
        let resource = grant.resource();
        let at = |connection: ConnectionId, id: RecordId| key(&keys::entities(connection, resource), &id.to_string());
        let wanted: HashSet<(ConnectionId, RecordId)> = match (&filter.ids, &filter.source_ids) {
            (Some(ids), _) => self.places(resource, ids).await?.into_iter().collect(),
            (None, source_ids) => grant
                .connections()
                .iter()
                .flat_map(|granted| {
                    source_ids.iter().flatten().map(|id| (granted.connection, RecordId::of(id, granted.connection)))
                })
                .collect(),
        };
        let granted = |connection: ConnectionId| grant.connections().iter().find(|granted| granted.connection == connection);
        let open = wanted.into_iter().filter(|(connection, _)| granted(*connection).is_some());
        let items = self.telematics_table().get_many(open.map(|(connection, id)| at(connection, id)).collect(), None).await?;
        let owner = |item: &Item| granted(read_text(item, "pk").split('#').nth(1)?.parse().ok()?);
        Ok(items.into_iter().filter_map(|item| Some((owner(&item)?, item))).collect())
    }

    /// The connections of the records that exist among these.
    async fn places(&self, resource: Resource, ids: &[RecordId]) -> Result<Vec<(ConnectionId, RecordId)>, StoreError> {
        let ids: HashSet<RecordId> = ids.iter().copied().collect();
        let items = self.telematics_table().get_many(ids.into_iter().map(|id| place_key(resource, id)).collect(), None).await?;
        let place = |item: &Item| {
            let id = read_text(item, "pk").rsplit('#').next()?.parse().ok()?;
            Some((read_text(item, "connection").parse().ok()?, id))
        };
        Ok(items.iter().filter_map(place).collect())
    }
}

fn named(filter: &EntityFilter) -> bool {
    filter.ids.is_some() || filter.source_ids.is_some()
}

fn is_wanted(found: &Found, filter: &EntityFilter) -> Result<bool, StoreError> {
    let record = &found.record;
    let by_id = filter.ids.as_ref().is_none_or(|ids| ids.contains(&record.id));
    let by_source = filter.source_ids.as_ref().is_none_or(|ids| ids.contains(&record.source_id));
    let by_role = match filter.is_driver {
        None => true,
        Some(wanted) => record.fields()?.get("is_driver").and_then(Value::as_bool) == Some(wanted),
    };
    Ok(by_id && by_source && by_role)
}

fn member(row: &Row, name: &str) -> Value {
    row.get(name).cloned().unwrap_or(Value::Null)
}

/// Order of `[value, id]` pairs: values up or down, nulls last either way, ties by id.
fn compare(left: &Bookmark, right: &Bookmark, descending: bool) -> Ordering {
    let part = |mark: &Bookmark, index: usize| mark.get(index).cloned().unwrap_or(Value::Null);
    let (one, two) = (part(left, 0), part(right, 0));
    let values = match (one.is_null(), two.is_null()) {
        (false, false) if descending => scalar(&two, &one),
        (false, false) => scalar(&one, &two),
        (one, two) => one.cmp(&two),
    };
    values.then_with(|| scalar(&part(left, 1), &part(right, 1)))
}

fn scalar(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => left.as_f64().unwrap_or(0.0).total_cmp(&right.as_f64().unwrap_or(0.0)),
        },
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        _ => left.to_string().cmp(&right.to_string()),
    }
}

/// The records of one connection in time order.
struct Entities<'a> {
    table: Table<'a>,
    granted: &'a GrantedConnection,
    filter: &'a EntityFilter,
    page: &'a Page,
    include_source: bool,
    span: Span,
    limit: i32,
    start: Option<Item>,
    ended: bool,
}

impl SortedSource for Entities<'_> {
    type Item = Found;

    async fn next(&mut self) -> Result<Vec<(String, Found)>, StoreError> {
        let mut found = Vec::new();
        while found.is_empty() && !self.ended {
            let (items, next) = self.table.query_page(&self.span, self.limit, self.start.take()).await?;
            self.ended = next.is_none();
            self.start = next;
            for item in items {
                let mark = item.get("t").and_then(|mark: &AttributeValue| mark.as_s().ok()).cloned().unwrap_or_default();
                let candidate = Found::read(item, self.granted, self.include_source)?;
                if merge::is_on_page(self.page, &mark) && is_wanted(&candidate, self.filter)? {
                    found.push((mark, candidate));
                }
            }
        }
        Ok(found)
    }
}
