//! Inspection reports.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::code::{Code, DvirDefect};
use super::{Documented, Events, Point, Record, RecordType, Storage, Timeline};
use crate::codes::DVIR_LOG_TYPES;
use crate::{RecordId, RecordIds, Resource};

/// A driver vehicle inspection report (DVIR), of a vehicle or of a trailer.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "DvirLogRead")]
pub struct DvirLog {
    /// The vehicle.
    pub vehicle_id: Option<RecordId>,
    /// The driver who submitted it.
    pub driver_id: Option<RecordId>,
    /// The trailer.
    pub trailer_id: Option<RecordId>,
    /// The TSP's id of the driver.
    pub source_driver_id: Option<String>,
    /// The TSP's id of the vehicle.
    pub source_vehicle_id: Option<String>,
    /// The TSP's id of the trailer.
    pub source_trailer_id: Option<String>,
    /// When it was made: `pre_trip`, `post_trip`, `mechanic` or `unknown`; open.
    pub log_type: Option<String>,
    /// Name of the authority that the driver drives under.
    pub authority_name: Option<String>,
    /// Address of that authority.
    pub authority_address: Option<String>,
    /// How long the inspection took, in s.
    pub duration_seconds: Option<f64>,
    /// Odometer reading in km.
    pub odometer_km: Option<f64>,
    /// Odometer reading in m.
    pub odometer: Option<f64>,
    /// Engine hours in h.
    pub engine_hours: Option<f64>,
    /// Where it was made, as a GeoJSON point.
    pub location: Option<Point>,
    /// The H3 cell of resolution 11 that holds the position.
    pub h3_index_11: Option<i64>,
    /// Name of the inspector.
    pub inspected_by: Option<String>,
    /// What was written when it was certified.
    pub certify_comment: Option<String>,
    /// The driver's remark.
    pub driver_comment: Option<String>,
    /// How many defects it lists.
    pub defect_count: Option<i64>,
    /// The TSP's version of the record.
    pub version: Option<String>,
    /// The parts that have defects.
    pub defects: Option<Vec<Code<DvirDefect>>>,
    /// Whether it is not safe to drive.
    pub is_safety_critical: Option<bool>,
}

impl Record for DvirLog {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::DvirLog,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &["location", "defects"],
        storage: Storage::Event(Timeline { subject: "vehicle_id", latest: false, counted: false }),
        events: Events { documented: &[("log_type", Documented::OneOf(DVIR_LOG_TYPES))], ..Events::ALL },
        interval_seconds: 600,
    };

    fn link(&mut self, ids: RecordIds) {
        self.vehicle_id = ids.of(self.source_vehicle_id.as_deref());
        self.driver_id = ids.of(self.source_driver_id.as_deref());
        self.trailer_id = ids.of(self.source_trailer_id.as_deref());
    }
}
