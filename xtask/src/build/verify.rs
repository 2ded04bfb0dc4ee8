//! Whether a commit always produces the same bytes: it is built again from another folder, into another target folder.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use bootstrap::Artifact;

use super::{Arch, compile, package, side_by_side};
use crate::files::root;
use crate::tools::{output, run};

/// # Errors
/// When there are uncommitted changes, which the second build would not include.
pub(super) fn is_committed() -> Result<()> {
    let changes = output(Command::new("git").args(["status", "--porcelain"]).current_dir(root()))?;
    ensure!(changes.is_empty(), "commit first, since the second build uses the commit:\n{changes}");
    Ok(())
}

/// Builds again, and compares with what `target/lambda` holds.
///
/// # Errors
/// When the second build fails, or is not the same.
pub(super) fn command(archs: &[Arch]) -> Result<()> {
    let folder = tempfile::tempdir().context("failed to create a temporary folder")?;
    let source = folder.path().join("elsewhere/source");
    run(Command::new("git").args(["worktree", "add", "--quiet", "--detach"]).arg(&source).arg("HEAD").current_dir(root()))?;
    let compared = side_by_side(archs, |arch| compare(arch, &source, folder.path()));
    run(Command::new("git").args(["worktree", "remove", "--force"]).arg(&source).current_dir(root()))?;
    compared.map(drop)
}

fn compare(arch: Arch, source: &Path, folder: &Path) -> Result<()> {
    let second = folder.join(arch.name());
    compile::artifacts(source, Some(&folder.join("target")), arch, &second, &[])?;
    for artifact in Artifact::ALL {
        let first = artifact.program(&root().join("target/lambda").join(arch.name()));
        let second = artifact.program(&second);
        same(&first, &second)?;
        same(&first.with_extension("zip"), &package::zip(&second)?)?;
    }
    println!("{}: two builds from two folders are identical", arch.name());
    Ok(())
}

fn same(first: &Path, second: &Path) -> Result<()> {
    let differ = || format!("{} and {} differ", first.display(), second.display());
    ensure!(fs::read(first)? == fs::read(second)?, differ());
    Ok(())
}
