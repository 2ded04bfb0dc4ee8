//! Duty logs: `GET /fleet/hos/logs` by windows of time.
//!
//! Entries arrive and change late: tablets upload when they are back in coverage, drivers edit and certify past days. Each
//! run therefore reads again the last 24 h, and once a day the last 8 days (today and the 7 days a driver may still
//! certify). Entries that did not change hash the same, so nothing happens twice. A window starts no later than the
//! end of the one before, so a pause leaves no gap. The first run reads 8 days.

use std::collections::BTreeMap;

use model::telematics::{Batch, HosEvent, HosEventAnnotation, Observation, Point, source_hash};
use model::{ConnectionId, RecordId, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::client::{Client, NextPage, PAGE_DEADLINE};
use super::cursor::Cursor;
use super::lenient::{Lenient, Reference, from_json};
use crate::{Fetch, Fetched, ProviderError};

const DAY: i64 = 86_400;
/// Read again with every run, in seconds.
const OVERLAP: i64 = DAY;
/// Read at first and then once a day, in seconds.
const DEEP: i64 = 8 * DAY;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(borrow)]
    driver: Option<&'a RawValue>,
    #[serde(borrow)]
    hos_logs: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Log {
    hos_status_type: Lenient<String>,
    log_start_time: Lenient<Timestamp>,
    log_end_time: Lenient<Timestamp>,
    log_recorded_location: Lenient<Place>,
    remark: Lenient<String>,
    vehicle: Lenient<Reference>,
    codrivers: Lenient<Vec<Reference>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Place {
    latitude: Lenient<f64>,
    longitude: Lenient<f64>,
}

from_json!(Place);

/// The part of the logs that one run reads.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Window {
    start: Timestamp,
    end: Timestamp,
    after: Option<String>,
    deep: Timestamp,
}

pub(super) async fn fetch(client: &Client<'_>, fetch: Fetch<'_>) -> Result<Fetched, ProviderError> {
    let window = window(Cursor::decode(fetch.cursor), fetch.now);
    let (start, end) = (window.start.to_string(), window.end.to_string());
    let mut query = vec![("startTime", start.as_str()), ("endTime", end.as_str())];
    query.extend(window.after.as_deref().map(|after| ("after", after)));
    let response = client.get("/fleet/hos/logs", &query, PAGE_DEADLINE).await?;
    let (data, next) = response.page(window.after.as_deref())?;
    let rows = entries(&data, fetch.connection);
    let last_data_at = rows.iter().filter_map(|row| row.occurred_at).max().map(|time| time.min(fetch.now));
    let more = next.more;
    let cursor = following(&window, next).encode();
    Ok(Fetched { batch: Batch::HosEvents(rows), cursor, last_data_at, more, complete_scan: false })
}

fn window(cursor: Option<Cursor>, now: Timestamp) -> Window {
    let deep = |start: Timestamp| Window { start: start.min(now.plus_seconds(-DEEP)), end: now, after: None, deep: now };
    match cursor {
        Some(Cursor::HosWindow { start, end, after, deep }) => Window { start, end, after: Some(after), deep },
        Some(Cursor::HosDone { end, deep: last }) if last > now.plus_seconds(-DAY) => {
            Window { start: end.min(now.plus_seconds(-OVERLAP)), end: now, after: None, deep: last }
        }
        Some(Cursor::HosDone { end, .. }) => deep(end),
        _ => deep(now),
    }
}

fn following(window: &Window, next: NextPage) -> Cursor {
    let Window { start, end, deep, .. } = *window;
    match next.after.filter(|_| next.more) {
        Some(after) => Cursor::HosWindow { start, end, after, deep },
        None => Cursor::HosDone { end, deep },
    }
}

