//! Lists of analytics: a row for each thing, made of parts as other lists are.

use gateway::{
    ApiError, Body, BoxFuture, Call, Context, Counting, Describe, Incoming, MemberSpec, PageRow, Paging, Reader, Response,
    ResponseSchemas, Serve, page_of_rows, page_schema,
};
use model::RecordId;
use model::telematics::{RecordType, Storage};
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};
use store::control::Shown;
use store::telematics::{MemberFilter, Order, Query, Row, Values, compare};
use store::{Grant, Page, Slice};

use super::join::{Entry, Join};
use super::published::{self, Published};
use super::sight::Sight;
use crate::order;
use crate::scope::Scope;

const LARGEST_PAGE: u32 = 1_000;

/// A list with a row for each entity that TSPs list, or for each subject that has a newest reading, by its id.
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    /// How its rows are documented.
    pub published: Published,
    /// What there is a row for.
    pub record: &'static RecordType,
    /// The member with its id.
    pub subject: &'static str,
    /// The parameter that admits some ids.
    pub ids: &'static str,
    /// Parameters that admit rows by a member that other records may tell.
    pub told: &'static [(&'static str, &'static str)],
    /// Members, and those of the record which have their values.
    pub own: &'static [(&'static str, &'static str)],
    /// Members that other records tell, in the order in which they are asked.
    pub joins: &'static [Join],
    /// Members that are absent where there is no value, not null.
    pub optional: &'static [&'static str],
    /// Members that are 0 where there is no value.
    pub counts: &'static [&'static str],
    /// Members that a list cannot be sorted by.
    pub nested: &'static [&'static str],
}

/// What a request asks for.
struct Request {
    scope: Scope,
    query: Query,
    told: Vec<(&'static str, Vec<RecordId>)>,
    order: Order,
    paging: Paging,
}

impl Request {
    /// Whether rows must be complete before their order is known, or which are wanted.
    fn needs_all(&self) -> bool {
        !self.told.is_empty() || self.order != Order::default()
    }
}

impl Summary {
    fn read(&self, reader: &mut Reader) -> Request {
        let scope = Scope::narrowing(reader);
        let mut query = Query { listed: true, ..Query::default() };
        let mut told = Vec::new();
        for (parameter, member) in self.told {
            let about = format!("Only rows with one of these ids as `{member}`.");
            told.extend(reader.query(parameter).about_with(|| about).ids(100).map(|ids| (*member, ids)));
        }
        let ids = reader.query(self.ids).about("Only the rows with these ids.").ids(100);
        query.source_ids = reader.query("source_ids").about("Only the rows with these ids at the TSP.").texts(100, 200);
        match self.record.storage {
            Storage::Entity { counted_if } => {
                query.ids = ids;
                query.members.extend(counted_if.map(|member| MemberFilter { member, any_of: Values::Flag(true) }));
            }
            Storage::Event(timeline) | Storage::Series(timeline, _) => {
                query.latest = true;
                let ids = ids.map(|ids| MemberFilter { member: timeline.subject, any_of: Values::Ids(ids) });
                query.members.extend(ids);
            }
            // No summary has a row per day.
            Storage::Derived(_) => {}
        }
        let order = order::read(reader, self.subject, |name| self.is_sortable(name));
        Request { scope, query, told, order, paging: Paging::read(reader, LARGEST_PAGE) }
    }

    fn members(&self) -> impl Iterator<Item = &'static str> {
        let told = self.joins.iter().flat_map(|join| join.sets.iter().map(|set| set.member()));
        self.own.iter().map(|(member, _)| *member).chain(told).chain(self.counts.iter().copied())
    }

    fn is_sortable(&self, name: &str) -> bool {
        self.members().any(|member| member == name) && !self.nested.contains(&name)
    }

    async fn page(&self, context: &Context, call: &Call, request: Request) -> Result<Response, ApiError> {
        let mut cursor = request.paging.clone().open(context, call).await?;
        let sight = Sight::open(context, call, request.scope.clone()).await?;
        let grant = sight.grant(self.record);
        // What was counted with the first page holds as long as the same connections are seen.
        let is_same = cursor.remembered() == Some(&Value::from(grant.mark()));
        let counted = cursor.total().filter(|_| is_same);
        let (slice, total) = if request.needs_all() {
            let all = self.ordered(&sight, &grant, &request, &cursor.page()).await?;
            (all.0, counted.unwrap_or(all.1))
        } else {
            let slice = sight.store.list_rows(&grant, &request.query, &cursor.page(), false).await?;
            let total = match counted {
                Some(total) => total,
                None => sight.store.count_rows(&grant, &request.query).await?,
            };
            (self.completed(&sight, slice).await?, total)
        };
        cursor.remember(grant.mark().into());
        let texts = slice.rows.into_iter().map(|(entry, mark)| Ok((self.written(entry)?, mark)));
        let rows = texts.collect::<Result<Vec<_>, ApiError>>()?;
        page_of_rows(&cursor, &Slice { rows, before: slice.before, after: slice.after, reached: None }, Some(total))
    }

