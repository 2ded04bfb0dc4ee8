//! Reads of events: only the days that the totals know data of are visited.

use std::collections::VecDeque;

use model::Resource;

use super::merge::{self, SortedSource, merge};
use super::order::by_member;
use super::query::{Conditions, Query};
use super::table::{Item, Span, Table, read_number, read_text};
use super::{Row, keys, stored};
use crate::{Bookmark, Grant, GrantedConnection, Page, Slice, Store, StoreError};

/// How long before the active window an event may have begun to be found by the window alone.
const REACH_SECONDS: i64 = 45 * 86_400;
/// How long after the end of the active window an event that began in it may be dated.
const SLACK_SECONDS: i64 = 86_400;
/// Rows per request where all are read.
const BATCH: i32 = 1_000;

/// An item, and whose it is.
type Found<'a> = (&'a GrantedConnection, Item);

/// The days of a connection that hold data, with their totals.
type Days<'a> = (&'a GrantedConnection, Vec<(String, u64)>);

impl Store {
    /// One page of events by `occurred_at`, then id, or in another order.
    ///
    /// An active window without `from` looks back 45 days from the window's start.
    pub(super) async fn list_events(
        &self,
        grant: &Grant,
        query: &Query,
        page: &Page,
        include_source: bool,
    ) -> Result<Slice<Row>, StoreError> {
        let order = &query.order;
        let row =
            |(granted, item): Found<'_>| stored::row(grant.record(), &item, granted.connection, Some(granted), include_source);
        if let Some(field) = order.field.as_deref().filter(|field| *field != "occurred_at") {
            let every = Page::first(usize::MAX);
            let found = self.events_by_time(grant, query, &every, BATCH).await?.into_iter();
            let rows = found.map(|(_, found)| row(found)).collect::<Result<_, StoreError>>()?;
            return by_member(rows, page, field, order.descending);
        }
        let reading = Page { backwards: page.backwards != order.descending, ..page.clone() };
        let limit = merge::batch_limit(page, grant.connections().len());
        let found = self.events_by_time(grant, query, &reading, limit).await?.into_iter();
        let rows = found.map(|(mark, found)| Ok((row(found)?, Bookmark::from(mark))));
        Ok(Slice::from_sorted(rows.collect::<Result<_, StoreError>>()?, page))
    }