/// The entries of a page; those without driver or start are skipped (and counted in a warning). Where two entries of a
/// driver start at once, the one that lasts stays: the other has no extent, and both have one source id.
pub(super) fn entries(data: &[&RawValue], connection: ConnectionId) -> Vec<Observation<HosEvent>> {
    let mut rows: BTreeMap<String, Observation<HosEvent>> = BTreeMap::new();
    let mut skipped = 0_usize;
    for driver in data {
        let wire: Wire<'_> = serde_json::from_str(driver.get()).unwrap_or_default();
        let (who, id) = subject(wire.driver);
        for raw in &wire.hos_logs {
            match id.as_deref().and_then(|id| observation(id, &who, raw, connection)) {
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

fn subject(driver: Option<&RawValue>) -> (Value, Option<String>) {
    let json = driver.map_or("null", RawValue::get);
    let reference: Option<Reference> = serde_json::from_str(json).ok();
    (serde_json::from_str(json).unwrap_or_default(), reference.and_then(|reference| reference.id.0))
}

/// An entry has no id of its own: `hos_event:<driver>:<start>`. Its source is the entry with the `driver` it stood under.
fn observation(driver: &str, who: &Value, raw: &RawValue, connection: ConnectionId) -> Option<Observation<HosEvent>> {
    let log: Log = serde_json::from_str(raw.get()).ok()?;
    let start = log.log_start_time.0?;
    let mut source: Value = serde_json::from_str(raw.get()).unwrap_or_default();
    if let Some(members) = source.as_object_mut() {
        members.insert("driver".into(), who.clone());
    }
    Some(Observation {
        source_id: format!("hos_event:{driver}:{start}"),
        occurred_at: Some(start),
        source_hash: source_hash(&source, &[]),
        source,
        extras: None,
        fields: fields(driver, start, log, connection),
    })
}

fn fields(driver: &str, start: Timestamp, log: Log, connection: ConnectionId) -> HosEvent {
    let link = |id: &str| RecordId::of(id, connection);
    let codes = log.hos_status_type.0.as_deref().and_then(status);
    let place = log.log_recorded_location.0.unwrap_or_default();
    let location = place.longitude.0.zip(place.latitude.0).and_then(|(longitude, latitude)| Point::new(longitude, latitude));
    let mut codrivers = log.codrivers.0.unwrap_or_default().into_iter().filter_map(|driver| driver.id.0);
    let co_driver_id = codrivers.next().map(|id| link(&id));
    let others: serde_json::Map<_, _> = codrivers
        .map(|id| {
            let record = link(&id);
            (id, json!(record))
        })
        .collect();
    HosEvent {
        driver_id: Some(link(driver)),
        vehicle_id: log.vehicle.0.and_then(|vehicle| vehicle.id.0).map(|id| link(&id)),
        co_driver_id,
        additional_driver_ids: (!others.is_empty()).then_some(Value::Object(others)),
        started_at: Some(start),
        ended_at: log.log_end_time.0,
        annotations: log.remark.0.map(|remarks| HosEventAnnotation { created_at: start, remarks }),
        duty_status_code: codes.map(|codes| codes.0.to_owned()),
        event_type_code: codes.map(|codes| codes.1.to_owned()),
        event_code: codes.map(|codes| codes.2.to_owned()),
        h3_index_11: location.as_ref().and_then(Point::h3_index_11),
        location,
        ..HosEvent::default()
    }
}

/// Duty status, ELD event type (1 = change of duty status, 3 = personal use or yard move) and event code.
fn status(text: &str) -> Option<(&'static str, &'static str, &'static str)> {
    match text {
        "offDuty" => Some(("OFF", "1", "OFF")),
        "sleeperBed" => Some(("SB", "1", "SB")),
        "driving" => Some(("D", "1", "DRIVING")),
        "onDuty" => Some(("ON", "1", "ON")),
        "personalConveyance" => Some(("PC", "3", "PC")),
        "yardMove" => Some(("YM", "3", "YM")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_overlap_and_leave_no_gap() {
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        let ago = |days: i64| now.plus_seconds(-days * DAY);
        let done = |end, deep| Some(Cursor::HosDone { end, deep });
        let hour = now.plus_seconds(-3600);
        let cases = [
            ("first run", None, ago(8), now),
            ("soon after", done(hour, hour), ago(1), hour),
            ("deep once a day", done(hour, ago(1)), ago(8), now),
            ("after a pause", done(ago(20), ago(20)), ago(20), now),
            ("foreign cursor", Some(Cursor::Feed { after: "x".into() }), ago(8), now),
        ];
        for (name, cursor, start, deep) in cases {
            assert_eq!(window(cursor, now), Window { start, end: now, after: None, deep }, "{name}");
        }
    }
}
