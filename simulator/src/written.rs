//! What clients wrote: the only state of the simulated providers, kept in memory.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Records that were made and changed. Kinds name a provider and a list of it, as `samsara/drivers`.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The members that were changed, by kind and id.
    changed: BTreeMap<(&'static str, String), Map<String, Value>>,
    /// The records that were made, by kind and account.
    made: BTreeMap<(&'static str, &'static str), Vec<Value>>,
    count: u64,
}

/// Ids of records that were made begin here.
const FIRST_ID: u64 = 9_000_000_001;

impl Written {
    /// An id that no record has.
    pub(crate) fn next_id(&mut self) -> u64 {
        self.count += 1;
        FIRST_ID + self.count
    }

    /// Keeps a new record of an account.
    pub(crate) fn make(&mut self, kind: &'static str, account: &'static str, record: Value) {
        self.made.entry((kind, account)).or_default().push(record);
    }

    /// Keeps changes of a record.
    pub(crate) fn change(&mut self, kind: &'static str, id: &str, members: Map<String, Value>) {
        self.changed.entry((kind, id.to_owned())).or_default().extend(members);
    }

    /// The records that were made in an account, as they are now.
    pub(crate) fn made(&self, kind: &'static str, account: &'static str) -> Vec<Value> {
        self.made.get(&(kind, account)).into_iter().flatten().map(|record| self.current(kind, record.clone())).collect()
    }

    /// A record as it is now.
    pub(crate) fn current(&self, kind: &'static str, mut record: Value) -> Value {
        let id = record.get("id").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)).unwrap_or_default();
        if let (Some(members), Some(changed)) = (record.as_object_mut(), self.changed.get(&(kind, id))) {
            members.extend(changed.clone());
        }
        record
    }
}
