//! One sandbox: an artifact as a process behind a Runtime API of its own, with Lambda's environment and no other.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bootstrap::Artifact;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use crate::runtime_api::{Invocation, Reported, RuntimeApi, after};

/// Lambda's own limit for a start.
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// A function as Lambda knows it.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) handler: String,
    pub(crate) timeout: Duration,
    pub(crate) environment: HashMap<String, String>,
}

/// How an invocation ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It was answered.
    Answered(Value),
    /// It failed, and the sandbox goes on.
    Failed(Value),
    /// Its deadline passed: Lambda ends the sandbox.
    TimedOut,
    /// The process ended.
    Exited,
}

/// Why there is no sandbox.
#[derive(Debug)]
pub(crate) struct NoStart {
    /// The error that the process reported to Lambda, if any.
    pub(crate) init_error: Option<Value>,
    /// Its exit code.
    pub(crate) exit_code: Option<i32>,
    /// What it wrote.
    pub(crate) log: String,
}

/// A started sandbox.
pub(crate) struct Sandbox {
    /// From the start of the process to its first question for an event.
    pub(crate) init: Duration,
    function: Function,
    child: Child,
    api: RuntimeApi,
    log: Log,
}

/// The lines that the process wrote.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

/// The program of a function: in the folder that `CATENA_ARTIFACTS` names, else the one that cargo built for this test.
fn program(handler: &str) -> PathBuf {
    let artifact = Artifact::of(handler);
    let built = match artifact {
        Artifact::Api => env!("CARGO_BIN_EXE_api"),
        Artifact::Workers => env!("CARGO_BIN_EXE_workers"),
        Artifact::Documentation => env!("CARGO_BIN_EXE_documentation"),
    };
    std::env::var_os("CATENA_ARTIFACTS").map_or_else(|| built.into(), |folder| artifact.program(Path::new(&folder)))
}

impl Function {
    fn arn(&self) -> String {
        format!("arn:aws:lambda:us-east-1:000000000000:function:{}", self.name())
    }

    fn name(&self) -> String {
        format!("catena-{}", self.handler.replace(['.', '_'], "-"))
    }

    /// What Lambda sets beside the template's variables.
    fn reserved(&self, runtime_api: &str) -> Vec<(&'static str, String)> {
        vec![
            ("_HANDLER", self.handler.clone()),
            ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_owned()),
            ("AWS_LAMBDA_FUNCTION_NAME", self.name()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".into()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512".into()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".into()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", self.name())),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/21/[$LATEST]0123456789abcdef".into()),
            ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023".into()),
            ("AWS_REGION", "us-east-1".into()),
            ("AWS_DEFAULT_REGION", "us-east-1".into()),
            ("AWS_ACCESS_KEY_ID", "test".into()),
            ("AWS_SECRET_ACCESS_KEY", "test".into()),
            ("AWS_SESSION_TOKEN", "test".into()),
            ("LAMBDA_TASK_ROOT", "/var/task".into()),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime".into()),
            ("LANG", "en_US.UTF-8".into()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin".into()),
            ("TZ", ":UTC".into()),
        ]
    }
}

impl Sandbox {
    /// Starts its program, and waits until it requests an event.
    pub(crate) async fn start(function: &Function) -> Result<Self, NoStart> {
        let mut api = RuntimeApi::serve().await;
        let started = Instant::now();
        let program = program(&function.handler);
        let mut child = Command::new(&program)
            .env_clear()
            .envs(&function.environment)
            .envs(function.reserved(&api.address))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", program.display()));
        let log = Log::default();
        let readers = [log.follow(child.stdout.take().unwrap()), log.follow(child.stderr.take().unwrap())];
        let reported = tokio::time::timeout(INIT_LIMIT, api.reported.recv()).await;
        if let Ok(Some(Reported::Next)) = reported {
            return Ok(Self { init: started.elapsed(), function: function.clone(), child, api, log });
        }
        let init_error = match reported {
            Ok(Some(Reported::InitError(error))) => Some(error),
            _ => None,
        };
        let ended = tokio::time::timeout(INIT_LIMIT, child.wait()).await;
        for reader in readers {
            let _cut = tokio::time::timeout(Duration::from_secs(1), reader).await;
        }
        Err(NoStart { init_error, exit_code: ended.ok().and_then(|status| status.unwrap().code()), log: log.text() })
    }

    /// Invokes with the function's own time limit.
    pub(crate) async fn invoke(&mut self, event: Value) -> Outcome {
        self.invoke_within(event, self.function.timeout).await
    }

    /// Invokes with this time limit; past it the process is ended, as Lambda does.
    pub(crate) async fn invoke_within(&mut self, event: Value, limit: Duration) -> Outcome {
        let id = uuid::Uuid::new_v4().to_string();
        let invocation = Invocation { id: id.clone(), arn: self.function.arn(), deadline: after(limit), event };
        if self.api.queue.send(invocation).await.is_err() {
            return Outcome::Exited;
        }
        let deadline = tokio::time::Instant::now() + limit;
        loop {
            tokio::select! {
                reported = self.api.reported.recv() => match reported {
                    Some(Reported::Response(of, answer)) if of == id => return Outcome::Answered(answer),
                    Some(Reported::Error(of, error)) if of == id => return Outcome::Failed(error),
                    Some(Reported::Next) => {}
                    other => panic!("{} reported {other:?} out of turn", self.function.handler),
                },
                _ = self.child.wait() => return Outcome::Exited,
                () = tokio::time::sleep_until(deadline) => {
                    self.child.kill().await.unwrap();
                    return Outcome::TimedOut;
                }
            }
        }
    }

    /// What the process wrote so far.
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }
}

impl Log {
    fn follow(&self, stream: impl AsyncRead + Unpin + Send + 'static) -> tokio::task::JoinHandle<()> {
        let lines = Arc::clone(&self.0);
        tokio::spawn(async move {
            let mut reader = BufReader::new(stream).lines();
            while let Ok(Some(line)) = reader.next_line().await {
                lines.lock().unwrap().push(line);
            }
        })
    }

    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}
