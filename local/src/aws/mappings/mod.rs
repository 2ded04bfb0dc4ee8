//! Event-source mappings, driven as AWS Lambda drives them: queues, streams, schedules.
//!
//! Delivery is at least once. A message stays in its queue until its invocation has succeeded; a stream's position is
//! written down after its batch has been handled. Nothing is lost by a crash, and something may be seen twice.

mod answer;
mod batch;
mod checkpoints;
mod failure_record;
mod filter;
mod queues;
mod records;
mod shards;
mod streams;
mod timetable;

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

/// Invokes a handler by name with an event, and gives its answer or the text of its error.
pub type Invoke = Arc<dyn Fn(String, Value) -> BoxFuture<'static, Result<Value, String>> + Send + Sync>;

/// Where a function without a given number of retries gives a stream's batch up.
const RETRIES: u32 = 10;

/// The running mappings.
#[derive(Debug)]
pub struct Mappings {
    stage: Stage,
    tasks: JoinSet<()>,
}

/// What every mapping needs.
#[derive(Clone)]
struct Stage {
    clients: Clients,
    invoke: Invoke,
    stop: watch::Receiver<bool>,
}

impl Mappings {
    /// Starts all mappings of the template's functions. They end when `stop` turns true or its sender is gone.
    ///
    /// What is written after this returns is delivered, by mappings that start at the latest record too.
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
                .with_context(|| format!("a trigger of {}", function.id))?;
        }
        Ok(mappings)
    }

    fn idle(clients: &Clients, invoke: Invoke, stop: watch::Receiver<bool>) -> Self {
        Self { stage: Stage { clients: clients.clone(), invoke, stop }, tasks: JoinSet::new() }
    }

    /// Delivers each message of a queue as the event itself: what a schedule's target is sent is what its handler sees.
    pub fn schedules(&mut self, queue_url: &str, handler: &str) {
        let reader =
            QueueReader { handler: handler.to_owned(), queue_url: queue_url.to_owned(), shape: Shape::Bare, concurrency: 8 };
        self.tasks.spawn(reader.run(self.stage.clone()));
    }

    /// Waits for the mappings to end once they have been told to; invocations still running after `patience` are cut.
    pub async fn finish(mut self, patience: Duration) {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(patience, all).await.is_err() {
            tracing::warn!("invocations that took too long to end were cut; what they handled is delivered again");
        }
        self.tasks.shutdown().await;
    }

    async fn add(&mut self, function: &Function, physical: &Physical, checkpoints: &Arc<Checkpoints>) -> Result<()> {
        for event in &function.events {
            match event {
                Event::Queue(queue) => self.add_queue(function, queue, physical)?,
                Event::Stream(stream) => self.add_stream(function, stream, physical, checkpoints).await?,
                Event::Schedule(schedule) if schedule.enabled => {
                    self.tasks.spawn(timetable::run(self.stage.clone(), function.handler.clone(), schedule.clone()));
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
        self.tasks.spawn(reader.run(self.stage.clone()));
        Ok(())
    }

    async fn add_stream(
        &mut self,
        function: &Function,
        event: &StreamEvent,
        physical: &Physical,
        checkpoints: &Arc<Checkpoints>,
    ) -> Result<()> {
        let on_failure = event.on_failure.as_deref().map(|arn| queue_url(physical, arn)).transpose()?;
        let reader = StreamReader {
            function: function.id.clone(),
            handler: function.handler.clone(),
            event: event.clone(),
            on_failure,
            checkpoints: Arc::clone(checkpoints),
            stage: self.stage.clone(),
        };
        reader.settle().await;
        self.tasks.spawn(Arc::new(reader).run());
        Ok(())
    }
}

impl Stage {
    /// Invokes a handler; a panic is an error like any other.
    async fn invoke(&self, handler: &str, event: Value) -> Result<Value, String> {
        let call = (self.invoke)(handler.to_owned(), event);
        AssertUnwindSafe(call).catch_unwind().await.unwrap_or_else(|_| Err("the handler panicked".to_owned()))
    }

    /// Returns when the mappings are to end.
    async fn stopped(&self) {
        // An error means that the sender is gone, which is a stop too.
        drop(self.stop.clone().wait_for(|stop| *stop).await);
    }

    fn is_stopped(&self) -> bool {
        *self.stop.borrow() || self.stop.has_changed().is_err()
    }

    /// Sleeps; gives false when the mappings are to end.
    async fn pause(&self, duration: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(duration) => true,
            () = self.stopped() => false,
        }
    }
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").finish_non_exhaustive()
    }
}

fn queue_url(physical: &Physical, arn: &str) -> Result<String> {
    let url = physical.queue_url(arn).with_context(|| format!("no queue of the template has the ARN {arn}"))?;
    Ok(url.to_owned())
}

/// How long to wait before the next attempt, after so many failed ones: 200 ms, doubled each time, 10 s at most.
fn backoff(failures: u32) -> Duration {
    let doubled = 200_u64.saturating_mul(1_u64 << failures.saturating_sub(1).min(10));
    Duration::from_millis(doubled.min(10_000))
}

#[cfg(test)]
mod tests;
