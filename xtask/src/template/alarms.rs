//! The alarms, as YAML text of CloudFormation resources. The template must contain what they refer to: `HttpApi`, the queues,
//! `ScheduleGroup`, `RunbookUrl`, `Stage`, `AlarmTopicArn`.

use bootstrap::telemetry::NAMESPACE;
use gateway::metrics;

/// The queues that functions read, and what waiting messages mean.
pub(super) const QUEUES: &[(&str, &str)] = &[
    ("DeliveriesQueue", "Webhook messages are waiting for more than half an hour"),
    ("ExecutionsQueue", "Executions are waiting to start or to continue for more than half an hour"),
    ("WritesQueue", "Writes to providers are waiting for more than half an hour"),
];
/// The dead-letter queues, and what a message in them means.
pub(super) const DEAD_LETTERS: &[(&str, &str)] = &[
    ("DeliveriesDlq", "Webhook messages could not be processed"),
    ("ExecutionsDlq", "Executions could not be continued"),
    ("WritesDlq", "Writes to providers could not be attempted"),
    ("StreamFailuresDlq", "Table changes were discarded after their last retry; their events are missing"),
    ("ScheduleDlq", "Scheduled firings failed"),
];

/// A metric with its dimensions, each a name and a YAML expression.
struct Metric<'a> {
    namespace: &'a str,
    metric: &'a str,
    dimensions: &'a [(&'a str, &'a str)],
    statistic: &'a str,
}

/// What an alarm watches.
enum Watch<'a> {
    Metric(Metric<'a>),
    /// An expression over metrics, which it knows by the names beside them.
    Math {
        metrics: &'a [(&'a str, Metric<'a>)],
        expression: &'a str,
    },
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
    /// How many of how many periods must be above the threshold.
    periods: (u32, u32),
    /// The alarm fires above this value.
    threshold: Threshold,
}

enum Threshold {
    /// Silence is well.
    Above(u32),
    /// Silence is not.
    SilentOrAbove(u32),
}
use Threshold::{Above, SilentOrAbove};

/// The alarms of a stack of endpoints, which its canaries watch: one in twenty requests fails, or a sandbox fails one after another.
pub(super) fn of_endpoints(service: &str) -> String {
    let dimensions = [("Service", service), ("Stage", "!Ref Stage")];
    let watch = |metric, statistic| Watch::Metric(Metric { namespace: NAMESPACE, metric, dimensions: &dimensions, statistic });
    let failures = written(&Alarm {
        id: "FailuresAlarm",
        description: &format!("More than one in twenty requests to {service} fails"),
        anchor: "function-errors",
        watch: watch(metrics::FAILURES, "Average"),
        period_seconds: 60,
        periods: (3, 5),
        threshold: Above(5),
    });
    failures + &in_a_row(service, "A function of {service} fails one request after another")
}

/// The alarm of a stack of workers: a sandbox cannot start. Such a sandbox processes no event, so no share of its events fails.
pub(super) fn of_workers(service: &str) -> String {
    in_a_row(service, "A function of {service} cannot start")
}

/// A start that failed counts as many requests that did.
fn in_a_row(service: &str, description: &str) -> String {
    written(&Alarm {
        id: "FailuresInARowAlarm",
        description: &description.replace("{service}", service),
        anchor: "function-errors",
        watch: Watch::Metric(Metric {
            namespace: NAMESPACE,
            metric: metrics::FAILURES_IN_A_ROW,
            dimensions: &[("Service", service), ("Stage", "!Ref Stage")],
            statistic: "Maximum",
        }),
        period_seconds: 60,
        periods: (1, 1),
        threshold: Above(4),
    })
}

