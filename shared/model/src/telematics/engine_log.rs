//! Faults that engines and other parts of vehicles report.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::code::{CanonicalFault, Code, FaultCodeSource, RecordState};
use super::{Action, Events, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource};

/// A fault of a vehicle: a row from when it is reported, whose `status` says whether it is still there.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "EngineLogRead")]
pub struct EngineLog {
    /// The vehicle.
    pub vehicle_id: Option<RecordId>,
    /// The driver.
    pub driver_id: Option<RecordId>,
    /// The co-driver.
    pub co_driver_id: Option<RecordId>,
    /// The TSP's id of the driver.
    pub source_driver_id: Option<String>,
    /// The TSP's id of the vehicle.
    pub source_vehicle_id: Option<String>,
    /// The TSP's id of the co-driver.
    pub source_co_driver_id: Option<String>,
    /// The family of the code.
    pub fault_code_source: Option<Code<FaultCodeSource>>,
    /// The code as its family writes it: `spn`, `fmi` and `source_address` (J1939), `dtc` (OBD2), or the provider's own.
    #[schemars(schema_with = "crate::schema::nullable_object")]
    pub fault_code: Option<Value>,
    /// What the TSP says of the code.
    pub fault_code_description: Option<String>,
    /// The fault, under one name for all families; null where none fits for sure.
    pub canonical_code: Option<Code<CanonicalFault>>,
    /// `active` while the fault is there, then `inactive`.
    pub status: Option<Code<RecordState>>,
    /// Whether the engine ran.
    pub engine_status: Option<bool>,
    /// Whether a malfunction lamp is on.
    pub mil_status: Option<bool>,
}

/// A fault that is there.
pub const ACTIVE: Code<RecordState> = Code::of("active");
/// A fault that was there.
pub const INACTIVE: Code<RecordState> = Code::of("inactive");

impl Record for EngineLog {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::EngineLog,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &["fault_code"],
        storage: Storage::Event(Timeline { subject: "vehicle_id", latest: false, counted: false }),
        events: Events { silent: &[Action::Removed], ..Events::ADDED_MODIFIED },
        interval_seconds: 600,
    };

    fn link(&mut self, ids: RecordIds) {
        self.vehicle_id = ids.of(self.source_vehicle_id.as_deref());
        self.driver_id = ids.of(self.source_driver_id.as_deref());
        self.co_driver_id = ids.of(self.source_co_driver_id.as_deref());
    }
}
