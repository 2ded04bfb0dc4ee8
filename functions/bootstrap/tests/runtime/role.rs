//! Roles as template.yaml gives them, and the calls of the AWS API that they allow.

use std::collections::{BTreeMap, BTreeSet};

use catena::aws::template::Template;
use serde_json::Value;

/// Something a function wants to do: `dynamodb:GetItem` on `ControlTable`, or on `ControlTable/index`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Act {
    pub(crate) action: String,
    pub(crate) resource: String,
}

impl Act {
    pub(crate) fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into() }
    }
}

/// What a role allows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Role(BTreeSet<Act>);

impl Role {
    pub(crate) fn allows(&self, act: &Act) -> bool {
        self.0.contains(act)
    }
}

/// The roles of all functions, by handler.
pub(crate) fn roles(template: &Template) -> BTreeMap<String, Role> {
    let resources: BTreeMap<String, &Value> = template.resources().map(|(path, resource)| (path, &resource.properties)).collect();
    let functions = template.resources().filter(|(_, resource)| resource.kind == "AWS::Serverless::Function");
    functions
        .map(|(path, function)| {
            let handler = function.properties["Handler"].as_str().unwrap();
            let role = function.properties["Role"]["Fn::GetAtt"][0].as_str().unwrap();
            let stack = path.rsplit_once('.').map_or_else(String::new, |(stack, _)| format!("{stack}."));
            (handler.to_owned(), read(resources[&format!("{stack}{role}")]))
        })
        .collect()
}

fn read(role: &Value) -> Role {
    let policies = role["Policies"].as_array().unwrap().iter();
    let statements = policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
    let mut acts = BTreeSet::new();
    for statement in statements {
        assert_eq!(statement["Effect"], "Allow");
        for action in statement["Action"].as_array().unwrap() {
            for resource in statement["Resource"].as_array().unwrap() {
                acts.insert(Act::new(action.as_str().unwrap(), named(resource)));
            }
        }
    }
    Role(acts)
}

/// The logical id behind an ARN expression; `/index` behind it for a table's indexes.
fn named(resource: &Value) -> String {
    if let Some(id) = resource["Fn::GetAtt"][0].as_str() {
        return id.to_owned();
    }
    if let Some(parameter) = resource["Ref"].as_str() {
        return behind(parameter).to_owned();
    }
    let Some(text) = resource["Fn::Sub"].as_str() else {
        return resource.as_str().unwrap_or_else(|| panic!("no ARN: {resource}")).to_owned();
    };
    let names = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
    let name = names.filter(|name| !name.starts_with("AWS::")).last().unwrap_or_else(|| panic!("no resource in {text}"));
    let id = behind(name);
    if text.contains("/index/") { format!("{id}/index") } else { id.to_owned() }
}

/// The root's resource that a stack's parameter is an attribute of.
fn behind(parameter: &str) -> &str {
    parameter.strip_suffix("Arn").or_else(|| parameter.strip_suffix("Stream")).unwrap_or(parameter)
}

#[test]
fn roles_allow_what_the_template_says_and_no_more() {
    let template = catena::template().unwrap();
    let roles = roles(&template);
    let check = |handler: &str, action: &str, resource: &str, allowed: bool| {
        assert_eq!(roles[handler].allows(&Act::new(action, resource)), allowed, "{handler} {action} {resource}");
    };
    check("fleets.get", "dynamodb:GetItem", "ControlTable", true);
    check("fleets.get", "dynamodb:Query", "ControlTable/index", true);
    check("fleets.get", "dynamodb:GetItem", "TelematicsTable", false);
    check("schedules.get", "dynamodb:PutItem", "ControlTable", false);
    check("schedules.maintain", "scheduler:CreateSchedule", "ScheduleGroup", true);
    check("auth.certs", "kms:Sign", "TokenKey", false);
    check("auth.configuration", "dynamodb:GetItem", "ControlTable", false);
}
