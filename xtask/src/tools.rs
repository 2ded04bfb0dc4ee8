//! Python tools, pinned, each in a virtual environment of its own because their dependencies clash.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// A Python package and the program it brings.
pub(crate) struct Tool {
    package: &'static str,
    version: &'static str,
    program: &'static str,
    /// Additional packages whose versions matter.
    with: &'static [&'static str],
}

/// Builds for Lambda; ziglang is its linker and C compiler.
pub(crate) const CARGO_LAMBDA: Tool =
    Tool { package: "cargo-lambda", version: "1.9.2", program: "cargo-lambda", with: &["ziglang==0.17.0"] };
/// Checks CloudFormation templates.
pub(crate) const CFN_LINT: Tool = Tool { package: "cfn-lint", version: "1.58.0", program: "cfn-lint", with: &[] };
/// Checks templates against rules of security.
pub(crate) const CHECKOV: Tool = Tool { package: "checkov", version: "3.3.30", program: "checkov", with: &[] };
/// AWS's tool for SAM templates.
pub(crate) const SAM: Tool = Tool { package: "aws-sam-cli", version: "1.170.0", program: "sam", with: &[] };

/// Written last: an environment without it is incomplete.
const MARKER: &str = "complete";

impl Tool {
    /// The program's path; installs it if it is missing.
    ///
    /// # Errors
    /// When Python 3 is missing or the package registry cannot be reached.
    pub(crate) fn program(&self) -> Result<PathBuf> {
        let home = cache()?.join("venvs").join(format!("{}-{}", self.package, self.version));
        if !home.join(MARKER).exists() {
            self.install(&home)?;
        }
        Ok(home.join("bin").join(self.program))
    }

    fn install(&self, home: &PathBuf) -> Result<()> {
        eprintln!("installing {} {}", self.package, self.version);
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(home))?;
        let pinned = format!("{}=={}", self.package, self.version);
        let pip = ["install", "--quiet", "--disable-pip-version-check", &pinned];
        run(Command::new(home.join("bin/pip")).args(pip).args(self.with))?;
        fs::write(home.join(MARKER), "").context("failed to write to the virtual environment")
    }
}

/// `$CATENA_CACHE`, else `catena` in the user's cache directory.
fn cache() -> Result<PathBuf> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("CATENA_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|folder| folder.join("catena")))
        .or_else(|| variable("HOME").map(|folder| folder.join(".cache/catena")))
        .context("no home directory found: set CATENA_CACHE to a directory for the tools")
}

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started, or fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("failed to start {name}"))?;
    ensure!(status.success(), "{name} failed: {status}");
    Ok(())
}

/// Runs a program to its end and returns its standard output.
///
/// # Errors
/// When it cannot be started, or fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("failed to start {name}"))?;
    ensure!(output.status.success(), "{name} failed: {}", output.status);
    String::from_utf8(output.stdout).with_context(|| format!("the output of {name} is not UTF-8"))
}
