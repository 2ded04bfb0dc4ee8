//! What every row carries beside its own members.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Record;
use crate::{ConnectionId, ExecutionId, FleetId, RecordId, ScheduleId, Timestamp, TspId, schema};

/// What every row carries beside its own members (contract section 12.6); borrowed from the stored item and the reader's grant.
///
/// `fleet_id` and `fleet_ref` are the reader's own view of the fleet: they are filled in when an answer or event is made.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Envelope<'a> {
    /// The fleet, as the platform knows it.
    #[schemars(required, extend("type" = ["string", "null"]))]
    pub fleet_id: Option<FleetId>,
    /// The partner's own reference of the fleet.
    #[schemars(example = &"FLEET-12345")]
    pub fleet_ref: Option<&'a str>,
    /// The record's id: UUIDv5 of `source_id` and `connection_id`.
    pub id: RecordId,
    /// When the platform first saw the record, UTC; it never changes.
    pub created_at: Timestamp,
    /// When its content last changed, UTC.
    pub updated_at: Timestamp,
    /// When it vanished at the TSP, UTC; null while it is listed there.
    pub deleted_at: Option<Timestamp>,
    /// The connection it came through.
    pub connection_id: ConnectionId,
    /// The TSP it came from.
    pub tsp_id: Option<TspId>,
    /// The TSP's slug, such as `samsara`.
    #[schemars(example = &"samsara")]
    pub tsp_slug: Option<&'a str>,
    /// The TSP's platform. White-label TSPs share one; `tsp_id` and `tsp_slug` tell them apart.
    #[schemars(schema_with = "schema::source_name")]
    pub source_name: &'a str,
    /// The record as the TSP sent it; `{}` unless `include_source_data=true` asks for it.
    #[schemars(schema_with = "schema::object")]
    pub source_data: &'a RawValue,
    /// The TSP's id of the record, or a composite key where the TSP gives it none.
    #[schemars(example = &"281474982859091")]
    pub source_id: &'a str,
    /// SHA-256 of the record as the TSP sent it, in hexadecimal.
    #[schemars(length(max = 64))]
    pub source_data_hash: &'a str,
    /// When it happened according to the TSP, UTC; the time of ingestion where the TSP does not say.
    pub occurred_at: Option<Timestamp>,
    /// The execution that fetched it.
    pub execution_id: Option<ExecutionId>,
    /// The schedule of that execution.
    pub schedule_id: Option<ScheduleId>,
    /// Attributes of the TSP that the model has no member for.
    #[schemars(schema_with = "schema::nullable_object")]
    pub extras: Option<&'a RawValue>,
}

impl Envelope<'_> {
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

    /// Those that hold objects.
    pub const NESTED: &'static [&'static str] = &["source_data", "extras"];

    /// Those that no event carries.
    pub const NOT_IN_EVENTS: &'static [&'static str] = &["source_data", "source_data_hash"];
}

/// What a row carries beside its own members where the platform worked it out: there is no record of a TSP behind it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DerivedEnvelope<'a> {
    /// The fleet, as the platform knows it.
    #[schemars(required, extend("type" = ["string", "null"]))]
    pub fleet_id: Option<FleetId>,
    /// The partner's own reference of the fleet.
    #[schemars(example = &"FLEET-12345")]
    pub fleet_ref: Option<&'a str>,
    /// The row's id.
    pub id: RecordId,
    /// When the platform first worked it out, UTC; it never changes.
    pub created_at: Timestamp,
    /// When it last changed, UTC.
    pub updated_at: Timestamp,
    /// Always null: what its positions do not tell any more is not listed.
    pub deleted_at: Option<Timestamp>,
    /// The connection whose positions it is made of.
    pub connection_id: ConnectionId,
}

/// The published shape of a resource's rows: envelope and own members. Rows travel as JSON text, so there are no values of it.
pub struct Row<T>(std::marker::PhantomData<fn() -> T>);

impl<T: JsonSchema + Record> JsonSchema for Row<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let envelope = match T::TYPE.derived_from() {
            Some(_) => DerivedEnvelope::json_schema(generator),
            None => Envelope::json_schema(generator),
        };
        let mut row = T::json_schema(generator);
        for (name, merged) in [("properties", json!({})), ("required", json!([]))] {
            let both = [&envelope, &row].map(|schema| schema.get(name).cloned());
            row.insert(name.to_owned(), both.into_iter().flatten().fold(merged, joined));
        }
        row
    }
}

fn joined(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(first), Value::Object(second)) => first.into_iter().chain(second).collect(),
        (Value::Array(first), Value::Array(second)) => first.into_iter().chain(second).collect(),
        (first, _) => first,
    }
}
