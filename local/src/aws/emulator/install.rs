//! The emulator's private virtual environment.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Output;

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

/// The pinned emulator.
pub const VERSION: &str = "1.5.33";

/// The packages to install: the emulator, and the library that its KMS needs.
const PACKAGES: [&str; 2] = ["ministack==1.5.33", "cryptography>=42"];

/// Written last: an environment without it is incomplete.
const MARKER: &str = "complete";

/// The cache directory: `$CATENA_CACHE`, else `catena` in the user's cache directory.
///
/// # Errors
/// When no home directory is known.
pub(super) fn cache_dir(given: Option<&Path>) -> Result<PathBuf> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    given
        .map(Path::to_owned)
        .or_else(|| variable("CATENA_CACHE"))
        .or_else(|| variable("XDG_CACHE_HOME").map(|folder| folder.join("catena")))
        .or_else(|| variable("HOME").map(|folder| folder.join(".cache/catena")))
        .context("no home directory found: set CATENA_CACHE to a directory for the emulator")
}

/// Creates the environment unless it exists, and returns its Python.
///
/// # Errors
/// When Python 3 is missing or pip cannot install the emulator; the text says what to do.
pub(super) async fn install(cache: &Path, progress: &(dyn Fn(&str) + Sync)) -> Result<PathBuf> {
    let home = cache.join(format!("emulator-{VERSION}"));
    let python = home.join("bin/python");
    let is_complete = || home.join(MARKER).exists() && python.exists();
    if is_complete() {
        return Ok(python);
    }
    fs::create_dir_all(cache).with_context(|| format!("failed to create the directory {}", cache.display()))?;
    let lock = fs::File::create(cache.join("emulator.lock")).context("failed to create the emulator's lock file")?;
    // If two first starts run concurrently, the second waits for the first and then finds the marker.
    let lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock))
        .await
        .context("failed to wait for the emulator's lock")?;
    if !is_complete() {
        create(&home, &python, progress).await?;
    }
    drop(lock);
    Ok(python)
}

async fn create(home: &Path, python: &Path, progress: &(dyn Fn(&str) + Sync)) -> Result<()> {
    progress(&format!("installing the AWS emulator (ministack {VERSION}) into {}; this happens once", home.display()));
    if home.exists() {
        fs::remove_dir_all(home).with_context(|| format!("failed to remove the incomplete {}", home.display()))?;
    }
    let created = run(Command::new("python3").args(["-m", "venv"]).arg(home)).await;
    check_venv(created)?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--retries", "2"]).args(PACKAGES);
    let installed = run(&mut pip).await.context("failed to start pip")?;
    if !installed.status.success() {
        bail!(
            "failed to install the AWS emulator (is the network available?): {}; fix that, or set AWS_ENDPOINT_URL to another emulator",
            last_line(&installed)
        );
    }
    fs::write(home.join(MARKER), VERSION).context("failed to write the emulator's marker file")
}

fn check_venv(created: std::io::Result<Output>) -> Result<()> {
    match created {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => bail!(
            "Python 3 failed to create a virtual environment ({}): install its venv module (on Debian: python3-venv), or set AWS_ENDPOINT_URL",
            last_line(&output)
        ),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("the AWS emulator needs Python 3, which was not found: install python3 (with venv), or set AWS_ENDPOINT_URL")
        }
        Err(error) => Err(error).context("failed to start python3"),
    }
}

async fn run(command: &mut Command) -> std::io::Result<Output> {
    command.stdin(std::process::Stdio::null()).kill_on_drop(true).output().await
}

fn last_line(output: &Output) -> String {
    let text = [String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout)].concat();
    let error = text.lines().find(|line| line.starts_with("ERROR"));
    error.or_else(|| text.lines().rev().find(|line| !line.trim().is_empty())).unwrap_or("no reason given").trim().to_owned()
}
