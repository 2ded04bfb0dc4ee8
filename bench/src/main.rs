//! `cargo xtask bench NAME`: measures the platform, each figure beside its reference from the same run.
//!
//! The measured code runs on the main thread; database, simulator and receivers run on other threads, so that CPU time and
//! allocations of the main thread are those of the measured code.

mod api;
mod cold_start;
mod deliver;
mod figures;
mod fleets;
mod ingest;
mod lambda;
mod map;
mod metering_proxy;
mod receiver;
mod replay;
mod rig;

use bootstrap::Artifact;
use clap::{Parser, ValueEnum};
use figures::Figure;
use tokio::runtime::{Builder, Runtime};

/// One bench.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
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

/// Measures the platform.
#[derive(Parser)]
struct Arguments {
    /// What to measure.
    name: Name,
    /// The folder of the deployed artifacts, for benches that start them.
    #[arg(long, default_value = "target/lambda/x86_64")]
    artifacts: std::path::PathBuf,
    /// The hello-world function, built like the artifacts.
    #[arg(long, default_value = "target/release/hello-world")]
    hello: std::path::PathBuf,
}

/// The two runtimes: `ours` for the code that is measured, `around` for everything it talks to.
pub(crate) struct Runtimes {
    ours: Runtime,
    around: Runtime,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    // Log lines are formatted as when deployed, and discarded.
    let logs = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(false);
    logs.with_max_level(tracing::Level::INFO).with_writer(std::io::sink).init();
    let around = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let runtimes = Runtimes { ours: Builder::new_current_thread().enable_all().build()?, around };
    let mut print = |figure: Figure| println!("{figure}");
    match arguments.name {
        Name::ColdStart => cold_start::run(&runtimes, &arguments.artifacts, &arguments.hello, &mut print),
        Name::Api => api::run(&runtimes, &mut print),
        Name::Map => map::run(&runtimes, &mut print),
        Name::Ingest => ingest::run(&runtimes, &Artifact::Workers.program(&arguments.artifacts), &mut print),
        Name::Deliver => deliver::run(&runtimes, &mut print),
        Name::Fleets => fleets::run(&runtimes, &mut print),
    }
}
