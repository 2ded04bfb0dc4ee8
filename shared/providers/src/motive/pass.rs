//! A pass through the lists of newest positions: where it stands, and what was read of histories.

use std::collections::BTreeMap;

use model::Timestamp;
use model::telematics::series::{ReadingsOf, Series};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Motive;
use super::client::List;
use super::units::CompanyUnits;
use crate::cursor::{Cursor, DAY};
use crate::numbered::Numbered;
use crate::wire::Members;
use crate::{ProviderError, Source};

/// The most histories that the provider takes at once, and so many are read with a page.
pub(super) const AT_ONCE: usize = 10;
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

    pub(super) fn at_once(&self) -> usize {
        if self.to.seconds_since(self.from) > (4 * RECENT) as f64 { LONG_AT_ONCE } else { AT_ONCE }
    }
}

/// Where a pass through the lists stands, and what was read of histories.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pass {
    /// Which list.
    pub(super) list: usize,
    pub(super) at: Numbered,
    /// Whether an earlier list could be read.
    #[serde(default)]
    pub(super) is_answered: bool,
    /// The span of the histories that are read in this pass, if any are.
    pub(super) history: Option<Span>,
    /// Whether too many of them could not be read to remember which.
    #[serde(default)]
    is_incomplete: bool,
    /// Subjects whose history could not be read, and from when on it is asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    unread: BTreeMap<String, Timestamp>,
    /// Subjects of this page that were read; the provider asked to wait with the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) read: Vec<String>,
    /// The units of the vehicles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) units: Option<CompanyUnits>,
    /// The span of those that were read last.
    done: Option<Span>,
    /// How many subjects there are.
    #[serde(default)]
    pub(super) subjects: u64,
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
    pub(super) fn start(&self, span: &Span, subject: &Subject<'_>) -> Option<Timestamp> {
        let unread = self.unread.get(&subject.id).map(|unread| span.longest(*unread));
        let from = span.of(&subject.id);
        let from = unread.map_or(from, |unread| unread.min(from));
        subject.located_at.is_some_and(|at| at >= from).then_some(from)
    }

    /// Takes note of what became of a subject's history.
    pub(super) fn note(&mut self, subject: &str, history: History) {
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
    pub(super) fn next_list(mut self, lists: &[LatestList]) -> Self {
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
    pub(super) fn is_at_start(&self) -> bool {
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
    /// One of which nothing is known.
    pub(super) fn bare(id: &str) -> Self {
        Self { id: id.to_owned(), wire: Members::default(), latest: None, located_at: None, is_metric: None }
    }

    pub(super) fn of(raw: &'a RawValue, units: Option<&CompanyUnits>) -> Option<Self> {
        let wire = Members::of(raw);
        let latest = wire.raw("current_location").filter(|raw| raw.get() != "null");
        let located_at = wire.object("current_location").get("located_at");
        let id: String = wire.get("id")?;
        let is_metric = wire.get("metric_units").or_else(|| units?.is_metric(&id));
        Some(Self { id, wire, latest, located_at, is_metric })
    }
}

/// What became of the history of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum History {
    /// There is no news of the subject, or the list has no histories.
    NotAsked,
    /// It was read, and has the newest position or will have it soon.
    Read,
    /// It was read, and is behind.
    Behind,
    /// The account does not have it.
    NotOffered,
    /// It could not be read, and is to be asked for from then on.
    Unread(Timestamp),
    /// The provider asks to wait with it.
    Postponed,
}

pub(super) fn is_not_offered(error: &ProviderError) -> bool {
    error.is_forbidden() || matches!(error, ProviderError::Rejected { .. })
}
