//! Rows of every resource: how they come from a TSP and get stored, and what is known of them without the store.

use std::collections::{BTreeMap, HashSet};

use model::telematics::columns::{ColumnCells, ColumnKind, Texts};
use model::telematics::readings::{Readings, Sources};
use model::telematics::{Batch, Observation, RecordType, Storage, source_hash};
use model::{ConnectionId, ExecutionId, RecordId, ScheduleId, Timestamp, TspId};
use serde_json::{Map, Value, json};
use store::telematics::Origin;
use testing::Random;
use uuid::Uuid;

use crate::platform::{Platform, now};

/// Subjects of each kind that a connection has.
pub(crate) const SUBJECTS: u64 = 5;
/// Texts that rows hold.
const WORDS: [&str; 3] = ["alder", "birch", "cedar"];
const HOUR: u64 = 3_600;

/// A row, as the TSP reported it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) record: &'static RecordType,
    pub(crate) connection: ConnectionId,
    pub(crate) id: RecordId,
    pub(crate) source_id: String,
    pub(crate) occurred_at: Timestamp,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) deleted_at: Option<Timestamp>,
    /// Own members that are not null.
    pub(crate) members: Map<String, Value>,
    hash: String,
}

/// The rows of all connections, by resource, connection and id.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    known: BTreeMap<(&'static str, ConnectionId, RecordId), Known>,
    made: u64,
}

/// The platform's id of the TSP behind all connections, and what wrote all rows.
pub(crate) fn origin(connection: ConnectionId, record: &'static RecordType) -> Origin {
    Origin {
        connection,
        record,
        tsp: TspId::from_uuid(Uuid::from_u128(9)),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        execution: ExecutionId::from_uuid(Uuid::from_u128(77)),
        schedule: ScheduleId::from_uuid(Uuid::from_u128(78)),
        now: now(),
    }
}

/// The TSP's id of a record that a member links to; `None` where it links to none.
pub(crate) fn link(member: &str, number: u64) -> Option<String> {
    let letter = match member.trim_start_matches("source_") {
        "vehicle_id" => "v",
        "trailer_id" => "t",
        "driver_id" | "sender_id" | "recipient_id" | "group_id" | "user_id" => "d",
        "dvir_log_id" => "dvir_log:",
        "hos_event_id" => "hos_event:",
        _ => return None,
    };
    Some(format!("{letter}{number}"))
}

impl Known {
    /// The row of an id that its resource's links name.
    fn source_id(record: &RecordType, number: u64) -> String {
        match record.resource.name() {
            "vehicle" => format!("v{number}"),
            "trailer" => format!("t{number}"),
            "user" => format!("d{number}"),
            name => format!("{name}:{number}"),
        }
    }

    /// What a member holds, as a filter sees it.
    pub(crate) fn member(&self, name: &str) -> Value {
        match name {
            "id" => json!(self.id),
            "source_id" => json!(self.source_id),
            "occurred_at" => json!(self.occurred_at),
            "created_at" => json!(self.created_at),
            "updated_at" => json!(self.updated_at),
            "deleted_at" => json!(self.deleted_at),
            "connection_id" => json!(self.connection),
            name => self.members.get(name).cloned().unwrap_or_default(),
        }
    }

    pub(crate) fn time(&self, name: &str) -> Option<Timestamp> {
        self.members.get(name).and_then(Value::as_str).and_then(Timestamp::parse)
    }

    fn is_reading(&self) -> bool {
        matches!(self.record.storage, Storage::Series(..))
    }

    /// The members of an answer that are not null, without those of the reader's own view. Of readings: those that the TSP told.
    pub(crate) fn published(&self) -> Map<String, Value> {
        let mut row = self.members.clone();
        let origin = origin(self.connection, self.record);
        for name in ["id", "source_id", "occurred_at", "connection_id"] {
            row.insert(name.to_owned(), self.member(name));
        }
        row.extend([("tsp_id".to_owned(), json!(origin.tsp)), ("tsp_slug".to_owned(), json!("samsara"))]);
        if !self.is_reading() {
            for name in ["created_at", "updated_at", "deleted_at"] {
                row.insert(name.to_owned(), self.member(name));
            }
            row.insert("source_name".to_owned(), json!("samsara"));
            row.insert("source_data".to_owned(), json!({}));
            row.insert("source_data_hash".to_owned(), json!(self.hash));
            row.insert("execution_id".to_owned(), json!(origin.execution));
            row.insert("schedule_id".to_owned(), json!(origin.schedule));
        }
        row.retain(|_, value| !value.is_null());
        row
    }
}

