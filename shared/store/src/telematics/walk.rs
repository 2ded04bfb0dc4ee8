//! Lists in the order of subjects. They go through connections one after the other, so a page reads what it shows, however many
//! connections there are.

use std::collections::HashSet;

use futures::future::try_join_all;
use model::telematics::Storage;
use model::{ConnectionId, RecordId, Resource};

use super::query::{Query, Values};
use super::row::Row;
use crate::{Bookmark, Grant, GrantedConnection, Page, Slice, Store, StoreError};

/// Connections that are read at once.
const PARALLEL: usize = 16;

/// The grants of one connection, one for each fleet.
type Part<'a> = &'a [GrantedConnection];

/// What a walk has read.
#[derive(Clone, Copy, Debug, Default)]
struct Walked {
    /// Grants of connections.
    connections: usize,
    /// The newest readings of these that the query admits, on the page or not.
    admitted: u64,
}

impl Store {
    /// One page of the rows that a query admits, by connection, then by subject id, then fleet.
    pub(super) async fn list_by_subject(
        &self,
        grant: &Grant,
        query: &Query,
        page: &Page,
        include_source: bool,
    ) -> Result<Slice<Row>, StoreError> {
        Ok(self.walk(grant, query, page, include_source).await?.0)
    }

    /// The first page of newest readings, and how many there are in all: connections that the page has read are not read again.
    pub(super) async fn first_of_latest(
        &self,
        grant: &Grant,
        query: &Query,
        page: &Page,
        include_source: bool,
    ) -> Result<(Slice<Row>, u64), StoreError> {
        let grant = self.of_subjects(grant, query).await?;
        let (slice, walked) = self.walk(&grant, query, page, include_source).await?;
        let left = grant.connections().get(walked.connections..).unwrap_or_default();
        let further = if left.is_empty() { 0 } else { self.count_latest(&grant.part(left), query).await? };
        Ok((slice, walked.admitted + further))
    }

    async fn walk(
        &self,
        grant: &Grant,
        query: &Query,
        page: &Page,
        include_source: bool,
    ) -> Result<(Slice<Row>, Walked), StoreError> {
        let parts = parts(grant, page);
        let wanted = page.size.saturating_add(1);
        let (mut rows, mut read, mut walked) = (Vec::new(), 0, Walked::default());
        while rows.len() < wanted {
            let next: Vec<Part<'_>> = parts.iter().skip(read).take(at_once(rows.len(), read, wanted)).copied().collect();
            if next.is_empty() {
                break;
            }
            read += next.len();
            let left = wanted - rows.len();
            let asked = next.iter().map(|part| self.part(grant, part, query, within(page, part, left), include_source));
            for (part, (slice, admitted)) in next.iter().zip(try_join_all(asked).await?) {
                walked.connections += part.len();
                walked.admitted += admitted;
                let found = slice.rows.into_iter().map(|(row, mark)| (row, mark_of(part, &mark)));
                if page.backwards { rows.extend(found.rev()) } else { rows.extend(found) }
            }
        }
        rows.truncate(wanted);
        Ok((Slice::from_sorted(rows, page), walked))
    }

    /// What there is to read for newest rows of subjects that the query names: their connections alone, rather than all. The places of
    /// records tell them. Where one is not known, all are read: its rows may be there before its own record is.
    pub(super) async fn of_subjects(&self, grant: &Grant, query: &Query) -> Result<Grant, StoreError> {
        let Some((resource, subjects)) = named_subjects(grant, query) else { return Ok(grant.clone()) };
        let places = self.places(resource, subjects).await?;
        let known: HashSet<RecordId> = places.iter().map(|(_, subject)| *subject).collect();
        if !subjects.iter().all(|subject| known.contains(subject)) {
            return Ok(grant.clone());
        }
        let connections: HashSet<ConnectionId> = places.into_iter().map(|(connection, _)| connection).collect();
        Ok(grant.clone().narrowed(|granted| connections.contains(&granted.connection)))
    }

    /// The rows of a part, and of newest readings how many it has in all.
    async fn part(
        &self,
        grant: &Grant,
        part: Part<'_>,
        query: &Query,
        page: Page,
        include_source: bool,
    ) -> Result<(Slice<Row>, u64), StoreError> {
        let grant = grant.part(part);
        let slice = match grant.record().storage {
            Storage::Entity { .. } => self.list_entities(&grant, query, &page, include_source).await?,
            Storage::Event(_) => self.list_newest(&grant, query, &page, include_source).await?,
            Storage::Series(..) => return self.list_latest(&grant, query, &page, include_source).await,
            Storage::Derived(_) => self.list_derived(&grant, query, &page).await?,
        };
        Ok((slice, 0))
    }
}

/// The records whose newest rows a query asks for.
fn named_subjects<'a>(grant: &Grant, query: &'a Query) -> Option<(Resource, &'a [RecordId])> {
    let subject = grant.record().storage.timeline().filter(|_| query.latest)?.subject;
    let resource = Resource::parse(subject.strip_suffix("_id")?)?;
    query.members.iter().find_map(|filter| match &filter.any_of {
        Values::Ids(ids) if filter.member == subject => Some((resource, ids.as_slice())),
        _ => None,
    })
}

/// The connections that the page may show, in reading direction.
fn parts<'a>(grant: &'a Grant, page: &Page) -> Vec<Part<'a>> {
    let all = grant.connections().chunk_by(|one, other| one.connection == other.connection);
    let start = start(page).map(|(connection, _)| connection);
    let is_ahead = |part: &Part<'_>| {
        start.is_none_or(|start| if page.backwards { name(part).as_str() <= start } else { name(part).as_str() >= start })
    };
    let mut parts: Vec<Part<'a>> = all.filter(is_ahead).collect();
    if page.backwards {
        parts.reverse();
    }
    parts
}

/// How many connections to read next: as many as fill the page if they have as many rows as those before.
fn at_once(found: usize, read: usize, wanted: usize) -> usize {
    let guess = match (found, read) {
        (_, 0) => 1,
        (0, read) => read.saturating_mul(4),
        (found, read) => (wanted - found).saturating_mul(read).div_ceil(found),
    };
    guess.clamp(1, PARALLEL)
}

/// The page within one connection.
fn within(page: &Page, part: Part<'_>, size: usize) -> Page {
    let mark = start(page).filter(|(connection, _)| *connection == name(part)).map(|(_, mark)| Bookmark::from(mark));
    Page { inclusive: page.inclusive && mark.is_some(), bookmark: mark, backwards: page.backwards, size }
}

/// The connection and the place in it where a page starts.
fn start(page: &Page) -> Option<(&str, &str)> {
    page.bookmark.as_ref()?.as_str()?.split_once('/')
}

fn mark_of(part: Part<'_>, mark: &Bookmark) -> Bookmark {
    format!("{}/{}", name(part), mark.as_str().unwrap_or_default()).into()
}

/// The connection's id.
fn name(part: Part<'_>) -> String {
    part.first().map_or_else(String::new, |granted| granted.connection.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_connections_are_read_as_the_page_needs() {
        let check = |found, read, wanted, expected| assert_eq!(at_once(found, read, wanted), expected, "{found} {read} {wanted}");
        check(0, 0, 301, 1);
        check(0, 1, 301, 4);
        check(0, 20, 301, 16);
        check(5, 1, 301, 16);
        check(299, 1, 301, 1);
        check(100, 1, 301, 3);
        check(300, 60, 301, 1);
        check(1, 1, usize::MAX, 16);
    }
}
