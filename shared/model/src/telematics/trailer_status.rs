//! What cooled trailers report of themselves.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::code::{
    Code, ReeferAlarm, ReeferBatteryStatus, ReeferCargoStatus, ReeferControlMode, ReeferControlSensor, ReeferOperationMode,
    ReeferOperationalStatus, ReeferPowerSource, TemperatureUnit, VoltageUnit,
};
use super::{Documented, Events, Point, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource, Timestamp};

/// What the cooling unit of a trailer (reefer) reported last, at one instant.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "TrailerStatusRead")]
pub struct TrailerStatus {
    /// The trailer.
    pub trailer_id: Option<RecordId>,
    /// The TSP's id of the trailer.
    pub source_trailer_id: Option<String>,
    /// Whether the unit has power and runs.
    pub power_on: Option<bool>,
    /// What drives it.
    pub power_source: Option<Code<ReeferPowerSource>>,
    /// Voltage of its battery, in V.
    pub battery_voltage: Option<f64>,
    /// Charge of its battery, in percent.
    pub battery_percent: Option<f64>,
    /// How full its battery is, in a word.
    pub battery_status: Option<Code<ReeferBatteryStatus>>,
    /// What it does.
    pub reefer_operational_status: Option<Code<ReeferOperationalStatus>>,
    /// Whether it runs all the time, or starts and stops by itself.
    pub operation_mode: Option<Code<ReeferOperationMode>>,
    /// How it is controlled.
    pub control_mode: Option<Code<ReeferControlMode>>,
    /// Whether any door that is watched is open.
    pub door_open: Option<bool>,
    /// Whether there is cargo.
    pub cargo_status: Option<Code<ReeferCargoStatus>>,
    /// Fuel of the unit, in percent.
    pub fuel_level: Option<f64>,
    /// How long the unit has run since it was new, in h.
    pub reefer_engine_hours: Option<f64>,
    /// Temperature of the air outside, in K.
    pub ambient_temperature: Option<f64>,
    /// Its compartments.
    pub zones: Option<Vec<TrailerZoneStatus>>,
    /// Its remote probes.
    pub remote_probe_statuses: Option<Vec<RemoteProbeStatus>>,
    /// The check before a trip.
    pub pre_trip_status: Option<TrailerPretripStatus>,
    /// Suction pressure, in kPa.
    pub suction_pressure_kpa: Option<f64>,
    /// Discharge pressure, in kPa.
    pub discharge_pressure_kpa: Option<f64>,
    /// Humidity, in percent.
    pub humidity_percent: Option<f64>,
    /// Alarms that are active; an empty list where the TSP says that there are none.
    pub active_alarms: Option<Vec<TrailerAlarm>>,
    /// Where the trailer was, as a GeoJSON point.
    pub location: Option<Point>,
    /// The H3 cell of resolution 11 that holds the position.
    pub h3_index_11: Option<i64>,
    /// Unit of `battery_voltage`.
    #[schemars(with = "Code<VoltageUnit>")]
    pub battery_voltage_unit: Option<Code<VoltageUnit>>,
    /// Unit of `ambient_temperature`.
    #[schemars(with = "Code<TemperatureUnit>")]
    pub ambient_temperature_unit: Option<Code<TemperatureUnit>>,
    /// Unit of the temperatures in `zones`.
    #[schemars(with = "Code<TemperatureUnit>")]
    pub zones_temperature_unit: Option<Code<TemperatureUnit>>,
    /// Unit of the temperatures in `remote_probe_statuses`.
    #[schemars(with = "Code<TemperatureUnit>")]
    pub remote_probe_statuses_temperature_unit: Option<Code<TemperatureUnit>>,
}

/// One compartment of a cooled trailer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct TrailerZoneStatus {
    /// Its number, from 1 on.
    pub zone: i64,
    /// What the unit is set to, in K.
    pub setpoint_temperature: Option<f64>,
    /// Temperature of the air that comes back from the cargo, in K.
    pub return_air_temperature: Option<f64>,
    /// Temperature of the air that leaves the unit, in K.
    pub discharge_air_temperature: Option<f64>,
    /// The sensor that the unit goes by.
    pub control_sensor: Option<Code<ReeferControlSensor>>,
    /// Whether its door is open.
    pub door_open: Option<bool>,
    /// What the unit does there, as the TSP writes it.
    pub thermal_status: Option<String>,
    /// Whether there is cargo, as the TSP writes it.
    pub cargo_status: Option<String>,
}

/// A probe of a cooled trailer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct RemoteProbeStatus {
    /// Which one.
    pub probe_id: String,
    /// What it measures, in K.
    pub temperature: Option<f64>,
    /// Humidity, in percent.
    pub humidity_percent: Option<f64>,
}

/// The check of a cooling unit before a trip.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct TrailerPretripStatus {
    /// How it ended, as the TSP writes it.
    pub result: Option<String>,
    /// When it began, UTC.
    pub initiated_at: Option<Timestamp>,
    /// When it ended, UTC.
    pub completed_at: Option<Timestamp>,
}

/// An alarm of a cooling unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct TrailerAlarm {
    /// What is wrong; `unknown` where there is no word for it.
    pub code: Option<Code<ReeferAlarm>>,
    /// The TSP's text.
    pub description: Option<String>,
    /// How urgent it is, as the TSP says.
    pub severity: Option<String>,
}

impl Record for TrailerStatus {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::TrailerStatus,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &["zones", "remote_probe_statuses", "pre_trip_status", "active_alarms", "location"],
        storage: Storage::Event(Timeline { subject: "trailer_id", latest: true, counted: false }),
        events: Events {
            without: &[
                "battery_voltage_unit",
                "ambient_temperature_unit",
                "zones_temperature_unit",
                "remote_probe_statuses_temperature_unit",
            ],
            documented: &[("source_trailer_id", Documented::Required)],
            ..Events::ADDED_MODIFIED
        },
        interval_seconds: 600,
    };

    fn link(&mut self, ids: RecordIds) {
        self.trailer_id = ids.of(self.source_trailer_id.as_deref());
        self.h3_index_11 = self.location.as_ref().and_then(Point::h3_index_11);
        self.battery_voltage_unit = Some(const { Code::of("V") });
        let kelvin = Some(const { Code::of("K") });
        self.ambient_temperature_unit = kelvin;
        self.zones_temperature_unit = kelvin;
        self.remote_probe_statuses_temperature_unit = kelvin;
    }
}
