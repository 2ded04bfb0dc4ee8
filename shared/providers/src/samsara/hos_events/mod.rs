//! Duty logs: `GET /fleet/hos/logs` by windows of time, with the events of the logging device and the days of the log beside them.
//!
//! Entries arrive and change late: tablets upload when they are back in coverage, drivers edit and certify past days. Each
//! run therefore reads again the last 24 h, and once a day the last 8 days (today and the 7 days a driver may still
//! certify). Entries that did not change hash the same, so nothing happens twice.
//!
//! The logs say what a driver did from when to when. Who recorded it, whether it is in force, the odometer and the place come from
//! the device's events; certification, rules and time zone from the days. Both are asked for 25 drivers at a time, as the provider
//! has it, so a page of logs with more drivers is read in parts.

mod eld;
mod entries;
mod facts;
#[cfg(test)]
mod tests;

use model::Timestamp;
use model::telematics::{HosEvent, Observation};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub(super) use self::entries::duty_status;
use self::facts::Facts;
use super::{Samsara, members};
use crate::cursor::{Cursor, DAY, Window};
use crate::wire::Members;
use crate::{Api, Known, Page, ProviderError, Remap, Source, Subjects, WindowPart};

/// How many drivers are read at once.
const DRIVERS: usize = 25;
/// The longest window that is asked for again because it may have been cut.
const LONGEST: i64 = 30 * DAY;
/// How long stored entries are kept as they are while a list beside the logs is down.
const LONGEST_OUTAGE: i64 = DAY;
const LOGS: &str = "/fleet/hos/logs";

type Span = Window<DAY, { 8 * DAY }>;

/// Where reading stands: in the window's list of logs, and which drivers of its last page are still to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Logs {
    #[serde(flatten)]
    window: Span,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    drivers: Vec<String>,
    /// Until when the device's events were read; none where they never were, so that none can be stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    events: Option<Timestamp>,
    /// Whether a page of the window may have been cut.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_cut: bool,
    /// Since when a list beside the logs is down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outage: Option<Outage>,
}

/// Of a list beside the logs: the ends of the first and of the last window in which it could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Outage {
    first: Timestamp,
    last: Timestamp,
}

impl Cursor for Logs {
    const KIND: &'static str = Span::KIND;

    fn begin(kept: Option<Self>, now: Timestamp) -> Self {
        match kept {
            Some(kept) if !kept.drivers.is_empty() => kept,
            Some(kept) => Self { window: Span::begin(Some(kept.window), now), ..kept },
            None => Self::at(Span::begin(None, now)),
        }
    }

    fn recovered(newest: Timestamp, now: Timestamp) -> Option<Self> {
        // What is stored may have been told with the device's events.
        Span::recovered(newest, now).map(|window| Self { events: Some(window.to), ..Self::at(window) })
    }
}

impl Logs {
    fn at(window: Span) -> Self {
        Self { window, drivers: Vec::new(), events: None, is_cut: false, outage: None }
    }

    /// Takes note of a list beside the logs that is down. Is that news? After a while the logs go on without it, with what they
    /// have: an entry that ended would else stay open.
    fn misses_a_list(&mut self) -> bool {
        let to = self.window.to;
        let first = self.outage.map_or(to, |outage| outage.first);
        self.outage = Some(Outage { first, last: to });
        to < first.plus_seconds(LONGEST_OUTAGE)
    }

    fn is_inside(&self) -> bool {
        !self.drivers.is_empty() || self.window.after.is_some()
    }

    /// The end of the window. One that may have been cut is not read: the next one begins where it began.
    fn end(&mut self) {
        self.outage = self.outage.filter(|outage| outage.last == self.window.to);
        if std::mem::take(&mut self.is_cut) {
            self.window.to = self.window.from.max(self.window.to.plus_seconds(-LONGEST));
        }
    }
}

pub(super) struct HosEvents;

impl Source for HosEvents {
    type Provider = Samsara;
    type Rows = Vec<Observation<HosEvent>>;
    type Cursor = Logs;

    const KNOWN: Known = Known { members: members::HOS_EVENT, words: &[("hosStatusType", &["duty_status_code"])] };

