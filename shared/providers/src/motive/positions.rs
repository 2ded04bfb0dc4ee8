//! Where something was: lists of newest positions, and a history of each subject by days.
//!
//! There is no feed. Each pass goes through the lists, which tell of whom there is news; of those the history is asked, which is
//! richer and lacks nothing. Small fleets are asked so with every pass, large ones every few minutes, since the history is a request
//! for each vehicle; between, the newest positions are what there is.
//!
//! Histories are told by days, and it is not documented whose: a day more is asked for, and readings before the span are left out.

use futures::future::join_all;
use model::Timestamp;
use model::telematics::series::{ReadingsOf, Series};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Motive;
use super::client::{List, PAGE_SIZE, unwrapped};
use crate::client::OkResponse;
use crate::cursor::{Cursor, DAY};
use crate::numbered::{Numbered, Said};
use crate::wire::Members;
use crate::{Api, PAGE_DEADLINE, Page, ProviderError, Source};

/// The most histories that the provider takes at once, and so many are read with a page.
const AT_ONCE: usize = 10;
/// So many where they are long.
const LONG_AT_ONCE: usize = 3;
/// How far histories are asked for each time, at first, and once a day for what was uploaded late.
const RECENT: i64 = 15 * MINUTE;
const FIRST: i64 = DAY;
const LATE: i64 = 2 * DAY;
/// The longest span that is asked for: after a pause, or again because a history could not be read.
const LONGEST: i64 = 7 * DAY;
/// The time between two passes with histories grows by a minute with each so many subjects, up to the longest.
const SUBJECTS_A_MINUTE: u64 = 100;
const MINUTE: i64 = 60;
const LONGEST_PAUSE: i64 = 5 * MINUTE;
/// A pass begins early rather than late: runs are a minute apart, give or take seconds.
const EARLY: i64 = MINUTE / 2;
/// Whose day it is at an instant may be told by a clock so far behind.
const CLOCKS: i64 = 14 * 3_600;

/// What histories are asked for in a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Span {
    from: Timestamp,
    to: Timestamp,
    /// The number of the pass: with each, a few subjects are asked for more, so that all have their turn within a day.
    turn: i64,
    /// Passes of a day.
    turns: i64,
}

impl Span {
    fn begin(done: Option<Self>, pause: i64, now: Timestamp) -> Self {
        let ago = |seconds: i64| now.plus_seconds(-seconds);
        let from = done.map_or(ago(FIRST), |done| done.to.min(ago(RECENT)).max(ago(LONGEST)));
        Self { from, to: now, turn: done.map_or(0, |done| done.turn + 1), turns: DAY / pause }
    }

    /// From when on a subject is asked for.
    fn of(&self, subject: &str) -> Timestamp {
        let number: i64 = subject.parse().unwrap_or_default();
        let is_its_turn = number.rem_euclid(self.turns) == self.turn.rem_euclid(self.turns);
        if is_its_turn { self.from.min(self.to.plus_seconds(-LATE)) } else { self.from }
    }

    fn at_once(&self) -> usize {
        if self.to.seconds_since(self.from) > (4 * RECENT) as f64 { LONG_AT_ONCE } else { AT_ONCE }
    }
}

/// Where a pass through the lists stands, and what was read of histories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pass {
    /// Which list.
    list: usize,
    at: Numbered,
    /// Whether an earlier list could be read.
    #[serde(default)]
    is_answered: bool,
    /// The span of the histories that are read in this pass, if any are.
    history: Option<Span>,
    /// Whether one of them could not be read.
    #[serde(default)]
    is_incomplete: bool,
    /// The span of those that were read last.
    done: Option<Span>,
    /// How many subjects there are.
    #[serde(default)]
    subjects: u64,
}

impl Cursor for Pass {
    const KIND: &'static str = "lists and histories";

    fn begin(kept: Option<Self>, now: Timestamp) -> Self {
        let (done, subjects) = match kept {
            Some(kept) if kept.list > 0 || kept.at.page > 1 => return kept,
            Some(kept) => (kept.done, kept.subjects),
            None => (None, 0),
        };
        let minutes = i64::try_from(subjects.div_ceil(SUBJECTS_A_MINUTE)).unwrap_or(i64::MAX);
        let pause = minutes.saturating_mul(MINUTE).clamp(MINUTE, LONGEST_PAUSE);
        let is_due = done.is_none_or(|done| done.to <= now.plus_seconds(EARLY - pause));
        let history = is_due.then(|| Span::begin(done, pause, now));
        Self { list: 0, at: Numbered::first(), is_answered: false, history, is_incomplete: false, done, subjects }
    }
}

