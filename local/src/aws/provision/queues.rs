//! SQS queues.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;

use super::{CreatedClient, Ready};
use crate::aws::template::text;

/// Template properties that are queue attributes of the same name; encryption is left to the deployed queue.
const ATTRIBUTES: [&str; 11] = [
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "DelaySeconds",
    "MaximumMessageSize",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "RedriveAllowPolicy",
    "FifoQueue",
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoThroughputLimit",
];

pub(super) async fn ensure(client: &Client, ready: &Ready<'_>) -> Result<CreatedClient> {
    let name = name(ready);
    let attributes = attributes(&ready.properties);
    let made = client.create_queue().queue_name(&name).set_attributes(Some(attributes.clone())).send().await;
    let url = match made {
        Ok(made) => made.queue_url,
        // Endpoints differ in how they name this refusal, so the queue itself is asked for.
        Err(refusal) => match client.get_queue_url().queue_name(&name).send().await {
            Ok(found) => {
                let url = found.queue_url.clone();
                client.set_queue_attributes().set_queue_url(url).set_attributes(Some(attributes)).send().await?;
                found.queue_url
            }
            Err(_) => return Err(refusal.into()),
        },
    };
    let url = url.context("SQS returned no URL")?;
    let described = client.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::QueueArn).send().await?;
    let arn =
        described.attributes.and_then(|mut all| all.remove(&QueueAttributeName::QueueArn)).context("SQS returned no ARN")?;
    Ok(CreatedClient { reference: url.clone(), attributes: vec![("Arn", arn), ("QueueUrl", url), ("QueueName", name)] })
}

fn name(ready: &Ready<'_>) -> String {
    let is_fifo = ready.properties.get("FifoQueue").is_some_and(|flag| text(flag) == "true");
    match ready.text("QueueName") {
        Some(name) => name.to_owned(),
        None if is_fifo => format!("{}.fifo", ready.name),
        None => ready.name.clone(),
    }
}

fn attributes(properties: &Value) -> HashMap<QueueAttributeName, String> {
    let given = ATTRIBUTES.iter().filter_map(|name| Some((QueueAttributeName::from(*name), properties.get(name)?)));
    given.map(|(name, value)| (name, if value.is_object() { value.to_string() } else { text(value) })).collect()
}
