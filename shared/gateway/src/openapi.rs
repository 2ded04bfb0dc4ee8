//! OpenAPI 3.1 documents, generated from the endpoint tables.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::caller::Access;
use crate::endpoint::{Endpoint, Service};
use crate::error::Problem;
use crate::reader::{Body, Location, MemberSpec};

/// A webhook event: its name and the schema of its records.
pub struct Event {
    /// `vehicle.added`.
    pub name: &'static str,
    /// The schema of one record.
    pub record: RecordSchema,
}

/// Makes the schema of an event's records.
pub type RecordSchema = Box<dyn Fn(&mut SchemaGenerator) -> Schema>;

/// The document of one service. `base` is left out of its paths.
#[must_use]
pub fn document(service: &Service, base: &str, events: &[Event]) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for endpoint in (service.endpoints)() {
        if let Some(operation) = operation(&endpoint, service.name, &mut generator) {
            let path = endpoint.path.strip_prefix(base).unwrap_or(endpoint.path).to_owned();
            paths.entry(path).or_default().insert(endpoint.method.as_str().to_lowercase(), operation);
        }
    }
    let webhooks: Map<String, Value> =
        events.iter().map(|event| (event.name.to_owned(), webhook(event, &mut generator))).collect();
    let schemas = generator.take_definitions(true);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": service.title, "version": "2.0.0" },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "Bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
        },
    });
    if let (false, Some(members)) = (webhooks.is_empty(), document.as_object_mut()) {
        members.insert("webhooks".into(), Value::Object(webhooks));
    }
    document
}

fn operation(endpoint: &Endpoint, tag: &str, generator: &mut SchemaGenerator) -> Option<Value> {
    let declared = endpoint.serve.responses(generator);
    if declared.is_empty() {
        return None;
    }
    let members = endpoint.serve.members();
    let parameters: Vec<Value> = members.iter().filter(|member| member.location != Location::Body).map(parameter).collect();
    let mut responses = Map::new();
    for (status, schema) in declared {
        let content = schema.map(|schema| json!({ "application/json": { "schema": schema } }));
        let mut response = json!({ "description": http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("OK") });
        if let (Some(content), Some(members)) = (content, response.as_object_mut()) {
            members.insert("content".into(), content);
        }
        responses.insert(status.to_string(), response);
    }
    errors(endpoint, generator, &mut responses);
    let mut operation = json!({
        "operationId": endpoint.handler.replace('.', "_"),
        "summary": endpoint.summary,
        "tags": [tag],
        "parameters": parameters,
        "responses": responses,
    });
    let body = request_body(endpoint.serve.body(), &members);
    let security = match endpoint.access {
        Access::Scope(scope) => Some(json!([{ "Bearer": [scope] }])),
        Access::Optional => Some(json!([{}, { "Bearer": [] }])),
        Access::Public => None,
    };
    if let Some(members) = operation.as_object_mut() {
        members.extend(body.map(|body| ("requestBody".to_owned(), body)));
        members.extend(security.map(|security| ("security".to_owned(), security)));
    }
    Some(operation)
}

fn parameter(member: &MemberSpec) -> Value {
    let mut parameter =
        json!({ "in": member.location.name(), "name": member.name, "required": member.required, "schema": member.schema });
    let repeats = member.schema.get("type").is_some_and(Value::is_array);
    if let (true, Some(members)) = (repeats, parameter.as_object_mut()) {
        members.insert("style".into(), "form".into());
        members.insert("explode".into(), true.into());
    }
    parameter
}

fn request_body(kind: Body, members: &[MemberSpec]) -> Option<Value> {
    let media = match kind {
        Body::None => return None,
        Body::Json | Body::OptionalJson => "application/json",
        Body::Form => "application/x-www-form-urlencoded",
    };
    let fields: Vec<&MemberSpec> = members.iter().filter(|member| member.location == Location::Body).collect();
    let schema = object(&fields, "");
    Some(json!({ "required": kind != Body::OptionalJson, "content": { media: { "schema": schema } } }))
}

/// The object whose members start with `prefix`; dotted names nest.
fn object(fields: &[&MemberSpec], prefix: &str) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields {
        let Some(name) = field.name.strip_prefix(prefix).filter(|rest| !rest.contains('.')) else {
            continue;
        };
        let inner = format!("{}.", field.name);
        let nested = fields.iter().any(|other| other.name.starts_with(&inner));
        let schema = if nested { object(fields, &inner) } else { json!(field.schema) };
        properties.insert(name.to_owned(), if field.required { schema } else { nullable(schema) });
        if field.required {
            required.push(name.to_owned());
        }
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

fn nullable(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn errors(endpoint: &Endpoint, generator: &mut SchemaGenerator, responses: &mut Map<String, Value>) {
    if endpoint.path.starts_with("/realms/") {
        let schema = json!({ "type": "object", "properties": { "error": { "type": "string" }, "error_description": { "type": "string" } }, "required": ["error"] });
        for status in ["400", "401"] {
            responses.insert(
                status.into(),
                json!({ "description": "OAuth error", "content": { "application/json": { "schema": schema } } }),
            );
        }
        return;
    }
    let problems = generator.subschema_for::<Vec<Problem>>();
    let plain = json!({ "type": ["string", "null"] });
    let retry = json!({ "anyOf": [{ "type": "object", "properties": { "retry_after_seconds": { "type": "integer" }, "message": { "type": "string" } }, "required": ["retry_after_seconds", "message"] }, { "type": "null" }] });
    let listed: &[(u16, &Value)] = &[
        (400, &plain),
        (401, &plain),
        (403, &plain),
        (404, &plain),
        (405, &plain),
        (409, &plain),
        (429, &retry),
        (501, &plain),
        (504, &plain),
    ];
    for (status, detail) in listed {
        responses.entry(status.to_string()).or_insert_with(|| error_response(detail));
    }
    let invalid = json!({ "anyOf": [problems, { "type": "null" }] });
    responses.insert("422".into(), error_response(&invalid));
    let ours = json!({ "type": "object", "properties": { "message": { "type": "string" } }, "required": ["message"] });
    responses.insert(
        "500".into(),
        json!({ "description": "Internal Server Error", "content": { "application/json": { "schema": ours } } }),
    );
}

fn error_response(detail: &Value) -> Value {
    let schema = json!({
        "type": "object",
        "properties": { "code": { "type": "integer" }, "message": { "type": "string" }, "detail": detail },
        "required": ["code", "message", "detail"],
    });
    json!({ "description": "Error", "content": { "application/json": { "schema": schema } } })
}

fn webhook(event: &Event, generator: &mut SchemaGenerator) -> Value {
    let record = (event.record)(generator);
    let id = uuid::Uuid::json_schema(generator);
    let instant = json!({ "type": ["string", "null"], "format": "date-time" });
    let schema = json!({
        "type": "object",
        "properties": {
            "version": { "type": "string", "pattern": r"^\d+\.\d+$" },
            "event_name": { "type": "string", "const": event.name },
            "data": { "type": "array", "items": record },
            "webhook_id": id,
            "timestamp": instant,
            "id": id,
            "delivery_attempt": { "type": "integer" },
        },
        "required": ["version", "event_name", "data", "webhook_id", "timestamp", "id", "delivery_attempt"],
    });
    json!({ "post": {
        "requestBody": { "required": true, "content": { "application/json": { "schema": schema } } },
        "responses": { "202": { "description": "Accepted" } },
    } })
}
