//! Drivers or devices, some at a time: what is told one by one is asked for in the order of their ids.

use model::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Geotab;
use super::rpc::with;
use crate::client::OkResponse;
use crate::wire::Members;
use crate::{Api, ProviderError};

/// Some records of a list.
pub(super) struct Batch {
    pub(super) records: OkResponse,
    /// The last of them, behind whom the others stand; none where there are no more.
    pub(super) last: Option<String>,
}

impl Batch {
    /// The drivers among them who had not left at a time, each with their id.
    pub(super) fn drivers_since(&self, from: Timestamp) -> Result<Vec<(String, Members<'_>)>, ProviderError> {
        let users = self.records.parse::<Vec<&RawValue>>()?.into_iter().map(Members::of);
        let is_wanted =
            |user: &Members<'_>| user.get("isDriver") == Some(true) && user.moment("activeTo").is_none_or(|left| left >= from);
        Ok(users.filter(is_wanted).filter_map(|user| Some((user.get("id")?, user))).collect())
    }
}

impl Api<'_, Geotab> {
    /// The drivers behind one of them.
    pub(super) async fn drivers(&self, after: Option<&str>, most: usize) -> Result<Batch, ProviderError> {
        self.batch("User", json!({ "search": { "isDriver": true }, "resultsLimit": most }), after).await
    }

    /// The records of a list behind one of them.
    pub(super) async fn batch(&self, kind: &str, how: Value, after: Option<&str>) -> Result<Batch, ProviderError> {
        let sort = json!({ "sortBy": "id", "sortDirection": "asc", "offset": after });
        let records = self.get(kind, with(how, "sort", sort)).await?;
        let last = records.parse::<Vec<&RawValue>>()?.last().copied();
        let last: Option<String> = last.and_then(|record| Members::of(record).get("id"));
        if last.is_some() && last.as_deref() == after {
            return Err(records.malformed("a list does not move on"));
        }
        Ok(Batch { records, last })
    }
}
