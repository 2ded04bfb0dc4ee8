//! DynamoDB streams: records to invocations, shard by shard and in order.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodbstreams::operation::get_records::GetRecordsError;
use aws_sdk_dynamodbstreams::types::{Shard, ShardIteratorType};
use awserror::Fault;
use serde_json::Value;
use tokio::task::JoinSet;

use super::batch::{self, Ending, Policy, Progress};
use super::checkpoints::{Checkpoints, Position};
use super::failure_record::{self, Batch};
use super::{MappingContext, backoff, filter, records, shards};
use crate::aws::template::{StartingPosition, StreamEvent};

/// The delay before an idle shard is read again.
const IDLE_DELAY: Duration = Duration::from_millis(150);

/// The delay after an error.
const ERROR_DELAY: Duration = Duration::from_secs(1);

/// How often shards are listed.
const LIST_INTERVAL: Duration = Duration::from_secs(30);

/// Reads one table's stream for one function.
#[derive(Debug)]
pub(super) struct StreamReader {
    pub(super) function: String,
    pub(super) handler: String,
    pub(super) event: StreamEvent,
    /// The URL of the queue for failure records.
    pub(super) on_failure: Option<String>,
    pub(super) checkpoints: Arc<Checkpoints>,
    pub(super) context: MappingContext,
}

impl StreamReader {
    /// Saves where the mapping starts, before anything else is written to the table.
    pub(super) async fn record_start(&self) {
        // If the endpoint does not respond yet, `run` tries again and reports it.
        for shard in self.shards().await.unwrap_or_default() {
            if let Err(error) = self.record_shard_start(&shard, shard.shard_id().unwrap_or_default()) {
                tracing::warn!(error.reason = %error, "failed to save a stream's start");
            }
        }
    }

    /// Reads all shards until stopped.
    pub(super) async fn run(self: Arc<Self>) {
        let mut readers = JoinSet::new();
        let mut active = HashSet::new();
        loop {
            let pause = match self.start_ready(&mut readers, &mut active).await {
                Ok(()) => LIST_INTERVAL,
                Err(reason) => {
                    tracing::warn!(stream.arn = self.event.stream_arn, error.reason = reason, "failed to list a stream's shards");
                    ERROR_DELAY
                }
            };
            tokio::select! {
                Some(ended) = readers.join_next() => {
                    match ended {
                        Ok(shard) => drop(active.remove(&shard)),
                        Err(error) => {
                            tracing::error!(stream.arn = self.event.stream_arn, error.reason = %error, "a shard's reader panicked and is restarted");
                            active.clear();
                            readers.shutdown().await;
                        }
                    }
                }
                more = self.context.pause(pause) => if !more { break },
            }
        }
        while readers.join_next().await.is_some() {}
    }

    async fn start_ready(self: &Arc<Self>, readers: &mut JoinSet<String>, active: &mut HashSet<String>) -> Result<(), String> {
        let shards = self.shards().await?;
        let is_ended = |shard: &str| self.checkpoints.get(&self.key(shard)) == Some(Position::Ended);
        for shard in shards::ready(&shards, is_ended, active) {
            let id = shard.shard_id().unwrap_or_default().to_owned();
            self.record_shard_start(shard, &id).map_err(|error| error.to_string())?;
            active.insert(id.clone());
            let reader = Arc::clone(self);
            readers.spawn(async move {
                reader.read(&id).await;
                id
            });
        }
        Ok(())
    }

    async fn shards(&self) -> Result<Vec<Shard>, String> {
        let mut shards = Vec::new();
        let mut after = None;
        loop {
            let request = self.context.clients.streams.describe_stream().stream_arn(&self.event.stream_arn);
            let described = request.set_exclusive_start_shard_id(after).send().await;
            let described = described.map_err(|error| Fault::of(&error).cause)?;
            let Some(description) = described.stream_description else {
                return Ok(shards);
            };
            after = description.last_evaluated_shard_id;
            shards.extend(description.shards.unwrap_or_default());
            if after.is_none() {
                return Ok(shards);
            }
        }
    }

    /// Saves what "latest" means when a mapping first sees a shard, so that a crash before the first record loses none.
    fn record_shard_start(&self, shard: &Shard, id: &str) -> anyhow::Result<()> {
        let key = self.key(id);
        if self.event.start != StartingPosition::Latest || self.checkpoints.get(&key).is_some() {
            return Ok(());
        }
        let range = shard.sequence_number_range();
        let position = match range.and_then(|range| range.ending_sequence_number()) {
            Some(last) => Position::After(last.to_owned()),
            None => Position::Horizon,
        };
        self.checkpoints.set(&key, position)
    }

