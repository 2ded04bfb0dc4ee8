//! How adapters are written: a session, and a table of what can be fetched with it. This module makes an [`Adapter`] of them.

use std::time::Duration;

use model::credentials::Credentials;
use model::telematics::{RecordType, Rows};
use model::{RecordIds, Resource};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::cursor::Cursor;
use crate::{Account, Adapter, BoxFuture, Fetch, Fetched, Http, ProviderError, WindowPart};

/// The longest a data page may take.
pub(crate) const PAGE_DEADLINE: Duration = Duration::from_secs(30);

/// A provider: how an account of its API is opened, and what can be read there.
pub(crate) trait Provider: Send + Sync + Sized + 'static {
    /// What the credentials open: base URL, headers.
    type Session: Send + Sync;

    /// The `source_name` of its records and of its TSPs.
    const SOURCE_NAME: &'static str;
    /// The root of its API where the TSP names no other.
    const DEFAULT_BASE_URL: &'static str;
    /// What can be fetched, a line each.
    const PLANS: &'static [Plan<Self>];

    /// Opens a session; asks nothing yet.
    fn session(base: &Url, credentials: &Credentials) -> Result<Self::Session, ProviderError>;

    /// Whose account it is, by the cheapest call that tells.
    fn account(api: &Api<'_, Self>) -> impl Future<Output = Result<Account, ProviderError>> + Send;
}

/// A provider's API as one account sees it. Adapters add their calls: `impl Api<'_, Samsara>`.
pub(crate) struct Api<'a, P: Provider> {
    pub(crate) http: &'a dyn Http,
    pub(crate) session: P::Session,
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
    /// The window that this page is part of.
    pub(crate) window: Option<WindowPart>,
}

/// Requests that the provider counts against one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Its name.
    pub class: &'static str,
    /// Requests per second that the provider allows an account.
    pub per_second: u32,
}

type FetchPage<P> = for<'a> fn(&'a Api<'a, P>, Fetch<'a>) -> BoxFuture<'a, Result<Fetched, ProviderError>>;

/// A line of an adapter's table.
pub(crate) struct Plan<P: Provider> {
    capability: Capability,
    fetch: FetchPage<P>,
}

/// What an adapter can fetch, and how.
#[derive(Clone, Copy, Debug)]
pub struct Capability {
    /// What is fetched.
    pub record: &'static RecordType,
    /// `walk`, `feed` or `window`.
    pub kind: &'static str,
    /// Records of a page, where the adapter asks for so many; else the provider decides.
    pub page_size: Option<u32>,
    /// The limit that its requests count against.
    pub rate: Rate,
}

impl<P: Provider> Plan<P> {
    pub(crate) const fn of<S: Source<Provider = P>>(rate: Rate, page_size: Option<u32>) -> Self {
        let capability = Capability { record: <S::Rows as Rows>::TYPE, kind: S::Cursor::KIND, page_size, rate };
        Self { capability, fetch: fetch::<S> }
    }
}

/// Version of stored cursors.
const VERSION: u8 = 2;

#[derive(Serialize, Deserialize)]
struct Versioned<C> {
    v: u8,
    at: C,
}

/// The cursor in a text; `None` where there is none, or none of this version.
fn decode<C: Cursor>(text: Option<&str>) -> Option<C> {
    let read = serde_json::from_str::<Versioned<C>>(text?).ok().filter(|read| read.v == VERSION);
    if read.is_none() {
        tracing::warn!("cannot decode the stored cursor, starting over");
    }
    read.map(|read| read.at)
}

fn fetch<'a, S: Source>(api: &'a Api<'a, S::Provider>, fetch: Fetch<'a>) -> BoxFuture<'a, Result<Fetched, ProviderError>> {
    Box::pin(async move {
        let Page { rows, next, more, complete_scan, window } =
            S::page(api, S::Cursor::begin(decode(fetch.cursor), fetch.now)).await?;
        let unwritable = |error: serde_json::Error| ProviderError::Malformed { what: error.to_string(), response: None };
        let cursor = next.map(|at| serde_json::to_string(&Versioned { v: VERSION, at })).transpose();
        let batch = rows.erase(RecordIds(fetch.connection)).map_err(unwritable)?;
        Ok(Fetched { batch, cursor: cursor.map_err(unwritable)?, more, complete_scan, window })
    })
}

impl<P: Provider> Adapter for P {
    fn source_name(&self) -> &'static str {
        P::SOURCE_NAME
    }

    fn default_base_url(&self) -> &'static str {
        P::DEFAULT_BASE_URL
    }

    fn capabilities(&self) -> Vec<Capability> {
        P::PLANS.iter().map(|plan| plan.capability).collect()
    }

    fn validate<'a>(
        &'a self,
        http: &'a dyn Http,
        base: &'a Url,
        credentials: &'a Credentials,
    ) -> BoxFuture<'a, Result<Account, ProviderError>> {
        Box::pin(async move {
            let api = Api { http, session: P::session(base, credentials)? };
            P::account(&api).await
        })
    }

    fn fetch<'a>(
        &'a self,
        http: &'a dyn Http,
        resource: Resource,
        fetch: Fetch<'a>,
    ) -> BoxFuture<'a, Result<Fetched, ProviderError>> {
        Box::pin(async move {
            let plan = P::PLANS.iter().find(|plan| plan.capability.record.resource == resource);
            let plan = plan.ok_or_else(|| ProviderError::Unsupported { what: resource.to_string() })?;
            let api = Api { http, session: P::session(fetch.base_url, fetch.credentials)? };
            (plan.fetch)(&api, fetch).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::{Feed, Walk};

    #[test]
    fn foreign_cursors_start_over() {
        let text = serde_json::to_string(&Versioned { v: VERSION, at: Feed { after: Some("a\"b".into()) } }).unwrap();
        assert_eq!(decode::<Feed>(Some(&text)), Some(Feed { after: Some("a\"b".into()) }));
        let older = text.replace("\"v\":2", "\"v\":1");
        for text in [None, Some(""), Some("MjkY"), Some(older.as_str()), Some(r#"{"v":2,"at":{"moon":1}}"#)] {
            assert_eq!(decode::<Walk>(text), None, "{text:?}");
        }
    }
}
