//! Functions, with their environment and triggers.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::event::{self, Event};
use super::resolve::text;
use super::{Context, Place, Resource, Template};

/// A function of the template, its expressions resolved.
#[derive(Debug, Clone)]
pub struct Function {
    /// The logical id's path, such as `InvitationsCreateFunction`.
    pub id: String,
    /// The handler name, such as `invitations.create`.
    pub handler: String,
    /// The limit of one invocation.
    pub timeout: Duration,
    /// Environment variables, those of `Globals` included.
    pub environment: HashMap<String, String>,
    /// Its triggers.
    pub events: Vec<Event>,
}

impl Template {
    /// All functions, once everything they refer to has been created.
    ///
    /// # Errors
    /// When a function's expressions cannot be resolved.
    pub fn functions(&self, context: Context<'_>) -> Result<Vec<Function>> {
        self.function_places(context)?.into_iter().map(|(place, resource)| self.function(context, &place, resource)).collect()
    }

    fn function_places(&self, context: Context<'_>) -> Result<Vec<(Place, &Resource)>> {
        let mut found = Vec::new();
        for (place, resource) in self.places().filter(|(_, resource)| resource.kind == "AWS::Serverless::Function") {
            if self.exists(context, &place, resource)? {
                found.push((place, resource));
            }
        }
        Ok(found)
    }

    fn function(&self, context: Context<'_>, place: &Place, resource: &Resource) -> Result<Function> {
        let id = self.path(place);
        let handler = self.handler(context, place, resource).with_context(|| format!("function {id}"))?;
        let timeout = self.property(context, place, resource, "Timeout")?.and_then(|value| event::whole(&value)).unwrap_or(3);
        let environment = self.environment(context, place, resource).with_context(|| format!("the environment of {id}"))?;
        let mut events = Vec::new();
        for event in resource.properties.get("Events").and_then(Value::as_object).into_iter().flat_map(|events| events.values()) {
            let event = self.value(context, place.scope, event).with_context(|| format!("an event of {id}"))?;
            events.extend(event::typed(&event, &id));
        }
        Ok(Function { id, handler, timeout: Duration::from_secs(timeout), environment, events })
    }

    pub(super) fn handler(&self, context: Context<'_>, place: &Place, resource: &Resource) -> Result<String> {
        let handler = self.property(context, place, resource, "Handler")?;
        handler.map(|handler| text(&handler)).with_context(|| format!("function {} has no Handler", self.path(place)))
    }

    /// A function's property, or that of `Globals`.
    fn property(&self, context: Context<'_>, place: &Place, resource: &Resource, name: &str) -> Result<Option<Value>> {
        let globals = self.scopes.get(place.scope).map_or(&Value::Null, |scope| &scope.globals);
        let expression = resource.properties.get(name).or_else(|| globals.get(name));
        Ok(expression.map(|expression| self.value(context, place.scope, expression)).transpose()?)
    }

    fn environment(&self, context: Context<'_>, place: &Place, resource: &Resource) -> Result<HashMap<String, String>> {
        let globals = self.scopes.get(place.scope).map_or(&Value::Null, |scope| &scope.globals);
        let mut variables = HashMap::new();
        for written in [globals.pointer("/Environment/Variables"), resource.properties.pointer("/Environment/Variables")] {
            let resolved = self.value(context, place.scope, written.unwrap_or(&Value::Null))?;
            for (name, value) in resolved.as_object().into_iter().flatten() {
                variables.insert(name.clone(), text(value));
            }
        }
        Ok(variables)
    }
}
