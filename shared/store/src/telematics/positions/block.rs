//! A block: points of one group and hour that one fetch brought, in one item.

use model::telematics::{Envelope, Point, Position, VehicleLocation, source_hash};
use model::{ConnectionId, ExecutionId, RecordId, ScheduleId, Timestamp, TspId};
use serde_json::{Map, Value};

use super::super::entry::{Entry, Fields};
use super::super::record::FORM;
use super::super::table::{Item, bytes, key, number, read_bytes, read_number, read_text, text, unreadable};
use super::super::{Origin, Row, keys};
use super::codec;
use crate::{GrantedConnection, StoreError};

/// Points above this many bytes are split into more blocks.
const LIMIT: usize = 300_000;

/// One item of positions.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The connection.
    pub connection: ConnectionId,
    /// The execution that fetched the points.
    pub execution: ExecutionId,
    /// The schedule of that execution.
    pub schedule: ScheduleId,
    /// When the points were stored.
    pub created_at: Timestamp,
    /// The TSP.
    pub tsp: TspId,
    /// The TSP's slug.
    pub tsp_slug: String,
    /// The adapter's name.
    pub source_name: String,
    /// The points, by vehicle and time.
    pub positions: Vec<Position>,
}

/// The block that an item of the table (or an image of its stream) holds.
///
/// # Errors
/// [`StoreError::Unreadable`] where it holds none.
pub fn decode_block(item: &Item) -> Result<Block, StoreError> {
    let data = read_bytes(item, "data").ok_or_else(|| unreadable(item, "no positions"))?;
    let connection = read_text(item, "pk").split('#').nth(1).unwrap_or_default();
    let id = |name: &str| read_text(item, name).parse().map_err(|error| unreadable(item, error));
    Ok(Block {
        connection: connection.parse().map_err(|error| unreadable(item, error))?,
        execution: ExecutionId::from_uuid(id("execution_id")?),
        schedule: ScheduleId::from_uuid(id("schedule_id")?),
        created_at: Timestamp::from_micros(read_number(item, "created_at").ok_or_else(|| unreadable(item, "no created_at"))?),
        tsp: TspId::from_uuid(id("tsp_id")?),
        tsp_slug: read_text(item, "tsp_slug").to_owned(),
        source_name: read_text(item, "source_name").to_owned(),
        positions: codec::decode(data).map_err(|error| unreadable(item, error))?,
    })
}

/// The items that hold these points of one hour.
pub(super) fn items(
    origin: &Origin,
    group: usize,
    hour: i64,
    revision: u64,
    points: &[Position],
) -> Result<Vec<Item>, StoreError> {
    let pk = keys::blocks(origin.connection, group, &keys::day(keys::hour_start(hour)));
    let parts = split(points)?;
    let item = |(part, (count, data)): (usize, (usize, Vec<u8>))| {
        let mut item = key(&pk, &keys::block(hour, revision, part));
        item.insert("v".into(), number(FORM));
        item.insert("n".into(), number(count));
        item.insert("created_at".into(), number(origin.now.micros()));
        item.insert("execution_id".into(), text(origin.execution.to_string()));
        item.insert("schedule_id".into(), text(origin.schedule.to_string()));
        item.insert("data".into(), bytes(data));
        item.extend(source_of(origin));
        item
    };
    Ok(parts.into_iter().enumerate().map(item).collect())
}

/// The attributes that say where points come from.
pub(super) fn source_of(origin: &Origin) -> Item {
    Item::from([
        ("tsp_id".to_owned(), text(origin.tsp.to_string())),
        ("tsp_slug".to_owned(), text(&origin.tsp_slug)),
        ("source_name".to_owned(), text(&origin.source_name)),
    ])
}

