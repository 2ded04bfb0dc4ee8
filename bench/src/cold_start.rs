//! `cold-start`: from the start of a function's process to its first question for an event, and to its first answer that
//! needed the store; the deployed artifacts against a hello-world function.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use bootstrap::Artifact;
use http::Method;
use serde_json::{Value, json};

use crate::Runtimes;
use crate::figures::{Figure, figure, median, millis, percentile};
use crate::lambda::Function;
use crate::rig::{Ask, Rig};

const STARTS: usize = 60;
/// Root certificates in one file, as in Lambda's image. Other systems keep each one in a file of its own too, and then all are
/// read twice.
const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A function, and an event that it reads the store for.
struct Case {
    name: &'static str,
    artifact: Artifact,
    handler: &'static str,
    event: Value,
    /// What its answer must say.
    expected: (&'static str, Value),
}

/// Milliseconds and MB, a value per start.
#[derive(Default)]
struct Samples {
    init: Vec<f64>,
    cpu: Vec<f64>,
    rss: Vec<f64>,
    answer: Vec<f64>,
}

/// The starts of one function.
#[derive(Default)]
struct Taken {
    /// Connections are opened by the first event.
    alone: Samples,
    /// Connections are opened while it starts, as deployed.
    connected: Samples,
}

pub(crate) fn run(runtimes: &Runtimes, artifacts: &Path, hello: &Path, print: &mut dyn FnMut(Figure)) -> Result<()> {
    runtimes.around.block_on(async {
        let rig = Rig::start(8).await?;
        let cases = cases(&rig).await?;
        let mut taken: Vec<Taken> = cases.iter().map(|_| Taken::default()).collect();
        let mut reference = Samples::default();
        for _ in 0..STARTS {
            start(hello, &HashMap::new(), None, &mut reference).await?;
            for (case, taken) in cases.iter().zip(&mut taken) {
                let connected = variables(&rig, case.handler);
                let mut alone = connected.clone();
                alone.insert("WARM_CONNECTIONS".into(), "off".into());
                let artifact = case.artifact.program(artifacts);
                start(&artifact, &alone, Some(case), &mut taken.alone).await?;
                start(&artifact, &connected, Some(case), &mut taken.connected).await?;
            }
        }
        report(&cases, &taken, &reference, print);
        for artifact in [Artifact::Api, Artifact::Workers] {
            print(figure(format!("{}_binary_size", artifact.name()), size_mb(&artifact.program(artifacts))?, "MB"));
        }
        print(figure("hello_world_binary_size", size_mb(hello)?, "MB"));
        rig.stop().await
    })
}

/// What the template gives a function, and its certificates.
fn variables(rig: &Rig, handler: &str) -> HashMap<String, String> {
    let mut variables = rig.variables(handler);
    if Path::new(BUNDLE).exists() {
        variables.insert("SSL_CERT_FILE".into(), BUNDLE.into());
    }
    variables
}

fn report(cases: &[Case], taken: &[Taken], reference: &Samples, print: &mut dyn FnMut(Figure)) {
    let all: Vec<f64> = taken.iter().flat_map(|taken| taken.alone.init.iter().copied()).collect();
    let cpu: Vec<f64> = taken.iter().flat_map(|taken| taken.alone.cpu.iter().copied()).collect();
    let hello = median(&reference.init);
    print(figure("init_ms_p50", median(&all), "ms"));
    print(figure("init_ms_p99", percentile(&all, 99.0), "ms"));
    print(figure("init_cpu_ms", median(&cpu), "ms"));
    print(figure("hello_world_init_ms_p50", hello, "ms"));
    print(figure("hello_world_init_ms_p99", percentile(&reference.init, 99.0), "ms"));
    print(figure("hello_world_init_cpu_ms", median(&reference.cpu), "ms"));
    print(figure("init_to_hello_world", median(&all) / hello, "x"));
    print(figure("init_cpu_to_hello_world", median(&cpu) / median(&reference.cpu), "x"));
    print(figure("hello_world_rss", median(&reference.rss), "MB"));
    for (case, taken) in cases.iter().zip(taken) {
        let (name, alone, connected) = (case.name, &taken.alone, &taken.connected);
        print(figure(format!("{name}_init_ms_p50"), median(&alone.init), "ms"));
        print(figure(format!("{name}_init_ms_p99"), percentile(&alone.init, 99.0), "ms"));
        print(figure(format!("{name}_first_answer_ms_p50"), median(&alone.answer), "ms"));
        print(figure(format!("{name}_connected_init_ms_p50"), median(&connected.init), "ms"));
        print(figure(format!("{name}_connected_init_cpu_ms"), median(&connected.cpu), "ms"));
        print(figure(format!("{name}_connected_first_answer_ms_p50"), median(&connected.answer), "ms"));
        print(figure(format!("{name}_rss"), median(&connected.rss), "MB"));
    }
}

async fn start(program: &Path, variables: &HashMap<String, String>, case: Option<&Case>, samples: &mut Samples) -> Result<()> {
    let handler = case.map_or("vehicles.list", |case| case.handler);
    let mut function = Function::start(program, handler, variables).await?;
    samples.init.push(millis(function.init().await?));
    samples.cpu.push(function.cpu_ms()?);
    if let Some(case) = case {
        let (answer, took) = function.handle(case.event.clone()).await?;
        let (pointer, expected) = &case.expected;
        ensure!(answer.pointer(pointer) == Some(expected), "{} answered {answer}", case.handler);
        samples.answer.push(millis(took));
    }
    samples.rss.push(function.peak_rss_mb()?);
    function.end().await
}

async fn cases(rig: &Rig) -> Result<Vec<Case>> {
    let fleet = rig.fleet();
    let bearer = format!("Bearer {}", fleet.token);
    let read = request(&Method::GET, "/v2/telematics/vehicles", &[("authorization", &bearer)], "");
    let invitation = json!({ "fleet_ref": "cold", "fleet_name": "Cold", "expires_in_hours": 24 });
    // Made once, so that every start refreshes it.
    rig.json("invitations.create", &Ask { token: &fleet.token, json: Some(invitation.clone()), ..Ask::default() }).await?;
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let write = request(&Method::POST, "/v2/orgs/invitations", &headers, &invitation.to_string());
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        catena::demo::CLIENT_ID,
        catena::demo::CLIENT_SECRET
    );
    let mut token = request(
        &Method::POST,
        "/realms/catena/protocol/openid-connect/token",
        &[("content-type", "application/x-www-form-urlencoded")],
        &form,
    );
    token.as_object_mut().context("an object")?.insert("pathParameters".into(), json!({ "realm": "catena" }));
    let nobody = uuid::Uuid::nil();
    Ok(vec![
        Case {
            name: "http_read",
            artifact: Artifact::Api,
            handler: "vehicles.list",
            event: read,
            expected: ("/statusCode", json!(200)),
        },
        Case {
            name: "http_write",
            artifact: Artifact::Api,
            handler: "invitations.create",
            event: write,
            expected: ("/statusCode", json!(200)),
        },
        Case {
            name: "token",
            artifact: Artifact::Api,
            handler: "auth.token",
            event: token,
            expected: ("/statusCode", json!(200)),
        },
        Case {
            name: "scheduler_worker",
            artifact: Artifact::Workers,
            handler: "executions.run",
            event: json!({ "connection_id": nobody, "schedule_id": nobody }),
            expected: ("/outcome", json!("skipped")),
        },
        Case {
            name: "stream_worker",
            artifact: Artifact::Workers,
            handler: "events.fan_out",
            event: stream_event(rig).await?,
            expected: ("/batchItemFailures", json!([])),
        },
    ])
}

