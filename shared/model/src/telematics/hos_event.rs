//! Duty log entries.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::code::{
    Code, DutyStatus, HosEventCode, HosEventType, HosMalfunction, HosRecordOrigin, HosRecordStatus, HosRegion, HosRuleset,
    Timezone,
};
use super::{Action, Events, InferredAddress, Point, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource, Timestamp};

/// A remark on a duty log entry.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct HosEventAnnotation {
    /// When it was made, UTC.
    pub created_at: Timestamp,
    /// What was written.
    pub remarks: String,
}

/// One entry of a driver's duty log.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "HosEventRead")]
pub struct HosEvent {
    /// The driver.
    pub driver_id: Option<RecordId>,
    /// The vehicle.
    pub vehicle_id: Option<RecordId>,
    /// The co-driver.
    pub co_driver_id: Option<RecordId>,
    /// Further drivers: the TSP's id to the record's id.
    #[schemars(schema_with = "crate::schema::nullable_object")]
    pub additional_driver_ids: Option<Value>,
    /// When it begins, UTC; equal to `ended_at` for events without duration.
    pub started_at: Option<Timestamp>,
    /// When it ends, UTC; null while it lasts.
    pub ended_at: Option<Timestamp>,
    /// When the driver last edited it, UTC.
    pub driver_last_edit_at: Option<Timestamp>,
    /// When the driver certified it, UTC.
    pub driver_certified_at: Option<Timestamp>,
    /// The hours of service rules in force.
    pub hos_ruleset_code: Option<Code<HosRuleset>>,
    /// IANA time zone of the log.
    pub time_zone_code: Option<Code<Timezone>>,
    /// The driver's remark.
    pub annotations: Option<HosEventAnnotation>,
    /// Duty status.
    pub duty_status_code: Option<Code<DutyStatus>>,
    /// ELD event type, `1` to `6`.
    pub event_type_code: Option<Code<HosEventType>>,
    /// ELD event code.
    pub event_code: Option<Code<HosEventCode>>,
    /// State of the record in the log.
    pub log_state_code: Option<Code<HosRecordStatus>>,
    /// Who made the record.
    pub log_origin_code: Option<Code<HosRecordOrigin>>,
    /// Off-duty time deferral (Canada), such as `DAY1` or `DAY2`.
    pub deferral_status: Option<String>,
    /// Deferred off-duty time (Canada), in min.
    pub deferral_minutes: Option<i64>,
    /// ELD malfunction or data diagnostic.
    pub eld_malfunction_code: Option<Code<HosMalfunction>>,
    /// Whether it is left out when hours are counted.
    pub is_excluded: Option<bool>,
    /// Whether the TSP is still updating it.
    pub is_transitioning: Option<bool>,
    /// The TSP's status of the record.
    pub record_status: Option<String>,
    /// State, province or territory, such as `US-CA`.
    pub region_code: Option<Code<HosRegion>>,
    /// Name of the place, as the TSP writes it.
    pub location_name: Option<String>,
    /// Where it began, as a GeoJSON point.
    pub location: Option<Point>,
    /// The place at city level, inferred from the position.
    pub inferred_address: Option<InferredAddress>,
    /// The H3 cell of resolution 11 that holds the position.
    pub h3_index_11: Option<i64>,
    /// Odometer reading in km.
    pub odometer: Option<f64>,
    /// Engine hours in h.
    pub engine_hours: Option<f64>,
    /// The TSP's ordering token, for debugging.
    pub sequence: Option<String>,
    /// The TSP's version of the record, for debugging.
    pub version: Option<String>,
    /// The TSP's id of the driver. Not published.
    #[serde(skip)]
    #[field_names_as_slice(skip)]
    pub source_driver_id: Option<String>,
    /// The TSP's id of the vehicle. Not published.
    #[serde(skip)]
    #[field_names_as_slice(skip)]
    pub source_vehicle_id: Option<String>,
    /// The TSP's ids of the co-drivers. Not published.
    #[serde(skip)]
    #[field_names_as_slice(skip)]
    pub source_co_driver_ids: Vec<String>,
}

impl Record for HosEvent {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::HosEvent,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &["additional_driver_ids", "annotations", "location", "inferred_address"],
        storage: Storage::Event(Timeline { subject: "driver_id", latest: false, counted: false }),
        events: Events {
            silent: &[Action::Removed],
            without: &["annotations", "inferred_address"],
            with: &[("notes", "/annotations/remarks")],
            ..Events::ADDED_MODIFIED
        },
        interval_seconds: 300,
    };

    fn link(&mut self, ids: RecordIds) {
        self.driver_id = ids.of(self.source_driver_id.as_deref());
        self.vehicle_id = ids.of(self.source_vehicle_id.as_deref());
        let mut others = self.source_co_driver_ids.iter();
        self.co_driver_id = ids.of(others.next().map(String::as_str));
        let further: Map<String, Value> = others.map(|id| (id.clone(), json!(ids.of(Some(id))))).collect();
        self.additional_driver_ids = (!further.is_empty()).then_some(Value::Object(further));
    }
}
