//! Duty logs: `GET /v1/logs` by days, for some drivers at a time.
//!
//! A log is a driver's day, and its events are written anew when the driver or the office edits them. Each run therefore reads again
//! the last 2 days, and once a day the last 14, for which drivers in Canada may edit theirs. Days are those of the driver, so a day
//! more is asked for.
//!
//! The list has the days of a driver on any of its pages. To know that all of them were read, the drivers are listed first, and the
//! logs of those of one page are read to their end.

mod events;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use model::Timestamp;
use model::telematics::{HosEvent, Observation};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::client::{List, Listed, unwrapped};
use super::places::{hours_behind, zone};
use super::{Motive, members, users};
use crate::cursor::{Cursor, DAY, Window};
use crate::numbered::Numbered;
use crate::wire::Members;
use crate::{Api, Known, Page, ProviderError, Source, Subjects, WindowPart};

const LIST: List = List { path: "/v1/logs", rows: "logs", row: "log" };
/// How many drivers are read at once.
const DRIVERS: usize = 25;
const HOUR: i64 = 3_600;

type Span = Window<{ 2 * DAY }, { 14 * DAY }>;

/// Where reading stands: in the window, and in the list of drivers; no page of it where the window is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Logs {
    #[serde(flatten)]
    window: Span,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drivers: Option<Numbered>,
}

impl Cursor for Logs {
    const KIND: &'static str = Span::KIND;

    fn begin(kept: Option<Self>, now: Timestamp) -> Self {
        match kept {
            Some(kept) if kept.drivers.is_some() => kept,
            kept => Self { window: Span::begin(kept.map(|kept| kept.window), now), drivers: None },
        }
    }

    fn recovered(newest: Timestamp, now: Timestamp) -> Option<Self> {
        Some(Self { window: Span::recovered(newest, now)?, drivers: None })
    }
}

pub(super) struct HosEvents;

impl Source for HosEvents {
    type Provider = Motive;
    type Rows = Vec<Observation<HosEvent>>;
    type Cursor = Logs;

    const KNOWN: Known = Known { members: members::HOS_EVENT, words: &[("type", &["duty_status_code"])] };

    async fn page(api: &Api<'_, Motive>, logs: Logs) -> Result<Page<Self::Rows, Logs>, ProviderError> {
        let at = logs.drivers.unwrap_or_else(Numbered::first);
        let (from, to, begins) = (logs.window.from, logs.window.to, at.page == 1);
        let response = api.page(users::LIST, &[("role", "driver")], at.page, DRIVERS).await?;
        let Listed { rows, said } = response.listed(users::LIST)?;
        let drivers: BTreeSet<String> = rows.into_iter().filter_map(|raw| driver_with_logs(raw, from)).collect();
        let (next, _) = at.after(said, DRIVERS).map_err(|what| response.malformed(what))?;
        let (days, is_whole) = if drivers.is_empty() { (Vec::new(), true) } else { days(api, &drivers, from, to).await? };
        let by_driver = by_driver(&days);
        let subjects = subjects(&by_driver, (from, to), |driver| is_whole && drivers.contains(driver));
        let rows = by_driver.iter().flat_map(|(driver, days)| events::rows(driver, days)).collect();
        let more = next.is_some();
        let window = WindowPart { from, to, begins, ends: !more, subjects };
        let next = Logs { window: logs.window, drivers: next };
        Ok(Page { window: Some(window), ..Page::of(rows, Some(next), more) })
    }
}

/// The id of a driver who may have logs in the window: one who left before has none.
fn driver_with_logs(raw: &RawValue, from: Timestamp) -> Option<String> {
    let wire = Members::of(raw);
    let has_left = wire.get::<String>("status").is_some_and(|status| status == "deactivated");
    let left_before = has_left && wire.get::<Timestamp>("updated_at").is_some_and(|left| left < from);
    wire.get("id").filter(|_| !left_before)
}

/// The days of some drivers, and whether nothing of them can be missing.
async fn days(
    api: &Api<'_, Motive>,
    drivers: &BTreeSet<String>,
    from: Timestamp,
    to: Timestamp,
) -> Result<(Vec<Box<RawValue>>, bool), ProviderError> {
    let ids = drivers.iter().map(String::as_str).collect::<Vec<_>>().join(",");
    let (first, last) = (from.plus_seconds(-DAY).date().to_string(), to.date().to_string());
    api.short_list(LIST, &[("driver_ids", &ids), ("start_date", &first), ("end_date", &last)]).await
}

/// A day of a driver's log.
struct Day<'a> {
    date: Option<NaiveDate>,
    log: Members<'a>,
}

/// The days of each driver, the earliest first.
fn by_driver(days: &[Box<RawValue>]) -> BTreeMap<String, Vec<Day<'_>>> {
    let mut by_driver: BTreeMap<String, Vec<Day<'_>>> = BTreeMap::new();
    for raw in days {
        let log = Members::of(unwrapped(raw, LIST.row));
        let Some(driver) = log.object("driver").get("id") else {
            tracing::warn!(provider = "motive", "skipped a log without a driver");
            continue;
        };
        let date = log.get::<String>("date").and_then(|date| date.parse().ok());
        by_driver.entry(driver).or_default().push(Day { date, log });
    }
    for days in by_driver.values_mut() {
        days.sort_by_key(|day| day.date);
    }
    by_driver
}

/// The drivers that a page answers for: those of whom every event can be read, and whose days follow one another from the first
/// to the last of the window. A day without a log is no day without events. Of drivers without any log nothing is said.
fn subjects(
    by_driver: &BTreeMap<String, Vec<Day<'_>>>,
    (from, to): (Timestamp, Timestamp),
    is_listed: impl Fn(&str) -> bool,
) -> Subjects {
    let mut subjects = Subjects::default();
    for (driver, days) in by_driver {
        let are_whole = follow(days) && cover(days, from, to) && days.iter().all(|day| events::are_readable(&day.log));
        let is_whole = is_listed(driver) && are_whole;
        let to = if is_whole { &mut subjects.answered } else { &mut subjects.unclear };
        to.push(driver.clone());
    }
    subjects
}

fn follow(days: &[Day<'_>]) -> bool {
    let next = |date: NaiveDate| date.checked_add_days(Days::new(1));
    days.windows(2).all(|pair| match pair {
        [one, other] => one.date.is_some() && (one.date == other.date || one.date.and_then(next) == other.date),
        _ => true,
    })
}

/// Whether days reach from one instant to another, by the driver's clock. With a clock that is not known nobody can tell.
fn cover(days: &[Day<'_>], from: Timestamp, to: Timestamp) -> bool {
    let behind = |day: &Day<'_>| zone(&day.log.get::<String>("time_zone")?).and_then(hours_behind);
    let begins = |day: &Day<'_>| Some(day.date? <= from.plus_seconds(-behind(day)?.1 * HOUR).date());
    let ends = |day: &Day<'_>| Some(day.date? >= to.plus_seconds(-behind(day)?.0 * HOUR).date());
    days.first().and_then(begins) == Some(true) && days.last().and_then(ends) == Some(true)
}

#[cfg(test)]
pub(super) fn of_json(raw: &RawValue) -> Vec<Observation<HosEvent>> {
    let days = [raw.to_owned()];
    by_driver(&days).iter().flat_map(|(driver, days)| events::rows(driver, days)).collect()
}
