//! Codes of vehicles and trailers, their engines and what their drivers do.

/// What an engine does.
pub const ENGINE_STATUSES: &[&str] = &["OFF", "ON", "IDLE", "TOWING", "UNKNOWN"];

/// Fuels.
pub const FUEL_TYPES: &[&str] =
    &["GASOLINE", "DIESEL", "ETHANOL", "METHANOL", "PROPANE", "LPG", "CNG", "LNG", "HYDROGEN", "ELECTRICITY", "HYBRID"];

/// Parts of vehicles and trailers that are inspected.
pub const DVIR_DEFECTS: &[&str] = &[
    "fluid_levels",
    "battery",
    "belts_hoses",
    "radiator",
    "frame_assembly",
    "front_axle",
    "starter",
    "transmission",
    "oil_pressure",
    "defroster_heater",
    "lights_front",
    "windshield_clean",
    "windshield_wiper_fluid",
    "windshield_wipers",
    "brakes",
    "brake_check",
    "clutch",
    "mirrors",
    "horn",
    "safety_equipment",
    "trip_recorder",
    "air_conditioner",
    "doors",
    "stop_arm_control",
    "steering_wheel",
    "emergency_door_buzzer",
    "entrance_steps",
    "interior_floor",
    "windows",
    "exhaust",
    "fifth_wheel",
    "landing_gear",
    "suspension",
    "alignment",
    "rims",
    "tires",
    "tire_chains",
    "stop_arm",
    "muffler",
    "roof",
    "wheels",
    "wheels_rims",
    "suspension_under",
    "scratches",
    "air_compressor",
    "air_lines",
    "brake_connections",
    "coupling_devices",
    "reflectors",
    "lights_rear",
    "rear_end",
    "tire_chains_rear",
    "brake_accessories",
    "drive_line",
    "engine",
    "fuel_tanks",
    "lights_general",
    "other",
    "unset",
    "first_aid_kit",
];

/// What drivers did, or what happened to them.
pub const SAFETY_EVENTS: &[&str] = &[
    "collision",
    "rollover",
    "forward_collision_warning",
    "near_collision",
    "hard_acceleration",
    "hard_braking",
    "harsh_turn",
    "speeding",
    "rolling_stop",
    "ran_red_light",
    "did_not_yield",
    "defensive_driving",
    "unsafe_parking",
    "railroad_crossing_violation",
    "no_seatbelt",
    "mobile_usage",
    "distraction",
    "drowsy",
    "eating_drinking",
    "smoking",
    "late_response",
    "following_distance",
    "lane_departure",
    "tailgating",
    "yaw_control",
    "camera_obstructed",
    "manual_event",
    "idling",
];

/// What drives the unit that cools a trailer.
pub const REEFER_POWER_SOURCES: &[&str] = &["GASOLINE", "DIESEL", "ELECTRICITY", "HYBRID", "UNKNOWN"];

/// How full the battery of such a unit is.
pub const REEFER_BATTERY_STATUSES: &[&str] = &["NORMAL", "LOW", "CRITICAL", "UNKNOWN"];

/// What such a unit does.
pub const REEFER_OPERATIONAL_STATUSES: &[&str] = &["ON", "OFF", "STANDBY", "UNKNOWN"];

/// Whether it runs all the time.
pub const REEFER_OPERATION_MODES: &[&str] = &["CONTINUOUS", "START_STOP", "UNKNOWN"];

/// How it is controlled.
pub const REEFER_CONTROL_MODES: &[&str] = &["INTELLIGENT", "OPTISET", "UNKNOWN"];

/// Whether there is cargo in a trailer.
pub const REEFER_CARGO_STATUSES: &[&str] = &["LOADED", "EMPTY", "UNKNOWN"];

/// The sensor that the unit goes by.
pub const REEFER_CONTROL_SENSORS: &[&str] = &["RETURN_AIR", "DISCHARGE_AIR", "CARGO_PROBE", "REMOTE_PROBE", "AMBIENT", "UNKNOWN"];

/// What is wrong with a unit that cools a trailer, or with what it cools.
pub const REEFER_ALARMS: &[&str] = &[
    "temperature_out_of_range",
    "setpoint_deviation",
    "sensor_failure",
    "power_loss",
    "battery_low",
    "battery_critical",
    "electrical_fault",
    "fuel_low",
    "engine_fault",
    "engine_shutdown",
    "door_open_while_running",
    "unexpected_door_open",
    "refrigeration_fault",
    "pressure_out_of_range",
    "cooling_ineffective",
    "pretrip_failed",
    "pretrip_not_performed",
    "unknown",
];
