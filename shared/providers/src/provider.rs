//! How adapters are written: a session, and a table of what can be fetched with it. This module makes an [`Adapter`] of them.

use std::marker::PhantomData;
use std::time::Duration;

use model::credentials::Credentials;
use model::resource_operation::OperationType;
use model::telematics::{Batch, RecordType, Rows};
use model::{ConnectionId, RecordIds, Resource, Timestamp};
use serde_json::value::{RawValue, to_raw_value};
use url::Url;

use crate::cursor::{Cursor, Gap};
use crate::drift::{Drift, Known};
use crate::remap::{Remap, Remapped, StoredSource};
use crate::stored_cursor::{StoredCursor, reads};
use crate::{
    Account, Accounts, Adapter, BoxFuture, Brand, Budget, Change, Fetch, Fetched, Http, Lane, OAuth, Pause, ProviderError, Rate,
    Sessions, StandingRow, SubjectState, Unlimited, Unshared, WindowPart, Writable, Writables, WritePlan, Written,
};

/// The longest a data page may take.
pub(crate) const PAGE_DEADLINE: Duration = Duration::from_secs(30);

/// A provider: how an account of its API is opened, and what can be read there.
pub(crate) trait Provider: Send + Sync + Sized + 'static {
    /// What the credentials open: base URL, headers.
    type Session: Send + Sync;

    /// The `source_name` of its records and of its TSPs.
    const SOURCE_NAME: &'static str;
    /// The TSPs of the catalogue that it reads.
    const BRANDS: &'static [Brand];
    /// The root of its API where the TSP names no other.
    const DEFAULT_BASE_URL: &'static str;
    /// What can be fetched, a line each.
    const PLANS: &'static [Plan<Self>];
    /// What can be written, a line each.
    const WRITES: &'static [WritePlan<Self>] = &[];
    /// What it does not have, by its own documents.
    const LACKS: &'static [Resource] = &[];
    /// How customers sign in, where it has that.
    const OAUTH: Option<&'static OAuth> = None;

    /// The limit that a request counts against: of a method and a path, or whatever else the provider counts by.
    fn rate(method: &str, what: &str) -> Rate;

    /// Opens a session; asks nothing yet.
    fn session(base: &Url, credentials: &Credentials) -> Result<Self::Session, ProviderError>;

    /// Whose account it is, by the cheapest call that tells.
    fn account(api: &Api<'_, Self>) -> impl Future<Output = Result<Account, ProviderError>> + Send;
}

/// A provider's API as one account sees it. Adapters add their calls: `impl Api<'_, Samsara>`.
pub(crate) struct Api<'a, P: Provider> {
    pub(crate) http: &'a dyn Http,
    pub(crate) session: P::Session,
    /// How to wait; `None` where nobody waits.
    pub(crate) pause: Option<Pause<'a>>,
    /// The request budget of the account.
    pub(crate) budget: &'a dyn Budget,
    /// The session of the account.
    pub(crate) sessions: &'a dyn Sessions,
    /// What requests are for.
    pub(crate) lane: Lane,
}

/// How one resource is read at one provider.
pub(crate) trait Source: 'static {
    /// Whose API it reads.
    type Provider: Provider;
    /// `Vec<Observation<T>>`, or `ReadingsOf<T>` for packed series.
    type Rows: Rows;
    /// Where it stands between two pages.
    type Cursor: Cursor;

    /// Asks for one page and maps it. Nothing is retried here: the caller owns the time.
    fn page(
        api: &Api<'_, Self::Provider>,
        cursor: Self::Cursor,
    ) -> impl Future<Output = Result<Page<Self::Rows, Self::Cursor>, ProviderError>> + Send;

    /// What is known of its records, mapped or not.
    const KNOWN: Known = Known::NOTHING;

    /// How a source is mapped again that is stored; `None` where that takes answers of the provider that are not stored.
    const REMAP: Option<Remap<Self::Rows>> = None;

    /// Whether its pages have [`Page::states`].
    const TELLS_STATES: bool = false;

    /// Whether the provider also tells by time what a feed brought: then `history` asks for it.
    const HAS_HISTORY: bool = false;

    /// Asks for one page of what happened in a gap, and tells where the next one begins.
    fn history(
        _api: &Api<'_, Self::Provider>,
        _gap: &Gap,
    ) -> impl Future<Output = Result<(Self::Rows, Option<String>), ProviderError>> + Send {
        async { Err(ProviderError::Unsupported { what: "history".into() }) }
    }
}

