//! The events we emit and the schema of each one's records, for the OpenAPI document.

use gateway::openapi::{Event, Sent};
use model::codes::{EVENT_NAMES, SILENT_EVENTS};
use model::telematics::{Action, Documented, RECORD_TYPES, RecordType, row_schema};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::payloads::{
    AgreementEvent, ConnectionEvent, ExecutionEvent, FleetConnectionEvent, InvitationEvent, ResourceOperationEvent,
    ScheduleEvent, TspEvent, TspRequestedEvent, WebhookEvent,
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

/// Every event with its record's schema: those we emit, and those that are listed without ever being sent.
#[must_use]
pub fn events() -> Vec<Event> {
    let named: &[(&[&str], RecordSchema)] = &[
        (
            &[
                "invitation.created",
                "invitation.sent",
                "invitation.viewed",
                "invitation.accepted",
                "invitation.declined",
                "invitation.rejected",
                "invitation.expired",
                "invitation.deleted",
            ],
            of::<InvitationEvent>,
        ),
        (&["share_agreement.created", "share_agreement.updated", "share_agreement.deleted"], of::<AgreementEvent>),
        (&["connection.created", "connection.staled"], of::<ConnectionEvent>),
        (&["fleet_connection.created", "fleet_connection.deleted"], of::<FleetConnectionEvent>),
        (&["execution.created", "execution.failed", "execution.staled"], of::<ExecutionEvent>),
        (&["schedule.deactivated"], of::<ScheduleEvent>),
        (
            &["resource_operation.created", "resource_operation.succeeded", "resource_operation.failed"],
            of::<ResourceOperationEvent>,
        ),
        (&["tsp.created"], of::<TspEvent>),
        (&["tsp.requested"], of::<TspRequestedEvent>),
        (
            &["webhook.created", "webhook.updated", "webhook.deleted", "webhook.staled", "webhook.activated", "webhook.paused"],
            of::<WebhookEvent>,
        ),
    ];
    let control = named.iter().flat_map(|(names, record)| {
        let event = |name: &&'static str| Event { name, record: Box::new(*record), sent: sent(!SILENT_EVENTS.contains(name)) };
        names.iter().map(event).collect::<Vec<_>>()
    });
    control.chain(RECORD_TYPES.iter().flat_map(|record| record_events(record))).collect()
}

fn sent(fires: bool) -> Sent {
    if fires { Sent::Always } else { Sent::Never }
}

/// The events of a record type: those that fire, and others that are listed.
fn record_events(record: &'static RecordType) -> impl Iterator<Item = Event> {
    let event = move |action: &Action| {
        let (action, name) = (*action, record.event_name(*action));
        let name = EVENT_NAMES.iter().find(|known| **known == name)?;
        let schema = move |generator: &mut SchemaGenerator| record_schema(record, action, generator);
        Some(Event { name, record: Box::new(schema), sent: sent(record.fires(action)) })
    };
    Action::ALL.iter().filter_map(event)
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// The schema of an event's records: a component of its own per resource, and one for all that are removed.
fn record_schema(record: &RecordType, action: Action, generator: &mut SchemaGenerator) -> Schema {
    let row = resolved(row_schema(record.resource, generator).unwrap_or_default(), generator);
    let (name, schema) = match action {
        Action::Removed => {
            let mut schema = narrowed(row, |name| SHARED.contains(&name));
            schema.insert("description".to_owned(), "A record that its TSP no longer lists.".into());
            ("BaseTelematicsEvent".to_owned(), schema)
        }
        Action::Added | Action::Modified => (format!("Base{:?}", record.resource), event_schema(record, row, generator)),
    };
    generator.definitions_mut().insert(name.clone(), schema.into());
    json_schema!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The schema of a row without what events leave out, with what only events have.
fn event_schema(record: &RecordType, row: Schema, generator: &SchemaGenerator) -> Schema {
    let added: Vec<_> = record.events.with.iter().map(|(name, pointer)| (*name, at(&row, pointer, generator))).collect();
    let mut schema = narrowed(row, |name| record.is_in_events(name));
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.extend(added.into_iter().map(|(name, schema)| (name.to_owned(), schema.to_value())));
    }
    for (name, documented) in record.events.documented {
        document(&mut schema, name, *documented);
    }
    schema
}

/// Documents a member otherwise than in rows.
fn document(schema: &mut Schema, name: &str, documented: Documented) {
    if let Some(member) = schema.pointer_mut(&format!("/properties/{name}")).and_then(Value::as_object_mut) {
        match documented {
            Documented::Nullable => member.insert("type".into(), json!(["string", "null"])),
            Documented::Required => member.insert("type".into(), json!("string")),
            Documented::OneOf(values) => {
                member.remove("type");
                member.insert("anyOf".into(), model::schema::nullable_code(values).get("anyOf").cloned().unwrap_or_default())
            }
        };
    }
    if let (Documented::Required, Some(required)) = (documented, schema.get_mut("required").and_then(Value::as_array_mut)) {
        required.push(name.into());
    }
}

/// The schema of the value behind a JSON pointer into rows, which may be null there.
fn at(row: &Schema, pointer: &str, generator: &SchemaGenerator) -> Schema {
    let mut found = row.clone();
    for name in pointer.split('/').skip(1) {
        let member = found.pointer(&format!("/properties/{name}")).cloned().unwrap_or_default();
        let inner = member.pointer("/anyOf/0").cloned().unwrap_or(member);
        found = resolved(Schema::try_from(inner).unwrap_or_default(), generator);
    }
    match found.get("type") {
        Some(Value::String(kind)) => {
            json_schema!({ "type": [kind, "null"], "description": found.get("description") })
        }
        _ => found,
    }
}

/// The component that a schema refers to, or the schema itself.
fn resolved(schema: Schema, generator: &SchemaGenerator) -> Schema {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    let found = name.and_then(|name| generator.definitions().get(name)).cloned();
    found.and_then(|found| Schema::try_from(found).ok()).unwrap_or(schema)
}

/// A row's schema with some of its members. Events always say which fleet it is, and when it happened.
fn narrowed(mut schema: Schema, keep: impl Fn(&str) -> bool) -> Schema {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| keep(name));
        for name in ["fleet_id", "occurred_at"] {
            if let Some(kind) = properties.get_mut(name).and_then(|member| member.get_mut("type")) {
                *kind = "string".into();
            }
        }
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| name.as_str().is_some_and(&keep));
        for name in ["fleet_ref", "occurred_at"].map(Value::from) {
            if !required.contains(&name) {
                required.push(name);
            }
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(name: &str) -> Vec<String> {
        let mut generator = SchemaGenerator::default();
        let event = events().into_iter().find(|event| event.name == name).unwrap();
        let schema = (event.record)(&mut generator);
        let schema = resolved(schema, &generator);
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
    fn no_member_is_required_twice() {
        for event in events() {
            let mut generator = SchemaGenerator::default();
            let schema = (event.record)(&mut generator);
            let schema = resolved(schema, &generator);
            let required = schema.get("required").and_then(Value::as_array).unwrap();
            let distinct: std::collections::BTreeSet<_> = required.iter().map(Value::to_string).collect();
            assert_eq!(distinct.len(), required.len(), "{}: {required:?}", event.name);
        }
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
