//! `cargo xtask <command>`.

use clap::Parser as _;

fn main() -> anyhow::Result<()> {
    xtask::Command::parse().run()
}
