//! The programs that Lambda runs: one for requests, whose callers wait for its cold starts, one for everything else, which also carries
//! the mapping of every provider, and one for what partners read, which carries texts and a renderer.

use std::path::{Path, PathBuf};

/// A program that Lambda runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Artifact {
    /// The functions that answer HTTP requests.
    Api,
    /// The functions that schedules, messages and table changes invoke.
    Workers,
    /// The functions that serve guides, the reference and the OpenAPI documents.
    Documentation,
}

impl Artifact {
    /// Every artifact.
    pub const ALL: [Self; 3] = [Self::Api, Self::Workers, Self::Documentation];

    /// Its name, which is that of its binary, too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Workers => "workers",
            Self::Documentation => "documentation",
        }
    }

    /// The artifact that has the function of a handler.
    #[must_use]
    pub fn of(handler: &str) -> Self {
        let is_worker = || crate::workers().iter().any(|worker| worker.handler == handler);
        let is_documentation = (documentation::SERVICE.endpoints)().iter().any(|endpoint| endpoint.handler == handler);
        match is_documentation {
            true => Self::Documentation,
            false if is_worker() => Self::Workers,
            false => Self::Api,
        }
    }

    /// Its program in the folder that `cargo xtask build` makes for a processor.
    #[must_use]
    pub fn program(self, folder: &Path) -> PathBuf {
        folder.join(self.name()).join("bootstrap")
    }
}
