//! Vehicle positions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{InferredAddress, Point};
use crate::RecordId;

/// One position (contract `VehicleLocationRead`, without the envelope); SI units.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct VehicleLocation {
    /// Platform id.
    pub vehicle_id: Option<RecordId>,
    /// Platform id.
    pub driver_id: Option<RecordId>,
    /// Platform id.
    pub co_driver_id: Option<RecordId>,
    /// TSP id.
    pub source_driver_id: Option<String>,
    /// TSP id.
    pub source_vehicle_id: Option<String>,
    /// TSP id.
    pub source_co_driver_id: Option<String>,
    /// GeoJSON point.
    pub location: Option<Point>,
    /// H3 cell, resolution 11.
    pub h3_index_11: Option<i64>,
    /// M/s.
    pub speed: Option<f64>,
    /// M.
    pub odometer: Option<f64>,
    /// % left.
    pub fuel_level: Option<f64>,
    /// M3 left.
    pub fuel_value: Option<f64>,
    /// H.
    pub engine_hours: Option<f64>,
    /// Pa.
    pub oil_pressure: Option<f64>,
    /// K.
    pub coolant_temperature: Option<f64>,
    /// City-level address inferred from lat/lon.
    pub inferred_address: Option<InferredAddress>,
}
