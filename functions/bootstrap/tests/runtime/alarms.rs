//! What rings: each cause is made, and the alarm of the template is held against the metrics that the function wrote.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use serde_yaml_ng::Value as Yaml;
use uuid::Uuid;

use crate::events;
use crate::front;
use crate::sandbox::{Outcome, Sandbox};
use crate::tour::{self, Visitor};
use crate::world::{Triggers, World};

/// An alarm over one metric of the platform.
struct Alarm {
    metric: String,
    /// Names and values; what the template leaves to a parameter is empty.
    dimensions: Vec<(String, String)>,
    statistic: String,
    threshold: f64,
}

impl Alarm {
    /// The alarm of a template in `infra/stacks`, or of the root.
    fn of(stack: &str, id: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let path = if stack == "root" { root.join("template.yaml") } else { root.join(format!("infra/stacks/{stack}.yaml")) };
        let template: Yaml = serde_yaml_ng::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let alarm = &template["Resources"][id]["Properties"];
        assert_eq!(alarm["Namespace"].as_str(), Some("Catena"), "{id} of {stack}");
        let dimensions = alarm["Dimensions"].as_sequence().unwrap().iter();
        let text = |value: &Yaml| match value {
            Yaml::String(text) => text.clone(),
            _ => String::new(),
        };
        Self {
            metric: text(&alarm["MetricName"]),
            dimensions: dimensions.map(|one| (text(&one["Name"]), text(&one["Value"]))).collect(),
            statistic: text(&alarm["Statistic"]),
            threshold: alarm["Threshold"].as_f64().unwrap(),
        }
    }

    /// The values of its metric among the lines that a function wrote.
    fn values(&self, log: &str) -> Vec<f64> {
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let own = lines
            .filter(|line| !line["_aws"].is_null() && self.dimensions.iter().all(|(name, value)| self.is(line, name, value)));
        own.flat_map(|line| numbers(&line[&self.metric])).collect()
    }

