//! `cargo xtask runtime`: the tests behind Lambda's Runtime API, with the deployable artifacts.

use std::env;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::build::{self, Arch};
use crate::files::root;
use crate::tools::run;

/// Builds the artifacts for this machine's processor, and tests them.
///
/// # Errors
/// When the build or a test fails.
pub(crate) fn command() -> Result<()> {
    let arch = Arch::native().context("Lambda does not offer this machine's processor")?;
    let artifacts = build::artifacts(arch)?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut test = Command::new(cargo);
    test.args(["test", "--quiet", "--package", "bootstrap", "--test", "runtime", "--", "--nocapture"]);
    run(test.env("CATENA_ARTIFACTS", artifacts).current_dir(root()))
}
