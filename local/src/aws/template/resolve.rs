//! Intrinsic functions, evaluated lazily in their scope.

mod conditions;
mod functions;
mod made_up;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::{Place, Resource, Template};
use crate::aws::physical::Physical;
use crate::aws::{ACCOUNT, REGION};

/// The context in which expressions are resolved.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The stack's name, which also starts every physical name.
    pub stack: &'a str,
    /// Values for the root stack's parameters; the rest take their defaults.
    pub parameters: &'a BTreeMap<String, String>,
    /// The resources created so far.
    pub physical: &'a Physical,
}

/// Why an expression cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unresolved {
    /// It needs a resource that does not exist yet.
    Pending(String),
    /// It can never be resolved, for this reason.
    Wrong(String),
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending(path) => write!(f, "the template's {path} has not been created"),
            Self::Wrong(reason) => write!(f, "the template cannot be resolved: {reason}"),
        }
    }
}

impl std::error::Error for Unresolved {}

type Resolved<T> = std::result::Result<T, Unresolved>;

fn wrong<T>(reason: impl Into<String>) -> Resolved<T> {
    Err(Unresolved::Wrong(reason.into()))
}

/// A scalar as CloudFormation renders it in a string.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// The types that the local run creates; references to any other resource resolve to a generated name.
pub(crate) fn is_provisioned(kind: &str) -> bool {
    matches!(
        kind,
        "AWS::DynamoDB::Table" | "AWS::SQS::Queue" | "AWS::KMS::Key" | "AWS::KMS::Alias" | "AWS::Scheduler::ScheduleGroup"
    )
}

impl Template {
    /// Resolves an expression of a scope; `AWS::NoValue` becomes null, and members that are null are left out.
    pub(crate) fn value(&self, context: Context<'_>, scope: usize, expression: &Value) -> Resolved<Value> {
        match expression {
            Value::Array(items) => {
                let items = items.iter().map(|item| self.value(context, scope, item)).collect::<Resolved<Vec<_>>>()?;
                Ok(Value::Array(items.into_iter().filter(|item| !item.is_null()).collect()))
            }
            Value::Object(members) => match intrinsic(members) {
                Some((name, argument)) => self.intrinsic(context, scope, name, argument),
                None => self.members(context, scope, members),
            },
            scalar => Ok(scalar.clone()),
        }
    }

    /// Whether a resource exists under the context's parameters.
    pub(crate) fn exists(&self, context: Context<'_>, place: &Place, resource: &Resource) -> Resolved<bool> {
        match &resource.condition {
            Some(name) => self.named_condition(context, place.scope, name),
            None => Ok(true),
        }
    }

    fn members(&self, context: Context<'_>, scope: usize, members: &Map<String, Value>) -> Resolved<Value> {
        let mut resolved = Map::new();
        for (name, member) in members {
            let value = self.value(context, scope, member)?;
            if !value.is_null() {
                resolved.insert(name.clone(), value);
            }
        }
        Ok(Value::Object(resolved))
    }

    fn intrinsic(&self, context: Context<'_>, scope: usize, name: &str, argument: &Value) -> Resolved<Value> {
        match name {
            "Ref" => self.reference(context, scope, argument.as_str().unwrap_or_default()),
            "Fn::GetAtt" => self.get_att(context, scope, argument),
            "Fn::Sub" => self.substitute(context, scope, argument),
            "Fn::If" => self.choose(context, scope, argument),
            "Fn::FindInMap" => self.find_in_map(context, scope, argument),
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => self.condition(context, scope, name, argument).map(Value::Bool),
            "Fn::GetAZs" => Ok(Value::Array(vec![Value::String(format!("{REGION}a"))])),
            "Fn::Join" | "Fn::Select" | "Fn::Split" | "Fn::ToJsonString" | "Fn::Length" => {
                functions::plain_function(name, &self.value(context, scope, argument)?)
            }
            other => wrong(format!("the local run does not support {other}")),
        }
    }

