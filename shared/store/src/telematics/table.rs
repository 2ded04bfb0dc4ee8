//! Requests to the telematics table.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, Select, TransactWriteItem, Update};
use futures::future::try_join_all;
use model::TraceId;

use super::Retention;
use crate::throttling::left_out;
use crate::{Attempts, Store, StoreError, TRACE};

/// An item as DynamoDB holds it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// How often a batch is planned anew after a concurrent write of one of its records or totals.
pub(super) const MAX_ATTEMPTS: usize = 8;
/// Requests in flight at once.
const PARALLEL: usize = 16;

impl Store {
    pub(super) fn telematics_table(&self) -> Table<'_> {
        Table { client: &self.client, name: &self.telematics, trace: self.trace, retention: &self.retention }
    }
}

/// The table.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    client: &'a Client,
    name: &'a str,
    trace: Option<TraceId>,
    retention: &'a Retention,
}

/// A range of items of one partition, bounds included.
#[derive(Clone, Debug, Default)]
pub(super) struct Span {
    pub(super) pk: String,
    pub(super) by_time: bool,
    pub(super) bounds: Option<(String, String)>,
    pub(super) backwards: bool,
    /// Read consistently, for twice the price.
    pub(super) consistent: bool,
    /// Only these attributes (none of them a reserved word).
    pub(super) projection: Option<&'static str>,
}

impl Span {
    pub(super) fn all(pk: String) -> Self {
        Self { pk, ..Self::default() }
    }

    pub(super) fn between(pk: String, low: String, high: String) -> Self {
        Self { pk, bounds: Some((low, high)), ..Self::default() }
    }
}

/// Whether a write took place; a conflict is not an error here, it means another try.
pub(super) fn is_committed(result: Result<(), StoreError>) -> Result<bool, StoreError> {
    match result {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict) => Ok(false),
        Err(error) => Err(error),
    }
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl ToString + Copy) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn bytes(value: Vec<u8>) -> AttributeValue {
    AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(value))
}

pub(super) fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

/// A string attribute; empty where there is none.
pub(super) fn read_text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

pub(super) fn read_number<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

pub(super) fn read_bytes<'a>(item: &'a Item, name: &str) -> Option<&'a [u8]> {
    item.get(name)?.as_b().ok().map(AsRef::as_ref)
}

#[expect(clippy::needless_pass_by_value, reason = "errors are handed over by map_err")]
pub(super) fn unreadable(item: &Item, reason: impl ToString) -> StoreError {
    StoreError::Unreadable { key: format!("{} {}", read_text(item, "pk"), read_text(item, "sk")), reason: reason.to_string() }
}

#[expect(clippy::needless_pass_by_value, reason = "errors are handed over by map_err")]
pub(super) fn unstorable(reason: impl ToString) -> StoreError {
    StoreError::Unstorable(reason.to_string())
}

/// Bytes that an item counts for in limits, roughly.
pub(super) fn weight(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_weight(value)).sum()
}

fn value_weight(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(value) | AttributeValue::N(value) => value.len(),
        AttributeValue::B(value) => value.as_ref().len(),
        _ => 1,
    }
}

