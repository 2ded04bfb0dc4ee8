//! What a resource is to the rest of the platform: one row type, and one constant that describes it.

use serde::Serialize;

use super::Envelope;
use super::columns::{Column, WriteRow};
use super::segments::{SegmentOf, WriteSegment};
use crate::{RecordIds, Resource};

/// The row type of one resource.
pub trait Record: Serialize {
    /// What is true of its rows everywhere.
    const TYPE: &'static RecordType;

    /// Fills in the ids of the records it links to. Adapters know the TSP's ids only.
    fn link(&mut self, _ids: RecordIds) {}
}

/// What is true of all rows of a resource. The store, the stream, webhooks, schedules and the API read this and name no
/// resource.
#[derive(Debug)]
pub struct RecordType {
    /// What is shared, scheduled and subscribed to.
    pub resource: Resource,
    /// The row's own members in published order. The envelope's come before them.
    pub members: &'static [&'static str],
    /// The members that hold objects or arrays; a list cannot be sorted by them.
    pub nested: &'static [&'static str],
    /// How rows are stored.
    pub storage: Storage,
    /// How rows become webhook events.
    pub events: Events,
    /// Seconds between two fetches, unless a schedule says otherwise.
    pub interval_seconds: u32,
}

/// How rows are stored, and what can be asked of them.
#[derive(Clone, Copy, Debug)]
pub enum Storage {
    /// One row per entity, kept up to date. A complete walk removes the rows that it lacks. Those that the TSP lists are counted:
    /// all of them, or those whose member `counted_if` is true.
    Entity {
        /// The member.
        counted_if: Option<&'static str>,
    },
    /// One row per occurrence, found by time.
    Event(Timeline),
    /// Many small readings, packed by subject and hour.
    Series(Timeline, Packing),
    /// Worked out by the platform of another record type's readings, day by day. There is no record of a TSP behind a row.
    Derived(Derivation),
}

/// What rows in time belong to.
#[derive(Clone, Copy, Debug)]
pub struct Timeline {
    /// The member with the subject's id: what a history can be narrowed to.
    pub subject: &'static str,
    /// Whether each subject's newest row is kept at hand, for lists of newest rows.
    pub latest: bool,
    /// Whether the rows of each subject's last days are counted.
    pub counted: bool,
}

/// How a series is packed.
#[derive(Clone, Copy, Debug)]
pub struct Packing {
    /// First part of its keys. It never changes.
    pub tag: &'static str,
    /// First part of its readings' source ids: `<kind>:<subject>:<time>`. It never changes, since record ids follow from it.
    pub kind: &'static str,
    /// What is packed beside subject, time and source.
    pub columns: &'static [Column],
    /// Members that hold the id of the record which a text column names: member, column.
    pub links: &'static [(&'static str, &'static str)],
    /// Makes a row of a reading.
    pub write: WriteRow,
}

/// How rows are worked out of readings: as the segments of each subject's day.
#[derive(Clone, Copy, Debug)]
pub struct Derivation {
    /// The readings' record type.
    pub from: &'static RecordType,
    /// The member with the subject's id.
    pub subject: &'static str,
    /// Makes the segment of one reading.
    pub segment: SegmentOf,
    /// Makes a row of a segment.
    pub write: WriteSegment,
}

/// What happened to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It was not known.
    Added,
    /// Its content changed.
    Modified,
    /// The TSP does not list it any more.
    Removed,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 3] = [Self::Added, Self::Modified, Self::Removed];

    /// The second part of event names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Modified => "modified",
            Self::Removed => "removed",
        }
    }
}

/// How rows become webhook events.
#[derive(Clone, Copy, Debug)]
pub struct Events {
    /// The actions that fire.
    pub fire: &'static [Action],
    /// Actions that can be subscribed to and never fire.
    pub silent: &'static [Action],
    /// The row's own members that the event leaves out.
    pub without: &'static [&'static str],
    /// Members that only the event has: name, and JSON pointer of the value in the row.
    pub with: &'static [(&'static str, &'static str)],
    /// Members that are documented otherwise than in rows.
    pub documented: &'static [(&'static str, Documented)],
}

/// How a member of events is documented.
#[derive(Clone, Copy, Debug)]
pub enum Documented {
    /// It may be null.
    Nullable,
    /// It is always there, and never null.
    Required,
    /// It is one of these values, or null.
    OneOf(&'static [&'static str]),
}

impl Events {
    /// No events.
    pub const NONE: Self = Self { fire: &[], silent: &[], without: &[], with: &[], documented: &[] };
    /// New rows fire.
    pub const ADDED: Self = Self { fire: &[Action::Added], ..Self::NONE };
    /// New and changed rows fire.
    pub const ADDED_MODIFIED: Self = Self { fire: &[Action::Added, Action::Modified], ..Self::NONE };
    /// Everything that happens to a row fires.
    pub const ALL: Self = Self { fire: &Action::ALL, ..Self::NONE };
}

impl Storage {
    /// What rows belong to; `None` for entities.
    #[must_use]
    pub const fn timeline(&self) -> Option<Timeline> {
        match self {
            Self::Entity { .. } | Self::Derived(_) => None,
            Self::Event(timeline) | Self::Series(timeline, _) => Some(*timeline),
        }
    }

