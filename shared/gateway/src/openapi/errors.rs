//! The errors that operations share, as components.

use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

use super::components::Components;
use crate::caller::Access;
use crate::endpoint::Endpoint;
use crate::problem::{MOST_PROBLEMS, Problem};

/// An error: status, name, and description.
type Kind = (u16, &'static str, &'static str);

const PLAIN: &[Kind] = &[
    (400, "BadRequest", "The request is malformed: its body is not JSON, or has another content type."),
    (401, "Unauthorized", "No access token, or one that is invalid or expired."),
    (403, "Forbidden", "The token lacks the scope, or belongs to a partner instead of a fleet, or vice versa."),
    (404, "NotFound", "It does not exist, or the caller may not see it."),
    (405, "MethodNotAllowed", "The path exists, but not with this method."),
    (409, "Conflict", "Its state does not allow this, or another request modified it."),
    (413, "PayloadTooLarge", "The body has more bytes than the operation takes."),
    (501, "NotImplementedResponse", "The telematics provider cannot do this."),
    (504, "GatewayTimeout", "The request timed out; it may still have been processed."),
];
const INVALID: Kind =
    (422, "UnprocessableEntity", "Members are missing, invalid or unknown. `detail` lists the problems, 20 at most.");
const TOO_MANY: Kind = (429, "TooManyRequests", "Too many requests; wait for `Retry-After` seconds.");
const UNAVAILABLE: Kind =
    (503, "ServiceUnavailable", "A service that the platform depends on does not respond; wait for `Retry-After` seconds.");
const OURS: Kind = (500, "InternalServerError", "An internal error. The platform's log has its cause under the request id.");
const OAUTH: Kind = (400, "ErrorResponse", "The token request is rejected (RFC 6749, section 5.2).");

/// Errors of every operation, by status. Token endpoints return some in the OAuth format.
pub(super) fn responses(endpoint: &Endpoint) -> Map<String, Value> {
    let reference = |name: &str| json!({ "$ref": format!("#/components/responses/{name}") });
    let named = |kinds: &[Kind]| -> Map<String, Value> {
        kinds.iter().map(|(status, name, _)| (status.to_string(), reference(name))).collect()
    };
    if endpoint.speaks_oauth() {
        let (_, oauth, _) = OAUTH;
        let mut found = named(&[TOO_MANY, OURS, UNAVAILABLE]);
        found.extend(["400", "401", "404", "413"].map(|status| (status.to_owned(), reference(oauth))));
        return found;
    }
    let is_telematics = matches!(endpoint.access, Access::Scope(scope) if scope.starts_with("telematics:"));
    let mut found = named(PLAIN);
    found.extend(named(&[INVALID, TOO_MANY, OURS, UNAVAILABLE]));
    found.retain(|status, _| is_telematics || status != "501");
    found
}

/// The responses that operations of this document refer to.
pub(super) fn components(paths: &Value, components: &mut Components) -> Map<String, Value> {
    let text = paths.to_string();
    let kinds = PLAIN.iter().chain([&INVALID, &TOO_MANY, &OURS, &UNAVAILABLE, &OAUTH]);
    let used = kinds.filter(|(_, name, _)| text.contains(&format!("#/components/responses/{name}\"")));
    used.map(|kind| (kind.1.to_owned(), response(*kind, components))).collect()
}

fn response(kind: Kind, components: &mut Components) -> Value {
    let (status, name, text) = kind;
    let schema = schema(kind, components);
    let text = &if kind == OAUTH { text.to_owned() } else { with_own(status, text) };
    let mut headers = json!({ "X-Request-Id": { "$ref": "#/components/headers/RequestId" } });
    let more = match status {
        401 => Some(("WWW-Authenticate", "WwwAuthenticate")),
        429 | 503 => Some(("Retry-After", "RetryAfter")),
        _ => None,
    };
    if let (Some((header, component)), Some(headers)) = (more, headers.as_object_mut()) {
        headers.insert(header.into(), json!({ "$ref": format!("#/components/headers/{component}") }));
    }
    let schema = components.place(Components::titled(schema, name));
    json!({ "description": text, "headers": headers, "content": { "application/json": { "schema": schema } } })
}

/// Statuses that API Gateway answers by itself, too, before a request reaches a function: its bodies have only `message`.
const ALSO_OF_THE_GATEWAY: &[u16] = &[400, 401, 413, 429, 503, 504];

fn with_own(status: u16, text: &str) -> String {
    let own = "What does not reach the platform's functions is answered with `message` alone.";
    if ALSO_OF_THE_GATEWAY.contains(&status) { format!("{text} {own}") } else { text.to_owned() }
}

/// The members that every body of this status has.
fn always(status: u16) -> &'static [&'static str] {
    if ALSO_OF_THE_GATEWAY.contains(&status) { &["message"] } else { &["code", "message", "detail", "error_type"] }
}

fn schema(kind: Kind, components: &mut Components) -> Schema {
    let (status, _, text) = kind;
    let message = json!({ "type": "string", "description": "A short description of the error." });
    let detail = match kind {
        OAUTH => return oauth(),
        OURS => {
            return json_schema!({
                "description": text, "type": "object", "properties": { "message": message }, "required": ["message"],
            });
        }
        INVALID => {
            let problem = components.generator.subschema_for::<Problem>();
            json!({ "type": ["array", "null"], "items": problem, "maxItems": MOST_PROBLEMS, "description": "The problems of the request, the first 20 at most." })
        }
        TOO_MANY | UNAVAILABLE => json!({ "anyOf": [retry(), { "type": "null" }], "description": "When to try again." }),
        _ => json!({ "type": ["string", "null"], "description": "The problems of this request." }),
    };
    json_schema!({
        "description": with_own(status, text),
        "type": "object",
        "properties": {
            "code": { "type": "integer", "format": "int32", "description": "The HTTP status.", "examples": [status] },
            "message": message,
            "detail": detail,
            "error_type": { "type": "string", "description": "A machine-readable code for the cause.", "examples": [example(status)] },
        },
        "required": always(status),
    })
}

fn example(status: u16) -> &'static str {
    match status {
        401 => "invalid_token",
        403 => "insufficient_scope",
        404 => "fleet_not_found",
        405 => "method_not_allowed",
        409 => "invitation_accepted",
        413 => "body_too_large",
        422 => "invalid_request",
        429 => "too_many_requests",
        501 => "not_supported",
        503 => "unavailable",
        504 => "timeout",
        _ => "malformed_request",
    }
}

fn retry() -> Schema {
    json_schema!({
        "title": "RetryAfterDetail",
        "description": "When to try again.",
        "type": "object",
        "properties": {
            "retry_after_seconds": { "type": "integer", "format": "int32", "minimum": 1, "description": "Seconds to wait, as in `Retry-After`." },
            "message": { "type": "string", "description": "The reason." },
        },
        "required": ["retry_after_seconds", "message"],
    })
}

fn oauth() -> Schema {
    json_schema!({
        "description": "An error of OAuth (RFC 6749, section 5.2).",
        "type": "object",
        "properties": {
            "error": { "type": "string", "description": "A machine-readable code.", "examples": ["invalid_client"] },
            "error_description": { "type": "string", "description": "A human-readable message." },
        },
        "required": ["error"],
    })
}
