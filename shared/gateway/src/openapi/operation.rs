//! One row of a table as an operation.

use http::Method;
use serde_json::{Map, Value, json};

use super::components::Components;
use super::members::{parameter, request_body};
use super::{errors, words};
use crate::caller::Access;
use crate::endpoint::{Endpoint, Service};
use crate::reader::Location;

/// The operation at `path`; `None` if it is not published.
pub(super) fn operation(endpoint: &Endpoint, service: &Service, path: &str, components: &mut Components) -> Option<Value> {
    let published = &endpoint.published;
    let found = published.operation.responses(&mut components.generator);
    if found.is_empty() {
        return None;
    }
    let members = published.operation.members();
    // A part of the server URL is not a parameter.
    let stands = |name: &str| path.contains(&format!("{{{name}}}"));
    let outside = members.iter().filter(|member| match member.location {
        Location::Body => false,
        Location::Path => stands(&member.name),
        Location::Query => true,
    });
    let mut parameters: Vec<Value> = outside.map(|member| parameter(member, components)).collect();
    if is_idempotent(endpoint) {
        parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    }
    let mut responses = Map::new();
    for (status, schema) in found {
        let schema = schema.map(|schema| components.place(schema));
        responses.insert(status.to_string(), success(endpoint, status, schema));
    }
    responses.extend(errors::responses(endpoint));
    let mut operation = json!({
        "operationId": endpoint.handler.replace('.', "_"),
        "summary": endpoint.summary,
        "description": described(endpoint),
        "tags": [tag(endpoint, service)],
        "parameters": parameters,
        "responses": responses,
        "security": security(endpoint.access),
    });
    if let Some(found) = operation.as_object_mut() {
        let body = request_body((published.operation.body(), endpoint.serve.max_body()), endpoint.summary, &members, components);
        found.extend(body.map(|body| ("requestBody".to_owned(), body)));
        found.extend(published.is_provisional.then(|| ("x-provisional".to_owned(), true.into())));
    }
    Some(operation)
}

/// Whether the operation supports idempotency keys: see `idempotency`.
pub(super) fn is_idempotent(endpoint: &Endpoint) -> bool {
    endpoint.method == Method::POST && matches!(endpoint.access, Access::Scope(_))
}

const PROVISIONAL: &str = "Provisional: it may change without notice.";

fn described(endpoint: &Endpoint) -> String {
    let needs = match endpoint.access {
        Access::Scope(scope) => format!("Needs the scope `{scope}`."),
        Access::Token => "Needs a token, of any scope.".to_owned(),
        Access::Optional(scope) => format!("A token is optional; it counts with the scope `{scope}`."),
        Access::Public => "Needs no token.".to_owned(),
    };
    let provisional = if endpoint.published.is_provisional { PROVISIONAL } else { "" };
    let described = [endpoint.published.description.to_owned(), endpoint.published.operation.description()];
    let parts = [described.as_slice(), &[provisional.to_owned(), needs]].concat();
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("\n\n")
}

/// The section of the row's handler; the service's title if there is none.
fn tag<'a>(endpoint: &Endpoint, service: &'a Service) -> &'a str {
    let (subject, _) = endpoint.handler.split_once('.').unwrap_or((endpoint.handler, ""));
    service.tags.iter().find(|tag| tag.handlers == subject).map_or(service.title, |tag| tag.name)
}

fn security(access: Access) -> Value {
    match access {
        Access::Scope(scope) => json!([{ "Bearer": [scope] }]),
        Access::Token => json!([{ "Bearer": [] }]),
        Access::Optional(_) => json!([{}, { "Bearer": [] }]),
        Access::Public => json!([]),
    }
}

fn success(endpoint: &Endpoint, status: u16, schema: Option<Value>) -> Value {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("OK");
    let members = endpoint.published.operation.members();
    let takes = |name: &str| members.iter().any(|member| member.name == name);
    let named = [
        (true, "X-Request-Id", "RequestId"),
        (is_idempotent(endpoint), "Idempotent-Replayed", "IdempotentReplayed"),
        (takes("include_source_data"), "Data-Age", "DataAge"),
        (takes("only_latest"), "X-Ignored-Parameters", "IgnoredParameters"),
    ];
    let headers = named.into_iter().filter(|(is_sent, ..)| *is_sent);
    let headers: serde_json::Map<String, Value> = headers
        .map(|(_, header, component)| (header.into(), json!({ "$ref": format!("#/components/headers/{component}") })))
        .collect();
    let mut response = json!({ "description": reason, "headers": headers });
    if let (Some(schema), Some(members)) = (schema, response.as_object_mut()) {
        members.insert("content".into(), json!({ "application/json": { "schema": schema } }));
    }
    response
}

/// The description of a scope.
pub(super) fn scope_text(scope: &str) -> String {
    let (subject, action) = scope.split_once(':').unwrap_or((scope, "use"));
    words::sentence(&format!("{action} {}.", words::plural(&words::spaced(subject))))
}
