//! A block: readings of one group and hour that one fetch brought, in one item.

use model::telematics::readings::Readings;
use model::telematics::{Envelope, RecordType, source_digest};
use model::{ConnectionId, ExecutionId, RecordId, RecordIds, ScheduleId, Timestamp, TspId, hex};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::stored::{FORM, no_source};
use super::super::table::{Item, Span, bytes, key, number, read_bytes, read_number, read_text, text, unreadable};
use super::super::{Origin, Row, keys};
use super::codec::{self, With};
use super::groups::SeriesKey;
use crate::{GrantedConnection, StoreError};

/// Readings above this many bytes are split into more blocks.
const LIMIT: usize = 300_000;

/// One item of readings.
#[derive(Clone, Debug)]
pub(in super::super) struct Block {
    pub(in super::super) connection: ConnectionId,
    pub(super) run: Run,
    pub(super) tsp: Tsp,
    /// The readings, by subject and time.
    pub(super) readings: Readings,
}

/// The fetch that brought a reading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) execution: ExecutionId,
    pub(super) schedule: ScheduleId,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl Run {
    /// The fetch that is on its way.
    pub(super) fn of(origin: &Origin) -> Self {
        let Origin { execution, schedule, now, .. } = *origin;
        Self { execution, schedule, created_at: now, updated_at: now }
    }
}

/// Where readings come from.
#[derive(Clone, Debug)]
pub(super) struct Tsp {
    id: TspId,
    slug: String,
    source_name: String,
}

impl Tsp {
    pub(super) fn read(item: &Item) -> Result<Self, StoreError> {
        Ok(Self {
            id: read_text(item, "tsp_id").parse().map_err(|error| unreadable(item, error))?,
            slug: read_text(item, "tsp_slug").to_owned(),
            source_name: read_text(item, "source_name").to_owned(),
        })
    }

    /// The attributes that say it.
    pub(super) fn attributes(origin: &Origin) -> Item {
        Item::from([
            ("tsp_id".to_owned(), text(origin.tsp.to_string())),
            ("tsp_slug".to_owned(), text(&origin.tsp_slug)),
            ("source_name".to_owned(), text(&origin.source_name)),
        ])
    }
}

impl Block {
    /// The block that an item of the table (or an image of its stream) holds.
    pub(in super::super) fn cells(record: &'static RecordType, item: &Item) -> Result<Self, StoreError> {
        Self::read(record, item, With::Cells)
    }

    /// The same with the TSP's JSON.
    pub(super) fn whole(record: &'static RecordType, item: &Item) -> Result<Self, StoreError> {
        Self::read(record, item, With::Sources)
    }

    fn read(record: &'static RecordType, item: &Item, with: With) -> Result<Self, StoreError> {
        let data = read_bytes(item, "data").ok_or_else(|| unreadable(item, "no readings"))?;
        let connection = read_text(item, "pk").split('#').nth(1).unwrap_or_default();
        let id = |name: &str| read_text(item, name).parse().map_err(|error| unreadable(item, error));
        let created = read_number(item, "created_at").ok_or_else(|| unreadable(item, "no created_at"))?;
        let created_at = Timestamp::from_micros(created);
        let updated_at = read_number(item, "updated_at").map_or(created_at, Timestamp::from_micros);
        Ok(Self {
            connection: connection.parse().map_err(|error| unreadable(item, error))?,
            run: Run {
                execution: ExecutionId::from_uuid(id("execution_id")?),
                schedule: ScheduleId::from_uuid(id("schedule_id")?),
                created_at,
                updated_at,
            },
            tsp: Tsp::read(item)?,
            readings: codec::unpack(record, data, with).map_err(|error| unreadable(item, error))?,
        })
    }

    /// The rows of the block without reader-specific members and without source.
    pub(in super::super) fn rows(&self) -> Result<Vec<Row>, StoreError> {
        let row = |row| Reading { hash: None, source: None, ..self.reading(row) }.row(&self.tsp, self.connection, None);
        (0..self.readings.len()).map(row).collect()
    }

    /// A reading with its source.
    pub(super) fn reading(&self, row: usize) -> Reading<'_> {
        let source = Some(self.readings.sources().get(row));
        Reading { readings: &self.readings, row, run: self.run, hash: None, source }
    }
}

/// One reading with all that its row says beside its cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    pub(super) readings: &'a Readings,
    pub(super) row: usize,
    pub(super) run: Run,
    /// SHA-256 of the source, where it was kept.
    pub(super) hash: Option<[u8; 32]>,
    /// The TSP's JSON, where it is at hand.
    pub(super) source: Option<&'a str>,
}