    /// The page of all rows that are wanted, and how many those are.
    async fn ordered(
        &self,
        sight: &Sight<'_>,
        grant: &Grant,
        request: &Request,
        page: &Page,
    ) -> Result<(Slice<Entry>, u64), ApiError> {
        let all = sight.store.list_rows(grant, &request.query, &Page::first(usize::MAX), false).await?;
        let mut entries: Vec<Entry> = self.completed(sight, all).await?.rows.into_iter().map(|(entry, _)| entry).collect();
        entries.retain(|entry| request.told.iter().all(|(member, ids)| entry.id(member).is_some_and(|id| ids.contains(&id))));
        let total = u64::try_from(entries.len()).map_err(ApiError::internal)?;
        let Order { field, descending } = &request.order;
        let field = field.as_deref().unwrap_or(self.subject);
        let mark = |entry: &Entry| {
            let member = |name: &str| entry.members.get(name).cloned().unwrap_or_else(|| self.absent(name));
            json!([member(field), member(self.subject), entry.fleet])
        };
        Ok((Slice::from_unsorted(entries, page, mark, |one, other| compare(one, other, *descending)), total))
    }

    /// Rows with all their members.
    async fn completed(&self, sight: &Sight<'_>, slice: Slice<Row>) -> Result<Slice<Entry>, ApiError> {
        let (rows, marks): (Vec<Row>, Vec<Value>) = slice.rows.into_iter().unzip();
        let mut entries = rows.iter().map(|row| self.entry(row)).collect::<Result<Vec<_>, ApiError>>()?;
        for join in self.joins {
            join.fill(sight, &mut entries).await?;
        }
        Ok(Slice { rows: entries.into_iter().zip(marks).collect(), before: slice.before, after: slice.after, reached: None })
    }

    fn entry(&self, row: &Row) -> Result<Entry, ApiError> {
        let mut row = row.members()?;
        let id = |name: &str| {
            let text = row.get(name).and_then(Value::as_str).unwrap_or_default();
            text.parse::<uuid::Uuid>().map_err(ApiError::internal)
        };
        let (fleet, connection) = (id("fleet_id")?.into(), id("connection_id")?.into());
        let own = self.own.iter().filter_map(|(member, own)| Some(((*member).to_owned(), row.remove(*own)?)));
        Ok(Entry { fleet, connection, members: own.collect(), told: [self.record.resource].into() })
    }

    /// What a member is that nothing tells of.
    fn absent(&self, member: &str) -> Value {
        if self.counts.contains(&member) { Value::from(0) } else { Value::Null }
    }

    /// The row as it is sent.
    fn written(&self, entry: Entry) -> Result<Written, ApiError> {
        let shown = entry.told.iter().map(|resource| Shown { fleet: entry.fleet, resource: *resource }).collect();
        let mut members: Map<String, Value> = entry.members;
        for member in self.members() {
            members.entry(member).or_insert_with(|| self.absent(member));
        }
        members.retain(|member, value| !value.is_null() || !self.optional.contains(&member.as_str()));
        Ok(Written { text: serde_json::to_vec(&members).map_err(ApiError::internal)?, shown })
    }
}

/// A row as it is sent, and whose records it tells.
struct Written {
    text: Vec<u8>,
    shown: Vec<Shown>,
}

impl AsRef<[u8]> for Written {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

impl PageRow for Written {
    fn shown(&self) -> impl Iterator<Item = Shown> {
        self.shown.iter().copied()
    }
}

impl Describe for Summary {
    fn description(&self) -> String {
        "Lists what there is now, in the order of ids or of `sort_by`: deleted records, and connections that a fleet has removed, are left \
         out. Only fleets with an active share agreement for the resource are seen; what is told by another resource is null, or 0, where \
         that is not shared."
            .to_owned()
    }

    fn members(&self) -> Vec<MemberSpec> {
        Reader::members(|reader| self.read(reader))
    }

    fn responses(&self, generator: &mut SchemaGenerator) -> ResponseSchemas {
        vec![(200, Some(page_schema(&published::schema(self.published, generator), Counting::Total)))]
    }
}

impl Serve for Summary {
    fn call<'a>(&'a self, context: &'a Context, call: Call, incoming: &'a Incoming) -> BoxFuture<'a, Result<Response, ApiError>> {
        Box::pin(async move {
            let request = Reader::read(incoming, Body::None, |reader| self.read(reader))?;
            self.page(context, &call, request).await
        })
    }
}
