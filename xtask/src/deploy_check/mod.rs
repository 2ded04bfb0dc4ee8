//! `cargo xtask deploy-check`: the template deployed by CloudFormation to a fresh emulator, with the real artifacts, and a
//! check of the main workflow there: the emulator's API endpoint, authorizer, queues, streams and schedules.

mod front;

use std::collections::{BTreeSet, HashMap};
use std::env::consts::ARCH;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use bootstrap::Artifact;
use catena::aws::emulator::{Emulator, EmulatorOptions};
use catena::aws::{Clients, Endpoints, Foreign};
use catena::check::{self, Target, Timers, Walk};
use catena::demo;
use clap::Args;
use gateway::{Aws, Config, Context};
use model::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::build::{self, Arch};
use crate::files::root;
use crate::prune;
use crate::tools::SAM;
use front::Front;

/// Options of `cargo xtask deploy-check`.
#[derive(Args)]
pub struct Options {
    /// The folder of the artifacts to deploy; built for this machine's processor by default.
    #[arg(long)]
    artifacts: Option<PathBuf>,
    /// Also wait for the Scheduler to fire.
    #[arg(long)]
    tick: bool,
    /// Break the template in several ways, one at a time, and verify that each is detected.
    #[arg(long)]
    broken: bool,
}

/// The stack's name.
const STACK: &str = "catena";

/// A deliberate error in a template.
struct Break {
    what: &'static str,
    path: &'static str,
    from: &'static str,
    to: &'static str,
}

const BREAKS: &[Break] = &[
    Break {
        what: "a route",
        path: "infra/stacks/api.yaml",
        from: "POST /v2/orgs/invitations\"",
        to: "POST /v2/orgs/invitation\"",
    },
    Break { what: "a handler's name", path: "infra/stacks/orgs.yaml", from: "\"fleets.list\"", to: "\"fleets.all\"" },
    Break {
        what: "a permission's table",
        path: "template.yaml",
        from: "\"ControlTableArn\": {\"Fn::GetAtt\": [\"ControlTable\", \"Arn\"]}",
        to: "\"ControlTableArn\": \"arn:aws:dynamodb:us-east-1:000000000000:table/other\"",
    },
    Break {
        what: "an environment variable",
        path: "infra/stacks/telematics.yaml",
        from: "\"TELEMATICS_TABLE\"",
        to: "\"TELEMATICS_TABEL\"",
    },
    Break {
        what: "an event source",
        path: "infra/stacks/delivery.yaml",
        from: "\"Stream\": {\"Ref\": \"TelematicsTableStream\"}",
        to: "\"Stream\": {\"Ref\": \"ControlTableStream\"}",
    },
    Break {
        what: "a stream's filter",
        path: "infra/stacks/delivery.yaml",
        from: "\\\"execution_id\\\"",
        to: "\\\"execution_no\\\"",
    },
    Break { what: "where DNS is to point", path: "template.yaml", from: "\"DomainTarget\": {", to: "\"DomainTargets\": {" },
];

