//! `cargo xtask build`: the artifacts that the functions run, for Lambda's architectures, within their budgets.
//!
//! ```text
//! target/lambda/api/bootstrap, workers/bootstrap         what the templates' CodeUri name: the arm64 binaries
//! target/lambda/arm64/api/bootstrap, .../bootstrap.zip   and so on for workers and x86_64
//! ```

mod budget;
mod compile;
mod package;
mod verify;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context as _, Result, anyhow};
use bootstrap::Artifact;
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

/// The artifacts of a processor, with their sizes.
type Built = (Arch, BTreeMap<String, Size>);

/// Builds, packs, measures; then compares or records, if that was asked for.
///
/// # Errors
/// When the build fails, is over its budget, or differs from the second one.
pub(crate) fn command(options: &Options) -> Result<()> {
    if options.verify {
        verify::is_committed()?;
    }
    let built = side_by_side(options.arch.all(), |arch| {
        let folder = artifacts(arch)?;
        let mut sizes = sizes(&folder)?;
        if options.accept {
            sizes.insert(budget::WITHOUT_SOURCES.to_owned(), without_sources(arch)?);
        }
        Ok((arch, sizes))
    })?;
    println!("{:<8} {:<10} {:>12} {:>12}", "arch", "artifact", "binary", "zipped");
    for (arch, sizes) in &built {
        for (name, size) in sizes {
            println!("{:<8} {name:<10} {:>12} {:>12}", arch.name(), size.binary, size.zipped);
        }
    }
    if options.accept {
        return budget::accept(&built);
    }
    budget::check(&built)?;
    if options.verify { verify::command(options.arch.all()) } else { Ok(()) }
}

fn sizes(folder: &Path) -> Result<BTreeMap<String, Size>> {
    let measure = |artifact: Artifact| {
        let binary = artifact.program(folder);
        Ok((artifact.name().to_owned(), Size::of(&binary, &package::zip(&binary)?)?))
    };
    Artifact::ALL.into_iter().map(measure).collect()
}

/// The workers without any adapter: what is left of the artifact for the providers' sources is what it has more.
fn without_sources(arch: Arch) -> Result<Size> {
    let folder = root().join("target/lambda").join(arch.name()).join("without-adapters");
    compile::artifacts(&root(), None, arch, &folder, &["--features", "without-adapters"])?;
    let binary = Artifact::Workers.program(&folder);
    Size::of(&binary, &package::zip(&binary)?)
}

/// Runs a task for each processor concurrently, since linking, which takes longest, uses only one core.
fn side_by_side<T: Send>(archs: &[Arch], work: impl Fn(Arch) -> Result<T> + Sync) -> Result<Vec<T>> {
    let work = &work;
    thread::scope(|scope| {
        let started: Vec<_> = archs.iter().map(|arch| scope.spawn(move || work(*arch))).collect();
        started.into_iter().map(|one| one.join().map_err(|_panic| anyhow!("a build panicked"))?).collect()
    })
}

/// Compiles for a processor and returns the artifacts' folder below `target/lambda`.
///
/// # Errors
/// When the build fails.
pub(crate) fn artifacts(arch: Arch) -> Result<PathBuf> {
    let place = root().join("target/lambda");
    let folder = place.join(arch.name());
    compile::artifacts(&root(), None, arch, &folder, &[])?;
    if arch == Arch::Arm64 {
        for artifact in Artifact::ALL {
            copy(&artifact.program(&folder), &artifact.program(&place))?;
        }
    }
    Ok(folder)
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
