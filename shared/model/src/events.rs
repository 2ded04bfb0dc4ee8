//! Webhook events: their names, and how a row becomes an event payload.

use serde_json::{Map, Value};

use crate::Resource;
use crate::codes::{CATCH_ALL_EVENTS, EVENT_NAMES};

/// Payload version of every event.
pub const SCHEMA_VERSION: &str = "3.0";

/// Events that the contract lists but that are never emitted; wildcards skip them.
const NEVER_EMITTED: &[&str] = &[
    "invitation.rejected",
    "ifta_summary.removed",
    "hos_availability.removed",
    "hos_daily_snapshot.removed",
    "hos_event.removed",
    "hos_violation.removed",
    "engine_log.removed",
];

/// The concrete events a subscription name stands for: itself, or one per action of a wildcard. Empty = unknown name.
#[must_use]
pub fn expand(name: &str) -> Vec<&'static str> {
    let Some(subject) = name.strip_suffix(".*") else {
        return EVENT_NAMES.iter().copied().filter(|known| *known == name && !known.ends_with(".*")).collect();
    };
    if !CATCH_ALL_EVENTS.contains(&name) && !EVENT_NAMES.contains(&name) {
        return Vec::new();
    }
    let of_subject = |known: &&str| known.rsplit_once('.').is_some_and(|(head, action)| head == subject && action != "*");
    EVENT_NAMES.iter().copied().filter(of_subject).filter(|known| !NEVER_EMITTED.contains(known)).collect()
}

/// The resource whose records the event carries, if it carries records.
#[must_use]
pub fn resource_of(event: &str) -> Option<Resource> {
    let (head, action) = event.rsplit_once('.')?;
    matches!(action, "added" | "modified" | "removed").then(|| Resource::parse(head)).flatten()
}

/// Members of a row that its event payload leaves out.
#[must_use]
pub fn omitted(resource: Resource) -> &'static [&'static str] {
    match resource {
        Resource::Vehicle => &["source_data", "source_data_hash", "license_plate_number"],
        Resource::HosEvent => &["source_data", "source_data_hash", "annotations", "inferred_address"],
        _ => &["source_data", "source_data_hash"],
    }
}

/// The event payload of a row (contract section 13.8).
#[must_use]
pub fn payload(resource: Resource, mut row: Map<String, Value>) -> Map<String, Value> {
    if resource == Resource::HosEvent {
        let remarks = row.get("annotations").and_then(|annotations| annotations.get("remarks")).cloned();
        row.insert("notes".into(), remarks.unwrap_or(Value::Null));
    }
    for name in omitted(resource) {
        row.remove(*name);
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_expand_to_the_events_that_are_emitted() {
        assert_eq!(expand("vehicle_location.*"), ["vehicle_location.added"]);
        assert_eq!(expand("hos_event.*"), ["hos_event.added", "hos_event.modified"]);
        assert_eq!(expand("vehicle.added"), ["vehicle.added"]);
        assert!(expand("vehicle.*").iter().all(|event| event.starts_with("vehicle.")));
        assert!(expand("nothing.*").is_empty() && expand("nothing").is_empty() && expand("*").is_empty());
    }
}
