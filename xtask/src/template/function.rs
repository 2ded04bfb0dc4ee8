//! One row as resources: the function, its role, its log group, a worker's alarms.

use gateway::{DEFAULT_ROUTE, Repeated, Stream, Trigger};

use super::alarms;
use super::policies::{self, Statement};
use super::rows::{Cause, Row, methods};

/// The resources of a row.
pub(super) fn render(row: &Row) -> String {
    let id = row.id();
    let name = row.name();
    let mut text = format!(
        "  # {summary}
  {id}Function:
    Type: AWS::Serverless::Function
    Metadata: {{SkipBuild: true}}
    Properties:
      FunctionName: !Sub '${{Name}}-{name}'
      Handler: {handler}
      Role: !GetAtt {id}Role.Arn
      LoggingConfig: {{LogGroup: !Ref {id}Logs}}
",
        summary = row.summary,
        handler = row.handler,
    );
    if let Some(seconds) = row.timeout() {
        text += &format!("      Timeout: {seconds}\n");
    }
    if let Some(megabytes) = row.memory() {
        text += &format!("      MemorySize: {megabytes}\n");
    }
    if let Cause::Trigger(Trigger::Scheduler) = row.cause {
        text += RESERVED;
    }
    if row.sends_to_itself() {
        text += RECURSIVE;
    }
    if let Cause::Http { .. } = row.cause {
        text += CANARY;
    }
    text += &events(&row.cause);
    if let Cause::Http { method, paths, .. } = &row.cause {
        text += &invocations(&id, method, paths);
    }
    text += &role(row, &id);
    text += &logs(&id, &name);
    let full_name = format!("${{Name}}-{name}");
    match row.cause {
        Cause::Http { .. } => {}
        Cause::Trigger(trigger) => {
            text += &match trigger {
                Trigger::Rate(_) => alarms::of_tick(&id, &full_name, row.handler),
                Trigger::Streams(_) => alarms::of_worker(&id, row.handler) + &alarms::of_follower(&id, &full_name, row.handler),
                Trigger::Queue(_) | Trigger::Scheduler => alarms::of_worker(&id, row.handler),
            };
        }
    }
    text
}

fn events(cause: &Cause) -> String {
    match cause {
        Cause::Http { .. } => String::new(),
        Cause::Trigger(Trigger::Scheduler) => SCHEDULED.to_owned(),
        Cause::Trigger(Trigger::Rate(rate)) => rate_event(rate),
        Cause::Trigger(Trigger::Queue(queue)) => format!("      Events:\n{}", queue_event(queue)),
        Cause::Trigger(Trigger::Streams(streams)) => {
            format!("      Events:\n{}", streams.iter().map(stream_event).collect::<String>())
        }
    }
}

/// Concurrency that no other function takes away, and that this one does not exceed.
const RESERVED: &str =
    "      ReservedConcurrentExecutions: !If [HasReservedExecutions, !Ref ReservedExecutions, !Ref AWS::NoValue]\n";

/// Lambda takes a function whose messages lead back to it some sixteen times for an accident, and stops it.
const RECURSIVE: &str = "      RecursiveLoop: Allow\n";

/// The Scheduler invokes asynchronously: Lambda retries once and then sends the event to the dead-letter queue.
const SCHEDULED: &str = "      EventInvokeConfig:
        MaximumRetryAttempts: 1
        MaximumEventAgeInSeconds: 300
        DestinationConfig:
          OnFailure: {Type: SQS, Destination: !Ref ScheduleDlqArn}
";

/// The alarms of a service in a canary's list.
pub(super) const SERVICE_ALARMS: &str = "!Ref FailuresAlarm, !Ref FailuresInARowAlarm, ";

/// A new version gets a tenth of the requests for five minutes, and then all of them unless an alarm fires: of its service, whose
/// requests fail or which has a sandbox that only fails, or of the API, which sees crashes.
///
/// By itself SAM names a version by the code and by the environment as it is written here, with references in place of values: a
/// parameter with another value would make no new version, and `live` would keep the old one.
const CANARY: &str = "      AutoPublishAlias: live
      AutoPublishCodeSha256: !Ref Release
      DeploymentPreference: {Type: Canary10Percent5Minutes, Alarms: [!Ref FailuresAlarm, !Ref FailuresInARowAlarm, !Ref ApiErrorsAlarm]}
";

/// The API's permission to invoke a function for its routes only.
fn invocations(id: &str, method: &str, paths: &[String]) -> String {
    let source = paths.first().map(|path| pattern(path)).unwrap_or_default();
    methods(method).iter().map(|method| invocation(id, method, &source)).collect()
}

