//! Generated files: written, or compared with the existing ones.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// A part of a document that a command writes: what stands between two lines of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section {
    /// The document.
    pub(crate) document: &'static str,
    /// The line before.
    pub(crate) begin: &'static str,
    /// The line after.
    pub(crate) end: &'static str,
}

impl Section {
    /// The document's text with another section.
    ///
    /// # Errors
    /// When it cannot be read, or lacks one of the two lines.
    pub(crate) fn replaced(self, section: &str) -> Result<String> {
        self.within(&read(self.document)?, section)
    }

    /// A text of the document with another section.
    ///
    /// # Errors
    /// When it lacks one of the two lines.
    pub(crate) fn within(self, text: &str, section: &str) -> Result<String> {
        let Self { document, begin, end } = self;
        let Some((before, rest)) = text.split_once(begin) else { bail!("{document} has no line {begin}") };
        let Some((_, after)) = rest.split_once(end) else { bail!("{document} has no line {end}") };
        Ok(format!("{before}{begin}\n\n{section}\n{end}{after}"))
    }
}

/// What a generating command does with its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Writes them.
    Write,
    /// Compares them.
    Check,
}

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}

/// The text of a file of the workspace.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read(path: &str) -> Result<String> {
    fs::read_to_string(root().join(path)).with_context(|| format!("failed to read {path}"))
}

/// Writes a generated file, or checks that it is current. `command` is the command that updates it.
///
/// # Errors
/// When it cannot be written, or is not current.
pub(crate) fn settle(mode: Mode, path: &str, text: &str, command: &str) -> Result<()> {
    let full = root().join(path);
    let kept = fs::read_to_string(&full).unwrap_or_default();
    match mode {
        _ if kept == text => Ok(()),
        Mode::Check => bail!("{path} is out of date: run `{command}` and commit the result"),
        Mode::Write => {
            if let Some(folder) = full.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&full, text).with_context(|| format!("failed to write {path}"))
        }
    }
}
