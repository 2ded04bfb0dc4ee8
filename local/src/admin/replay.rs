//! Stream records that were given up, handed to their functions again.
//!
//! StreamFailuresDlq has a message for each of them: the record itself where the function set it aside, or the notice of an object
//! where Lambda put a whole batch into the bucket. Functions are idempotent: messages to partners get the ids that they have had, and
//! timers follow the state as it is now.
//!
//! Objects and functions are reached by the AWS CLI, which whoever operates the platform has.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use model::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tokio::process::Command;

/// How long a message that is being replayed is hidden from others.
const HIDDEN: Duration = Duration::from_secs(300);
/// How long the queue is asked for messages.
const WAIT_SECONDS: i32 = 2;
/// A function's own timeout, and some seconds.
const CLI_TIMEOUT: &str = "130";

/// The AWS CLI.
#[derive(Clone, Debug)]
pub struct AwsCli {
    program: OsString,
}

impl Default for AwsCli {
    fn default() -> Self {
        Self { program: "aws".into() }
    }
}

/// What a replay did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Records that their functions took.
    pub records: usize,
    /// Why other messages stay in the queue.
    pub failures: Vec<String>,
}

/// Replays what was in the queue when this began; what functions set aside anew stays there.
///
/// # Errors
/// When the queue cannot be read.
pub async fn replay_stream(sqs: &Client, queue: &str, stack: &str, cli: &AwsCli) -> Result<Replayed> {
    let began = Timestamp::system();
    let mut done = Replayed::default();
    let mut failed = HashSet::new();
    loop {
        // Only a request that waits asks all servers of the queue.
        let receive = sqs.receive_message().queue_url(queue).max_number_of_messages(10).wait_time_seconds(WAIT_SECONDS);
        let receive = receive.visibility_timeout(i32::try_from(HIDDEN.as_secs())?);
        let received = receive.message_system_attribute_names(MessageSystemAttributeName::SentTimestamp).send().await;
        let messages = received.context("failed to read the queue")?.messages.unwrap_or_default();
        // A message whose replay failed is received again once it is not hidden any more.
        let is_next = |message: &&Message| {
            sent_at(message).is_none_or(|sent| sent <= began) && !failed.contains(message.message_id().unwrap_or_default())
        };
        let next: Vec<&Message> = messages.iter().filter(is_next).collect();
        if next.is_empty() {
            return Ok(done);
        }
        for message in next {
            let id = message.message_id().unwrap_or_default();
            match replay(cli, stack, message.body().unwrap_or_default()).await {
                Ok(records) => {
                    done.records += records;
                    let handle = message.receipt_handle().unwrap_or_default();
                    let deleted = sqs.delete_message().queue_url(queue).receipt_handle(handle).send().await;
                    deleted.context("failed to delete a message that was replayed")?;
                }
                Err(error) => {
                    failed.insert(id.to_owned());
                    done.failures.push(format!("{id}: {error:#}"));
                }
            }
        }
    }
}

fn sent_at(message: &Message) -> Option<Timestamp> {
    let sent = message.attributes()?.get(&MessageSystemAttributeName::SentTimestamp)?;
    Some(Timestamp::from_millis(sent.parse().ok()?))
}

/// A message of the queue: a record that a function set aside, the notice of an object, or S3's trial of its notices.
#[derive(Deserialize)]
struct Body {
    handler: Option<String>,
    record: Option<Value>,
    #[serde(rename = "Event")]
    event: Option<String>,
    #[serde(rename = "Records", default)]
    notices: Vec<Notice>,
}

#[derive(Deserialize)]
struct Notice {
    s3: Place,
}

#[derive(Deserialize)]
struct Place {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
}

/// What Lambda puts into the bucket.
#[derive(Deserialize)]
struct GivenUp {
    #[serde(rename = "requestContext")]
    context: RequestContext,
    payload: Value,
}

#[derive(Deserialize)]
struct RequestContext {
    #[serde(rename = "functionArn")]
    function_arn: String,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<IgnoredAny>,
}

/// What the AWS CLI says of an invocation.
#[derive(Default, Deserialize)]
struct Invocation {
    #[serde(rename = "FunctionError")]
    error: Option<String>,
}

