//! Members of rows that other records tell.

use std::collections::{BTreeSet, HashMap};

use gateway::ApiError;
use model::telematics::RecordType;
use model::{ConnectionId, FleetId, RecordId, Resource};
use serde_json::{Map, Value};
use store::telematics::{MemberFilter, Query, Values};
use store::{Grant, Page};

use super::sight::Sight;

/// The days that counts of events look at, today among them.
pub(crate) const COUNTED_DAYS: u32 = 30;

/// A row in the making.
pub(crate) struct Entry {
    pub(crate) fleet: FleetId,
    pub(crate) connection: ConnectionId,
    pub(crate) members: Map<String, Value>,
    /// What its members are told by.
    pub(crate) told: BTreeSet<Resource>,
}

impl Entry {
    /// The id that a member holds.
    pub(crate) fn id(&self, member: &str) -> Option<RecordId> {
        id(&self.members, member)
    }

    fn is_null(&self, member: &str) -> bool {
        self.members.get(member).is_none_or(Value::is_null)
    }
}

/// Another record of each row, and what it tells.
#[derive(Clone, Copy, Debug)]
pub struct Join {
    /// What it is.
    pub record: &'static RecordType,
    /// The member of the rows by which it is found.
    pub by: &'static str,
    /// How it is found.
    pub how: How,
    /// What it tells. A member that is known already stays; where none is open, nothing is read.
    pub sets: &'static [Set],
}

/// How another record is found by an id.
#[derive(Clone, Copy, Debug)]
pub enum How {
    /// The entity with that id.
    Entity,
    /// The subject's newest reading.
    Reading,
    /// The subject's newest event, while it lasts.
    Newest,
    /// Of the newest events of all subjects, the last one whose member holds the id, while it lasts.
    NewestBy(&'static str),
    /// The number of the subject's events of the last days.
    Count,
}

/// A member that another record tells.
#[derive(Clone, Copy, Debug)]
pub enum Set {
    /// A member, and that of the other record which has its value.
    Copy(&'static str, &'static str),
    /// A member with the name of a person: the names, or else the login.
    Name(&'static str),
}

impl Set {
    /// The member.
    pub(crate) const fn member(self) -> &'static str {
        match self {
            Self::Copy(member, _) | Self::Name(member) => member,
        }
    }

    fn value(self, found: &Map<String, Value>) -> Option<Value> {
        match self {
            Self::Copy(_, told) => found.get(told).filter(|value| !value.is_null()).cloned(),
            Self::Name(_) => {
                let text = |name: &str| found.get(name).and_then(Value::as_str);
                let names: Vec<&str> = ["first_name", "last_name"].into_iter().filter_map(text).collect();
                let name = if names.is_empty() { text("username").map(str::to_owned) } else { Some(names.join(" ")) };
                name.map(Value::from)
            }
        }
    }
}

/// Records by the fleet that sees them and the id by which they are found.
type Found = HashMap<(FleetId, RecordId), Map<String, Value>>;

impl Join {
    /// Sets the members of rows.
    pub(crate) async fn fill(&self, sight: &Sight<'_>, entries: &mut [Entry]) -> Result<(), ApiError> {
        let is_open = |entry: &&Entry| self.sets.iter().any(|set| entry.is_null(set.member()));
        let wanted = |entry: &Entry| Some((entry.connection, entry.id(self.by)?));
        let ids: BTreeSet<(ConnectionId, RecordId)> = entries.iter().filter(is_open).filter_map(wanted).collect();
        let connections: BTreeSet<ConnectionId> = ids.iter().map(|(connection, _)| *connection).collect();
        let grant = sight.grant(self.record).narrowed(|granted| connections.contains(&granted.connection));
        if grant.connections().is_empty() {
            return Ok(());
        }
        let found = self.find(sight, &grant, &ids).await?;
        for entry in entries {
            let Some(told) = entry.id(self.by).and_then(|id| found.get(&(entry.fleet, id))) else { continue };
            for set in self.sets {
                if let Some(value) = set.value(told).filter(|_| entry.is_null(set.member())) {
                    entry.members.insert(set.member().to_owned(), value);
                    entry.told.insert(self.record.resource);
                }
            }
        }
        Ok(())
    }

    async fn find(&self, sight: &Sight<'_>, grant: &Grant, ids: &BTreeSet<(ConnectionId, RecordId)>) -> Result<Found, ApiError> {
        let store = sight.store;
        let subject = self.record.storage.timeline().map_or("id", |timeline| timeline.subject);
        let newest = |member: &'static str| {
            let any_of = Values::Ids(ids.iter().map(|(_, id)| *id).collect());
            Query { latest: true, members: vec![MemberFilter { member, any_of }], ..Query::default() }
        };
        let lasting = |query: Query| Query { active_from: Some(sight.now), ..query };
        let (rows, key) = match self.how {
            How::Count => return counts(sight, grant, ids).await,
            How::Entity => (store.rows_of(grant, ids).await?, subject),
            How::Newest => (store.newest_of(grant, &lasting(Query::default()), ids).await?, subject),
            How::Reading => (all(sight, grant, &newest(subject)).await?, subject),
            How::NewestBy(member) => (all(sight, grant, &lasting(newest(member))).await?, member),
        };
        let mut found: Found = HashMap::new();
        for row in rows {
            let row = row.members()?;
            if let Some(place) = id(&row, "fleet_id").map(|fleet| FleetId::from_uuid(fleet.uuid())).zip(id(&row, key)) {
                let is_later = |known: &Map<String, Value>| text(&row, "occurred_at") > text(known, "occurred_at");
                // Who rides along drives nothing.
                let is_told = row.get("is_primary_driver") != Some(&Value::Bool(false));
                if is_told && found.get(&place).is_none_or(is_later) {
                    found.insert(place, row);
                }
            }
        }
        Ok(found)
    }
}

async fn all(sight: &Sight<'_>, grant: &Grant, query: &Query) -> Result<Vec<store::telematics::Row>, ApiError> {
    let slice = sight.store.list_rows(grant, query, &Page::first(usize::MAX), false).await?;
    Ok(slice.rows.into_iter().map(|(row, _)| row).collect())
}

/// The numbers of events, under the name `count`.
async fn counts(sight: &Sight<'_>, grant: &Grant, ids: &BTreeSet<(ConnectionId, RecordId)>) -> Result<Found, ApiError> {
    let counted = sight.store.count_since(grant, ids, &sight.day(COUNTED_DAYS - 1)).await?;
    let mut found: Found = HashMap::new();
    for granted in grant.connections() {
        for ((_, id), number) in counted.iter().filter(|((connection, _), _)| *connection == granted.connection) {
            found.insert((granted.fleet, *id), Map::from_iter([("count".to_owned(), Value::from(*number))]));
        }
    }
    Ok(found)
}

fn text<'a>(row: &'a Map<String, Value>, member: &str) -> &'a str {
    row.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn id(row: &Map<String, Value>, member: &str) -> Option<RecordId> {
    text(row, member).parse().ok()
}
