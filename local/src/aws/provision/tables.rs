//! DynamoDB tables, with their indexes, streams and expiry.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex, GlobalSecondaryIndexUpdate,
    KeySchemaElement, LocalSecondaryIndex, Projection, StreamSpecification, TableDescription, TableStatus,
    TimeToLiveSpecification,
};
use serde_json::Value;

use super::{CreatedClient, Ready};

/// How often a table's status is polled.
const PAUSE: Duration = Duration::from_millis(100);

/// How many times at most: a minute in total.
const MAX_POLLS: usize = 600;

pub(super) async fn ensure(client: &Client, ready: &Ready<'_>) -> Result<CreatedClient> {
    let name = ready.named("TableName");
    let created = create(client, &name, &ready.properties)?.send().await;
    let table = match created.map_err(SdkError::into_service_error) {
        Ok(created) => active(client, &name, created.table_description).await?,
        Err(CreateTableError::ResourceInUseException(_)) => adopt(client, &name, &ready.properties).await?,
        Err(error) => return Err(error.into()),
    };
    ensure_expiry(client, &name, &ready.properties).await?;
    let mut attributes = vec![("Arn", table.table_arn.unwrap_or_default())];
    attributes.extend(table.latest_stream_arn.map(|arn| ("StreamArn", arn)));
    Ok(CreatedClient { reference: name, attributes })
}

type Create = aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;

fn create(client: &Client, name: &str, properties: &Value) -> Result<Create> {
    let mut request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(definitions(properties)?))
        .set_key_schema(Some(key_schema(properties)?))
        .set_stream_specification(stream(properties)?);
    for index in list(properties, "GlobalSecondaryIndexes") {
        request = request.global_secondary_indexes(
            GlobalSecondaryIndex::builder()
                .index_name(word(index, "IndexName")?)
                .set_key_schema(Some(key_schema(index)?))
                .projection(projection(index))
                .build()?,
        );
    }
    for index in list(properties, "LocalSecondaryIndexes") {
        request = request.local_secondary_indexes(
            LocalSecondaryIndex::builder()
                .index_name(word(index, "IndexName")?)
                .set_key_schema(Some(key_schema(index)?))
                .projection(projection(index))
                .build()?,
        );
    }
    Ok(request)
}

/// Adopts a table of an earlier run, and adds the indexes and the stream of a newer template.
async fn adopt(client: &Client, name: &str, properties: &Value) -> Result<TableDescription> {
    let mut table = active(client, name, None).await?;
    if table.key_schema() != key_schema(properties)?.as_slice() {
        bail!("the table {name} of an earlier run has different keys: use a new state directory");
    }
    for index in list(properties, "GlobalSecondaryIndexes") {
        let index_name = word(index, "IndexName")?;
        let is_there =
            |existing: &aws_sdk_dynamodb::types::GlobalSecondaryIndexDescription| existing.index_name() == Some(index_name);
        if !table.global_secondary_indexes().iter().any(is_there) {
            table = add_index(client, name, properties, index).await?;
        }
    }
    let has_stream = table.stream_specification().is_some_and(StreamSpecification::stream_enabled);
    match stream(properties)? {
        Some(wanted) if !has_stream => {
            client.update_table().table_name(name).stream_specification(wanted).send().await?;
            active(client, name, None).await
        }
        _ => Ok(table),
    }
}

async fn add_index(client: &Client, name: &str, properties: &Value, index: &Value) -> Result<TableDescription> {
    let action = CreateGlobalSecondaryIndexAction::builder()
        .index_name(word(index, "IndexName")?)
        .set_key_schema(Some(key_schema(index)?))
        .projection(projection(index))
        .build()?;
    client
        .update_table()
        .table_name(name)
        .set_attribute_definitions(Some(definitions(properties)?))
        .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(action).build())
        .send()
        .await?;
    active(client, name, None).await
}

async fn active(client: &Client, name: &str, mut known: Option<TableDescription>) -> Result<TableDescription> {
    for _ in 0..MAX_POLLS {
        match known.take() {
            Some(table) if table.table_status() == Some(&TableStatus::Active) => return Ok(table),
            Some(_) => tokio::time::sleep(PAUSE).await,
            None => {}
        }
        known = client.describe_table().table_name(name).send().await?.table;
    }
    bail!("the table {name} did not become active")
}

async fn ensure_expiry(client: &Client, name: &str, properties: &Value) -> Result<()> {
    let Some(attribute) = properties.pointer("/TimeToLiveSpecification/AttributeName").and_then(Value::as_str) else {
        return Ok(());
    };
    let described = client.describe_time_to_live().table_name(name).send().await?;
    let current = described.time_to_live_description.and_then(|current| current.attribute_name);
    if current.as_deref() == Some(attribute) {
        return Ok(());
    }
    let wanted = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build()?;
    client.update_time_to_live().table_name(name).time_to_live_specification(wanted).send().await?;
    Ok(())
}

fn definitions(properties: &Value) -> Result<Vec<AttributeDefinition>> {
    let definition = |item: &Value| {
        let kind = word(item, "AttributeType")?.into();
        Ok(AttributeDefinition::builder().attribute_name(word(item, "AttributeName")?).attribute_type(kind).build()?)
    };
    list(properties, "AttributeDefinitions").iter().map(definition).collect()
}

fn key_schema(properties: &Value) -> Result<Vec<KeySchemaElement>> {
    let element = |item: &Value| {
        let kind = word(item, "KeyType")?.into();
        Ok(KeySchemaElement::builder().attribute_name(word(item, "AttributeName")?).key_type(kind).build()?)
    };
    list(properties, "KeySchema").iter().map(element).collect()
}

fn projection(index: &Value) -> Projection {
    let written = index.get("Projection").unwrap_or(&Value::Null);
    let names: Vec<String> =
        list(written, "NonKeyAttributes").iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect();
    Projection::builder()
        .projection_type(written.get("ProjectionType").and_then(Value::as_str).unwrap_or("ALL").into())
        .set_non_key_attributes((!names.is_empty()).then_some(names))
        .build()
}

fn stream(properties: &Value) -> Result<Option<StreamSpecification>> {
    let view = properties.pointer("/StreamSpecification/StreamViewType").and_then(Value::as_str);
    Ok(view.map(|view| StreamSpecification::builder().stream_enabled(true).stream_view_type(view.into()).build()).transpose()?)
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn word<'a>(value: &'a Value, name: &str) -> Result<&'a str> {
    value.get(name).and_then(Value::as_str).with_context(|| format!("{name} is missing"))
}