    /// Whether each subject's newest row is kept at hand.
    #[must_use]
    pub const fn keeps_latest(&self) -> bool {
        matches!(self.timeline(), Some(Timeline { latest: true, .. }))
    }
}

impl RecordType {
    /// Whether rows have a member of their own with this name.
    #[must_use]
    pub const fn has(&self, member: &str) -> bool {
        contains(self.members, member)
    }

    /// Whether a list can be sorted by a member: those of envelope and row that are neither objects nor arrays.
    #[must_use]
    pub fn is_sortable(&self, member: &str) -> bool {
        let shared = contains(Envelope::MEMBERS, member) && !contains(Envelope::NESTED, member);
        shared || self.has(member) && !contains(self.nested, member)
    }

    /// Whether an action fires an event.
    #[must_use]
    pub fn fires(&self, action: Action) -> bool {
        self.events.fire.contains(&action)
    }

    /// Whether the event record has the row's member (contract section 13.8).
    #[must_use]
    pub fn is_in_events(&self, member: &str) -> bool {
        !contains(Envelope::NOT_IN_EVENTS, member) && !contains(self.events.without, member)
    }

    /// The name of an action's event.
    #[must_use]
    pub fn event_name(&self, action: Action) -> String {
        format!("{}.{}", self.resource, action.name())
    }

    /// What its rows are worked out of; `None` where they come from TSPs.
    #[must_use]
    pub const fn derived_from(&self) -> Option<&'static Self> {
        match self.storage {
            Storage::Derived(derivation) => Some(derivation.from),
            _ => None,
        }
    }

    /// Fails to compile where the description names a member or column that rows do not have.
    pub(super) const fn check(&self) {
        assert!(is_part(self.nested, self.members), "`nested` names a member that the row does not have");
        assert!(is_part(self.events.without, self.members), "`without` names a member that the row does not have");
        assert!(!shares(self.members, Envelope::MEMBERS), "a member has the name of one that every row has");
        check_pointers(self.events.with, self.members);
        check_documented(self.events.documented, self.members);
        if let Some(timeline) = self.storage.timeline() {
            assert!(self.has(timeline.subject), "`subject` is not a member of the row");
        }
        if let Storage::Entity { counted_if: Some(member) } = self.storage {
            assert!(self.has(member), "`counted_if` is not a member of the row");
        }
        if let Storage::Series(timeline, packing) = self.storage {
            assert!(!timeline.counted, "readings are counted by hour");
            check_links(packing.links, self.members, packing.columns);
        }
        if let Storage::Derived(derivation) = self.storage {
            assert!(matches!(derivation.from.storage, Storage::Series(..)), "rows are worked out of readings only");
            assert!(self.has(derivation.subject), "`subject` is not a member of the row");
        }
        assert!(self.members.len() <= 64, "the row writer notes members in 64 bits");
    }
}

/// Whether a list holds a name.
#[must_use]
pub const fn contains(mut list: &[&str], name: &str) -> bool {
    while let [first, rest @ ..] = list {
        if equal(first.as_bytes(), name.as_bytes()) {
            return true;
        }
        list = rest;
    }
    false
}

/// Whether two texts are equal; `==` is not const.
#[must_use]
pub const fn equal(mut left: &[u8], mut right: &[u8]) -> bool {
    loop {
        match (left, right) {
            ([], []) => return true,
            ([one, rest @ ..], [two, others @ ..]) if *one == *two => (left, right) = (rest, others),
            _ => return false,
        }
    }
}

const fn is_part(mut some: &[&str], all: &[&str]) -> bool {
    while let [first, rest @ ..] = some {
        if !contains(all, first) {
            return false;
        }
        some = rest;
    }
    true
}

const fn shares(mut some: &[&str], others: &[&str]) -> bool {
    while let [first, rest @ ..] = some {
        if contains(others, first) {
            return true;
        }
        some = rest;
    }
    false
}

/// Each pointer begins with a member: `/member` or `/member/...`.
const fn check_pointers(mut with: &[(&str, &str)], members: &[&str]) {
    while let [(_, pointer), rest @ ..] = with {
        let (mut known, mut others) = (false, members);
        while let [member, more @ ..] = others {
            known = known || begins(pointer.as_bytes(), member.as_bytes());
            others = more;
        }
        assert!(known, "`with` points to a member that the row does not have");
        with = rest;
    }
}

const fn check_documented(mut documented: &[(&str, Documented)], members: &[&str]) {
    while let [(name, _), rest @ ..] = documented {
        assert!(contains(members, name), "`documented` names a member that the row does not have");
        documented = rest;
    }
}

const fn begins(pointer: &[u8], member: &[u8]) -> bool {
    let [b'/', rest @ ..] = pointer else { return false };
    match rest.split_at_checked(member.len()) {
        Some((first, [] | [b'/', ..])) => equal(first, member),
        _ => false,
    }
}

const fn check_links(mut links: &[(&str, &str)], members: &[&str], columns: &[Column]) {
    while let [(member, column), rest @ ..] = links {
        assert!(contains(members, member), "`links` names a member that the row does not have");
        let (mut known, mut others) = (false, columns);
        while let [one, more @ ..] = others {
            known = known || equal(one.name.as_bytes(), column.as_bytes());
            others = more;
        }
        assert!(known, "`links` names a column that the series does not have");
        links = rest;
    }
}
