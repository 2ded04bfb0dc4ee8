//! Where fetching stands between two pages. A source names one of these, or has its own.

use model::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Page, ProviderError, Subjects, WindowPart};

/// A place in what a source lists. It is stored as versioned JSON; text that does not read starts over: nothing is
/// stored twice, and a feed goes on from where it is now.
pub(crate) trait Cursor: Serialize + DeserializeOwned + Send {
    /// How sources with this cursor are read, in a word.
    const KIND: &'static str;

    /// Where a run begins, after one that ended at `kept`.
    fn begin(kept: Option<Self>, now: Timestamp) -> Self;

    /// Where the run before ended, as far as what is stored tells it, where the cursor was lost: records are stored up to `newest`.
    /// `None` where a beginning reaches back that far, or nothing follows.
    fn recovered(_newest: Timestamp, _now: Timestamp) -> Option<Self> {
        None
    }
}

/// The longest that a lost cursor is made good for.
pub(crate) const LONGEST_LOSS: i64 = 90 * DAY;

/// Through one or more lists of everything there is, from the beginning each time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Walk {
    /// Which list.
    pub(crate) list: usize,
    /// The TSP's cursor in it; none at its beginning.
    pub(crate) after: Option<String>,
    /// Whether a record could not be read so far. Such a walk proves nothing about records that it lacks.
    #[serde(default)]
    pub(crate) is_incomplete: bool,
}

impl Cursor for Walk {
    const KIND: &'static str = "walk";

    fn begin(kept: Option<Self>, _: Timestamp) -> Self {
        kept.unwrap_or(Self { list: 0, after: None, is_incomplete: false })
    }
}

impl Walk {
    /// The page that ends here, of a walk through `lists` lists; `after` leads to the next page of this one. The last page
    /// completes the scan, unless fewer rows were read than were `listed` on a page.
    pub(crate) fn page<T>(mut self, lists: usize, rows: Vec<T>, listed: usize, after: Option<String>) -> Page<Vec<T>, Self> {
        self.is_incomplete |= rows.len() < listed;
        let is_complete = !self.is_incomplete;
        let next = match after {
            Some(after) => Some(Self { after: Some(after), ..self }),
            None if self.list + 1 < lists => Some(Self { list: self.list + 1, after: None, ..self }),
            None => None,
        };
        Page {
            rows,
            more: next.is_some(),
            complete_scan: next.is_none() && is_complete,
            scan_total: None,
            withdrawn: Vec::new(),
            next,
            window: None,
            states: Vec::new(),
        }
    }
}

/// Along a feed that never ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Feed {
    /// The TSP's cursor; none at the feed's beginning.
    pub(crate) after: Option<String>,
}

impl Cursor for Feed {
    const KIND: &'static str = "feed";

    fn begin(kept: Option<Self>, _: Timestamp) -> Self {
        kept.unwrap_or(Self { after: None })
    }
}

impl Feed {
    /// The page that ends at `after`, or where it began if the TSP names no place.
    pub(crate) fn page<R>(self, rows: R, after: Option<String>, more: bool) -> Page<R, Self> {
        let after = after.or(self.after);
        let next = after.is_some().then_some(Self { after });
        Page::of(rows, next, more)
    }
}

/// How far back a stream begins at first.
const STREAM_SEED: i64 = 7 * DAY;

/// Along a stream of changes that never ends, from a time on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stream {
    /// Where it began: the same with each request.
    pub(crate) since: Timestamp,
    /// The TSP's cursor; none at the beginning.
    pub(crate) after: Option<String>,
}

impl Cursor for Stream {
    const KIND: &'static str = "stream";

    fn begin(kept: Option<Self>, now: Timestamp) -> Self {
        kept.unwrap_or(Self { since: now.plus_seconds(-STREAM_SEED), after: None })
    }

    /// Changes come after what they change, so none is missed from the newest record on.
    fn recovered(newest: Timestamp, now: Timestamp) -> Option<Self> {
        let since = newest.max(now.plus_seconds(-LONGEST_LOSS));
        (since < now.plus_seconds(-STREAM_SEED)).then_some(Self { since, after: None })
    }
}

impl Stream {
    /// The page that ends at `after`, or where it began if the TSP names no place.
    pub(crate) fn page<R>(self, rows: R, after: Option<String>, more: bool) -> Page<R, Self> {
        let after = after.or(self.after);
        Page::of(rows, Some(Self { after, ..self }), more)
    }
}

