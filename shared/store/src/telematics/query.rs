//! What a list asks for.

use std::collections::HashSet;

use model::telematics::{RecordType, Storage};
use model::{RecordId, Timestamp};
use serde_json::Value;

use super::row::find;
use super::table::{Item, read_text, unreadable};
use super::{merge, stored};
use crate::{GrantedConnection, Page, StoreError};

/// Which rows are wanted, and in which order. Conditions are AND-ed, and a list means any of its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Record ids.
    pub ids: Option<Vec<RecordId>>,
    /// The TSP's ids.
    pub source_ids: Option<Vec<String>>,
    /// Members of the row.
    pub members: Vec<MemberFilter>,
    /// `occurred_at` not before this.
    pub from: Option<Timestamp>,
    /// `occurred_at` before this.
    pub to: Option<Timestamp>,
    /// Ended at this or later; rows that have not ended pass.
    pub active_from: Option<Timestamp>,
    /// Started before this.
    pub active_to: Option<Timestamp>,
    /// Only the newest row of each subject. The conditions look at that row alone, and the order is by connection and subject.
    pub latest: bool,
    /// Only entities that the TSP lists now, by connection and id; with `latest`, only readings of such.
    pub listed: bool,
    /// Of what is worked out day by day: the day. The order is by connection and subject.
    pub day: Option<DayQuery>,
    /// The order of the other lists.
    pub order: Order,
}

/// A day of what is worked out day by day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayQuery {
    /// The day (UTC), such as `2026-11-21`.
    pub day: String,
    /// Whether the rows of a subject that are of one place are merged into one.
    pub merged: bool,
}

/// In which order rows are wanted. Nulls are last either way, and ties are in the order of ids; times that go down have their ties go
/// down, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// A scalar member of the row; `None` = `occurred_at`.
    pub field: Option<String>,
    /// Largest first.
    pub descending: bool,
}

/// A condition on a member of the row.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberFilter {
    /// The member.
    pub member: &'static str,
    /// What it must hold.
    pub any_of: Values,
}

/// Values that a member may hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Ids of linked records.
    Ids(Vec<RecordId>),
    /// Texts or codes.
    Texts(Vec<String>),
    /// True or false.
    Flag(bool),
}

impl Values {
    /// The values as they are written in JSON.
    fn json(&self) -> HashSet<String> {
        match self {
            Self::Ids(ids) => ids.iter().map(|id| Value::from(id.to_string()).to_string()).collect(),
            Self::Texts(texts) => texts.iter().map(|text| Value::from(text.as_str()).to_string()).collect(),
            Self::Flag(flag) => HashSet::from([flag.to_string()]),
        }
    }
}

impl Query {
    /// Whether rows are named by their ids.
    pub(super) fn names_rows(&self) -> bool {
        self.ids.is_some() || self.source_ids.is_some()
    }

    /// Whether its rows are in the order of connections and, in each, of subjects.
    pub(super) fn is_by_subject(&self) -> bool {
        self.latest || self.day.is_some() || (self.listed && !self.names_rows())
    }

    /// The conditions on stored text, ready to be compared.
    pub(super) fn conditions(&self) -> Conditions {
        Conditions {
            members: self.members.iter().map(|filter| (filter.member, filter.any_of.json())).collect(),
            active_from: self.active_from,
            active_to: self.active_to,
            listed: self.listed && !self.latest,
        }
    }

    /// Whether the entities that it admits are just those that are counted.
    pub(super) fn is_counted(&self, record: &RecordType) -> bool {
        let Storage::Entity { counted_if } = record.storage else { return false };
        let is_flag = |filter: &MemberFilter| Some(filter.member) == counted_if && filter.any_of == Values::Flag(true);
        let members = self.members.len() == usize::from(counted_if.is_some()) && self.members.iter().all(is_flag);
        self.listed && members && !self.names_rows() && self.active_from.is_none() && self.active_to.is_none()
    }
}

/// Conditions on the stored text of rows.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    members: Vec<(&'static str, HashSet<String>)>,
    active_from: Option<Timestamp>,
    active_to: Option<Timestamp>,
    listed: bool,
}

impl Conditions {
    /// Whether every row passes.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.active_from.is_none() && self.active_to.is_none() && !self.listed
    }

    /// The items that are on the page and pass, each with its mark. The attribute `key` orders them.
    pub(super) fn admitted(
        &self,
        items: Vec<Item>,
        key: &str,
        granted: &GrantedConnection,
        page: &Page,
    ) -> Result<Vec<(String, Item)>, StoreError> {
        let mut admitted = Vec::with_capacity(items.len());
        for item in items {
            let mark = merge::mark(read_text(&item, key), granted);
            if merge::is_on_page(page, &mark) && stored::is_seen(&item, granted) && self.admit(&item)? {
                admitted.push((mark, item));
            }
        }
        Ok(admitted)
    }

    /// Whether the row that an item holds passes.
    pub(super) fn admit(&self, item: &Item) -> Result<bool, StoreError> {
        if self.listed && item.contains_key("deleted_at") {
            return Ok(false);
        }
        self.admit_text(stored::body(item)).map_err(|error| unreadable(item, error))
    }

    fn admit_text(&self, body: &str) -> Result<bool, serde_json::Error> {
        let time = |name: &str| {
            let found = find(body, name)?;
            Ok::<_, serde_json::Error>(found.and_then(|value| Timestamp::parse(value.get().trim_matches('"'))))
        };
        for (name, values) in &self.members {
            if !find(body, name)?.is_some_and(|value| values.contains(value.get())) {
                return Ok(false);
            }
        }
        if let Some(from) = self.active_from
            && time("ended_at")?.is_some_and(|ended| ended < from)
        {
            return Ok(false);
        }
        if let Some(to) = self.active_to
            && time("started_at")?.is_some_and(|started| started >= to)
        {
            return Ok(false);
        }
        Ok(true)
    }
}
