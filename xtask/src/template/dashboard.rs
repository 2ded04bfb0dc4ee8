//! The dashboard, as YAML text of a CloudFormation resource. The template must contain what it refers to: `HttpApi`, the
//! queues, the tables, `Stage`.

use bootstrap::telemetry::NAMESPACE;
use gateway::metrics;
use serde_json::{Value, json};

use super::alarms::{DEAD_LETTERS, QUEUES};

/// The dashboard. Functions are named `<prefix>-<service>-<operation>`; `prefix` is text as `!Sub` takes it.
#[must_use]
pub fn dashboard(prefix: &str) -> String {
    let body = json!({ "widgets": widgets(prefix) });
    let text = serde_json::to_string_pretty(&body).unwrap_or_default();
    let indented: Vec<String> = text.lines().map(|line| format!("        {line}")).collect();
    format!(
        "
  Dashboard:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardName: !Ref AWS::StackName
      DashboardBody: !Sub |
{}
",
        indented.join("\n")
    )
}

/// Three widgets to a row, each eight columns wide and six high.
fn widgets(prefix: &str) -> Vec<Value> {
    let all = [api(), executions(), deliveries(), queues(), functions(prefix), tables()].concat();
    let mut placed = Vec::with_capacity(all.len());
    let (mut x, mut y) = (0, 0);
    for (title, metrics) in all {
        placed.push(json!({
            "type": "metric", "x": x, "y": y, "width": 8, "height": 6,
            "properties": { "title": title, "view": "timeSeries", "region": "${AWS::Region}", "period": 300, "metrics": metrics },
        }));
        (x, y) = if x == 16 { (0, y + 6) } else { (x + 8, y) };
    }
    placed
}

