//! cargo-lambda with the same inputs everywhere, so that a commit always produces the same bytes.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::Arch;
use crate::tools::{CARGO_LAMBDA, output, run};

/// The time that build scripts see. If it changed with the commit, C libraries would be recompiled for each.
const BEGINNING: &str = "315532800";

/// Compiles the sources in a folder into another one, a folder per artifact; `target` is cargo's folder, its usual one if there is
/// none.
///
/// # Errors
/// When cargo-lambda cannot be installed, or the build fails.
pub(super) fn artifacts(source: &Path, target: Option<&Path>, arch: Arch, place: &Path, options: &[&str]) -> Result<()> {
    let program = CARGO_LAMBDA.program()?;
    has_target(arch)?;
    // One folder per processor, since cargo locks its target folder.
    let target = target.map_or_else(|| target_folder(source), |folder| Ok(folder.to_owned()))?.join("lambda").join(arch.name());
    let mut command = Command::new(&program);
    command
        // The release profile is the only one that counts, so cargo-lambda adds no optimisations of its own.
        .args(["lambda", "build", "--release", "--disable-optimizations", "--skip-target-check", "--locked"])
        .args(["--package", "bootstrap", "--bins", "--target", arch.target(), "--lambda-dir"])
        .arg(place)
        .args(options)
        .current_dir(source)
        .env("PATH", path_with(&program)?)
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(source, &target)?)
        .env("SOURCE_DATE_EPOCH", BEGINNING);
    run(&mut command)
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The linker (zig) is a program of the same virtual environment.
fn path_with(program: &Path) -> Result<OsString> {
    let own = program.parent().map(Path::to_owned);
    let others = env::var_os("PATH").unwrap_or_default();
    env::join_paths(own.into_iter().chain(env::split_paths(&others))).context("failed to extend PATH")
}

/// Flags for rustc, separated as cargo wants them: folders get names that are the same on every machine.
fn flags(source: &Path, target: &Path) -> Result<OsString> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo"))).context("CARGO_HOME is unknown")?;
    // The last one that fits is taken, and the target folder may lie in the sources.
    let folders = [(source, "/catena"), (home.as_path(), "/cargo"), (target, "/target")];
    // With panic = "abort" nothing unwinds, and the tables are a tenth of the binary. Backtraces would name no function anyway: the
    // symbols are stripped.
    let mut flags = OsString::from("-Cforce-unwind-tables=no");
    for (folder, name) in folders {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(folder);
        flags.push("=");
        flags.push(name);
    }
    Ok(flags)
}

fn target_folder(source: &Path) -> Result<PathBuf> {
    let text = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(source))?;
    let metadata: serde_json::Value = serde_json::from_str(&text)?;
    let folder = metadata.get("target_directory").and_then(serde_json::Value::as_str);
    Ok(folder.context("cargo does not report its target folder")?.into())
}

/// The standard library for the processor, fetched by rustup where it is missing.
fn has_target(arch: Arch) -> Result<()> {
    let text = output(Command::new("rustc").args(["--print", "target-libdir", "--target", arch.target()]))?;
    if Path::new(text.trim()).exists() {
        return Ok(());
    }
    let added = Command::new("rustup").args(["target", "add", arch.target()]).status();
    ensure!(
        added.is_ok_and(|status| status.success()),
        "rustc has no standard library for {target}: install it (`rustup target add {target}`), or leave {name} out with --arch",
        target = arch.target(),
        name = arch.name()
    );
    Ok(())
}
