//! Duty logs: `GET /fleet/hos/logs` by windows of time.
//!
//! Entries arrive and change late: tablets upload when they are back in coverage, drivers edit and certify past days. Each
//! run therefore reads again the last 24 h, and once a day the last 8 days (today and the 7 days a driver may still
//! certify). Entries that did not change hash the same, so nothing happens twice.

use std::collections::BTreeMap;

use model::Timestamp;
use model::telematics::code::{Code, DutyStatus, HosEventCode, HosEventType};
use model::telematics::{HosEvent, HosEventAnnotation, Observation, Point};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Samsara;
use crate::cursor::Window;
use crate::wire::{Members, SourceRules};
use crate::{Api, Page, ProviderError, Source, Subjects};

const DAY: i64 = 86_400;
const RULES: SourceRules = SourceRules { volatile: &[], extras: &[], references: &["driver", "vehicle", "codrivers"] };

/// Samsara's word, duty status, ELD event type (1 = change of duty status, 3 = personal use or yard move) and event code.
type Status = (&'static str, Code<DutyStatus>, Code<HosEventType>, Code<HosEventCode>);

const STATUSES: &[Status] = &[
    ("offDuty", Code::of("OFF"), Code::of("1"), Code::of("OFF")),
    ("sleeperBed", Code::of("SB"), Code::of("1"), Code::of("SB")),
    ("driving", Code::of("D"), Code::of("1"), Code::of("DRIVING")),
    ("onDuty", Code::of("ON"), Code::of("1"), Code::of("ON")),
    ("personalConveyance", Code::of("PC"), Code::of("3"), Code::of("PC")),
    ("yardMove", Code::of("YM"), Code::of("3"), Code::of("YM")),
];

pub(super) struct HosEvents;

impl Source for HosEvents {
    type Provider = Samsara;
    type Rows = Vec<Observation<HosEvent>>;
    type Cursor = Window<DAY, { 8 * DAY }>;

    async fn page(api: &Api<'_, Samsara>, window: Self::Cursor) -> Result<Page<Self::Rows, Self::Cursor>, ProviderError> {
        let (from, to) = (window.from.to_string(), window.to.to_string());
        let query = [("startTime", from.as_str()), ("endTime", to.as_str())];
        let response = api.page("/fleet/hos/logs", &query, window.after.as_deref()).await?;
        let (data, next) = response.page(window.after.as_deref())?;
        Ok(window.page(entries(&data), subjects(&data), next.after_more()))
    }
}

/// The drivers that a page answers for. Each stands in it with the list of its entries, which may be empty.
fn subjects(data: &[&RawValue]) -> Subjects {
    let mut subjects = Subjects::default();
    for raw in data {
        let wire = Members::of(raw);
        let Some(id) = wire.object("driver").get("id") else { continue };
        let is_list = wire.raw("hosLogs").is_some_and(|list| list.get().starts_with('['));
        let has_start = |log: &RawValue| Members::of(log).get::<Timestamp>("logStartTime").is_some();
        let is_whole = is_list && wire.list("hosLogs").into_iter().all(has_start);
        let to = if is_whole { &mut subjects.answered } else { &mut subjects.unclear };
        to.push(id);
    }
    subjects
}

/// The entries of a page; those without driver or start are left out (and counted in a warning). Where two entries of a
/// driver start at once, the one that lasts stays: the other has no extent, and both have one source id.
pub(super) fn entries(data: &[&RawValue]) -> Vec<Observation<HosEvent>> {
    let mut rows: BTreeMap<String, Observation<HosEvent>> = BTreeMap::new();
    let mut skipped = 0_usize;
    for raw in data {
        let wire = Members::of(raw);
        let id: Option<String> = wire.object("driver").get("id");
        for log in wire.list("hosLogs") {
            match id.as_deref().and_then(|id| observation(id, wire.raw("driver"), log)) {
                Some(row) if rows.get(&row.source_id).is_some_and(|known| lasts(known) > lasts(&row)) => {}
                Some(row) => drop(rows.insert(row.source_id.clone(), row)),
                None => skipped += 1,
            }
        }
    }
    if skipped > 0 {
        tracing::warn!(skipped, provider = "samsara", "skipped duty log entries without driver or start");
    }
    rows.into_values().collect()
}

fn lasts(row: &Observation<HosEvent>) -> (bool, Option<Timestamp>) {
    (row.fields.ended_at.is_none(), row.fields.ended_at)
}

/// An entry has no id of its own: `hos_event:<driver>:<start>`. Its source is the entry with the `driver` it stood under.
fn observation(driver: &str, reference: Option<&RawValue>, raw: &RawValue) -> Option<Observation<HosEvent>> {
    let log = Members::of(raw);
    let start = log.get("logStartTime")?;
    let mut source: Value = serde_json::from_str(raw.get()).unwrap_or_default();
    if let Some(members) = source.as_object_mut() {
        let reference = reference.and_then(|raw| serde_json::from_str(raw.get()).ok());
        members.insert("driver".into(), reference.unwrap_or_default());
    }
    let source_id = format!("hos_event:{driver}:{start}");
    Some(RULES.observation(source_id, Some(start), source, fields(driver, start, &log)))
}

fn fields(driver: &str, start: Timestamp, log: &Members<'_>) -> HosEvent {
    let status: Option<String> = log.get("hosStatusType");
    let codes = STATUSES.iter().find(|(word, ..)| status.as_deref() == Some(*word));
    let place = log.object("logRecordedLocation");
    let location = place.get("longitude").zip(place.get("latitude"));
    let location = location.and_then(|(longitude, latitude)| Point::new(longitude, latitude));
    let remarks: Option<String> = log.get("remark");
    HosEvent {
        source_driver_id: Some(driver.to_owned()),
        source_vehicle_id: log.object("vehicle").get("id"),
        source_co_driver_ids: log.list("codrivers").into_iter().filter_map(|raw| Members::of(raw).get("id")).collect(),
        started_at: Some(start),
        ended_at: log.get("logEndTime"),
        annotations: remarks.map(|remarks| HosEventAnnotation { created_at: start, remarks }),
        duty_status_code: codes.map(|(_, status, ..)| *status),
        event_type_code: codes.map(|(.., event_type, _)| *event_type),
        event_code: codes.map(|(.., event)| *event),
        h3_index_11: location.as_ref().and_then(Point::h3_index_11),
        location,
        ..HosEvent::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_answers_for_drivers_whose_entries_can_all_be_read() {
        let page = r#"[
            {"driver":{"id":"1"},"hosLogs":[]},
            {"driver":{"id":"2"},"hosLogs":[{"logStartTime":"2026-11-20T00:00:00Z"}]},
            {"driver":{"id":"3"},"hosLogs":[{"logStartTime":"2026-11-20T00:00:00Z"},{"logStartTime":"noon"}]},
            {"driver":{"id":"4"},"hosLogs":null},
            {"driver":{"id":"5"}},
            {"hosLogs":[]}
        ]"#;
        let data: Vec<&RawValue> = serde_json::from_str(page).unwrap();
        let expected = Subjects { answered: vec!["1".into(), "2".into()], unclear: vec!["3".into(), "4".into(), "5".into()] };
        assert_eq!(subjects(&data), expected);
    }
}
