//! Many ordered lists read as one.

use std::cmp::Ordering;
use std::collections::VecDeque;

use futures::future::try_join_all;

use super::keys;
use crate::{GrantedConnection, Page, StoreError};

/// Rows of one request where all are read.
const MOST: usize = 1_002;
/// Requests in flight at once.
const PARALLEL: usize = 16;

/// One ordered list, read piece by piece in the page's direction. Its keys are texts that order it.
pub(super) trait SortedSource {
    /// What it yields.
    type Item: Send;

    /// The next items with their keys; empty only at the end of the list.
    fn next(&mut self) -> impl Future<Output = Result<Vec<(String, Self::Item)>, StoreError>> + Send;
}

struct Buffered<S: SortedSource> {
    source: S,
    buffer: VecDeque<(String, S::Item)>,
    ended: bool,
}

impl<S: SortedSource + Send> Buffered<S> {
    async fn fill(&mut self) -> Result<(), StoreError> {
        if self.buffer.is_empty() && !self.ended {
            self.buffer.extend(self.source.next().await?);
            self.ended = self.buffer.is_empty();
        }
        Ok(())
    }
}

/// Up to `wanted` items of all sources in reading direction.
pub(super) async fn merge<S: SortedSource + Send>(
    sources: Vec<S>,
    wanted: usize,
    backwards: bool,
) -> Result<Vec<(String, S::Item)>, StoreError> {
    let mut buffered: Vec<Buffered<S>> =
        sources.into_iter().map(|source| Buffered { source, buffer: VecDeque::new(), ended: false }).collect();
    let mut merged = Vec::new();
    for chunk in buffered.chunks_mut(PARALLEL) {
        try_join_all(chunk.iter_mut().map(Buffered::fill)).await?;
    }
    while merged.len() < wanted {
        let heads = buffered.iter_mut().filter(|source| !source.buffer.is_empty());
        let key = |source: &&mut Buffered<S>| source.buffer.front().map(|(key, _)| key.clone());
        let first = if backwards { heads.max_by_key(key) } else { heads.min_by_key(key) };
        let Some(source) = first else { break };
        merged.extend(source.buffer.pop_front());
        source.fill().await?;
    }
    Ok(merged)
}

/// A row's place in a list: the key that orders it, then its reader's fleet, for fleets that share a connection share its rows.
pub(super) fn mark(key: &str, granted: &GrantedConnection) -> String {
    format!("{key}#{}", granted.fleet)
}

/// The keys in the table that a page may hold, in `low..=high`, both ends included; `None` where there are none.
pub(super) fn key_bounds(page: &Page, low: &str, high: &str) -> Option<(String, String)> {
    let mark = page.bookmark.as_ref().and_then(|mark| mark.as_str());
    between(page, mark.map(|mark| mark.rsplit_once('#').map_or(mark, |(key, _)| key)), low, high)
}

/// The marks that a page may hold, in `low..=high`, both ends included; `None` where there are none.
pub(super) fn bounds(page: &Page, low: &str, high: &str) -> Option<(String, String)> {
    between(page, page.bookmark.as_ref().and_then(|mark| mark.as_str()), low, high)
}

fn between(page: &Page, mark: Option<&str>, low: &str, high: &str) -> Option<(String, String)> {
    let (low, high) = match mark {
        None => (low, high),
        Some(mark) if page.backwards => (low, mark.min(high)),
        Some(mark) => (mark.max(low), high),
    };
    (low <= high).then(|| (low.to_owned(), high.to_owned()))
}

/// Whether a mark belongs to the page: it lies ahead of the bookmark, or is the bookmark of a page that includes it.
pub(super) fn is_on_page(page: &Page, mark: &str) -> bool {
    let Some(start) = page.bookmark.as_ref().and_then(|mark| mark.as_str()) else { return true };
    match mark.cmp(start) {
        Ordering::Equal => page.inclusive,
        side => side == if page.backwards { Ordering::Less } else { Ordering::Greater },
    }
}

/// How many rows each of several lists should bring at once: enough that most pages need one request per list.
pub(super) fn batch_limit(page: &Page, sources: usize) -> i32 {
    let fair = page.size.saturating_mul(2).div_ceil(sources.max(1)).saturating_add(2);
    i32::try_from(fair.min(page.size.saturating_add(2)).min(MOST)).unwrap_or(i32::MAX)
}

/// The widest bounds: every key.
pub(super) const FULL_RANGE: (&str, &str) = ("0", keys::END);
