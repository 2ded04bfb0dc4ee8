//! What sensors of vehicles report.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::{Events, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource};

/// What a sensor of a vehicle reported at one instant.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "VehicleSensorRead")]
pub struct VehicleSensor {
    /// The vehicle.
    pub vehicle_id: Option<RecordId>,
    /// The TSP's id of the vehicle.
    pub source_vehicle_id: Option<String>,
    /// What the TSP calls it, with the name that the fleet gave the input: `auxInput1 powerTakeOff`.
    pub raw_event: Option<String>,
    /// What it is in one word for all TSPs, such as `driver_seatbelt` or `aux_input_1`. Words may be added.
    pub sensor_event: Option<String>,
    /// The value, in `sensor_unit`; 1 for on and 0 for off.
    pub sensor_value: Option<f64>,
    /// The unit of the value; empty where it has none.
    pub sensor_unit: Option<String>,
}

impl Record for VehicleSensor {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::VehicleSensor,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &[],
        storage: Storage::Event(Timeline { subject: "vehicle_id", latest: false, counted: false }),
        events: Events::NONE,
        interval_seconds: 300,
    };

    fn link(&mut self, ids: RecordIds) {
        self.vehicle_id = ids.of(self.source_vehicle_id.as_deref());
    }
}