    async fn read(&self, shard: &str) {
        let mut iterator = None;
        while !self.context.is_stopped() {
            let step = match iterator.take() {
                Some(iterator) => self.step(shard, iterator).await,
                None => self.iterator(shard).await.map(Step::On),
            };
            match step {
                Ok(Step::On(next)) => iterator = Some(next),
                Ok(Step::Idle(next)) => {
                    iterator = Some(next);
                    self.context.pause(IDLE_DELAY).await;
                }
                Ok(Step::Again) => {}
                Ok(Step::Closed) => return self.reached_position(shard, Position::Ended),
                Ok(Step::Stopped) => return,
                Err(reason) => {
                    tracing::warn!(
                        stream.arn = self.event.stream_arn,
                        shard.id = shard,
                        error.reason = reason,
                        "failed to read a shard"
                    );
                    self.context.pause(ERROR_DELAY).await;
                }
            }
        }
    }

    /// Reads once and delivers the records.
    async fn step(&self, shard: &str, iterator: String) -> Result<Step, String> {
        let limit = i32::try_from(self.event.batch_size).unwrap_or(1000).min(1000);
        let read = self.context.clients.streams.get_records().shard_iterator(iterator).limit(limit).send().await;
        let read = match read {
            Ok(read) => read,
            Err(error) => match error.as_service_error() {
                Some(GetRecordsError::ExpiredIteratorException(_)) => return Ok(Step::Again),
                Some(GetRecordsError::TrimmedDataAccessException(_)) => {
                    self.reached_position(shard, Position::Horizon);
                    return Ok(Step::Again);
                }
                _ => return Err(Fault::of(&error).cause),
            },
        };
        let records = read.records.unwrap_or_default();
        let is_empty = records.is_empty();
        if self.deliver(shard, &records).await == Ending::Stopped {
            return Ok(Step::Stopped);
        }
        Ok(match read.next_shard_iterator {
            None => Step::Closed,
            Some(next) if is_empty => Step::Idle(next),
            Some(next) => Step::On(next),
        })
    }

    async fn deliver(&self, shard: &str, read: &[aws_sdk_dynamodbstreams::types::Record]) -> Ending {
        let events: Vec<Value> = read.iter().map(|record| records::event(record, &self.event.stream_arn)).collect();
        let last = events.last().map(batch::sequence);
        let wanted = events.into_iter().filter(|event| filter::passes(&self.event.filters, event)).collect();
        let policy = Policy {
            retries: self.event.retries,
            bisects: self.event.bisects,
            reports_failures: self.event.reports_failures,
            backoff,
        };
        let progress = ShardProgress { reader: self, shard };
        let ending = batch::deliver(&self.context, &self.handler, policy, wanted, &progress).await;
        // Filtered-out records at the end of the batch are done too.
        let is_behind = |last: &String| self.checkpoints.get(&self.key(shard)) != Some(Position::After(last.clone()));
        if let (Ending::Complete, Some(last)) = (ending, last.filter(is_behind)) {
            progress.reached(&last);
        }
        ending
    }

    async fn iterator(&self, shard: &str) -> Result<String, String> {
        let request = self.context.clients.streams.get_shard_iterator().stream_arn(&self.event.stream_arn).shard_id(shard);
        let request = match self.checkpoints.get(&self.key(shard)) {
            Some(Position::After(number)) => {
                request.shard_iterator_type(ShardIteratorType::AfterSequenceNumber).sequence_number(number)
            }
            _ => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
        };
        let given = request.send().await.map_err(|error| Fault::of(&error).cause)?;
        given.shard_iterator.ok_or_else(|| "the endpoint returned no iterator".to_owned())
    }

    fn key(&self, shard: &str) -> String {
        format!("{}|{}|{shard}", self.function, self.event.stream_arn)
    }

    fn reached_position(&self, shard: &str, position: Position) {
        if let Err(error) = self.checkpoints.set(&self.key(shard), position) {
            tracing::error!(shard.id = shard, error.reason = %error, "failed to save a stream's position; its records will be redelivered");
        }
    }
}

/// The outcome of one read.
enum Step {
    /// There may be more records.
    On(String),
    /// There were no records.
    Idle(String),
    /// The iterator is invalid: restart at the checkpoint.
    Again,
    /// The shard has ended.
    Closed,
    Stopped,
}

struct ShardProgress<'a> {
    reader: &'a StreamReader,
    shard: &'a str,
}

impl Progress for ShardProgress<'_> {
    fn reached(&self, sequence: &str) {
        self.reader.reached_position(self.shard, Position::After(sequence.to_owned()));
    }

    async fn discard(&self, records: &[Value], attempts: u32, reason: &str) {
        let (first, last) = (records.first().map(batch::sequence), records.last().map(batch::sequence));
        tracing::error!(
            handler = self.reader.handler,
            records.count = records.len(),
            sequence.first = first,
            sequence.last = last,
            attempts,
            error.reason = reason,
            "stream records discarded after the last retry"
        );
        let Some(queue) = &self.reader.on_failure else {
            return;
        };
        let record = failure_record::of(&Batch {
            function: &self.reader.function,
            stream_arn: &self.reader.event.stream_arn,
            shard: self.shard,
            records,
            attempts,
        });
        let sent = self.reader.context.clients.sqs.send_message().queue_url(queue).message_body(record.to_string()).send().await;
        if let Err(error) = sent {
            let reason = Fault::of(&error).cause;
            tracing::error!(queue.url = queue, error.reason = reason, "failed to send to the queue for failed batches");
        }
    }
}
