//! Telematics records: the envelope every row shares, the kinds of rows, and what adapters hand over.

mod hos_event;
mod location;
mod user;
mod vehicle;

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub use hos_event::HosEvent;
pub use location::VehicleLocation;
pub use user::User;
pub use vehicle::Vehicle;

use crate::{ConnectionId, ExecutionId, FleetId, RecordId, ScheduleId, Timestamp, TspId, codes, schema};

/// A GeoJSON point, `[longitude, latitude]`, SRID 4326.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// Always null: a point has no extent.
    #[serde(default)]
    #[schemars(schema_with = "bbox")]
    pub bbox: Option<Vec<f64>>,
    /// Always `Point`.
    #[serde(rename = "type")]
    #[schemars(schema_with = "point")]
    pub kind: String,
    /// Longitude, then latitude, in degrees.
    pub coordinates: [f64; 2],
}

impl Point {
    /// The point at these degrees; `None` outside the globe.
    #[must_use]
    pub fn new(longitude: f64, latitude: f64) -> Option<Self> {
        let inside = (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude);
        inside.then(|| Self { bbox: None, kind: "Point".into(), coordinates: [longitude, latitude] })
    }

    /// The H3 cell of resolution 11 that holds the point.
    #[must_use]
    pub fn h3_index_11(&self) -> Option<i64> {
        let [longitude, latitude] = self.coordinates;
        let cell = h3o::LatLng::new(latitude, longitude).ok()?.to_cell(h3o::Resolution::Eleven);
        i64::try_from(u64::from(cell)).ok()
    }
}

fn point(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "const": "Point" })
}

fn bbox(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["array", "null"], "items": { "type": "number" } })
}

/// A place at city level, inferred from the position.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InferredAddress {
    /// City or town.
    pub city: Option<String>,
    /// State or province.
    pub province: Option<String>,
    /// ISO 3166-1 alpha-3.
    pub country_code: Option<String>,
}

/// A remark on a duty log entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HosEventAnnotation {
    /// When it was made.
    pub created_at: Timestamp,
    /// What was written.
    pub remarks: String,
}

/// What every row carries beside its own fields (contract section 12.6).
///
/// `fleet_id` and `fleet_ref` are the reader's own view of the fleet: they are filled in when an answer or event is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Envelope {
    /// The reader's fleet.
    #[schemars(required)]
    pub fleet_id: Option<FleetId>,
    /// The reader's own name for the fleet.
    pub fleet_ref: Option<String>,
    /// UUIDv5 of source id and connection.
    pub id: RecordId,
    /// First ingest; never changes.
    pub created_at: Timestamp,
    /// Last change of content.
    pub updated_at: Timestamp,
    /// Set when the record vanished at the TSP.
    pub deleted_at: Option<Timestamp>,
    /// The connection it came through.
    pub connection_id: ConnectionId,
    /// The TSP.
    pub tsp_id: Option<TspId>,
    /// The TSP's slug.
    pub tsp_slug: Option<String>,
    /// The adapter.
    #[schemars(schema_with = "schema::source_name")]
    pub source_name: String,
    /// The record as the TSP sent it; `{}` unless asked for.
    #[schemars(schema_with = "object")]
    pub source_data: Value,
    /// The TSP's id, or a composite key.
    pub source_id: String,
    /// SHA-256 of the canonical source.
    pub source_data_hash: String,
    /// Event time at the TSP, else ingest time.
    pub occurred_at: Option<Timestamp>,
    /// The run that brought it.
    pub execution_id: Option<ExecutionId>,
    /// The plan behind that run.
    pub schedule_id: Option<ScheduleId>,
    /// TSP attributes outside the model.
    #[schemars(schema_with = "schema::nullable_object")]
    pub extras: Option<Value>,
}

impl Envelope {
    /// The names of its members.
    pub const MEMBERS: &'static [&'static str] = &[
        "fleet_id",
        "fleet_ref",
        "id",
        "created_at",
        "updated_at",
        "deleted_at",
        "connection_id",
        "tsp_id",
        "tsp_slug",
        "source_name",
        "source_data",
        "source_id",
        "source_data_hash",
        "occurred_at",
        "execution_id",
        "schedule_id",
        "extras",
    ];
}

fn object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "additionalProperties": true })
}

/// Envelope and fields of one kind of row, as the API answers it. Rows travel as JSON; this is their published shape.
#[derive(Serialize, JsonSchema)]
pub struct Row<T> {
    /// Shared members.
    #[serde(flatten)]
    pub envelope: Envelope,
    /// The kind's own members.
    #[serde(flatten)]
    pub fields: T,
}

