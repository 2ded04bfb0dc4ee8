//! `catena run --as-deployed` as a child process, everything that it writes captured.

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::canaries::Written;
use crate::recorder::Recorder;

const PROGRAM: &str = env!("CARGO_BIN_EXE_catena");
pub(crate) const CONTROL_TABLE: &str = "catena-ControlTable";
const TELEMATICS_TABLE: &str = "catena-TelematicsTable";
/// The last line that the terminal tells the operator before the start.
const READY: &str = "Press Ctrl-C to stop.";
/// Everything of ours, and of libraries what is logged when deployed.
const OURS: &[&str] = &[
    "auth",
    "bootstrap",
    "catena",
    "connect",
    "delivery",
    "documentation",
    "gateway",
    "ingestion",
    "integrations",
    "model",
    "notifications",
    "orgs",
    "providers",
    "store",
    "telematics",
    "vault",
    "webhooks",
];

/// The running platform.
pub(crate) struct Running {
    child: Child,
    pub(crate) url: String,
    pub(crate) simulator: String,
    database: String,
    queues: Recorder,
    output: Arc<Mutex<String>>,
    pub(crate) answers: Mutex<String>,
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

impl Running {
    pub(crate) async fn start() -> Self {
        let database = free_port().await;
        let port = database.to_string();
        Self::run(&format!("http://127.0.0.1:{database}"), |command| command.args(["--database-port", &port])).await
    }

    /// The same over a database that runs already.
    pub(crate) async fn over(database: &str) -> Self {
        Self::run(database, |command| command.env("AWS_ENDPOINT_URL_DYNAMODB", database)).await
    }

    async fn run(database: &str, with: impl FnOnce(&mut Command) -> &mut Command) -> Self {
        let (emulator, simulator) = (free_port().await, free_port().await);
        let queues = Recorder::start(emulator).await;
        let filter = OURS.iter().fold(gateway::telemetry::FILTER.to_owned(), |filter, ours| format!("{filter},{ours}=trace"));
        let mut command = Command::new(PROGRAM);
        command
            .args(["run", "--as-deployed", "--port", "0", "--receiver-port", "0"])
            .args(["--simulator-port", &simulator.to_string()])
            .args(["--emulator-port", &emulator.to_string(), "--vehicles", "4"])
            .env("AWS_ENDPOINT_URL_SQS", &queues.url)
            .env("RUST_LOG", format!("{filter},dynoxide=error"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = with(&mut command).spawn().unwrap();
        let output = Arc::new(Mutex::new(String::new()));
        tokio::spawn(copy(child.stdout.take().unwrap(), Arc::clone(&output)));
        tokio::spawn(copy(child.stderr.take().unwrap(), Arc::clone(&output)));
        let mut running = Self {
            child,
            url: String::new(),
            simulator: format!("http://127.0.0.1:{simulator}"),
            database: database.to_owned(),
            queues,
            output,
            answers: Mutex::default(),
        };
        running.until("the instructions", |output| output.contains(READY)).await;
        let output = running.output();
        let line = output.lines().find_map(|line| line.trim().strip_prefix("API and Connect at ")).unwrap();
        line.clone_into(&mut running.url);
        running
    }

    pub(crate) fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// Waits until the output is as wanted.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        let started = Instant::now();
        while !wanted(&self.output()) {
            assert!(started.elapsed() < Duration::from_secs(90), "{what} did not come:\n{}", self.output());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Runs `catena admin`; its output and error.
    pub(crate) async fn admin(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new(PROGRAM);
        command.arg("admin").args(arguments).args(["--control-table", CONTROL_TABLE, "--json"]);
        command.env("AWS_ENDPOINT_URL_DYNAMODB", &self.database).env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        let done = command.output().await.unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        (done.status.success(), text)
    }

    /// Stops it as Ctrl-C would, and hands over what was written.
    pub(crate) async fn stop(mut self) -> Written {
        let tables = self.tables().await;
        let child = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-INT", &child]).status().await.unwrap().success());
        let ended = tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await.unwrap().unwrap();
        assert!(ended.success(), "{}", self.output());
        let output = self.output();
        let (before, after) = output.split_once(READY).unwrap();
        let logs: Vec<&str> = before.lines().filter(|line| line.starts_with('{')).chain(after.lines()).collect();
        Written { logs: logs.join("\n"), queues: self.queues.seen(), tables, answers: self.answers.lock().unwrap().clone() }
    }

    /// All items, as text; binary attributes too, as far as they are text.
    async fn tables(&self) -> String {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(&self.database)
            .build();
        let client = aws_sdk_dynamodb::Client::from_conf(config);
        let mut text = String::new();
        for table in [CONTROL_TABLE, TELEMATICS_TABLE] {
            let mut start = None;
            loop {
                let page = client.scan().table_name(table).set_exclusive_start_key(start).send().await.unwrap();
                for value in page.items().iter().flat_map(std::collections::HashMap::values) {
                    match value.as_b() {
                        Ok(bytes) => text.push_str(&String::from_utf8_lossy(bytes.as_ref())),
                        Err(_) => text.push_str(&format!("{value:?}")),
                    }
                    text.push('\n');
                }
                start = page.last_evaluated_key;
                if start.is_none() {
                    break;
                }
            }
        }
        text
    }
}

async fn copy(from: impl AsyncRead + Unpin, to: Arc<Mutex<String>>) {
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut output = to.lock().unwrap();
        output.push_str(&line);
        output.push('\n');
    }
}
