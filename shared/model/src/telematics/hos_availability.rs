//! What is left of drivers' hours.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::code::{Code, DutyStatus, HosRuleset};
use super::{Action, Events, Record, RecordType, Storage};
use crate::{RecordId, RecordIds, Resource, Timestamp};

/// What is left of a driver's hours of service, as the TSP last told it: a row per driver.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "HosAvailabilityRead")]
pub struct HosAvailability {
    /// The driver.
    pub driver_id: Option<RecordId>,
    /// The vehicle that they are in.
    pub vehicle_id: Option<RecordId>,
    /// The hours of service rules that they drive under.
    pub hos_ruleset_code: Option<Code<HosRuleset>>,
    /// Their duty status.
    pub duty_status_code: Option<Code<DutyStatus>>,
    /// When their cycle began, UTC.
    pub cycle_started_at: Option<Timestamp>,
    /// When their cycle ends, UTC.
    pub cycle_ends_at: Option<Timestamp>,
    /// Driving time left in the shift, in s.
    pub available_drive_seconds: Option<i64>,
    /// On-duty time left in the shift, in s.
    pub available_shift_seconds: Option<i64>,
    /// On-duty time left in the cycle, in s.
    pub available_cycle_seconds: Option<i64>,
    /// On-duty time of the cycle that is left tomorrow, in s.
    pub available_tomorrow_seconds: Option<i64>,
    /// The same of the second day, in s.
    pub available_day2_seconds: Option<i64>,
    /// The same of the third day, in s.
    pub available_day3_seconds: Option<i64>,
    /// How many days ahead are told.
    pub forecast_horizon_days: Option<i64>,
    /// Time until a break is due, in s; 0 = now.
    pub time_until_break_seconds: Option<i64>,
    /// Rest that is still to be taken, in s.
    pub rest_remaining_seconds: Option<i64>,
    /// Time over the limit of the cycle, in s; 0 = none.
    pub cycle_violation_duration_seconds: Option<i64>,
    /// Driving time over the limit of the shift, in s; 0 = none.
    pub shift_driving_violation_duration_seconds: Option<i64>,
    /// When the shift is going to end, UTC.
    pub shift_ends_at: Option<Timestamp>,
    /// When the next break is due, UTC.
    pub next_break_due_at: Option<Timestamp>,
    /// When a rest of 10 h can be complete, UTC.
    pub next_10hr_reset_eligible_at: Option<Timestamp>,
    /// When a restart of 34 h can be complete (United States), UTC.
    pub next_34hr_reset_eligible_at: Option<Timestamp>,
    /// Whether they use the vehicle personally.
    pub is_personal_conveyance_applied: Option<bool>,
    /// Whether they move the vehicle in a yard.
    pub is_yard_move_applied: Option<bool>,
    /// Whether they may use the exemption for adverse driving conditions.
    pub is_adverse_driving_exemption_available: Option<bool>,
    /// Whether they use that exemption.
    pub is_adverse_driving_applied: Option<bool>,
    /// Whether a meal break is required.
    pub is_meal_break_required: Option<bool>,
    /// When a meal break is due, UTC.
    pub meal_break_due_at: Option<Timestamp>,
    /// The shortest meal break, in s.
    pub meal_break_min_duration_seconds: Option<i64>,
    /// Time until a meal break is due, in s.
    pub meal_break_time_until_due_seconds: Option<i64>,
    /// Whether the rest is split.
    pub is_split_sleep_applied: Option<bool>,
    /// Whether they may rest in a sleeper berth.
    pub is_sleeper_eligible: Option<bool>,
    /// Time that is still to be spent in the sleeper berth, in s.
    pub sleeper_required_remaining_seconds: Option<i64>,
    /// When the window of a split rest ends, UTC.
    pub sleeper_split_window_ends_at: Option<Timestamp>,
    /// Whether a cycle limits their hours.
    pub is_cycle_applicable: Option<bool>,
    /// Exceptions in force, as the TSP names them.
    pub exception_codes: Option<Vec<String>>,
    /// Remarks of the TSP.
    pub notes: Option<String>,
    /// The TSP's id of the driver. Not published.
    #[serde(skip)]
    #[field_names_as_slice(skip)]
    pub source_driver_id: Option<String>,
    /// The TSP's id of the vehicle. Not published.
    #[serde(skip)]
    #[field_names_as_slice(skip)]
    pub source_vehicle_id: Option<String>,
}

impl Record for HosAvailability {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::HosAvailability,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &["exception_codes"],
        storage: Storage::Entity { counted_if: None },
        events: Events { silent: &[Action::Removed], ..Events::ADDED_MODIFIED },
        interval_seconds: 300,
    };

    fn link(&mut self, ids: RecordIds) {
        self.driver_id = ids.of(self.source_driver_id.as_deref());
        self.vehicle_id = ids.of(self.source_vehicle_id.as_deref());
    }
}
