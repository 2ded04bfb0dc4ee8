//! Closed lists of the contract, as types: a code that is not on its list does not compile.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::record::contains;
use crate::codes;

/// A closed list of codes.
pub trait CodeList: 'static {
    /// The published schema's name.
    const NAME: &'static str;
    /// Its codes.
    const CODES: &'static [&'static str];
}

/// A code of the list `L`.
pub struct Code<L>(&'static str, PhantomData<fn() -> L>);

impl<L: CodeList> Code<L> {
    /// A code that is written in the source. In a constant, one that is not on the list fails to compile.
    ///
    /// # Panics
    /// Elsewhere, if the list does not hold it.
    #[must_use]
    pub const fn of(code: &'static str) -> Self {
        assert!(contains(L::CODES, code), "not a code of this list");
        Self(code, PhantomData)
    }

    /// A code that a TSP sent as the contract writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        L::CODES.iter().find(|code| **code == text).map(|code| Self(code, PhantomData))
    }
}

impl<L> Code<L> {
    /// The code's text.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        self.0
    }
}

impl<L> Clone for Code<L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L> Copy for Code<L> {}

impl<L> PartialEq for Code<L> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<L> fmt::Debug for Code<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<L> Serialize for Code<L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<L: CodeList> JsonSchema for Code<L> {
    fn schema_name() -> Cow<'static, str> {
        L::NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": L::CODES })
    }
}

macro_rules! code_lists {
    ($($(#[doc = $doc:literal])* $list:ident = $name:literal $codes:ident;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub enum $list {}

        impl CodeList for $list {
            const NAME: &'static str = $name;
            const CODES: &'static [&'static str] = codes::$codes;
        }
    )*};
}

code_lists! {
    /// Duty statuses of drivers.
    DutyStatus = "DutyStatusCodeEnum" DUTY_STATUSES;
    /// Parts that are inspected.
    DvirDefect = "DvirDefectEnum" DVIR_DEFECTS;
    /// What drivers did, or what happened to them.
    SafetyEvent = "DriverSafetyEventEnum" SAFETY_EVENTS;
    /// What engines do.
    EngineState = "EngineStatusEnum" ENGINE_STATUSES;
    /// Families of fault codes.
    FaultCodeSource = "FaultCodeSourceEnum" FAULT_CODE_SOURCES;
    /// Faults under one name.
    CanonicalFault = "CanonicalFaultCodeEnum" CANONICAL_FAULT_CODES;
    /// States of records.
    RecordState = "StatusEnum" EVENT_STATUSES;
    /// Codes of duty log entries.
    HosEventCode = "HosEventCodeEnum" HOS_EVENT_CODES;
    /// Types of duty log entries.
    HosEventType = "HosEventTypeCodeEnum" HOS_EVENT_TYPES;
    /// Malfunctions and diagnostics of ELDs.
    HosMalfunction = "HosMalfunctionCodeEnum" HOS_MALFUNCTIONS;
    /// Who made a duty log entry.
    HosRecordOrigin = "HosRecordOriginCodeEnum" HOS_RECORD_ORIGINS;
    /// States of duty log entries.
    HosRecordStatus = "HosRecordStatusCodeEnum" HOS_RECORD_STATUSES;
    /// States, provinces and territories of duty log entries.
    HosRegion = "HosRegionCodeEnum" HOS_REGIONS;
    /// Hours of service rules.
    HosRuleset = "HosRulesetCodeEnum" HOS_RULESETS;
    /// Violations of hours of service rules.
    HosViolationCode = "HosViolationCodeEnum" HOS_VIOLATIONS;
    /// The kinds of those rules.
    HosViolationCategory = "HosViolationCategoryEnum" HOS_VIOLATION_CATEGORIES;
    /// What vehicles burn.
    FuelType = "EngineType" FUEL_TYPES;
    /// How far messages came.
    MessageStatus = "MessageStatusEnum" MESSAGE_STATUSES;
    /// How far workflows came.
    WorkflowState = "WorkflowStatusEnum" WORKFLOW_STATUSES;
    /// What stops of workflows are for.
    StopType = "StopTypeEnum" STOP_TYPES;
    /// What is done at stops of workflows.
    StopActivity = "StopActivityEnum" STOP_ACTIVITIES;
    /// What drives the units that cool trailers.
    ReeferPowerSource = "ReeferPowerSourceEnum" REEFER_POWER_SOURCES;
    /// How full their batteries are.
    ReeferBatteryStatus = "ReeferBatteryStatusEnum" REEFER_BATTERY_STATUSES;
    /// What they do.
    ReeferOperationalStatus = "ReeferOperationalStatusEnum" REEFER_OPERATIONAL_STATUSES;
    /// Whether they run all the time.
    ReeferOperationMode = "ReeferOperationModeEnum" REEFER_OPERATION_MODES;
    /// How they are controlled.
    ReeferControlMode = "ReeferControlModeEnum" REEFER_CONTROL_MODES;
    /// The sensors that they go by.
    ReeferControlSensor = "ReeferControlSensorEnum" REEFER_CONTROL_SENSORS;
    /// Whether there is cargo in trailers.
    ReeferCargoStatus = "ReeferCargoStatusEnum" REEFER_CARGO_STATUSES;
    /// What is wrong with them.
    ReeferAlarm = "ReeferAlarmCodeEnum" REEFER_ALARMS;
    /// Time zones.
    Timezone = "TimezoneCodeEnum" TIMEZONES;
    /// The unit of distances and odometers.
    DistanceUnit = "DistanceUnit" DISTANCE_UNITS;
    /// The unit of pressures.
    PressureUnit = "PressureUnit" PRESSURE_UNITS;
    /// The unit of speeds.
    SpeedUnit = "SpeedUnit" SPEED_UNITS;
    /// The unit of temperatures.
    TemperatureUnit = "TemperatureUnit" TEMPERATURE_UNITS;
    /// The unit of voltages.
    VoltageUnit = "VoltageUnit" VOLTAGE_UNITS;
    /// The unit of volumes.
    VolumeUnit = "VolumeUnit" VOLUME_UNITS;
}
