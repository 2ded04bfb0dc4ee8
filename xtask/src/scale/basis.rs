//! What the bills are computed from: the template and the recorded figures of the benches.

use anyhow::{Context as _, Result};
use serde_yaml_ng::Value;

use crate::files::read;
use crate::template;

/// What a stack is, and what its work takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Basis {
    /// Metrics that alarms watch.
    pub(super) alarms: f64,
    pub(super) dashboards: f64,
    /// KMS keys with the default parameters.
    pub(super) keys: f64,
    /// Functions that the Scheduler starts each minute.
    pub(super) ticks: f64,
    /// Functions that no request invokes.
    pub(super) workers: f64,
    /// Queues that functions read.
    pub(super) queues: f64,
    /// Megabytes of functions, by handler.
    pub(super) run_mb: f64,
    pub(super) tick_mb: f64,
    pub(super) stream_mb: f64,
    pub(super) send_mb: f64,
    pub(super) api_mb: f64,
    /// Of `cargo xtask bench ingest` with 50 vehicles on the road, for a fetch.
    pub(super) positions: f64,
    pub(super) position_units: f64,
    /// Bytes that these leave in the table.
    pub(super) kept_bytes: f64,
    pub(super) bookkeeping_units: f64,
    pub(super) read_units: f64,
    /// Milliseconds of a core: of a fetch that brings positions, and of one that brings nothing.
    pub(super) run_cpu_ms: f64,
    pub(super) empty_run_cpu_ms: f64,
    /// Of `cargo xtask bench deliver`, whose messages have ten positions.
    pub(super) position_bytes: f64,
    pub(super) send_cpu_ms: f64,
    /// Of `cargo xtask bench api`, a page of 300 vehicles.
    pub(super) api_cpu_ms: f64,
}

impl Basis {
    /// Reads the template and docs/performance.md.
    pub(super) fn read() -> Result<Self> {
        let templates = template::render()?;
        let templates = templates.iter().map(|(_, text)| serde_yaml_ng::from_str(text)).collect::<Result<Vec<Value>, _>>()?;
        let stack = Stack(&templates);
        let report = read("docs/performance.md")?;
        let bench = |name: &str| figure(&report, name);
        let positions = bench("ingest_50_positions_per_execution")?;
        Ok(Self {
            alarms: stack.alarms(),
            dashboards: stack.count("AWS::CloudWatch::Dashboard"),
            keys: stack.count("AWS::KMS::Key"),
            ticks: stack.events("ScheduleV2"),
            workers: stack.workers(),
            queues: stack.events("SQS"),
            run_mb: stack.memory("executions.run")?,
            tick_mb: stack.memory("deadlines.enforce")?,
            stream_mb: stack.memory("events.fan_out")?,
            send_mb: stack.memory("deliveries.send")?,
            api_mb: stack.memory("vehicles.list")?,
            positions,
            kept_bytes: bench("ingest_50_kept_bytes_per_position")? * positions,
            position_units: bench("ingest_50_write_units_per_1000_positions")? * positions / 1_000.0,
            bookkeeping_units: bench("ingest_50_bookkeeping_write_units_per_execution")?,
            read_units: bench("ingest_50_read_units_per_execution")?,
            run_cpu_ms: bench("ingest_50_cpu_per_execution")?,
            empty_run_cpu_ms: bench("ingest_5_cpu_per_execution")?,
            position_bytes: bench("deliver_message_bytes")? / 10.0,
            send_cpu_ms: bench("deliver_100_cpu")? / 1_000.0,
            api_cpu_ms: bench("api_vehicles_list_300_cpu")? / 1_000.0,
        })
    }
}

/// A figure of a report: `| name | value | unit |`.
fn figure(report: &str, name: &str) -> Result<f64> {
    let line = report.lines().find_map(|line| line.strip_prefix(&format!("| {name} | ")));
    let value = line.and_then(|line| line.split(" |").next()?.trim().parse().ok());
    value.with_context(|| format!("docs/performance.md has no figure {name}: run `cargo xtask bench --record`"))
}

/// The templates of all stacks.
struct Stack<'a>(&'a [Value]);