    fn reference(&self, context: Context<'_>, scope: usize, name: &str) -> Resolved<Value> {
        if let Some(pseudo) = self.pseudo(context, scope, name) {
            return Ok(pseudo);
        }
        if self.scopes.get(scope).is_some_and(|stack| stack.parameters.contains_key(name)) {
            return self.parameter(context, scope, name);
        }
        let place = Place { scope, logical: name.to_owned() };
        match self.resource(scope, name) {
            Some(resource) if is_provisioned(&resource.kind) => {
                let path = self.path(&place);
                context.physical.refs.get(&path).cloned().map(Value::String).ok_or(Unresolved::Pending(path))
            }
            Some(_) => Ok(Value::String(self.made_up_name(context, &place))),
            None if self.is_generated(scope, name) => Ok(Value::String(self.made_up_name(context, &place))),
            None => wrong(format!("{}{name} does not exist", self.prefix(scope))),
        }
    }

    fn pseudo(&self, context: Context<'_>, scope: usize, name: &str) -> Option<Value> {
        let text = match name {
            "AWS::Region" => REGION.to_owned(),
            "AWS::AccountId" => ACCOUNT.to_owned(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            "AWS::StackName" => format!("{}{}", context.stack, made_up::stack_suffix(self.prefix(scope))),
            "AWS::StackId" => format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{}/local", context.stack),
            "AWS::NoValue" => return Some(Value::Null),
            _ => return None,
        };
        Some(Value::String(text))
    }

    fn parameter(&self, context: Context<'_>, scope: usize, name: &str) -> Resolved<Value> {
        let Some(stack) = self.scopes.get(scope) else {
            return wrong("no such stack");
        };
        if let (Some(parent), Some(expression)) = (stack.parent, stack.arguments.get(name)) {
            return self.value(context, parent, expression);
        }
        if let (None, Some(given)) = (stack.parent, context.parameters.get(name)) {
            return Ok(Value::String(given.clone()));
        }
        let default = stack.parameters.get(name).and_then(|declared| declared.get("Default"));
        match default {
            Some(default) => Ok(Value::String(text(default))),
            None => wrong(format!("parameter {}{name} has neither a value nor a default", stack.prefix)),
        }
    }

    fn get_att(&self, context: Context<'_>, scope: usize, argument: &Value) -> Resolved<Value> {
        let (logical, attribute) = match argument {
            Value::String(text) => text.split_once('.').unwrap_or((text, "")),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(logical), Value::String(attribute)] => (logical.as_str(), attribute.as_str()),
                _ => return wrong("Fn::GetAtt takes a resource and an attribute"),
            },
            _ => return wrong("Fn::GetAtt takes a resource and an attribute"),
        };
        self.attribute(context, scope, logical, attribute)
    }

    fn attribute(&self, context: Context<'_>, scope: usize, logical: &str, attribute: &str) -> Resolved<Value> {
        if let Some(output) = attribute.strip_prefix("Outputs.") {
            return self.output(context, scope, logical, output);
        }
        let place = Place { scope, logical: logical.to_owned() };
        let path = self.path(&place);
        if let Some(known) = context.physical.attributes.get(&(path.clone(), attribute.to_owned())) {
            return Ok(Value::String(known.clone()));
        }
        match self.resource(scope, logical) {
            Some(resource) if is_provisioned(&resource.kind) => match context.physical.refs.contains_key(&path) {
                true => wrong(format!("{path} has no attribute {attribute} in the local run")),
                false => Err(Unresolved::Pending(path)),
            },
            Some(resource) => {
                Ok(Value::String(made_up::attribute(&resource.kind, &self.made_up_name(context, &place), attribute)))
            }
            None if self.is_generated(scope, logical) => {
                Ok(Value::String(made_up::attribute("AWS::IAM::Role", &self.made_up_name(context, &place), attribute)))
            }
            None => wrong(format!("{path} does not exist")),
        }
    }

    fn output(&self, context: Context<'_>, scope: usize, logical: &str, output: &str) -> Resolved<Value> {
        let child = self.scopes.get(scope).and_then(|stack| stack.children.get(logical)).copied();
        let expression = child.and_then(|child| self.scopes.get(child)?.outputs.get(output)?.get("Value"));
        match (child, expression) {
            (Some(child), Some(expression)) => self.value(context, child, expression),
            _ => wrong(format!("{}{logical} has no output {output}", self.prefix(scope))),
        }
    }
}

fn intrinsic(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut members = members.iter();
    let (name, argument) = members.next()?;
    let is_one = members.next().is_none() && (name == "Ref" || name.starts_with("Fn::"));
    is_one.then_some((name.as_str(), argument))
}