/// What the names of a method's resources begin with.
pub(super) fn prefix(method: &str) -> &str {
    if method == "HEAD" { "Head" } else { "" }
}

fn invocation(id: &str, method: &str, source: &str) -> String {
    let source = if source == DEFAULT_ROUTE { source.to_owned() } else { format!("{method}{source}") };
    let prefix = prefix(method);
    format!(
        "
  {id}{prefix}Invocation:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !Ref {id}Function.Alias
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub 'arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{HttpApi}}/*/{source}'
"
    )
}

/// A path as an ARN's pattern: `*` for a parameter, `?` where spellings differ.
fn pattern(path: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { "*".to_owned() } else { part.replace("share-agree", "share?agree") });
    parts.collect::<Vec<_>>().join("/")
}

/// Failed firings are not retried, since the next one does the same work. These schedules are in the account's default group: whoever deletes
/// ours shall not stop what brings its timers back.
fn rate_event(rate: &str) -> String {
    format!(
        "      Events:
        Tick:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: {rate}
            RoleArn: !Ref ScheduleRoleArn
            RetryPolicy: {{MaximumRetryAttempts: 0}}
"
    )
}

fn queue_event(queue: &str) -> String {
    // An execution or a write may take all of an invocation's time; deliveries are short and run together.
    let (size, at_once) = match queue {
        "ExecutionsQueue" => (1, "QueuedExecutionsAtOnce"),
        "WritesQueue" => (1, "WritesAtOnce"),
        _ => (10, "DeliveriesAtOnce"),
    };
    format!(
        "        {queue}:
          Type: SQS
          Properties:
            Queue: !Ref {queue}Arn
            BatchSize: {size}
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: {{MaximumConcurrency: !Ref {at_once}}}
"
    )
}

fn stream_event(stream: &Stream) -> String {
    let (table, is_halved) = (stream.table, stream.repeated == Repeated::Halved);
    let patterns: String =
        stream.wanted.iter().map(|wanted| format!("                - Pattern: '{}'\n", wanted.pattern())).collect();
    format!(
        "        {table}:
          Type: DynamoDB
          Properties:
            Stream: !Ref {table}Stream
            StartingPosition: TRIM_HORIZON
            BatchSize: 100
            # A run writes several items within a second: one invocation for all of them.
            MaximumBatchingWindowInSeconds: 1
            ParallelizationFactor: 2
            # What the function reads: it is not invoked for anything else.
            FilterCriteria:
              Filters:
{patterns}            FunctionResponseTypes: [ReportBatchItemFailures]
            BisectBatchOnFunctionError: {is_halved}
            # Nearly as long as the stream keeps a record, so that Lambda can still read what it gives up: workers set aside what is
            # itself at fault.
            MaximumRetryAttempts: -1
            MaximumRecordAgeInSeconds: 84600
            # A bucket gets the records themselves, a queue their places in the stream only.
            DestinationConfig:
              OnFailure: {{Destination: !Ref StreamFailuresArn}}
"
    )
}

fn role(row: &Row, id: &str) -> String {
    let log = &["logs:CreateLogStream", "logs:PutLogEvents"];
    let trace = &["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
    let mut statements = vec![
        Statement { sid: "Log", actions: log, resources: vec![format!("!GetAtt {id}Logs.Arn")], condition: None },
        Statement { sid: "Trace", actions: trace, resources: vec![policies::ANY_TRACE.into()], condition: None },
    ];
    let mut permissions = row.permissions.to_vec();
    permissions.sort();
    permissions.dedup();
    statements.extend(permissions.into_iter().flat_map(policies::of));
    if let Cause::Trigger(trigger) = row.cause {
        statements.extend(policies::of_trigger(trigger));
    }
    let statements: String = statements.iter().map(written).collect();
    format!(
        "
  {id}Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: sts:AssumeRole}}]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
{statements}"
    )
}

fn written(statement: &Statement) -> String {
    let resources: String = statement.resources.iter().map(|resource| format!("                  - {resource}\n")).collect();
    let condition = statement.condition.map(|condition| format!("                Condition: {condition}\n")).unwrap_or_default();
    format!(
        "              - Sid: {}
                Effect: Allow
                Action: [{}]
                Resource:
{resources}{condition}",
        statement.sid,
        statement.actions.join(", ")
    )
}

fn logs(id: &str, name: &str) -> String {
    format!(
        "
  {id}Logs:
    Type: AWS::Logs::LogGroup
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      LogGroupName: !Sub '/aws/lambda/${{Name}}-{name}'
      RetentionInDays: !Ref LogRetentionDays
"
    )
}
