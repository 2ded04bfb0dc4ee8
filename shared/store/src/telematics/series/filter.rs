//! Conditions on readings: by their subject, and by records that their text columns name.

use std::collections::HashSet;

use model::telematics::columns::Texts;
use model::telematics::readings::Readings;
use model::telematics::{RecordType, Storage};
use model::{ConnectionId, RecordId};

use super::super::query::{Query, Values};
use crate::StoreError;

/// Which readings are wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    /// Any of these subjects.
    pub(super) subjects: Option<Vec<RecordId>>,
    /// Any of the subjects that the TSP calls so.
    source_subjects: Option<HashSet<String>>,
    /// Text columns, and the records that they must name.
    links: Vec<(&'static str, HashSet<RecordId>)>,
}

impl Filter {
    /// The conditions of a query.
    pub(super) fn of(record: &'static RecordType, query: &Query) -> Result<Self, StoreError> {
        let Storage::Series(timeline, packing) = record.storage else { return Ok(Self::default()) };
        let source_subjects = query.source_ids.as_ref().map(|ids| ids.iter().cloned().collect());
        let mut filter = Self { source_subjects, ..Self::default() };
        for condition in &query.members {
            let Values::Ids(ids) = &condition.any_of else { return Err(unsupported(condition.member)) };
            if condition.member == timeline.subject {
                filter.subjects = Some(ids.clone());
                continue;
            }
            let link = packing.links.iter().find(|(member, _)| *member == condition.member);
            let (_, column) = link.ok_or_else(|| unsupported(condition.member))?;
            filter.links.push((column, ids.iter().copied().collect()));
        }
        Ok(filter)
    }

    /// Whether subjects alone decide, so that counts by subject are totals.
    pub(super) fn is_by_subject(&self) -> bool {
        self.links.is_empty() && self.source_subjects.is_none()
    }

    /// Which readings of a connection are wanted. Each distinct text is compared once.
    pub(super) fn admitted(&self, readings: &Readings, connection: ConnectionId) -> Vec<bool> {
        let mut admitted = vec![true; readings.len()];
        let mut narrow = |texts: &Texts, wanted: &dyn Fn(&RecordId) -> bool| {
            let known: Vec<bool> = texts.values().iter().map(|text| wanted(&RecordId::of(text, connection))).collect();
            for (row, admitted) in admitted.iter_mut().enumerate() {
                *admitted &= texts.number(row).and_then(|number| known.get(number).copied()).unwrap_or(false);
            }
        };
        if let Some(ids) = &self.subjects {
            let ids: HashSet<&RecordId> = ids.iter().collect();
            narrow(readings.subjects(), &|id| ids.contains(id));
        }
        if let Some(names) = &self.source_subjects {
            let ids: HashSet<RecordId> = names.iter().map(|name| RecordId::of(name, connection)).collect();
            narrow(readings.subjects(), &|id| ids.contains(id));
        }
        for (column, ids) in &self.links {
            match readings.texts(column) {
                Some(texts) => narrow(texts, &|id| ids.contains(id)),
                None => narrow(&Texts::absent(readings.len()), &|_| false),
            }
        }
        admitted
    }
}

fn unsupported(member: &str) -> StoreError {
    StoreError::Unstorable(format!("readings cannot be found by {member}"))
}
