//! Defects in inspection reports.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::{Events, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource, Timestamp};

/// A defect that an inspection report lists.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "DvirLogDefectRead")]
pub struct DvirLogDefect {
    /// The report.
    pub dvir_log_id: Option<RecordId>,
    /// The TSP's id of the report.
    pub source_dvir_log_id: Option<String>,
    /// The part, such as `brakes`; `other` where there is no word for it.
    pub defect_type: Option<String>,
    /// The TSP's code of it.
    pub defect_code: Option<String>,
    /// The TSP's name of it.
    pub defect_name: Option<String>,
    /// What the driver wrote.
    pub description: Option<String>,
    /// `active` or `resolved`; open.
    pub status: Option<String>,
    /// Whether it is not safe to drive with it.
    pub is_safety_critical: Option<bool>,
    /// When it was resolved, UTC.
    pub resolved_at: Option<Timestamp>,
    /// What the mechanic wrote.
    pub notes: Option<String>,
}

impl Record for DvirLogDefect {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::DvirLogDefect,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &[],
        storage: Storage::Event(Timeline { subject: "dvir_log_id", latest: false, counted: false }),
        // The contract has no events of defects: their report is modified.
        events: Events::NONE,
        interval_seconds: 600,
    };

    fn link(&mut self, ids: RecordIds) {
        self.dvir_log_id = ids.of(self.source_dvir_log_id.as_deref());
    }
}