impl Rows {
    /// Those of a resource and connection, by id.
    pub(crate) fn of(&self, record: &RecordType, connection: ConnectionId) -> impl Iterator<Item = &Known> {
        let name = record.resource.name();
        let all = (name, connection, RecordId::from_uuid(Uuid::nil()))..=(name, connection, RecordId::from_uuid(Uuid::max()));
        self.known.range(all).map(|(_, row)| row)
    }

    /// All rows.
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// What a TSP reports of a resource: new rows, others that have changed, and some that are as they were.
    pub(crate) async fn report(
        &mut self,
        platform: &Platform,
        record: &'static RecordType,
        to: ConnectionId,
        random: &mut Random,
    ) {
        let count = 3 + random.below(10);
        let rows: Vec<Known> = (0..count).map(|_| self.make(record, to, random)).collect();
        let rows: BTreeMap<RecordId, Known> = rows.into_iter().map(|row| (row.id, row)).collect();
        let batch = batch(record, rows.values());
        platform.context.store().store_rows(&origin(to, record), &batch).await.unwrap();
        for (id, row) in rows {
            self.take(id, row);
        }
    }

    fn take(&mut self, id: RecordId, mut row: Known) {
        let place = (row.record.resource.name(), row.connection, id);
        match self.known.get(&place) {
            Some(known) if known.is_reading() || (known.hash == row.hash && known.deleted_at.is_none()) => return,
            Some(known) => row.created_at = known.created_at,
            None => {}
        }
        self.known.insert(place, row);
    }

    /// A TSP lists some rows no more.
    pub(crate) async fn withdraw(
        &mut self,
        platform: &Platform,
        record: &'static RecordType,
        of: ConnectionId,
        random: &mut Random,
    ) {
        let alive: Vec<RecordId> = self.of(record, of).filter(|row| row.deleted_at.is_none()).map(|row| row.id).collect();
        let gone: Vec<RecordId> = alive.iter().copied().filter(|_| random.is_one_in(5)).take(4).collect();
        let (store, origin) = (platform.context.store(), origin(of, record));
        match record.storage {
            Storage::Entity { .. } => {
                let seen: HashSet<RecordId> = alive.iter().copied().filter(|id| !gone.contains(id)).collect();
                store.remove_missing_rows(&origin, &seen).await.unwrap();
            }
            Storage::Event(_) => drop(store.withdraw_events(&origin, &gone).await.unwrap()),
            Storage::Series(..) | Storage::Derived(_) => return,
        }
        for id in gone {
            let row = self.known.get_mut(&(record.resource.name(), of, id)).unwrap();
            (row.deleted_at, row.updated_at) = (Some(now()), now());
        }
    }

    /// What a TSP may say: of an event that is known mostly what it said of time and subject before.
    fn make(&mut self, record: &'static RecordType, connection: ConnectionId, random: &mut Random) -> Known {
        self.made += 1;
        let mut row = Self::invent(record, connection, self.made, random);
        let known = self.known.get(&(record.resource.name(), connection, row.id));
        if let (Some(known), Storage::Event(timeline)) = (known, record.storage) {
            row.members.insert(timeline.subject.to_owned(), known.member(timeline.subject));
            if !random.is_one_in(8) {
                row.occurred_at = known.occurred_at;
            }
            if random.is_one_in(4) {
                row = Known { created_at: now(), updated_at: now(), deleted_at: None, ..known.clone() };
            }
        }
        row
    }

    fn invent(record: &'static RecordType, connection: ConnectionId, made: u64, random: &mut Random) -> Known {
        let age = if random.is_one_in(4) { 40 * 24 * HOUR } else { 30 * HOUR };
        let ago = i64::try_from(random.below(age)).unwrap();
        let at = now().plus_seconds(-ago);
        let mut members = Map::new();
        for member in record.members {
            if let Some(value) = value(record, member, (connection, at), random) {
                members.insert((*member).to_owned(), value);
            }
        }
        let source_id = match record.storage {
            Storage::Entity { .. } => Known::source_id(record, random.below(SUBJECTS * 2)),
            Storage::Series(timeline, packing) => {
                let subject = link(timeline.subject, random.below(SUBJECTS)).unwrap();
                members.insert(timeline.subject.to_owned(), json!(RecordId::of(&subject, connection)));
                members.insert(format!("source_{}", timeline.subject), json!(subject));
                format!("{}:{subject}:{at}", packing.kind)
            }
            _ => Known::source_id(record, random.below(30)),
        };
        let id = RecordId::of(&source_id, connection);
        let source = json!({ "made": made });
        let hash = source_hash(&source, &[]);
        let (created_at, updated_at) = (now(), now());
        Known { record, connection, id, source_id, occurred_at: at, created_at, updated_at, deleted_at: None, members, hash }
    }
}