/// What the function says.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "batchItemFailures")]
    failures: Vec<IgnoredAny>,
}

/// What a message of the queue asks for.
#[derive(Debug, PartialEq)]
enum Failure {
    /// Hand this event to this function.
    Event { function: String, event: Value },
    /// Read these objects, each a bucket and a key.
    Objects(Vec<(String, String)>),
}

/// Replays one message; answers how many records it was about.
async fn replay(cli: &AwsCli, stack: &str, body: &str) -> Result<usize> {
    let objects = match read(stack, body)? {
        Failure::Event { function, event } => return cli.hand_over(&function, &event).await,
        Failure::Objects(objects) => objects,
    };
    let mut records = 0;
    for (bucket, key) in &objects {
        let (function, event) = batch(&cli.object(bucket, key).await?).with_context(|| format!("s3://{bucket}/{key}"))?;
        records += cli.hand_over(&function, &event).await?;
    }
    Ok(records)
}

fn read(stack: &str, body: &str) -> Result<Failure> {
    let body: Body = serde_json::from_str(body).context("the message is neither a record nor a notice")?;
    if let (Some(handler), Some(record)) = (&body.handler, &body.record) {
        let function = format!("{stack}-{}", handler.replace(['.', '_'], "-"));
        return Ok(Failure::Event { function, event: json!({ "Records": [record] }) });
    }
    let is_test = body.event.as_deref() == Some("s3:TestEvent");
    ensure!(is_test || !body.notices.is_empty(), "the message has no record of a stream and names no object");
    let objects = body.notices.into_iter().map(|Notice { s3: Place { bucket, object } }| {
        let key = object.key.replace('+', " ");
        let key = percent_encoding::percent_decode_str(&key).decode_utf8().context("the object's key is not UTF-8")?;
        Ok((bucket.name, key.into_owned()))
    });
    objects.collect::<Result<_>>().map(Failure::Objects)
}

/// The function and the event of a batch that Lambda gave up.
fn batch(object: &[u8]) -> Result<(String, Value)> {
    let object: GivenUp = serde_json::from_slice(object).context("the object is no batch that Lambda gave up")?;
    let name = object.context.function_arn.split_once(":function:").and_then(|(_, name)| name.split(':').next());
    let function = name.context("the object names no function")?.to_owned();
    let event = match object.payload {
        Value::String(text) => serde_json::from_str(&text).context("the payload is not JSON")?,
        event => event,
    };
    Ok((function, event))
}

impl AwsCli {
    async fn object(&self, bucket: &str, key: &str) -> Result<Vec<u8>> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("object");
        self.run(&["s3api", "get-object", "--bucket", bucket, "--key", key], &file).await?;
        Ok(std::fs::read(&file)?)
    }

    /// Invokes a function with an event; answers how many records it took.
    async fn hand_over(&self, function: &str, event: &Value) -> Result<usize> {
        let records = Event::deserialize(event).context("the event has no records")?.records.len();
        let folder = tempfile::tempdir()?;
        let (payload, file) = (folder.path().join("event"), folder.path().join("answer"));
        std::fs::write(&payload, event.to_string())?;
        let payload = format!("fileb://{}", payload.display());
        let arguments =
            ["lambda", "invoke", "--function-name", function, "--cli-read-timeout", CLI_TIMEOUT, "--payload", &payload];
        let said = self.run(&arguments, &file).await?;
        let answer = std::fs::read_to_string(&file).unwrap_or_default();
        let invocation: Invocation = serde_json::from_str(&said).unwrap_or_default();
        if invocation.error.is_some() {
            bail!("{function} failed: {answer}");
        }
        let answer: Answer = serde_json::from_str(&answer).with_context(|| format!("{function} answered {answer:?}"))?;
        ensure!(answer.failures.is_empty(), "{function} does not take the records yet: see its log");
        Ok(records)
    }

    /// Runs a command that writes a file; answers what it says.
    async fn run(&self, arguments: &[&str], file: &Path) -> Result<String> {
        let output = Command::new(&self.program).args(arguments).arg(file).arg("--output").arg("json").output().await;
        let output = output.context("failed to start the AWS CLI (`aws`)")?;
        ensure!(output.status.success(), "the AWS CLI: {}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A CLI that has one object, writes down what it is asked for, and answers as a function that fails what is called `bad`.
    const CLI: &str = r#"#!/bin/sh
here=$(dirname "$0")
case "$1" in
  s3api) echo "get $4 $6" >> "$here/log"; cp "$here/object" "$7" ;;
  lambda)
    payload=${8#fileb://}
    echo "invoke $4 $(cat "$payload")" >> "$here/log"
    case "$(cat "$payload")" in
      *panic*) echo '{"errorMessage":"ended"}' > "$9"; echo '{"StatusCode":200,"FunctionError":"Unhandled"}' ;;
      *bad*) echo '{"batchItemFailures":[{"itemIdentifier":"1"}]}' > "$9"; echo '{"StatusCode":200}' ;;
      *) echo '{"batchItemFailures":[]}' > "$9"; echo '{"StatusCode":200}' ;;
    esac ;;
