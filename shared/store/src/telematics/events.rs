//! Reads of duty log entries: only the days that the totals know data of are visited.

use std::collections::{HashSet, VecDeque};

use model::{Resource, Timestamp};
use serde_json::Value;

use super::merge::{self, SortedSource, merge};
use super::record::Found;
use super::table::{Item, Span, Table, read_number, read_text};
use super::{Entry, EventFilter, Row, keys};
use crate::{Bookmark, Grant, GrantedConnection, Page, Slice, Store, StoreError};

/// How long before the active window an event may have begun to be found by the window alone.
const REACH_SECONDS: i64 = 45 * 86_400;
/// How long after the end of the active window an event that began in it may be dated.
const SLACK_SECONDS: i64 = 86_400;
/// Rows per request where all are read.
const BATCH_LIMIT: i32 = 1_000;

impl Store {
    /// One page of events by `occurred_at`, then id. Bookmarks are opaque.
    ///
    /// An active window without `from` looks back 45 days from the window's start.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn list_events(
        &self,
        grant: &Grant,
        filter: &EventFilter,
        page: &Page,
        include_source: bool,
    ) -> Result<Slice<Entry>, StoreError> {
        let (low, high) = window(filter);
        let Some(bounds) = merge::bounds(page, &low, &high) else { return Ok(Slice::from_sorted(Vec::new(), page)) };
        let limit = merge::batch_limit(page, grant.connections().len());
        let sources = self.event_sources(grant, filter, page, (bounds, limit, include_source)).await?;
        let found = merge(sources, page.size.saturating_add(1), page.backwards).await?;
        let row = |(mark, found): (String, Found)| Ok((found.entry(grant.resource())?, Bookmark::from(mark)));
        Ok(Slice::from_sorted(found.into_iter().map(row).collect::<Result<_, StoreError>>()?, page))
    }

    /// How many events there are. Time windows alone cost the totals and the two days at their edges; other filters read.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn count_events(&self, grant: &Grant, filter: &EventFilter) -> Result<u64, StoreError> {
        let (low, high) = window(filter);
        if low > high {
            return Ok(0);
        }
        if is_plain(filter) {
            return self.count_days(grant, (low, high)).await;
        }
        let page = Page::first(usize::MAX);
        let sources = self.event_sources(grant, filter, &page, ((low, high), BATCH_LIMIT, false)).await?;
        Ok(u64::try_from(merge(sources, usize::MAX, false).await?.len()).unwrap_or(u64::MAX))
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

    /// The days with data between two keys, with their totals, oldest first.
    async fn days<'a>(
        &self,
        grant: &'a Grant,
        low: &str,
        high: &str,
    ) -> Result<Vec<(&'a GrantedConnection, Vec<(String, u64)>)>, StoreError> {
        let (first, last) = (key_day(low), key_day(high));
        let span = |granted: &GrantedConnection| {
            Span::between(keys::totals(granted.connection, grant.resource()), first.clone(), last.clone())
        };
        let spans: Vec<Span> = grant.connections().iter().map(span).collect();
        let mut days: Vec<_> = grant.connections().iter().map(|granted| (granted, Vec::new())).collect();
        for (number, item) in self.telematics_table().query_each(&spans).await? {
            let count = read_number::<u64>(&item, "n").unwrap_or(0);
            if let Some((_, days)) = days.get_mut(number).filter(|_| count > 0) {
                days.push((read_text(&item, "sk").to_owned(), count));
            }
        }
        Ok(days)
    }

    async fn event_sources<'a>(
        &'a self,
        grant: &'a Grant,
        filter: &'a EventFilter,
        page: &'a Page,
        (bounds, limit, include_source): ((String, String), i32, bool),
    ) -> Result<Vec<Events<'a>>, StoreError> {
        let wanted = Wanted::of(filter);
        let found = self.days(grant, &bounds.0, &bounds.1).await?.into_iter().filter(|(_, days)| !days.is_empty());
        let source = |(granted, days): (&'a GrantedConnection, Vec<(String, u64)>)| {
            let mut days: VecDeque<String> = days.into_iter().map(|(day, _)| day).collect();
            if page.backwards {
                days.make_contiguous().reverse();
            }
            let (table, resource, bounds, wanted) = (self.telematics_table(), grant.resource(), bounds.clone(), wanted.clone());
            Events { table, resource, granted, wanted, page, include_source, bounds, limit, days, start: None }
        };
        Ok(found.map(source).collect())
    }
}

