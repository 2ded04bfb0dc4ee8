//! Months of vehicles for fuel tax.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::{Action, Events, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource};

/// A month of a vehicle for fuel tax (IFTA). Distances by jurisdiction are in `extras`, as the TSP tells them.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "IftaSummaryRead")]
pub struct IftaSummary {
    /// The vehicle.
    pub vehicle_id: Option<RecordId>,
    /// The TSP's id of the vehicle.
    pub source_vehicle_id: Option<String>,
    /// The month, 1 to 12.
    pub month: Option<i64>,
    /// The year.
    pub year: Option<i64>,
}

impl Record for IftaSummary {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::IftaSummary,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &[],
        storage: Storage::Event(Timeline { subject: "vehicle_id", latest: false, counted: false }),
        events: Events { silent: &[Action::Removed], ..Events::ADDED_MODIFIED },
        interval_seconds: 86_400,
    };

    fn link(&mut self, ids: RecordIds) {
        self.vehicle_id = ids.of(self.source_vehicle_id.as_deref());
    }
}
