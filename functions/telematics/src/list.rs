//! A list of rows, made of parts: an operation names its parts and nothing else.

use gateway::{
    ApiError, Body, BoxFuture, Call, Context, Counting, Describe, Incoming, MemberSpec, Paging, Reader, Response,
    ResponseSchemas, Serve, page_of_rows, page_schema,
};
use model::telematics::{RecordType, Storage, row_schema};
use model::{RecordId, Timestamp};
use schemars::SchemaGenerator;
use serde::{Deserialize, Serialize};
use store::telematics::{DayQuery, MemberFilter, Query, Values};

use crate::age;
use crate::filter::Filter;
use crate::order;
use crate::scope::Scope;
use crate::window::{Bounds, Window};

const LATEST: &str = "Whether to list the newest record of every subject, however old it is: `from_datetime` and `to_datetime` have no \
     effect then, and the response header `X-Ignored-Parameters` names those that were sent. `false` lists the history: the last \
     day, unless the window says otherwise.";

const BY_DAY: &str = "Lists the rows of a day, by subject and time. Today's are worked out anew once an hour, earlier ones where records came \
     late, for a week.";

const MERGED: &str = "`segment` merges the rows of a vehicle that are of one region: from the first start to the last end, with the sums of \
     their distances and positions.";

/// The rows of a record type that the caller may read.
#[derive(Clone, Copy, Debug)]
pub struct List {
    record: &'static RecordType,
    filters: &'static [Filter],
    sorted: bool,
    windowed: bool,
    by_day: bool,
    active: bool,
    latest: Option<&'static [&'static str]>,
    parent: Option<&'static str>,
    largest_page: u32,
}

impl List {
    /// All of them: `fleet_ids`, `fleet_refs`, `connection_id`, `include_source_data`, and pages of up to 1,000.
    #[must_use]
    pub const fn of(record: &'static RecordType) -> Self {
        Self {
            record,
            filters: &[],
            sorted: false,
            windowed: false,
            by_day: false,
            active: false,
            latest: None,
            parent: None,
            largest_page: 1_000,
        }
    }

    /// Filters, all of which must admit a row. One that rows of the type cannot be found by does not compile.
    #[must_use]
    pub const fn by(mut self, filters: &'static [Filter]) -> Self {
        let mut rest = filters;
        while let [first, others @ ..] = rest {
            first.check(self.record);
            rest = others;
        }
        self.filters = filters;
        self
    }

    /// `sort_by` and `sort_order`.
    #[must_use]
    pub const fn sorted(mut self) -> Self {
        assert!(!matches!(self.record.storage, Storage::Series(..)), "packed rows are in the order of their keys");
        self.sorted = true;
        self
    }

    /// `from_datetime` and `to_datetime`, on `occurred_at`; the last day unless the request says otherwise.
    #[must_use]
    pub const fn windowed(mut self) -> Self {
        assert!(!matches!(self.record.storage, Storage::Entity { .. }), "entities have no time to be found by");
        self.windowed = true;
        self
    }

    /// `processing_date`, which is required, and `group_by`: the rows of one day, which were worked out by the platform.
    #[must_use]
    pub const fn by_day(mut self) -> Self {
        assert!(self.record.derived_from().is_some(), "only what is worked out is kept by day");
        self.by_day = true;
        self
    }

    /// Windowed, and `active_from_datetime` and `active_to_datetime`, on `ended_at` and `started_at`: they take the place of the
    /// last day.
    #[must_use]
    pub const fn active_window(mut self) -> Self {
        assert!(self.record.has("started_at") && self.record.has("ended_at"), "rows do not say when they start and end");
        self.active = true;
        self.windowed()
    }