/// A span of time that a feed missed: it began at its newest readings, as at first or when its cursor was lost. It is filled from
/// the provider's history, a page after each page of the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Gap {
    /// Its first instant.
    pub(crate) from: Timestamp,
    /// The first instant after it.
    pub(crate) to: Timestamp,
    /// The TSP's cursor in its history; none at the beginning.
    pub(crate) after: Option<String>,
    /// Pages in a row that the TSP did not bring.
    #[serde(default)]
    pub(crate) failures: u32,
    /// Until when the TSP asks not to be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
    /// Pages that it brought, and the cursor behind the last of them whose number is a power of two: a history that leads round
    /// in a circle comes to it again.
    #[serde(default)]
    pages: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mark: Option<String>,
    /// How often the feed's cursor was lost while this was open.
    #[serde(default)]
    losses: u32,
}

/// The longest gap that is filled.
const LONGEST_GAP: i64 = 30 * DAY;
/// How far it reaches back behind the newest stored reading: not all subjects report at once.
const GAP_OVERLAP: i64 = 3_600;
/// Failed pages after which a gap is left as it is.
const GAP_TRIES: u32 = 5;
/// Lost cursors after which it is: its own pages may be what costs the cursor.
const GAP_LOSSES: u32 = 3;

impl Gap {
    /// The gap between the newest stored reading and now.
    pub(crate) fn since(newest: Timestamp, now: Timestamp) -> Self {
        let from = newest.plus_seconds(-GAP_OVERLAP).max(now.plus_seconds(-LONGEST_GAP));
        Self { from, to: now, after: None, failures: 0, not_before: None, pages: 0, mark: None, losses: 0 }
    }

    /// What is left of it behind a page of its history.
    pub(crate) fn rest(self, after: Option<String>) -> Option<Self> {
        let after = after?;
        if [&self.after, &self.mark].contains(&&Some(after.clone())) {
            tracing::error!(from = %self.from, to = %self.to, "provider's history leads round in a circle, leaving the gap");
            return None;
        }
        let pages = self.pages.saturating_add(1);
        let mark = if pages.is_power_of_two() { Some(after.clone()) } else { self.mark };
        Some(Self { after: Some(after), failures: 0, not_before: None, pages, mark, ..self })
    }

    /// Whether the TSP may be asked for its next page.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.not_before.is_none_or(|start| start <= now)
    }

    /// The gap that is still open when the feed's cursor is lost: it reaches until now, and its history begins anew.
    pub(crate) fn reopened(self, now: Timestamp) -> Option<Self> {
        let losses = self.losses + 1;
        (losses < GAP_LOSSES).then(|| Self { losses, ..Self::since(self.from.plus_seconds(GAP_OVERLAP), now) })
    }

    /// The gap after the TSP did not bring its next page; `None` where it is given up. What is missing then stays missing.
    pub(crate) fn failed(self, error: &ProviderError, now: Timestamp) -> Option<Self> {
        let wait = error.retry_after().map(|wait| i64::try_from(wait.as_secs()).unwrap_or(DAY).min(DAY) + 1);
        let not_before = wait.map(|seconds| now.plus_seconds(seconds));
        if matches!(error, ProviderError::RateLimited { .. }) {
            tracing::info!(cause = %error, "provider asks to wait with a gap, will go on later");
            return Some(Self { not_before, ..self });
        }
        let failures = self.failures + 1;
        let lasts = error.is_retryable() && failures < GAP_TRIES;
        if lasts {
            tracing::warn!(cause = %error, failures, "failed to fill a gap from the provider's history, will try again");
        } else {
            tracing::error!(cause = %error, from = %self.from, to = %self.to, "gave up filling a gap from the provider's history");
        }
        lasts.then_some(Self { failures, not_before, ..self })
    }
}

/// Over a window of time: the last `RECENT` seconds with every run, the last `DEEP` seconds at first and then once a day. No
/// window starts later than the end of the one before, so a pause leaves no gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Window<const RECENT: i64, const DEEP: i64> {
    /// Its first instant.
    pub(crate) from: Timestamp,
    /// The first instant after it.
    pub(crate) to: Timestamp,
    /// When the last deep window began to be read.
    pub(crate) deep: Timestamp,
    /// The TSP's cursor inside the window; none at its beginning and once it is read.
    pub(crate) after: Option<String>,
}

