//! What was set aside: rows and pages of TSPs that are not stored as data. They are listed, and rows are mapped again after a mapper
//! was mended.

use anyhow::Context as _;
use bootstrap::replay::{Mode, Replayed, replay};
use clap::Args;
use model::connection::Connection;
use model::schedule::Schedule;
use model::{ConnectionId, Resource, Timestamp};
use serde_json::json;
use store::Store;
use store::control::{Key, Place, SetAside};

use super::report::Report;

/// Schedules that are read at once, where no connection is named.
const SCHEDULES: usize = 100;

/// Options of the task.
#[derive(Clone, Debug, Args)]
pub(super) struct Task {
    /// The connection's id.
    #[arg(long, required_unless_present = "replay")]
    connection: Option<ConnectionId>,
    /// Of this resource only, such as vehicle_location.
    #[arg(long, value_parser = resource)]
    resource: Option<Resource>,
    /// Map the rows again with the adapters of this build, store those that are good now, and remove what is kept of them. Without
    /// --connection, of all connections.
    #[arg(long)]
    replay: bool,
    /// Tell what a replay would do, and write nothing.
    #[arg(long, requires = "replay")]
    dry_run: bool,
    /// Name of the telematics table: the stack's output `TelematicsTableName`.
    #[arg(long, env = "TELEMATICS_TABLE", required_if_eq("replay", "true"))]
    pub(super) telematics_table: Option<String>,
}

/// The resource of a name.
pub(super) fn resource(name: &str) -> Result<Resource, String> {
    Resource::parse(name).ok_or_else(|| "no such resource".to_owned())
}

impl Task {
    pub(super) async fn run(self, store: &Store) -> anyhow::Result<Report> {
        let now = Timestamp::system();
        if self.replay {
            let mode = if self.dry_run { Mode::DryRun } else { Mode::Write };
            return Ok(report(&replay_all(store, (self.connection, self.resource), now, mode).await?, mode));
        }
        let mut rows = set_aside(store, self.connection.context("missing --connection")?, now).await?;
        rows.retain(|row| self.resource.is_none_or(|resource| row.resource == resource));
        let lines: Vec<String> = rows.iter().map(line).collect();
        Ok(Report { lines: lines.join("\n"), json: json!({ "set_aside": rows }) })
    }
}

/// What was set aside for a connection and is still kept, by schedule, oldest first.
///
/// # Errors
/// If the table cannot be read.
pub async fn set_aside(store: &Store, connection: ConnectionId, now: Timestamp) -> anyhow::Result<Vec<SetAside>> {
    let mut found = Vec::new();
    for schedule in store.schedules_of(connection).await? {
        found.extend(store.set_aside_for(schedule.id, now).await?);
    }
    Ok(found)
}

/// Replays what was set aside: of a connection or of all, of a resource or of all.
///
/// # Errors
/// If a table cannot be read or written. Repeating it goes on where it was interrupted.
pub async fn replay_all(
    store: &Store,
    (connection, resource): (Option<ConnectionId>, Option<Resource>),
    now: Timestamp,
    mode: Mode,
) -> anyhow::Result<Replayed> {
    let mut done = Replayed::default();
    let mut place = Some(Place::default());
    while let Some(from) = place.take() {
        let schedules = match connection {
            Some(connection) => store.schedules_of(connection).await?,
            None => {
                let (schedules, next) = store.schedules_from(&from, SCHEDULES).await?;
                place = next;
                schedules
            }
        };
        for schedule in schedules.iter().filter(|schedule| resource.is_none_or(|resource| schedule.resource == resource)) {
            done.add(replay_one(store, schedule, now, mode).await?);
        }
    }
    Ok(done)
}

async fn replay_one(store: &Store, schedule: &Schedule, now: Timestamp, mode: Mode) -> anyhow::Result<Replayed> {
    let Some(connection) = store.get::<Connection>(Key::connection(schedule.connection_id)).await? else {
        return Ok(Replayed::default());
    };
    let done = replay(store, (&connection, schedule), now, mode).await;
    done.with_context(|| format!("failed to replay {} of connection {}", schedule.resource, schedule.connection_id))
}

/// One line for people: what a TSP sent is shown with `--json` only.
fn line(one: &SetAside) -> String {
    let SetAside { created_at, resource, reason, source_id, source, .. } = one;
    format!("{created_at}  {:<20} {:<18} {source_id}  ({} bytes)", resource.name(), reason.name(), source.len())
}

fn report(done: &Replayed, mode: Mode) -> Report {
    let (stored, would) = if mode == Mode::DryRun { ("would be stored", "would be removed") } else { ("stored", "removed") };
    let mut lines = vec![format!("{} rows {stored}, {} known already {would}", done.stored, done.known)];
    lines.extend(done.kept.iter().map(|(reason, count)| format!("{count} stay: {reason}")));
    lines.extend(done.unsupported.iter().cloned());
    Report { lines: lines.join("\n"), json: json!({ "replayed": done, "dry_run": mode == Mode::DryRun }) }
}