    /// The events of a page in the order of their keys, with their marks, and one more.
    async fn events_by_time<'a>(
        &self,
        grant: &'a Grant,
        query: &Query,
        page: &Page,
        limit: i32,
    ) -> Result<Vec<(String, Found<'a>)>, StoreError> {
        let (low, high) = window(query);
        let Some(bounds) = merge::key_bounds(page, &low, &high) else { return Ok(Vec::new()) };
        let conditions = query.conditions();
        let sources = self.events(grant, &conditions, page, (bounds, limit)).await?;
        merge(sources, page.size.saturating_add(1), page.backwards).await
    }

    /// How many events there are. Time windows alone cost the totals and the two days at their edges; other conditions, and links
    /// that ended, cost reading.
    pub(super) async fn count_events(&self, grant: &Grant, query: &Query) -> Result<u64, StoreError> {
        let (low, high) = window(query);
        if low > high {
            return Ok(0);
        }
        let conditions = query.conditions();
        let is_read = |granted: &GrantedConnection| !conditions.is_empty() || granted.until.is_some();
        let (read, counted) = (grant.clone().narrowed(is_read), grant.clone().narrowed(|granted| !is_read(granted)));
        let total = self.count_days(&counted, (low.clone(), high.clone())).await?;
        let page = Page::first(usize::MAX);
        let sources = self.events(&read, &conditions, &page, ((low, high), BATCH)).await?;
        let found = merge(sources, usize::MAX, false).await?.len();
        Ok(total.saturating_add(u64::try_from(found).unwrap_or(u64::MAX)))
    }

    async fn count_days(&self, grant: &Grant, (low, high): (String, String)) -> Result<u64, StoreError> {
        let (mut total, mut edges) = (0, Vec::new());
        for (granted, days) in self.days(grant, &low, &high).await? {
            for (day, number) in days {
                let pk = keys::events(granted.connection, grant.resource(), &day);
                match day_bounds(&day) {
                    Some((start, end)) if low <= start && end <= high => total += number,
                    _ => edges.push(Span::between(pk, low.clone(), high.clone())),
                }
            }
        }
        for span in edges {
            total += self.telematics_table().count(&span).await?;
        }
        Ok(total)
    }

    /// The days with data between two keys, oldest first.
    async fn days<'a>(&self, grant: &'a Grant, low: &str, high: &str) -> Result<Vec<Days<'a>>, StoreError> {
        let (first, last) = (keys::day_of(low), keys::day_of(high));
        let span = |granted: &GrantedConnection| {
            Span::between(keys::totals(granted.connection, grant.resource()), first.clone(), last.clone())
        };
        let spans: Vec<Span> = grant.connections().iter().map(span).collect();
        let mut days: Vec<Days<'a>> = grant.connections().iter().map(|granted| (granted, Vec::new())).collect();
        for (number, item) in self.telematics_table().query_each(&spans).await? {
            let count = read_number::<u64>(&item, "n").unwrap_or(0);
            if let Some((_, days)) = days.get_mut(number).filter(|_| count > 0) {
                days.push((read_text(&item, "sk").to_owned(), count));
            }
        }
        Ok(days)
    }

    async fn events<'a, 'q>(
        &'q self,
        grant: &'a Grant,
        conditions: &'q Conditions,
        page: &'q Page,
        (bounds, limit): ((String, String), i32),
    ) -> Result<Vec<Events<'a, 'q>>, StoreError> {
        let found = self.days(grant, &bounds.0, &bounds.1).await?.into_iter().filter(|(_, days)| !days.is_empty());
        let source = |(granted, days): Days<'a>| {
            let last = granted.until.map_or_else(|| keys::END.to_owned(), keys::day);
            let mut days: VecDeque<String> = days.into_iter().map(|(day, _)| day).take_while(|day| *day <= last).collect();
            if page.backwards {
                days.make_contiguous().reverse();
            }
            let (table, resource, bounds) = (self.telematics_table(), grant.resource(), bounds.clone());
            Events { table, resource, granted, conditions, page, bounds, limit, days, start: None }
        };
        Ok(found.map(source).collect())
    }
}

/// The first and last key that may match. The end is exclusive, so the last key is below every key of that instant.
fn window(query: &Query) -> (String, String) {
    let low = query.from.or(query.active_from.map(|at| at.plus_seconds(-REACH_SECONDS)));
    let high = query.to.or(query.active_to.map(|at| at.plus_seconds(SLACK_SECONDS)));
    let (first, last) = merge::FULL_RANGE;
    (low.map_or_else(|| first.to_owned(), keys::time), high.map_or_else(|| last.to_owned(), keys::time))
}

/// The bounds of all keys of a day.
fn day_bounds(day: &str) -> Option<(String, String)> {
    let start = keys::day_start(day)?;
    Some((keys::time(start), keys::time(start.plus_seconds(86_400))))
}

/// The events of one connection, day after day.
struct Events<'a, 'q> {
    table: Table<'q>,
    resource: Resource,
    granted: &'a GrantedConnection,
    conditions: &'q Conditions,
    page: &'q Page,
    bounds: (String, String),
    limit: i32,
    days: VecDeque<String>,
    start: Option<Item>,
}

impl<'a> SortedSource for Events<'a, '_> {
    type Item = Found<'a>;

    async fn next(&mut self) -> Result<Vec<(String, Found<'a>)>, StoreError> {
        let mut found = Vec::new();
        while let (true, Some(day)) = (found.is_empty(), self.days.front()) {
            let pk = keys::events(self.granted.connection, self.resource, day);
            let span = Span::between(pk, self.bounds.0.clone(), self.bounds.1.clone());
            let span = Span { backwards: self.page.backwards, ..span };
            let (items, next) = self.table.query_page(&span, self.limit, self.start.take()).await?;
            if next.is_none() {
                self.days.pop_front();
            }
            self.start = next;
            for (mark, item) in self.conditions.admitted(items, "sk", self.granted, self.page)? {
                found.push((mark, (self.granted, item)));
            }
        }
        Ok(found)
    }
}
