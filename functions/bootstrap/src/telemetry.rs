//! Logs and metrics as they are deployed: JSON lines on standard output, which Lambda hands to CloudWatch.

use std::io;

use json_subscriber::JsonLayer;
use metrics_cloudwatch_embedded::{Builder, Collector};
use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Layer};

/// The namespace of all metrics in CloudWatch.
pub const NAMESPACE: &str = "Catena";

/// One flat JSON object per event: its fields and those of all spans around it. Of a name that several spans have, the
/// innermost one's value stands.
pub fn json<S, W>(writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let mut layer = JsonLayer::new(writer);
    layer.with_timer("timestamp", SystemTime).with_level("level").with_target("target");
    layer.with_flattened_event().with_top_level_flattened_span_list();
    layer
}

/// What is logged: `RUST_LOG`, or [`gateway::telemetry::FILTER`].
#[must_use]
pub fn filter() -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(gateway::telemetry::FILTER))
}

/// Logs to standard output from now on.
///
/// # Errors
/// If something else logs already.
pub fn log() -> Result<(), TryInitError> {
    tracing_subscriber::registry().with(json(io::stdout).with_filter(filter())).try_init()
}

/// Metrics in CloudWatch's embedded format: collected until they are flushed, as one line per combination of dimensions.
#[derive(Clone, Copy)]
pub struct Metrics(&'static Collector);

impl Metrics {
    /// Collects from now on; `stage` is the dimension that all metrics have.
    ///
    /// # Errors
    /// If something else collects already.
    pub fn collect(stage: String) -> Result<Self, metrics_cloudwatch_embedded::Error> {
        let collector = Builder::new().cloudwatch_namespace(NAMESPACE).with_dimension("Stage", stage).init()?;
        gateway::metrics::describe();
        Ok(Self(collector))
    }

    /// Writes what was collected since the last time. A line that cannot be written is lost, and says so in the log.
    pub fn flush(self, writer: impl io::Write) {
        if let Err(error) = self.0.flush(writer) {
            tracing::error!(cause = %error, "metrics are lost");
        }
    }
}
