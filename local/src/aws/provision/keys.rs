//! KMS keys, found again through an alias.

use anyhow::{Context as _, Result};
use aws_sdk_kms::Client;
use aws_sdk_kms::error::SdkError;
use aws_sdk_kms::operation::create_alias::CreateAliasError;
use aws_sdk_kms::operation::describe_key::DescribeKeyError;
use aws_sdk_kms::types::{KeyMetadata, KeySpec, KeyUsageType};
use serde_json::Value;

use super::{CreatedClient, Ready};
use crate::aws::template::{Context, Place, Template};

/// The alias of a key: that of the template's alias resource, else one made of the stack's name and the logical id.
pub(super) fn alias_of(template: &Template, context: Context<'_>, key: &Place) -> Result<String> {
    let mut aliases = template.places().filter(|(place, resource)| {
        let target = resource.properties.get("TargetKeyId");
        place.scope == key.scope
            && resource.kind == "AWS::KMS::Alias"
            && target.is_some_and(|target| points_at(target, &key.logical))
    });
    let named = aliases.next().and_then(|(place, resource)| Some((place.scope, resource.properties.get("AliasName")?)));
    match named {
        Some((scope, expression)) => {
            let name = template.value(context, scope, expression)?;
            Ok(name.as_str().context("an AliasName is not a string")?.to_owned())
        }
        None => Ok(format!("alias/{}", template.made_up_name(context, key))),
    }
}

fn points_at(target: &Value, logical: &str) -> bool {
    target.get("Ref").is_some_and(|name| name == logical) || target.pointer("/Fn::GetAtt/0").is_some_and(|name| name == logical)
}

pub(super) async fn ensure(client: &Client, ready: &Ready<'_>) -> Result<CreatedClient> {
    let key = match find(client, &ready.alias).await? {
        Some(key) => key,
        None => create(client, ready).await?,
    };
    let arn = key.arn.unwrap_or_default();
    Ok(CreatedClient { reference: key.key_id.clone(), attributes: vec![("Arn", arn), ("KeyId", key.key_id)] })
}

pub(super) async fn ensure_alias(client: &Client, ready: &Ready<'_>) -> Result<CreatedClient> {
    let name = ready.named("AliasName");
    let target = ready.text("TargetKeyId").context("the alias has no TargetKeyId")?;
    name_key(client, &name, target).await?;
    Ok(CreatedClient { reference: name, attributes: Vec::new() })
}

async fn find(client: &Client, alias: &str) -> Result<Option<KeyMetadata>> {
    match client.describe_key().key_id(alias).send().await.map_err(SdkError::into_service_error) {
        Ok(found) => Ok(found.key_metadata),
        Err(DescribeKeyError::NotFoundException(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn create(client: &Client, ready: &Ready<'_>) -> Result<KeyMetadata> {
    let request = client
        .create_key()
        .set_description(ready.text("Description").map(str::to_owned))
        .set_key_spec(ready.text("KeySpec").map(KeySpec::from))
        .set_key_usage(ready.text("KeyUsage").map(KeyUsageType::from));
    let key = request.send().await?.key_metadata.context("KMS returned no key")?;
    name_key(client, &ready.alias, &key.key_id).await?;
    Ok(key)
}

async fn name_key(client: &Client, alias: &str, key: &str) -> Result<()> {
    let named = client.create_alias().alias_name(alias).target_key_id(key).send().await;
    match named.map_err(SdkError::into_service_error) {
        Ok(_) | Err(CreateAliasError::AlreadyExistsException(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
