//! Atomic replacement of files.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Replaces a file atomically, so that a crash leaves either the old or the new content.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn replace(file: &Path, text: &[u8]) -> Result<()> {
    let temporary = file.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut handle = fs::File::create(&temporary)?;
        handle.write_all(text)?;
        fs::rename(&temporary, file)
    };
    write().with_context(|| format!("failed to write {}", file.display()))
}
