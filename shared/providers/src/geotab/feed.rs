//! Feeds: `GetFeed`, from a version on. Records come in the order of their versions, which is that of their arrival: a late upload comes
//! late, and a record that was edited comes again.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use super::Geotab;
use super::rpc::with;
use crate::client::OkResponse;
use crate::cursor::{Cursor, DAY, LONGEST_LOSS};
use crate::wire::Lenient;
use crate::{Api, PAGE_DEADLINE, Page, ProviderError};

/// How far before the newest stored record a feed begins whose cursor was lost: not all subjects report at once.
const OVERLAP: i64 = 3_600;

/// Along a feed of versions that never ends; at first from `DAYS` days ago on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Versions<const DAYS: i64> {
    /// From when on records were asked for at first.
    pub(super) since: Timestamp,
    /// The version behind which the feed goes on; none at the beginning.
    pub(super) after: Option<String>,
}

impl<const DAYS: i64> Cursor for Versions<DAYS> {
    const KIND: &'static str = "versions";

    fn begin(kept: Option<Self>, now: Timestamp) -> Self {
        kept.unwrap_or(Self { since: now.plus_seconds(-DAYS * DAY), after: None })
    }

    fn recovered(newest: Timestamp, now: Timestamp) -> Option<Self> {
        let since = newest.plus_seconds(-OVERLAP).max(now.plus_seconds(-LONGEST_LOSS));
        (since < now.plus_seconds(-DAYS * DAY)).then_some(Self { since, after: None })
    }
}

/// A page of a feed: its records are a JSON list.
pub(super) struct Fed {
    pub(super) records: OkResponse,
    after: String,
    more: bool,
}

impl Fed {
    /// The page of what was mapped of it.
    pub(super) fn page<R, const DAYS: i64>(self, at: Versions<DAYS>, rows: R) -> Page<R, Versions<DAYS>> {
        Page::of(rows, Some(Versions { after: Some(self.after), ..at }), self.more)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    to_version: Lenient<String>,
}

impl Api<'_, Geotab> {
    /// A page of a feed. Once there is a version, it alone says where the feed goes on.
    pub(super) async fn feed<const DAYS: i64>(&self, kind: &str, at: &Versions<DAYS>, most: u32) -> Result<Fed, ProviderError> {
        self.feed_from(kind, at.since, at.after.as_deref(), most).await
    }

    /// The version at which a feed is now: where it is asked for nothing, it tells nothing else.
    pub(super) async fn newest_version(&self, kind: &str) -> Result<String, ProviderError> {
        let response = self.call("GetFeed", &json!({ "typeName": kind, "resultsLimit": 1 }), PAGE_DEADLINE).await?;
        let body: Body<'_> = response.parse()?;
        body.to_version.0.ok_or_else(|| response.malformed("no page of a feed"))
    }

    async fn feed_from(&self, kind: &str, since: Timestamp, after: Option<&str>, most: u32) -> Result<Fed, ProviderError> {
        let from = match after {
            Some(version) => json!({ "fromVersion": version }),
            None => json!({ "search": { "fromDate": since.to_string() } }),
        };
        let params = with(with(from, "resultsLimit", most.into()), "typeName", kind.into());
        let response = self.call("GetFeed", &params, PAGE_DEADLINE).await?;
        let body: Body<'_> = response.parse()?;
        let (Some(data), Some(version)) = (body.data, body.to_version.0) else {
            return Err(response.malformed("no page of a feed"));
        };
        let records = response.part(data);
        let more = records.parse::<Vec<&RawValue>>()?.len() >= usize::try_from(most).unwrap_or(usize::MAX);
        if more && after == Some(version.as_str()) {
            return Err(response.malformed("a feed does not move on"));
        }
        Ok(Fed { records, after: version, more })
    }
}
