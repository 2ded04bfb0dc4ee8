//! `cargo xtask bench`: builds the artifacts and the benches as they are deployed, runs them, and records the results.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use clap::{Args, ValueEnum};

use crate::build::{self, Arch};
use crate::files::{Mode, Section, root, settle};
use crate::tools::run;

const RESULTS: Section = Section {
    document: "docs/performance.md",
    begin: "<!-- results: written by `cargo xtask bench --record` -->",
    end: "<!-- end of results -->",
};

/// What to measure.
#[derive(Args)]
pub struct Arguments {
    /// Benches to run; all by default.
    names: Vec<Bench>,
    /// Write the results of all benches to docs/performance.md.
    #[arg(long, conflicts_with = "names")]
    record: bool,
}

/// A bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Bench {
    /// From the start of a function to its first poll, and to its first response that needed the store.
    ColdStart,
    /// Endpoints against the raw SDK calls under them.
    Api,
    /// A page of positions from bytes to rows.
    Map,
    /// Whole executions.
    Ingest,
    /// Webhook messages at fixed rates.
    Deliver,
    /// Requests of partners with few and with many fleets.
    Fleets,
}

impl Bench {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// One bench's lines.
struct Results {
    bench: String,
    lines: Vec<String>,
}

/// Builds, measures, and records the results on request.
///
/// # Errors
/// When something does not build, or a bench fails.
pub(crate) fn command(arguments: &Arguments) -> Result<()> {
    let artifacts = build::artifacts(Arch::native().context("Lambda does not offer this machine's processor")?)?;
    build_benches()?;
    let all = Bench::value_variants();
    let names = if arguments.names.is_empty() { all } else { &arguments.names };
    let mut results = Vec::new();
    for bench in names {
        println!("== {}", bench.name());
        results.push(measure(*bench, &artifacts)?);
    }
    if arguments.record { record(&results) } else { Ok(()) }
}

fn build_benches() -> Result<()> {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(program).args(["build", "--release", "--quiet", "--package", "bench"]).current_dir(root()))
}

/// Where Cargo puts release builds.
fn release() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |target| root().join(target)).join("release")
}

fn measure(bench: Bench, artifacts: &Path) -> Result<Results> {
    let release = release();
    let mut child = Command::new(release.join("bench"))
        .arg(bench.name())
        .arg("--artifacts")
        .arg(artifacts)
        .arg("--hello")
        .arg(release.join("hello-world"))
        .stdout(Stdio::piped())
        .spawn()
        .context("failed to start the bench")?;
    let output = child.stdout.take().context("the bench has no output")?;
    let mut lines = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        lines.push(line);
    }
    let status = child.wait()?;
    ensure!(status.success(), "{} failed: {status}", bench.name());
    Ok(Results { bench: bench.name(), lines })
}

/// Replaces the table between its markers.
fn record(results: &[Results]) -> Result<()> {
    let written = RESULTS.replaced(&table(&machine(), results))?;
    settle(Mode::Write, RESULTS.document, &written, "cargo xtask bench --record")
}

fn table(machine: &str, results: &[Results]) -> String {
    let mut text = format!("{machine}\n");
    for result in results {
        text.push_str(&format!("\n### {}\n\n| name | value | unit |\n| --- | ---: | --- |\n", result.bench));
        for line in &result.lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            text.push_str(&format!("| {} |\n", words.join(" | ")));
        }
    }
    text
}

/// Where and when this was measured, and what.
fn machine() -> String {
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':').map(|(_, name)| name.trim()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("unknown");
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(root()).output().ok()?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let commit = said("git", &["rev-parse", "--short=10", "HEAD"]);
    let date = said("date", &["-u", "+%Y-%m-%d"]);
    let unknown = || "unknown".to_owned();
    format!(
        "Measured on {}, {cores} cores (load at the end {load}), commit {}, {}.",
        model.unwrap_or("an unknown processor"),
        commit.unwrap_or_else(unknown),
        date.unwrap_or_else(unknown)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_replace_those_between_the_marks() {
        let results = [Results { bench: "map".into(), lines: vec!["map_typed 1.5 us/record".into()] }];
        let table = table("Here.", &results);
        assert_eq!(table, "Here.\n\n### map\n\n| name | value | unit |\n| --- | ---: | --- |\n| map_typed | 1.5 | us/record |\n");
        let Section { begin, end, .. } = RESULTS;
        let written = RESULTS.within(&format!("a\n{begin}\nold\n{end}\nz\n"), &table).unwrap();
        assert_eq!(written, format!("a\n{begin}\n\n{table}\n{end}\nz\n"));
        assert_eq!(RESULTS.within(&written, &table).unwrap(), written);
        assert!(RESULTS.within("no marks", &table).is_err());
    }

    #[test]
    fn the_document_has_marks() {
        assert!(RESULTS.replaced("").is_ok());
    }
}