/// The alarm of a worker: one in twenty of its events fails.
pub(super) fn of_worker(id: &str, handler: &str) -> String {
    written(&Alarm {
        id: &format!("{id}Alarm"),
        description: &format!("More than one in twenty events of {handler} fails"),
        anchor: "function-errors",
        watch: Watch::Metric(Metric {
            namespace: NAMESPACE,
            metric: metrics::EVENT_FAILURES,
            dimensions: &[("Handler", handler), ("Stage", "!Ref Stage")],
            statistic: "Average",
        }),
        period_seconds: 60,
        periods: (3, 5),
        threshold: Above(5),
    })
}

/// The alarm of a worker that a schedule of the template invokes each minute: for a quarter of an hour no invocation was successful. Lambda
/// samples each invocation as 0 or 1 errors, one that crashes too, and tells nothing of what is not started; a failure now and then is
/// made good a minute later.
pub(super) fn of_tick(id: &str, name: &str, handler: &str) -> String {
    written(&Alarm {
        id: &format!("{id}SilenceAlarm"),
        description: &format!(
            "{handler} had no success for a quarter of an hour: it fails or crashes, or the Scheduler stands still"
        ),
        anchor: "no-executions",
        watch: Watch::Metric(Metric {
            namespace: "AWS/Lambda",
            metric: "Errors",
            dimensions: &[("FunctionName", &format!("!Sub '{name}'"))],
            statistic: "Minimum",
        }),
        period_seconds: 300,
        periods: (3, 3),
        threshold: SilentOrAbove(0),
    })
}

/// The alarm of a function that follows streams: it is more than five minutes behind.
pub(super) fn of_follower(id: &str, name: &str, handler: &str) -> String {
    written(&Alarm {
        id: &format!("{id}LagAlarm"),
        description: &format!("{handler} is more than five minutes behind the tables"),
        anchor: "stream-lag",
        watch: Watch::Metric(Metric {
            namespace: "AWS/Lambda",
            metric: "IteratorAge",
            dimensions: &[("FunctionName", &format!("!Sub '{name}'"))],
            statistic: "Maximum",
        }),
        period_seconds: 60,
        periods: (5, 5),
        threshold: Above(300_000),
    })
}

/// The alarms that belong to no single function.
pub(super) fn alarms() -> String {
    let of_queue = |queue: &str, description: &str, anchor: &str, metric: &str, threshold: u32| {
        written(&Alarm {
            id: &format!("{queue}Alarm"),
            description,
            anchor,
            watch: Watch::Metric(Metric {
                namespace: "AWS/SQS",
                metric,
                dimensions: &[("QueueName", &format!("!GetAtt {queue}.QueueName"))],
                statistic: "Maximum",
            }),
            period_seconds: 300,
            periods: (1, 1),
            threshold: Above(threshold),
        })
    };
    // Messages may be delayed for fifteen minutes on purpose, which counts towards their age.
    let late = QUEUES.iter().map(|(queue, what)| of_queue(queue, what, "queues-late", "ApproximateAgeOfOldestMessage", 1_800));
    let dead = DEAD_LETTERS
        .iter()
        .map(|(queue, what)| of_queue(queue, what, "dead-letter-queue-not-empty", "ApproximateNumberOfMessagesVisible", 0));
    [
        api_errors(),
        provider_429s(),
        credential_trials(),
        credential_refusals(),
        secrets_stopped(),
        wrong_secrets(),
        provider_failures(),
        no_executions(),
        cursors_lost(),
        store_throttled(),
        deliveries_failing(),
    ]
    .into_iter()
    .chain(late)
    .chain(dead)
    .collect()
}

/// What API Gateway answered with a server error, whoever made it: a crash of a function reaches no metric of ours.
fn api_errors() -> String {
    let of = |metric| Metric { namespace: "AWS/ApiGateway", metric, dimensions: &[("ApiId", "!Ref HttpApi")], statistic: "Sum" };
    written(&Alarm {
        id: "ApiErrorsAlarm",
        description: "The API answers more than one in a hundred requests with a server error",
        anchor: "api-5xx",
        watch: Watch::Math {
            metrics: &[("errors", of("5xx")), ("requests", of("Count"))],
            expression: "IF(errors > 4, 100 * errors / requests, 0)",
        },
        period_seconds: 60,
        periods: (2, 5),
        threshold: Above(1),
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
        periods: (1, 1),
        threshold: Above(30),
    })
}