/// One page as an adapter maps it.
#[derive(Debug)]
pub(crate) struct Page<R, C> {
    pub(crate) rows: R,
    /// Where to go on; `None` = from the start, with the next run.
    pub(crate) next: Option<C>,
    /// Whether to go on now.
    pub(crate) more: bool,
    /// Whether this page ends a walk over every record of the resource.
    pub(crate) complete_scan: bool,
    /// How many records such a walk must have brought, where records may move between its pages.
    pub(crate) scan_total: Option<u64>,
    /// Records that the provider tells as something else now, by its ids.
    pub(crate) withdrawn: Vec<String>,
    /// The window that this page is part of.
    pub(crate) window: Option<WindowPart>,
    /// What is true of subjects at some times.
    pub(crate) states: Vec<State<R>>,
}

/// Everything of a resource that a subject has at a time.
#[derive(Debug)]
pub(crate) struct State<R> {
    /// The provider's id of the subject.
    pub(crate) subject: String,
    /// The time.
    pub(crate) at: Timestamp,
    /// What it has.
    pub(crate) rows: R,
    /// The same rows as they read once they are over.
    pub(crate) ended: R,
}

impl<R: Rows> State<R> {
    fn erase(self, ids: RecordIds) -> Result<State<Batch>, serde_json::Error> {
        let Self { subject, at, rows, ended } = self;
        Ok(State { subject, at, rows: rows.erase(ids)?, ended: ended.erase(ids)? })
    }
}

impl State<Batch> {
    fn of_records(self) -> Result<SubjectState, ProviderError> {
        let (Batch::Records(rows), Batch::Records(ended)) = (self.rows, self.ended) else {
            return Err(ProviderError::unwritable(serde::ser::Error::custom("only records are told as states")));
        };
        let rows = rows.into_iter().zip(ended).map(|(row, ended)| StandingRow { row, ended: ended.fields }).collect();
        Ok(SubjectState { subject: self.subject, at: self.at, rows })
    }
}

impl<R, C> Page<R, C> {
    /// A page that proves nothing about what it does not list.
    pub(crate) fn of(rows: R, next: Option<C>, more: bool) -> Self {
        Self { rows, next, more, complete_scan: false, scan_total: None, withdrawn: Vec::new(), window: None, states: Vec::new() }
    }
}

/// A page of any source.
type ErasedPage = Page<Batch, Box<RawValue>>;
type AskPage<P> =
    for<'a> fn(&'a Api<'a, P>, Option<Box<RawValue>>, Fetch<'a>) -> BoxFuture<'a, Result<ErasedPage, ProviderError>>;
type AskGap<P> = for<'a> fn(&'a Api<'a, P>, &'a Gap, RecordIds) -> BoxFuture<'a, Result<(Batch, Option<String>), ProviderError>>;

/// Maps a source again that is stored.
type MapStored = fn(&StoredSource<'_>, RecordIds) -> Result<Option<Remapped>, ProviderError>;

/// A line of an adapter's table: a source without its types. What knows them is compiled once for each source, and therefore little.
pub(crate) struct Plan<P: Provider> {
    capability: Capability,
    page: AskPage<P>,
    history: Option<AskGap<P>>,
    remap: MapStored,
    /// Whether this is one of its cursors.
    reads: fn(&RawValue) -> bool,
    known: Known,
}

/// What an adapter can fetch, and how.
#[derive(Clone, Copy, Debug)]
pub struct Capability {
    /// What is fetched.
    pub record: &'static RecordType,
    /// How it is read: the `KIND` of its cursor.
    pub kind: &'static str,
    /// Records of a page, where the adapter asks for so many; else the provider decides.
    pub page_size: Option<u32>,
    /// The limit that the requests for its pages count against; what stands beside them may count against others.
    pub rate: Rate,
    /// Other limits under which its schedule has an allowance, for what stands beside its pages.
    pub beside: &'static [Rate],
}

impl Capability {
    /// Whether its schedule has a part of a limit's allowances.
    #[must_use]
    pub fn is_allowed(&self, rate: Rate) -> bool {
        self.rate == rate || self.beside.contains(&rate)
    }
}

impl<P: Provider> Plan<P> {
    pub(crate) const fn of<S: Source<Provider = P>>(rate: Rate, page_size: Option<u32>) -> Self {
        let capability = Capability { record: <S::Rows as Rows>::TYPE, kind: S::Cursor::KIND, page_size, rate, beside: &[] };
        let history = if S::HAS_HISTORY { Some(history::<S> as AskGap<P>) } else { None };
        let remap = if cfg!(feature = "remap") { remap::<S> as MapStored } else { not_built };
        Self { capability, page: page::<S>, history, remap, reads: reads::<S::Cursor>, known: S::KNOWN }
    }

    /// The same, with an allowance under other limits, too.
    pub(crate) const fn beside(mut self, rates: &'static [Rate]) -> Self {
        self.capability.beside = rates;
        self
    }
}

/// A source's page without its types.
fn erased<S: Source>(page: Page<S::Rows, S::Cursor>, ids: RecordIds) -> Result<ErasedPage, serde_json::Error> {
    debug_assert!(S::TELLS_STATES || page.states.is_empty(), "a source that has states says so");
    let states = match S::TELLS_STATES {
        true => page.states.into_iter().map(|state| state.erase(ids)).collect::<Result<_, _>>()?,
        false => Vec::new(),
    };
    Ok(Page {
        rows: page.rows.erase(ids)?,
        next: page.next.map(|next| to_raw_value(&next)).transpose()?,
        more: page.more,
        complete_scan: page.complete_scan,
        scan_total: page.scan_total,
        withdrawn: page.withdrawn,
        window: page.window,
        states,
    })
}

/// A page of a source: `at` where it stands, or else at its beginning.
fn page<'a, S: Source>(
    api: &'a Api<'a, S::Provider>,
    at: Option<Box<RawValue>>,
    fetch: Fetch<'a>,
) -> BoxFuture<'a, Result<ErasedPage, ProviderError>> {
    Box::pin(async move {
        let at = at.and_then(|at| serde_json::from_str(at.get()).ok());
        let lost = || S::Cursor::recovered(fetch.last_data_at?, fetch.now);
        let page = S::page(api, S::Cursor::begin(at.or_else(lost), fetch.now)).await?;
        erased::<S>(page, RecordIds(fetch.connection)).map_err(ProviderError::unwritable)
    })
}