/// What a member of a new row holds; `None` = null.
fn value(record: &RecordType, member: &str, (connection, at): (ConnectionId, Timestamp), random: &mut Random) -> Option<Value> {
    let is_subject = record.storage.timeline().is_some_and(|timeline| timeline.subject == member);
    if let Storage::Series(_, packing) = record.storage {
        let is_link = packing.links.iter().any(|(linked, _)| *linked == member);
        return is_link.then(|| json!(RecordId::of(&link(member, random.below(SUBJECTS)).unwrap(), connection)));
    }
    if random.is_one_in(6) && !is_subject {
        return None;
    }
    if let Some(linked) = link(member, random.below(SUBJECTS)) {
        return Some(if member.starts_with("source_") { json!(linked) } else { json!(RecordId::of(&linked, connection)) });
    }
    let seconds = i64::try_from(random.below(2 * HOUR)).unwrap();
    match member {
        "is_driver" | "is_primary_driver" => Some(json!(!random.is_one_in(3))),
        "event_type_code" => Some(json!((1 + random.below(6)).to_string())),
        "started_at" => Some(json!(at.plus_seconds(-seconds))),
        "ended_at" if random.is_one_in(3) => None,
        "ended_at" => Some(json!(at.plus_seconds(seconds))),
        "vehicle_name" | "trailer_name" | "first_name" | "last_name" | "username" | "vin" | "status" => {
            Some(json!(WORDS[usize::try_from(random.below(3)).unwrap()]))
        }
        "model_year" => Some(json!(2_000 + random.below(3))),
        _ => None,
    }
}

/// The rows as an adapter hands them over.
fn batch<'a>(record: &'static RecordType, rows: impl Iterator<Item = &'a Known> + Clone) -> Batch {
    if let Storage::Series(..) = record.storage {
        Batch::Readings(readings(record, rows))
    } else {
        Batch::Records(rows.map(observed).collect())
    }
}

fn observed(row: &Known) -> Observation<model::telematics::Fields> {
    let own = row.record.members.iter().filter_map(|name| Some(format!("{}:{}", json!(name), row.members.get(*name)?)));
    let text = format!("{{{}}}", own.collect::<Vec<_>>().join(","));
    Observation {
        source_id: row.source_id.clone(),
        occurred_at: Some(row.occurred_at),
        source: json!({}),
        source_hash: row.hash.clone(),
        extras: None,
        is_partial: false,
        fields: serde_json::value::RawValue::from_string(text).unwrap(),
    }
}

fn readings<'a>(record: &'static RecordType, rows: impl Iterator<Item = &'a Known> + Clone) -> Readings {
    let Storage::Series(timeline, packing) = record.storage else { panic!("{} is no series", record.resource) };
    let source = |row: &Known, member: &str| {
        let id = row.members.get(member)?.clone();
        let is_it = |number: &u64| json!(RecordId::of(&link(member, *number).unwrap(), row.connection)) == id;
        link(member, (0..SUBJECTS).find(is_it)?)
    };
    let texts = |member: Option<&str>| {
        let mut texts = Texts::default();
        rows.clone().for_each(|row| texts.push(member.and_then(|member| source(row, member)).as_deref(), 1));
        texts
    };
    let count = rows.clone().count();
    let cells = packing.columns.iter().map(|column| match column.kind {
        ColumnKind::Number => ColumnCells::Numbers(vec![["longitude", "latitude"].contains(&column.name).then_some(38.0); count]),
        ColumnKind::Text => {
            ColumnCells::Texts(texts(packing.links.iter().find(|(_, name)| *name == column.name).map(|(member, _)| *member)))
        }
    });
    let ends: Vec<usize> = (1..=count).map(|row| row * 2).collect();
    let sources: Sources = serde_json::from_value(json!({ "ends": ends, "text": "{}".repeat(count) })).unwrap();
    let times = rows.clone().map(|row| row.occurred_at.micros()).collect();
    Readings::of(record, texts(Some(timeline.subject)), times, cells.collect(), sources).unwrap()
}
