//! `catena admin renormalise`: stored sources, mapped again.

use anyhow::Context as _;
use bootstrap::renormalise::{Renormalised, renormalise};
use bootstrap::replay::Mode;
use clap::Args;
use model::connection::Connection;
use model::{ConnectionId, Resource, Timestamp};
use serde_json::json;
use store::Store;
use store::control::Key;

use super::aside::resource;
use super::report::Report;

/// Options of the task.
#[derive(Clone, Debug, Args)]
pub(super) struct Task {
    /// The connection's id.
    #[arg(long)]
    connection: ConnectionId,
    /// The resource, such as vehicle.
    #[arg(long, value_parser = resource)]
    resource: Resource,
    /// Tell what would change, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// How many of the rows that change are shown in full.
    #[arg(long, default_value_t = 20)]
    show: usize,
    /// Name of the telematics table: the stack's output `TelematicsTableName`.
    #[arg(long, env = "TELEMATICS_TABLE")]
    pub(super) telematics_table: String,
}

impl Task {
    pub(super) async fn run(self, store: &Store) -> anyhow::Result<Report> {
        let mode = if self.dry_run { Mode::DryRun } else { Mode::Write };
        let done = renormalise_one(store, (self.connection, self.resource), (mode, self.show)).await?;
        Ok(report(&done, mode))
    }
}

/// Maps the stored sources of a connection's resource again, with the adapters of this build.
///
/// # Errors
/// If there is no such connection, the resource cannot be mapped again, or a table cannot be read or written. Repeating it goes on where
/// it was interrupted.
pub async fn renormalise_one(
    store: &Store,
    (connection, resource): (ConnectionId, Resource),
    (mode, shown): (Mode, usize),
) -> anyhow::Result<Renormalised> {
    let found = store.get::<Connection>(Key::connection(connection)).await?;
    let found = found.with_context(|| format!("there is no connection {connection} in this table"))?;
    let done = renormalise(store, (&found, resource), Timestamp::system(), (mode, shown)).await;
    done.with_context(|| format!("failed to renormalise {resource} of connection {connection}"))
}

fn report(done: &Renormalised, mode: Mode) -> Report {
    let mut lines = Vec::new();
    for difference in &done.differences {
        lines.push(difference.id.to_string());
        let member =
            |(name, (before, now)): (&String, &(serde_json::Value, serde_json::Value))| format!("  {name}: {before} -> {now}");
        lines.extend(difference.members.iter().map(member));
    }
    let changed = if mode == Mode::DryRun { "would change" } else { "changed" };
    lines.push(format!("{} rows mapped again, {} {changed}", done.mapped, done.changed));
    lines.extend(done.members.iter().map(|(name, rows)| format!("{rows} rows: {name}")));
    lines.extend(done.left.iter().map(|(reason, rows)| format!("{rows} rows stay as they are: {reason}")));
    let seen =
        |what: &str, (name, times): (&String, &u64)| format!("{what} that the adapter does not know, {times} times: {name}");
    lines.extend(done.drift.members.iter().map(|one| seen("member", one)));
    lines.extend(done.drift.words.iter().map(|one| seen("word", one)));
    Report { lines: lines.join("\n"), json: json!({ "renormalised": done, "dry_run": mode == Mode::DryRun }) }
}
