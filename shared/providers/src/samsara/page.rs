//! A page of a list or feed, and where the next one begins.

use serde_json::value::RawValue;

use crate::ProviderError;
use crate::client::OkResponse;
use crate::list::ListForm;
use crate::wire::Members;

const PAGE: ListForm = ListForm { rows: "data", paging: &["pagination"], reason: "message" };

/// Where the provider says to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NextPage {
    /// Its cursor; absent on the last page of a plain list.
    pub(super) after: Option<String>,
    /// Whether there is more now.
    pub(super) more: bool,
    /// Whether the provider does not say if there is more, and its cursor leads on.
    pub(super) leads: bool,
    /// Whether the page lacks its rows, or what tells whether it is the last: nothing follows from what it does not list.
    pub(super) is_unclear: bool,
}

impl NextPage {
    /// The cursor of a list, while there is more now. Where the provider does not say whether there is, the cursor tells.
    pub(super) fn after_more(self) -> Option<String> {
        self.after.filter(|_| self.more || self.leads)
    }

    /// How many rows a page lists, at least.
    pub(super) fn listed(&self, rows: usize) -> usize {
        rows + usize::from(self.is_unclear)
    }
}

impl OkResponse {
    /// A page of a list or feed that was asked for with the cursor `after`; the records stay JSON text. Null for rows is no row.
    ///
    /// # Errors
    /// [`ProviderError::Malformed`]; also where going on would bring the same page for ever.
    pub(super) fn page(&self, after: Option<&str>) -> Result<(Vec<&RawValue>, NextPage), ProviderError> {
        let page = self.list(PAGE)?;
        let (data, pagination) = (page.rows, page.paging.object("pagination"));
        let has_next: Option<bool> = pagination.get("hasNextPage");
        let (after_next, more): (Option<String>, bool) = (pagination.get("endCursor"), has_next == Some(true));
        let moves = after_next.is_some() && after_next.as_deref() != after;
        if more && !moves {
            return Err(self.malformed("the cursor does not move"));
        }
        let leads = has_next.is_none() && moves && data.as_ref().is_some_and(|data| !data.is_empty());
        let is_unclear = data.is_none() || (has_next.is_none() && !leads);
        let next = NextPage { after: after_next, more, leads, is_unclear };
        Ok((data.unwrap_or_default(), next))
    }

    /// Where a page of another form goes on, if there is more.
    ///
    /// # Errors
    /// [`ProviderError::Malformed`] where going on would bring the same page for ever.
    pub(super) fn after(&self, pagination: &Members<'_>, before: Option<&str>) -> Result<Option<String>, ProviderError> {
        let after = pagination.get::<String>("endCursor").filter(|_| pagination.get("hasNextPage") == Some(true));
        if after.is_some() && after.as_deref() == before {
            return Err(self.malformed("the cursor does not move"));
        }
        Ok(after)
    }
}
