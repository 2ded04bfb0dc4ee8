//! What drivers did, or what happened to them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::code::{Code, SafetyEvent};
use super::{Events, InferredAddress, Point, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource};

/// Something that a driver did, or that happened to them, which bears on safety.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "DriverSafetyEventRead")]
pub struct DriverSafetyEvent {
    /// The driver.
    pub driver_id: Option<RecordId>,
    /// The vehicle.
    pub vehicle_id: Option<RecordId>,
    /// The TSP's id of the driver.
    pub source_driver_id: Option<String>,
    /// The TSP's id of the vehicle.
    pub source_vehicle_id: Option<String>,
    /// What it was.
    pub event: Code<SafetyEvent>,
    /// Where it was, as a GeoJSON point.
    pub location: Option<Point>,
    /// The place at city level, inferred from the position.
    pub inferred_address: Option<InferredAddress>,
    /// The H3 cell of resolution 11 that holds the position.
    pub h3_index_11: Option<i64>,
    /// How long it lasted, in s.
    pub duration_seconds: Option<i64>,
    /// What else the TSP tells, such as the force, speeds in m/s, or the state of coaching.
    #[schemars(schema_with = "crate::schema::nullable_object")]
    pub event_metadata: Option<Value>,
}

impl Record for DriverSafetyEvent {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::DriverSafetyEvent,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &["location", "inferred_address", "event_metadata"],
        storage: Storage::Event(Timeline { subject: "driver_id", latest: false, counted: true }),
        // The contract has no events of them.
        events: Events::NONE,
        interval_seconds: 600,
    };

    fn link(&mut self, ids: RecordIds) {
        self.driver_id = ids.of(self.source_driver_id.as_deref());
        self.vehicle_id = ids.of(self.source_vehicle_id.as_deref());
    }
}
