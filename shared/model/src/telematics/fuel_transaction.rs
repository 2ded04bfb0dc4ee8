//! Purchases of fuel.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::code::{Code, DistanceUnit, FuelType};
use super::{Events, InferredAddress, Point, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource};

/// A purchase of fuel.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "FuelTransactionRead")]
pub struct FuelTransaction {
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
    /// Where it was, as a GeoJSON point.
    pub location: Option<Point>,
    /// The H3 cell of resolution 11 that holds the position.
    pub h3_index_11: Option<i64>,
    /// The place at city level, inferred from the position.
    pub inferred_address: Option<InferredAddress>,
    /// Odometer of the vehicle, in m.
    pub odometer: Option<f64>,
    /// The fuel.
    pub fuel_type: Option<Code<FuelType>>,
    /// How much of it, in m³.
    pub fuel_volume: Option<f64>,
    /// Who sold it.
    pub fuel_vendor: Option<String>,
    /// What it cost, as a decimal number.
    pub total_cost: Option<String>,
    /// The currency of that.
    pub currency: Option<String>,
    /// Unit of `odometer`.
    #[schemars(with = "Code<DistanceUnit>")]
    pub odometer_unit: Option<Code<DistanceUnit>>,
}

impl Record for FuelTransaction {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::FuelTransaction,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &["location", "inferred_address"],
        storage: Storage::Event(Timeline { subject: "vehicle_id", latest: false, counted: false }),
        events: Events { without: &["odometer_unit"], ..Events::ADDED_MODIFIED },
        interval_seconds: 600,
    };

    fn link(&mut self, ids: RecordIds) {
        self.vehicle_id = ids.of(self.source_vehicle_id.as_deref());
        self.driver_id = ids.of(self.source_driver_id.as_deref());
        self.co_driver_id = ids.of(self.source_co_driver_id.as_deref());
        self.odometer_unit = Some(const { Code::of("m") });
    }
}
