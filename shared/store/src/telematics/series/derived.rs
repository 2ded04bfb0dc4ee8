//! Reads of what is worked out of readings: the segments of one day, by connection, subject and time.

use model::telematics::DerivedEnvelope;
use model::telematics::segments::{Of, Segment};
use model::{RecordId, RecordIds, Timestamp};

use super::super::query::{DayQuery, Query, Values};
use super::super::table::{Item, Span, unstorable};
use super::super::{Row, keys, merge};
use super::derive::{DaySegments, derivation};
use crate::control::Shown;
use crate::page::by_text;
use crate::{Bookmark, Grant, GrantedConnection, Page, Slice, Store, StoreError};

/// A segment, whose it is, and who may read it.
struct Found<'a> {
    granted: &'a GrantedConnection,
    subject: RecordId,
    segment: Segment,
}

impl Found<'_> {
    /// Its place in the list.
    fn mark(&self) -> Bookmark {
        let start = keys::time(Timestamp::from_micros(self.segment.start));
        merge::mark(&format!("{}#{start}", self.subject), self.granted).into()
    }
}

impl Store {
    /// One page of the segments of a day, by subject id and start, then fleet.
    pub(in super::super) async fn list_derived(
        &self,
        grant: &Grant,
        query: &Query,
        page: &Page,
    ) -> Result<Slice<Row>, StoreError> {
        let Some(asked) = &query.day else { return Ok(Slice::from_sorted(Vec::new(), page)) };
        let slice = Slice::from_unsorted(self.segments(grant, query, asked).await?, page, Found::mark, by_text);
        let Slice { rows, before, after, reached } = slice;
        let rows = rows.into_iter().map(|(found, mark)| Ok((row(grant, &asked.day, &found)?, mark)));
        Ok(Slice { rows: rows.collect::<Result<_, StoreError>>()?, before, after, reached })
    }

    /// How many segments a day has.
    pub(in super::super) async fn count_derived(&self, grant: &Grant, query: &Query) -> Result<u64, StoreError> {
        let Some(asked) = &query.day else { return Ok(0) };
        Ok(u64::try_from(self.segments(grant, query, asked).await?.len()).unwrap_or(u64::MAX))
    }

    async fn segments<'a>(&self, grant: &'a Grant, query: &Query, asked: &DayQuery) -> Result<Vec<Found<'a>>, StoreError> {
        let DayQuery { day, merged } = asked;
        if query.from.zip(keys::day_start(day)).is_some_and(|(from, start)| start < from) {
            return Ok(Vec::new());
        }
        let subjects = subjects(grant, query)?;
        let span = |granted: &GrantedConnection| {
            let pk = keys::derived(granted.connection, grant.resource());
            Span::between(pk, keys::group_day(day, 0), format!("{day}#{}", keys::END))
        };
        let connections: Vec<&[GrantedConnection]> = parts(grant).collect();
        let spans: Vec<Span> = connections.iter().filter_map(|part| part.first()).map(span).collect();
        let mut found = Vec::new();
        for (number, item) in self.telematics_table().query_each(&spans).await? {
            let Some(part) = connections.get(number) else { continue };
            for granted in *part {
                found.extend(of_item(granted, &item, *merged, subjects)?);
            }
        }
        Ok(found)
    }
}

/// The links to each connection.
fn parts(grant: &Grant) -> impl Iterator<Item = &[GrantedConnection]> {
    grant.connections().chunk_by(|one, other| one.connection == other.connection)
}

/// The segments in an item that a link shows: those that ended before it did.
fn of_item<'a>(
    granted: &'a GrantedConnection,
    item: &Item,
    merged: bool,
    subjects: Option<&[RecordId]>,
) -> Result<Vec<Found<'a>>, StoreError> {
    let segments = DaySegments::read(item)?.whole.retained(|segment| granted.shows(Timestamp::from_micros(segment.end)));
    let segments = if merged { segments.merged() } else { segments };
    let found =
        segments.each().map(|(subject, segment)| Found { granted, subject: RecordId::of(&subject, granted.connection), segment });
    Ok(found.filter(|found| subjects.is_none_or(|wanted| wanted.contains(&found.subject))).collect())
}

/// The subjects that a query names; it can have no other condition.
fn subjects<'q>(grant: &Grant, query: &'q Query) -> Result<Option<&'q [RecordId]>, StoreError> {
    let subject = derivation(grant.record())?.subject;
    match query.members.as_slice() {
        [] => Ok(None),
        [one] if one.member == subject => match &one.any_of {
            Values::Ids(ids) => Ok(Some(ids)),
            _ => Err(unstorable("subjects are found by their ids")),
        },
        _ => Err(unstorable(format!("{} can be found by {subject} only", grant.resource()))),
    }
}

fn row(grant: &Grant, day: &str, found: &Found<'_>) -> Result<Row, StoreError> {
    let Found { granted, subject, segment } = found;
    let of = Of { subject: *subject, day, ids: RecordIds(granted.connection) };
    let mut own = Vec::new();
    let id = (derivation(grant.record())?.write)(of, segment, &mut own).map_err(unstorable)?;
    let envelope = DerivedEnvelope {
        fleet_id: Some(granted.fleet),
        fleet_ref: granted.fleet_ref.as_deref(),
        id,
        created_at: Timestamp::from_micros(segment.created_at),
        updated_at: Timestamp::from_micros(segment.updated_at),
        deleted_at: None,
        connection_id: granted.connection,
    };
    let shown = Shown { fleet: granted.fleet, resource: grant.resource() };
    Row::of(Some(shown), &envelope, own.len(), |out| {
        out.extend_from_slice(&own);
        Ok(())
    })
}