/// A page of what a source's feed missed.
fn history<'a, S: Source>(
    api: &'a Api<'a, S::Provider>,
    gap: &'a Gap,
    ids: RecordIds,
) -> BoxFuture<'a, Result<(Batch, Option<String>), ProviderError>> {
    Box::pin(async move {
        let (rows, after) = S::history(api, gap).await?;
        Ok((rows.erase(ids).map_err(ProviderError::unwritable)?, after))
    })
}

/// A stored source, mapped again by its source's mapper.
fn remap<S: Source>(stored: &StoredSource<'_>, ids: RecordIds) -> Result<Option<Remapped>, ProviderError> {
    let Some(Remap { map, beside }) = S::REMAP else {
        let (source, resource) = (<S::Provider as Provider>::SOURCE_NAME, <S::Rows as Rows>::TYPE.resource);
        let what = format!("mapping {resource} of {source} again: it takes other answers of the provider than the stored source");
        return Err(ProviderError::Unsupported { what });
    };
    let Some(rows) = map(stored) else { return Ok(None) };
    let batch = rows.erase(ids).map_err(ProviderError::unwritable)?;
    Ok(Some(Remapped { drift: S::KNOWN.drift(&batch), batch, beside }))
}

/// In its place, in a build without the feature.
fn not_built(_: &StoredSource<'_>, _: RecordIds) -> Result<Option<Remapped>, ProviderError> {
    Err(ProviderError::Unsupported { what: "mapping stored sources again: this build is without the feature `remap`".to_owned() })
}

impl<P: Provider> Plan<P> {
    /// One page: of the source, or of the gap that its feed missed. Pages of the gap come between those of the feed and never hold
    /// it up: where one fails, the feed goes on.
    async fn fetch(&self, mut api: Api<'_, P>, fetch: Fetch<'_>) -> Result<Fetched, ProviderError> {
        let kept = StoredCursor::decode(fetch.cursor, self.reads);
        let missed = fetch.last_data_at.filter(|newest| self.history.is_some() && kept.is_none() && *newest < fetch.now);
        let missed = missed.map(|newest| Gap::since(newest, fetch.now));
        let StoredCursor { at, mut gap, fills, .. } = kept.unwrap_or_else(|| StoredCursor::new(None, missed, false));
        let mut has_failed = false;
        if let Some(history) = self.history
            && let Some(open) = gap.take_if(|gap| fills && gap.is_due(fetch.now))
        {
            api.lane = Lane::Backfill;
            match history(&api, &open, RecordIds(fetch.connection)).await {
                Ok((batch, after)) => {
                    let filled = filled(batch, &StoredCursor::new(at, open.rest(after), false))?;
                    return Ok(Fetched { drift: self.known.drift(&filled.batch), ..filled });
                }
                Err(error) => (gap, has_failed) = (open.failed(&error, fetch.now), true),
            }
        }
        api.lane = fetch.lane;
        let page = (self.page)(&api, at, fetch).await?;
        let is_due = |gap: &Gap| self.history.is_some() && gap.is_due(fetch.now);
        let fills = gap.as_ref().is_some_and(is_due) && !page.more && !has_failed;
        Ok(Fetched {
            states: page.states.into_iter().map(State::of_records).collect::<Result<_, _>>()?,
            drift: self.known.drift(&page.rows),
            batch: page.rows,
            cursor: StoredCursor::new(page.next, gap, fills).encode()?,
            more: page.more || fills,
            complete_scan: page.complete_scan,
            scan_total: page.scan_total,
            withdrawn: page.withdrawn,
            window: page.window,
        })
    }
}

