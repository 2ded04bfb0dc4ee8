//! Requests to Samsara's lists.

use std::time::Duration;

use serde_json::value::RawValue;

use super::Samsara;
use crate::client::OkResponse;
use crate::{Api, PAGE_DEADLINE, ProviderError};

/// The most pages of a list that is read at once.
const SHORT_LIST_PAGES: usize = 40;
/// The longest that a page of a list beside records may take.
const BESIDE_DEADLINE: Duration = Duration::from_secs(5);

impl Api<'_, Samsara> {
    /// A page of a list or feed, from the provider's cursor `after` on.
    pub(super) async fn page(
        &self,
        path: &str,
        query: &[(&str, &str)],
        after: Option<&str>,
    ) -> Result<OkResponse, ProviderError> {
        self.page_within(path, query, after, PAGE_DEADLINE).await
    }

    async fn page_within(
        &self,
        path: &str,
        query: &[(&str, &str)],
        after: Option<&str>,
        deadline: Duration,
    ) -> Result<OkResponse, ProviderError> {
        let mut query = query.to_vec();
        query.extend(after.map(|after| ("after", after)));
        self.get(path, &query, deadline).await
    }

    /// A list that is short: all its pages.
    ///
    /// # Errors
    /// As for a page; also where the list does not end.
    pub(super) async fn short_list(&self, path: &str, query: &[(&str, &str)]) -> Result<ShortList, ProviderError> {
        self.short_list_within(path, query, PAGE_DEADLINE).await
    }

    /// A short list that stands beside records which are worth having without it. `None` where the account may not read it, or
    /// the provider does not bring it in a few seconds.
    pub(super) async fn beside(&self, list: Beside, query: &[(&str, &str)]) -> Option<ShortList> {
        match self.short_list_within(list.path, query, BESIDE_DEADLINE).await {
            Ok(list) => Some(list),
            Err(cause) if cause.is_forbidden() => {
                tracing::debug!(provider = "samsara", what = list.what, "account may not read a list beside its records");
                None
            }
            Err(cause) => {
                tracing::warn!(provider = "samsara", what = list.what, %cause, "failed to read a list beside records");
                None
            }
        }
    }

    async fn short_list_within(
        &self,
        path: &str,
        query: &[(&str, &str)],
        deadline: Duration,
    ) -> Result<ShortList, ProviderError> {
        let (mut list, mut after) = (ShortList::default(), None);
        for _ in 0..SHORT_LIST_PAGES {
            let response = self.page_within(path, query, after.as_deref(), deadline).await?;
            let (data, next) = response.page(after.as_deref())?;
            list.rows.extend(data.into_iter().map(ToOwned::to_owned));
            list.is_unclear |= next.is_unclear;
            after = next.after_more();
            if after.is_none() {
                return Ok(list);
            }
        }
        Err(ProviderError::Malformed { what: format!("{path} does not end"), response: None })
    }
}

/// A list that stands beside records.
#[derive(Clone, Copy)]
pub(super) struct Beside {
    pub(super) path: &'static str,
    /// What it lists, for log lines.
    pub(super) what: &'static str,
}

/// A list that was read at once.
#[derive(Default)]
pub(super) struct ShortList {
    pub(super) rows: Vec<Box<RawValue>>,
    /// Whether a page was: nothing follows from what the list lacks.
    pub(super) is_unclear: bool,
}
