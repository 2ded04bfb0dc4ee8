//! Vehicles: power units as the TSP knows them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::{Events, Record, RecordType, Storage};
use crate::{Resource, Timestamp};

/// A vehicle: a power unit, as the TSP knows it.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "VehicleRead")]
pub struct Vehicle {
    /// Name or unit number, such as `Truck 12`.
    pub vehicle_name: Option<String>,
    /// Manufacturer.
    pub oem: Option<String>,
    /// Manufacturer's model.
    pub model_type: Option<String>,
    /// Model year, four digits.
    pub model_year: Option<i64>,
    /// Vehicle identification number, usually 17 characters.
    pub vin: Option<String>,
    /// Serial number or VIN of the engine.
    pub engine_vin: Option<String>,
    /// State or province of the license plate.
    pub license_plate_region: Option<String>,
    /// Country of the license plate, ISO 3166-1 alpha-3.
    pub license_plate_country: Option<String>,
    /// License plate number.
    pub license_plate_number: Option<String>,
    /// When it went into service, UTC.
    pub started_at: Option<Timestamp>,
    /// When it went out of service, UTC.
    pub ended_at: Option<Timestamp>,
    /// Whether it is in service.
    pub is_active: Option<bool>,
    /// The TSP's status of it, free text.
    pub status: Option<String>,
    /// The fleet's notes on it.
    pub notes: Option<String>,
    /// The TSP's id of its electronic logging device (ELD).
    pub eld_id: Option<String>,
    /// Serial number of the ELD.
    pub eld_serial_number: Option<String>,
    /// Hardware model of the ELD.
    pub eld_device_type: Option<String>,
    /// The TSP's product id of the ELD.
    pub eld_product_id: Option<String>,
    /// Number of axles.
    pub total_axles: Option<i64>,
    /// The TSP's groups or tags that it is in: id to name.
    #[schemars(schema_with = "crate::schema::nullable_object")]
    pub vehicle_groups: Option<Value>,
    /// An id that the fleet or another system gave it.
    pub external_id: Option<String>,
    /// Unit in which the TSP reports its speed; ours is m/s.
    pub speed_unit: Option<String>,
    /// Unit in which the TSP reports its odometer; ours is m.
    pub odometer_unit: Option<String>,
    /// Unit in which the TSP reports its fuel.
    pub fuel_unit: Option<String>,
    /// Capacity of the tank with its unit, as the TSP writes it.
    pub fuel_capacity: Option<String>,
    /// Kind of engine, as the TSP writes it.
    pub engine_type: Option<String>,
}

impl Record for Vehicle {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::Vehicle,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &["vehicle_groups"],
        storage: Storage::Entity { counted_if: None },
        events: Events { without: &["license_plate_number"], ..Events::ALL },
        interval_seconds: 600,
    };
}