fn credential_trials() -> String {
    let metric = metrics::CREDENTIAL_TRIALS;
    let from = format!("FROM SCHEMA(\"{NAMESPACE}\", Code, Stage, Tsp)");
    written(&Alarm {
        id: "CredentialTrialsAlarm",
        description: "More than 20 trials of credentials were stopped in a quarter of an hour: somebody may be guessing",
        anchor: "credential-trials",
        watch: Watch::Query(&format!("SELECT SUM({metric}) {from} WHERE Stage = '${{Stage}}' AND Code = 'limited'")),
        period_seconds: 900,
        periods: (1, 1),
        threshold: Above(20),
    })
}

/// No limit stops this: one partner's trials are not to stop another's.
fn credential_refusals() -> String {
    let metric = metrics::CREDENTIAL_TRIALS;
    let from = format!("FROM SCHEMA(\"{NAMESPACE}\", Code, Stage, Tsp)");
    written(&Alarm {
        id: "CredentialRefusalsAlarm",
        description: "Providers refused more than 300 credentials in a quarter of an hour: many may be guessing together",
        anchor: "credential-trials",
        watch: Watch::Query(&format!("SELECT SUM({metric}) {from} WHERE Stage = '${{Stage}}' AND Code = 'refused'")),
        period_seconds: 900,
        periods: (1, 1),
        threshold: Above(300),
    })
}

fn secrets_stopped() -> String {
    of_secrets(
        "SecretsStoppedAlarm",
        metrics::SECRETS_STOPPED,
        "More than 20 secrets were not compared in a quarter of an hour: a network that has to wait goes on guessing",
        20,
    )
}

/// No limit stops this: who guesses from many networks waits in none, and nobody else is to wait for it.
fn wrong_secrets() -> String {
    of_secrets(
        "WrongSecretsAlarm",
        metrics::WRONG_SECRETS,
        "More than 300 different secrets were wrong in a quarter of an hour: somebody may be guessing from many networks",
        300,
    )
}

fn of_secrets(id: &str, metric: &str, description: &str, most: u32) -> String {
    let dimensions = &[("Stage", "!Ref Stage")];
    written(&Alarm {
        id,
        description,
        anchor: "wrong-secrets",
        watch: Watch::Metric(Metric { namespace: NAMESPACE, metric, dimensions, statistic: "Sum" }),
        period_seconds: 900,
        periods: (1, 1),
        threshold: Above(most),
    })
}