pub(crate) const DAY: i64 = 86_400;

impl<const RECENT: i64, const DEEP: i64> Cursor for Window<RECENT, DEEP> {
    const KIND: &'static str = "window";

    fn begin(kept: Option<Self>, now: Timestamp) -> Self {
        let ago = |seconds: i64| now.plus_seconds(-seconds);
        let window = |from: Timestamp, deep| Self { from, to: now, deep, after: None };
        match kept {
            None => window(ago(DEEP), now),
            Some(kept) if kept.after.is_some() => kept,
            Some(kept) if kept.deep > ago(DAY) => window(kept.to.min(ago(RECENT)), kept.deep),
            Some(kept) => window(kept.to.min(ago(DEEP)), now),
        }
    }

    fn recovered(newest: Timestamp, now: Timestamp) -> Option<Self> {
        let to = newest.max(now.plus_seconds(-LONGEST_LOSS));
        (to < now.plus_seconds(-DEEP)).then_some(Self { from: to, to, deep: to, after: None })
    }
}

impl<const RECENT: i64, const DEEP: i64> Window<RECENT, DEEP> {
    /// A page of the window; `after` leads to the next one. `subjects` are those that it answers for, where the list is stated anew for
    /// the whole window.
    pub(crate) fn page<T>(self, rows: Vec<T>, after: Option<String>, subjects: Option<Subjects>) -> Page<Vec<T>, Self> {
        let (from, to, begins, ends) = (self.from, self.to, self.after.is_none(), after.is_none());
        let window = subjects.map(|subjects| WindowPart { from, to, begins, ends, subjects });
        Page { window, ..Page::of(rows, Some(Self { after, ..self }), !ends) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_overlap_and_leave_no_gap() {
        type Logs = Window<DAY, { 8 * DAY }>;
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        let ago = |days: i64| now.plus_seconds(-days * DAY);
        let done = |to, deep| Some(Logs { from: to, to, deep, after: None });
        let hour = now.plus_seconds(-3600);
        let cases = [
            ("first run", None, ago(8), now),
            ("soon after", done(hour, hour), ago(1), hour),
            ("deep once a day", done(hour, ago(1)), ago(8), now),
            ("after a pause", done(ago(20), ago(20)), ago(20), now),
        ];
        for (name, kept, from, deep) in cases {
            assert_eq!(Logs::begin(kept, now), Logs { from, to: now, deep, after: None }, "{name}");
        }
        let inside = Logs { from: ago(9), to: ago(1), deep: ago(1), after: Some("x".into()) };
        assert_eq!(Logs::begin(Some(inside.clone()), now), inside);
    }

    #[test]
    fn a_lost_cursor_begins_where_records_are_stored_up_to() {
        type Logs = Window<DAY, { 8 * DAY }>;
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        let ago = |days: i64| now.plus_seconds(-days * DAY);
        for (newest, from) in [(1, None), (7, None), (20, Some(20)), (400, Some(90))] {
            let stream = Stream::recovered(ago(newest), now);
            assert_eq!(stream.map(|stream| (stream.since, stream.after)), from.map(|days| (ago(days), None)), "{newest}");
            let window = Logs::begin(Logs::recovered(ago(newest), now), now);
            assert_eq!((window.from, window.to, window.deep), (ago(from.unwrap_or(8)), now, now), "{newest}");
        }
    }

    #[test]
    fn walks_go_through_all_lists() {
        let first = Walk::begin(None, Timestamp::from_micros(0));
        let page = first.page(2, vec![1], 1, Some("x".into()));
        assert!(page.more && !page.complete_scan);
        let page = page.next.unwrap().page(2, vec![1], 1, None);
        let second = Walk { list: 1, after: None, is_incomplete: false };
        assert_eq!((page.next.as_ref(), page.complete_scan), (Some(&second), false));
        let page = second.page(2, vec![1], 1, None);
        assert_eq!((page.next, page.more, page.complete_scan), (None, false, true));
    }

    #[test]
    fn a_walk_with_an_unreadable_record_completes_no_scan() {
        let first = Walk::begin(None, Timestamp::from_micros(0));
        let page = first.page(2, vec![1], 2, None);
        let page = page.next.unwrap().page(2, vec![1, 2], 2, None);
        assert_eq!((page.next, page.more, page.complete_scan), (None, false, false));
    }
}