    /// `only_latest`, true by default: the newest row of each subject. The history needs exactly one value of one of these
    /// parameters; none named = no rule.
    #[must_use]
    pub const fn latest_or_history(mut self, of_one: &'static [&'static str]) -> Self {
        assert!(self.record.storage.keeps_latest(), "the record type keeps no newest row per subject");
        self.latest = Some(of_one);
        self.windowed()
    }

    /// Only rows whose member of this name holds the id that the path has in its place.
    #[must_use]
    pub const fn of_parent(mut self, member: &'static str) -> Self {
        assert!(self.record.has(member), "rows do not have the member that the path names");
        self.parent = Some(member);
        self
    }

    /// The largest page.
    #[must_use]
    pub const fn pages_of(mut self, rows: u32) -> Self {
        self.largest_page = rows;
        self
    }

    fn read(&self, reader: &mut Reader) -> Request {
        let latest = self.latest.is_some() && reader.query("only_latest").about(LATEST).flag_or(true);
        let scope = if self.by_day { Scope::narrowing(reader) } else { Scope::read(reader) };
        let occurred = if self.windowed { Bounds::occurred(reader) } else { Bounds::default() };
        let active = if self.active { Bounds::active(reader) } else { Bounds::default() };
        let mut query = Query { latest, day: self.by_day.then(|| day(reader)), ..Query::default() };
        query.members.extend(self.parent.map(|member| {
            let id: RecordId = reader.path(member);
            MemberFilter { member, any_of: Values::Ids(vec![id]) }
        }));
        let mut named = Vec::new();
        for filter in self.filters {
            if filter.read(reader, self.record, &mut query) == Some(1) {
                named.push(filter.parameter());
            }
        }
        self.check_history(reader, &query, &named);
        if self.sorted {
            query.order = order::read(reader, "created_at", |name| self.record.is_sortable(name));
        }
        Request { scope, query, occurred, active, paging: Paging::read(reader, self.largest_page) }
    }

    /// A history that is bound to one subject names one, and none of them twice.
    fn check_history(&self, reader: &mut Reader, query: &Query, named: &[&str]) {
        let Some(of_one) = self.latest.filter(|of_one| !of_one.is_empty() && !query.latest) else { return };
        let is_asked = |filter: &&Filter| of_one.contains(&filter.parameter()) && filter.is_in(self.record, query);
        let asked: Vec<&str> = self.filters.iter().filter(is_asked).map(Filter::parameter).collect();
        if asked.is_empty() || asked.iter().any(|parameter| !named.contains(parameter)) {
            let message = format!("only_latest=false needs exactly one value of {}", of_one.join(" or "));
            reader.problem("query.only_latest", "false", "single_subject_required", message);
        }
    }

    async fn page(&self, context: &Context, call: &Call, request: Request) -> Result<Response, ApiError> {
        let mut cursor = request.paging.clone().open(context, call).await?;
        let grant = request.scope.grant(context, call, self.record).await?;
        let first: Option<FirstPage> = cursor.remembered().cloned().and_then(|kept| serde_json::from_value(kept).ok());
        let (mut query, windows) = self.within(call.now, first.as_ref(), &request)?;
        // Older records may be there still: DynamoDB removes them in its own time.
        query.from = query.from.max(context.store().retention().since(self.record.resource, call.now));
        let store = context.store();
        // What was counted on the first page holds as long as the same connections are seen.
        let counted = cursor.total().filter(|_| first.is_some_and(|first| first.grant == grant.mark()));
        cursor.remember(serde_json::to_value(FirstPage { grant: grant.mark(), windows }).map_err(ApiError::internal)?);
        let (page, include_source) = (cursor.page(), request.scope.source_data);
        let (slice, total) = match counted {
            Some(total) => (store.list_rows(&grant, &query, &page, include_source).await?, total),
            None => store.list_and_count(&grant, &query, &page, include_source).await?,
        };
        let mut response = page_of_rows(&cursor, &slice, Some(total))?;
        age::of(context, call.now, slice.rows.iter().map(|(row, _)| row)).await.tell(&mut response);
        let ignored = request.ignored();
        if !ignored.is_empty() {
            response.set("x-ignored-parameters", &ignored.join(", "));
        }
        Ok(response)
    }

    /// The query within its windows, which the first page works out from the clock and later pages find in their cursor.
    fn within(&self, now: Timestamp, first: Option<&FirstPage>, request: &Request) -> Result<(Query, Option<Windows>), ApiError> {
        let Request { occurred, active, .. } = *request;
        let mut query = request.query.clone();
        if !self.windowed || query.latest {
            return Ok((query, None));
        }
        let windows = match first.and_then(|first| first.windows) {
            Some(kept) => kept,
            None => Windows::of(occurred, active, now)?,
        };
        (query.from, query.to) = windows.occurred.map(|window| (window.from, window.to)).unzip();
        (query.active_from, query.active_to) = windows.active.map(|window| (window.from, window.to)).unzip();
        Ok((query, Some(windows)))
    }
}

