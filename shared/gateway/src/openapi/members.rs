//! The input of an operation: parameters and body.

use serde_json::{Map, Value, json};

use super::components::Components;
use super::tidy::admitting_null;
use super::words::spaced;
use crate::reader::{Body, Location, MemberSpec};

/// A parameter outside the body.
pub(super) fn parameter(member: &MemberSpec, components: &mut Components) -> Value {
    let details = &member.details;
    let mut schema = member.schema.clone();
    if let Some(default) = &details.default {
        schema.insert("default".into(), default.clone());
    }
    let repeats = schema.get("type") == Some(&json!("array"));
    let mut parameter = json!({
        "in": member.location.name(), "name": member.name, "required": member.required,
        "schema": components.place(schema), "description": about(member),
    });
    let more = parameter.as_object_mut().into_iter();
    more.for_each(|members| {
        if repeats {
            members.insert("style".into(), "form".into());
            members.insert("explode".into(), true.into());
        }
        if details.is_deprecated {
            members.insert("deprecated".into(), true.into());
        }
        members.extend(example(member).map(|example| ("example".to_owned(), example)));
    });
    parameter
}

/// The description of an id in a path.
fn about(member: &MemberSpec) -> String {
    match member.name.strip_suffix("_id") {
        Some(what) if member.details.about.is_empty() && member.location == Location::Path => {
            format!("The {}'s id.", spaced(what))
        }
        _ => member.details.about.clone().into_owned(),
    }
}

/// The request body of an operation.
pub(super) fn request_body(
    (kind, most): (Body, usize),
    summary: &str,
    members: &[MemberSpec],
    components: &mut Components,
) -> Option<Value> {
    let (media, name) = match kind {
        Body::None => return None,
        Body::Json(name) | Body::OptionalJson(name) => ("application/json", name),
        Body::JsonArray => ("application/json", ""),
        Body::Form(name) => ("application/x-www-form-urlencoded", name),
    };
    let fields: Vec<&MemberSpec> = members.iter().filter(|member| member.location == Location::Body).collect();
    let schema = match fields.as_slice() {
        [items] if kind == Body::JsonArray => json!(items.schema),
        fields => object(name, summary, fields),
    };
    let mut content =
        json!({ "schema": schemars::Schema::try_from(schema).map(|schema| components.place(schema)).unwrap_or_default() });
    let example = if kind == Body::JsonArray { Map::new() } else { example_of(&fields, "") };
    if let (false, Some(content)) = (example.is_empty(), content.as_object_mut()) {
        content.insert("example".into(), Value::Object(example));
    }
    let text = format!("At most {} KiB.", most / 1_024);
    Some(json!({ "description": text, "required": !matches!(kind, Body::OptionalJson(_)), "content": { media: content } }))
}

/// The object with these members; members with dotted names are part of the schemas of their objects.
fn object(title: &str, summary: &str, fields: &[&MemberSpec]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (field, name) in level(fields, "") {
        properties.insert(name.to_owned(), noted(field, json!(field.schema)));
        if field.required {
            required.push(name);
        }
    }
    let mut schema = json!({ "title": title, "description": format!("{summary}."), "type": "object", "properties": properties });
    if let (false, Some(members)) = (required.is_empty(), schema.as_object_mut()) {
        members.insert("required".into(), json!(required));
    }
    schema
}

/// The fields directly below `prefix`, with the rest of their names.
fn level<'a>(fields: &'a [&'a MemberSpec], prefix: &'a str) -> impl Iterator<Item = (&'a MemberSpec, &'a str)> {
    let named = fields.iter().map(move |field| (*field, field.name.strip_prefix(prefix).filter(|rest| !rest.contains('.'))));
    named.filter_map(|(field, name)| Some((field, name?)))
}

/// The schema of a member with its details. Null is equivalent to absence, unless there is a default.
fn noted(field: &MemberSpec, schema: Value) -> Value {
    let details = &field.details;
    let schema = match schema {
        schema if field.required || details.default.is_some() => beside(schema),
        schema => nullable(schema),
    };
    let Value::Object(mut members) = schema else { return schema };
    if !details.about.is_empty() {
        members.insert("description".into(), details.about.clone().into());
    }
    if let Some(default) = &details.default {
        members.insert("default".into(), default.clone());
    }
    if let Some(example) = example(field).filter(|_| !members.contains_key("anyOf")) {
        members.insert("examples".into(), json!([example]));
    }
    if details.is_deprecated {
        members.insert("deprecated".into(), true.into());
    }
    Value::Object(members)
}

/// The schema in a form that permits further keywords; a component is wrapped.
fn beside(schema: Value) -> Value {
    if schema.get("title").is_some() { json!({ "allOf": [schema] }) } else { schema }
}

fn nullable(schema: Value) -> Value {
    match schema.as_object().and_then(admitting_null) {
        Some(schema) => Value::Object(schema),
        None => json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}

/// The example: JSON, or else a string.
fn example(member: &MemberSpec) -> Option<Value> {
    let text = member.details.example;
    let parsed = || serde_json::from_str(text).unwrap_or_else(|_| text.into());
    (!text.is_empty()).then(parsed)
}

/// The example body, from the examples of its members.
fn example_of(fields: &[&MemberSpec], prefix: &str) -> Map<String, Value> {
    let mut found = Map::new();
    for (field, name) in level(fields, prefix) {
        let nested = example_of(fields, &format!("{}.", field.name));
        let value = if nested.is_empty() { example(field) } else { Some(Value::Object(nested)) };
        found.extend(value.map(|value| (name.to_owned(), value)));
    }
    found
}
