//! Lists of everything there is: `Get`, sorted by id, each page from the last id of the one before.
//!
//! A page may be cut silently, and a user who may see less gets less, without a word. So a list ends where as many records were listed as
//! the provider counts, and only then does it prove what is gone. One that lists nothing proves nothing.

use model::Timestamp;
use model::telematics::Observation;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Geotab;
use super::rpc::with;
use crate::client::OkResponse;
use crate::cursor::Cursor;
use crate::wire::Members;
use crate::{Api, PAGE_DEADLINE, Page, ProviderError};

/// Records of a page; the provider cuts at 5,000, which would be 12 MB of devices.
pub(super) const PAGE_SIZE: u32 = 1_000;

/// Where a walk through a list stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seek {
    /// The last id of the page before; none at the beginning.
    after: Option<String>,
    /// When the walk began: what is in use is so at that time.
    pub(super) began: Timestamp,
    /// How many records the pages before listed.
    listed: u64,
    /// Whether a record could not be read so far.
    #[serde(default)]
    is_incomplete: bool,
}

impl Cursor for Seek {
    const KIND: &'static str = "walk";

    fn begin(kept: Option<Self>, now: Timestamp) -> Self {
        kept.unwrap_or(Self { after: None, began: now, listed: 0, is_incomplete: false })
    }
}

/// A list: the kind of its records, a switch that a search for them has, and how many are asked for at once.
#[derive(Clone, Copy)]
pub(super) struct List {
    pub(super) kind: &'static str,
    pub(super) search: Option<(&'static str, bool)>,
    pub(super) size: u32,
}

impl List {
    /// Everything of a kind.
    pub(super) const fn of(kind: &'static str) -> Self {
        Self { kind, search: None, size: PAGE_SIZE }
    }

    /// Parameters of a call, with the search for this list.
    fn with_search(self, params: Value) -> Value {
        let search = self.search.map(|(name, value)| with(json!({}), name, value.into()));
        match search {
            Some(search) => with(params, "search", search),
            None => params,
        }
    }
}

/// A page of a list, and what is behind it.
pub(super) struct Sought {
    pub(super) response: OkResponse,
    next: Option<Seek>,
    is_whole: bool,
}

/// What a record of a list is.
pub(super) enum Listed<T> {
    /// One of those that are asked for.
    Row(Observation<T>),
    /// Another kind, which the same list has.
    Other,
    /// It cannot be read.
    Unreadable,
}

impl<T> Listed<T> {
    /// The row, where it is one.
    pub(super) fn row(self) -> Option<Observation<T>> {
        if let Self::Row(row) = self { Some(row) } else { None }
    }
}

impl Sought {
    /// The page of its records.
    pub(super) fn page<T>(self, row: impl Fn(&RawValue) -> Listed<T>) -> Result<Page<Vec<Observation<T>>, Seek>, ProviderError> {
        let (mut rows, mut is_whole, mut next) = (Vec::new(), self.is_whole, self.next);
        for raw in self.response.parse::<Vec<&RawValue>>()? {
            match row(raw) {
                Listed::Row(row) => rows.push(row),
                Listed::Other => {}
                Listed::Unreadable => {
                    is_whole = false;
                    next.iter_mut().for_each(|next| next.is_incomplete = true);
                }
            }
        }
        let complete_scan = next.is_none() && is_whole;
        Ok(Page { complete_scan, ..Page::of(rows, next.clone(), next.is_some()) })
    }
}

impl Api<'_, Geotab> {
    /// Reads a list to its end.
    pub(super) async fn walk(&self, list: List, mut read: impl FnMut(&Members<'_>) + Send) -> Result<(), ProviderError> {
        // What was in use when it began is for those to say who ask for pages.
        let mut seek = Some(Seek::begin(None, Timestamp::from_micros(0)));
        while let Some(at) = seek {
            let sought = self.seek(list, at).await?;
            sought.response.parse::<Vec<&RawValue>>()?.into_iter().for_each(|raw| read(&Members::of(raw)));
            seek = sought.next;
        }
        Ok(())
    }

    /// A page of a list.
    pub(super) async fn seek(&self, list: List, seek: Seek) -> Result<Sought, ProviderError> {
        let sort = json!({ "sortBy": "id", "sortDirection": "asc", "offset": seek.after });
        let response = self.get(list.kind, list.with_search(json!({ "resultsLimit": list.size, "sort": sort }))).await?;
        let rows: Vec<&RawValue> = response.parse()?;
        let (count, last) = (u64::try_from(rows.len()).unwrap_or(u64::MAX), rows.last().copied());
        let last: Option<String> = last.and_then(|raw| Members::of(raw).get("id"));
        if last.is_some() && last == seek.after {
            return Err(response.malformed("a list does not move on"));
        }
        let listed = seek.listed + count;
        let counted = if count < u64::from(list.size) { self.counted(list).await? } else { None };
        let is_whole = counted == Some(listed) && listed > 0 && !seek.is_incomplete;
        // Fewer records than were asked for, though there are more: the page was cut.
        let goes_on = count >= u64::from(list.size) || count > 0 && counted.is_some_and(|counted| counted > listed);
        let next = last.filter(|_| goes_on).map(|after| Seek { after: Some(after), listed, ..seek });
        Ok(Sought { is_whole: is_whole && next.is_none(), response, next })
    }

    /// How many records a list has; `None` where the provider does not say.
    async fn counted(&self, list: List) -> Result<Option<u64>, ProviderError> {
        let kind = list.kind;
        match self.count_of(kind, list.with_search(json!({})), PAGE_DEADLINE).await {
            Ok(count) => Ok(Some(count)),
            Err(error @ ProviderError::RateLimited { .. }) => Err(error),
            Err(cause) => {
                tracing::warn!(provider = "geotab", kind, %cause, "a list was not counted, it proves nothing about absence");
                Ok(None)
            }
        }
    }
}
