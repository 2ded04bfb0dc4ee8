//! Roles as template.yaml gives them, and the calls of the AWS API that they allow.

use std::collections::{BTreeMap, BTreeSet};

use catena::aws::template::Template;
use gateway::{Permission, Secrets, Trigger};
use serde_json::Value;

/// The items of a table that hold limits of callers.
pub(crate) const LIMITS: &str = "/LIMIT#";

/// Something a function wants to do: `dynamodb:GetItem` on `ControlTable`, or on `ControlTable/index`; `kms:Decrypt` on
/// `CredentialsKey/tsp`: in an encryption context that has that name.
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
    /// Whoever may do something to a table may do it to some of its items.
    pub(crate) fn allows(&self, act: &Act) -> bool {
        let table = act.resource.split_once(LIMITS).map(|(table, _)| Act::new(act.action.clone(), table));
        self.0.contains(act) || table.is_some_and(|on_table| self.0.contains(&on_table))
    }
}

/// The roles of all functions, by handler.
pub(crate) fn roles(template: &Template) -> BTreeMap<String, Role> {
    let resources: BTreeMap<String, &Value> = template.resources().map(|(path, resource)| (path, &resource.properties)).collect();
    functions(template)
        .map(|(path, function)| {
            let handler = function["Handler"].as_str().unwrap();
            let role = function["Role"]["Fn::GetAtt"][0].as_str().unwrap();
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
                acts.insert(Act::new(action.as_str().unwrap(), named(resource) + &only_in(&statement["Condition"])));
            }
        }
    }
    Role(acts)
}

/// The encryption context that a statement demands: `/name=value`, or `/name` for any value; or how the keys of items begin.
fn only_in(condition: &Value) -> String {
    if let Some(begin) = condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"][0].as_str() {
        return format!("/{}", begin.trim_end_matches('*'));
    }
    let demanded = condition.as_object().into_iter().flatten().filter_map(|(_, names)| names.as_object()).flatten();
    let mut demanded = demanded.filter_map(|(name, value)| Some((name.strip_prefix("kms:EncryptionContext:")?, value.as_str()?)));
    demanded.next().map_or_else(String::new, |(name, value)| match value {
        "*" => format!("/{name}"),
        value => format!("/{name}={value}"),
    })
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
    check("schedules.get", "dynamodb:UpdateItem", "ControlTable", false);
    check("schedules.get", "dynamodb:UpdateItem", "ControlTable/LIMIT#", true);
    check("schedules.update", "dynamodb:UpdateItem", "ControlTable/LIMIT#", true);
    check("documentation.index", "dynamodb:UpdateItem", "ControlTable/LIMIT#", false);
    check("schedules.maintain", "scheduler:CreateSchedule", "ScheduleGroup", true);
    check("auth.certs", "kms:Sign", "TokenKey", false);
    check("executions.run", "kms:Decrypt", "CredentialsKey/tsp", true);
    check("executions.run", "kms:Decrypt", "CredentialsKey/webhook_id", false);
    check("writes.send", "kms:Decrypt", "CredentialsKey/tsp", true);
    check("writes.send", "sqs:SendMessage", "WritesQueue", true);
    check("writes.send", "sqs:SendMessage", "ExecutionsQueue", false);
    check("executions.resume", "sqs:SendMessage", "WritesQueue", false);
    check("fleets.list", "kms:Decrypt", "CredentialsKey/tsp", false);
    check("fleets.list", "kms:Decrypt", "CredentialsKey", false);
    check("auth.configuration", "dynamodb:GetItem", "ControlTable", false);
}

/// What a permission is in AWS's words. It is written here a second time, so that a slip in the template's policies shows.
fn meant(permission: Permission) -> BTreeSet<Act> {
    const WRITES: &str = "PutItem UpdateItem DeleteItem BatchWriteItem ConditionCheckItem";
    match permission {
        Permission::ReadControl => acts("dynamodb", "GetItem BatchGetItem Query", "ControlTable ControlTable/index"),
        Permission::WriteControl => acts("dynamodb", WRITES, "ControlTable"),
        Permission::CountRequests => acts("dynamodb", "UpdateItem", "ControlTable/LIMIT#"),
        Permission::ReadTelematics => acts("dynamodb", "GetItem BatchGetItem Query", "TelematicsTable TelematicsTable/index"),
        Permission::WriteTelematics => acts("dynamodb", WRITES, "TelematicsTable"),
        Permission::Seal(secrets) => acts("kms", "GenerateDataKey", sealed(secrets)),
        Permission::Open(secrets) => acts("kms", "Decrypt", sealed(secrets)),
        Permission::SignTokens => acts("kms", "Sign GetPublicKey DescribeKey", "TokenKey SecondTokenKey"),
        Permission::VerifyTokens => acts("kms", "GetPublicKey", "TokenKey SecondTokenKey"),
        Permission::SendDeliveries => acts("sqs", "SendMessage", "DeliveriesQueue"),
        Permission::SendExecutions => acts("sqs", "SendMessage", "ExecutionsQueue"),
        Permission::SendWrites => acts("sqs", "SendMessage", "WritesQueue"),
        Permission::ManageSchedules => {
            let timers = acts(
                "scheduler",
                "CreateSchedule UpdateSchedule DeleteSchedule GetSchedule CreateScheduleGroup",
                "ScheduleGroup",
            );
            &timers | &acts("iam", "PassRole", "ScheduleRole")
        }
    }
}

