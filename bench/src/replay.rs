//! Recorded requests, repeated with the SDK alone: the reference for endpoints.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Select};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::metering_proxy::RecordedRequest;

type Item = HashMap<String, AttributeValue>;

/// A read, ready to be sent any number of times.
#[derive(Clone, Debug)]
pub(crate) enum Read {
    Get { table: String, key: Item, consistent: bool },
    Many { table: String, ask: KeysAndAttributes },
    Query(Box<Query>),
}

#[derive(Clone, Debug)]
pub(crate) struct Query {
    table: String,
    index: Option<String>,
    condition: Option<String>,
    filter: Option<String>,
    only: Option<String>,
    names: Option<HashMap<String, String>>,
    values: Item,
    forward: Option<bool>,
    consistent: Option<bool>,
    limit: Option<i32>,
    select: Option<Select>,
    start: Option<Item>,
}

impl Read {
    /// The read that was recorded.
    ///
    /// # Errors
    /// For an operation that is not a read, or values other than strings, numbers and booleans.
    pub(crate) fn of(recorded: &RecordedRequest) -> Result<Self> {
        let request = &recorded.request;
        match recorded.operation.as_str() {
            "GetItem" => Ok(Self::Get {
                table: text(request, "TableName").context("no table")?,
                key: item(request.get("Key"))?,
                consistent: flag(request, "ConsistentRead").unwrap_or_default(),
            }),
            "BatchGetItem" => {
                let asked = request.get("RequestItems").and_then(Value::as_object).context("no items")?;
                let (table, asked) = asked.iter().next().context("no table")?;
                let keys = asked.get("Keys").and_then(Value::as_array).context("no keys")?;
                let keys = keys.iter().map(|key| item(Some(key))).collect::<Result<Vec<_>>>()?;
                let ask = KeysAndAttributes::builder()
                    .set_keys(Some(keys))
                    .set_consistent_read(flag(asked, "ConsistentRead"))
                    .set_projection_expression(text(asked, "ProjectionExpression"));
                Ok(Self::Many { table: table.clone(), ask: ask.build()? })
            }
            "Query" => Ok(Self::Query(Box::new(Query::of(request)?))),
            other => bail!("{other} is not a read"),
        }
    }

    /// Sends it and returns the number of items.
    ///
    /// # Errors
    /// The database's error.
    pub(crate) async fn send(&self, client: &Client) -> Result<usize> {
        match self {
            Self::Get { table, key, consistent } => {
                let request = client.get_item().table_name(table).set_key(Some(key.clone())).consistent_read(*consistent);
                Ok(usize::from(request.send().await?.item.is_some()))
            }
            Self::Many { table, ask } => {
                let answer = client.batch_get_item().request_items(table, ask.clone()).send().await?;
                Ok(answer.responses.unwrap_or_default().values().map(Vec::len).sum())
            }
            Self::Query(query) => query.send(client).await,
        }
    }
}

impl Query {
    fn of(request: &Value) -> Result<Self> {
        let start = request.get("ExclusiveStartKey").map(|start| item(Some(start))).transpose()?;
        Ok(Self {
            table: text(request, "TableName").context("no table")?,
            index: text(request, "IndexName"),
            condition: text(request, "KeyConditionExpression"),
            filter: text(request, "FilterExpression"),
            only: text(request, "ProjectionExpression"),
            names: request.get("ExpressionAttributeNames").map(read).transpose()?,
            values: item(request.get("ExpressionAttributeValues"))?,
            forward: flag(request, "ScanIndexForward"),
            consistent: flag(request, "ConsistentRead"),
            limit: request.get("Limit").and_then(Value::as_i64).and_then(|limit| limit.try_into().ok()),
            select: text(request, "Select").map(|select| Select::from(select.as_str())),
            start,
        })
    }

    async fn send(&self, client: &Client) -> Result<usize> {
        let request = client
            .query()
            .table_name(&self.table)
            .set_index_name(self.index.clone())
            .set_key_condition_expression(self.condition.clone())
            .set_filter_expression(self.filter.clone())
            .set_projection_expression(self.only.clone())
            .set_expression_attribute_names(self.names.clone())
            .set_expression_attribute_values(Some(self.values.clone()))
            .set_scan_index_forward(self.forward)
            .set_consistent_read(self.consistent)
            .set_limit(self.limit)
            .set_select(self.select.clone())
            .set_exclusive_start_key(self.start.clone());
        Ok(request.send().await?.items.map_or(0, |items| items.len()))
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T> {
    Ok(T::deserialize(value)?)
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

fn flag(value: &Value, name: &str) -> Option<bool> {
    value.get(name)?.as_bool()
}

/// An item in DynamoDB's JSON.
fn item(json: Option<&Value>) -> Result<Item> {
    let Some(json) = json else { return Ok(Item::new()) };
    Ok(read::<serde_dynamo::Item>(json)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn recorded(operation: &str, request: Value) -> RecordedRequest {
        RecordedRequest { operation: operation.into(), request, units: Vec::new() }
    }

    #[test]
    fn recorded_reads_can_be_repeated() {
        let request = json!({ "TableName": "t", "Key": { "pk": { "S": "a" } }, "ConsistentRead": true });
        let Read::Get { table, key, consistent } = Read::of(&recorded("GetItem", request)).unwrap() else { panic!("not a get") };
        assert_eq!((table.as_str(), consistent), ("t", true));
        assert_eq!(key["pk"], AttributeValue::S("a".into()));
        let request = json!({
            "TableName": "t", "IndexName": "i", "Limit": 7, "Select": "COUNT", "ScanIndexForward": false,
            "KeyConditionExpression": "#pk = :pk", "ExpressionAttributeNames": { "#pk": "pk" },
            "ExpressionAttributeValues": { ":pk": { "N": "3" } },
        });
        let Read::Query(query) = Read::of(&recorded("Query", request)).unwrap() else { panic!("not a query") };
        assert_eq!((query.limit, query.forward, query.select), (Some(7), Some(false), Some(Select::Count)));
        assert_eq!(query.values[":pk"], AttributeValue::N("3".into()));
    }

    #[test]
    fn writes_are_rejected() {
        assert!(Read::of(&recorded("PutItem", json!({}))).is_err());
    }
}
