//! The dashboard and the alarms, as YAML text of CloudFormation resources. The template must contain what they refer
//! to: `HttpApi`, the queues, the tables, `RunbookUrl`, `Stage`, `AlarmTopicArn`.

use bootstrap::telemetry::NAMESPACE;
use gateway::metrics;
use serde_json::{Value, json};

/// The queues that functions read, and what waiting messages mean.
const QUEUES: &[(&str, &str)] = &[
    ("DeliveriesQueue", "Webhook messages are waiting for more than half an hour"),
    ("ExecutionsQueue", "Executions are waiting to start or to continue for more than half an hour"),
];
/// The dead-letter queues, and what a message in them means.
const DEAD_LETTERS: &[(&str, &str)] = &[
    ("DeliveriesDlq", "Webhook messages could not be processed"),
    ("ExecutionsDlq", "Executions could not be continued"),
    ("StreamFailuresDlq", "Table changes were discarded after their last retry; their events are missing"),
    ("ScheduleDlq", "Scheduled firings failed"),
];

/// What an alarm watches.
enum Watch<'a> {
    /// A metric with its dimensions, each a name and a YAML expression.
    Metric { namespace: &'a str, metric: &'a str, dimensions: &'a [(&'a str, &'a str)], statistic: &'a str },
    /// A query of Metrics Insights over the last three hours; it may name `${Stage}`.
    Query(&'a str),
}

struct Alarm<'a> {
    id: &'a str,
    description: &'a str,
    /// The section of docs/operations.md that says what to do.
    anchor: &'a str,
    watch: Watch<'a>,
    period_seconds: u32,
    periods: u32,
    /// The alarm fires above this value.
    threshold: u32,
}

/// The alarm of a function: it fails three times within five minutes. `name` is the function's name, as `!Sub` takes it.
#[must_use]
pub fn of_function(id: &str, name: &str, handler: &str) -> String {
    written(&Alarm {
        id: &format!("{id}Alarm"),
        description: &format!("{handler} fails"),
        anchor: "function-errors",
        watch: Watch::Metric {
            namespace: "AWS/Lambda",
            metric: "Errors",
            dimensions: &[("FunctionName", &format!("!Sub '{name}'"))],
            statistic: "Sum",
        },
        period_seconds: 300,
        periods: 1,
        threshold: 2,
    })
}

/// The alarm of a function that follows streams: it is more than five minutes behind.
#[must_use]
pub fn of_follower(id: &str, name: &str, handler: &str) -> String {
    written(&Alarm {
        id: &format!("{id}LagAlarm"),
        description: &format!("{handler} is more than five minutes behind the tables"),
        anchor: "stream-lag",
        watch: Watch::Metric {
            namespace: "AWS/Lambda",
            metric: "IteratorAge",
            dimensions: &[("FunctionName", &format!("!Sub '{name}'"))],
            statistic: "Maximum",
        },
        period_seconds: 60,
        periods: 5,
        threshold: 300_000,
    })
}

/// The alarms that belong to no single function.
#[must_use]
pub fn alarms() -> String {
    let of_queue = |queue: &str, description: &str, anchor: &str, metric: &str, threshold: u32| {
        written(&Alarm {
            id: &format!("{queue}Alarm"),
            description,
            anchor,
            watch: Watch::Metric {
                namespace: "AWS/SQS",
                metric,
                dimensions: &[("QueueName", &format!("!GetAtt {queue}.QueueName"))],
                statistic: "Maximum",
            },
            period_seconds: 300,
            periods: 1,
            threshold,
        })
    };
    // Messages may be delayed for fifteen minutes on purpose, which counts towards their age.
    let late = QUEUES.iter().map(|(queue, what)| of_queue(queue, what, "queues-late", "ApproximateAgeOfOldestMessage", 1_800));
    let dead = DEAD_LETTERS
        .iter()
        .map(|(queue, what)| of_queue(queue, what, "dead-letter-queue-not-empty", "ApproximateNumberOfMessagesVisible", 0));
    [api_errors(), provider_429s(), provider_failures(), cursors_lost(), deliveries_failing()]
        .into_iter()
        .chain(late)
        .chain(dead)
        .collect()
}

fn api_errors() -> String {
    written(&Alarm {
        id: "ApiErrorsAlarm",
        description: "The API returns server errors",
        anchor: "api-5xx",
        watch: Watch::Metric {
            namespace: "AWS/ApiGateway",
            metric: "5xx",
            dimensions: &[("ApiId", "!Ref HttpApi")],
            statistic: "Sum",
        },
        period_seconds: 300,
        periods: 1,
        threshold: 4,
    })
}

