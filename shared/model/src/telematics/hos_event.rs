//! Duty log entries.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{HosEventAnnotation, InferredAddress, Point};
use crate::{RecordId, Timestamp};

/// One entry of a driver's duty log (contract `HosEventRead`, without the envelope); odometer in km.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct HosEvent {
    /// Platform id.
    pub driver_id: Option<RecordId>,
    /// Platform id.
    pub vehicle_id: Option<RecordId>,
    /// Platform id.
    pub co_driver_id: Option<RecordId>,
    /// More driver ids.
    #[schemars(schema_with = "crate::schema::nullable_object")]
    pub additional_driver_ids: Option<Value>,
    /// UTC; equals ended_at for point events.
    pub started_at: Option<Timestamp>,
    /// UTC.
    pub ended_at: Option<Timestamp>,
    /// UTC.
    pub driver_last_edit_at: Option<Timestamp>,
    /// UTC.
    pub driver_certified_at: Option<Timestamp>,
    /// Hos ruleset code.
    #[schemars(schema_with = "super::hos_rulesets")]
    pub hos_ruleset_code: Option<String>,
    /// IANA zone.
    #[schemars(schema_with = "super::timezones")]
    pub time_zone_code: Option<String>,
    /// Annotations.
    pub annotations: Option<HosEventAnnotation>,
    /// Duty status code.
    #[schemars(schema_with = "super::duty_statuses")]
    pub duty_status_code: Option<String>,
    /// Event type code.
    #[schemars(schema_with = "super::hos_event_types")]
    pub event_type_code: Option<String>,
    /// Event code.
    #[schemars(schema_with = "super::hos_event_codes")]
    pub event_code: Option<String>,
    /// Log state code.
    #[schemars(schema_with = "super::hos_record_statuses")]
    pub log_state_code: Option<String>,
    /// Log origin code.
    #[schemars(schema_with = "super::hos_record_origins")]
    pub log_origin_code: Option<String>,
    /// Canada, e.g. DAY1, DAY2.
    pub deferral_status: Option<String>,
    /// Min, Canada.
    pub deferral_minutes: Option<i64>,
    /// Eld malfunction code.
    #[schemars(schema_with = "super::hos_malfunctions")]
    pub eld_malfunction_code: Option<String>,
    /// Left out of compliance math.
    pub is_excluded: Option<bool>,
    /// TSP update in progress.
    pub is_transitioning: Option<bool>,
    /// TSP record status.
    pub record_status: Option<String>,
    /// Region code.
    #[schemars(schema_with = "super::hos_regions")]
    pub region_code: Option<String>,
    /// Location name.
    pub location_name: Option<String>,
    /// Point, SRID 4326.
    pub location: Option<Point>,
    /// City-level address inferred from lat/lon.
    pub inferred_address: Option<InferredAddress>,
    /// H3 cell, resolution 11.
    pub h3_index_11: Option<i64>,
    /// Km.
    pub odometer: Option<f64>,
    /// H.
    pub engine_hours: Option<f64>,
    /// TSP ordering token; debugging.
    pub sequence: Option<String>,
    /// TSP version tag; debugging.
    pub version: Option<String>,
}
