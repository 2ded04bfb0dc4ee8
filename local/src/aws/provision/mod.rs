//! Creates what the template names, or adopts what an earlier run created.

mod groups;
mod keys;
mod queues;
mod tables;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use futures::future::try_join_all;
use serde_json::Value;

use super::endpoints::Clients;
use super::physical::Physical;
use super::template::{Context, Place, Resource, Template, Unresolved, is_provisioned};

/// The result of provisioning.
#[derive(Debug, Default)]
pub struct Provisioned {
    /// The resources' names and attributes.
    pub physical: Physical,
    /// Paths and types of resources that the local run skips.
    pub ignored: Vec<(String, String)>,
}

/// A resource that is ready to be created: everything it refers to exists.
struct Ready<'a> {
    path: String,
    kind: &'a str,
    /// Its physical name unless the template gives one.
    name: String,
    properties: Value,
    /// For a key, the alias by which a later start finds it again.
    alias: String,
}

/// A created resource: the values of `Ref` and `GetAtt`.
struct CreatedClient {
    reference: String,
    attributes: Vec<(&'static str, String)>,
}

/// Creates the template's tables, queues, keys, aliases and schedule groups, each as soon as everything it refers to exists.
///
/// # Errors
/// When the template refers to something unknown, or an endpoint fails to create a resource.
pub async fn provision(
    clients: &Clients,
    template: &Template,
    stack: &str,
    parameters: &BTreeMap<String, String>,
) -> Result<Provisioned> {
    let mut physical = Physical::default();
    let mut ignored = Vec::new();
    let mut open = Vec::new();
    for (place, resource) in template.places() {
        let context = Context { stack, parameters, physical: &physical };
        match is_provisioned(&resource.kind) {
            _ if !template.exists(context, &place, resource)? => {}
            true => open.push((place, resource)),
            false => ignored.push((template.path(&place), resource.kind.clone())),
        }
    }
    while !open.is_empty() {
        let context = Context { stack, parameters, physical: &physical };
        let (ready, waiting) = split(template, context, open)?;
        let made = try_join_all(ready.into_iter().map(|ready| create(clients, ready))).await?;
        for (path, made) in made {
            physical.insert(&path, made.reference, made.attributes);
        }
        open = waiting;
    }
    Ok(Provisioned { physical, ignored })
}

type Open<'a> = Vec<(Place, &'a Resource)>;

fn split<'a>(template: &Template, context: Context<'_>, open: Open<'a>) -> Result<(Vec<Ready<'a>>, Open<'a>)> {
    let (mut ready, mut waiting) = (Vec::new(), Vec::new());
    let mut reason = None;
    for (place, resource) in open {
        match template.value(context, place.scope, &resource.properties) {
            Ok(properties) => ready.push(Ready {
                path: template.path(&place),
                kind: &resource.kind,
                name: template.made_up_name(context, &place),
                alias: keys::alias_of(template, context, &place)?,
                properties,
            }),
            Err(Unresolved::Pending(path)) => {
                reason = Some(path);
                waiting.push((place, resource));
            }
            Err(error) => {
                return Err(error).with_context(|| format!("resource {}", template.path(&place)));
            }
        }
    }
    match (ready.is_empty(), reason) {
        (true, Some(path)) => {
            bail!("the template's resources depend on each other in a cycle, or on {path}, which a condition excludes")
        }
        _ => Ok((ready, waiting)),
    }
}

async fn create(clients: &Clients, ready: Ready<'_>) -> Result<(String, CreatedClient)> {
    let made = match ready.kind {
        "AWS::DynamoDB::Table" => tables::ensure(&clients.dynamodb, &ready).await,
        "AWS::SQS::Queue" => queues::ensure(&clients.sqs, &ready).await,
        "AWS::KMS::Key" => keys::ensure(&clients.kms, &ready).await,
        "AWS::KMS::Alias" => keys::ensure_alias(&clients.kms, &ready).await,
        "AWS::Scheduler::ScheduleGroup" => groups::ensure(&clients.scheduler, &ready).await,
        other => bail!("the local run does not support {other}"),
    };
    let made = made.with_context(|| format!("failed to create the template's {} ({})", ready.path, ready.kind))?;
    Ok((ready.path, made))
}

impl Ready<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.properties.get(name).and_then(Value::as_str)
    }

    fn named(&self, property: &str) -> String {
        self.text(property).unwrap_or(&self.name).to_owned()
    }
}