/// Deploys the template and checks the main workflow.
///
/// # Errors
/// When the deployment or a step of the check fails; with `--broken`, when an error is not detected.
pub(crate) fn command(options: &Options) -> Result<()> {
    let artifacts = match &options.artifacts {
        Some(folder) => folder.clone(),
        None => build::artifacts(Arch::native().context("Lambda does not offer this machine's processor")?)?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if !options.broken {
        return runtime.block_on(deploy_and_walk(&artifacts, options.tick, None));
    }
    // The unbroken template must pass first.
    runtime.block_on(deploy_and_walk(&artifacts, false, None))?;
    for broken in BREAKS {
        println!("== broken: {}", broken.what);
        match runtime.block_on(deploy_and_walk(&artifacts, false, Some(broken))) {
            Ok(()) => bail!("{} was broken and not detected", broken.what),
            Err(error) => println!("detected: {error:#}"),
        }
    }
    Ok(())
}

/// The result of the deployment.
#[derive(Deserialize)]
struct Deployed {
    left_out: Vec<String>,
    api: String,
    handlers: Vec<String>,
    routes: Vec<String>,
    environment: HashMap<String, String>,
}

async fn deploy_and_walk(artifacts: &Path, tick: bool, broken: Option<&Break>) -> Result<()> {
    let started = Instant::now();
    let emulator = Emulator::start(EmulatorOptions { state: None, port: None, cache: None }, &|step| println!("{step}")).await?;
    let walked = async {
        let front = Front::bind().await?;
        let url = front.url.clone();
        let deployed = deploy(artifacts, &emulator.endpoint(), &url, broken)?;
        println!("deployed after {:.1} s", started.elapsed().as_secs_f64());
        println!("replaced: the domain, by a forwarder at {url}");
        deployed.left_out.iter().for_each(|line| println!("replaced: {line}"));
        check_tables(&deployed)?;
        let served = front.lead_to(format!("{}/_aws/execute-api/{}/$default", emulator.endpoint(), deployed.api))?;
        let outcome = walk(&emulator.endpoint(), &url, deployed.environment, tick).await;
        served.abort();
        outcome?;
        check_prune(&emulator.endpoint())
    };
    let outcome = walked.await;
    emulator.stop().await?;
    outcome
}

/// Checks that exactly the handlers and routes of the tables were deployed.
fn check_tables(deployed: &Deployed) -> Result<()> {
    let endpoints = bootstrap::endpoints();
    let workers = bootstrap::workers();
    let handlers = endpoints.iter().map(|row| row.handler).chain(workers.iter().map(|row| row.handler));
    same("function", handlers.map(String::from).collect(), &deployed.handlers)?;
    same("route", endpoints.iter().flat_map(gateway::Endpoint::route_keys).collect(), &deployed.routes)
}

fn same(what: &str, wanted: BTreeSet<String>, made: &[String]) -> Result<()> {
    let made: BTreeSet<String> = made.iter().cloned().collect();
    if let Some(missing) = wanted.difference(&made).next() {
        bail!("the {what} {missing} was not deployed");
    }
    made.difference(&wanted).next().map_or(Ok(()), |unknown| bail!("the {what} {unknown} is not in the tables"))
}

fn deploy(artifacts: &Path, endpoint: &str, url: &str, broken: Option<&Break>) -> Result<Deployed> {
    let edits: Vec<Value> =
        broken.iter().map(|broken| json!({ "path": broken.path, "from": broken.from, "to": broken.to })).collect();
    let parameters = json!({
        "Stage": "check", "AllowedAddresses": "127.0.0.0/8,::1/128", "DeletionProtection": "false",
        "DomainName": "api.check.example", "CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/check",
    });
    let programs: HashMap<&str, PathBuf> =
        Artifact::ALL.into_iter().map(|artifact| (artifact.name(), artifact.program(artifacts))).collect();
    let architecture = if ARCH == "aarch64" { "arm64" } else { ARCH };
    let job = json!({
        "root": root(), "endpoint": endpoint, "artifacts": programs, "architecture": architecture, "stack": STACK,
        "parameters": parameters, "public_url": url, "edits": edits,
    });
    // The SAM CLI's environment holds the translator that it renders with.
    let python = SAM.program()?.with_file_name("python");
    let script = root().join("xtask/src/deploy_check/deploy.py");
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().context("the deployment has no standard input")?.write_all(job.to_string().as_bytes())?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    // SAM's translator keeps warning that its metrics are not collected.
    let said: Vec<&str> = said.lines().filter(|line| !line.contains("unpublished metrics")).collect();
    ensure!(output.status.success(), "{}", said.join("\n"));
    serde_json::from_slice(&output.stdout).context("malformed output of the deployment")
}

/// Deletes the one version that is too old: of five, the alias is on the second, and the last three stay.
fn check_prune(endpoint: &str) -> Result<()> {
    let variables = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", "000000000000"),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ];
    let environment = variables.map(|(name, value)| (name, value.to_owned()));
    let old = prune::find(STACK, &environment)?;
    let named: Vec<String> = old.iter().map(ToString::to_string).collect();
    ensure!(named == [format!("{STACK}-fleets-list:1")], "too old are {named:?}");
    prune::delete(&old, &environment)?;
    ensure!(prune::find(STACK, &environment)?.is_empty(), "an old version is still there");
    println!("pruned {}", named.join(", "));
    Ok(())
}

async fn walk(endpoint: &str, url: &str, environment: HashMap<String, String>, tick: bool) -> Result<()> {
    let at = || endpoint.to_owned();
    let endpoints = Endpoints { dynamodb: at(), sqs: at(), kms: at(), scheduler: at() };
    let clients = Clients::build(&endpoints, Foreign::No).await;
    let aws = Aws::from(clients.shared.to_builder().endpoint_url(endpoint).build());
    let context = Context::new(Config::from_variables(|name| environment.get(name).cloned()), aws, Timestamp::system);
    let simulator = simulator::bind(simulator::Options::default(), ([127, 0, 0, 1], 0).into()).await?;
    demo::create_demo(&context, url, simulator.providers(), "http://127.0.0.1:9").await?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let simulated = tokio::spawn(simulator.run(async move {
        let _ended = stopped.await;
    }));
    let group = environment.get("SCHEDULE_GROUP").context("the functions have no SCHEDULE_GROUP")?;
    let target = Target::running(url, None, None)?.with_timers(Timers::new(clients.scheduler.clone(), group.clone()));
    let report = check::walk(&target, Walk { tick, quiet: false }).await;
    let _gone = stop.send(());
    simulated.await??;
    ensure!(report.passed(), "checks of the deployed platform failed");
    Ok(())
}
