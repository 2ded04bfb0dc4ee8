//! A function as Lambda runs it: a process that polls a Runtime API, here a small one on loopback.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};

/// How long a function may take to start or to respond.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// A call of the function to the Runtime API.
enum RuntimeCall {
    /// It requested an event.
    Next(Instant),
    /// It responded.
    Response(Instant, Bytes),
    /// It failed, with this message.
    Failure(String),
}

/// A started function.
pub(crate) struct Function {
    child: Child,
    started: Instant,
    calls: mpsc::UnboundedReceiver<RuntimeCall>,
    events: mpsc::UnboundedSender<Value>,
    server: tokio::task::JoinHandle<()>,
}

/// What the handlers of the Runtime API share.
#[derive(Clone)]
struct Api {
    calls: mpsc::UnboundedSender<RuntimeCall>,
    events: Arc<Mutex<mpsc::UnboundedReceiver<Value>>>,
}

impl Function {
    /// Starts a program as the function of this handler.
    pub(crate) async fn start(program: &Path, handler: &str, variables: &HashMap<String, String>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (sender, calls) = mpsc::unbounded_channel();
        let (events, queued) = mpsc::unbounded_channel();
        let api = Api { calls: sender, events: Arc::new(Mutex::new(queued)) };
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failure))
            .route("/2018-06-01/runtime/init/error", post(failure))
            .with_state(api);
        let server = tokio::spawn(async move {
            let _ended = axum::serve(listener, router).await;
        });
        let started = Instant::now();
        let child = Command::new(program)
            .env_clear()
            .envs(variables)
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", handler)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "bench")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
            .env("_HANDLER", handler)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("failed to start {}: build it first", program.display()))?;
        Ok(Self { child, started, calls, events, server })
    }

    /// The time from the start to the first request for an event.
    pub(crate) async fn init(&mut self) -> Result<Duration> {
        match self.next_call().await? {
            RuntimeCall::Next(at) => Ok(at - self.started),
            _ => bail!("the function responded before it requested an event"),
        }
    }

    /// Sends it an event; returns its response and the time that took, once it has requested the next event.
    pub(crate) async fn handle(&mut self, event: Value) -> Result<(Value, Duration)> {
        let given = Instant::now();
        self.events.send(event).ok().context("the Runtime API stopped")?;
        let RuntimeCall::Response(at, body) = self.next_call().await? else {
            bail!("the function requested an event before it responded")
        };
        self.init().await?;
        Ok((serde_json::from_slice(&body)?, at - given))
    }

    /// CPU time used so far, in milliseconds.
    pub(crate) fn cpu_ms(&self) -> Result<f64> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.pid()?))?;
        let mut nanos = 0.0;
        for thread in threads {
            let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
            nanos += text.split_whitespace().next().unwrap_or_default().parse::<f64>()?;
        }
        Ok(nanos / 1_000_000.0)
    }

    /// The most memory it has had in RAM, in MB.
    pub(crate) fn peak_rss_mb(&self) -> Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib * 1_024.0 / 1_000_000.0)
    }

    /// Ends it.
    pub(crate) async fn end(mut self) -> Result<()> {
        self.child.kill().await?;
        self.server.abort();
        Ok(())
    }

    fn pid(&self) -> Result<u32> {
        self.child.id().context("the function ended")
    }

    async fn next_call(&mut self) -> Result<RuntimeCall> {
        let call = tokio::time::timeout(RESPONSE_TIMEOUT, self.calls.recv()).await.context("the function timed out")?;
        match call.context("the Runtime API stopped")? {
            RuntimeCall::Failure(text) => bail!("the function failed: {text}"),
            other => Ok(other),
        }
    }
}

async fn next(State(api): State<Api>) -> Result<(HeaderMap, String), StatusCode> {
    let _sent = api.calls.send(RuntimeCall::Next(Instant::now()));
    let event = api.events.lock().await.recv().await.ok_or(StatusCode::GONE)?;
    Ok((headers().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?, event.to_string()))
}

fn headers() -> Result<HeaderMap> {
    let deadline = model::Timestamp::system().plus_seconds(60).millis();
    let mut headers = HeaderMap::new();
    let own = [
        ("lambda-runtime-aws-request-id", uuid::Uuid::new_v4().to_string()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:bench".to_owned()),
        ("lambda-runtime-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0".to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    for (name, value) in own {
        headers.insert(name, value.parse()?);
    }
    ensure!(headers.len() == 5, "two headers have one name");
    Ok(headers)
}

async fn response(State(api): State<Api>, body: Bytes) -> StatusCode {
    let _sent = api.calls.send(RuntimeCall::Response(Instant::now(), body));
    StatusCode::ACCEPTED
}

async fn failure(State(api): State<Api>, body: Bytes) -> StatusCode {
    let _sent = api.calls.send(RuntimeCall::Failure(String::from_utf8_lossy(&body).into_owned()));
    StatusCode::ACCEPTED
}
