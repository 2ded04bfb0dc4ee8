//! Logs and metrics of deployed functions: JSON lines on standard output, which Lambda forwards to CloudWatch.

use std::{env, io};

use json_subscriber::JsonLayer;
use metrics_cloudwatch_embedded::{Builder, Collector};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

/// The namespace of all metrics in CloudWatch.
pub const NAMESPACE: &str = "Catena";

/// One flat JSON object per event, with its fields and those of all spans around it. If several spans have the same field,
/// the innermost one wins.
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

/// The log filter: `RUST_LOG` (levels by target; filters of spans and fields would need regular expressions in every cold start),
/// or [`gateway::telemetry::FILTER`].
#[must_use]
pub fn filter() -> Targets {
    let chosen = env::var("RUST_LOG").ok().and_then(|text| text.parse().ok());
    chosen.or_else(|| gateway::telemetry::FILTER.parse().ok()).unwrap_or_default()
}

/// Starts logging to standard output.
///
/// # Errors
/// If a subscriber is installed already.
pub fn log() -> Result<(), TryInitError> {
    tracing_subscriber::registry().with(json(io::stdout).with_filter(filter())).try_init()
}

/// Metrics in CloudWatch's embedded format: collected until they are flushed, as one line per combination of dimensions.
#[derive(Clone, Copy)]
pub struct Metrics(&'static Collector);

impl Metrics {
    /// Starts collecting; `stage` is the dimension that all metrics have.
    ///
    /// # Errors
    /// If a recorder is installed already.
    pub fn collect(stage: String) -> Result<Self, metrics_cloudwatch_embedded::Error> {
        let collector = Builder::new().cloudwatch_namespace(NAMESPACE).with_dimension("Stage", stage).init()?;
        gateway::metrics::describe();
        Ok(Self(collector))
    }

    /// Writes the metrics collected since the last flush. Failures are logged.
    pub fn flush(self, writer: impl io::Write) {
        if let Err(error) = self.0.flush(writer) {
            tracing::error!(cause = %error, "failed to write metrics");
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;
    use tracing_subscriber::filter::Targets;

    #[test]
    fn the_default_filter_is_read() {
        let filter: Targets = gateway::telemetry::FILTER.parse().unwrap();
        assert!(filter.would_enable("ingestion", &Level::INFO) && !filter.would_enable("ingestion", &Level::DEBUG));
        assert!(filter.would_enable("hyper::client", &Level::WARN) && !filter.would_enable("hyper::client", &Level::INFO));
    }
}
