//! Where something was: lists of newest positions, and a history of each subject by days.
//!
//! There is no feed. Each pass goes through the lists, which tell of whom there is news; of those the history is asked, which is
//! richer and lacks nothing. Small fleets are asked so with every pass, large ones every few minutes, since the history is a request
//! for each vehicle; between, the newest positions are what there is. A newest position tells little and a stored one never changes, so
//! it is left to the history where that has it, or is about to.
//!
//! Histories are told by days, and it is not documented whose: a day more is asked for, and readings before the span are left out.

use std::collections::BTreeMap;

use model::Timestamp;
use model::telematics::series::{ReadingsOf, Series};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Motive;
use super::client::{List, PAGE_SIZE};
use super::histories::{self, AT_ONCE, History};
use super::units::CompanyUnits;
use crate::client::OkResponse;
use crate::cursor::{Cursor, DAY};
use crate::numbered::{Numbered, Said};
use crate::wire::Members;
use crate::{Api, Page, ProviderError, Source};

/// So many histories are read with a page where they are long.
const LONG_AT_ONCE: usize = 3;
/// How far histories are asked for each time, at first, and once a day for what was uploaded late.
const RECENT: i64 = 15 * MINUTE;
const FIRST: i64 = DAY;
const LATE: i64 = 2 * DAY;
/// The longest span that is asked for: after a pause, or again because histories could not be read.
const LONGEST: i64 = 7 * DAY;
/// The time between two passes with histories grows by a minute with each so many subjects, up to the longest.
const SUBJECTS_A_MINUTE: u64 = 100;
const MINUTE: i64 = 60;
const LONGEST_PAUSE: i64 = 5 * MINUTE;
/// A pass begins early rather than late: runs are a minute apart, give or take seconds.
const EARLY: i64 = MINUTE / 2;
/// The most subjects that are remembered because their history could not be read; of more, all are asked for again.
const MOST_UNREAD: usize = 100;

/// What histories are asked for in a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span {
    from: Timestamp,
    pub(super) to: Timestamp,
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

    /// An instant, or the earliest one that is asked for.
    fn longest(&self, from: Timestamp) -> Timestamp {
        from.max(self.to.plus_seconds(-LONGEST))
    }

    fn at_once(&self) -> usize {
        if self.to.seconds_since(self.from) > (4 * RECENT) as f64 { LONG_AT_ONCE } else { AT_ONCE }
    }
}

/// Where a pass through the lists stands, and what was read of histories.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pass {
    /// Which list.
    list: usize,
    at: Numbered,
    /// Whether an earlier list could be read.
    #[serde(default)]
    is_answered: bool,
    /// The span of the histories that are read in this pass, if any are.
    history: Option<Span>,
    /// Whether too many of them could not be read to remember which.
    #[serde(default)]
    is_incomplete: bool,
    /// Subjects whose history could not be read, and from when on it is asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    unread: BTreeMap<String, Timestamp>,
    /// Subjects of this page that were read; the provider asked to wait with the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    read: Vec<String>,
    /// The units of the vehicles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    units: Option<CompanyUnits>,
    /// The span of those that were read last.
    done: Option<Span>,
    /// How many subjects there are.
    #[serde(default)]
    subjects: u64,
}

impl Cursor for Pass {
    const KIND: &'static str = "lists and histories";

    fn begin(kept: Option<Self>, now: Timestamp) -> Self {
        let mut kept = kept.unwrap_or_default();
        if !kept.is_at_start() {
            return kept;
        }
        let (done, subjects) = (kept.done, kept.subjects);
        let minutes = i64::try_from(subjects.div_ceil(SUBJECTS_A_MINUTE)).unwrap_or(i64::MAX);
        let pause = minutes.saturating_mul(MINUTE).clamp(MINUTE, LONGEST_PAUSE);
        let is_due = done.is_none_or(|done| done.to <= now.plus_seconds(EARLY - pause));
        let history = is_due.then(|| Span::begin(done, pause, now));
        kept.unread.retain(|_, from| *from > now.plus_seconds(-LONGEST));
        Self { history, ..kept }
    }
}

impl Pass {
    /// From when on the history of a subject is asked for, where there is news of it.
    fn start(&self, span: &Span, subject: &Subject<'_>) -> Option<Timestamp> {
        let unread = self.unread.get(&subject.id).map(|unread| span.longest(*unread));
        let from = span.of(&subject.id);
        let from = unread.map_or(from, |unread| unread.min(from));
        subject.located_at.is_some_and(|at| at >= from).then_some(from)
    }

    /// Takes note of what became of a subject's history.
    fn note(&mut self, subject: &str, history: History) {
        match history {
            History::Unread(from) if self.unread.len() < MOST_UNREAD || self.unread.contains_key(subject) => {
                self.unread.insert(subject.to_owned(), from);
            }
            History::Unread(_) => self.is_incomplete = true,
            History::Read | History::Behind | History::NotOffered => _ = self.unread.remove(subject),
            History::NotAsked | History::Postponed => {}
        }
    }

