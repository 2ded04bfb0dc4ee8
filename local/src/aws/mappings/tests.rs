//! Streams against the embedded database, and batches against scripted handlers.

use std::collections::BTreeMap;
use std::sync::Mutex;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use super::batch::{self, Ending, Policy, Progress};
use super::*;
use crate::aws::template::Template;
use crate::aws::{CloudOptions, Named};

const TEMPLATE: &str = r"
Resources:
  Facts:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions:
        - {AttributeName: pk, AttributeType: S}
        - {AttributeName: owner, AttributeType: S}
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      GlobalSecondaryIndexes:
        - {IndexName: by_owner, KeySchema: [{AttributeName: owner, KeyType: HASH}], Projection: {ProjectionType: KEYS_ONLY}}
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
      TimeToLiveSpecification: {AttributeName: expires, Enabled: true}
  FanOut:
    Type: AWS::Serverless::Function
    Properties:
      Handler: events.fan_out
      Environment: {Variables: {TABLE: !Ref Facts}}
      Events:
        Changes:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Facts.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 10
            FunctionResponseTypes: [ReportBatchItemFailures]
";

async fn cloud() -> Cloud {
    cloud_of(TEMPLATE).await
}

async fn cloud_of(text: &str) -> Cloud {
    let nowhere =
        |name: &str| (!name.ends_with("_DYNAMODB") && name != "AWS_ENDPOINT_URL").then(|| "http://127.0.0.1:9".to_owned());
    let options = CloudOptions { named: Named::read(&nowhere), ..CloudOptions::default() };
    Cloud::start(&options, &Template::parse(text).unwrap(), &|_| {}).await.unwrap()
}

async fn put(cloud: &Cloud, key: &str, value: &str) {
    let request = cloud.clients.dynamodb.put_item().table_name("catena-Facts");
    let request = request.item("pk", AttributeValue::S(key.to_owned())).item("n", AttributeValue::N(value.to_owned()));
    request.send().await.unwrap();
}

