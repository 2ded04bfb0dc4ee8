//! What is known about the drivers of a page of logs beside the logs: the device's events, and the days of the log.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use serde_json::json;
use serde_json::value::RawValue;

use super::DAY;
use super::eld::Event;
use crate::samsara::Samsara;
use crate::wire::{Members, source_of};
use crate::{Api, ProviderError};

/// How long before the window most entries began that reach into it.
const EARLY: i64 = 2 * DAY;

/// Microseconds until the year 10000.
const LAST: i64 = 253_402_300_800_000_000;

/// Events and days, by driver.
#[derive(Default)]
pub(super) struct Facts {
    events: BTreeMap<String, Vec<Event>>,
    days: BTreeMap<String, Vec<Day>>,
    /// Drivers of whom the account was refused a list of events, or there is none.
    refused: BTreeSet<String>,
    /// Drivers of whom a list could not be read, or an event of it.
    unclear: BTreeSet<String>,
    /// Drivers of whom the list of events told nothing because it could not be read.
    without_events: BTreeSet<String>,
    /// The same of the list of days.
    without_days: BTreeSet<String>,
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
        let drivers: BTreeSet<String> = batch.iter().filter_map(|raw| Members::of(raw).object("driver").get("id")).collect();
        if drivers.is_empty() {
            return Ok(facts);
        }
        let (begun, early) = (beginnings(batch), from.plus_seconds(-EARLY));
        facts.fill(api, drivers.iter(), early, to).await?;
        // A driver on leave has one entry for weeks: only its beginning is asked for, and of nobody else.
        for group in together(begun.iter().filter(|(_, start)| **start < early)) {
            if let (Some((first, _)), Some((last, _))) = (group.first(), group.last()) {
                facts.fill(api, group.iter().map(|(_, id)| *id), *first, last.plus_seconds(1)).await?;
            }
        }
        Ok(facts)
    }

    /// What is kept of them in the source of an entry or event; `None` where that does not say whose it is.
    pub(super) fn of_source(raw: &RawValue) -> Option<Self> {
        let wire = Members::of(raw);
        let driver: String = wire.object("driver").get("id")?;
        let mut facts = Self::default();
        let event = if wire.raw("logStartTime").is_some() { wire.raw("eldEvent") } else { Some(raw) };
        facts.events.insert(driver.clone(), event.and_then(Event::of).into_iter().collect());
        if let Some(kept) = wire.raw("dailyLog").map(source_of) {
            let day = json!({ "driver": kept, "logMetaData": kept });
            // It is the day of the entry, whichever that is.
            let (start, end) = (Timestamp::from_micros(0), Timestamp::from_micros(LAST));
            facts.days.insert(driver, vec![Day { start, end, raw: serde_json::value::to_raw_value(&day).ok()? }]);
        }
        Some(facts)
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
        let list = Listed::of(api, "/beta/fleet/hos/drivers/eld-events", &events, &drivers, driver_of_events).await?;
        self.refused.extend(list.refused);
        self.unclear.extend(list.unread);
        self.without_events.extend(list.untold);
        for raw in list.rows {
            self.add_events(&raw);
        }
        // A day that began the day before holds the first hours.
        let (first, last) = (from.plus_seconds(-DAY).date().to_string(), to.date().to_string());
        let days = [("startDate", first.as_str()), ("endDate", last.as_str())];
        let list = Listed::of(api, "/fleet/hos/daily-logs", &days, &drivers, driver_of_day).await?;
        self.unclear.extend(list.unread);
        self.without_days.extend(list.untold);
        for raw in list.rows {
            self.add_day(raw);
        }
        Ok(())
    }

    /// Whether all of a driver's events could be read. Where the account is refused them, that is so if none can be stored.
    pub(super) fn are_whole(&self, driver: &str, may_be_stored: bool) -> bool {
        !(self.unclear.contains(driver) || may_be_stored && self.refused.contains(driver))
    }

    /// Drivers whose entries have less in them than another time: of a list that was down, or of events that were refused. An account
    /// that never had events does not miss them.
    pub(super) fn partial(&self, had_events: bool) -> BTreeSet<&str> {
        let events = self.without_events.iter().chain(&self.refused).filter(|_| had_events);
        events.chain(&self.without_days).map(String::as_str).collect()
    }

    /// Whether a list of events was read.
    pub(super) fn have_events(&self) -> bool {
        !self.events.is_empty()
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

/// Beginnings by time, those of a day together.
fn together<'i>(begun: impl Iterator<Item = (&'i String, &'i Timestamp)>) -> Vec<Vec<(Timestamp, &'i String)>> {
    let mut sorted: Vec<_> = begun.map(|(id, start)| (*start, id)).collect();
    sorted.sort_unstable();
    let mut groups: Vec<Vec<_>> = Vec::new();
    for begun in sorted {
        match groups.last_mut() {
            Some(group) if group.first().is_some_and(|first: &(Timestamp, _)| begun.0 < first.0.plus_seconds(DAY)) => {
                group.push(begun)
            }
            _ => groups.push(vec![begun]),
        }
    }
    groups
}