/// A page of a gap, with the cursor behind it.
fn filled(batch: Batch, next: &StoredCursor) -> Result<Fetched, ProviderError> {
    Ok(Fetched {
        batch,
        cursor: next.encode()?,
        more: next.gap.is_some(),
        complete_scan: false,
        scan_total: None,
        withdrawn: Vec::new(),
        window: None,
        states: Vec::new(),
        drift: Drift::default(),
    })
}

/// The most sources that an adapter can have.
const MAX_PLANS: usize = 64;

/// The capabilities of a table, worked out by the compiler: what reads them does not carry the sources beside them.
struct Capabilities<P>(PhantomData<P>);

impl<P: Provider> Capabilities<P> {
    #[expect(clippy::indexing_slicing, reason = "a table that is too long does not compile")]
    const ALL: [Option<Capability>; MAX_PLANS] = {
        let mut all = [None; MAX_PLANS];
        let mut row = 0;
        while row < P::PLANS.len() {
            all[row] = Some(P::PLANS[row].capability);
            row += 1;
        }
        all
    };
}

impl<P: Provider> Accounts for P {
    fn source_name(&self) -> &'static str {
        P::SOURCE_NAME
    }

    fn brands(&self) -> &'static [Brand] {
        P::BRANDS
    }

    fn default_base_url(&self) -> &'static str {
        P::DEFAULT_BASE_URL
    }

    fn lacks(&self) -> &'static [Resource] {
        P::LACKS
    }

    fn oauth(&self) -> Option<&'static OAuth> {
        P::OAUTH
    }

    fn capabilities(&self) -> Vec<Capability> {
        Capabilities::<P>::ALL.into_iter().flatten().collect()
    }

    fn writes(&self) -> Vec<Writable> {
        Writables::<P>::ALL.into_iter().flatten().collect()
    }

    fn validate<'a>(
        &'a self,
        http: &'a dyn Http,
        base: &'a Url,
        credentials: &'a Credentials,
    ) -> BoxFuture<'a, Result<Account, ProviderError>> {
        Box::pin(async move {
            let session = P::session(base, credentials)?;
            let api = Api { http, session, pause: None, budget: &Unlimited, sessions: &Unshared, lane: Lane::Live };
            P::account(&api).await
        })
    }
}

/// The row of an adapter's table for a resource.
fn plan_of<P: Provider>(resource: Resource) -> Result<&'static Plan<P>, ProviderError> {
    let plan = P::PLANS.iter().find(|plan| plan.capability.record.resource == resource);
    plan.ok_or_else(|| ProviderError::Unsupported { what: resource.to_string() })
}

impl<P: Provider> Adapter for P {
    fn fetch<'a>(
        &'a self,
        http: &'a dyn Http,
        resource: Resource,
        fetch: Fetch<'a>,
    ) -> BoxFuture<'a, Result<Fetched, ProviderError>> {
        Box::pin(async move {
            let plan = plan_of::<P>(resource)?;
            let session = P::session(fetch.base_url, fetch.credentials)?;
            let Fetch { pause, budget, sessions, lane, .. } = fetch;
            let api = Api { http, session, pause: Some(pause), budget, sessions, lane };
            plan.fetch(api, fetch).await
        })
    }

    fn remap(
        &self,
        resource: Resource,
        connection: ConnectionId,
        stored: &StoredSource<'_>,
    ) -> Result<Option<Remapped>, ProviderError> {
        (plan_of::<P>(resource)?.remap)(stored, RecordIds(connection))
    }

    fn write<'a>(
        &'a self,
        http: &'a dyn Http,
        (resource, operation): (Resource, OperationType),
        change: Change<'a>,
    ) -> BoxFuture<'a, Result<Written, ProviderError>> {
        Box::pin(async move {
            let is_it = |writable: &Writable| writable.record.resource == resource && writable.operation == operation;
            let plan = P::WRITES.iter().find(|plan| is_it(&plan.writable));
            let plan = plan.ok_or_else(|| ProviderError::Unsupported { what: format!("writing a {resource}") })?;
            let session = P::session(change.base_url, change.credentials)?;
            let Change { pause, budget, sessions, .. } = change;
            let api = Api { http, session, pause: Some(pause), budget, sessions, lane: Lane::Live };
            (plan.send)(&api, &change).await
        })
    }
}