/// Per cent of the executions that failed; its samples are the executions.
fn of_executions(statistic: &'static str) -> Metric<'static> {
    let dimensions = &[("Stage", "!Ref Stage")];
    Metric { namespace: NAMESPACE, metric: metrics::EXECUTION_FAILURES, dimensions, statistic }
}

fn provider_failures() -> String {
    written(&Alarm {
        id: "ProviderFailuresAlarm",
        description: "More than one in ten executions fails",
        anchor: "provider-failures",
        watch: Watch::Metric(of_executions("Average")),
        period_seconds: 300,
        periods: (3, 3),
        threshold: Above(10),
    })
}

/// What fires in the group is executions: the template's own schedules are elsewhere.
fn no_executions() -> String {
    let fired = Metric {
        namespace: "AWS/Scheduler",
        metric: "InvocationAttemptCount",
        dimensions: &[("ScheduleGroup", "!Ref ScheduleGroup")],
        statistic: "Sum",
    };
    written(&Alarm {
        id: "NoExecutionsAlarm",
        description: "Schedules fire, and no execution ends",
        anchor: "no-executions",
        watch: Watch::Math {
            metrics: &[("fired", fired), ("ended", of_executions("SampleCount"))],
            expression: "IF(FILL(fired, 0) > 4 AND FILL(ended, 0) == 0, 1, 0)",
        },
        period_seconds: 300,
        periods: (3, 3),
        threshold: Above(0),
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
        periods: (1, 1),
        threshold: Above(0),
    })
}

/// Requests that met another transaction are left out: they are a matter of one item, and usual.
fn store_throttled() -> String {
    let metric = metrics::STORE_THROTTLED;
    let from = format!("FROM SCHEMA(\"{NAMESPACE}\", Code, Stage)");
    written(&Alarm {
        id: "StoreThrottledAlarm",
        description: "DynamoDB turned more than 100 requests away in a quarter of an hour: a table has too little capacity",
        anchor: "dynamodb-throttles",
        watch: Watch::Query(&format!("SELECT SUM({metric}) {from} WHERE Stage = '${{Stage}}' AND Code != 'contended'")),
        period_seconds: 900,
        periods: (1, 1),
        threshold: Above(100),
    })
}

fn deliveries_failing() -> String {
    written(&Alarm {
        id: "DeliveriesFailingAlarm",
        description: "Events older than an hour are still undelivered",
        anchor: "deliveries-failing",
        watch: Watch::Metric(Metric {
            namespace: NAMESPACE,
            metric: metrics::UNDELIVERED_AGE,
            dimensions: &[("Stage", "!Ref Stage")],
            statistic: "Maximum",
        }),
        period_seconds: 900,
        periods: (2, 2),
        threshold: Above(3_600),
    })
}

fn written(alarm: &Alarm<'_>) -> String {
    let Alarm { id, description, anchor, watch, period_seconds, periods: (bad, of), threshold } = alarm;
    let watched = match watch {
        Watch::Metric(metric) => format!("{}\n      Period: {period_seconds}", watched(metric, 6, "Statistic")),
        Watch::Math { metrics, expression } => {
            let inputs = metrics.iter().map(|(name, metric)| {
                let Metric { statistic, .. } = metric;
                let metric = watched(&Metric { statistic: "", ..*metric }, 14, "");
                format!(
                    "
        - Id: {name}
          ReturnData: false
          MetricStat:
            Stat: {statistic}
            Period: {period_seconds}
            Metric:
{metric}"
                )
            });
            let inputs: String = inputs.collect();
            format!("      Metrics:\n        - Id: watched\n          Expression: {expression}{inputs}")
        }
        Watch::Query(query) => format!(
            "      Metrics:
        - Id: watched
          Period: {period_seconds}
          Expression: !Sub >-
            {query}"
        ),
    };
    let (threshold, missing) = match threshold {
        Above(value) => (value, "notBreaching"),
        SilentOrAbove(value) => (value, "breaching"),
    };
    format!(
        "
  {id}:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: !Sub '{description}. What to do: ${{RunbookUrl}}#{anchor}'
{watched}
      DatapointsToAlarm: {bad}
      EvaluationPeriods: {of}
      Threshold: {threshold}
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: {missing}
      AlarmActions: [!Ref AlarmTopicArn]
"
    )
}

/// A metric as an alarm names it, indented; `statistic` is the member that has its statistic, if one does.
fn watched(metric: &Metric<'_>, indent: usize, member: &str) -> String {
    let Metric { namespace, metric, dimensions, statistic } = metric;
    let dimensions: Vec<String> = dimensions.iter().map(|(name, value)| format!("{{Name: {name}, Value: {value}}}")).collect();
    let mut lines = vec![
        format!("Namespace: {namespace}"),
        format!("MetricName: {metric}"),
        format!("Dimensions: [{}]", dimensions.join(", ")),
    ];
    lines.extend((!member.is_empty()).then(|| format!("{member}: {statistic}")));
    lines.iter().map(|line| format!("{:indent$}{line}", "")).collect::<Vec<_>>().join("\n")
}
