//! Days of duty logs.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::{Action, Events, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource};

/// How a driver spent a day, by duty status: a day of their home terminal.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "HosDailySnapshotRead")]
pub struct HosDailySnapshot {
    /// The driver.
    pub driver_id: Option<RecordId>,
    /// The TSP's id of the driver.
    pub source_driver_id: Option<String>,
    /// The day, by the clocks of the home terminal.
    #[schemars(schema_with = "crate::schema::nullable_date")]
    pub snapshot_date: Option<String>,
    /// Off duty, in s.
    pub duration_off_duty_seconds: Option<i64>,
    /// In the sleeper berth, in s.
    pub duration_sleeper_berth_seconds: Option<i64>,
    /// On duty and not driving, in s.
    pub duration_on_duty_seconds: Option<i64>,
    /// Driving, in s.
    pub duration_driving_seconds: Option<i64>,
    /// Personal use of the vehicle, in s.
    pub duration_personal_conveyance_seconds: Option<i64>,
    /// Moving the vehicle in a yard, in s.
    pub duration_yard_move_seconds: Option<i64>,
    /// Waiting at a well site, in s.
    pub duration_waiting_seconds: Option<i64>,
    /// Of no known status, in s.
    pub duration_unknown_seconds: Option<i64>,
    /// On duty or driving since the cycle began, in s.
    pub duration_cycle_on_duty_seconds: Option<i64>,
}

impl Record for HosDailySnapshot {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::HosDailySnapshot,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &[],
        storage: Storage::Event(Timeline { subject: "driver_id", latest: false, counted: false }),
        events: Events { silent: &[Action::Removed], without: &["source_driver_id"], ..Events::ADDED_MODIFIED },
        interval_seconds: 600,
    };

    fn link(&mut self, ids: RecordIds) {
        self.driver_id = ids.of(self.source_driver_id.as_deref());
    }
}
