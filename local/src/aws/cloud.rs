//! The local AWS as one value: started, provisioned, and stopped in order.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::STACK;
use super::database::Database;
use super::emulator::{Emulator, EmulatorOptions, Watched};
use super::endpoints::{Clients, Endpoints, Foreign, Named};
use super::physical::Physical;
use super::provision;
use super::template::{Context, Function, Template};

/// How the local AWS is started.
#[derive(Debug, Clone, Default)]
pub struct CloudOptions {
    /// The directory that keeps the data; without it, the data is lost at the end.
    pub state: Option<PathBuf>,
    /// The emulator's port; a free one by default.
    pub emulator_port: Option<u16>,
    /// The database's port; a free one by default.
    pub database_port: Option<u16>,
    /// Where the emulator is installed; the user's cache directory by default.
    pub cache: Option<PathBuf>,
    /// Values for the template's parameters; the others have their defaults.
    pub parameters: BTreeMap<String, String>,
    /// Endpoints that exist already; usually [`Named::from_environment`].
    pub named: Named,
}

/// The running local AWS.
#[derive(Debug)]
pub struct Cloud {
    /// SDK clients for it.
    pub clients: Clients,
    /// The endpoint of each service.
    pub endpoints: Endpoints,
    /// The created resources of the template.
    pub physical: Physical,
    /// The template's functions, with their environment and triggers.
    pub functions: Vec<Function>,
    /// Paths and types of the template's resources that the local run skips.
    pub ignored: Vec<(String, String)>,
    database: Option<Database>,
    emulator: Option<Watched>,
    /// Held so that no second platform uses the state directory.
    _lock: Option<File>,
}

impl Cloud {
    /// Starts what the environment does not provide, and creates what the template names.
    ///
    /// # Errors
    /// One sentence for the terminal.
    pub async fn start(options: &CloudOptions, template: &Template, progress: &(dyn Fn(&str) + Sync)) -> Result<Self> {
        let lock = options.state.as_deref().map(claim).transpose()?;
        let named = options.named.clone();
        let are_others = if named.is_any() { Foreign::Yes } else { Foreign::No };
        let (database, emulator) = tokio::try_join!(start_database(options), start_emulator(options, progress))?;
        let endpoints =
            named.complete(database.as_ref().map(Database::endpoint), emulator.as_ref().map(Emulator::endpoint).as_deref());
        let clients = Clients::build(&endpoints, are_others).await;
        let mut emulator = emulator;
        let provisioned = provision::provision(&clients, template, STACK, &options.parameters).await;
        let provisioned = match are_others {
            Foreign::Yes => provisioned.context("failed to set up the endpoints named by AWS_ENDPOINT_URL")?,
            Foreign::No => provisioned?,
        };
        persist(options, emulator.as_mut()).await?;
        let physical = provisioned.physical;
        let functions = template.functions(Context { stack: STACK, parameters: &options.parameters, physical: &physical })?;
        let ignored = provisioned.ignored;
        let emulator = emulator.map(Watched::new);
        Ok(Self { clients, endpoints, physical, functions, ignored, database, emulator, _lock: lock })
    }

    /// A function's environment variables by its logical id's path; empty for an unknown one.
    #[must_use]
    pub fn environment(&self, function: &str) -> HashMap<String, String> {
        let found = self.functions.iter().find(|candidate| candidate.id == function);
        found.map(|function| function.environment.clone()).unwrap_or_default()
    }

    /// Returns when the emulator cannot be kept running, with why.
    pub async fn given_up(&self) -> String {
        match &self.emulator {
            Some(emulator) => emulator.given_up().await,
            None => std::future::pending().await,
        }
    }

    /// Stops what was started, cleanly, so that all state is on disk.
    ///
    /// # Errors
    /// When the emulator had to be killed.
    pub async fn stop(self) -> Result<()> {
        if let Some(database) = self.database {
            database.stop().await;
        }
        match self.emulator {
            Some(emulator) => emulator.stop().await,
            None => Ok(()),
        }
    }
}

async fn start_database(options: &CloudOptions) -> Result<Option<Database>> {
    match options.named.dynamodb {
        Some(_) => Ok(None),
        None => Database::start(options.state.as_deref(), options.database_port).await.map(Some),
    }
}

async fn start_emulator(options: &CloudOptions, progress: &(dyn Fn(&str) + Sync)) -> Result<Option<Emulator>> {
    if !options.named.needs_emulator() {
        return Ok(None);
    }
    let emulator = EmulatorOptions { state: options.state.clone(), port: options.emulator_port, cache: options.cache.clone() };
    Emulator::start(emulator, progress).await.map(Some)
}

/// See [`Emulator::restart_to_persist`]: the first start on a state directory persists its keys.
async fn persist(options: &CloudOptions, emulator: Option<&mut Emulator>) -> Result<()> {
    match emulator {
        Some(emulator) if options.state.is_some() && emulator.is_new() => emulator.restart_to_persist().await,
        _ => Ok(()),
    }
}

fn claim(state: &Path) -> Result<File> {
    fs::create_dir_all(state).with_context(|| format!("failed to create the state directory {}", state.display()))?;
    let lock = File::create(state.join("lock"))
        .with_context(|| format!("failed to write to the state directory {}", state.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            bail!("the state directory {} is in use by another catena: stop it, or choose another directory", state.display())
        }
        Err(TryLockError::Error(error)) => Err(error).context("the file system of the state directory does not support locks"),
    }
}
