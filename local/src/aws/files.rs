//! Files that are whole or absent.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Replaces a file in one step, so that a crash leaves the old text or the new.
///
/// # Errors
/// When the folder cannot be written.
pub(crate) fn replace(file: &Path, text: &[u8]) -> Result<()> {
    let fresh = file.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut handle = fs::File::create(&fresh)?;
        handle.write_all(text)?;
        fs::rename(&fresh, file)
    };
    write().with_context(|| format!("the file {} cannot be written", file.display()))
}
