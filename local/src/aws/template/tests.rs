use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::aws::physical::Physical;

const ROOT: &str = r#"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: dev}
Mappings:
  Sizes: {dev: {Batch: 7}, prod: {Batch: 50}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [{Condition: IsProd}]
Globals:
  Function:
    Timeout: 9
    Environment:
      Variables:
        CONTROL_TABLE: !Ref ControlTable
        STAGE: !Ref Stage
        CALLBACK: !Sub 'https://${Stage}.example/${!kept}/${Jobs.Arn}'
Resources:
  ControlTable: {Type: AWS::DynamoDB::Table, Properties: {BillingMode: PAY_PER_REQUEST}}
  Jobs: {Type: AWS::SQS::Queue}
  OnlyProd: {Type: AWS::SQS::Queue, Condition: IsProd}
  Create:
    Type: AWS::Serverless::Function
    Properties:
      Handler: invitations.create
      Environment: {Variables: {STAGE: own, ROLE: !GetAtt CreateRole.Arn, COUNT: 3}}
  OtherIntegration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {IntegrationUri: !Sub 'arn:aws:lambda:${AWS::Region}:1:function:${AWS::StackName}-Nested-list:live'}
  OtherRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: {RouteKey: $default, Target: !Sub 'integrations/${OtherIntegration}'}
  CreateIntegration: {Type: AWS::ApiGatewayV2::Integration, Properties: {IntegrationUri: !Ref Create.Alias}}
  CreateRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: {RouteKey: POST /v2/orgs/invitations, Target: !Sub 'integrations/${CreateIntegration}'}
  Send:
    Type: AWS::Serverless::Function
    Properties:
      Handler: deliveries.send
      Events:
        Jobs:
          Type: SQS
          Properties:
            Queue: !GetAtt Jobs.Arn
            BatchSize: !FindInMap [Sizes, !Ref Stage, Batch]
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: {MaximumConcurrency: 4}
        Changes:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt ControlTable.StreamArn
            StartingPosition: LATEST
            BisectBatchOnFunctionError: true
            MaximumRetryAttempts: !If [IsDev, 2, !Ref AWS::NoValue]
            DestinationConfig: {OnFailure: {Destination: !GetAtt Jobs.Arn}}
        Tick: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(5 minutes), Input: '{"a":1}'}}
  Nested:
    Type: AWS::Serverless::Application
    Properties:
      Location: ./infra/nested.yaml
      Parameters: {Table: !Ref ControlTable}
"#;

const NESTED: &str = r"
Parameters: {Table: {Type: String}}
Resources:
  Own: {Type: AWS::SQS::Queue}
  Read:
    Type: AWS::Serverless::Function
    Properties:
      Handler: vehicles.list
      FunctionName: !Sub '${AWS::StackName}-list'
      Environment: {Variables: {TABLE: !Ref Table, OWN: !Ref Own, NAME: !Ref AWS::StackName}}
  ReadIntegration: {Type: AWS::ApiGatewayV2::Integration, Properties: {IntegrationUri: !GetAtt Read.Arn}}
  ReadRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: {RouteKey: 'GET /v2/{fleet}', Target: !Sub 'integrations/${ReadIntegration}'}
Outputs: {Own: {Value: !Ref Own}}
";

fn template() -> Template {
    Template::load(ROOT, &|path| (path == "infra/nested.yaml").then(|| NESTED.to_owned())).unwrap()
}

fn created() -> Physical {
    let mut physical = Physical::default();
    physical.insert("ControlTable", "catena-ControlTable".into(), [("StreamArn", "arn:stream".into())]);
    physical.insert("Jobs", "http://queue/jobs".into(), [("Arn", "arn:jobs".into()), ("QueueUrl", "http://queue/jobs".into())]);
    physical.insert("Nested.Own", "http://queue/own".into(), [("Arn", "arn:own".into())]);
    physical
}

