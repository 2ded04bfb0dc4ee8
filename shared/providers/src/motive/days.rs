//! Lists of what happened on some days, in numbered pages.

use model::Timestamp;
use model::telematics::Observation;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Motive;
use super::client::{List, Listed, PAGE_SIZE};
use crate::cursor::{Cursor, DAY, Window};
use crate::numbered::Numbered;
use crate::{Api, Page, ProviderError};

/// Where reading stands: in the window, and in the list; no page of it where the window is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Days<const RECENT: i64, const DEEP: i64> {
    #[serde(flatten)]
    window: Window<RECENT, DEEP>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page: Option<Numbered>,
}

impl<const RECENT: i64, const DEEP: i64> Cursor for Days<RECENT, DEEP> {
    const KIND: &'static str = Window::<RECENT, DEEP>::KIND;

    fn begin(kept: Option<Self>, now: Timestamp) -> Self {
        match kept {
            Some(kept) if kept.page.is_some() => kept,
            kept => Self { window: Window::begin(kept.map(|kept| kept.window), now), page: None },
        }
    }

    fn recovered(newest: Timestamp, now: Timestamp) -> Option<Self> {
        Window::recovered(newest, now).map(|window| Self { window, page: None })
    }
}

impl<const RECENT: i64, const DEEP: i64> Days<RECENT, DEEP> {
    /// A page of a list that takes so many days at most: a longer window is read in parts. Whose days they are is not documented, so a day
    /// more is asked for. `withdrawn` names what is no row any more.
    pub(super) async fn page<T>(
        self,
        api: &Api<'_, Motive>,
        (list, longest): (List, i64),
        row: fn(&RawValue) -> Option<Observation<T>>,
        withdrawn: fn(&RawValue) -> Option<String>,
    ) -> Result<Page<Vec<Observation<T>>, Self>, ProviderError> {
        let at = self.page.unwrap_or_else(Numbered::first);
        let Window { from, to, .. } = self.window;
        let begin = from.plus_seconds(-DAY);
        let end = to.min(begin.plus_seconds((longest - 1) * DAY));
        let (first, last) = (begin.date().to_string(), end.date().to_string());
        let response = api.page(list, &[("start_date", &first), ("end_date", &last)], at.page, PAGE_SIZE).await?;
        let Listed { rows: listed, said } = response.listed(list)?;
        let withdrawn = listed.iter().filter_map(|raw| withdrawn(raw)).collect();
        let rows = listed.into_iter().filter_map(row).collect();
        let (page, _) = at.after(said, PAGE_SIZE).map_err(|what| response.malformed(what))?;
        let next = match page {
            None if end < to => Self { window: Window { from: end, ..self.window }, page: Some(Numbered::first()) },
            page => Self { window: self.window, page },
        };
        let more = next.page.is_some();
        Ok(Page { withdrawn, ..Page::of(rows, Some(next), more) })
    }
}
