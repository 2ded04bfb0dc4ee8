//! Requests to Motive's lists: pages with numbers, whose records stand in a wrapper each.

use std::collections::{BTreeMap, BTreeSet};

use model::telematics::Observation;
use serde_json::value::RawValue;

use super::Motive;
use crate::client::OkResponse;
use crate::list::ListForm;
use crate::numbered::{Numbered, Said};
use crate::wire::Members;
use crate::{Api, PAGE_DEADLINE, Page, ProviderError};

/// The most records of a page; the provider cuts a larger wish silently.
pub(super) const PAGE_SIZE: usize = 100;
/// The most pages of a list that is read at once, or that ids are looked up in.
const SHORT_LIST_PAGES: usize = 40;
/// Some lists have these in `pagination`, others beside their rows.
const PAGING: &[&str] = &["pagination", "page_no", "total"];

/// A list: its path, the member with its rows, and what each row is wrapped in.
#[derive(Clone, Copy)]
pub(super) struct List {
    pub(super) path: &'static str,
    pub(super) rows: &'static str,
    pub(super) row: &'static str,
}

/// Records as a page lists them.
pub(super) struct Listed<'a> {
    pub(super) rows: Vec<&'a RawValue>,
    pub(super) said: Said,
}

impl OkResponse {
    /// A page of a list. One with null for its rows lists nothing, and nothing follows from it.
    ///
    /// # Errors
    /// [`ProviderError::Malformed`] where it is no page.
    pub(super) fn listed(&self, list: List) -> Result<Listed<'_>, ProviderError> {
        let page = self.list(ListForm { rows: list.rows, paging: PAGING, reason: super::ACCESS.reason })?;
        let inner = page.paging.object("pagination");
        let number = |name: &str| inner.get::<i64>(name).or_else(|| page.paging.get(name));
        let number = |name: &str| number(name).and_then(|number| u64::try_from(number).ok());
        let total = number("total").filter(|_| page.rows.is_some());
        let rows: Vec<&RawValue> = page.rows.unwrap_or_default().into_iter().map(|raw| unwrapped(raw, list.row)).collect();
        let said = Said { page: number("page_no"), total, listed: rows.len() };
        Ok(Listed { rows, said })
    }
}

/// A record without its wrapper.
pub(super) fn unwrapped<'a>(raw: &'a RawValue, wrapper: &str) -> &'a RawValue {
    Members::of(raw).raw(wrapper).unwrap_or(raw)
}

/// How many of some records have ids of their own.
fn distinct(rows: &[Box<RawValue>]) -> u64 {
    let ids: BTreeSet<String> = rows.iter().filter_map(|raw| Members::of(raw).get("id")).collect();
    u64::try_from(ids.len()).unwrap_or(u64::MAX)
}

impl Api<'_, Motive> {
    /// A page of a list.
    pub(super) async fn page(
        &self,
        list: List,
        query: &[(&str, &str)],
        page: u32,
        size: usize,
    ) -> Result<OkResponse, ProviderError> {
        let (page, size) = (page.to_string(), size.to_string());
        let paging = [("per_page", size.as_str()), ("page_no", page.as_str())];
        self.get(list.path, &[query, &paging].concat(), PAGE_DEADLINE).await
    }

    /// A page of a walk over everything that a list has.
    pub(super) async fn walk<T>(
        &self,
        list: List,
        at: Numbered,
        row: fn(&RawValue) -> Option<Observation<T>>,
    ) -> Result<Page<Vec<Observation<T>>, Numbered>, ProviderError> {
        let response = self.page(list, &[], at.page, PAGE_SIZE).await?;
        let Listed { rows, said } = response.listed(list)?;
        let rows = rows.into_iter().filter_map(row).collect();
        at.walk(said, PAGE_SIZE, rows, |what| response.malformed(what))
    }

    /// A list that is short: all its pages, and whether nothing of it can be missing: as many different ids as it was said to have.
    ///
    /// # Errors
    /// As for a page; also where the list does not end.
    pub(super) async fn short_list(
        &self,
        list: List,
        query: &[(&str, &str)],
    ) -> Result<(Vec<Box<RawValue>>, bool), ProviderError> {
        let (mut all, mut at) = (Vec::new(), Numbered::first());
        for _ in 0..SHORT_LIST_PAGES {
            let response = self.page(list, query, at.page, PAGE_SIZE).await?;
            let Listed { rows, said } = response.listed(list)?;
            all.extend(rows.into_iter().map(ToOwned::to_owned));
            match at.after(said, PAGE_SIZE).map_err(|what| response.malformed(what))? {
                (Some(next), _) => at = next,
                (None, read) => {
                    let is_whole = read.is_whole() && read.total() == Some(distinct(&all));
                    return Ok((all, is_whole));
                }
            }
        }
        Err(ProviderError::Malformed { what: format!("{} does not end", list.path), response: None })
    }

    /// Looks ids up in a list, which is read until all of them are found: what `read` makes of their records, and whether the
    /// list has no others of them. Of a list that is too long to be read, the pages behind count as not there.
    pub(super) async fn look_up<T>(
        &self,
        list: List,
        ids: &BTreeSet<String>,
        read: fn(&Members<'_>) -> Option<T>,
    ) -> Result<(BTreeMap<String, T>, bool), ProviderError> {
        let (mut found, mut seen, mut at) = (BTreeMap::new(), BTreeSet::new(), Numbered::first());
        for _ in 0..SHORT_LIST_PAGES {
            let response = self.page(list, &[], at.page, PAGE_SIZE).await?;
            let Listed { rows, said } = response.listed(list)?;
            for wire in rows.into_iter().map(Members::of) {
                let Some(id) = wire.get::<String>("id") else { continue };
                found.extend(read(&wire).filter(|_| ids.contains(&id)).map(|record| (id.clone(), record)));
                seen.insert(id);
            }
            if ids.is_subset(&seen) {
                return Ok((found, true));
            }
            match at.after(said, PAGE_SIZE).map_err(|what| response.malformed(what))? {
                (Some(next), _) => at = next,
                (None, end) => return Ok((found, end.is_whole() && end.total() == u64::try_from(seen.len()).ok())),
            }
        }
        Ok((found, true))
    }
}
