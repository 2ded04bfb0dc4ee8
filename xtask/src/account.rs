//! What an AWS account says of a deployment, by AWS's SDK for Python, which the SAM CLI brings along.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::tools::SAM;

/// Asks `account.py`; the job's `question` says what. The environment goes over that of this process.
///
/// # Errors
/// When it cannot be run, AWS refuses, or the answer is of another form.
pub(crate) fn ask<T: DeserializeOwned>(job: &Value, environment: &[(&str, String)]) -> Result<T> {
    let python = SAM.program()?.with_file_name("python");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/account.py");
    let mut child = Command::new(python)
        .arg(script)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("the question has no standard input")?.write_all(job.to_string().as_bytes())?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    // The last line of a Python traceback is the fault.
    ensure!(output.status.success(), "AWS: {}", said.trim().lines().last().unwrap_or("no answer"));
    serde_json::from_slice(&output.stdout).context("malformed answer about the account")
}
