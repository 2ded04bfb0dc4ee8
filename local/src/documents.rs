//! The published API documents, and what the platform sends that they do not allow.
//!
//! Every response of a local run and every message that its receivers get is checked against the document of its operation or
//! event, so that an API that differs from its documents fails whichever test meets the difference. Release builds, which are
//! for measuring, do not check.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use flate2::read::GzDecoder;
use jsonschema::Validator;
use serde_json::{Value, json};

macro_rules! documents {
    ($($name:literal),+) => { &[$(($name, include_str!(concat!("../../openapi/", $name, ".json")))),+] };
}

const DOCUMENTS: &[(&str, &str)] = documents!["auth", "orgs", "integrations", "telematics", "notifications"];

/// Responses and messages that differ from the documents; the differences found so far. Cheap to clone.
#[derive(Clone)]
pub struct Documents(Arc<Inner>);

struct Inner {
    documents: Vec<Value>,
    /// The document and the operation of each handler.
    operations: HashMap<String, (usize, Value)>,
    /// The document and the schema of each event's messages.
    messages: HashMap<String, (usize, Value)>,
    /// Compiled when they are first used.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
    differences: Mutex<Vec<String>>,
}

impl Documents {
    /// The documents that this build was made with.
    ///
    /// # Errors
    /// When one is not JSON.
    pub fn published() -> anyhow::Result<Self> {
        let mut inner = Inner {
            documents: Vec::new(),
            operations: HashMap::new(),
            messages: HashMap::new(),
            validators: Mutex::default(),
            differences: Mutex::default(),
        };
        for (index, (name, text)) in DOCUMENTS.iter().enumerate() {
            let mut document: Value = serde_json::from_str(text).with_context(|| format!("the document {name}"))?;
            for operation in document.get("paths").into_iter().flat_map(operations) {
                let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
                inner.operations.insert(id.to_owned(), (index, operation.clone()));
            }
            for (event, item) in document.get("webhooks").and_then(Value::as_object).into_iter().flatten() {
                let schema = item.pointer("/post/requestBody/content/application~1json/schema").cloned();
                inner.messages.insert(event.clone(), (index, schema.unwrap_or_default()));
            }
            close(&mut document);
            inner.documents.push(document);
        }
        Ok(Self(Arc::new(inner)))
    }

    /// Checks the response of an endpoint, if its operation is published.
    pub fn check_response(&self, handler: &str, status: u16, body: &[u8]) {
        let Some((index, operation)) = self.0.operations.get(&handler.replace('.', "_")) else { return };
        let described = operation.pointer(&format!("/responses/{status}")).map(|found| self.resolved(*index, found));
        let Some(described) = described else {
            return self.differs(&format!("{handler} {status}"), "the status is not documented");
        };
        let schema = described.pointer("/content/application~1json/schema");
        match (schema, body.is_empty()) {
            (None, true) => {}
            (None, false) => self.differs(&format!("{handler} {status}"), "it has a body, and none is documented"),
            (Some(schema), _) => match serde_json::from_slice(&unpacked(body)) {
                Ok(body) => self.check(&format!("{handler} {status}"), *index, schema, &body),
                Err(error) => self.differs(&format!("{handler} {status}"), &format!("the body is not JSON: {error}")),
            },
        }
    }

    /// Checks the message of an event.
    pub fn check_message(&self, event: &str, message: &Value) {
        match self.0.messages.get(event) {
            Some((index, schema)) => self.check(event, *index, schema, message),
            None => self.differs(event, "the event is not documented"),
        }
    }

