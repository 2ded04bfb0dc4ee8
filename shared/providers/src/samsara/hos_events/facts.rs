//! What is known about the drivers of a page of logs beside the logs: the device's events, and the days of the log.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use serde_json::value::RawValue;

use super::DAY;
use super::eld::Event;
use crate::samsara::Samsara;
use crate::wire::Members;
use crate::{Api, ProviderError};

/// How long before the window most entries began that reach into it.
const EARLY: i64 = 2 * DAY;

/// Events and days, by driver.
#[derive(Default)]
pub(super) struct Facts {
    events: BTreeMap<String, Vec<Event>>,
    days: BTreeMap<String, Vec<Day>>,
    /// Whether a list could not be read at all.
    is_partial: bool,
    /// Drivers of whom an event could not be read.
    unclear: BTreeSet<String>,
}

/// A day of a driver's log: its own hours, and certified as a whole.
pub(super) struct Day {
    start: Timestamp,
    end: Timestamp,
    pub(super) raw: Box<RawValue>,
}

impl Facts {
    /// Asks for the drivers of a page. An account that may not read one of the lists goes without it.
    pub(super) async fn ask(
        api: &Api<'_, Samsara>,
        batch: &[Box<RawValue>],
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Self, ProviderError> {
        let mut facts = Self::default();
        let begun = beginnings(batch);
        if begun.is_empty() {
            return Ok(facts);
        }
        let early = from.plus_seconds(-EARLY);
        facts.fill(api, begun.keys(), early, to).await?;
        // A driver on leave has one entry for weeks: only its beginning is asked for, and of nobody else.
        let old: BTreeMap<&String, Timestamp> =
            begun.iter().map(|(id, start)| (id, *start)).filter(|(_, start)| *start < early).collect();
        if let (Some(first), Some(last)) = (old.values().min(), old.values().max()) {
            facts.fill(api, old.keys().copied(), *first, last.plus_seconds(1)).await?;
        }
        Ok(facts)
    }

    async fn fill<'i>(
        &mut self,
        api: &Api<'_, Samsara>,
        drivers: impl Iterator<Item = &'i String>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<(), ProviderError> {
        let drivers: BTreeSet<&str> = drivers.map(String::as_str).collect();
        let (first, last) = (from.to_string(), to.to_string());
        let events = [("startTime", first.as_str()), ("endTime", last.as_str())];
        let list = of_all(api, "/beta/fleet/hos/drivers/eld-events", &events, &drivers, driver_of_events).await;
        for raw in self.readable(list)? {
            self.add_events(&raw);
        }
        // A day that began the day before holds the first hours.
        let (first, last) = (from.plus_seconds(-DAY).date().to_string(), to.date().to_string());
        let days = [("startDate", first.as_str()), ("endDate", last.as_str())];
        let list = of_all(api, "/fleet/hos/daily-logs", &days, &drivers, driver_of_day).await;
        for raw in self.readable(list)? {
            self.add_day(raw);
        }
        Ok(())
    }

    /// The rows of a list. One that is unreadable does not hold up the logs; nothing follows from what it lacks.
    fn readable(&mut self, list: Result<Vec<Box<RawValue>>, ProviderError>) -> Result<Vec<Box<RawValue>>, ProviderError> {
        match list {
            Err(error @ ProviderError::Malformed { .. }) => {
                tracing::warn!(provider = "samsara", cause = %error, "failed to read a list beside the duty logs, going without it");
                self.is_partial = true;
                Ok(Vec::new())
            }
            other => other,
        }
    }

    /// Whether all of a driver's events could be read.
    pub(super) fn are_whole(&self, driver: &str) -> bool {
        !self.is_partial && !self.unclear.contains(driver)
    }

    fn add_events(&mut self, raw: &RawValue) {
        let wire = Members::of(raw);
        let Some(driver) = driver_of_events(raw) else { return };
        let listed = wire.list("eldEvents");
        let events: Vec<Event> = listed.iter().filter_map(|raw| Event::of(raw)).collect();
        if events.len() < listed.len() {
            self.unclear.insert(driver.clone());
        }
        self.events.entry(driver).or_default().extend(events);
    }

    fn add_day(&mut self, raw: Box<RawValue>) {
        let wire = Members::of(&raw);
        let span = wire.get("startTime").zip(wire.get("endTime"));
        if let (Some(driver), Some((start, end))) = (driver_of_day(&raw), span) {
            self.days.entry(driver).or_default().push(Day { start, end, raw });
        }
    }

    /// The device's events of a driver.
    pub(super) fn events(&self, driver: &str) -> &[Event] {
        self.events.get(driver).map(Vec::as_slice).unwrap_or_default()
    }

    /// The day of a driver's log that holds an instant.
    pub(super) fn day(&self, driver: &str, at: Timestamp) -> Option<&Day> {
        self.days.get(driver)?.iter().find(|day| (day.start..day.end).contains(&at))
    }

    #[cfg(test)]
    pub(super) fn of_json(raw: &RawValue) -> Self {
        let mut facts = Self::default();
        facts.add_events(raw);
        facts.add_day(raw.to_owned());
        facts
    }
}

/// When the first entry of each driver began.
fn beginnings(batch: &[Box<RawValue>]) -> BTreeMap<String, Timestamp> {
    let mut begun = BTreeMap::new();
    for raw in batch {
        let wire = Members::of(raw);
        let starts = wire.list("hosLogs").into_iter().filter_map(|log| Members::of(log).get::<Timestamp>("logStartTime"));
        if let (Some(id), Some(start)) = (wire.object("driver").get::<String>("id"), starts.min()) {
            let known = begun.entry(id).or_insert(start);
            *known = start.min(*known);
        }
    }
    begun
}

/// The rows of a list for some drivers. The lists are of active drivers unless asked, so those who were not in the first answer are
/// asked for among the deactivated ones.
async fn of_all(
    api: &Api<'_, Samsara>,
    path: &str,
    span: &[(&str, &str)],
    drivers: &BTreeSet<&str>,
    driver_of: fn(&RawValue) -> Option<String>,
) -> Result<Vec<Box<RawValue>>, ProviderError> {
    let ids = drivers.iter().copied().collect::<Vec<_>>().join(",");
    let query: Vec<_> = span.iter().copied().chain([("driverIds", ids.as_str())]).collect();
    let Some(mut rows) = offered(api.rows(path, &query).await, path)? else { return Ok(Vec::new()) };
    let found: BTreeSet<String> = rows.iter().filter_map(|raw| driver_of(raw)).collect();
    let missing = drivers.iter().copied().filter(|id| !found.contains(*id)).collect::<Vec<_>>().join(",");
    if !missing.is_empty() {
        let others = [("driverIds", missing.as_str()), ("driverActivationStatus", "deactivated")];
        let query: Vec<_> = span.iter().copied().chain(others).collect();
        rows.extend(offered(api.rows(path, &query).await, path)?.unwrap_or_default());
    }
    Ok(rows)
}

/// What a list answered; `None` where the account may not read it, or it is not there: the logs stand without it.
fn offered<T>(answer: Result<T, ProviderError>, path: &str) -> Result<Option<T>, ProviderError> {
    match answer {
        Ok(rows) => Ok(Some(rows)),
        Err(error @ (ProviderError::Refused { .. } | ProviderError::Rejected { .. })) => {
            tracing::info!(provider = "samsara", path, reason = %error, "duty logs are read without a list beside them");
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

fn driver_of_events(raw: &RawValue) -> Option<String> {
    Members::of(raw).get("id")
}

fn driver_of_day(raw: &RawValue) -> Option<String> {
    Members::of(raw).object("driver").get("id")
}
