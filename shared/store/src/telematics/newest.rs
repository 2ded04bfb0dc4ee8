//! The newest events of subjects, for lists of them: an item per subject says where its newest events lie.
//!
//! Events are rewritten and taken back, so the place of one is not enough. The last [`KEPT`] are noted, and a list shows the newest of
//! them that is there and that its reader sees. Places are noted before their events are stored: a place without an event is passed over,
//! while an event without a place would never be listed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::future::try_join_all;
use model::telematics::{RecordType, Timeline};
use model::{ConnectionId, RecordId};

use super::merge::{self, SortedSource, merge};
use super::query::{Conditions, Query};
use super::row::find;
use super::stored::FORM;
use super::table::{Item, MAX_ATTEMPTS, Span, Table, is_committed, key, number, read_text, text, unreadable};
use super::{Origin, Row, keys, stored};
use crate::{Bookmark, Grant, GrantedConnection, Page, Slice, Store, StoreError};

/// How many places of a subject are noted.
const KEPT: usize = 8;
/// Subjects per request where all are read.
const BATCH: i32 = 1_000;
/// Writes in flight at once.
const PARALLEL: usize = 16;
/// What counting needs of an event.
const COUNTED: &str = "pk, sk, body, deleted_at, updated_at, occurred_at";

/// Places of events, by subject.
pub(super) type Places = BTreeMap<String, Vec<String>>;

impl Table<'_> {
    /// Notes the places of events that are about to be stored.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if others keep noting events of the same subjects.
    pub(super) async fn note_places(self, origin: &Origin, mut places: Places) -> Result<(), StoreError> {
        let pk = keys::newest(origin.connection, origin.record.resource);
        for _ in 0..MAX_ATTEMPTS {
            if places.is_empty() {
                return Ok(());
            }
            let wanted = places.keys().map(|subject| key(&pk, subject)).collect();
            let noted = self.get_many(wanted, None).await?.into_iter().map(|item| (read_text(&item, "sk").to_owned(), item));
            let noted: HashMap<String, Item> = noted.collect();
            let mut left = Places::new();
            let pending: Vec<(String, Vec<String>)> = places.into_iter().collect();
            for chunk in pending.chunks(PARALLEL) {
                let notes = chunk.iter().map(|(subject, new)| self.note(key(&pk, subject), noted.get(subject), new));
                let done = try_join_all(notes).await?;
                left.extend(chunk.iter().zip(done).filter(|(_, done)| !done).map(|(pending, _)| pending.clone()));
            }
            places = left;
        }
        if places.is_empty() { Ok(()) } else { Err(StoreError::Conflict) }
    }

    /// Notes places of one subject; false where another did so meanwhile.
    async fn note(self, at: Item, noted: Option<&Item>, new: &[String]) -> Result<bool, StoreError> {
        let old = noted.map_or("", |item| read_text(item, "places"));
        let all: BTreeSet<&str> =
            old.split(' ').chain(new.iter().map(String::as_str)).filter(|place| !place.is_empty()).collect();
        let kept = all.into_iter().rev().take(KEPT).collect::<Vec<_>>().join(" ");
        if kept == old {
            return Ok(true);
        }
        let condition = match noted {
            None => ("attribute_not_exists(pk)", Item::new()),
            Some(_) => ("places = :seen", HashMap::from([(":seen".to_owned(), text(old))])),
        };
        let mut item = at;
        item.insert("v".into(), number(FORM));
        item.insert("places".into(), text(kept));
        is_committed(self.put_item(self.put(item, Some(condition))?).await)
    }
}

impl Store {
    /// One page of the newest events, by subject id, then fleet.
    pub(super) async fn list_newest(
        &self,
        grant: &Grant,
        query: &Query,
        page: &Page,
        include_source: bool,
    ) -> Result<Slice<Row>, StoreError> {
        let limit = merge::batch_limit(page, grant.connections().len());
        let conditions = query.conditions();
        let sources = self.newest(grant, (&conditions, page), (limit, None))?;
        let found = merge(sources, page.size.saturating_add(1), page.backwards).await?.into_iter();
        let rows = found.map(|(mark, (granted, item))| {
            let row = stored::row(grant.record(), &item, granted.connection, Some(granted), include_source)?;
            Ok((row, Bookmark::from(mark)))
        });
        Ok(Slice::from_sorted(rows.collect::<Result<_, StoreError>>()?, page))
    }

    /// How many newest events there are.
    pub(super) async fn count_newest(&self, grant: &Grant, query: &Query) -> Result<u64, StoreError> {
        let (conditions, page) = (query.conditions(), Page::first(usize::MAX));
        let sources = self.newest(grant, (&conditions, &page), (BATCH, Some(COUNTED)))?;
        let found = merge(sources, usize::MAX, false).await?.len();
        Ok(u64::try_from(found).unwrap_or(u64::MAX))
    }

