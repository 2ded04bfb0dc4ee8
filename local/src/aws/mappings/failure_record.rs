//! The record that Lambda sends to the failure destination of a stream's event source mapping.

use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};

use super::batch::sequence;
use crate::aws::{ACCOUNT, REGION};

/// A batch that was discarded after the last retry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch<'a> {
    pub(super) function: &'a str,
    pub(super) stream_arn: &'a str,
    pub(super) shard: &'a str,
    pub(super) records: &'a [Value],
    pub(super) attempts: u32,
}

/// The failure record of a batch; it identifies the stream records and does not contain them.
pub(super) fn of(batch: &Batch<'_>) -> Value {
    json!({
        "requestContext": {
            "requestId": uuid::Uuid::new_v4(),
            "functionArn": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", batch.function),
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": batch.attempts,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "timestamp": Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
        "DDBStreamBatchInfo": {
            "shardId": batch.shard,
            "startSequenceNumber": batch.records.first().map(sequence),
            "endSequenceNumber": batch.records.last().map(sequence),
            "batchSize": batch.records.len(),
            "streamArn": batch.stream_arn,
        },
    })
}
