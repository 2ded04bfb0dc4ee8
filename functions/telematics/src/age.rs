//! `Data-Age`: how old the rows of an answer are.

use std::collections::BTreeSet;

use gateway::{Context, Response};
use model::Timestamp;
use store::telematics::Row;

/// How many seconds ago that of the schedules behind rows last succeeded whose last success is the oldest. Where that is not known, the
/// answer is given all the same.
pub(crate) async fn of<'r>(context: &Context, now: Timestamp, rows: impl Iterator<Item = &'r Row>) -> Age {
    let schedules: BTreeSet<_> = rows.filter_map(Row::schedule).collect();
    match context.store().oldest_success(&schedules, now).await {
        Ok(success) => Age(success.map(|success| now.seconds_since(success).max(0.0))),
        Err(error) => {
            tracing::warn!(cause = %error, "failed to read how old rows are, answering without it");
            Age(None)
        }
    }
}

/// Seconds, where they are known.
pub(crate) struct Age(Option<f64>);

impl Age {
    /// Says so in an answer.
    pub(crate) fn tell(&self, response: &mut Response) {
        self.0.into_iter().for_each(|seconds| response.set("data-age", &format!("{seconds:.0}")));
    }
}
