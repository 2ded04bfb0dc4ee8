//! SQS, KMS and EventBridge Scheduler: a pinned emulator, run as a child process.
//!
//! The child keeps its state in memory, and writes it every second and when it stops cleanly. It stops when its standard input is
//! closed, so it stops cleanly even if this process is killed, and no orphan remains. If the child itself is killed, [`Watched`]
//! restarts it.

mod install;
mod record;
mod watched;

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use tokio::process::{Child, ChildStdin, Command};
use uuid::Uuid;

pub use install::VERSION;
use record::Record;
pub use watched::Watched;

/// The program that Python runs.
const LAUNCHER: &str = include_str!("launch.py");

/// How long a start may take on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a clean stop may take.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// How often the health endpoint is polled while starting.
const HEALTH_INTERVAL: Duration = Duration::from_millis(20);

/// How the emulator is started.
#[derive(Debug, Clone, Default)]
pub struct EmulatorOptions {
    /// The platform's state directory; without one the emulator keeps nothing.
    pub state: Option<PathBuf>,
    /// The port; a free one by default.
    pub port: Option<u16>,
    /// The cache directory for the virtual environment.
    pub cache: Option<PathBuf>,
}

/// A running emulator.
#[derive(Debug)]
pub struct Emulator {
    options: EmulatorOptions,
    /// Where it keeps its state: the platform's state directory, or one that goes with us.
    folder: PathBuf,
    _forgotten: Option<TempDir>,
    log: PathBuf,
    python: PathBuf,
    port: u16,
    http: reqwest::Client,
    child: Option<Child>,
    /// Held open for as long as the child is to live.
    input: Option<ChildStdin>,
    /// Whether it has run in this process: what was received before then, no one processes any more.
    has_run: bool,
    is_new: bool,
}

