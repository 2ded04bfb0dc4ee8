//! Planned jobs of drivers: routes and dispatches, with their stops.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::code::{Code, StopActivity, StopType, WorkflowState};
use super::{Events, InferredAddress, Point, Record, RecordType, Storage};
use crate::{RecordId, RecordIds, Resource, Timestamp};

/// A planned job of a driver and a vehicle, which TSPs call a route or a dispatch, with its stops.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "WorkflowRead")]
pub struct Workflow {
    /// The vehicle.
    pub vehicle_id: Option<RecordId>,
    /// The driver.
    pub driver_id: Option<RecordId>,
    /// The TSP's id of the vehicle.
    pub source_vehicle_id: Option<String>,
    /// The TSP's id of the driver.
    pub source_driver_id: Option<String>,
    /// How far it came.
    pub workflow_status: Option<Code<WorkflowState>>,
    /// When it began, UTC.
    pub started_at: Option<Timestamp>,
    /// When it ended, UTC; null while it lasts.
    pub ended_at: Option<Timestamp>,
    /// The way from its first stop to its last, in m.
    pub total_distance: Option<f64>,
    /// What the driver is told about all of it.
    pub instructions: Option<String>,
    /// Its stops, in the order in which they are made.
    pub stops: Vec<WorkflowStop>,
}

/// A stop of a workflow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct WorkflowStop {
    /// The TSP's id of it.
    pub source_stop_id: Option<String>,
    /// Its place in the order, from 1 on.
    pub sequence_number: Option<i64>,
    /// What it is for.
    pub stop_type: Option<Code<StopType>>,
    /// Name of the place, as the TSP writes it.
    pub location_name: Option<String>,
    /// What is done there; an empty list where the TSP does not say.
    pub activities: Vec<Code<StopActivity>>,
    /// Where it is, as a GeoJSON point.
    pub location: Option<Point>,
    /// The H3 cell of resolution 11 that holds the position.
    pub h3_index_11: Option<i64>,
    /// The place at city level.
    pub inferred_address: Option<InferredAddress>,
    /// What the driver is told about it.
    pub instructions: Option<String>,
    /// When the driver is expected, UTC.
    pub scheduled_arrival: Option<Timestamp>,
    /// When the driver is expected to leave, UTC.
    pub scheduled_departure: Option<Timestamp>,
    /// When the driver came, UTC.
    pub actual_arrival: Option<Timestamp>,
    /// When the driver left, UTC.
    pub actual_departure: Option<Timestamp>,
}

impl Record for Workflow {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::Workflow,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &["stops"],
        storage: Storage::Entity { counted_if: None },
        events: Events::ALL,
        interval_seconds: 600,
    };

    fn link(&mut self, ids: RecordIds) {
        self.vehicle_id = ids.of(self.source_vehicle_id.as_deref());
        self.driver_id = ids.of(self.source_driver_id.as_deref());
    }
}
