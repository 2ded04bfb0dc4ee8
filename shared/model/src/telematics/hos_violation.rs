//! Violations of hours of service rules.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::code::{Code, HosViolationCategory, HosViolationCode};
use super::{Action, Events, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource, Timestamp};

/// A violation of hours of service rules by a driver.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "HosViolationRead")]
pub struct HosViolation {
    /// The duty log entry that it is about.
    pub hos_event_id: Option<RecordId>,
    /// The driver.
    pub driver_id: Option<RecordId>,
    /// The TSP's id of the driver.
    pub source_driver_id: Option<String>,
    /// The TSP's id of the duty log entry.
    pub source_hos_event_id: Option<String>,
    /// What was violated.
    pub violation_code: Option<Code<HosViolationCode>>,
    /// The kind of rule.
    pub violation_category: Option<Code<HosViolationCategory>>,
    /// The TSP's words for it.
    pub violation_description: Option<String>,
    /// When it began, UTC.
    pub start_time: Option<Timestamp>,
    /// When it ended, UTC; null while it lasts.
    pub end_time: Option<Timestamp>,
    /// How long it lasted, in s.
    pub duration: Option<i64>,
    /// The limit that was passed, in h.
    pub hours_limit: Option<f64>,
}

impl Record for HosViolation {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::HosViolation,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &[],
        storage: Storage::Event(Timeline { subject: "driver_id", latest: false, counted: true }),
        events: Events { silent: &[Action::Removed], ..Events::ADDED_MODIFIED },
        interval_seconds: 300,
    };

    fn link(&mut self, ids: RecordIds) {
        self.driver_id = ids.of(self.source_driver_id.as_deref());
        self.hos_event_id = ids.of(self.source_hos_event_id.as_deref());
    }
}