/// A handler that reports the records it receives, and fails one record once on request.
fn listener(fails_once: &'static str) -> (Invoke, UnboundedReceiver<(String, String, String)>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let failed = Arc::new(Mutex::new(false));
    let invoke: Invoke = Arc::new(move |_, event| {
        let (sender, failed) = (sender.clone(), Arc::clone(&failed));
        async move {
            for record in event["Records"].as_array().unwrap() {
                let key = record["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap().to_owned();
                if key == fails_once && !std::mem::replace(&mut *failed.lock().unwrap(), true) {
                    return Ok(json!({"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}));
                }
                let image = |name: &str| record["dynamodb"][name]["n"]["N"].as_str().unwrap_or("-").to_owned();
                let change = format!("{}>{}", image("OldImage"), image("NewImage"));
                sender.send((record["eventName"].as_str().unwrap().to_owned(), key, change)).unwrap();
            }
            Ok(Value::Null)
        }
        .boxed()
    });
    (invoke, receiver)
}

async fn take(receiver: &mut UnboundedReceiver<(String, String, String)>, count: usize) -> Vec<String> {
    let mut seen = Vec::new();
    while seen.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(20), receiver.recv()).await;
        let (name, key, change) = next.expect("a record in time").unwrap();
        seen.push(format!("{name} {key} {change}"));
    }
    seen
}

#[tokio::test]
async fn a_stream_is_delivered_in_order_and_resumed_at_its_checkpoint() {
    let cloud = cloud().await;
    assert_eq!(cloud.environment("FanOut")["TABLE"], "catena-Facts");
    let state = tempfile::tempdir().unwrap();

    let (stop, stopped) = watch::channel(false);
    let (invoke, mut seen) = listener("b");
    put(&cloud, "a", "1").await;
    let mappings = Mappings::start(&cloud, Some(state.path()), invoke, stopped).await.unwrap();
    put(&cloud, "b", "1").await;
    put(&cloud, "a", "2").await;
    assert_eq!(take(&mut seen, 3).await, ["INSERT a ->1", "INSERT b ->1", "MODIFY a 1>2"]);
    stop.send_replace(true);
    mappings.finish(Duration::from_secs(5)).await;

    put(&cloud, "c", "3").await;
    let (stop, stopped) = watch::channel(false);
    let (invoke, mut seen) = listener("");
    let mappings = Mappings::start(&cloud, Some(state.path()), invoke, stopped).await.unwrap();
    assert_eq!(take(&mut seen, 1).await, ["INSERT c ->3"]);
    drop(stop);
    mappings.finish(Duration::from_secs(5)).await;
    cloud.stop().await.unwrap();
}

#[tokio::test]
async fn the_latest_position_is_saved_when_the_mapping_starts() {
    let text = TEMPLATE.replace("TRIM_HORIZON", "LATEST");
    let cloud = cloud_of(&text).await;
    put(&cloud, "before", "1").await;
    let (stop, stopped) = watch::channel(false);
    let (invoke, mut seen) = listener("");
    let mappings = Mappings::start(&cloud, None, invoke, stopped).await.unwrap();
    put(&cloud, "after", "1").await;
    assert_eq!(take(&mut seen, 1).await, ["INSERT after ->1"]);
    stop.send_replace(true);
    mappings.finish(Duration::from_secs(5)).await;
    cloud.stop().await.unwrap();
}

#[tokio::test]
async fn provisioning_twice_adopts_the_table() {
    let cloud = cloud().await;
    let template = Template::parse(TEMPLATE).unwrap();
    let again = crate::aws::provision::provision(&cloud.clients, &template, "catena", &BTreeMap::new()).await.unwrap();
    assert_eq!(again.physical.attributes, cloud.physical.attributes);
    let table = cloud.clients.dynamodb.describe_table().table_name("catena-Facts").send().await.unwrap().table.unwrap();
    assert_eq!(table.global_secondary_indexes().len(), 1);
    let expiry = cloud.clients.dynamodb.describe_time_to_live().table_name("catena-Facts").send().await.unwrap();
    assert_eq!(expiry.time_to_live_description.unwrap().attribute_name.as_deref(), Some("expires"));
    cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_newer_template_adds_its_index() {
    let cloud = cloud().await;
    let attribute = "        - {AttributeName: owner, AttributeType: S}\n";
    let index = "        - {IndexName: by_owner,";
    let added =
        "        - {IndexName: by_due, KeySchema: [{AttributeName: due, KeyType: HASH}], Projection: {ProjectionType: ALL}}\n";
    let text = TEMPLATE
        .replace(attribute, &format!("{attribute}{}", attribute.replace("owner", "due")))
        .replace(index, &format!("{added}{index}"));
    let template = Template::parse(&text).unwrap();
    crate::aws::provision::provision(&cloud.clients, &template, "catena", &BTreeMap::new()).await.unwrap();
    let table = cloud.clients.dynamodb.describe_table().table_name("catena-Facts").send().await.unwrap().table.unwrap();
    assert_eq!(table.global_secondary_indexes().len(), 2);
    cloud.stop().await.unwrap();
}

#[derive(Default)]
struct RecordedProgress {
    reached: Mutex<Vec<String>>,
    discarded: Mutex<Vec<usize>>,
}

impl Progress for RecordedProgress {
    fn reached(&self, sequence: &str) {
        self.reached.lock().unwrap().push(sequence.to_owned());
    }

    async fn discard(&self, records: &[Value], _attempts: u32, _reason: &str) {
        self.discarded.lock().unwrap().push(records.len());
    }
}

/// Delivers records 1 to 4 to a handler that always rejects the third; checks the positions reached and the sizes discarded.
async fn check(policy: Policy, reached: &[&str], discarded: &[usize]) {
    let names_failures = policy.reports_failures;
    let invoke: Invoke = Arc::new(move |_, event| {
        let is_bad = |record: &&Value| record["dynamodb"]["SequenceNumber"] == "3";
        let bad = event["Records"].as_array().unwrap().iter().find(is_bad).is_some();
        let answer = match (bad, names_failures) {
            (false, _) => Ok(Value::Null),
            (true, true) => Ok(json!({"batchItemFailures": [{"itemIdentifier": "3"}]})),
            (true, false) => Err("bad".to_owned()),
        };
        async move { answer }.boxed()
    });
    let (_stop, stopped) = watch::channel(false);
    let endpoints = Named::default().complete(Some("http://127.0.0.1:9"), Some("http://127.0.0.1:9"));
    let clients = Clients::build(&endpoints, crate::aws::Foreign::No).await;
    let context = MappingContext { clients, invoke, stop: stopped };
    let records = ["1", "2", "3", "4"].map(|number| json!({"dynamodb": {"SequenceNumber": number}}));
    let progress = RecordedProgress::default();
    let ending = batch::deliver(&context, "h", policy, records.to_vec(), &progress).await;
    assert_eq!(ending, Ending::Complete);
    assert_eq!(*progress.reached.lock().unwrap(), reached, "{policy:?}");
    assert_eq!(*progress.discarded.lock().unwrap(), discarded, "{policy:?}");
}

#[tokio::test]
async fn failing_batches() {
    let policy = |retries, bisects, reports_failures| Policy {
        retries: Some(retries),
        bisects,
        reports_failures,
        backoff: |_| Duration::ZERO,
    };
    check(policy(2, false, false), &["4"], &[4]).await;
    check(policy(2, false, true), &["2", "4"], &[2]).await;
    check(policy(2, true, false), &["2", "3", "4"], &[1]).await;
    check(policy(0, true, true), &["2", "3", "4"], &[1]).await;
}

#[tokio::test]
async fn without_a_number_of_retries_none_is_the_last() {
    let (failures, (_stop, stopped)) = (Arc::new(Mutex::new(0)), watch::channel(false));
    let counted = Arc::clone(&failures);
    let invoke: Invoke = Arc::new(move |_, _| {
        let mut failures = counted.lock().unwrap();
        *failures += 1;
        let answer = if *failures <= 40 { Err("SQS is away".to_owned()) } else { Ok(Value::Null) };
        async move { answer }.boxed()
    });
    let endpoints = Named::default().complete(Some("http://127.0.0.1:9"), Some("http://127.0.0.1:9"));
    let context = MappingContext { clients: Clients::build(&endpoints, crate::aws::Foreign::No).await, invoke, stop: stopped };
    let policy = Policy { retries: None, bisects: true, reports_failures: true, backoff: |_| Duration::ZERO };
    let records = vec![json!({"dynamodb": {"SequenceNumber": "1"}}), json!({"dynamodb": {"SequenceNumber": "2"}})];
    let progress = RecordedProgress::default();
    assert_eq!(batch::deliver(&context, "h", policy, records, &progress).await, Ending::Complete);
    assert_eq!(*progress.reached.lock().unwrap(), ["1", "2"]);
    assert_eq!(*progress.discarded.lock().unwrap(), Vec::<usize>::new());
}

#[test]
fn responses() {
    let known = ["a".to_owned(), "b".to_owned()];
    let check =
        |answer: Result<Value, String>, expected: response::Outcome| assert_eq!(response::read(answer, true, &known), expected);
    check(Ok(Value::Null), response::Outcome::Handled);
    check(Ok(json!({"batchItemFailures": []})), response::Outcome::Handled);
    check(Ok(json!({"batchItemFailures": [{"itemIdentifier": "b"}]})), response::Outcome::Partly(["b".to_owned()].into()));
    check(
        Ok(json!({"batchItemFailures": [{"itemIdentifier": ""}]})),
        response::Outcome::Failed("the response names an item that is not in the batch".to_owned()),
    );
    check(Err("no".to_owned()), response::Outcome::Failed("no".to_owned()));
}
