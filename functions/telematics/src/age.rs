//! `Data-Age`: how old the rows of an answer are.

use std::collections::BTreeSet;

use gateway::{Context, Response};
use model::Timestamp;
use store::telematics::Row;

/// Says in an answer how many seconds ago that of the schedules behind its rows last succeeded whose last success is the oldest. Where
/// that is not known nothing is said, and the answer is given all the same.
pub(crate) async fn tell<'r>(context: &Context, now: Timestamp, rows: impl Iterator<Item = &'r Row>, response: &mut Response) {
    let schedules: BTreeSet<_> = rows.filter_map(Row::schedule).collect();
    match context.store().oldest_success(&schedules, now).await {
        Ok(success) => {
            let age = success.map(|success| now.seconds_since(success).max(0.0));
            age.into_iter().for_each(|age| response.set("data-age", &format!("{age:.0}")));
        }
        Err(error) => tracing::warn!(cause = %error, "failed to read how old rows are, answering without it"),
    }
}