impl Stack<'_> {
    /// Resources with the globals of their template. Those with a condition are left out: they are not there by default, but for
    /// the first token key.
    fn resources(&self) -> impl Iterator<Item = (&Value, &Value)> {
        let is_there = |resource: &Value| {
            resource.get("Condition").and_then(Value::as_str).is_none_or(|condition| condition == "HasFirstTokenKey")
        };
        self.0.iter().flat_map(with_globals).filter(move |(resource, _)| is_there(resource))
    }

    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a Value, &'a Value)> {
        self.resources().filter(move |(resource, _)| resource.get("Type").and_then(Value::as_str) == Some(kind))
    }

    fn count(&self, kind: &str) -> f64 {
        whole(self.of_kind(kind).count())
    }

    /// An alarm costs by the metrics that it watches; an expression watches several.
    fn alarms(&self) -> f64 {
        let watched = |alarm: &Value| {
            let metrics = alarm.get("Properties")?.get("Metrics")?.as_sequence()?;
            Some(metrics.iter().filter(|metric| metric.get("MetricStat").is_some()).count().max(1))
        };
        whole(self.of_kind("AWS::CloudWatch::Alarm").map(|(alarm, _)| watched(alarm).unwrap_or(1)).sum())
    }

    fn functions(&self) -> impl Iterator<Item = (&Value, &Value)> {
        let functions = self.of_kind("AWS::Serverless::Function");
        functions.filter_map(|(function, globals)| Some((function.get("Properties")?, globals)))
    }

    fn events(&self, kind: &str) -> f64 {
        let events = |function: &Value| {
            let events = function.get("Events").and_then(Value::as_mapping)?;
            Some(events.values().filter(|event| event.get("Type").and_then(Value::as_str) == Some(kind)).count())
        };
        whole(self.functions().filter_map(|(function, _)| events(function)).sum())
    }

    fn workers(&self) -> f64 {
        whole(self.functions().filter(|(function, _)| function.get("AutoPublishAlias").is_none()).count())
    }

    fn memory(&self, handler: &str) -> Result<f64> {
        let found = self.functions().find(|(function, _)| function.get("Handler").and_then(Value::as_str) == Some(handler));
        let (function, globals) = found.with_context(|| format!("the template has no function {handler}"))?;
        let memory = function.get("MemorySize").or_else(|| globals.get("MemorySize")).and_then(Value::as_f64);
        memory.with_context(|| format!("{handler} has no MemorySize"))
    }
}

fn with_globals(template: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let globals = template.get("Globals").and_then(|globals| globals.get("Function")).unwrap_or(&Value::Null);
    let resources = template.get("Resources").and_then(Value::as_mapping);
    resources.into_iter().flat_map(|resources| resources.values()).map(move |resource| (resource, globals))
}

fn whole(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_the_report() {
        let report = "| ingest_50_rss | 12.96 | MB |\n| map_page_bytes | 116438 | bytes |\n";
        assert_eq!(figure(report, "map_page_bytes").unwrap(), 116_438.0);
        assert!(figure(report, "ingest_50").is_err());
    }

    #[test]
    fn the_stack_is_counted() {
        let text = "
Globals: {Function: {MemorySize: 512}}
Resources:
  A: {Type: AWS::CloudWatch::Alarm, Properties: {MetricName: x}}
  B: {Type: AWS::CloudWatch::Alarm, Properties: {Metrics: [{MetricStat: {}}, {MetricStat: {}}, {Expression: e}]}}
  C: {Type: AWS::CloudWatch::Alarm, Properties: {Metrics: [{Expression: SELECT}]}}
  K: {Type: AWS::KMS::Key, Condition: HasSecondTokenKey}
  F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b, MemorySize: 128, Events: {T: {Type: ScheduleV2}}}}
  G: {Type: AWS::Serverless::Function, Properties: {Handler: c.d, AutoPublishAlias: live}}
";
        let templates = [serde_yaml_ng::from_str(text).unwrap()];
        let stack = Stack(&templates);
        assert_eq!((stack.alarms(), stack.count("AWS::KMS::Key"), stack.events("ScheduleV2")), (4.0, 0.0, 1.0));
        assert_eq!((stack.workers(), stack.memory("a.b").unwrap(), stack.memory("c.d").unwrap()), (1.0, 128.0, 512.0));
    }
}
