//! Duty logs: `DutyStatusLog`. The feed tells whose logs changed, and from when on; those drivers' logs are then read by `Get`, since
//! what a driver did ends where the next entry begins, and an entry that was edited away is not told anywhere.
//!
//! At first, and once a day, the logs of all drivers are read, some days back: what the office assigned to somebody else, or deleted, is
//! found so.

mod entries;

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use model::telematics::{HosEvent, Observation};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

pub(super) use self::entries::duty_status;
use super::feed::Versions;
use super::values::Moment;
use super::{Geotab, members};
use crate::cursor::{Cursor, DAY, LONGEST_LOSS};
use crate::wire::Members;
use crate::{Api, Known, Page, ProviderError, Remap, Source, Subjects, WindowPart};

/// How many drivers are read at once.
const DRIVERS: usize = 25;
/// How far back the logs of all drivers are read: today and the seven days that a driver may still certify.
const DEEP: i64 = 8 * DAY;
/// How far before a change a driver's logs are read: the entry before may have begun on Friday.
const BEFORE: i64 = 4 * DAY;
/// The longest that is read because of an old change.
const LONGEST: i64 = 30 * DAY;
/// Changes of a page of the feed.
const CHANGES: u32 = 1_000;
/// With more drivers whose logs changed, the logs of all are read.
const MOST_CHANGED: usize = 500;
/// The most entries of a driver that are read at once.
const MOST: usize = 5_000;
const KIND: &str = "DutyStatusLog";

/// A walk through all drivers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pass {
    from: Timestamp,
    /// The last user of the page before.
    after: Option<String>,
}

/// Where reading stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Logs {
    /// The version behind which the feed of changes goes on.
    version: Option<String>,
    /// When the last walk through all drivers began.
    deep: Timestamp,
    /// That walk, while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pass: Option<Pass>,
    /// Drivers whose logs changed and are still to be read, each with from when on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    changed: BTreeMap<String, Timestamp>,
    /// Whether the feed has more changes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    has_more: bool,
    /// The time of the run.
    #[serde(skip)]
    now: Option<Timestamp>,
}

impl Logs {
    fn all(from: Timestamp, version: Option<String>, now: Timestamp) -> Self {
        let pass = Some(Pass { from, after: None });
        Self { version, deep: now, pass, changed: BTreeMap::new(), has_more: false, now: Some(now) }
    }

    fn is_idle(&self) -> bool {
        self.pass.is_none() && self.changed.is_empty() && !self.has_more
    }
}

impl Cursor for Logs {
    const KIND: &'static str = "versions and windows";

    fn begin(kept: Option<Self>, now: Timestamp) -> Self {
        match kept {
            Some(kept) if !kept.is_idle() || kept.deep > now.plus_seconds(-DAY) => Self { now: Some(now), ..kept },
            kept => Self::all(now.plus_seconds(-DEEP), kept.and_then(|kept| kept.version), now),
        }
    }

    fn recovered(newest: Timestamp, now: Timestamp) -> Option<Self> {
        let from = newest.max(now.plus_seconds(-LONGEST_LOSS));
        (from < now.plus_seconds(-DEEP)).then(|| Self::all(from, None, now))
    }
}

pub(super) struct HosEvents;

impl Source for HosEvents {
    type Provider = Geotab;
    type Rows = Vec<Observation<HosEvent>>;
    type Cursor = Logs;

    const KNOWN: Known = Known {
        members: members::HOS_EVENT,
        words: &[("status", &["duty_status_code", "event_type_code", "event_code", "eld_malfunction_code"])],
    };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| Some(vec![entries::of_source(stored.json)?])));

    async fn page(api: &Api<'_, Geotab>, mut logs: Logs) -> Result<Page<Self::Rows, Logs>, ProviderError> {
        if logs.version.is_none() {
            logs.version = Some(api.newest_version(KIND).await?);
        }
        let now = logs.now.unwrap_or(logs.deep);
        if logs.pass.is_none() && logs.changed.is_empty() {
            logs.learn(api, now).await?;
        }
        let (read, window) = match logs.pass.take() {
            Some(pass) => logs.next_of_all(api, pass).await?,
            None => logs.next_changed(api, now).await?,
        };
        let more = !logs.is_idle();
        Ok(Page { window: Some(WindowPart { subjects: read.subjects, ..window }), ..Page::of(read.rows, Some(logs), more) })
    }
}

