//! The events we emit and the schema of each one's records, for the OpenAPI document.

use gateway::openapi::Event;
use model::Resource;
use model::telematics::{HosEvent, Row, User, Vehicle, VehicleLocation};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::payloads::{
    AgreementEvent, ConnectionEvent, ExecutionEvent, FleetConnectionEvent, InvitationEvent, ScheduleEvent, WebhookEvent,
};

/// The members that all record events share, and the only ones of `.removed` events (contract section 13.8).
pub(crate) const SHARED: &[&str] = &[
    "id",
    "fleet_id",
    "fleet_ref",
    "tsp_id",
    "tsp_slug",
    "source_name",
    "connection_id",
    "source_id",
    "created_at",
    "updated_at",
    "deleted_at",
    "occurred_at",
    "execution_id",
    "schedule_id",
    "extras",
];

type RecordSchema = fn(&mut SchemaGenerator) -> Schema;

/// Every event we emit, with its record's schema.
#[must_use]
pub fn events() -> Vec<Event> {
    let named: &[(&[&str], RecordSchema)] = &[
        (
            &["invitation.created", "invitation.accepted", "invitation.declined", "invitation.expired", "invitation.deleted"],
            of::<InvitationEvent>,
        ),
        (&["share_agreement.created", "share_agreement.updated", "share_agreement.deleted"], of::<AgreementEvent>),
        (&["connection.created", "connection.staled"], of::<ConnectionEvent>),
        (&["fleet_connection.created"], of::<FleetConnectionEvent>),
        (&["execution.created", "execution.failed", "execution.staled"], of::<ExecutionEvent>),
        (&["schedule.deactivated"], of::<ScheduleEvent>),
        (
            &["webhook.created", "webhook.updated", "webhook.deleted", "webhook.staled", "webhook.activated", "webhook.paused"],
            of::<WebhookEvent>,
        ),
        (&["vehicle.added", "vehicle.modified"], vehicle),
        (&["user.added", "user.modified"], user),
        (&["vehicle.removed", "user.removed"], removed),
        (&["vehicle_location.added"], vehicle_location),
        (&["hos_event.added", "hos_event.modified"], hos_event),
    ];
    let each = named.iter().flat_map(|(names, record)| names.iter().map(|name| Event { name, record: *record }));
    each.collect()
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn vehicle(generator: &mut SchemaGenerator) -> Schema {
    row::<Vehicle>(Resource::Vehicle, generator)
}

fn user(generator: &mut SchemaGenerator) -> Schema {
    row::<User>(Resource::User, generator)
}

fn vehicle_location(generator: &mut SchemaGenerator) -> Schema {
    row::<VehicleLocation>(Resource::VehicleLocation, generator)
}

fn hos_event(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = row::<HosEvent>(Resource::HosEvent, generator);
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("notes".into(), json_schema!({ "type": ["string", "null"] }).to_value());
    }
    schema
}

fn removed(generator: &mut SchemaGenerator) -> Schema {
    narrowed(Row::<Vehicle>::json_schema(generator), |name| SHARED.contains(&name))
}

/// The REST row without what events leave out.
fn row<T>(resource: Resource, generator: &mut SchemaGenerator) -> Schema
where
    Row<T>: JsonSchema,
{
    let omitted = model::events::omitted(resource);
    narrowed(Row::<T>::json_schema(generator), |name| !omitted.contains(&name))
}

fn narrowed(mut schema: Schema, keep: impl Fn(&str) -> bool) -> Schema {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| keep(name));
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| name.as_str().is_some_and(&keep));
    }
    schema
}

#[cfg(test)]
mod tests {
    use model::codes::EVENT_NAMES;

    use super::*;

    fn properties(name: &str) -> Vec<String> {
        let mut generator = SchemaGenerator::default();
        let event = events().into_iter().find(|event| event.name == name).unwrap();
        let schema = (event.record)(&mut generator);
        schema.get("properties").and_then(Value::as_object).unwrap().keys().cloned().collect()
    }

    #[test]
    fn every_event_is_listed_once_in_the_contract() {
        let names: Vec<_> = events().iter().map(|event| event.name).collect();
        names.iter().for_each(|name| assert!(EVENT_NAMES.contains(name), "{name}"));
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }

    #[test]
    fn records_leave_out_what_the_contract_leaves_out() {
        let has = |event: &str, member: &str| properties(event).iter().any(|name| name == member);
        assert!(
            has("vehicle.added", "vin") && !has("vehicle.added", "license_plate_number") && !has("vehicle.added", "source_data")
        );
        assert!(
            has("hos_event.added", "notes")
                && !has("hos_event.added", "annotations")
                && !has("hos_event.added", "inferred_address")
        );
        let mut shared = properties("vehicle.removed");
        let mut expected: Vec<String> = SHARED.iter().map(ToString::to_string).collect();
        shared.sort();
        expected.sort();
        assert_eq!(shared, expected);
    }
}