    /// The newest events of these subjects, of these connections, that meet the conditions, as each fleet of the grant sees them, in
    /// no order.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn newest_of(
        &self,
        grant: &Grant,
        query: &Query,
        subjects: &BTreeSet<(ConnectionId, RecordId)>,
    ) -> Result<Vec<Row>, StoreError> {
        let (conditions, page) = (query.conditions(), Page::first(usize::MAX));
        let at = |(connection, subject): &(ConnectionId, RecordId)| {
            key(&keys::newest(*connection, grant.resource()), &subject.to_string())
        };
        let open = subjects.iter().filter(|(connection, _)| grant.fleets_of(*connection).next().is_some());
        let mut noted: HashMap<String, Vec<Item>> = HashMap::new();
        for item in self.telematics_table().get_many(open.map(at).collect(), None).await? {
            noted.entry(read_text(&item, "pk").to_owned()).or_default().push(item);
        }
        let mut rows = Vec::new();
        for source in self.newest(grant, (&conditions, &page), (BATCH, None))? {
            let Some(subjects) = noted.get(&source.span.pk) else { continue };
            for (_, event) in source.events_of(subjects).await? {
                if conditions.admit(&event)? {
                    let granted = source.granted;
                    rows.push(stored::row(grant.record(), &event, granted.connection, Some(granted), false)?);
                }
            }
        }
        Ok(rows)
    }

    fn newest<'a, 'q>(
        &'q self,
        grant: &'a Grant,
        (conditions, page): (&'q Conditions, &'q Page),
        (limit, projection): (i32, Option<&'static str>),
    ) -> Result<Vec<Newest<'a, 'q>>, StoreError> {
        let (low, high) = merge::FULL_RANGE;
        let Some((low, high)) = merge::key_bounds(page, low, high) else { return Ok(Vec::new()) };
        let record = grant.record();
        let timeline = record.storage.timeline().ok_or_else(|| StoreError::Unstorable("no events".into()))?;
        let source = |granted: &'a GrantedConnection| {
            let span = Span::between(keys::newest(granted.connection, record.resource), low.clone(), high.clone());
            let span = Span { backwards: page.backwards, ..span };
            let table = self.telematics_table();
            Newest { table, record, timeline, granted, conditions, page, span, limit, projection, start: None, ended: false }
        };
        Ok(grant.connections().iter().map(source).collect())
    }
}

/// The newest events of one connection, by subject.
struct Newest<'a, 'q> {
    table: Table<'q>,
    record: &'static RecordType,
    timeline: Timeline,
    granted: &'a GrantedConnection,
    conditions: &'q Conditions,
    page: &'q Page,
    span: Span,
    limit: i32,
    projection: Option<&'static str>,
    start: Option<Item>,
    ended: bool,
}

impl<'a> SortedSource for Newest<'a, '_> {
    type Item = (&'a GrantedConnection, Item);

    async fn next(&mut self) -> Result<Vec<(String, Self::Item)>, StoreError> {
        let mut found = Vec::new();
        while found.is_empty() && !self.ended {
            let (subjects, next) = self.table.query_page(&self.span, self.limit, self.start.take()).await?;
            self.ended = next.is_none();
            self.start = next;
            for (subject, event) in self.events_of(&subjects).await? {
                let mark = merge::mark(&subject, self.granted);
                if merge::is_on_page(self.page, &mark) && self.conditions.admit(&event)? {
                    found.push((mark, (self.granted, event)));
                }
            }
        }
        Ok(found)
    }
}

impl Newest<'_, '_> {
    /// Each subject's newest event that is shown, in the order of the subjects. The places after the first are read only of subjects
    /// whose first leads to none.
    async fn events_of(&self, subjects: &[Item]) -> Result<Vec<(String, Item)>, StoreError> {
        let mut found: HashMap<&str, Item> = HashMap::new();
        for (passed, taken) in [(0, 1), (1, KEPT)] {
            let places = |subject| read_text(subject, "places").split(' ').skip(passed).take(taken);
            let open: Vec<&Item> = subjects.iter().filter(|subject| !found.contains_key(read_text(subject, "sk"))).collect();
            let wanted: BTreeSet<&str> =
                open.iter().flat_map(|subject| places(subject)).filter(|place| !place.is_empty()).collect();
            let events =
                self.table.get_many(wanted.into_iter().map(|place| self.event_key(place)).collect(), self.projection).await?;
            let events: HashMap<&str, &Item> = events.iter().map(|event| (read_text(event, "sk"), event)).collect();
            for subject in open {
                let name = read_text(subject, "sk");
                for event in places(subject).filter_map(|place| events.get(place)) {
                    if self.shows(event, name)? {
                        found.insert(name, (*event).clone());
                        break;
                    }
                }
            }
        }
        let names = subjects.iter().map(|subject| read_text(subject, "sk"));
        Ok(names.filter_map(|name| Some((name.to_owned(), found.remove(name)?))).collect())
    }

    fn event_key(&self, place: &str) -> Item {
        key(&keys::events(self.granted.connection, self.record.resource, &keys::day_of(place)), place)
    }

    /// Whether an event is one of the subject, is there, and is seen.
    fn shows(&self, event: &Item, subject: &str) -> Result<bool, StoreError> {
        let told = find(stored::body(event), self.timeline.subject).map_err(|error| unreadable(event, error))?;
        let is_its = told.is_some_and(|told| told.get().trim_matches('"') == subject);
        Ok(is_its && !event.contains_key("deleted_at") && stored::is_seen(event, self.granted))
    }
}
