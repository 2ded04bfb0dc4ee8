//! Event source mappings as in AWS Lambda: queues, streams, schedules.
//!
//! Delivery is at least once. A message stays in its queue until its invocation has succeeded; a stream's position is
//! saved after its batch has been processed. A crash loses nothing, but may cause redelivery.

mod batch;
mod checkpoints;
mod failure_record;
mod filter;
mod queues;
mod records;
mod response;
mod schedule;
mod shards;
mod streams;

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::checkpoints::Checkpoints;
use self::queues::{QueueReader, Shape};
use self::streams::StreamReader;
use super::cloud::Cloud;
use super::endpoints::Clients;
use super::physical::Physical;
use super::template::{Event, Function, QueueEvent, StreamEvent};

/// Invokes a handler by name with an event, and returns its response or error message.
pub type Invoke = Arc<dyn Fn(String, Value) -> BoxFuture<'static, Result<Value, String>> + Send + Sync>;

/// The running mappings.
#[derive(Debug)]
pub struct Mappings {
    context: MappingContext,
    tasks: JoinSet<()>,
}

/// What every mapping needs.
#[derive(Clone)]
struct MappingContext {
    clients: Clients,
    invoke: Invoke,
    stop: watch::Receiver<bool>,
}

impl Mappings {
    /// Starts all mappings of the template's functions. They end when `stop` becomes true or its sender is dropped.
    ///
    /// Changes written after this returns are delivered, even by mappings that start at the latest record.
    ///
    /// # Errors
    /// When a mapping's queue is not the template's, or the checkpoints of an earlier run cannot be read.
    pub async fn start(cloud: &Cloud, state: Option<&Path>, invoke: Invoke, stop: watch::Receiver<bool>) -> Result<Self> {
        let checkpoints = Arc::new(Checkpoints::load(state)?);
        let mut mappings = Self::idle(&cloud.clients, invoke, stop);
        for function in &cloud.functions {
            mappings
                .add(function, &cloud.physical, &checkpoints)
                .await
                .with_context(|| format!("failed to start a trigger of {}", function.id))?;
        }
        Ok(mappings)
    }

    fn idle(clients: &Clients, invoke: Invoke, stop: watch::Receiver<bool>) -> Self {
        Self { context: MappingContext { clients: clients.clone(), invoke, stop }, tasks: JoinSet::new() }
    }

    /// Delivers each message of a queue as the event itself, as the Scheduler does.
    pub fn schedules(&mut self, queue_url: &str, handler: &str) {
        let reader =
            QueueReader { handler: handler.to_owned(), queue_url: queue_url.to_owned(), shape: Shape::Bare, concurrency: 8 };
        self.tasks.spawn(reader.run(self.context.clone()));
    }

    /// Waits for the mappings to end once they have been stopped; invocations still running after `timeout` are aborted.
    pub async fn finish(mut self, timeout: Duration) {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(timeout, all).await.is_err() {
            tracing::warn!("aborted invocations that did not finish in time; their events will be redelivered");
        }
        self.tasks.shutdown().await;
    }

    async fn add(&mut self, function: &Function, physical: &Physical, checkpoints: &Arc<Checkpoints>) -> Result<()> {
        for event in &function.events {
            match event {
                Event::Queue(queue) => self.add_queue(function, queue, physical)?,
                Event::Stream(stream) => self.add_stream(function, stream, physical, checkpoints).await?,
                Event::Schedule(schedule) if schedule.enabled => {
                    self.tasks.spawn(schedule::run(self.context.clone(), function.handler.clone(), schedule.clone()));
                }
                Event::Schedule(_) => {}
            }
        }
        Ok(())
    }

    fn add_queue(&mut self, function: &Function, event: &QueueEvent, physical: &Physical) -> Result<()> {
        let reader = QueueReader {
            handler: function.handler.clone(),
            queue_url: queue_url(physical, &event.queue_arn)?,
            shape: Shape::Batch { event: event.clone() },
            concurrency: event.concurrency,
        };
        self.tasks.spawn(reader.run(self.context.clone()));
        Ok(())
    }

    async fn add_stream(
        &mut self,
        function: &Function,
        event: &StreamEvent,
        physical: &Physical,
        checkpoints: &Arc<Checkpoints>,
    ) -> Result<()> {
        // There is no bucket here; nor does a batch get there, as long as it is repeated without end.
        let queue = event.on_failure.as_deref().filter(|arn| !arn.starts_with("arn:aws:s3:"));
        let on_failure = queue.map(|arn| queue_url(physical, arn)).transpose()?;
        let reader = StreamReader {
            function: function.id.clone(),
            handler: function.handler.clone(),
            event: event.clone(),
            on_failure,
            checkpoints: Arc::clone(checkpoints),
            context: self.context.clone(),
        };
        reader.record_start().await;
        self.tasks.spawn(Arc::new(reader).run());
        Ok(())
    }
}

impl MappingContext {
    /// Invokes a handler; a panic becomes an error.
    async fn invoke(&self, handler: &str, event: Value) -> Result<Value, String> {
        let call = (self.invoke)(handler.to_owned(), event);
        AssertUnwindSafe(call).catch_unwind().await.unwrap_or_else(|_| Err("the handler panicked".to_owned()))
    }

    /// Returns when the mappings are stopped.
    async fn stopped(&self) {
        // An error means that the sender was dropped, which is a stop too.
        drop(self.stop.clone().wait_for(|stop| *stop).await);
    }

    fn is_stopped(&self) -> bool {
        *self.stop.borrow() || self.stop.has_changed().is_err()
    }

    /// Sleeps; returns false if the mappings are stopped.
    async fn pause(&self, duration: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(duration) => true,
            () = self.stopped() => false,
        }
    }
}

impl std::fmt::Debug for MappingContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MappingContext").finish_non_exhaustive()
    }
}

fn queue_url(physical: &Physical, arn: &str) -> Result<String> {
    let url = physical.queue_url(arn).with_context(|| format!("the template has no queue with the ARN {arn}"))?;
    Ok(url.to_owned())
}

/// How long to wait before the next attempt, after so many failed ones: 200 ms, doubled each time, 10 s at most.
fn backoff(failures: u32) -> Duration {
    let doubled = 200_u64.saturating_mul(1_u64 << failures.saturating_sub(1).min(10));
    Duration::from_millis(doubled.min(10_000))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod wanted_tests;