/// The credentials key in the encryption contexts of some secrets.
fn sealed(secrets: Secrets) -> &'static str {
    match secrets {
        Secrets::Platform => "CredentialsKey/purpose=platform",
        Secrets::Credentials => "CredentialsKey/tsp",
        Secrets::Webhooks => "CredentialsKey/webhook_id",
    }
}

/// What being called by its trigger takes.
fn taken(trigger: Trigger) -> BTreeSet<Act> {
    match trigger {
        Trigger::Scheduler => acts("sqs", "SendMessage", "ScheduleDlq"),
        Trigger::Rate(_) => BTreeSet::new(),
        Trigger::Queue(queue) => acts("sqs", "ReceiveMessage DeleteMessage GetQueueAttributes", queue),
        Trigger::Streams(streams) => {
            let tables: Vec<&str> = streams.iter().map(|stream| stream.table).collect();
            let follows = acts("dynamodb", "DescribeStream GetRecords GetShardIterator ListStreams", &tables.join(" "));
            let given_up = acts("s3", "PutObject ListBucket", "StreamFailures");
            &(&follows | &acts("sqs", "SendMessage", "StreamFailuresDlq")) | &given_up
        }
    }
}

fn acts(service: &str, actions: &str, resources: &str) -> BTreeSet<Act> {
    let on = |resource| actions.split(' ').map(move |action| Act::new(format!("{service}:{action}"), resource));
    resources.split(' ').flat_map(on).collect()
}

#[test]
fn every_role_is_what_its_row_declares_and_nothing_else() {
    let template = catena::template().unwrap();
    let roles = roles(&template);
    let of_endpoints = bootstrap::endpoints().into_iter().map(|row| (row.handler, row.permissions, None));
    let of_workers = bootstrap::workers().into_iter().map(|row| (row.handler, row.permissions, Some(row.trigger)));
    let rows: Vec<_> = of_endpoints.chain(of_workers).collect();
    for (handler, permissions, trigger) in &rows {
        let log = logs(&template, handler);
        let mut declared = acts("logs", "CreateLogStream PutLogEvents", &log);
        declared.extend(acts("xray", "PutTraceSegments PutTelemetryRecords", "*"));
        declared.extend(permissions.iter().flat_map(|permission| meant(*permission)));
        declared.extend(trigger.iter().flat_map(|trigger| taken(*trigger)));
        let allowed = &roles[*handler].0;
        assert_eq!(declared.difference(allowed).next(), None, "{handler} declares what its role does not allow");
        assert_eq!(allowed.difference(&declared).next(), None, "{handler} may do what it does not declare");
    }
    let handlers: BTreeSet<&str> = rows.iter().map(|(handler, ..)| *handler).collect();
    assert_eq!(roles.keys().map(String::as_str).collect::<BTreeSet<_>>(), handlers);
}

#[test]
fn no_two_functions_share_a_role() {
    let template = catena::template().unwrap();
    let mut seen = BTreeSet::new();
    for (path, function) in functions(&template) {
        let role = function["Role"]["Fn::GetAtt"][0].as_str().unwrap();
        let stack = path.rsplit_once('.').map_or("", |(stack, _)| stack);
        assert!(seen.insert(format!("{stack}.{role}")), "{role} has two functions");
    }
    let made = template.resources().filter(|(path, resource)| resource.kind == "AWS::IAM::Role" && path.contains('.')).count();
    assert_eq!(made, seen.len(), "a role has no function");
}

/// What `behind` reads out of a parameter's name is what the root hands down under it.
#[test]
fn stacks_get_the_resources_that_their_parameters_name() {
    let template = catena::template().unwrap();
    let stacks: Vec<&Value> = template
        .resources()
        .filter(|(_, resource)| resource.kind == "AWS::CloudFormation::Stack")
        .map(|(_, resource)| &resource.properties["Parameters"])
        .collect();
    assert_eq!(stacks.len(), 13);
    for (name, value) in stacks.iter().flat_map(|parameters| parameters.as_object().unwrap()) {
        let attribute = [("Arn", "Arn"), ("Stream", "StreamArn")].into_iter().find(|(end, _)| name.ends_with(end));
        // The schedules' target is chosen by a condition, the topic is a parameter of the root.
        let Some((_, attribute)) = attribute.filter(|_| !["ScheduleTargetArn", "AlarmTopicArn"].contains(&name.as_str())) else {
            continue;
        };
        // Of two keys, each that there is, else the other one.
        if ["TokenKeyArn", "SecondTokenKeyArn"].contains(&name.as_str()) {
            assert_eq!(value["Fn::If"][1]["Fn::GetAtt"], serde_json::json!([behind(name), attribute]), "{name}");
            continue;
        }
        assert_eq!(value["Fn::GetAtt"], serde_json::json!([behind(name), attribute]), "{name}");
    }
}

fn logs(template: &Template, handler: &str) -> String {
    let function = functions(template).find(|(_, function)| function["Handler"] == handler);
    function.unwrap().1["LoggingConfig"]["LogGroup"]["Ref"].as_str().unwrap().to_owned()
}

fn functions(template: &Template) -> impl Iterator<Item = (String, &Value)> {
    let all = template.resources().filter(|(_, resource)| resource.kind == "AWS::Serverless::Function");
    all.map(|(path, function)| (path, &function.properties))
}