    /// Of a driver's rules the source keeps not all that tells them.
    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::without(&["hos_ruleset_code"], |stored| {
        let mut row = entries::of_source(stored.json, &Facts::of_source(stored.json)?)?;
        row.fields.hos_ruleset_code = None;
        Some(vec![row])
    }));

    async fn page(api: &Api<'_, Samsara>, logs: Logs) -> Result<Page<Self::Rows, Logs>, ProviderError> {
        let (from, to, begins) = (logs.window.from, logs.window.to, !logs.is_inside());
        let Part { batch, mut next, is_cut } =
            if logs.drivers.is_empty() { listed(api, logs).await? } else { rest(api, logs).await? };
        let facts = Facts::ask(api, &batch, (from, to)).await?;
        next.events = next.events.max(facts.have_events().then_some(to));
        let may_be_stored = next.events.is_some_and(|until| until > from);
        let subjects = subjects(&batch, |driver| !is_cut && facts.are_whole(driver, may_be_stored));
        let mut rows = entries::rows(&batch, &facts, from);
        let partial = facts.partial(next.events.is_some());
        if !partial.is_empty() && next.misses_a_list() {
            for row in &mut rows {
                row.is_partial = row.fields.source_driver_id.as_deref().is_some_and(|driver| partial.contains(driver));
            }
        }
        let more = next.is_inside();
        next.is_cut |= is_cut;
        if !more {
            next.end();
        }
        let window = WindowPart { from, to, begins, ends: !more, subjects };
        Ok(Page { window: Some(window), ..Page::of(rows, Some(next), more) })
    }
}

/// The drivers that a page answers for. Each stands in it with the list of its entries, which may be empty.
fn subjects(batch: &[Box<RawValue>], is_whole: impl Fn(&str) -> bool) -> Subjects {
    let mut subjects = Subjects::default();
    for raw in batch {
        let wire = Members::of(raw);
        let Some(id) = wire.object("driver").get::<String>("id") else { continue };
        let is_list = wire.raw("hosLogs").is_some_and(|list| list.get().starts_with('['));
        let has_start = |log: &RawValue| Members::of(log).get::<Timestamp>("logStartTime").is_some();
        let is_whole = is_list && wire.list("hosLogs").into_iter().all(has_start) && is_whole(&id);
        let to = if is_whole { &mut subjects.answered } else { &mut subjects.unclear };
        to.push(id);
    }
    subjects
}

/// Drivers that are read at once, with their logs.
struct Part {
    batch: Vec<Box<RawValue>>,
    next: Logs,
    /// Whether entries of theirs may be missing.
    is_cut: bool,
}

/// The first drivers of the next page of the list.
async fn listed(api: &Api<'_, Samsara>, logs: Logs) -> Result<Part, ProviderError> {
    let (from, to) = (logs.window.from.to_string(), logs.window.to.to_string());
    let after = logs.window.after.as_deref();
    let response = api.page(LOGS, &[("startTime", &from), ("endTime", &to)], after).await?;
    let (data, next) = response.page(after)?;
    let is_cut = next.is_unclear;
    // It may go on with entries of a driver who was answered for on the page before.
    if is_cut && data.is_empty() && after.is_some() {
        return Err(response.malformed("a page inside the window lists nothing"));
    }
    let (batch, rest) = data.split_at(data.len().min(DRIVERS));
    let drivers = rest.iter().filter_map(|raw| Members::of(raw).object("driver").get("id")).collect();
    let window = Span { after: next.after_more(), ..logs.window };
    Ok(Part { batch: batch.iter().map(|raw| (*raw).to_owned()).collect(), next: Logs { window, drivers, ..logs }, is_cut })
}

/// The next drivers of a page that was listed before.
async fn rest(api: &Api<'_, Samsara>, mut logs: Logs) -> Result<Part, ProviderError> {
    let rest = logs.drivers.split_off(logs.drivers.len().min(DRIVERS));
    let (from, to, ids) = (logs.window.from.to_string(), logs.window.to.to_string(), logs.drivers.join(","));
    let list = api.short_list(LOGS, &[("driverIds", &ids), ("startTime", &from), ("endTime", &to)]).await?;
    Ok(Part { batch: list.rows, next: Logs { drivers: rest, ..logs }, is_cut: list.is_unclear })
}

#[cfg(test)]
pub(super) fn of_json(raw: &RawValue) -> Vec<Observation<HosEvent>> {
    let facts = Facts::of_json(raw);
    entries::rows(&[raw.to_owned()], &facts, Timestamp::from_micros(0))
}