/// Reads `processing_date` and `group_by`.
fn day(reader: &mut Reader) -> DayQuery {
    let day = reader.query("processing_date").about("The day, from 00:00 to 00:00 UTC.").example("2026-11-21").required().date();
    let merged = reader.query("group_by").about(MERGED).listed(&["segment"]).is_some();
    DayQuery { day: day.unwrap_or_default(), merged }
}

impl Describe for List {
    fn description(&self) -> String {
        let mut parts = Vec::new();
        match (self.latest, self.sorted) {
            (Some(_), _) => parts.push("Lists the newest record of each subject; with `only_latest=false`, its history by time."),
            (None, _) if self.by_day => parts.push(BY_DAY),
            (None, true) => parts.push("Lists records in the order of `sort_by`, or by `occurred_at`."),
            (None, false) => parts.push("Lists records by time."),
        }
        if self.windowed && self.latest.is_none() {
            parts.push("Without a window, those of the last 24 hours.");
        }
        parts.push("Only fleets with an active share agreement for the resource are seen.");
        parts.join(" ")
    }

    fn members(&self) -> Vec<MemberSpec> {
        Reader::members(|reader| self.read(reader))
    }

    fn responses(&self, generator: &mut SchemaGenerator) -> ResponseSchemas {
        let row = row_schema(self.record.resource, generator).unwrap_or_default();
        vec![(200, Some(page_schema(&row, Counting::Total)))]
    }
}

impl Serve for List {
    fn call<'a>(&'a self, context: &'a Context, call: Call, incoming: &'a Incoming) -> BoxFuture<'a, Result<Response, ApiError>> {
        Box::pin(async move {
            let request = Reader::read(incoming, Body::None, |reader| self.read(reader))?;
            self.page(context, &call, request).await
        })
    }
}

/// What a request asks for.
struct Request {
    scope: Scope,
    query: Query,
    occurred: Bounds,
    active: Bounds,
    paging: Paging,
}

impl Request {
    /// The parameters that were sent and have no effect beside the others.
    fn ignored(&self) -> Vec<&'static str> {
        let Bounds { from, to } = self.occurred;
        let sent = [("from_datetime", from), ("to_datetime", to)].into_iter().filter(|(_, bound)| bound.is_some());
        sent.map(|(name, _)| name).filter(|_| self.query.latest).collect()
    }
}

/// What the first page fixes for the others.
#[derive(Serialize, Deserialize)]
struct FirstPage {
    /// What was seen when the rows were counted.
    grant: u64,
    windows: Option<Windows>,
}

/// The windows that the first page fixes.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Windows {
    occurred: Option<Window>,
    active: Option<Window>,
}

impl Windows {
    /// An active window takes the default day's place; both may be given.
    fn of(occurred: Bounds, active: Bounds, now: Timestamp) -> Result<Self, ApiError> {
        let by_activity = !active.is_open();
        let active = by_activity.then(|| active.window(now, ["active_from_datetime", "active_to_datetime"]));
        let by_time = !occurred.is_open() || !by_activity;
        let occurred = by_time.then(|| occurred.window(now, ["from_datetime", "to_datetime"]));
        Ok(Self { occurred: occurred.transpose()?, active: active.transpose()? })
    }
}
