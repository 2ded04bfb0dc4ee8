//! `cargo xtask ci`: the checks of a change apart from the tests, with the time that each step took.

use std::env;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::files::{Mode, root};
use crate::tools::run;
use crate::{openapi, providers, scale, template};

struct Step {
    name: &'static str,
    run: fn() -> Result<()>,
}

const STEPS: &[Step] = &[
    Step { name: "fmt", run: || cargo(&["fmt", "--all", "--check"], &[]) },
    Step { name: "clippy", run: || cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], &[]) },
    Step { name: "doc", run: || cargo(&["doc", "--workspace", "--no-deps", "--quiet"], &[("RUSTDOCFLAGS", "-D warnings")]) },
    Step { name: "openapi", run: || openapi::command(Mode::Check) },
    Step { name: "providers", run: || providers::command(Mode::Check) },
    Step { name: "template", run: || template::command(Mode::Check) },
    Step { name: "scale", run: || scale::command(Mode::Check) },
    Step { name: "invariants", run: || cargo(&["test", "--quiet", "--package", "tests"], &[]) },
];

/// Runs every step, even after a failure.
///
/// # Errors
/// Names the steps that failed.
pub(crate) fn command() -> Result<()> {
    let done: Vec<(&str, Duration, Result<()>)> = STEPS.iter().map(timed).collect();
    println!("\n{:<12} {:>8}", "step", "seconds");
    for (name, took, outcome) in &done {
        let mark = if outcome.is_ok() { "" } else { "  failed" };
        println!("{name:<12} {:>8.1}{mark}", took.as_secs_f64());
    }
    let failed: Vec<String> =
        done.iter().filter_map(|(name, _, outcome)| Some(format!("{name}: {:#}", outcome.as_ref().err()?))).collect();
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("\n")) }
}

fn timed(step: &Step) -> (&'static str, Duration, Result<()>) {
    println!("== {}", step.name);
    let started = Instant::now();
    let outcome = (step.run)();
    (step.name, started.elapsed(), outcome)
}

fn cargo(arguments: &[&str], variables: &[(&str, &str)]) -> Result<()> {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(program).args(arguments).envs(variables.iter().copied()).current_dir(root()))
}