#[test]
fn functions_are_resolved_with_globals_and_nested_stacks() {
    let (parameters, physical) = (BTreeMap::new(), created());
    let context = Context { stack: "catena", parameters: &parameters, physical: &physical };
    let functions = template().functions(context).unwrap();
    let create = functions.iter().find(|function| function.id == "Create").unwrap();
    assert_eq!(create.environment["CONTROL_TABLE"], "catena-ControlTable");
    assert_eq!(create.environment["STAGE"], "own");
    assert_eq!(create.environment["COUNT"], "3");
    assert_eq!(create.environment["ROLE"], "arn:aws:iam::000000000000:role/catena-CreateRole");
    assert_eq!(create.environment["CALLBACK"], "https://dev.example/${kept}/arn:jobs");
    assert_eq!(create.timeout.as_secs(), 9);
    let read = functions.iter().find(|function| function.id == "Nested.Read").unwrap();
    assert_eq!(read.environment["TABLE"], "catena-ControlTable");
    assert_eq!(read.environment["OWN"], "http://queue/own");
    assert_eq!(read.environment["NAME"], "catena-Nested");
}

#[test]
fn events_are_typed() {
    let (parameters, physical) = (BTreeMap::new(), created());
    let context = Context { stack: "catena", parameters: &parameters, physical: &physical };
    let functions = template().functions(context).unwrap();
    let send = functions.iter().find(|function| function.id == "Send").unwrap();
    let queue = send.events.iter().find_map(|event| if let Event::Queue(queue) = event { Some(queue) } else { None }).unwrap();
    assert_eq!((queue.batch_size, queue.concurrency, queue.reports_failures), (7, 4, true));
    let stream =
        send.events.iter().find_map(|event| if let Event::Stream(stream) = event { Some(stream) } else { None }).unwrap();
    assert_eq!((stream.start, stream.bisects, stream.retries), (StartingPosition::Latest, true, Some(2)));
    assert_eq!(stream.on_failure.as_deref(), Some("arn:jobs"));
    assert!(send.events.iter().any(|event| matches!(event, Event::Schedule(tick) if tick.input == json!({"a": 1}))));
}

#[test]
fn routes_need_nothing_created() {
    let (parameters, physical) = (BTreeMap::new(), Physical::default());
    let context = Context { stack: "catena", parameters: &parameters, physical: &physical };
    let routes = template().routes(context).unwrap();
    let lines: Vec<_> = routes.iter().map(|route| format!("{} {} {}", route.method, route.path, route.handler)).collect();
    assert_eq!(
        lines,
        ["POST /v2/orgs/invitations invitations.create", "ANY $default vehicles.list", "GET /v2/{fleet} vehicles.list",]
    );
    assert!(template().functions(context).is_err());
}

#[test]
fn expressions() {
    let parameters = BTreeMap::from([("Stage".to_owned(), "prod".to_owned())]);
    let physical = created();
    let context = Context { stack: "catena", parameters: &parameters, physical: &physical };
    let template = template();
    let check = |expression: Value, expected: Result<Value, Unresolved>| {
        assert_eq!(template.value(context, 0, &expression), expected, "{expression}");
    };
    check(json!({"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]}), Ok(json!("a-prod")));
    check(json!({"Fn::Select": [1, {"Fn::Split": [".", "x.y"]}]}), Ok(json!("y")));
    check(json!({"Fn::If": ["IsProd", 1, 2]}), Ok(json!(1)));
    check(json!([{"Ref": "AWS::NoValue"}, 1]), Ok(json!([1])));
    check(json!({"Fn::Sub": ["${A}:${AWS::Region}", {"A": {"Ref": "Stage"}}]}), Ok(json!("prod:us-east-1")));
    check(json!({"Fn::GetAtt": ["Nested", "Outputs.Own"]}), Ok(json!("http://queue/own")));
    check(json!({"Ref": "OnlyProd"}), Err(Unresolved::Pending("OnlyProd".to_owned())));
    check(json!({"Ref": "Nope"}), Err(Unresolved::Wrong("Nope does not exist".to_owned())));
}

#[test]
fn a_route_that_leads_nowhere_is_refused() {
    let (parameters, physical) = (BTreeMap::new(), Physical::default());
    let context = Context { stack: "catena", parameters: &parameters, physical: &physical };
    let text = ROOT.replace("integrations/${CreateIntegration}", "integrations/${NoIntegration}");
    let template = Template::load(&text, &|_| Some(NESTED.to_owned())).unwrap();
    let error = format!("{:#}", template.routes(context).unwrap_err());
    assert_eq!(error, "route CreateRoute of the template: NoIntegration is not in its stack");
    let text = ROOT.replace("-Nested-list:live", "-Nested-lost:live");
    let template = Template::load(&text, &|_| Some(NESTED.to_owned())).unwrap();
    let error = format!("{:#}", template.routes(context).unwrap_err());
    assert_eq!(error, "route OtherRoute of the template: no function is named catena-Nested-lost");
}
