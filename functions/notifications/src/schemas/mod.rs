//! The schemas of webhook messages, as OpenAPI 3.0 documents for those who validate or generate code.
//!
//! `published.json` is generated with the API documents (`cargo xtask openapi`), so both say the same.

pub mod get;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use model::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

const SCHEMAS: &str = "#/components/schemas/";

/// A version of the schemas of all events.
#[derive(Debug, Deserialize)]
struct Published {
    /// `3.0`.
    version: String,
    /// Since when it is sent.
    created_at: Timestamp,
    /// What it changed.
    changelog: String,
    /// The component of each event's message.
    events: BTreeMap<String, String>,
    /// The components, in the dialect of OpenAPI 3.0.
    schemas: Map<String, Value>,
}

/// The published versions, oldest first. A file that is not readable leaves none; a test reads it.
static PUBLISHED: LazyLock<Vec<Published>> =
    LazyLock::new(|| serde_json::from_str(include_str!("published.json")).into_iter().collect());

/// A schema of an event's messages.
#[derive(Clone, Copy)]
struct Found {
    published: &'static Published,
    component: &'static str,
}

/// The schema of an event in a version, or in the newest.
fn find(event: &str, version: Option<&str>) -> Option<Found> {
    let mut versions = PUBLISHED.iter().rev().filter(|published| version.is_none_or(|wanted| wanted == published.version));
    versions.find_map(|published| Some(Found { published, component: published.events.get(event)? }))
}

impl Found {
    /// A whole OpenAPI 3.0 document with the message and the components that it consists of.
    fn document(self, event: &str) -> Value {
        let mut wanted = vec![self.component.to_owned()];
        let mut kept = BTreeMap::new();
        while let Some(name) = wanted.pop() {
            if let (false, Some(schema)) = (kept.contains_key(&name), self.published.schemas.get(&name)) {
                wanted.extend(references(schema));
                kept.insert(name, schema);
            }
        }
        let content = json!({ "application/json": { "schema": { "$ref": format!("{SCHEMAS}{}", self.component) } } });
        json!({
            "openapi": "3.0.3",
            "info": { "title": event, "version": self.published.version },
            "paths": {},
            "x-webhooks": { event: { "post": {
                "requestBody": { "required": true, "content": content },
                "responses": { "202": { "description": "Accepted" } },
            } } },
            "components": { "schemas": kept },
        })
    }
}

/// The components that a schema refers to.
fn references(schema: &Value) -> BTreeSet<String> {
    match schema {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix(SCHEMAS));
            members.values().flat_map(references).chain(own.map(str::to_owned)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_that_can_be_subscribed_to_has_a_whole_document() {
        let concrete = model::codes::EVENT_NAMES.iter().filter(|name| !name.ends_with(".*"));
        let known: Vec<_> = concrete.filter(|name| find(name, None).is_some()).collect();
        assert!(known.len() >= 30, "{known:?}");
        for event in known {
            let document = find(event, Some("3.0")).unwrap().document(event);
            for target in references(&document) {
                assert!(document["components"]["schemas"].get(&target).is_some(), "{event}: no {target}");
            }
        }
        let small = find("tsp.created", None).unwrap().document("tsp.created");
        let names: Vec<_> = small["components"]["schemas"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["BaseTspEvent", "TspCreated"], "what an event does not use is left out");
    }

    #[test]
    fn unknown_events_and_versions_have_none() {
        for (event, version) in [("nothing.added", None), ("vehicle.*", None), ("vehicle.added", Some("2.0")), ("", Some("3.0"))]
        {
            assert!(find(event, version).is_none(), "{event} {version:?}");
        }
    }
}
