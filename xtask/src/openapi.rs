//! `cargo xtask openapi`: the OpenAPI documents of the services, out of their tables, and the file of the schema registry.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use gateway::Service;
use serde_json::Value;

use crate::event_schemas;
use crate::files::{self, Mode};

/// The services whose documents are published; Connect's pages are for browsers.
const PUBLISHED: [&str; 5] = ["auth", "orgs", "integrations", "notifications", "telematics"];

/// Webhooks are described where they are subscribed to.
const WITH_EVENTS: &str = "notifications";

/// Writes or checks the documents.
///
/// # Errors
/// When one cannot be written, or is not current.
pub(crate) fn command(mode: Mode) -> Result<()> {
    for (path, text) in files()? {
        files::settle(mode, &path, &text, "cargo xtask openapi")?;
    }
    Ok(())
}

/// Every document with its path in the workspace.
///
/// # Errors
/// When two schemas of a document have one name.
pub fn documents() -> Result<Vec<(String, String)>> {
    let services = bootstrap::services();
    let published = services.iter().filter(|service| PUBLISHED.contains(&service.name));
    published.map(|service| Ok((format!("openapi/{}.json", service.name), document(service)?))).collect()
}

/// Every file that the command writes: the documents, and the schema registry's.
///
/// # Errors
/// As [`documents`].
pub fn files() -> Result<Vec<(String, String)>> {
    let mut found = documents()?;
    let with_events = found.iter().find(|(path, _)| *path == format!("openapi/{WITH_EVENTS}.json"));
    let (_, text) = with_events.context("no document has the events")?;
    found.push((event_schemas::PATH.to_owned(), event_schemas::text(text)?));
    Ok(found)
}

fn document(service: &Service) -> Result<String> {
    let events = if service.name == WITH_EVENTS { bootstrap::events() } else { Vec::new() };
    let document = gateway::openapi::document(service, &events).with_context(|| format!("document of {}", service.name))?;
    Ok(format!("{:#}\n", sorted(document)))
}

/// Members in alphabetical order, whichever map serde_json was built with.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<String, Value> = members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        scalar => scalar,
    }
}