    /// The beginning of the next list; without one, the end of the pass.
    fn next_list(mut self, lists: &[LatestList]) -> Self {
        self.list += 1;
        self.at = Numbered::first();
        self.read.clear();
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

    /// Whether it stands before its first page.
    fn is_at_start(&self) -> bool {
        self.list == 0 && self.at.page == 1 && self.read.is_empty()
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
    /// Whether histories are told in pages.
    const IS_PAGED: bool;
    /// Whether numbers are told in the units of the subject, a vehicle.
    const HAS_UNITS: bool;

    /// Adds the newest position of a listed subject; `None` where there is none that can be read.
    fn push_latest(rows: &mut Self::Rows, subject: &Subject<'_>) -> Option<()>;

    /// Adds a position of a subject's history unless it is from before an instant, and tells its time; `None` where it cannot be read.
    fn push_history(rows: &mut Self::Rows, subject: &Subject<'_>, raw: &RawValue, from: Timestamp) -> Option<Timestamp>;
}

/// What a list tells of a subject.
pub(super) struct Subject<'a> {
    pub(super) id: String,
    pub(super) wire: Members<'a>,
    /// Its newest position, as JSON.
    pub(super) latest: Option<&'a RawValue>,
    pub(super) located_at: Option<Timestamp>,
    /// Whether its numbers are metric; `None` where nobody says.
    pub(super) is_metric: Option<bool>,
}

impl<'a> Subject<'a> {
    fn of(raw: &'a RawValue, units: Option<&CompanyUnits>) -> Option<Self> {
        let wire = Members::of(raw);
        let latest = wire.raw("current_location").filter(|raw| raw.get() != "null");
        let located_at = wire.object("current_location").get("located_at");
        let id: String = wire.get("id")?;
        let is_metric = wire.get("metric_units").or_else(|| units?.is_metric(&id));
        Some(Self { id, wire, latest, located_at, is_metric })
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
    if T::HAS_UNITS && span.is_some() && pass.is_at_start() {
        pass.units = CompanyUnits::ask(api, pass.units).await?;
    }
    let response = match api.page(latest.list, &[], pass.at.page, size).await {
        // A scope or a product that the account does not have. One of the lists is enough.
        Err(error) if is_not_offered(&error) && (pass.is_answered || pass.list + 1 < T::LATEST.len()) => {
            tracing::info!(provider = "motive", path = latest.list.path, reason = %error, "positions are read without a list");
            return Ok(ended(pass.next_list(T::LATEST), ReadingsOf::default()));
        }
        answer => answer?,
    };
    let listed = response.listed(latest.list)?;
    let subjects = listed.rows.iter().filter_map(|raw| Subject::of(raw, pass.units.as_ref()));
    let subjects: Vec<Subject<'_>> = subjects.filter(|subject| !pass.read.contains(&subject.id)).collect();
    let mut rows = ReadingsOf::default();
    let starts: Vec<_> = subjects.iter().map(|subject| pass.start(span.as_ref()?, subject)).collect();
    let histories = match &span {
        Some(span) => histories::read::<T>(api, &subjects, span, &starts, &mut rows).await?,
        None => vec![History::NotAsked; subjects.len()],
    };
    let mut skipped = 0_usize;
    for (subject, history) in subjects.iter().zip(&histories) {
        pass.note(&subject.id, *history);
        let is_wanted = !matches!(history, History::Read | History::Postponed);
        skipped += usize::from(is_wanted && T::push_latest(&mut rows, subject).is_none());
    }
    if skipped > 0 {
        tracing::debug!(skipped, provider = "motive", path = latest.list.path, "skipped subjects without a position");
    }
    if histories.contains(&History::Postponed) {
        let read = subjects.into_iter().zip(histories).filter(|(_, history)| *history != History::Postponed);
        pass.read.extend(read.map(|(subject, _)| subject.id));
        return Ok(ended(Pass { is_answered: true, ..pass }, rows));
    }
    Ok(ended(pass.behind::<T>(&response, listed.said, size)?, rows))
}

impl Pass {
    /// Where the pass goes on behind a page.
    fn behind<T: Tracked>(self, response: &OkResponse, said: Said, size: usize) -> Result<Self, ProviderError> {
        let (next, read) = self.at.after(said, size).map_err(|what| response.malformed(what))?;
        let subjects = read.total().filter(|_| self.list == 0).unwrap_or(self.subjects);
        let pass = Self { is_answered: true, subjects, read: Vec::new(), ..self };
        Ok(match next {
            Some(at) => Self { at, ..pass },
            None => pass.next_list(T::LATEST),
        })
    }
}

fn ended<R>(pass: Pass, rows: R) -> Page<R, Pass> {
    let more = !pass.is_at_start();
    Page { rows, next: Some(pass), more, complete_scan: false, scan_total: None, withdrawn: Vec::new(), window: None }
}

pub(super) fn is_not_offered(error: &ProviderError) -> bool {
    error.is_forbidden() || matches!(error, ProviderError::Rejected { .. })
}
