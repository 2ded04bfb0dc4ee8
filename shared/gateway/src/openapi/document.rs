//! The document of one service.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::components::{Clash, Components};
use super::operation::{self, scope_text};
use super::{Event, errors, webhook};
use crate::caller::Access;
use crate::endpoint::{Endpoint, Service};

/// The realm's part of the paths of token endpoints. The realm is configuration, so it is part of the server URL.
const REALM: &str = "/realms/{realm}";

/// The document of one service.
///
/// # Errors
/// If two of its schemas have the same name.
pub fn document(service: &Service, events: &[Event]) -> Result<Value, Clash> {
    let mut components = Components::new();
    let endpoints = (service.endpoints)();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for endpoint in &endpoints {
        let path = endpoint.path.strip_prefix(REALM).unwrap_or(endpoint.path);
        if let Some(operation) = operation::operation(endpoint, service, path, &mut components) {
            paths.entry(path.to_owned()).or_default().insert(endpoint.method.as_str().to_lowercase(), operation);
        }
    }
    let hooks: Map<String, Value> =
        events.iter().map(|event| (event.name.to_owned(), webhook::webhook(event, &mut components))).collect();
    let (paths, hooks) = (json!(paths), Value::Object(hooks));
    let responses = Value::Object(errors::components(&paths, &mut components));
    let schemas = components.finish(&[&paths, &hooks, &responses])?;
    let mut document = json!({
        "openapi": "3.1.0",
        "info": info(service),
        "servers": servers(&endpoints),
        "tags": tags(service, events),
        "components": { "schemas": schemas, "responses": responses },
        "paths": paths,
    });
    let shared = shared(&endpoints, &document.to_string(), &hooks);
    if let Some(members) = document.get_mut("components").and_then(Value::as_object_mut) {
        members.extend(shared);
    }
    if let (false, Some(members)) = (events.is_empty(), document.as_object_mut()) {
        members.insert("webhooks".into(), hooks);
    }
    Ok(document)
}

fn info(service: &Service) -> Value {
    json!({
        "title": service.title,
        "description": service.description,
        "version": "2.0.0",
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    })
}

fn servers(endpoints: &[Endpoint]) -> Value {
    let origin =
        json!({ "default": "http://127.0.0.1:4500", "description": "The address of the API; by default that of a local run." });
    if endpoints.iter().any(|endpoint| endpoint.path.starts_with(REALM)) {
        let realm = json!({ "default": "catena", "description": "The realm of the deployment." });
        return json!([{ "url": format!("{{origin}}{REALM}"), "variables": { "origin": origin, "realm": realm } }]);
    }
    json!([{ "url": "{origin}", "variables": { "origin": origin } }])
}

fn tags(service: &Service, events: &[Event]) -> Vec<Value> {
    let own = service.tags.iter().map(|tag| json!({ "name": tag.name, "description": tag.description }));
    let hooks = (!events.is_empty()).then(|| json!({ "name": webhook::TAG, "description": webhook::ABOUT }));
    own.chain(hooks).collect()
}

/// The components other than schemas that the document uses.
fn shared(endpoints: &[Endpoint], text: &str, hooks: &Value) -> Map<String, Value> {
    let used = |kind: &str, all: Vec<(String, Value)>| -> Map<String, Value> {
        let hooks = hooks.to_string();
        let stands = |name: &str| {
            let target = format!("\"#/components/{kind}/{name}\"");
            text.contains(&target) || hooks.contains(&target)
        };
        all.into_iter().filter(|(name, _)| stands(name)).collect()
    };
    let mut parameters = webhook::parameters();
    parameters.push(("IdempotencyKey".into(), idempotency_key()));
    let mut found = Map::new();
    let kinds = [
        ("headers", used("headers", headers())),
        ("parameters", used("parameters", parameters)),
        ("securitySchemes", security_schemes(endpoints)),
    ];
    found.extend(kinds.into_iter().filter(|(_, all)| !all.is_empty()).map(|(kind, all)| (kind.to_owned(), Value::Object(all))));
    found
}

fn idempotency_key() -> Value {
    let text = "Makes retries safe: within 24 hours the same key with the same body returns the first response again, with \
                `Idempotent-Replayed: true`. With another body, or while the first request is in progress, it is 409.";
    json!({
        "in": "header", "name": "Idempotency-Key", "required": false, "description": text,
        "schema": { "type": "string", "minLength": 1, "maxLength": 255 }, "example": "invite-fleet-12345",
    })
}

fn headers() -> Vec<(String, Value)> {
    let header = |text: &str, schema: Value| json!({ "description": text, "schema": schema });
    let text = json!({ "type": "string" });
    let seconds = json!({ "type": "integer", "format": "int32", "minimum": 1 });
    vec![
        (
            "RequestId".into(),
            header("Identifies this request in the platform's log.", json!({ "type": "string", "format": "uuid" })),
        ),
        ("RetryAfter".into(), header("Seconds to wait before another request.", seconds)),
        ("WwwAuthenticate".into(), header("The expected scheme: `Bearer`, or `Basic` where a client signs in.", text.clone())),
        (
            "IgnoredParameters".into(),
            header("Names the parameters of this request that had no effect beside the others, separated by commas.", text),
        ),
        (
            "DataAge".into(),
            header(
                "Seconds since the provider was last read successfully for the rows of the answer: of the schedules behind them, the one whose \
                 last success is the oldest. Absent where there are no rows, or a schedule has had no success yet. Up to ten seconds old.",
                json!({ "type": "integer", "minimum": 0 }),
            ),
        ),
        (
            "IdempotentReplayed".into(),
            header(
                "`true` if the response is that of an earlier request with the same `Idempotency-Key`.",
                json!({ "type": "string", "enum": ["true"] }),
            ),
        ),
    ]
}

fn security_schemes(endpoints: &[Endpoint]) -> Map<String, Value> {
    let scopes: BTreeSet<&str> = endpoints
        .iter()
        .filter_map(|endpoint| match endpoint.access {
            Access::Scope(scope) => Some(scope),
            Access::Token | Access::Optional(_) | Access::Public => None,
        })
        .collect();
    if scopes.is_empty() {
        return Map::new();
    }
    let scopes: Map<String, Value> = scopes.into_iter().map(|scope| (scope.to_owned(), scope_text(scope).into())).collect();
    let bearer = json!({
        "type": "oauth2",
        "description": "A token of the client credentials grant, sent as `Authorization: Bearer`. It is valid for 15 minutes.",
        "flows": { "clientCredentials": { "tokenUrl": "/realms/catena/protocol/openid-connect/token", "scopes": scopes } },
    });
    [("Bearer".to_owned(), bearer)].into_iter().collect()
}