type Widget = (&'static str, Vec<Value>);

/// All series of a metric of the platform, one line for each combination of further dimensions.
fn each(metric: &str, dimensions: &str, statistic: &str) -> Value {
    let search =
        format!("SEARCH('{{{NAMESPACE},{dimensions}}} MetricName=\"{metric}\" Stage=\"${{Stage}}\"', '{statistic}', 300)");
    json!([{ "expression": search }])
}

/// A metric of the platform with the stage as its only dimension.
fn whole(metric: &str, statistics: &[&str]) -> Vec<Value> {
    statistics.iter().map(|statistic| json!([NAMESPACE, metric, "Stage", "${Stage}", { "stat": statistic }])).collect()
}

fn api() -> Vec<Widget> {
    let of = |metric: &str, statistic: &str| json!(["AWS/ApiGateway", metric, "ApiId", "${HttpApi}", { "stat": statistic }]);
    vec![
        ("API: requests and errors", vec![of("Count", "Sum"), of("4xx", "Sum"), of("5xx", "Sum")]),
        ("API: latency (ms)", vec![of("Latency", "p50"), of("Latency", "p95"), of("Latency", "p99")]),
        ("API: latency by function (ms, p95)", vec![each(metrics::REQUEST_LATENCY, "Handler,Stage", "p95")]),
        (
            "API: failures by service (%), and in a row",
            vec![
                each(metrics::FAILURES, "Service,Stage", "Average"),
                each(metrics::FAILURES_IN_A_ROW, "Service,Stage", "Maximum"),
            ],
        ),
        ("API: responses by function and class", vec![each(metrics::REQUESTS, "Class,Handler,Stage", "Sum")]),
    ]
}

fn executions() -> Vec<Widget> {
    let refused = vec![
        each(metrics::PROVIDER_RATE_LIMITED, "Stage,Tsp", "Sum"),
        each(metrics::SET_ASIDE, "Code,Stage,Tsp", "Sum"),
        each(metrics::CURSORS_LOST, "Stage,Tsp", "Sum"),
    ];
    vec![
        ("Executions by outcome and TSP", vec![each(metrics::EXECUTIONS, "Code,Stage,Tsp", "Sum")]),
        ("Executions: failures (%)", whole(metrics::EXECUTION_FAILURES, &["Average"])),
        ("Records stored by TSP", vec![each(metrics::RECORDS_STORED, "Stage,Tsp", "Sum")]),
        ("Age of the newest position by TSP (s, p90)", vec![each(metrics::DATA_LAG, "Stage,Tsp", "p90")]),
        ("429 responses, rows set aside and cursors lost by TSP", refused),
        ("Members and words of TSPs that are not known", vec![each(metrics::SCHEMA_DRIFT, "Code,Stage,Tsp", "Sum")]),
    ]
}

fn deliveries() -> Vec<Widget> {
    let ended =
        [metrics::DEAD_LETTERS, metrics::SUBSCRIPTIONS_PAUSED, metrics::SUBSCRIPTIONS_STALED, metrics::ACCESSES_NOT_NOTED];
    let dead_letters = ended.map(|metric| whole(metric, &["Sum"])).concat();
    vec![
        (
            "Delivery attempts by outcome, and delayed messages",
            [vec![each(metrics::DELIVERY_ATTEMPTS, "Code,Stage", "Sum")], whole(metrics::DELIVERIES_HELD, &["Sum"])].concat(),
        ),
        ("Event to delivery (s)", whole(metrics::DELIVERY_LATENCY, &["p50", "p95", "p99"])),
        ("Oldest undelivered event (s)", whole(metrics::UNDELIVERED_AGE, &["Maximum"])),
        ("Dead letters, subscriptions paused and stale, deliveries not noted", dead_letters),
    ]
}

fn queues() -> Vec<Widget> {
    let of = |queue: &str, metric: &str| json!(["AWS/SQS", metric, "QueueName", format!("${{{queue}.QueueName}}"), { "stat": "Maximum" }]);
    let visible = "ApproximateNumberOfMessagesVisible";
    vec![
        ("Queues: oldest message (s)", QUEUES.iter().map(|(queue, _)| of(queue, "ApproximateAgeOfOldestMessage")).collect()),
        ("Queues: messages", QUEUES.iter().map(|(queue, _)| of(queue, visible)).collect()),
        ("Dead letters", DEAD_LETTERS.iter().map(|(queue, _)| of(queue, visible)).collect()),
    ]
}

fn functions(prefix: &str) -> Vec<Widget> {
    let lag =
        |name: &str| json!(["AWS/Lambda", "IteratorAge", "FunctionName", format!("{prefix}-{name}"), { "stat": "Maximum" }]);
    let each = |metric: &str, statistic: &str| json!([{ "expression": format!("SEARCH('{{AWS/Lambda,FunctionName}} MetricName=\"{metric}\" {prefix}', '{statistic}', 300)") }]);
    vec![
        ("Streams: lag (ms)", vec![lag("events-fan-out"), lag("schedules-maintain")]),
        ("Functions: errors", vec![each("Errors", "Sum")]),
        ("Workers: failed events (%)", vec![self::each(metrics::EVENT_FAILURES, "Handler,Stage", "Average")]),
        ("Functions: throttles", vec![each("Throttles", "Sum")]),
        ("Functions: concurrency", vec![each("ConcurrentExecutions", "Maximum")]),
    ]
}

fn tables() -> Vec<Widget> {
    let of = |metric: &str| {
        let of = |table: &str| json!(["AWS/DynamoDB", metric, "TableName", format!("${{{table}}}"), { "stat": "Sum" }]);
        vec![of("ControlTable"), of("TelematicsTable")]
    };
    vec![
        ("Tables: units read", of("ConsumedReadCapacityUnits")),
        ("Tables: units written", of("ConsumedWriteCapacityUnits")),
        ("Tables: writes throttled", of("WriteThrottleEvents")),
        ("Tables: requests turned away, and repeated", vec![each(metrics::STORE_THROTTLED, "Code,Stage", "Sum")]),
    ]
}

#[cfg(test)]
#[path = "dashboard_tests.rs"]
mod tests;
