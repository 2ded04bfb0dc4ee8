//! Requests to Samsara's lists.

use std::time::{Duration, Instant};

use serde_json::value::RawValue;

use super::Samsara;
use crate::client::OkResponse;
use crate::{Api, PAGE_DEADLINE, ProviderError};

/// The most pages of a list that is read at once.
const SHORT_LIST_PAGES: usize = 40;
/// The longest that a list beside records may take, all its pages and waits together.
const BESIDE_DEADLINE: Duration = Duration::from_secs(5);
/// A wait that is shorter is this long, so that a provider that asks for none is not asked in a circle.
const SHORTEST_WAIT: Duration = Duration::from_millis(200);
/// For how long lists of one kind are begun beside one page of records.
const BESIDE_PAGE: Duration = Duration::from_secs(10);

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
        self.short_list_within(path, query, PAGE_DEADLINE, Duration::MAX).await
    }

    /// The same of a list that stands beside others: where the provider asks to wait for a few seconds, that is done here.
    ///
    /// # Errors
    /// As for a short list.
    pub(super) async fn awaited_list(&self, path: &str, query: &[(&str, &str)]) -> Result<ShortList, ProviderError> {
        self.awaited_list_within(path, query, PAGE_DEADLINE, Duration::MAX).await
    }

    async fn awaited_list_within(
        &self,
        path: &str,
        query: &[(&str, &str)],
        of_page: Duration,
        of_all: Duration,
    ) -> Result<ShortList, ProviderError> {
        let (begun, mut waited) = (Instant::now(), Duration::ZERO);
        loop {
            let answer = self.short_list_within(path, query, of_page, of_all.saturating_sub(begun.elapsed().max(waited))).await;
            let Some((pause, wait)) = self.pause.zip(answer.as_ref().err().and_then(ProviderError::retry_after)) else {
                return answer;
            };
            let wait = wait.max(SHORTEST_WAIT);
            if begun.elapsed().max(waited).saturating_add(wait) >= BESIDE_DEADLINE {
                return answer;
            }
            tracing::info!(
                provider = "samsara",
                path,
                wait_ms = u64::try_from(wait.as_millis()).ok(),
                "provider asks to wait with a list, waiting"
            );
            pause.0(wait).await;
            waited += wait;
        }
    }

    /// A short list that stands beside `records` records which are worth having without it.
    ///
    /// # Errors
    /// Where the account may not read it, or the provider does not bring it in a few seconds.
    pub(super) async fn beside(&self, list: Beside, query: &[(&str, &str)], records: usize) -> Result<ShortList, Missing> {
        match self.awaited_list_within(list.path, query, BESIDE_DEADLINE, BESIDE_DEADLINE).await {
            Ok(list) => Ok(list),
            Err(cause) if cause.is_forbidden() => {
                tracing::debug!(provider = "samsara", what = list.what, "account may not read a list beside its records");
                Err(Missing::Refused)
            }
            Err(cause) => {
                tracing::warn!(provider = "samsara", what = list.what, records, %cause, "records go without a list beside them");
                Err(Missing::Down)
            }
        }
    }

    async fn short_list_within(
        &self,
        path: &str,
        query: &[(&str, &str)],
        of_page: Duration,
        of_all: Duration,
    ) -> Result<ShortList, ProviderError> {
        let begun = Instant::now();
        let (mut list, mut after) = (ShortList::default(), None);
        for _ in 0..SHORT_LIST_PAGES {
            let left = of_all.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(ProviderError::Timeout);
            }
            let response = self.page_within(path, query, after.as_deref(), of_page.min(left)).await?;
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

/// How long is asked for what stands beside one page of records: a run has more to do.
pub(super) struct TimeBudget(Instant);

impl TimeBudget {
    pub(super) fn begin() -> Self {
        Self(Instant::now())
    }

    /// Whether another list is asked for, that of `records` more records.
    pub(super) fn lasts(&self, records: usize) -> bool {
        let lasts = self.0.elapsed() < BESIDE_PAGE;
        if !lasts {
            tracing::warn!(provider = "samsara", records, "provider is slow, records go without what is beside them");
        }
        lasts
    }
}

/// A list that stands beside records.
#[derive(Clone, Copy)]
pub(super) struct Beside {
    pub(super) path: &'static str,
    /// What it lists, for log lines.
    pub(super) what: &'static str,
}

/// Why a list beside records is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The account may not read it: its records are whole without.
    Refused,
    /// The provider does not bring it now: its records have less in them than another time.
    Down,
}

/// A list that was read at once.
#[derive(Default)]
pub(super) struct ShortList {
    pub(super) rows: Vec<Box<RawValue>>,
    /// Whether a page was: nothing follows from what the list lacks.
    pub(super) is_unclear: bool,
}
