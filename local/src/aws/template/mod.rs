//! The deployable template, read for the local run.
//!
//! The template stays the only description of tables, queues, keys, routes and triggers: the local run creates what it
//! names and wires what it wires. Nested stacks are followed; a value is looked up lazily, in the scope that wrote it,
//! so parameters and outputs may cross stacks in any order.

mod event;
mod function;
mod resolve;
mod route;
mod yaml;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};

pub use event::{Event, QueueEvent, ScheduleEvent, StartingPosition, StreamEvent};
pub use function::Function;
pub use resolve::{Context, Unresolved};
pub(crate) use resolve::{is_provisioned, text};
pub use route::Route;

/// How deep stacks may nest; deeper templates are treated as cyclic.
const MAX_DEPTH: usize = 8;

/// A template and the nested templates below it.
#[derive(Debug, Clone)]
pub struct Template {
    scopes: Vec<Scope>,
}

/// One stack's template text, with its place in the tree.
#[derive(Debug, Clone, Default)]
struct Scope {
    /// Logical ids from the root, each followed by a dot; empty for the root.
    prefix: String,
    parent: Option<usize>,
    /// Parameter expressions given by the parent, to be evaluated in the parent's scope.
    arguments: Map<String, Value>,
    parameters: Map<String, Value>,
    mappings: Map<String, Value>,
    conditions: Map<String, Value>,
    outputs: Map<String, Value>,
    globals: Value,
    resources: BTreeMap<String, Resource>,
    children: BTreeMap<String, usize>,
}

/// A resource as written: its expressions are not yet resolved.
#[derive(Debug, Clone)]
pub struct Resource {
    /// The CloudFormation type, such as `AWS::SQS::Queue`.
    pub kind: String,
    /// The unresolved properties.
    pub properties: Value,
    condition: Option<String>,
}

/// The location of a resource: the stack's scope and its logical id there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) scope: usize,
    pub(crate) logical: String,
}

impl Template {
    /// Reads a template that has no nested stacks.
    ///
    /// # Errors
    /// When the text is not a template, or nests a stack.
    pub fn parse(text: &str) -> Result<Self> {
        Self::load(text, &|_| None)
    }

    /// Reads a template and its nested templates; `read` gives the text of a location such as `infra/ingestion.yaml`.
    ///
    /// # Errors
    /// When a text is not a template, or a nested one cannot be read.
    pub fn load(text: &str, read: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let mut template = Self { scopes: Vec::new() };
        template.add(text, Scope::default(), "", read, 0).context("invalid template")?;
        Ok(template)
    }

    /// The resources of all stacks with their path, such as `ControlTable` or `Delivery.Queue`.
    pub fn resources(&self) -> impl Iterator<Item = (String, &Resource)> {
        self.places().map(|(place, resource)| (self.path(&place), resource))
    }

    /// A template's parameters with their defaults, of the root stack.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<String, Option<String>> {
        let root = self.scopes.first();
        root.into_iter()
            .flat_map(|scope| &scope.parameters)
            .map(|(name, declared)| (name.clone(), declared.get("Default").map(resolve::text)))
            .collect()
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = (Place, &Resource)> {
        self.scopes.iter().enumerate().flat_map(|(scope, stack)| {
            stack.resources.iter().map(move |(logical, resource)| (Place { scope, logical: logical.clone() }, resource))
        })
    }

    pub(crate) fn path(&self, place: &Place) -> String {
        format!("{}{}", self.prefix(place.scope), place.logical)
    }

    pub(crate) fn prefix(&self, scope: usize) -> &str {
        self.scopes.get(scope).map_or("", |scope| scope.prefix.as_str())
    }

    fn resource(&self, scope: usize, logical: &str) -> Option<&Resource> {
        self.scopes.get(scope)?.resources.get(logical)
    }

    fn add(
        &mut self,
        text: &str,
        shell: Scope,
        folder: &str,
        read: &dyn Fn(&str) -> Option<String>,
        depth: usize,
    ) -> Result<usize> {
        if depth > MAX_DEPTH {
            bail!("stacks are nested more than {MAX_DEPTH} deep");
        }
        let document = yaml::parse(text)?;
        let scope = shell.fill(&document)?;
        let nested = scope.nested();
        let prefix = scope.prefix.clone();
        let index = self.scopes.len();
        self.scopes.push(scope);
        for (logical, location, arguments) in nested {
            let path = join(folder, &location);
            let text = read(&path).with_context(|| format!("the nested template {path} is missing"))?;
            let shell = Scope { prefix: format!("{prefix}{logical}."), parent: Some(index), arguments, ..Scope::default() };
            let below = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let child = self.add(&text, shell, below, read, depth + 1).with_context(|| format!("in {path}"))?;
            if let Some(scope) = self.scopes.get_mut(index) {
                scope.children.insert(logical, child);
            }
        }
        Ok(index)
    }
}

impl Scope {
    fn fill(self, document: &Value) -> Result<Self> {
        let section = |name: &str| document.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
        let mut resources = BTreeMap::new();
        for (logical, resource) in section("Resources") {
            let kind = resource.get("Type").and_then(Value::as_str).with_context(|| format!("resource {logical} has no Type"))?;
            resources.insert(
                logical.clone(),
                Resource {
                    kind: kind.to_owned(),
                    properties: resource.get("Properties").cloned().unwrap_or(Value::Null),
                    condition: resource.get("Condition").and_then(Value::as_str).map(str::to_owned),
                },
            );
        }
        if resources.is_empty() {
            bail!("the template has no Resources");
        }
        Ok(Self {
            parameters: section("Parameters"),
            mappings: section("Mappings"),
            conditions: section("Conditions"),
            outputs: section("Outputs"),
            globals: document.pointer("/Globals/Function").cloned().unwrap_or(Value::Null),
            resources,
            ..self
        })
    }

    /// Nested stacks: logical id, location, parameter expressions. Locations elsewhere (S3, repositories) are left out.
    fn nested(&self) -> Vec<(String, String, Map<String, Value>)> {
        let stacks = self.resources.iter().filter_map(|(logical, resource)| {
            let key = match resource.kind.as_str() {
                "AWS::Serverless::Application" => "Location",
                "AWS::CloudFormation::Stack" => "TemplateURL",
                _ => return None,
            };
            let location = resource.properties.get(key)?.as_str().filter(|location| !location.contains("://"))?;
            let arguments = resource.properties.get("Parameters").and_then(Value::as_object).cloned().unwrap_or_default();
            Some((logical.clone(), location.to_owned(), arguments))
        });
        stacks.collect()
    }
}

/// Joins a relative location to the folder of the template that names it.
fn join(folder: &str, location: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in location.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests;