/// A request as the HTTP API sends it (payload format 2.0).
fn request(method: &Method, path: &str, headers: &[(&str, &str)], body: &str) -> Value {
    let headers: serde_json::Map<String, Value> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": headers,
        "requestContext": {
            "accountId": "000000000000", "apiId": "bench", "domainName": "api.test", "domainPrefix": "api",
            "http": { "method": method.as_str(), "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench" },
            "requestId": "bench", "routeKey": "$default", "stage": "$default",
            "time": "21/Nov/2026:05:00:00 +0000", "timeEpoch": 1_795_237_200_000_i64,
        },
        "body": body, "isBase64Encoded": false,
    })
}

/// The stream's record of the fleet's new agreement.
async fn stream_event(rig: &Rig) -> Result<Value> {
    let table = &rig.context.config().control_table;
    let scanned = rig.cloud.clients.dynamodb.scan().table_name(table).send().await?;
    let is_agreement = |item: &&HashMap<String, _>| item.get("kind") == Some(&AttributeValue::S("share_agreement".into()));
    let item = scanned.items().iter().find(is_agreement).context("there is no agreement")?;
    let image = serde_json::to_value(serde_dynamo::Item::from(item.clone()))?;
    Ok(json!({ "Records": [{
        "eventID": "1", "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "us-east-1",
        "eventSourceARN": format!("arn:aws:dynamodb:us-east-1:000000000000:table/{table}/stream/1"),
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_237_200, "Keys": {}, "NewImage": image, "SequenceNumber": "1",
            "SizeBytes": 100, "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }] }))
}

fn size_mb(path: &Path) -> Result<f64> {
    let bytes = std::fs::metadata(path).with_context(|| format!("{} is not there", path.display()))?.len();
    Ok(f64::from(u32::try_from(bytes)?) / 1_000_000.0)
}