    /// The differences so far.
    #[must_use]
    pub fn differences(&self) -> Vec<String> {
        self.0.differences.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many different schemas have been checked against.
    #[must_use]
    pub fn schemas_used(&self) -> usize {
        self.0.validators.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn check(&self, what: &str, index: usize, schema: &Value, body: &Value) {
        match self.validator(index, schema) {
            Ok(validator) => {
                for error in validator.iter_errors(body).take(5) {
                    self.differs(what, &format!("at {}: {error}", error.instance_path()));
                }
            }
            Err(error) => self.differs(what, &format!("its schema is no schema: {error:#}")),
        }
    }

    fn validator(&self, index: usize, schema: &Value) -> anyhow::Result<Arc<Validator>> {
        let key = format!("{index} {schema}");
        let mut validators = self.0.validators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = validators.get(&key) {
            return Ok(Arc::clone(found));
        }
        let components = self.0.documents.get(index).and_then(|document| document.get("components"));
        // References in a document start at its root.
        let root = json!({ "allOf": [schema], "components": components });
        let validator = jsonschema::options().should_validate_formats(true).build(&root);
        let validator = Arc::new(validator.map_err(|error| anyhow::anyhow!("{error}"))?);
        validators.insert(key, Arc::clone(&validator));
        Ok(validator)
    }

    fn resolved<'a>(&'a self, index: usize, value: &'a Value) -> &'a Value {
        let target = value.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        let document = self.0.documents.get(index);
        target.and_then(|target| document?.pointer(target)).unwrap_or(value)
    }

    fn differs(&self, what: &str, difference: &str) {
        let difference = format!("{what}: {}", difference.chars().take(500).collect::<String>());
        tracing::error!(difference, "the API differs from its documents");
        self.0.differences.lock().unwrap_or_else(PoisonError::into_inner).push(difference);
    }
}

fn operations(paths: &Value) -> impl Iterator<Item = &Value> {
    let items = paths.as_object().into_iter().flat_map(|paths| paths.values());
    items.flat_map(|item| item.as_object().into_iter().flat_map(|methods| methods.values()))
}

/// Members that no schema names are differences too.
fn close(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("properties").is_some_and(Value::is_object) && members.get("type") == Some(&json!("object")) {
                members.entry("additionalProperties").or_insert(Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// A body as it was before gzip (RFC 1952), if it is packed. JSON never begins so.
fn unpacked(body: &[u8]) -> Cow<'_, [u8]> {
    let mut plain = Vec::new();
    match body.starts_with(&[0x1f, 0x8b]) && GzDecoder::new(body).read_to_end(&mut plain).is_ok() {
        true => Cow::Owned(plain),
        false => Cow::Borrowed(body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(handler: &str, status: u16, body: &Value, expected: &[&str]) {
        let documents = Documents::published().unwrap();
        documents.check_response(handler, status, body.to_string().as_bytes());
        let found = documents.differences();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        found.iter().zip(expected).for_each(|(found, expected)| assert!(found.contains(expected), "{found}"));
    }

    #[test]
    fn responses_are_what_documents_say() {
        let error = json!({ "code": 404, "message": "Not Found", "detail": "fleet not found", "error_type": "fleet_not_found" });
        check("fleets.get", 404, &error, &[]);
        check("fleets.get", 418, &error, &["418: the status is not documented"]);
        let without = json!({ "code": 404, "message": "Not Found", "error_type": "fleet_not_found" });
        check("fleets.get", 404, &without, &["\"detail\" is a required property"]);
        let text = json!({ "code": "404", "message": "Not Found", "detail": null, "error_type": "fleet_not_found" });
        check("fleets.get", 404, &text, &["at /code"]);
        let more = json!({ "code": 404, "message": "Not Found", "detail": null, "error_type": "fleet_not_found", "more": 1 });
        // API Gateway answers some statuses by itself.
        check("fleets.get", 401, &json!({ "message": "Unauthorized" }), &[]);
        check("fleets.get", 429, &json!({ "message": "Too Many Requests" }), &[]);
        check("fleets.get", 404, &more, &["'more' was unexpected"]);
        check("connect.hub", 200, &json!("a page"), &[]);
    }

    #[test]
    fn messages_are_what_documents_say() {
        let documents = Documents::published().unwrap();
        documents.check_message("vehicle.sold", &json!({}));
        documents.check_message("fleet_connection.created", &json!({ "version": "3.0" }));
        let found = documents.differences();
        assert!(found.iter().any(|found| found.contains("vehicle.sold: the event is not documented")), "{found:?}");
        assert!(found.iter().any(|found| found.contains("fleet_connection.created")), "{found:?}");
    }
}