fn provider_429s() -> String {
    let metric = metrics::PROVIDER_RATE_LIMITED;
    written(&Alarm {
        id: "ProviderRateLimitedAlarm",
        description: "Providers rate-limited more than 30 requests (429) in a quarter of an hour",
        anchor: "provider-429s",
        watch: Watch::Query(&format!("SELECT SUM({metric}) FROM SCHEMA(\"{NAMESPACE}\", Stage, Tsp) WHERE Stage = '${{Stage}}'")),
        period_seconds: 900,
        periods: 1,
        threshold: 30,
    })
}

fn provider_failures() -> String {
    let metric = metrics::EXECUTIONS;
    let from = format!("FROM SCHEMA(\"{NAMESPACE}\", Code, Stage, Tsp)");
    written(&Alarm {
        id: "ProviderFailuresAlarm",
        description: "More than 30 executions failed in a quarter of an hour",
        anchor: "provider-failures",
        watch: Watch::Query(&format!("SELECT SUM({metric}) {from} WHERE Stage = '${{Stage}}' AND Code = 'failed'")),
        period_seconds: 900,
        periods: 1,
        threshold: 30,
    })
}

fn cursors_lost() -> String {
    let metric = metrics::CURSORS_LOST;
    written(&Alarm {
        id: "CursorsLostAlarm",
        description: "A page of a provider could not be read again and again, and was passed over",
        anchor: "what-was-set-aside",
        watch: Watch::Query(&format!("SELECT SUM({metric}) FROM SCHEMA(\"{NAMESPACE}\", Stage, Tsp) WHERE Stage = '${{Stage}}'")),
        period_seconds: 900,
        periods: 1,
        threshold: 0,
    })
}

fn deliveries_failing() -> String {
    written(&Alarm {
        id: "DeliveriesFailingAlarm",
        description: "Events older than an hour are still undelivered",
        anchor: "deliveries-failing",
        watch: Watch::Metric {
            namespace: NAMESPACE,
            metric: metrics::UNDELIVERED_AGE,
            dimensions: &[("Stage", "!Ref Stage")],
            statistic: "Maximum",
        },
        period_seconds: 900,
        periods: 2,
        threshold: 3_600,
    })
}

fn written(alarm: &Alarm<'_>) -> String {
    let Alarm { id, description, anchor, watch, period_seconds, periods, threshold } = alarm;
    let watched = match watch {
        Watch::Metric { namespace, metric, dimensions, statistic } => {
            let dimensions: Vec<String> =
                dimensions.iter().map(|(name, value)| format!("{{Name: {name}, Value: {value}}}")).collect();
            format!(
                "      Namespace: {namespace}
      MetricName: {metric}
      Dimensions: [{}]
      Statistic: {statistic}
      Period: {period_seconds}",
                dimensions.join(", ")
            )
        }
        Watch::Query(query) => format!(
            "      Metrics:
        - Id: watched
          Period: {period_seconds}
          Expression: !Sub >-
            {query}"
        ),
    };
    format!(
        "
  {id}:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: !Sub '{description}. What to do: ${{RunbookUrl}}#{anchor}'
{watched}
      EvaluationPeriods: {periods}
      Threshold: {threshold}
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: notBreaching
      AlarmActions: !If [HasAlarmTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]
"
    )
}

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
        ("API: responses by function and status", vec![each(metrics::REQUESTS, "Code,Handler,Stage", "Sum")]),
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
        ("Records stored by TSP", vec![each(metrics::RECORDS_STORED, "Stage,Tsp", "Sum")]),
        ("Age of the newest position by TSP (s, p90)", vec![each(metrics::DATA_LAG, "Stage,Tsp", "p90")]),
        ("429 responses, rows set aside and cursors lost by TSP", refused),
    ]
}

fn deliveries() -> Vec<Widget> {
    let ended = [metrics::DEAD_LETTERS, metrics::SUBSCRIPTIONS_PAUSED, metrics::SUBSCRIPTIONS_STALED];
    let dead_letters = ended.map(|metric| whole(metric, &["Sum"])).concat();
    vec![
        (
            "Delivery attempts by outcome, and delayed messages",
            [vec![each(metrics::DELIVERY_ATTEMPTS, "Code,Stage", "Sum")], whole(metrics::DELIVERIES_HELD, &["Sum"])].concat(),
        ),
        ("Event to delivery (s)", whole(metrics::DELIVERY_LATENCY, &["p50", "p95", "p99"])),
        ("Oldest undelivered event (s)", whole(metrics::UNDELIVERED_AGE, &["Maximum"])),
        ("Dead letters, subscriptions paused and stale", dead_letters),
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
    ]
}

#[cfg(test)]
#[path = "dashboard_tests.rs"]
mod tests;
