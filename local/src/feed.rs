//! The live feed in the terminal: one line per request, execution and delivery.

use std::fmt::Write as _;

use ::gateway::telemetry;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Shows the feed on standard output. `RUST_LOG` filters it, as everywhere.
pub(crate) fn show() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(telemetry::FILTER));
    let filter = ["dynoxide=error", "simulator=warn"]
        .into_iter()
        .filter_map(|quiet| quiet.parse().ok())
        .fold(filter, EnvFilter::add_directive);
    let _only_the_first_counts = tracing_subscriber::registry().with(Feed.with_filter(filter)).try_init();
}

/// Fields of spans that the feed shows; the others are ids, which only matter in logs.
const SHOWN: &[&str] = &["handler", "resource", "source.name", "event", "webhook.id"];

struct Feed;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Feed {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut line = Line { only: Some(SHOWN), ..Line::default() };
        attributes.record(&mut line);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(line);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Line::default();
        if let Some(span) = context.event_span(event)
            && let Some(known) = span.extensions().get::<Line>()
        {
            line.fields.clone_from(&known.fields);
        }
        event.record(&mut line);
        let now = chrono::Local::now().format("%H:%M:%S");
        let mark = match *event.metadata().level() {
            Level::ERROR => "✗",
            Level::WARN => "!",
            _ => "·",
        };
        println!("  {now} {mark} {:<11}{}", line.message, line.fields);
    }
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
    only: Option<&'static [&'static str]>,
}

impl Line {
    fn add(&mut self, name: &str, value: &str) {
        if name == "message" {
            value.clone_into(&mut self.message);
        } else if self.only.is_none_or(|only| only.contains(&name)) {
            let short = name.rsplit('.').next().unwrap_or(name);
            let label = if short == "id" { name } else { short };
            let shown = if value.len() == 36 { value.get(28..).unwrap_or(value) } else { value };
            let _infallible = write!(self.fields, "  {label}={shown}");
        }
    }
}

impl Visit for Line {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), &format!("{value:.1}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.add(field.name(), &format!("{value:?}"));
    }
}