/// One record as an adapter hands it over: mapped, with the TSP's own JSON beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation<T> {
    /// The TSP's id, or `<kind>:<source subject id>:<event time>` where it gives none.
    pub source_id: String,
    /// When it happened at the TSP; `None` where the TSP does not say.
    pub occurred_at: Option<Timestamp>,
    /// The record as sent.
    pub source: Value,
    /// SHA-256 (hex) of the canonical source without the adapter's volatile members; see [`source_hash`].
    pub source_hash: String,
    /// Attributes outside the model.
    pub extras: Option<Value>,
    /// The mapped fields.
    pub fields: T,
}

/// One position as an adapter hands it over. SI units: m/s, m, Pa, K, m3; engine hours in h, fuel level in percent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// The TSP's vehicle id.
    pub vehicle: String,
    /// The TSP's driver id, where the position names one.
    pub driver: Option<String>,
    /// Measured at.
    pub occurred_at: Timestamp,
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
    /// m/s.
    pub speed: Option<f64>,
    /// m.
    pub odometer: Option<f64>,
    /// Percent left.
    pub fuel_level: Option<f64>,
    /// h.
    pub engine_hours: Option<f64>,
    /// City level place, where the TSP tells it.
    pub place: Option<InferredAddress>,
    /// The TSP's JSON text of this reading.
    pub source: String,
}

impl Position {
    /// The composite source id: `location:<vehicle>:<time>`.
    #[must_use]
    pub fn source_id(&self) -> String {
        format!("location:{}:{}", self.vehicle, self.occurred_at)
    }
}

/// What one fetch of one resource brought.
#[derive(Clone, Debug, PartialEq)]
pub enum Batch {
    /// Vehicles.
    Vehicles(Vec<Observation<Vehicle>>),
    /// Users.
    Users(Vec<Observation<User>>),
    /// Duty log entries.
    HosEvents(Vec<Observation<HosEvent>>),
    /// Positions.
    Positions(Vec<Position>),
}

impl Batch {
    /// How many records.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Vehicles(rows) => rows.len(),
            Self::Users(rows) => rows.len(),
            Self::HosEvents(rows) => rows.len(),
            Self::Positions(rows) => rows.len(),
        }
    }

    /// Nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// SHA-256 (hex) over canonical JSON: sorted keys, no spaces, the adapter's `volatile` top-level members left out.
#[must_use]
pub fn source_hash(source: &Value, volatile: &[&str]) -> String {
    let canonical = match source {
        Value::Object(members) => {
            let kept: BTreeMap<&String, &Value> = members.iter().filter(|(name, _)| !volatile.contains(&name.as_str())).collect();
            serde_json::to_vec(&kept)
        }
        other => serde_json::to_vec(other),
    };
    crate::hex(&Sha256::digest(canonical.unwrap_or_default()))
}

fn duty_statuses(_: &mut SchemaGenerator) -> Schema {
    schema::nullable_code(codes::DUTY_STATUSES)
}

fn hos_event_codes(_: &mut SchemaGenerator) -> Schema {
    schema::nullable_code(codes::HOS_EVENT_CODES)
}

fn hos_event_types(_: &mut SchemaGenerator) -> Schema {
    schema::nullable_code(codes::HOS_EVENT_TYPES)
}

fn hos_malfunctions(_: &mut SchemaGenerator) -> Schema {
    schema::nullable_code(codes::HOS_MALFUNCTIONS)
}

fn hos_record_origins(_: &mut SchemaGenerator) -> Schema {
    schema::nullable_code(codes::HOS_RECORD_ORIGINS)
}

fn hos_record_statuses(_: &mut SchemaGenerator) -> Schema {
    schema::nullable_code(codes::HOS_RECORD_STATUSES)
}

fn hos_regions(_: &mut SchemaGenerator) -> Schema {
    schema::nullable_code(codes::HOS_REGIONS)
}

fn hos_rulesets(_: &mut SchemaGenerator) -> Schema {
    schema::nullable_code(codes::HOS_RULESETS)
}

fn timezones(_: &mut SchemaGenerator) -> Schema {
    schema::nullable_code(codes::TIMEZONES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_ignores_order_and_volatile_members() {
        let one: Value = serde_json::from_str(r#"{"b":1,"a":{"y":2,"x":3},"seen":"now"}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{"a":{"x":3,"y":2},"seen":"later","b":1}"#).unwrap();
        assert_eq!(source_hash(&one, &["seen"]), source_hash(&two, &["seen"]));
        assert_ne!(source_hash(&one, &[]), source_hash(&two, &[]));
    }

    #[test]
    fn a_point_knows_its_cell_and_refuses_the_impossible() {
        let cell = Point::new(-122.4194, 37.7749).and_then(|point| point.h3_index_11()).unwrap();
        assert_eq!(cell >> 52 & 0xf, 11);
        assert_eq!(Point::new(-93.343, 122.142), None);
    }
}
