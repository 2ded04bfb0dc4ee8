//! The schema registry's file: the schemas of webhook messages in the dialect of OpenAPI 3.0, out of the document that has them in
//! that of 3.1.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use model::events::SCHEMA_VERSION;
use serde_json::{Map, Value, json};

/// Where the Notifications service reads it.
pub(crate) const PATH: &str = "functions/notifications/src/schemas/published.json";

const SCHEMAS: &str = "#/components/schemas/";
/// When the version was first sent, and what it changed.
const SINCE: &str = "2026-11-21T00:00:00Z";
const CHANGELOG: &str = "Initial schema version";

/// The file's text, from the document of Notifications.
///
/// # Errors
/// When the document is not as expected.
pub(crate) fn text(document: &str) -> Result<String> {
    let document: Value = serde_json::from_str(document)?;
    let hooks = document.get("webhooks").and_then(Value::as_object).context("the document has no webhooks")?;
    let all = document.pointer("/components/schemas").and_then(Value::as_object).context("the document has no schemas")?;
    let mut events = BTreeMap::new();
    let mut kept = BTreeMap::new();
    for (event, hook) in hooks {
        let place = hook.pointer("/post/requestBody/content/application~1json/schema/$ref").and_then(Value::as_str);
        let name = place.and_then(|place| place.strip_prefix(SCHEMAS)).with_context(|| format!("{event} has no component"))?;
        events.insert(event, name);
        keep(name, all, &mut kept);
    }
    let file = json!({
        "version": SCHEMA_VERSION,
        "created_at": SINCE,
        "changelog": CHANGELOG,
        "events": events,
        "schemas": kept,
    });
    Ok(format!("{file:#}\n"))
}

/// Keeps a component and what it refers to.
fn keep(name: &str, all: &Map<String, Value>, kept: &mut BTreeMap<String, Value>) {
    let (false, Some(schema)) = (kept.contains_key(name), all.get(name)) else { return };
    kept.insert(name.to_owned(), older(schema));
    for target in references(schema) {
        keep(&target, all, kept);
    }
}

fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix(SCHEMAS));
            members.values().flat_map(references).chain(own.map(str::to_owned)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// A schema as OpenAPI 3.0 writes it: one type and `nullable`, no `const`, no `examples`, no `prefixItems`, and nothing beside a
/// reference.
fn older(schema: &Value) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let mut found = Map::new();
    for (name, value) in members {
        match name.as_str() {
            "properties" => {
                let inner = value.as_object().into_iter().flatten().map(|(name, schema)| (name.clone(), older(schema)));
                found.insert(name.clone(), Value::Object(inner.collect()));
            }
            "items" | "additionalProperties" => {
                found.insert(name.clone(), older(value));
            }
            "const" => {
                found.insert("enum".into(), json!([value]));
            }
            "examples" => found.extend(value.get(0).cloned().map(|example| ("example".to_owned(), example))),
            "prefixItems" => {
                found.insert("items".into(), value.get(0).map(older).unwrap_or_default());
            }
            "type" => found.extend(types(value)),
            "anyOf" | "oneOf" | "allOf" => found.extend(choices(name, value)),
            _ => {
                found.insert(name.clone(), value.clone());
            }
        }
    }
    alone(found)
}

/// A list of types is one type, and `nullable` if null is among them.
fn types(value: &Value) -> Vec<(String, Value)> {
    let Some(all) = value.as_array() else { return vec![("type".into(), value.clone())] };
    let mut named = all.iter().filter(|kind| *kind != "null").cloned();
    let mut found: Vec<_> = named.next().map(|kind| ("type".to_owned(), kind)).into_iter().collect();
    if all.iter().any(|kind| kind == "null") {
        found.push(("nullable".into(), true.into()));
    }
    found
}

/// Null as one of several schemas becomes `nullable`.
fn choices(name: &str, value: &Value) -> Vec<(String, Value)> {
    let all = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let is_null = |schema: &&Value| schema.get("type") == Some(&json!("null"));
    let others: Vec<Value> = all.iter().filter(|schema| !is_null(schema)).map(older).collect();
    let nullable = all.iter().any(|schema| is_null(&schema)).then(|| ("nullable".to_owned(), true.into()));
    let name = if others.len() == 1 { "allOf" } else { name };
    [(name.to_owned(), Value::Array(others))].into_iter().chain(nullable).collect()
}

/// Members beside a reference are ignored in 3.0, so the reference moves into `allOf`. Nullable enumerations name null themselves.
fn alone(mut members: Map<String, Value>) -> Value {
    if members.len() > 1
        && let Some(target) = members.remove("$ref")
    {
        members.insert("allOf".into(), json!([{ "$ref": target }]));
    }
    let nullable = members.get("nullable") == Some(&true.into());
    if let Some(values) =
        members.get_mut("enum").and_then(Value::as_array_mut).filter(|values| nullable && !values.contains(&Value::Null))
    {
        values.push(Value::Null);
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_lose_what_openapi_3_0_does_not_know() {
        let check = |newer: Value, expected: Value| assert_eq!(older(&newer), expected, "{newer}");
        check(
            json!({ "type": ["string", "null"], "format": "uuid" }),
            json!({ "type": "string", "nullable": true, "format": "uuid" }),
        );
        check(json!({ "const": "a", "type": "string" }), json!({ "enum": ["a"], "type": "string" }));
        check(json!({ "examples": [1, 2] }), json!({ "example": 1 }));
        check(
            json!({ "anyOf": [{ "$ref": "#/components/schemas/A" }, { "type": "null" }], "description": "d" }),
            json!({ "allOf": [{ "$ref": "#/components/schemas/A" }], "nullable": true, "description": "d" }),
        );
        check(
            json!({ "anyOf": [{ "$ref": "#/components/schemas/A" }, { "$ref": "#/components/schemas/B" }] }),
            json!({ "anyOf": [{ "$ref": "#/components/schemas/A" }, { "$ref": "#/components/schemas/B" }] }),
        );
        check(
            json!({ "$ref": "#/components/schemas/A", "description": "d" }),
            json!({ "allOf": [{ "$ref": "#/components/schemas/A" }], "description": "d" }),
        );
        check(json!({ "$ref": "#/components/schemas/A" }), json!({ "$ref": "#/components/schemas/A" }));
        check(
            json!({ "type": "array", "prefixItems": [{ "type": "number" }, { "type": "number" }], "minItems": 2 }),
            json!({ "type": "array", "items": { "type": "number" }, "minItems": 2 }),
        );
        check(
            json!({ "properties": { "type": { "type": ["array", "null"], "items": { "type": ["number", "null"] } } } }),
            json!({ "properties": { "type": { "type": "array", "nullable": true, "items": { "type": "number", "nullable": true } } } }),
        );
        check(
            json!({ "type": ["string", "null"], "enum": ["a"] }),
            json!({ "type": "string", "nullable": true, "enum": ["a", null] }),
        );
    }
}
