//! Vehicles: power units as the TSP knows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Timestamp;

/// What a TSP says of a vehicle (contract `VehicleRead`, without the envelope).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Vehicle {
    /// Name or unit number.
    pub vehicle_name: Option<String>,
    /// Manufacturer.
    pub oem: Option<String>,
    /// Model type.
    pub model_type: Option<String>,
    /// 4 digits.
    pub model_year: Option<i64>,
    /// Usually 17 chars.
    pub vin: Option<String>,
    /// Engine serial or VIN.
    pub engine_vin: Option<String>,
    /// Subdivision.
    pub license_plate_region: Option<String>,
    /// ISO 3166-1 alpha-3.
    pub license_plate_country: Option<String>,
    /// License plate number.
    pub license_plate_number: Option<String>,
    /// UTC, in service.
    pub started_at: Option<Timestamp>,
    /// UTC, out of service.
    pub ended_at: Option<Timestamp>,
    /// Is active.
    pub is_active: Option<bool>,
    /// Free text.
    pub status: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// Eld id.
    pub eld_id: Option<String>,
    /// Eld serial number.
    pub eld_serial_number: Option<String>,
    /// Eld device type.
    pub eld_device_type: Option<String>,
    /// Eld product id.
    pub eld_product_id: Option<String>,
    /// Total axles.
    pub total_axles: Option<i64>,
    /// Group map.
    #[schemars(schema_with = "crate::schema::nullable_object")]
    pub vehicle_groups: Option<Value>,
    /// TSP's or customer's id.
    pub external_id: Option<String>,
    /// Speed unit.
    pub speed_unit: Option<String>,
    /// Odometer unit.
    pub odometer_unit: Option<String>,
    /// Fuel unit.
    pub fuel_unit: Option<String>,
    /// Text with unit.
    pub fuel_capacity: Option<String>,
    /// Free text on reads.
    pub engine_type: Option<String>,
}
