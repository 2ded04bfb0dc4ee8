//! `cargo xtask build`: the artifact that every function runs, for Lambda's architectures, within its budget.
//!
//! ```text
//! target/lambda/bootstrap/bootstrap         what template.yaml's CodeUri names: the arm64 binary
//! target/lambda/arm64/bootstrap, .../bootstrap.zip
//! target/lambda/x86_64/bootstrap, .../bootstrap.zip
//! ```

mod budget;
mod compile;
mod package;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context as _, Result, anyhow};
use clap::{Args, ValueEnum};

use crate::files::root;
use budget::Size;

/// Options of `cargo xtask build`.
#[derive(Args)]
pub struct Options {
    /// For which processor.
    #[arg(long, value_enum, default_value_t = Wanted::Both)]
    arch: Wanted,
    /// Accept the sizes as the budget of later builds.
    #[arg(long, conflicts_with = "verify")]
    accept: bool,
    /// Build the commit a second time, from another folder, and compare the bytes.
    #[arg(long)]
    verify: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    #[value(name = "x86_64")]
    X86,
    Arm64,
    Both,
}

/// A processor that Lambda offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arch {
    X86,
    Arm64,
}

impl Arch {
    /// Lambda's name for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::X86 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    const fn target(self) -> &'static str {
        match self {
            Self::X86 => "x86_64-unknown-linux-gnu",
            Self::Arm64 => "aarch64-unknown-linux-gnu",
        }
    }

    /// The processor of this machine, if Lambda offers it.
    pub(crate) fn native() -> Option<Self> {
        [Self::X86, Self::Arm64].into_iter().find(|arch| arch.target().starts_with(std::env::consts::ARCH))
    }
}

impl Wanted {
    const fn all(self) -> &'static [Arch] {
        match self {
            Self::X86 => &[Arch::X86],
            Self::Arm64 => &[Arch::Arm64],
            Self::Both => &[Arch::Arm64, Arch::X86],
        }
    }
}

/// Builds, packs, measures; then compares or records, if that was asked for.
///
/// # Errors
/// When the build fails, is over its budget, or differs from the second one.
pub(crate) fn command(options: &Options) -> Result<()> {
    if options.verify {
        verify::is_committed()?;
    }
    let sizes = side_by_side(options.arch.all(), |arch| {
        let binary = artifact(arch)?;
        Ok((arch, Size::of(&binary, &package::zip(&binary)?)?))
    })?;
    println!("{:<8} {:>12} {:>12} {:>8}", "arch", "binary", "zipped", "crates");
    for (arch, size) in &sizes {
        println!("{:<8} {:>12} {:>12} {:>8}", arch.name(), size.binary, size.zipped, compile::crates(*arch)?);
    }
    if options.accept {
        return budget::accept(&sizes);
    }
    budget::check(&sizes)?;
    if options.verify { verify::command(options.arch.all()) } else { Ok(()) }
}

/// Runs a task for each processor concurrently, since linking, which takes longest, uses only one core.
fn side_by_side<T: Send>(archs: &[Arch], work: impl Fn(Arch) -> Result<T> + Sync) -> Result<Vec<T>> {
    let work = &work;
    thread::scope(|scope| {
        let started: Vec<_> = archs.iter().map(|arch| scope.spawn(move || work(*arch))).collect();
        started.into_iter().map(|one| one.join().map_err(|_panic| anyhow!("a build panicked"))?).collect()
    })
}

/// Compiles for a processor and returns the binary's path below `target/lambda`.
///
/// # Errors
/// When the build fails.
pub(crate) fn artifact(arch: Arch) -> Result<PathBuf> {
    let place = root().join("target/lambda");
    let binary = compile::bootstrap(&root(), None, arch, &place.join(arch.name()))?;
    if arch == Arch::Arm64 {
        copy(&binary, &place.join("bootstrap/bootstrap"))?;
    }
    Ok(binary)
}

/// Copies a program; a running one is replaced, not overwritten.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    if to.exists() {
        fs::remove_file(to)?;
    }
    fs::copy(from, to).with_context(|| format!("failed to write {}", to.display()))?;
    Ok(())
}