/// The first and last key that may match. The end is exclusive, so the last key is below every key of that instant.
fn window(filter: &EventFilter) -> (String, String) {
    let low = filter.from.or(filter.active_from.map(|at| at.plus_seconds(-REACH_SECONDS)));
    let high = filter.to.or(filter.active_to.map(|at| at.plus_seconds(SLACK_SECONDS)));
    let (first, last) = merge::FULL_RANGE;
    (low.map_or_else(|| first.to_owned(), keys::time), high.map_or_else(|| last.to_owned(), keys::time))
}

/// The day of a key, or a text before or after all days.
fn key_day(key: &str) -> String {
    match key.get(..17).and_then(|time| time.parse().ok()) {
        Some(micros) => keys::day(Timestamp::from_micros(micros)),
        None => key.to_owned(),
    }
}

/// The bounds of all keys of a day.
fn day_bounds(day: &str) -> Option<(String, String)> {
    let start = keys::day_start(day)?;
    Some((keys::time(start), keys::time(start.plus_seconds(86_400))))
}

fn is_plain(filter: &EventFilter) -> bool {
    let EventFilter { from: _, to: _, active_from, active_to, driver_ids, vehicle_ids, event_type_codes } = filter;
    active_from.is_none() && active_to.is_none() && driver_ids.is_none() && vehicle_ids.is_none() && event_type_codes.is_none()
}

/// The filter, in the form in which stored members are compared with it.
#[derive(Clone)]
struct Wanted {
    active_from: Option<Timestamp>,
    active_to: Option<Timestamp>,
    members: Vec<(&'static str, HashSet<String>)>,
}

impl Wanted {
    fn of(filter: &EventFilter) -> Self {
        let ids = |ids: &Option<Vec<model::RecordId>>| ids.as_ref().map(|ids| ids.iter().map(ToString::to_string).collect());
        let codes = filter.event_type_codes.as_ref().map(|codes| codes.iter().cloned().collect());
        let members =
            [("driver_id", ids(&filter.driver_ids)), ("vehicle_id", ids(&filter.vehicle_ids)), ("event_type_code", codes)];
        let members = members.into_iter().filter_map(|(name, values)| Some((name, values?))).collect();
        Self { active_from: filter.active_from, active_to: filter.active_to, members }
    }

    fn admits(&self, fields: &Row) -> bool {
        let time = |name: &str| fields.get(name).and_then(Value::as_str).and_then(Timestamp::parse);
        let ended = self.active_from.is_none_or(|from| time("ended_at").is_none_or(|ended| ended >= from));
        let started = self.active_to.is_none_or(|to| time("started_at").is_none_or(|started| started < to));
        let named = |(name, values): &(&str, HashSet<String>)| {
            fields.get(*name).and_then(Value::as_str).is_some_and(|value| values.contains(value))
        };
        ended && started && self.members.iter().all(named)
    }
}

/// The events of one connection, day after day.
struct Events<'a> {
    table: Table<'a>,
    resource: Resource,
    granted: &'a GrantedConnection,
    wanted: Wanted,
    page: &'a Page,
    include_source: bool,
    bounds: (String, String),
    limit: i32,
    days: VecDeque<String>,
    start: Option<Item>,
}

impl SortedSource for Events<'_> {
    type Item = Found;

    async fn next(&mut self) -> Result<Vec<(String, Found)>, StoreError> {
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
            for item in items {
                let mark = read_text(&item, "sk").to_owned();
                let candidate = Found::read(item, self.granted, self.include_source)?;
                if merge::is_on_page(self.page, &mark) && self.wanted.admits(&candidate.record.fields()?) {
                    found.push((mark, candidate));
                }
            }
        }
        Ok(found)
    }
}
