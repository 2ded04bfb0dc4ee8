//! Webhook events: their names, and how a row becomes an event record.

use serde_json::{Map, Value};

use crate::Resource;
use crate::codes::{CATCH_ALL_EVENTS, EVENT_NAMES, SILENT_EVENTS};
use crate::telematics::{Action, RecordType};

/// Payload version of every event.
pub const SCHEMA_VERSION: &str = "3.0";

/// The concrete events a subscription name stands for: itself, or one per action of a wildcard that fires. Empty = unknown
/// name.
#[must_use]
pub fn expand(name: &str) -> Vec<&'static str> {
    let Some(subject) = name.strip_suffix(".*") else {
        return EVENT_NAMES.iter().copied().filter(|known| *known == name && !known.ends_with(".*")).collect();
    };
    if !CATCH_ALL_EVENTS.contains(&name) && !EVENT_NAMES.contains(&name) {
        return Vec::new();
    }
    let of_subject = |known: &&str| known.rsplit_once('.').is_some_and(|(head, action)| head == subject && action != "*");
    EVENT_NAMES.iter().copied().filter(of_subject).filter(|known| fires(known)).collect()
}

/// Whether an event that is listed ever fires.
fn fires(event: &str) -> bool {
    let served = action_of(event).and_then(|(resource, action)| Some((resource.record_type()?, action)));
    served.map_or_else(|| !SILENT_EVENTS.contains(&event), |(record, action)| record.fires(action))
}

/// What happened to a record of which resource, where the event is about records.
fn action_of(event: &str) -> Option<(Resource, Action)> {
    let (head, name) = event.rsplit_once('.')?;
    let action = Action::ALL.into_iter().find(|action| action.name() == name)?;
    Some((Resource::parse(head)?, action))
}

/// The record type whose existing records an event can bring, for the event tells of records that are new.
#[must_use]
pub fn snapshot_of(event: &str) -> Option<&'static RecordType> {
    let (resource, action) = action_of(event)?;
    resource.record_type().filter(|record| action == Action::Added && record.fires(action))
}

/// Whether an event belongs to no partner and no fleet: every subscriber hears of it.
#[must_use]
pub fn is_for_everyone(event: &str) -> bool {
    event == "tsp.created"
}

/// The event record of a row (contract section 13.8).
#[must_use]
pub fn payload_record(record: &RecordType, mut row: Map<String, Value>) -> Map<String, Value> {
    let added = record.events.with.iter().map(|(name, pointer)| ((*name).to_owned(), at(&row, pointer)));
    let added: Vec<_> = added.collect();
    row.retain(|name, _| record.is_in_events(name));
    row.extend(added);
    row
}

/// The value behind a JSON pointer into a row; null where there is none.
fn at(row: &Map<String, Value>, pointer: &str) -> Value {
    let (first, rest) = match pointer.trim_start_matches('/').split_once('/') {
        Some((first, rest)) => (first, format!("/{rest}")),
        None => (pointer.trim_start_matches('/'), String::new()),
    };
    row.get(first).and_then(|value| value.pointer(&rest)).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wildcards_expand_to_the_actions_that_fire() {
        assert_eq!(expand("vehicle_location.*"), ["vehicle_location.added"]);
        assert_eq!(expand("hos_event.*"), ["hos_event.added", "hos_event.modified"]);
        assert_eq!(expand("ifta_summary.*"), ["ifta_summary.added", "ifta_summary.modified"]);
        assert_eq!(expand("workflow.*"), ["workflow.added", "workflow.modified", "workflow.removed"]);
        assert!(!expand("invitation.*").contains(&"invitation.rejected"));
        assert_eq!(expand("vehicle.added"), ["vehicle.added"]);
        assert!(expand("vehicle.*").iter().all(|event| event.starts_with("vehicle.")));
        assert!(snapshot_of("vehicle.added").is_some() && snapshot_of("vehicle.modified").is_none());
        assert!(snapshot_of("fleet_connection.created").is_none() && snapshot_of("nothing.added").is_none());
        assert!(expand("nothing.*").is_empty() && expand("nothing").is_empty() && expand("*").is_empty());
    }

    #[test]
    fn event_records_differ_from_rows_as_the_record_type_says() {
        let row =
            json!({ "id": "1", "source_data": {}, "source_data_hash": "0", "annotations": { "remarks": "late" }, "odometer": 5 });
        let record = Resource::HosEvent.record_type().unwrap();
        let made = payload_record(record, row.as_object().unwrap().clone());
        assert_eq!(Value::Object(made), json!({ "id": "1", "notes": "late", "odometer": 5 }));
        let made = payload_record(record, Map::new());
        assert_eq!(Value::Object(made), json!({ "notes": null }));
    }
}