esac
"#;

    fn cli(object: &Value) -> (AwsCli, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("aws");
        fs::write(&program, CLI).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.path().join("object"), object.to_string()).unwrap();
        (AwsCli { program: program.into() }, folder)
    }

    fn given_up(payload: Value) -> Value {
        let arn = "arn:aws:lambda:eu-central-1:1:function:catena-schedules-maintain:$LATEST";
        json!({ "requestContext": { "functionArn": arn }, "version": "1.0", "payload": payload })
    }

    fn notice(key: &str) -> String {
        let object = json!({ "bucket": { "name": "b" }, "object": { "key": key } });
        json!({ "Records": [{ "eventSource": "aws:s3", "s3": object }] }).to_string()
    }

    #[tokio::test]
    async fn a_record_that_was_set_aside_goes_to_its_function() {
        let (cli, folder) = cli(&Value::Null);
        let message = json!({ "handler": "events.fan_out", "reason": "r", "record": { "eventID": "1" } });
        assert_eq!(replay(&cli, "catena", &message.to_string()).await.unwrap(), 1);
        let log = fs::read_to_string(folder.path().join("log")).unwrap();
        assert_eq!(log, "invoke catena-events-fan-out {\"Records\":[{\"eventID\":\"1\"}]}\n");
    }

    #[tokio::test]
    async fn a_batch_that_was_given_up_is_read_from_its_bucket() {
        let event = json!({ "Records": [{ "eventID": "1" }, { "eventID": "2" }] });
        for payload in [json!(event.to_string()), event.clone()] {
            let (cli, folder) = cli(&given_up(payload));
            let records = replay(&cli, "catena", &notice("aws/lambda/1%2F2+3/shard")).await.unwrap();
            let log = fs::read_to_string(folder.path().join("log")).unwrap();
            assert_eq!(records, 2);
            assert_eq!(log, format!("get b aws/lambda/1/2 3/shard\ninvoke catena-schedules-maintain {event}\n"));
        }
    }

    #[tokio::test]
    async fn what_a_function_does_not_take_stays() {
        let check = async |event: Value, expected: &str| {
            let (cli, _folder) = cli(&given_up(event));
            let error = replay(&cli, "catena", &notice("k")).await.unwrap_err();
            assert!(format!("{error:#}").contains(expected), "{error:#}");
        };
        check(json!({ "Records": ["bad"] }), "does not take the records yet").await;
        check(json!({ "Records": ["panic"] }), "catena-schedules-maintain failed: {\"errorMessage\":\"ended\"}").await;
        check(json!("cut {"), "s3://b/k: the payload is not JSON").await;
        check(Value::Null, "the event has no records").await;
    }

    #[test]
    fn messages_that_ask_for_nothing() {
        assert_eq!(read("catena", r#"{"Event":"s3:TestEvent"}"#).unwrap(), Failure::Objects(Vec::new()));
        let check = |body: &str| assert!(read("catena", body).is_err(), "{body}");
        check("{");
        check(r#"{"handler":"events.fan_out","keys":{}}"#);
        check(r#"{"Records":[{"s3":{}}]}"#);
    }
}
