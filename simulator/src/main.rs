//! The simulator as a program.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Parser;
use simulator::Options;

/// Simulates telematics providers.
#[derive(Debug, Parser)]
struct Arguments {
    /// The port to listen on.
    #[arg(long, default_value_t = 4600)]
    port: u16,
    /// The address to listen on.
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST)]
    host: Ipv4Addr,
    /// Vehicles in the first account.
    #[arg(long, default_value_t = 8)]
    vehicles: usize,
    /// The seed of all pseudo-random values.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Recorded movement to replay: vehicle,unix_time,lat,lon,occupied.
    #[arg(long)]
    trace: Option<PathBuf>,
    /// Playback speed of the trace.
    #[arg(long, default_value_t = 1.0)]
    time_factor: f64,
    /// Seconds between two readings of a moving vehicle.
    #[arg(long, default_value_t = 15)]
    moving_interval: u32,
    /// Seconds between two readings of a parked vehicle.
    #[arg(long, default_value_t = 300)]
    parked_interval: u32,
    /// Requests per second and token.
    #[arg(long, default_value_t = 150)]
    requests_per_second: u32,
    /// Leave out the limits that the providers document for their endpoints and methods.
    #[arg(long)]
    no_endpoint_limits: bool,
}

impl From<&Arguments> for Options {
    fn from(arguments: &Arguments) -> Self {
        Self {
            vehicles: arguments.vehicles,
            seed: arguments.seed,
            trace: arguments.trace.clone(),
            time_factor: arguments.time_factor,
            moving_interval_s: arguments.moving_interval,
            parked_interval_s: arguments.parked_interval,
            requests_per_second: arguments.requests_per_second,
            endpoint_limits: !arguments.no_endpoint_limits,
            ..Self::default()
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().init();
    let arguments = Arguments::parse();
    let addr = SocketAddr::from((arguments.host, arguments.port));
    let simulator = simulator::bind(Options::from(&arguments), addr).await?;
    for provided in simulator.providers() {
        tracing::info!(provider = provided.name, url = provided.url, "the simulator is listening");
    }
    simulator.run(async { tokio::signal::ctrl_c().await.unwrap_or_default() }).await
}