/// What a list told of some drivers.
#[derive(Default)]
struct Listed {
    rows: Vec<Box<RawValue>>,
    /// Drivers of whom the account may not read it, or it is not there: the logs stand without it.
    refused: BTreeSet<String>,
    /// Drivers of whom it could not be read, or not all of it. It does not hold up the logs; nothing follows from what it lacks.
    unread: BTreeSet<String>,
    /// Those of them of whom it told nothing.
    untold: BTreeSet<String>,
}

impl Listed {
    /// Asks a list. The lists are of active drivers unless asked, so those who were not in the first answer are asked for among
    /// the deactivated ones.
    async fn of(
        api: &Api<'_, Samsara>,
        path: &str,
        span: &[(&str, &str)],
        drivers: &BTreeSet<&str>,
        driver_of: fn(&RawValue) -> Option<String>,
    ) -> Result<Self, ProviderError> {
        let mut listed = Self::default();
        if !listed.ask(api, path, span, drivers, driver_of).await? {
            return Ok(listed);
        }
        let found: BTreeSet<String> = listed.rows.iter().filter_map(|raw| driver_of(raw)).collect();
        let missing: BTreeSet<&str> = drivers.iter().copied().filter(|id| !found.contains(*id)).collect();
        if !missing.is_empty() {
            let deactivated = [span, &[("driverActivationStatus", "deactivated")]].concat();
            listed.ask(api, path, &deactivated, &missing, driver_of).await?;
        }
        Ok(listed)
    }

    /// Adds what the list answers for some drivers. Does it answer?
    async fn ask(
        &mut self,
        api: &Api<'_, Samsara>,
        path: &str,
        query: &[(&str, &str)],
        drivers: &BTreeSet<&str>,
        driver_of: fn(&RawValue) -> Option<String>,
    ) -> Result<bool, ProviderError> {
        let ids = drivers.iter().copied().collect::<Vec<_>>().join(",");
        let own = || drivers.iter().map(|id| (*id).to_owned());
        let query = [query, &[("driverIds", ids.as_str())]].concat();
        match api.awaited_list(path, &query).await {
            Ok(list) => {
                let told: BTreeSet<String> = list.rows.iter().filter_map(|raw| driver_of(raw)).collect();
                self.rows.extend(list.rows);
                if list.is_unclear {
                    self.unread.extend(own());
                    self.untold.extend(own().filter(|id| !told.contains(id)));
                }
                return Ok(true);
            }
            Err(error) if error.is_forbidden() || matches!(error, ProviderError::Rejected { .. }) => {
                tracing::info!(provider = "samsara", path, reason = %error, "duty logs are read without a list beside them");
                self.refused.extend(own());
            }
            Err(error) if !matches!(error, ProviderError::RateLimited { .. } | ProviderError::Unsupported { .. }) => {
                tracing::warn!(provider = "samsara", path, cause = %error, "failed to read a list beside the duty logs, going without it");
                self.unread.extend(own());
                self.untold.extend(own());
            }
            Err(other) => return Err(other),
        }
        Ok(false)
    }
}

fn driver_of_events(raw: &RawValue) -> Option<String> {
    Members::of(raw).get("id")
}

fn driver_of_day(raw: &RawValue) -> Option<String> {
    Members::of(raw).object("driver").get("id")
}
