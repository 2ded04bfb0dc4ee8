//! Drivers, some at a time: what is told driver by driver is asked for in the order of their ids.

use model::Timestamp;
use serde_json::json;
use serde_json::value::RawValue;

use super::Geotab;
use crate::client::OkResponse;
use crate::wire::Members;
use crate::{Api, ProviderError};

/// Some drivers.
pub(super) struct Drivers {
    users: OkResponse,
    /// The last of them, behind whom the others stand; none where there are no more.
    pub(super) last: Option<String>,
}

impl Drivers {
    /// Those who had not left at a time, each with their id.
    pub(super) fn since(&self, from: Timestamp) -> Result<Vec<(String, Members<'_>)>, ProviderError> {
        let users = self.users.parse::<Vec<&RawValue>>()?.into_iter().map(Members::of);
        let is_wanted =
            |user: &Members<'_>| user.get("isDriver") == Some(true) && user.moment("activeTo").is_none_or(|left| left >= from);
        Ok(users.filter(is_wanted).filter_map(|user| Some((user.get("id")?, user))).collect())
    }
}

impl Api<'_, Geotab> {
    /// The drivers behind one of them.
    pub(super) async fn drivers(&self, after: Option<&str>, most: usize) -> Result<Drivers, ProviderError> {
        let sort = json!({ "sortBy": "id", "sortDirection": "asc", "offset": after });
        let users = self.get("User", json!({ "search": { "isDriver": true }, "resultsLimit": most, "sort": sort })).await?;
        let last = users.parse::<Vec<&RawValue>>()?.last().copied();
        let last: Option<String> = last.and_then(|user| Members::of(user).get("id"));
        if last.is_some() && last.as_deref() == after {
            return Err(users.malformed("a list does not move on"));
        }
        Ok(Drivers { users, last })
    }
}
