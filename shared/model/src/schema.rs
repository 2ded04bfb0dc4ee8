//! Schemas of values that their Rust types do not fully describe.

use schemars::{Schema, SchemaGenerator, json_schema};

/// A nullable string from a published list; readers accept other values.
#[must_use]
pub fn nullable_code(values: &'static [&'static str]) -> Schema {
    json_schema!({ "anyOf": [code(values), { "type": "null" }] })
}

/// A string out of a closed list, under the name that the contract gives the list.
#[must_use]
pub fn code(values: &'static [&'static str]) -> Schema {
    match crate::codes::NAMED.iter().find(|(_, _, named)| *named == values) {
        Some((name, text, _)) => json_schema!({ "title": name, "description": text, "type": "string", "enum": values }),
        None => json_schema!({ "type": "string", "enum": values }),
    }
}

/// A TSP adapter's name.
pub fn source_name(_: &mut SchemaGenerator) -> Schema {
    code(crate::codes::TSP_SOURCE_NAMES)
}

/// An optional TSP adapter's name.
pub fn nullable_source_name(_: &mut SchemaGenerator) -> Schema {
    nullable_code(crate::codes::TSP_SOURCE_NAMES)
}

/// A credential form.
pub fn conn_type(_: &mut SchemaGenerator) -> Schema {
    code(crate::codes::CONNECTION_TYPES)
}

/// An arbitrary JSON object, or null.
pub fn nullable_object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [any_object(), { "type": "null" }] })
}

/// An arbitrary JSON object.
pub fn object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "allOf": [any_object()] })
}

fn any_object() -> Schema {
    let text = "An object whose members are not described.";
    json_schema!({ "title": "JsonObject", "description": text, "type": "object", "additionalProperties": true })
}

/// What an agreement or an invitation covers: a level for each resource.
pub fn scopes(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "allOf": [permissions(&generator.subschema_for::<crate::ShareLevel>())] })
}

/// A level for each resource, under one name; `level` is the schema of levels.
#[must_use]
pub fn permissions(level: &Schema) -> Schema {
    let text = "A level for each resource: the resource's name, and how far it is shared.";
    json_schema!({ "title": "Permissions", "description": text, "type": "object", "additionalProperties": level })
}

/// A calendar day.
pub fn date(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date" })
}

/// A calendar day, or null.
pub fn nullable_date(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "format": "date" })
}

/// A concrete webhook event.
pub fn event_name(_: &mut SchemaGenerator) -> Schema {
    code(crate::codes::EVENT_NAMES)
}
