//! Streams of changes: what changed since `startTime`, oldest first, and no end where there is no `endTime`.

use super::Request;
use super::cursor::{Cursor, Scan};
use super::refusal::Refusal;
use super::wire::Pagination;
use crate::world::Millis;

/// How long before its last change something may have happened.
pub(super) const LONGEST_MS: Millis = 12 * 3_600_000;

/// The changes of one page. `all` gives everything that changed in a span of time, both ends included, with the time of its last
/// change; changes of one instant stay together.
pub(super) fn page<'a, T>(
    request: &Request<'a>,
    limit: usize,
    all: impl Fn(Millis, Millis) -> Vec<(Millis, T)>,
) -> Result<(Vec<T>, Pagination), Refusal> {
    let start = request.query.required_time("startTime")?;
    let end = request.query.time("endTime")?;
    let from = match request.query.after(request.route)? {
        None => start,
        Some(Cursor::Scan(scan)) => scan.at,
        Some(Cursor::Offset(_)) => return Err(Refusal::Cursor),
    };
    let until = end.unwrap_or(request.now).min(request.now);
    let mut found = all(from, until);
    found.sort_by_key(|(changed, _)| *changed);
    let last = limit.checked_sub(1).and_then(|index| found.get(index)).map(|(changed, _)| *changed);
    let has_more = last.is_some_and(|last| found.last().is_some_and(|(changed, _)| *changed > last));
    found.retain(|(changed, _)| last.is_none_or(|last| *changed <= last));
    let next = if has_more { last.unwrap_or(until) } else { until.max(from - 1) } + 1;
    let cursor = Cursor::Scan(Scan { at: next, ..Scan::over(start, until) }).encode(request.route);
    let pagination = match (has_more, end) {
        (false, Some(_)) => Pagination::last(),
        (has_more, _) => Pagination::feed(cursor, has_more),
    };
    Ok((found.into_iter().map(|(_, row)| row).collect(), pagination))
}
