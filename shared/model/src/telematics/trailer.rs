//! Trailers, as the TSP knows them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::{Events, Record, RecordType, Storage};
use crate::{Resource, Timestamp};

/// A trailer, as the TSP knows it.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "TrailerRead")]
pub struct Trailer {
    /// Name or unit number, such as `Trailer 7`.
    pub trailer_name: Option<String>,
    /// Manufacturer.
    pub oem: Option<String>,
    /// Manufacturer's model.
    pub model_type: Option<String>,
    /// Model year, four digits.
    pub model_year: Option<i64>,
    /// Vehicle identification number, usually 17 characters.
    pub vin: Option<String>,
    /// State or province of the license plate.
    pub license_plate_region: Option<String>,
    /// Country of the license plate, ISO 3166-1 alpha-2 (of vehicles it is alpha-3).
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
    /// The TSP's id of its gateway.
    pub eld_id: Option<String>,
    /// Serial number of its gateway.
    pub eld_serial_number: Option<String>,
    /// Hardware model of its gateway.
    pub eld_device_type: Option<String>,
    /// The TSP's product id of its gateway.
    pub eld_product_id: Option<String>,
    /// Number of axles.
    pub total_axles: Option<i64>,
    /// The TSP's groups or tags that it is in: id to name.
    #[schemars(schema_with = "crate::schema::nullable_object")]
    pub trailer_groups: Option<Value>,
    /// An id that the fleet or another system gave it.
    pub external_id: Option<String>,
    /// Length, in the TSP's unit.
    pub trailer_length: Option<f64>,
    /// Kind of body, such as `reefer` or `flatbed`.
    pub trailer_type: Option<String>,
    /// Unit in which the TSP reports its speed.
    pub speed_unit: Option<String>,
    /// Unit in which the TSP reports its odometer.
    pub odometer_unit: Option<String>,
    /// Unit in which the TSP reports its fuel.
    pub fuel_unit: Option<String>,
    /// Capacity of its tank with the unit, as the TSP writes it.
    pub fuel_capacity: Option<String>,
    /// Kind of engine of its refrigeration unit, as the TSP writes it.
    pub engine_type: Option<String>,
}

impl Record for Trailer {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::Trailer,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &["trailer_groups"],
        storage: Storage::Entity { counted_if: None },
        events: Events {
            without: &["trailer_name", "speed_unit", "odometer_unit", "fuel_unit", "fuel_capacity", "engine_type"],
            with: &[("vehicle_name", "/trailer_name")],
            ..Events::ALL
        },
        interval_seconds: 600,
    };
}
