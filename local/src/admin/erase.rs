//! `catena admin erase`: all that is stored of a fleet.

use std::time::{Duration, Instant};

use anyhow::ensure;
use model::{FleetId, Timestamp};
use serde_json::json;
use store::Store;
use store::control::Erasure;

use super::report::Report;

/// How long executions that are at work may take to end.
const PATIENCE: Duration = Duration::from_mins(3);
/// How often they are looked at.
const PAUSE: Duration = Duration::from_secs(2);

/// Ends what is in force of a fleet, waits for executions that are at work, and removes everything. It may be repeated.
///
/// # Errors
/// If storage fails, or an execution does not end.
pub async fn erase(store: &Store, fleet: FleetId) -> anyhow::Result<Erasure> {
    let erasure = store.begin_erasure(fleet, Timestamp::system()).await?;
    let begun = Instant::now();
    while !store.end_fleet(fleet, &erasure, Timestamp::system()).await? {
        ensure!(begun.elapsed() < PATIENCE, "an execution of the fleet's connections does not end; repeat the command later");
        tokio::time::sleep(PAUSE).await;
    }
    Ok(store.erase(fleet, erasure, Timestamp::system()).await?)
}

/// The receipt.
pub(super) fn report(fleet: FleetId, erasure: &Erasure) -> Report {
    let counts = erasure.erased;
    let ended = erasure.ended_at.map_or_else(|| "not yet".to_owned(), |ended| ended.to_string());
    let lines = [
        format!("erased {fleet} at {ended}; removed so far, since {}:", erasure.began_at),
        format!("  {} items of records, of {} connections", counts.records, erasure.connections.len()),
        format!("  {} items of those connections: credentials, schedules, executions", counts.connections),
        format!("  {} messages about it, and logs of their deliveries", counts.deliveries),
        format!("  {} items of invitations, consents, agreements and the fleet itself", counts.agreements),
        format!("kept: {} connections that other fleets have, too, with their records", erasure.shared.len()),
    ];
    Report { lines: lines.join("\n"), json: json!({ "fleet_id": fleet, "erasure": erasure }) }
}
