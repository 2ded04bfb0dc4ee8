//! Conditions and mappings.

use serde_json::Value;

use super::{Context, Resolved, Template, text, wrong};

impl Template {
    pub(super) fn choose(&self, context: Context<'_>, scope: usize, argument: &Value) -> Resolved<Value> {
        match argument.as_array().map(Vec::as_slice) {
            Some([Value::String(name), yes, no]) => {
                let chosen = if self.named_condition(context, scope, name)? { yes } else { no };
                self.value(context, scope, chosen)
            }
            _ => wrong("Fn::If takes a condition and two values"),
        }
    }

    pub(super) fn named_condition(&self, context: Context<'_>, scope: usize, name: &str) -> Resolved<bool> {
        match self.scopes.get(scope).and_then(|stack| stack.conditions.get(name)) {
            Some(expression) => self.truth(context, scope, expression),
            None => wrong(format!("condition {name} does not exist")),
        }
    }

    pub(super) fn condition(&self, context: Context<'_>, scope: usize, name: &str, argument: &Value) -> Resolved<bool> {
        let parts = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        let truths = || parts.iter().map(|part| self.truth(context, scope, part)).collect::<Resolved<Vec<_>>>();
        match (name, parts) {
            ("Fn::Equals", [left, right]) => {
                Ok(text(&self.value(context, scope, left)?) == text(&self.value(context, scope, right)?))
            }
            ("Fn::Not", [part]) => Ok(!self.truth(context, scope, part)?),
            ("Fn::And", _) => Ok(truths()?.into_iter().all(|truth| truth)),
            ("Fn::Or", _) => Ok(truths()?.into_iter().any(|truth| truth)),
            _ => wrong(format!("{name} has invalid arguments")),
        }
    }

    fn truth(&self, context: Context<'_>, scope: usize, expression: &Value) -> Resolved<bool> {
        if let Some(name) = expression.get("Condition").and_then(Value::as_str) {
            return self.named_condition(context, scope, name);
        }
        match self.value(context, scope, expression)? {
            Value::Bool(truth) => Ok(truth),
            other => Ok(text(&other) == "true"),
        }
    }

    pub(super) fn find_in_map(&self, context: Context<'_>, scope: usize, argument: &Value) -> Resolved<Value> {
        let keys = self.value(context, scope, argument)?;
        let keys: Vec<String> = keys.as_array().map(|keys| keys.iter().map(text).collect()).unwrap_or_default();
        let [map, first, second] = keys.as_slice() else {
            return wrong("Fn::FindInMap takes a map and two keys");
        };
        let found = self.scopes.get(scope).and_then(|stack| stack.mappings.get(map)?.get(first)?.get(second));
        match found {
            Some(value) => Ok(value.clone()),
            None => wrong(format!("mapping {map} has no {first}.{second}")),
        }
    }
}