impl Logs {
    /// Asks the feed whose logs changed.
    async fn learn(&mut self, api: &Api<'_, Geotab>, now: Timestamp) -> Result<(), ProviderError> {
        let at = Versions::<1> { since: now, after: self.version.take() };
        let fed = api.feed(KIND, &at, CHANGES).await?;
        for raw in fed.records.parse::<Vec<&RawValue>>()? {
            let entry = Members::of(raw);
            let (Some(driver), Some(Moment(at))) = (entry.reference("driver"), entry.get("dateTime")) else { continue };
            let from = at.min(now).plus_seconds(-BEFORE).max(now.plus_seconds(-LONGEST));
            let known = self.changed.entry(driver).or_insert(from);
            *known = from.min(*known);
        }
        let next = fed.page(at, ());
        (self.version, self.has_more) = (next.next.and_then(|next| next.after), next.more);
        if self.changed.len() > MOST_CHANGED {
            let from = std::mem::take(&mut self.changed).into_values().min().unwrap_or(now);
            (self.deep, self.pass) = (now, Some(Pass { from: from.min(now.plus_seconds(-DEEP)), after: None }));
        }
        Ok(())
    }

    /// Reads the logs of the next drivers of all.
    async fn next_of_all(&mut self, api: &Api<'_, Geotab>, pass: Pass) -> Result<(Read, WindowPart), ProviderError> {
        let next = api.drivers(pass.after.as_deref(), DRIVERS).await?;
        // Who left before the window has no logs in it.
        let drivers: BTreeSet<String> = next.drivers_since(pass.from)?.into_iter().map(|(id, _)| id).collect();
        let last = next.last;
        let read = read(api, &drivers, pass.from, self.deep).await?;
        let (begins, ends) = (pass.after.is_none(), last.is_none());
        let window = WindowPart { from: pass.from, to: self.deep, begins, ends, subjects: Subjects::default() };
        self.pass = last.map(|after| Pass { after: Some(after), ..pass });
        Ok((read, window))
    }

    /// Reads the logs of the next drivers whose logs changed.
    async fn next_changed(&mut self, api: &Api<'_, Geotab>, now: Timestamp) -> Result<(Read, WindowPart), ProviderError> {
        let next: Vec<String> = self.changed.keys().take(DRIVERS).cloned().collect();
        let from = next.iter().filter_map(|driver| self.changed.remove(driver)).min().unwrap_or(now);
        let read = read(api, &next.into_iter().collect(), from, now).await?;
        Ok((read, WindowPart { from, to: now, begins: true, ends: true, subjects: Subjects::default() }))
    }
}

/// What was read of some drivers.
#[derive(Default)]
struct Read {
    rows: Vec<Observation<HosEvent>>,
    subjects: Subjects,
}

/// Reads the logs of drivers, with the drivers themselves and their remarks.
async fn read(api: &Api<'_, Geotab>, drivers: &BTreeSet<String>, from: Timestamp, to: Timestamp) -> Result<Read, ProviderError> {
    let mut read = Read::default();
    if drivers.is_empty() {
        return Ok(read);
    }
    let calls = drivers.iter().flat_map(|driver| {
        let span = json!({ "userSearch": { "id": driver }, "fromDate": from.to_string(), "toDate": to.to_string() });
        let with =
            |more: &[&str]| more.iter().fold(span.clone(), |search, name| super::rpc::with(search, name, Value::Bool(true)));
        [
            ("Get", "User", json!({ "search": { "id": driver } })),
            ("Get", KIND, json!({ "search": with(&["includeModifications", "includeBoundaryLogs"]), "resultsLimit": MOST })),
            ("Get", "AnnotationLog", json!({ "search": with(&[]), "resultsLimit": MOST })),
        ]
    });
    let response = api.calls(calls.collect()).await?;
    let lists: Vec<Vec<&RawValue>> = response.parse()?;
    if lists.len() != drivers.len() * 3 {
        return Err(response.malformed("other than one result for each call"));
    }
    for (driver, lists) in drivers.iter().zip(lists.chunks(3)) {
        let [user, logs, remarks] = lists else { continue };
        let rows = entries::rows(driver, user.first().copied(), logs, remarks);
        let is_whole = rows.len() == logs.len() && logs.len() < MOST;
        // Of a driver without any entry nothing is said: a user of ours who may not see them gets none, too.
        match (is_whole, logs.is_empty()) {
            (_, true) => {}
            (true, _) => read.subjects.answered.push(driver.clone()),
            (false, _) => read.subjects.unclear.push(driver.clone()),
        }
        read.rows.extend(rows);
    }
    Ok(read)
}
