//! Which emulator uses a state directory.

use std::fs::{self, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// The file within a state directory.
const FILE: &str = "emulator.json";

/// The emulator that was started last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) pid: u32,
    pub(super) port: u16,
}

impl Record {
    pub(super) fn read(state: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(state.join(FILE)).ok()?).ok()
    }

    pub(super) fn write(self, state: &Path) -> Result<()> {
        let text = serde_json::to_vec(&self).context("failed to serialize the emulator's record")?;
        crate::aws::files::replace(&state.join(FILE), &text)
    }

    pub(super) fn remove(state: &Path) {
        // A record that remains names a process that has exited, which the next start detects.
        drop(fs::remove_file(state.join(FILE)));
    }
}

/// The file that an emulator keeps locked while it runs, until its state is written.
pub(super) fn lock_file(state: &Path) -> PathBuf {
    state.join("emulator.lock")
}

/// Whether an emulator uses this state directory.
pub(super) fn is_in_use(state: &Path) -> Result<bool> {
    let lock = fs::File::create(lock_file(state)).context("failed to write to the state directory")?;
    match lock.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error).context("the file system of the state directory does not support locks"),
    }
}
