//! SQS, KMS and EventBridge Scheduler: a pinned emulator, run as a child of this process.
//!
//! The child holds its state in memory and writes it when it stops cleanly. It stops when its input is closed, so it
//! ends cleanly with us even if we are killed, and no orphan is left.

mod install;
mod record;

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::process::{Child, Command};

pub use install::VERSION;
use record::Record;

/// The program that Python runs.
const LAUNCHER: &str = include_str!("launch.py");

/// How long a start may take on a busy machine.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// How long a clean stop may take.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// How often health is asked for while starting.
const HEALTH_INTERVAL: Duration = Duration::from_millis(20);

/// How the emulator is started.
#[derive(Debug, Clone, Default)]
pub struct EmulatorOptions {
    /// The platform's state directory; without one the emulator forgets everything.
    pub state: Option<PathBuf>,
    /// The port; a free one when not given.
    pub port: Option<u16>,
    /// The cache directory for the virtual environment.
    pub cache: Option<PathBuf>,
}

/// A running emulator.
#[derive(Debug)]
pub struct Emulator {
    options: EmulatorOptions,
    python: PathBuf,
    port: u16,
    http: reqwest::Client,
    child: Option<Child>,
    is_new: bool,
}

impl Emulator {
    /// Installs the emulator when needed, starts it, and waits until it answers.
    ///
    /// # Errors
    /// In one sentence for the person at the terminal: no Python, no network, port taken, no start.
    pub async fn start(options: EmulatorOptions, progress: &(dyn Fn(&str) + Sync)) -> Result<Self> {
        let cache = install::cache_dir(options.cache.as_deref())?;
        let python = install::install(&cache, progress).await?;
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build().context("no HTTP client")?;
        let is_new = options.state.as_deref().is_none_or(|state| !memory(state).join("kms.json").exists());
        let mut emulator = Self { options, python, port: 0, http, child: None, is_new };
        emulator.wait_for_predecessor().await?;
        emulator.launch().await?;
        Ok(emulator)
    }

    /// Where it answers.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Whether it started without any state of an earlier run.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Stops and starts it once, so that what has been created is on disk.
    ///
    /// Keys live in the emulator's memory until a clean stop: without this, a crash of the machine during the first run
    /// would lose the keys under which credentials in the database are encrypted.
    ///
    /// # Errors
    /// When it does not stop or start.
    pub async fn restart_to_persist(&mut self) -> Result<()> {
        self.end().await?;
        self.options.port = Some(self.port);
        self.launch().await?;
        self.is_new = false;
        Ok(())
    }

    /// Stops it cleanly, so that it writes its state.
    ///
    /// # Errors
    /// When it had to be killed.
    pub async fn stop(mut self) -> Result<()> {
        self.end().await?;
        if let Some(state) = &self.options.state {
            Record::remove(state);
        }
        Ok(())
    }

    /// An earlier emulator on the same state stops by itself when its parent is gone; its state must be whole first.
    async fn wait_for_predecessor(&self) -> Result<()> {
        let Some(state) = &self.options.state else {
            return Ok(());
        };
        let patience = Instant::now() + STOP_PATIENCE;
        while record::is_in_use(state)? {
            if Instant::now() > patience {
                let who = Record::read(state).map_or_else(String::new, |record| format!(" (process {})", record.pid));
                bail!("the AWS emulator of an earlier run{who} still uses {}: end it first", state.display());
            }
            tokio::time::sleep(HEALTH_INTERVAL).await;
        }
        Ok(())
    }

    async fn launch(&mut self) -> Result<()> {
        let attempts = if self.options.port.is_some() { 1 } else { 3 };
        let mut last = None;
        for _ in 0..attempts {
            self.port = match self.options.port {
                Some(port) => port,
                None => free_port()?,
            };
            match self.launch_once().await {
                Ok(()) => return Ok(()),
                Err(error) => last = Some(error),
            }
        }
        Err(last.context("the AWS emulator was not started")?)
    }

    async fn launch_once(&mut self) -> Result<()> {
        if TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            bail!("port {} for the AWS emulator is taken: choose another one", self.port);
        }
        let log = self.log_file()?;
        let child = self.command(&log)?.spawn().context("the AWS emulator cannot be started")?;
        self.child = Some(child);
        self.record()?;
        self.wait_until_healthy().await.with_context(|| format!("the AWS emulator did not start; its log is {}", log.display()))
    }

    fn command(&self, log: &Path) -> Result<Command> {
        let output = File::create(log).with_context(|| format!("the log {} cannot be written", log.display()))?;
        let errors = output.try_clone().context("the log cannot be shared")?;
        let mut command = Command::new(&self.python);
        command
            .args(["-c", LAUNCHER])
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_REGION", super::REGION)
            .env("GATEWAY_PORT", self.port.to_string())
            .env("AWS_ENDPOINT_URL", self.endpoint())
            // Unasked, these listen on every interface.
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0")
            .env("LOG_LEVEL", "WARNING")
            .env_remove("EDGE_PORT")
            .env_remove("USE_SSL")
            .env_remove("PERSIST_STATE")
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .kill_on_drop(false)
            // Its own group: Ctrl-C at the terminal reaches us first, and we stop it when its users have stopped.
            .process_group(0);
        if let Some(state) = &self.options.state {
            command
                .env("PERSIST_STATE", "1")
                .env("STATE_DIR", memory(state))
                .env("CATENA_EMULATOR_LOCK", record::lock_file(state));
        }
        Ok(command)
    }

    fn log_file(&self) -> Result<PathBuf> {
        let folder = match &self.options.state {
            Some(state) => state.clone(),
            None => install::cache_dir(self.options.cache.as_deref())?.join("logs"),
        };
        fs::create_dir_all(&folder).with_context(|| format!("the directory {} cannot be made", folder.display()))?;
        let name = if self.options.state.is_some() { "emulator.log".to_owned() } else { format!("emulator-{}.log", self.port) };
        Ok(folder.join(name))
    }

    fn record(&self) -> Result<()> {
        let pid = self.child.as_ref().and_then(Child::id);
        match (&self.options.state, pid) {
            (Some(state), Some(pid)) => Record { pid, port: self.port }.write(state),
            _ => Ok(()),
        }
    }

    async fn wait_until_healthy(&mut self) -> Result<()> {
        let patience = Instant::now() + START_PATIENCE;
        let health = format!("{}/_localstack/health", self.endpoint());
        while Instant::now() < patience {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten()) {
                self.child = None;
                bail!("it ended at once ({status})");
            }
            let answer = self.http.get(&health).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(HEALTH_INTERVAL).await;
        }
        self.end().await?;
        bail!("it did not answer within {} seconds", START_PATIENCE.as_secs())
    }

    /// Closes the child's input, which it takes for a request to stop cleanly, and waits.
    async fn end(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        drop(child.stdin.take());
        match tokio::time::timeout(STOP_PATIENCE, child.wait()).await {
            Ok(_) => Ok(()),
            Err(_) => {
                child.kill().await.context("the AWS emulator cannot be ended")?;
                bail!("the AWS emulator did not stop within {} seconds and was killed", STOP_PATIENCE.as_secs())
            }
        }
    }
}

/// Where the emulator keeps its state within the platform's state directory.
fn memory(state: &Path) -> PathBuf {
    state.join("emulator")
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
    Ok(listener.local_addr().context("the free port is unknown")?.port())
}
