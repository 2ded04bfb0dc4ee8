//! The workspace's own tools: generated files, lints, and the checks of a change.

mod account;
mod bench;
mod build;
mod ci;
mod deploy;
mod deploy_check;
mod event_schemas;
mod files;
mod lint_template;
pub mod openapi;
pub mod providers;
mod prune;
mod runtime;
pub mod scale;
pub mod template;
mod token_keys;
mod tools;

use anyhow::Result;
use clap::{Args, Parser};

/// `cargo xtask <command>`.
#[derive(Parser)]
#[command(name = "cargo xtask", about = "The workspace's own tools")]
pub enum Command {
    /// Write template.yaml from infra/base.yaml and the tables of endpoints and workers.
    Template(Generated),
    /// Write the OpenAPI documents and the schemas of webhook messages.
    Openapi(Generated),
    /// Write what each adapter can fetch into docs/providers.md.
    Providers(Generated),
    /// Write the cost tables of docs/scale.md.
    Scale(Generated),
    /// Check the template with cfn-lint, checkov and sam validate.
    LintTemplate,
    /// Build the artifacts that the Lambda functions run, and check their sizes.
    Build(build::Options),
    /// Test the artifacts behind Lambda's Runtime API.
    Runtime,
    /// Build, and deploy to AWS with the SAM CLI.
    Deploy(deploy::Options),
    /// Deploy the template to an emulator with the artifacts, and check the main workflow there.
    DeployCheck(deploy_check::Options),
    /// Delete old versions of a stack's functions; lists them by default.
    Prune(prune::Options),
    /// Measure the platform; see docs/performance.md.
    Bench(bench::Arguments),
    /// Run every check of a change except the tests.
    Ci,
}

/// Options of the commands that write files.
#[derive(Args)]
pub struct Generated {
    /// Write nothing; fail if a file is not current.
    #[arg(long)]
    check: bool,
}

impl Command {
    /// Executes the command.
    ///
    /// # Errors
    /// Sentences for the terminal.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Template(options) => template::command(options.mode()),
            Self::Openapi(options) => openapi::command(options.mode()),
            Self::Providers(options) => providers::command(options.mode()),
            Self::Scale(options) => scale::command(options.mode()),
            Self::LintTemplate => lint_template::command(),
            Self::Build(options) => build::command(&options),
            Self::Runtime => runtime::command(),
            Self::Deploy(options) => deploy::command(&options),
            Self::DeployCheck(options) => deploy_check::command(&options),
            Self::Prune(options) => prune::command(&options),
            Self::Bench(arguments) => bench::command(&arguments),
            Self::Ci => ci::command(),
        }
    }
}

impl Generated {
    fn mode(&self) -> files::Mode {
        if self.check { files::Mode::Check } else { files::Mode::Write }
    }
}