impl Reading<'_> {
    pub(super) fn id(&self, connection: ConnectionId) -> RecordId {
        RecordId::of(&self.readings.source_id(self.row), connection)
    }

    /// The row as a reader sees it, with the source where [`Reader::include_source`] asks for it.
    pub(super) fn row(&self, tsp: &Tsp, connection: ConnectionId, reader: Option<Reader<'_>>) -> Result<Row, StoreError> {
        let source_id = self.readings.source_id(self.row);
        let hash = self.hash.or_else(|| self.source.map(digest)).map(|hash| hex(&hash)).unwrap_or_default();
        let asked = reader.filter(|reader| reader.include_source).and(self.source);
        // Only text that every reader of JSON accepts: `RawValue` alone lets escapes and numbers pass that most refuse.
        let is_object = |source: &&str| serde_json::from_str::<Map<String, Value>>(source).is_ok();
        let source = asked.filter(is_object).and_then(|source| serde_json::from_str::<&RawValue>(source).ok());
        let envelope = Envelope {
            fleet_id: reader.map(|reader| reader.granted.fleet),
            fleet_ref: reader.and_then(|reader| reader.granted.fleet_ref.as_deref()),
            id: RecordId::of(&source_id, connection),
            created_at: self.run.created_at,
            updated_at: self.run.updated_at,
            deleted_at: None,
            connection_id: connection,
            tsp_id: Some(tsp.id),
            tsp_slug: Some(&tsp.slug),
            source_name: &tsp.source_name,
            source_data: source.unwrap_or_else(|| no_source()),
            source_id: &source_id,
            source_data_hash: &hash,
            occurred_at: Some(self.readings.time(self.row)),
            execution_id: Some(self.run.execution),
            schedule_id: Some(self.run.schedule),
            extras: None,
        };
        let write = self.readings.packing().write;
        Row::fetched(self.readings.record(), &envelope, 600, |out| {
            let cells = self.readings.reader(self.row);
            let malformed = || StoreError::Unstorable(format!("the reading {source_id} lacks a cell"));
            write(self.readings.subject(self.row), cells, RecordIds(connection), out).ok_or_else(malformed)
        })
    }
}

/// Who reads a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    pub(super) granted: &'a GrantedConnection,
    pub(super) include_source: bool,
}

/// The hash of a source text, as of any other record's source. Text that is not JSON counts as a string.
pub(super) fn digest(source: &str) -> [u8; 32] {
    let parsed = serde_json::from_str(source).unwrap_or_else(|_| Value::String(source.to_owned()));
    source_digest(&parsed, &[])
}

/// The items that hold these readings of one hour.
pub(super) fn items(
    origin: &Origin,
    group: usize,
    hour: i64,
    revision: u64,
    readings: &Readings,
) -> Result<Vec<Item>, StoreError> {
    let pk = keys::blocks(readings.packing().tag, origin.connection, group, &keys::day(keys::hour_start(hour)));
    let item = |(part, (count, data)): (usize, (usize, Vec<u8>))| {
        let mut item = key(&pk, &keys::block(hour, revision, part));
        item.insert("v".into(), number(FORM));
        item.insert("n".into(), number(count));
        item.insert("created_at".into(), number(origin.now.micros()));
        item.insert("execution_id".into(), text(origin.execution.to_string()));
        item.insert("schedule_id".into(), text(origin.schedule.to_string()));
        item.insert("data".into(), bytes(data));
        item.extend(Tsp::attributes(origin));
        item
    };
    Ok(split(readings, 0..readings.len())?.into_iter().enumerate().map(item).collect())
}

/// The blocks of a group's hour.
pub(super) fn hour_span(series: SeriesKey, group: usize, hour: i64) -> Span {
    let prefix = keys::hour_text(hour);
    let pk = keys::blocks(series.tag, series.connection, group, &keys::day(keys::hour_start(hour)));
    Span::between(pk, format!("{prefix}#"), format!("{prefix}#{}", keys::END))
}

/// The revision and the part in a block's key.
pub(super) fn place_of(item: &Item) -> Result<(u64, usize), StoreError> {
    let mut parts = read_text(item, "sk").split('#').skip(1);
    let place = parts.next().zip(parts.next()).and_then(|(revision, part)| Some((revision.parse().ok()?, part.parse().ok()?)));
    place.ok_or_else(|| unreadable(item, "no block's key"))
}

/// Readings as bytes, in as many parts as the size of an item demands.
fn split(readings: &Readings, rows: std::ops::Range<usize>) -> Result<Vec<(usize, Vec<u8>)>, StoreError> {
    let count = rows.len();
    let data = if count == readings.len() { codec::pack(readings)? } else { codec::pack(&part(readings, rows.clone())?)? };
    if data.len() <= LIMIT {
        return Ok(vec![(count, data)]);
    }
    if count < 2 {
        return Err(StoreError::Unstorable("one reading is larger than an item".into()));
    }
    let middle = rows.start + count / 2;
    let mut parts = split(readings, rows.start..middle)?;
    parts.extend(split(readings, middle..rows.end)?);
    Ok(parts)
}

fn part(readings: &Readings, rows: std::ops::Range<usize>) -> Result<Readings, StoreError> {
    let mut part = empty(readings.record())?;
    rows.for_each(|row| part.push_from(readings, row));
    Ok(part)
}

/// No readings of a record type.
pub(super) fn empty(record: &'static RecordType) -> Result<Readings, StoreError> {
    Readings::empty(record).ok_or_else(|| StoreError::Unstorable(format!("{} is not stored as a series", record.resource)))
}
