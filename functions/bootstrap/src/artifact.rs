//! The programs that Lambda runs: one for requests, whose callers wait for its cold starts, and one for everything else, which
//! also carries the mapping of every provider.

use std::path::{Path, PathBuf};

/// A program that Lambda runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Artifact {
    /// The functions that answer HTTP requests.
    Api,
    /// The functions that schedules, messages and table changes invoke.
    Workers,
}

impl Artifact {
    /// Every artifact.
    pub const ALL: [Self; 2] = [Self::Api, Self::Workers];

    /// Its name, which is that of its binary, too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Workers => "workers",
        }
    }

    /// The artifact that has the function of a handler.
    #[must_use]
    pub fn of(handler: &str) -> Self {
        if crate::workers().iter().any(|worker| worker.handler == handler) { Self::Workers } else { Self::Api }
    }

    /// Its program in the folder that `cargo xtask build` makes for a processor.
    #[must_use]
    pub fn program(self, folder: &Path) -> PathBuf {
        folder.join(self.name()).join("bootstrap")
    }
}
