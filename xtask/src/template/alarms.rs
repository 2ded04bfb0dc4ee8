//! Alarms: one per function, and those of the API and the queues.

/// What an alarm watches.
struct Alarm<'a> {
    id: &'a str,
    description: &'a str,
    namespace: &'a str,
    metric: &'a str,
    /// Name and YAML expression.
    dimension: (&'a str, &'a str),
    statistic: &'a str,
    period_seconds: u32,
    periods: u32,
    /// It rings above this.
    threshold: u32,
}

/// The alarm of a function: it fails three times within five minutes.
pub(super) fn of_function(id: &str, name: &str, handler: &str) -> String {
    written(&Alarm {
        id: &format!("{id}Alarm"),
        description: &format!("{handler} fails."),
        namespace: "AWS/Lambda",
        metric: "Errors",
        dimension: ("FunctionName", &format!("!Sub '${{Name}}-{name}'")),
        statistic: "Sum",
        period_seconds: 300,
        periods: 1,
        threshold: 2,
    })
}

/// The alarm of a function that follows streams: it is more than five minutes behind.
pub(super) fn of_follower(id: &str, name: &str, handler: &str) -> String {
    written(&Alarm {
        id: &format!("{id}LagAlarm"),
        description: &format!("{handler} is more than five minutes behind the tables."),
        namespace: "AWS/Lambda",
        metric: "IteratorAge",
        dimension: ("FunctionName", &format!("!Sub '${{Name}}-{name}'")),
        statistic: "Maximum",
        period_seconds: 60,
        periods: 5,
        threshold: 300_000,
    })
}

/// The alarms that belong to no single function.
pub(super) fn shared() -> String {
    let api = Alarm {
        id: "ApiErrorsAlarm",
        description: "The API answers with server errors.",
        namespace: "AWS/ApiGateway",
        metric: "5xx",
        dimension: ("ApiId", "!Ref HttpApi"),
        statistic: "Sum",
        period_seconds: 300,
        periods: 1,
        threshold: 4,
    };
    // Messages may be held back for fifteen minutes on purpose, and count as old all the while.
    let late = [
        ("DeliveriesQueue", "Webhook messages wait for more than half an hour."),
        ("ExecutionsQueue", "Executions to start or to continue wait for more than half an hour."),
    ];
    let dead = [
        ("DeliveriesDlq", "Webhook messages could not be processed."),
        ("ExecutionsDlq", "Executions could not be continued."),
        ("StreamFailuresDlq", "Table changes were given up; their events are missing."),
        ("ScheduleDlq", "Fired schedules did not lead to an execution."),
    ];
    let late = late.iter().map(|(queue, description)| of_queue(queue, description, "ApproximateAgeOfOldestMessage", 1_800));
    let dead = dead.iter().map(|(queue, description)| of_queue(queue, description, "ApproximateNumberOfMessagesVisible", 0));
    let all: String = [written(&api)].into_iter().chain(late).chain(dead).collect();
    all.trim_start_matches('\n').to_owned()
}

fn of_queue(queue: &str, description: &str, metric: &str, threshold: u32) -> String {
    written(&Alarm {
        id: &format!("{queue}Alarm"),
        description,
        namespace: "AWS/SQS",
        metric,
        dimension: ("QueueName", &format!("!GetAtt {queue}.QueueName")),
        statistic: "Maximum",
        period_seconds: 300,
        periods: 1,
        threshold,
    })
}

fn written(alarm: &Alarm<'_>) -> String {
    let (name, value) = alarm.dimension;
    format!(
        "
  {}:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: {}
      Namespace: {}
      MetricName: {}
      Dimensions: [{{Name: {name}, Value: {value}}}]
      Statistic: {}
      Period: {}
      EvaluationPeriods: {}
      Threshold: {}
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: notBreaching
      AlarmActions: !If [HasAlarmTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]
",
        alarm.id,
        alarm.description,
        alarm.namespace,
        alarm.metric,
        alarm.statistic,
        alarm.period_seconds,
        alarm.periods,
        alarm.threshold
    )
}