    fn is(&self, line: &Value, name: &str, value: &str) -> bool {
        let declared = line["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0].as_array().map_or(0, Vec::len);
        let written = line[name].as_str();
        declared == self.dimensions.len() && written.is_some_and(|written| value.is_empty() || value == written)
    }

    /// The lines of a sandbox, once it has written so many values: its output is read beside the test.
    async fn log(&self, sandbox: &Sandbox, values: usize) -> String {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let log = sandbox.log().text();
            if self.values(&log).len() >= values || Instant::now() > deadline {
                return log;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Whether one period with these lines is above the threshold.
    fn is_breached(&self, log: &str) -> bool {
        let values = self.values(log);
        assert!(!values.is_empty(), "{} was not written: {log}", self.metric);
        let count = u32::try_from(values.len()).unwrap();
        let statistic = match self.statistic.as_str() {
            "Average" => values.iter().sum::<f64>() / f64::from(count),
            "Sum" => values.iter().sum(),
            "Maximum" => values.iter().copied().fold(f64::MIN, f64::max),
            other => panic!("{other}"),
        };
        statistic > self.threshold
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        other => other.as_f64().into_iter().collect(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_cause_reaches_the_metric_of_its_alarm() {
    let world = World::start(Triggers::Off).await;
    requests_that_fail(&world).await;
    a_function_that_cannot_start(&world).await;
    events_that_fail(&world).await;
    executions_that_fail(&world).await;
    secrets_that_are_guessed(&world).await;
    world.stop().await;
}

/// A function whose store does not answer, which answers everybody with 503.
async fn requests_that_fail(world: &World) {
    let [failures, in_a_row] = ["FailuresAlarm", "FailuresInARowAlarm"].map(|id| Alarm::of("orgs", id));
    let mut function = world.lambda.function("tsps.list").clone();
    let request = || {
        let (parts, ()) = http::Request::get("/v2/orgs/tsps").header("host", "api.example.com").body(()).unwrap().into_parts();
        events::http(&parts, b"", "GET /v2/orgs/tsps", &[].into())
    };
    let mut whole = Sandbox::start(&function).await.unwrap();
    let Outcome::Answered(answer) = whole.invoke(request()).await else { panic!("it ended") };
    assert_eq!(front::response(&answer).status(), 200, "{answer}");
    assert!(!failures.is_breached(&failures.log(&whole, 1).await));

    function.environment.insert("WARM_CONNECTIONS".into(), "off".into());
    function.environment.insert("AWS_ENDPOINT_URL_DYNAMODB".into(), "http://127.0.0.1:9".into());
    let mut broken = Sandbox::start(&function).await.unwrap();
    for _ in 0..5 {
        let Outcome::Answered(answer) = broken.invoke(request()).await else { panic!("it ended") };
        assert_eq!(front::response(&answer).status(), 503, "{answer}");
    }
    let log = in_a_row.log(&broken, 5).await;
    assert!(failures.is_breached(&log) && in_a_row.is_breached(&log), "{log}");
    assert_eq!(in_a_row.values(&log), [1.0, 2.0, 3.0, 4.0, 5.0]);
}

/// A canary that never starts answers nothing; what it wrote before it ended is what there is.
async fn a_function_that_cannot_start(world: &World) {
    let mut function = world.lambda.function("tsps.list").clone();
    function.handler = "tsps.lost".into();
    let Err(no_start) = Sandbox::start(&function).await else { panic!("it started") };
    for id in ["FailuresAlarm", "FailuresInARowAlarm"] {
        assert!(Alarm::of("orgs", id).is_breached(&no_start.log), "{id}");
    }
}

/// A message of a batch, and a record that holds up its stream.
async fn events_that_fail(world: &World) {
    let run = json!({ "connection_id": Uuid::now_v7(), "schedule_id": Uuid::now_v7(), "reason": "activated" }).to_string();
    let alarm = Alarm::of("ingestion", "ExecutionsResumeAlarm");
    let mut sandbox = Sandbox::start(world.lambda.function("executions.resume")).await.unwrap();
    let (_, good) = events::queue("ExecutionsQueue", std::slice::from_ref(&run));
    let _answered = sandbox.invoke(good).await;
    assert!(!alarm.is_breached(&alarm.log(&sandbox, 1).await));
    let (_, bad) = events::queue("ExecutionsQueue", &[run, "{\"cut\": ".into()]);
    let _answered = sandbox.invoke(bad).await;
    let log = alarm.log(&sandbox, 2).await;
    assert_eq!(alarm.values(&log), [0.0, 50.0]);
    assert!(alarm.is_breached(&log));
}

/// Somebody who guesses a client's secret, from one network and from many.
async fn secrets_that_are_guessed(world: &World) {
    const PATH: &str = "/realms/catena/protocol/openid-connect/token";
    let [stopped, wrong] = ["SecretsStoppedAlarm", "WrongSecretsAlarm"].map(|id| Alarm::of("root", id));
    let guess = |secret: &str, network: &str| {
        let request = http::Request::post(PATH).header("host", "api.example.com");
        let (parts, ()) = request.header("content-type", "application/x-www-form-urlencoded").body(()).unwrap().into_parts();
        let body = format!("grant_type=client_credentials&client_id=demo&client_secret={secret}");
        let path = [("realm".to_owned(), "catena".to_owned())].into();
        let mut event = events::http(&parts, body.as_bytes(), "POST /realms/{realm}/protocol/openid-connect/token", &path);
        event["requestContext"]["http"]["sourceIp"] = json!(network);
        event
    };
    let mut sandboxes = Vec::new();
    for _ in 0..2 {
        sandboxes.push(Sandbox::start(world.lambda.function("auth.token")).await.unwrap());
    }
    let mut status = async |sandbox: usize, event: Value| {
        let Outcome::Answered(answer) = sandboxes[sandbox].invoke(event).await else { panic!("it ended") };
        front::response(&answer).status().as_u16()
    };
    for number in 0..5 {
        assert_eq!(status(number % 2, guess(&format!("one-{number}"), "192.0.2.1")).await, 401);
    }
    for number in 0..21 {
        // Neither sandbox has seen enough to stop it by itself.
        assert_eq!(status(number % 2, guess("one-more", "192.0.2.1")).await, 429);
    }
    assert_eq!(status(0, guess("local-demo-secret", "192.0.2.1")).await, 429);
    assert_eq!(status(0, guess("local-demo-secret", "192.0.2.2")).await, 200);
    let log = stopped.log(&sandboxes[0], 12).await + &stopped.log(&sandboxes[1], 10).await;
    assert!(stopped.is_breached(&log) && !wrong.is_breached(&log), "{log}");

    let mut from_many = Sandbox::start(world.lambda.function("auth.token")).await.unwrap();
    for number in 0..301 {
        let event = guess(&format!("many-{number}"), &format!("198.51.{}.{}", number / 200, number % 200));
        let Outcome::Answered(answer) = from_many.invoke(event).await else { panic!("it ended") };
        assert_eq!(front::response(&answer).status(), 401, "{answer}");
    }
    let log = wrong.log(&from_many, 301).await;
    assert!(wrong.is_breached(&log), "{}", wrong.values(&log).len());
    assert!(!log.contains("many-7") && !log.contains("198.51"), "neither secrets nor addresses are logged");
}

/// A provider that is down.
async fn executions_that_fail(world: &World) {
    let alarm = Alarm::of("root", "ProviderFailuresAlarm");
    let mut visitor = Visitor::new(&world.url);
    visitor.know("tsp_token", &world.tsp_tokens[0]);
    visitor.all(tour::tokens()).await;
    visitor.all(tour::linked()).await;
    let firing = |schedule: &str| {
        json!({
            "connection_id": visitor.knows("connection"),
            "schedule_id": visitor.knows(schedule),
            "scheduled_for": "2026-11-21T08:00:00Z",
        })
    };
    let mut sandbox = Sandbox::start(world.lambda.function("executions.run")).await.unwrap();
    assert_eq!(sandbox.invoke(firing("schedule")).await, Outcome::Answered(json!({ "outcome": "success" })));
    assert!(!alarm.is_breached(&alarm.log(&sandbox, 1).await));
    world.fault(json!({ "server_error_next": 1_000 })).await;
    assert_eq!(sandbox.invoke(firing("other")).await, Outcome::Answered(json!({ "outcome": "failed" })));
    assert!(alarm.is_breached(&alarm.log(&sandbox, 2).await));
}