/// Points as bytes, in as many parts as the size of an item demands.
fn split(points: &[Position]) -> Result<Vec<(usize, Vec<u8>)>, StoreError> {
    let data = codec::encode(points)?;
    if data.len() <= LIMIT {
        return Ok(vec![(points.len(), data)]);
    }
    if points.len() < 2 {
        return Err(StoreError::Unstorable("one position is larger than an item".into()));
    }
    let (one, two) = points.split_at(points.len() / 2);
    let mut parts = split(one)?;
    parts.extend(split(two)?);
    Ok(parts)
}

/// One point with all that its row says beside it.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) position: Position,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) execution: ExecutionId,
    pub(super) schedule: ScheduleId,
    pub(super) tsp: TspId,
    pub(super) tsp_slug: String,
    pub(super) source_name: String,
    /// SHA-256 of the source, where the source is not at hand.
    pub(super) hash: Option<String>,
}

impl Block {
    pub(super) fn into_readings(self) -> impl Iterator<Item = Reading> {
        let Self { execution, schedule, created_at, tsp, tsp_slug, source_name, positions, connection: _ } = self;
        positions.into_iter().map(move |position| Reading {
            position,
            created_at,
            updated_at: created_at,
            execution,
            schedule,
            tsp,
            tsp_slug: tsp_slug.clone(),
            source_name: source_name.clone(),
            hash: None,
        })
    }

    /// Rows without reader-specific members: no fleet, no source.
    pub(in super::super) fn rows(self) -> Result<Vec<Row>, StoreError> {
        let connection = self.connection;
        self.into_readings().map(|reading| reading.entry(connection, None, false).row()).collect()
    }
}

/// The hash of a source text, as of any other record's source.
pub(super) fn hash(source: &str) -> String {
    source_hash(&parse(source), &[])
}

/// Text that is not JSON counts as a string.
fn parse(source: &str) -> Value {
    serde_json::from_str(source).unwrap_or_else(|_| Value::String(source.to_owned()))
}

fn source_data(source: &str) -> Value {
    match parse(source) {
        Value::Object(members) => Value::Object(members),
        _ => Value::Object(Map::new()),
    }
}

impl Reading {
    pub(super) fn id(&self, connection: ConnectionId) -> RecordId {
        RecordId::of(&self.position.source_id(), connection)
    }

    pub(super) fn entry(self, connection: ConnectionId, reader: Option<&GrantedConnection>, include_source: bool) -> Entry {
        let position = &self.position;
        let id = self.id(connection);
        let fields = Fields::Position(Box::new(fields(position, connection)));
        let envelope = Envelope {
            fleet_id: reader.map(|reader| reader.fleet),
            fleet_ref: reader.and_then(|reader| reader.fleet_ref.clone()),
            id,
            created_at: self.created_at,
            updated_at: self.updated_at,
            deleted_at: None,
            connection_id: connection,
            tsp_id: Some(self.tsp),
            tsp_slug: Some(self.tsp_slug),
            source_name: self.source_name,
            source_data: if include_source { source_data(&position.source) } else { Value::Object(Map::new()) },
            source_id: position.source_id(),
            source_data_hash: self.hash.unwrap_or_else(|| hash(&position.source)),
            occurred_at: Some(position.occurred_at),
            execution_id: Some(self.execution),
            schedule_id: Some(self.schedule),
            extras: None,
        };
        Entry { envelope, fields }
    }
}

fn fields(position: &Position, connection: ConnectionId) -> VehicleLocation {
    let location = Point::new(position.longitude, position.latitude);
    VehicleLocation {
        vehicle_id: Some(RecordId::of(&position.vehicle, connection)),
        driver_id: position.driver.as_deref().map(|driver| RecordId::of(driver, connection)),
        source_vehicle_id: Some(position.vehicle.clone()),
        source_driver_id: position.driver.clone(),
        h3_index_11: location.as_ref().and_then(Point::h3_index_11),
        location,
        speed: position.speed,
        odometer: position.odometer,
        fuel_level: position.fuel_level,
        engine_hours: position.engine_hours,
        inferred_address: position.place.clone(),
        ..VehicleLocation::default()
    }
}
