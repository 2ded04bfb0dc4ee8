//! Who drives which vehicle.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::{Events, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource, Timestamp};

/// A driver in a vehicle, from `occurred_at` on.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "DriverVehicleAssociationRead")]
pub struct DriverVehicleAssociation {
    /// The driver.
    pub driver_id: Option<RecordId>,
    /// The vehicle.
    pub vehicle_id: Option<RecordId>,
    /// The TSP's id of the driver.
    pub source_driver_id: Option<String>,
    /// The TSP's id of the vehicle.
    pub source_vehicle_id: Option<String>,
    /// Whether the driver drives; false for a passenger, as the other of a team.
    pub is_primary_driver: Option<bool>,
    /// When it ended. It is stored, for what there is now, and not published.
    #[field_names_as_slice(skip)]
    #[schemars(skip)]
    pub ended_at: Option<Timestamp>,
}

impl Record for DriverVehicleAssociation {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::DriverVehicleAssociation,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &[],
        storage: Storage::Event(Timeline { subject: "driver_id", latest: true, counted: false }),
        events: Events::ADDED_MODIFIED,
        interval_seconds: 600,
    };

    fn link(&mut self, ids: RecordIds) {
        self.driver_id = ids.of(self.source_driver_id.as_deref());
        self.vehicle_id = ids.of(self.source_vehicle_id.as_deref());
    }
}