impl Emulator {
    /// Installs the emulator when needed, starts it, and waits until it responds.
    ///
    /// # Errors
    /// One sentence for the terminal: no Python, no network, port in use, failed start.
    pub async fn start(options: EmulatorOptions, progress: &(dyn Fn(&str) + Sync)) -> Result<Self> {
        let cache = install::cache_dir(options.cache.as_deref())?;
        let python = install::install(&cache, progress).await?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(2))
            .build()
            .context("failed to build the HTTP client")?;
        let forgotten =
            options.state.is_none().then(tempfile::tempdir).transpose().context("failed to create a temporary directory")?;
        let folder =
            options.state.clone().or_else(|| forgotten.as_ref().map(|folder| folder.path().to_owned())).unwrap_or_default();
        let is_new = !state_folder(&folder).join("kms.json").exists();
        let log = log_file(&options, &cache)?;
        let mut emulator = Self {
            options,
            folder,
            _forgotten: forgotten,
            log,
            python,
            port: 0,
            http,
            child: None,
            input: None,
            has_run: false,
            is_new,
        };
        emulator.wait_for_predecessor().await?;
        emulator.launch().await?;
        Ok(emulator)
    }

    /// Its endpoint.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Whether it started without any state of an earlier run.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Restarts it once, so that everything created so far is persisted.
    ///
    /// Keys live in the emulator's memory until a clean stop: without this, a crash of the machine during the first run
    /// would lose the keys under which credentials in the database are encrypted.
    ///
    /// # Errors
    /// When it fails to stop or start.
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
        Record::remove(&self.folder);
        if self.options.state.is_none() {
            drop(fs::remove_file(&self.log));
        }
        Ok(())
    }

    /// Waits for an earlier emulator on the same state, which stops when its parent exits, to finish writing its state.
    async fn wait_for_predecessor(&self) -> Result<()> {
        let deadline = Instant::now() + STOP_TIMEOUT;
        while record::is_in_use(&self.folder)? {
            if Instant::now() > deadline {
                let who = Record::read(&self.folder).map_or_else(String::new, |record| format!(" (process {})", record.pid));
                bail!("the AWS emulator of an earlier run{who} still uses {}: stop it first", self.folder.display());
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
        Err(last.context("failed to start the AWS emulator")?)
    }

    async fn launch_once(&mut self) -> Result<()> {
        if TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            bail!("port {} for the AWS emulator is in use: choose another one", self.port);
        }
        let mut child = self.command()?.spawn().context("failed to start the AWS emulator")?;
        self.input = child.stdin.take();
        self.child = Some(child);
        self.record()?;
        let log = self.log.display().to_string();
        self.wait_until_healthy().await.with_context(|| format!("the AWS emulator did not start; see its log {log}"))?;
        self.has_run = true;
        Ok(())
    }

    fn command(&self) -> Result<Command> {
        let output = File::options().create(true).append(true).open(&self.log);
        let output = output.with_context(|| format!("failed to open the log {}", self.log.display()))?;
        let errors = output.try_clone().context("failed to share the log")?;
        let mut command = Command::new(&self.python);
        command
            .args(["-c", LAUNCHER])
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_REGION", super::REGION)
            .env("GATEWAY_PORT", self.port.to_string())
            .env("AWS_ENDPOINT_URL", self.endpoint())
            // By default, these listen on every interface.
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0")
            .env("LOG_LEVEL", "WARNING")
            .env_remove("EDGE_PORT")
            .env_remove("USE_SSL")
            .env_remove("CATENA_CONSUMERS_ENDED")
            .env("PERSIST_STATE", "1")
            .env("STATE_DIR", state_folder(&self.folder))
            .env("CATENA_EMULATOR_LOCK", record::lock_file(&self.folder))
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .kill_on_drop(false)
            // A process group of its own: Ctrl-C reaches only this process, which stops the emulator after its users.
            .process_group(0);
        if !self.has_run {
            command.env("CATENA_CONSUMERS_ENDED", "1");
        }
        Ok(command)
    }

    fn record(&self) -> Result<()> {
        match self.child.as_ref().and_then(Child::id) {
            Some(pid) => Record { pid, port: self.port }.write(&self.folder),
            None => Ok(()),
        }
    }

    /// Returns when the child has ended, with how.
    async fn ended(&mut self) -> ExitStatus {
        match &mut self.child {
            Some(child) => child.wait().await.unwrap_or_default(),
            None => std::future::pending().await,
        }
    }

    /// Starts it once more where it listened before, with the state that it wrote down last.
    async fn revive(&mut self) -> Result<()> {
        self.child = None;
        self.input = None;
        self.options.port = Some(self.port);
        self.launch().await
    }

    async fn wait_until_healthy(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        let health = format!("{}/_localstack/health", self.endpoint());
        while Instant::now() < deadline {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten()) {
                self.child = None;
                bail!("it exited immediately ({status})");
            }
            let response = self.http.get(&health).send().await;
            if response.is_ok_and(|response| response.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(HEALTH_INTERVAL).await;
        }
        self.end().await?;
        bail!("it did not respond within {} seconds", START_TIMEOUT.as_secs())
    }

    /// Closes the child's standard input, which makes it stop cleanly, and waits.
    async fn end(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        drop(self.input.take());
        match tokio::time::timeout(STOP_TIMEOUT, child.wait()).await {
            Ok(_) => Ok(()),
            Err(_) => {
                child.kill().await.context("failed to kill the AWS emulator")?;
                bail!("the AWS emulator did not stop within {} seconds and was killed", STOP_TIMEOUT.as_secs())
            }
        }
    }
}

/// Where the emulator keeps its state within the platform's state directory.
fn state_folder(state: &Path) -> PathBuf {
    state.join("emulator")
}

fn log_file(options: &EmulatorOptions, cache: &Path) -> Result<PathBuf> {
    let (folder, name) = match &options.state {
        Some(state) => (state.clone(), "emulator.log".to_owned()),
        None => (cache.join("logs"), format!("emulator-{}.log", Uuid::now_v7())),
    };
    fs::create_dir_all(&folder).with_context(|| format!("failed to create the directory {}", folder.display()))?;
    let log = folder.join(name);
    // It holds what all starts of this run said, and nothing of earlier runs.
    drop(fs::remove_file(&log));
    Ok(log)
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr().context("failed to read the free port")?.port())
}