impl Pass {
    /// The beginning of the next list; without one, the end of the pass.
    fn next_list(mut self, lists: &[LatestList]) -> Self {
        self.list += 1;
        self.at = Numbered::first();
        let is_wanted = |list: &LatestList| !list.is_slow || self.history.is_some();
        if lists.get(self.list).is_some_and(is_wanted) {
            return self;
        }
        let done = match self.history.take() {
            // What could not be read is asked for again, with all the others, from where this span began.
            Some(span) if self.is_incomplete => Some(Span { to: span.from, ..span }),
            Some(span) => Some(span),
            None => self.done,
        };
        Self { list: 0, is_answered: false, is_incomplete: false, done, ..self }
    }

    fn has_ended(&self) -> bool {
        self.list == 0 && self.at.page == 1
    }
}

/// A list of newest positions.
pub(super) struct LatestList {
    pub(super) list: List,
    /// Whether what it tells may be half an hour old, so that it is not asked with every pass.
    pub(super) is_slow: bool,
    /// Whether its subjects have a history.
    pub(super) has_history: bool,
}

/// How positions of one kind of subject are read.
pub(super) trait Tracked: Source<Provider = Motive, Rows = ReadingsOf<Self::Record>, Cursor = Pass> {
    type Record: Series;

    const LATEST: &'static [LatestList];
    /// The member of a history with its rows, and what each row is wrapped in.
    const HISTORY: List;
    /// The parameters with the first and the last day of a history.
    const DAYS: [&'static str; 2];

    /// Adds the newest position of a listed subject; `None` where there is none that can be read.
    fn push_latest(rows: &mut Self::Rows, subject: &Subject<'_>) -> Option<()>;

    /// Adds a position of a subject's history that is not before an instant; `None` where it cannot be read.
    fn push_history(rows: &mut Self::Rows, subject: &Subject<'_>, raw: &RawValue, from: Timestamp) -> Option<()>;
}

/// What a list tells of a subject.
pub(super) struct Subject<'a> {
    pub(super) id: String,
    pub(super) wire: Members<'a>,
    /// Its newest position, as JSON.
    pub(super) latest: Option<&'a RawValue>,
    located_at: Option<Timestamp>,
}

impl<'a> Subject<'a> {
    fn of(raw: &'a RawValue) -> Option<Self> {
        let wire = Members::of(raw);
        let latest = wire.raw("current_location").filter(|raw| raw.get() != "null");
        let located_at = wire.object("current_location").get("located_at");
        Some(Self { id: wire.get("id")?, wire, latest, located_at })
    }
}

/// A page of a pass: subjects with their newest positions, and where histories are read, their history before.
pub(super) async fn page<T: Tracked>(
    api: &Api<'_, Motive>,
    mut pass: Pass,
) -> Result<Page<ReadingsOf<T::Record>, Pass>, ProviderError> {
    let Some(latest) = T::LATEST.get(pass.list) else { return Ok(ended(pass.next_list(T::LATEST), ReadingsOf::default())) };
    let span = pass.history.filter(|_| latest.has_history);
    let size = span.map_or(PAGE_SIZE, |span| span.at_once());
    let response = match api.page(latest.list, &[], pass.at.page, size).await {
        // A scope or a product that the account does not have. One of the lists is enough.
        Err(error) if is_not_offered(&error) && (pass.is_answered || pass.list + 1 < T::LATEST.len()) => {
            tracing::info!(provider = "motive", path = latest.list.path, reason = %error, "positions are read without a list");
            return Ok(ended(pass.next_list(T::LATEST), ReadingsOf::default()));
        }
        answer => answer?,
    };
    let listed = response.listed(latest.list)?;
    let subjects: Vec<Subject<'_>> = listed.rows.iter().filter_map(|raw| Subject::of(raw)).collect();
    let mut rows = ReadingsOf::default();
    if let Some(span) = &span {
        pass.is_incomplete |= !histories::<T>(api, &subjects, span, &mut rows).await?;
    }
    let read = subjects.iter().filter(|subject| T::push_latest(&mut rows, subject).is_some()).count();
    if read < listed.said.listed {
        let skipped = listed.said.listed - read;
        tracing::debug!(skipped, provider = "motive", path = latest.list.path, "skipped subjects without a position");
    }
    Ok(ended(pass.behind::<T>(&response, listed.said, size)?, rows))
}

impl Pass {
    /// Where the pass goes on behind a page.
    fn behind<T: Tracked>(self, response: &OkResponse, said: Said, size: usize) -> Result<Self, ProviderError> {
        let (next, read) = self.at.after(said, size).map_err(|what| response.malformed(what))?;
        let subjects = read.total().filter(|_| self.list == 0).unwrap_or(self.subjects);
        let pass = Self { is_answered: true, subjects, ..self };
        Ok(match next {
            Some(at) => Self { at, ..pass },
            None => pass.next_list(T::LATEST),
        })
    }
}

fn ended<R>(pass: Pass, rows: R) -> Page<R, Pass> {
    let more = !pass.has_ended();
    Page { rows, next: Some(pass), more, complete_scan: false, window: None }
}

fn is_not_offered(error: &ProviderError) -> bool {
    error.is_forbidden() || matches!(error, ProviderError::Rejected { .. })
}

/// Reads the histories of those subjects of whom there is news since the span began. Could all of them be read?
async fn histories<T: Tracked>(
    api: &Api<'_, Motive>,
    subjects: &[Subject<'_>],
    span: &Span,
    rows: &mut ReadingsOf<T::Record>,
) -> Result<bool, ProviderError> {
    let last = span.to.date().to_string();
    let begun = |subject: &Subject<'_>| {
        let from = span.of(&subject.id);
        subject.located_at.is_some_and(|at| at >= from).then_some(from)
    };
    let news: Vec<(&Subject<'_>, Timestamp)> = subjects.iter().filter_map(|subject| Some((subject, begun(subject)?))).collect();
    let ask = async |(subject, from): &(&Subject<'_>, Timestamp)| {
        let path = format!("{}/{}", T::HISTORY.path, subject.id);
        let first = from.plus_seconds(-CLOCKS).date().to_string();
        let [from, to] = T::DAYS;
        api.get(&path, &[(from, first.as_str()), (to, last.as_str())], PAGE_DEADLINE).await
    };
    let mut are_read = true;
    for group in news.chunks(AT_ONCE) {
        let answers = join_all(group.iter().map(ask)).await;
        for ((subject, from), answer) in group.iter().zip(answers) {
            are_read &= match answer {
                Ok(response) => add_history::<T>(&response, subject, *from, rows),
                Err(error) => is_passed_over(error)?,
            };
        }
    }
    Ok(are_read)
}

/// Adds the positions of a history. Is it one?
fn add_history<T: Tracked>(
    response: &OkResponse,
    subject: &Subject<'_>,
    from: Timestamp,
    rows: &mut ReadingsOf<T::Record>,
) -> bool {
    let listed = match response.listed(T::HISTORY) {
        Ok(listed) => listed,
        Err(error) => {
            tracing::warn!(provider = "motive", cause = %error, "failed to read a history of positions, will ask again");
            return false;
        }
    };
    let skipped = listed.rows.iter().filter(|raw| T::push_history(rows, subject, unwrapped(raw, T::HISTORY.row), from).is_none());
    let skipped = skipped.count();
    if skipped > 0 {
        tracing::warn!(skipped, provider = "motive", "skipped positions without time or place");
    }
    true
}

/// Whether a history that was not read is one that the account does not have, and not one to be asked for again.
///
/// # Errors
/// Where the provider asks to wait, or does not take the credentials: that is true of all of them.
fn is_passed_over(error: ProviderError) -> Result<bool, ProviderError> {
    match error {
        error if is_not_offered(&error) => {
            tracing::info!(provider = "motive", reason = %error, "positions are read without a history");
            Ok(true)
        }
        error @ (ProviderError::RateLimited { .. } | ProviderError::Refused { .. } | ProviderError::Unsupported { .. }) => {
            Err(error)
        }
        error => {
            tracing::warn!(provider = "motive", cause = %error, "failed to read a history of positions, will ask again");
            Ok(false)
        }
    }
}
