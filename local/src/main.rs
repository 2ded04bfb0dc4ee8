//! `cargo run`: the whole platform on one machine.

use clap::Parser as _;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    catena::cli::Cli::parse().run().await
}
