//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use bootstrap::telemetry;
use clap::{Args, Parser, Subcommand};

use crate::admin::AdminArgs;
use crate::{Options, Platform, check, feed};

/// A clearing house for fleet telematics data, on this machine.
#[derive(Debug, Parser)]
#[command(name = "catena", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the platform and show its activity (the default).
    Run(RunArgs),
    /// Check the main workflow over HTTP, against a running platform or one that it starts itself.
    Check(CheckArgs),
    /// Manage partners and their clients in a control table, deployed or local.
    Admin(AdminArgs),
}

/// Options of a local run.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// Port of the API and of Connect.
    #[arg(long, default_value_t = 4500)]
    port: u16,
    /// Port of the simulated TSPs.
    #[arg(long, default_value_t = 4600)]
    simulator_port: u16,
    /// Port of the demo partner's webhook receiver.
    #[arg(long, default_value_t = 4700)]
    receiver_port: u16,
    /// Port of the emulator of SQS, KMS and Scheduler; a free one by default.
    #[arg(long)]
    emulator_port: Option<u16>,
    /// Port of the embedded DynamoDB; a free one by default.
    #[arg(long)]
    database_port: Option<u16>,
    /// Keep data in this folder between runs.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Replay recorded movement (`vehicle,unix_time,lat,lon,occupied` as .csv.gz) instead of generated trucks.
    #[arg(long)]
    trace: Option<PathBuf>,
    /// Playback speed of the recorded movement.
    #[arg(long, default_value_t = 1.0)]
    time_factor: f64,
    /// Vehicles of the simulated fleet.
    #[arg(long, default_value_t = 8)]
    vehicles: usize,
    /// Write logs and metrics as deployed: JSON lines, and CloudWatch's embedded metric format every ten seconds.
    #[arg(long)]
    as_deployed: bool,
}

/// Options of a check.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    run: RunArgs,
    /// Check the platform at this URL instead of starting one.
    #[arg(long)]
    url: Option<String>,
    /// Client id; the demo partner's by default.
    #[arg(long)]
    client_id: Option<String>,
    /// Client secret; the demo partner's by default.
    #[arg(long, env = "CATENA_CLIENT_SECRET", hide_env_values = true)]
    client_secret: Option<String>,
    /// Do not wait for the Scheduler to fire (60 to 70 seconds).
    #[arg(long)]
    no_tick: bool,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

impl RunArgs {
    fn options(&self) -> Options {
        Options {
            port: self.port,
            simulator_port: self.simulator_port,
            receiver_port: self.receiver_port,
            emulator_port: self.emulator_port,
            database_port: self.database_port,
            state: self.state.clone(),
            trace: self.trace.clone(),
            time_factor: self.time_factor,
            vehicles: self.vehicles,
        }
    }
}

impl Cli {
    /// Executes the command; errors are one sentence on standard error.
    pub async fn run(self) -> ExitCode {
        let outcome = match self.command {
            Some(Command::Check(args)) => check(args).await,
            Some(Command::Admin(args)) => args.run().await.map(|()| ExitCode::SUCCESS),
            Some(Command::Run(args)) => serve(&args).await,
            None => serve(&self.run).await,
        };
        match outcome {
            Ok(code) => code,
            Err(error) => {
                eprintln!("catena: {error:#}");
                ExitCode::FAILURE
            }
        }
    }
}

async fn serve(args: &RunArgs) -> anyhow::Result<ExitCode> {
    let metrics = if args.as_deployed { Some(log_as_deployed()?) } else { None };
    if metrics.is_none() {
        feed::show();
    }
    let platform = Platform::start(args.options(), &|line| println!("  {line}")).await?;
    println!("{}", platform.instructions().await?);
    let reason = tokio::select! {
        asked = tokio::signal::ctrl_c() => asked.map(|()| None)?,
        reason = platform.given_up() => Some(reason),
    };
    println!("\n  stopping");
    platform.stop().await?;
    if let Some(metrics) = metrics {
        metrics.flush(std::io::stdout().lock());
    }
    match reason {
        Some(reason) => anyhow::bail!(reason),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// Writes what Lambda would send to CloudWatch to standard output.
fn log_as_deployed() -> anyhow::Result<telemetry::Metrics> {
    telemetry::log()?;
    let metrics = telemetry::Metrics::collect("local".into()).map_err(anyhow::Error::from_boxed)?;
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(std::time::Duration::from_secs(10));
        loop {
            ticks.tick().await;
            metrics.flush(std::io::stdout().lock());
        }
    });
    Ok(metrics)
}

async fn check(args: CheckArgs) -> anyhow::Result<ExitCode> {
    let target = match &args.url {
        Some(url) => check::Target::running(url, args.client_id.as_deref(), args.client_secret.as_deref())?,
        None => check::Target::own(args.run.options()).await?,
    };
    let report = check::walk(&target, check::Walk { tick: !args.no_tick, quiet: args.json }).await;
    if args.json {
        println!("{}", report.json());
    }
    target.stop().await?;
    Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
