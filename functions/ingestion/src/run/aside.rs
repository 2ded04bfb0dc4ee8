//! Keeping what was set aside: raw, for a week, and counted.

use std::collections::BTreeMap;

use gateway::metrics;
use model::schedule::Schedule;
use serde_json::{Value, json};
use store::StoreError;
use store::control::{SetAside, SetAsideReason, Write};

use super::Run;
use super::progress::{Counts, Progress};
use super::validation::Rejected;

/// Rows of one run that are kept raw. All are counted.
const KEPT: u64 = 1_000;
/// Bytes of a row that are kept.
const SOURCE_LIMIT: usize = 300_000;
/// Rows and bytes of one transaction.
const ROWS: usize = 50;
const BYTES: usize = 2_500_000;

/// Keeps rows that were set aside, and counts them.
pub(super) async fn keep(
    run: &Run<'_>,
    schedule: &Schedule,
    progress: &mut Progress,
    rejected: Vec<Rejected>,
) -> Result<(), StoreError> {
    let kept_before: u64 = progress.set_aside.values().sum();
    let room = usize::try_from(KEPT.saturating_sub(kept_before)).unwrap_or(usize::MAX);
    for one in &rejected {
        *progress.set_aside.entry(one.reason).or_default() += 1;
        metrics::set_aside(&run.connection.source_name, one.reason.name());
    }
    if !rejected.is_empty() {
        tracing::warn!(rows = rejected.len(), first.reason = rejected.first().map(|one| one.reason.name()), "set rows aside");
    }
    // The same row twice would be two writes of one item.
    let distinct: BTreeMap<String, Rejected> = rejected.into_iter().map(|one| (one.source_id.clone(), one)).collect();
    let (mut writes, mut bytes) = (Vec::new(), 0);
    for one in distinct.into_values().take(room) {
        let item = item(run, schedule, one);
        if writes.len() >= ROWS || bytes + item.source.len() > BYTES {
            run.store.commit(std::mem::take(&mut writes)).await?;
            bytes = 0;
        }
        bytes += item.source.len();
        writes.push(Write::overwrite(&item)?);
    }
    if writes.is_empty() { Ok(()) } else { run.store.commit(writes).await }
}

fn item(run: &Run<'_>, schedule: &Schedule, rejected: Rejected) -> SetAside {
    let Rejected { source_id, reason, mut source } = rejected;
    let end = (0..=SOURCE_LIMIT.min(source.len())).rev().find(|end| source.is_char_boundary(*end)).unwrap_or(0);
    let is_cut = end < source.len();
    source.truncate(end);
    SetAside {
        schedule_id: schedule.id,
        connection_id: schedule.connection_id,
        resource: schedule.resource,
        execution_id: run.id,
        source_id,
        reason,
        source,
        is_cut,
        created_at: (run.clock)(),
    }
}

/// Says that a cursor is given up, and keeps what was read at it.
pub(super) async fn lose_cursor(
    run: &Run<'_>,
    schedule: &Schedule,
    progress: &mut Progress,
    reason: SetAsideReason,
    source: String,
) -> Result<(), StoreError> {
    metrics::cursor_lost(&run.connection.source_name);
    tracing::error!(reason = reason.name(), "gave up the cursor, starting over");
    let source_id = format!("cursor:{}", progress.cursor.as_deref().unwrap_or_default());
    keep(run, schedule, progress, vec![Rejected { source_id, reason, source }]).await
}

/// What an execution says of it; `None` where nothing was set aside.
pub(super) fn response(counts: &Counts) -> Option<Value> {
    let by_reason: BTreeMap<&str, u64> = counts.iter().map(|(reason, count)| (reason.name(), *count)).collect();
    (!by_reason.is_empty()).then(|| json!({ "set_aside": by_reason }))
}