impl Table<'_> {
    pub(super) async fn get(&self, pk: &str, sk: &str) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(self.name).consistent_read(true).set_key(Some(key(pk, sk)));
        Ok(request.send().await.map_err(|error| StoreError::sdk("read", error))?.item)
    }

    /// The items that exist among these keys, in no order.
    pub(super) async fn get_many(&self, keys: Vec<Item>, projection: Option<&str>) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::new();
        let chunks: Vec<Vec<Item>> = keys.chunks(100).map(<[Item]>::to_vec).collect();
        for chunk in chunks.chunks(PARALLEL) {
            let answers = try_join_all(chunk.iter().map(|keys| self.get_hundred(keys.clone(), projection))).await?;
            found.extend(answers.into_iter().flatten());
        }
        Ok(found)
    }

    async fn get_hundred(&self, mut wanted: Vec<Item>, projection: Option<&str>) -> Result<Vec<Item>, StoreError> {
        let (mut found, mut attempts) = (Vec::with_capacity(wanted.len()), Attempts::default());
        loop {
            let request_keys = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true);
            let request_keys =
                request_keys.set_projection_expression(projection.map(String::from)).build().map_err(unstorable)?;
            let request = self.client.batch_get_item().request_items(self.name, request_keys);
            let answer = request.send().await.map_err(|error| StoreError::sdk("read", error))?;
            found.extend(answer.responses.into_iter().flat_map(HashMap::into_values).flatten());
            let left = answer.unprocessed_keys.and_then(|mut left| left.remove(self.name));
            wanted = left.map(|left| left.keys).unwrap_or_default();
            if wanted.is_empty() {
                return Ok(found);
            }
            left_out(&mut attempts).await?;
        }
    }

    /// One page of a span, and the key at which the next page starts.
    pub(super) async fn query_page(
        &self,
        span: &Span,
        limit: i32,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let request = self.query(span).limit(limit).set_exclusive_start_key(start);
        let answer = request.send().await.map_err(|error| StoreError::sdk("query", error))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    pub(super) async fn query_all(&self, span: &Span) -> Result<Vec<Item>, StoreError> {
        let (mut found, mut start) = (Vec::new(), None);
        loop {
            let request = self.query(span).set_exclusive_start_key(start);
            let answer = request.send().await.map_err(|error| StoreError::sdk("query", error))?;
            found.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(found);
            }
        }
    }

    /// All items of several spans, each with the number of its span.
    pub(super) async fn query_each(&self, spans: &[Span]) -> Result<Vec<(usize, Item)>, StoreError> {
        let mut found = Vec::new();
        let numbered: Vec<(usize, &Span)> = spans.iter().enumerate().collect();
        for chunk in numbered.chunks(PARALLEL) {
            let answers = try_join_all(chunk.iter().map(|(_, span)| self.query_all(span))).await?;
            for ((number, _), items) in chunk.iter().zip(answers) {
                found.extend(items.into_iter().map(|item| (*number, item)));
            }
        }
        Ok(found)
    }

    pub(super) async fn count(&self, span: &Span) -> Result<u64, StoreError> {
        let (mut total, mut start) = (0, None);
        loop {
            let request = self.query(span).select(Select::Count).set_exclusive_start_key(start);
            let answer = request.send().await.map_err(|error| StoreError::sdk("count", error))?;
            total += u64::try_from(answer.count).unwrap_or(0);
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(total);
            }
        }
    }

    fn query(&self, span: &Span) -> QueryFluentBuilder {
        let request = self
            .client
            .query()
            .table_name(self.name)
            .set_index_name(span.by_time.then(|| "by_time".to_owned()))
            .scan_index_forward(!span.backwards)
            .consistent_read(span.consistent)
            .set_projection_expression(span.projection.map(String::from))
            .expression_attribute_values(":pk", text(&span.pk));
        match &span.bounds {
            None => request.key_condition_expression("pk = :pk"),
            Some((low, high)) => request
                .key_condition_expression("pk = :pk AND #sk BETWEEN :low AND :high")
                .expression_attribute_names("#sk", if span.by_time { "t" } else { "sk" })
                .expression_attribute_values(":low", text(low))
                .expression_attribute_values(":high", text(high)),
        }
    }

    /// Replaces an item, where the condition on the stored one holds.
    pub(super) async fn put_item(&self, put: Put) -> Result<(), StoreError> {
        let request = self.client.put_item().table_name(self.name).set_item(Some(put.item));
        let request = request.set_condition_expression(put.condition_expression);
        let request = request.set_expression_attribute_values(put.expression_attribute_values);
        request.send().await.map(drop).map_err(|error| StoreError::sdk("write", error))
    }

    /// All of it or nothing.
    pub(super) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        let sent = self.client.transact_write_items().set_transact_items(Some(writes)).send().await;
        sent.map(drop).map_err(|error| StoreError::sdk("write", error))
    }

    /// A put under a condition whose values are given.
    pub(super) fn put(&self, mut item: Item, condition: Option<(&str, Item)>) -> Result<Put, StoreError> {
        if let Some(trace) = self.trace {
            item.insert(TRACE.into(), text(trace.to_string()));
        }
        if let Some(end) = self.retention.end(&item) {
            item.insert("ttl".into(), number(end));
        }
        let put = Put::builder().table_name(self.name).set_item(Some(item));
        let put = match condition {
            None => put,
            Some((expression, values)) => {
                let values = (!values.is_empty()).then_some(values);
                put.condition_expression(expression).set_expression_attribute_values(values)
            }
        };
        put.build().map_err(unstorable)
    }

    /// Sets attributes of an item, where the condition holds.
    pub(super) fn set(&self, at: Item, expression: &str, values: Item, condition: &str) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder().table_name(self.name).set_key(Some(at)).update_expression(expression);
        let update = update.set_expression_attribute_values(Some(values)).condition_expression(condition);
        Ok(TransactWriteItem::builder().update(update.build().map_err(unstorable)?).build())
    }

    /// Adds to the number `n` of an item.
    pub(super) fn increment(&self, at: Item, amount: i64) -> Result<TransactWriteItem, StoreError> {
        let end = self.retention.end(&at);
        let update =
            Update::builder().table_name(self.name).set_key(Some(at)).expression_attribute_values(":amount", number(amount));
        let update = match end {
            None => update.update_expression("ADD n :amount"),
            Some(end) => update
                .update_expression("ADD n :amount SET #ttl = :end")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":end", number(end)),
        };
        let update = update.build().map_err(unstorable)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    pub(super) fn delete(&self, at: Item) -> Result<TransactWriteItem, StoreError> {
        let delete = aws_sdk_dynamodb::types::Delete::builder().table_name(self.name).set_key(Some(at));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(unstorable)?).build())
    }
}
