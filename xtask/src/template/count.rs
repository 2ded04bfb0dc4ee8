//! The number of resources that CloudFormation creates from the template.

use anyhow::{Context as _, Result};
use serde_yaml_ng::Value;

/// The resources of a template after SAM's transform: a queue or stream adds a mapping, a canary what shifts requests.
///
/// # Errors
/// When the text is not a template.
pub fn resources(text: &str) -> Result<usize> {
    let document: Value = serde_yaml_ng::from_str(text).context("the template is not valid YAML")?;
    let resources = document.get("Resources").and_then(Value::as_mapping).context("the template has no Resources")?;
    Ok(resources.values().map(made_of).sum())
}

fn made_of(resource: &Value) -> usize {
    let properties = resource.get("Properties");
    let events = || properties.and_then(|properties| properties.get("Events")?.as_mapping()).map_or(0, |events| events.len());
    let invokes = || usize::from(properties.is_some_and(|properties| properties.get("EventInvokeConfig").is_some()));
    // A version, the alias that leads to it, and the group that shifts requests from one version to the next.
    let versions = || if properties.is_some_and(|properties| properties.get("AutoPublishAlias").is_some()) { 3 } else { 0 };
    match resource.get("Type").and_then(Value::as_str) {
        Some("AWS::Serverless::Function") => 1 + events() + invokes() + versions(),
        _ => 1,
    }
}
