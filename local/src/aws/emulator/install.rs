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

/// What pip installs: the emulator, and what its KMS needs to encrypt and sign.
const PACKAGES: [&str; 2] = ["ministack==1.5.33", "cryptography>=42"];

/// Written last: an environment without it is half-made.
const MARKER: &str = "complete";

/// Where the environment belongs: `$CATENA_CACHE`, else `catena` in the user's cache directory.
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
        .context("there is no home directory for the emulator: set CATENA_CACHE to a directory")
}

/// Makes the environment unless it is there, and gives its Python.
///
/// # Errors
/// When Python 3 is missing or pip cannot install the emulator; the text says what to do.
pub(super) async fn install(cache: &Path, progress: &(dyn Fn(&str) + Sync)) -> Result<PathBuf> {
    let home = cache.join(format!("emulator-{VERSION}"));
    let python = home.join("bin/python");
    let is_whole = || home.join(MARKER).exists() && python.exists();
    if is_whole() {
        return Ok(python);
    }
    fs::create_dir_all(cache).with_context(|| format!("the directory {} cannot be made", cache.display()))?;
    let lock = fs::File::create(cache.join("emulator.lock")).context("the emulator's lock file cannot be written")?;
    // Two first starts at once: the second one waits for the first and then finds the marker.
    let lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock))
        .await
        .context("waiting for the emulator's lock failed")?;
    if !is_whole() {
        make(&home, &python, progress).await?;
    }
    drop(lock);
    Ok(python)
}

async fn make(home: &Path, python: &Path, progress: &(dyn Fn(&str) + Sync)) -> Result<()> {
    progress(&format!("installing the AWS emulator (ministack {VERSION}) into {}; this happens once", home.display()));
    if home.exists() {
        fs::remove_dir_all(home).with_context(|| format!("the half-made {} cannot be removed", home.display()))?;
    }
    let made = run(Command::new("python3").args(["-m", "venv"]).arg(home)).await;
    check_venv(made)?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--retries", "2"]).args(PACKAGES);
    let installed = run(&mut pip).await.context("pip cannot be started")?;
    if !installed.status.success() {
        bail!(
            "the AWS emulator could not be installed (is the network there?): {}; fix that, or set AWS_ENDPOINT_URL to an emulator of yours",
            last_line(&installed)
        );
    }
    fs::write(home.join(MARKER), VERSION).context("the emulator's marker file cannot be written")
}

fn check_venv(made: std::io::Result<Output>) -> Result<()> {
    match made {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => bail!(
            "Python 3 could not make a virtual environment ({}): install its venv module (on Debian: python3-venv), or set AWS_ENDPOINT_URL",
            last_line(&output)
        ),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!(
                "Python 3 is needed for the AWS emulator and was not found: install python3 (with venv), or set AWS_ENDPOINT_URL"
            )
        }
        Err(error) => Err(error).context("python3 cannot be started"),
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
