//! Which vehicle pulls which trailer.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::{Events, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource, Timestamp};

/// A trailer behind a vehicle, from `occurred_at` on.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "TrailerVehicleAssociationRead")]
pub struct TrailerVehicleAssociation {
    /// The trailer.
    pub trailer_id: Option<RecordId>,
    /// The vehicle.
    pub vehicle_id: Option<RecordId>,
    /// The TSP's id of the trailer.
    pub source_trailer_id: Option<String>,
    /// The TSP's id of the vehicle.
    pub source_vehicle_id: Option<String>,
    /// The place of the trailer behind the vehicle, where there are several.
    pub trailer_sequence: Option<i64>,
    /// When it ended. It is stored, for what there is now, and not published.
    #[field_names_as_slice(skip)]
    #[schemars(skip)]
    pub ended_at: Option<Timestamp>,
}

impl Record for TrailerVehicleAssociation {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::TrailerVehicleAssociation,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &[],
        storage: Storage::Event(Timeline { subject: "trailer_id", latest: true, counted: false }),
        events: Events::ADDED_MODIFIED,
        interval_seconds: 600,
    };

    fn link(&mut self, ids: RecordIds) {
        self.trailer_id = ids.of(self.source_trailer_id.as_deref());
        self.vehicle_id = ids.of(self.source_vehicle_id.as_deref());
    }
}
