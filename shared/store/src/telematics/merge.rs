//! Many ordered lists read as one.

use std::collections::VecDeque;

use futures::future::try_join_all;

use super::keys;
use crate::{Page, StoreError};

/// Requests in flight at once.
const PARALLEL: usize = 16;

/// One ordered list, read piece by piece in the page's direction. Its keys are texts that order it.
pub(super) trait Lane {
    /// What it lists.
    type Thing: Send;

    /// The next things with their keys; empty at the end of the list only.
    fn next(&mut self) -> impl Future<Output = Result<Vec<(String, Self::Thing)>, StoreError>> + Send;
}

struct Reading<L: Lane> {
    lane: L,
    buffer: VecDeque<(String, L::Thing)>,
    ended: bool,
}

impl<L: Lane + Send> Reading<L> {
    async fn fill(&mut self) -> Result<(), StoreError> {
        if self.buffer.is_empty() && !self.ended {
            self.buffer.extend(self.lane.next().await?);
            self.ended = self.buffer.is_empty();
        }
        Ok(())
    }
}

/// Up to `wanted` things of all lanes in reading direction.
pub(super) async fn merge<L: Lane + Send>(
    lanes: Vec<L>,
    wanted: usize,
    backwards: bool,
) -> Result<Vec<(String, L::Thing)>, StoreError> {
    let mut readings: Vec<Reading<L>> =
        lanes.into_iter().map(|lane| Reading { lane, buffer: VecDeque::new(), ended: false }).collect();
    let mut merged = Vec::new();
    for some in readings.chunks_mut(PARALLEL) {
        try_join_all(some.iter_mut().map(Reading::fill)).await?;
    }
    while merged.len() < wanted {
        let heads = readings.iter_mut().filter(|reading| !reading.buffer.is_empty());
        let key = |reading: &&mut Reading<L>| reading.buffer.front().map(|(key, _)| key.clone());
        let first = if backwards { heads.max_by_key(key) } else { heads.min_by_key(key) };
        let Some(reading) = first else { break };
        merged.extend(reading.buffer.pop_front());
        reading.fill().await?;
    }
    Ok(merged)
}

/// The keys that a page may hold, in `low..=high`, both ends included; `None` where there are none.
pub(super) fn bounds(page: &Page, low: &str, high: &str) -> Option<(String, String)> {
    let mark = page.bookmark.as_ref().and_then(|mark| mark.as_str());
    let (low, high) = match mark {
        None => (low, high),
        Some(mark) if page.backwards => (low, mark.min(high)),
        Some(mark) => (mark.max(low), high),
    };
    (low <= high).then(|| (low.to_owned(), high.to_owned()))
}

/// Whether a key within the bounds belongs to the page: the bookmark's own row may not.
pub(super) fn admits(page: &Page, key: &str) -> bool {
    page.inclusive || page.bookmark.as_ref().and_then(|mark| mark.as_str()) != Some(key)
}

/// How many rows each of several lists should bring at once: enough that most pages need one request per list.
pub(super) fn portion(page: &Page, lanes: usize) -> i32 {
    let fair = page.size.saturating_mul(2).div_ceil(lanes.max(1)).saturating_add(2);
    i32::try_from(fair.min(page.size.saturating_add(2))).unwrap_or(i32::MAX)
}

/// Everything: the widest bounds.
pub(super) const EVERYTHING: (&str, &str) = ("0", keys::END);
