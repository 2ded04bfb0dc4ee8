//! What vehicles, and what is in them, send.

use super::{EQUIPMENT, Group, PLATES, SERVICE, Words, words};

pub(super) const WORDS: &[Words] = &[
    words(
        "vehicle",
        Group::Vehicles,
        "Vehicles",
        &[
            ("names and groups", &["vehicle_name", "external_id", "vehicle_groups"]),
            ("make, model and year", &["oem", "model_type", "model_year", "total_axles", "engine_type", "fuel_capacity"]),
            ("VIN", &["vin", "engine_vin"]),
            ("license plate", PLATES),
            ("whether it is in service", SERVICE),
            ("telematics device", EQUIPMENT),
            ("your notes", &["notes"]),
        ],
        "change your vehicles",
    ),
    words(
        "vehicle_location",
        Group::Vehicles,
        "Positions",
        &[
            ("where each vehicle is and has been", &["location", "inferred_address"]),
            ("who drives it", &[]),
            ("speed", &["speed"]),
            ("odometer and engine hours", &["odometer", "engine_hours"]),
            ("fuel level", &["fuel_level", "fuel_value"]),
            ("oil pressure and coolant temperature", &["oil_pressure", "coolant_temperature"]),
        ],
        "change positions",
    ),
    words("location_segment", Group::Vehicles, "Trips", &[("routes driven, with start, end and distance", &[])], "change trips"),
    words(
        "vehicle_region_segment",
        Group::Vehicles,
        "Miles by state",
        &[(
            "miles driven in each state, by vehicle and driver",
            &[
                "country_code",
                "region",
                "segment_start_time",
                "segment_end_time",
                "odometer_start",
                "odometer_end",
                "distance",
                "location_count",
                "processing_date",
            ],
        )],
        "change miles",
    ),
    words(
        "vehicle_sensor",
        Group::Vehicles,
        "Sensors",
        &[("readings of sensors in vehicles", &["raw_event", "sensor_event", "sensor_value"])],
        "change sensors",
    ),
    words("asset", Group::Vehicles, "Other equipment", &[("names, kinds and serial numbers", &[])], "change your equipment"),
    words(
        "engine_status",
        Group::Vehicles,
        "Engine state",
        &[("whether the engine runs", &["engine_status"]), ("where, and with which driver", &["location", "inferred_address"])],
        "change engine states",
    ),
    words(
        "engine_log",
        Group::Vehicles,
        "Fault codes",
        &[
            ("fault codes", &["fault_code_source", "fault_code", "fault_code_description", "canonical_code", "status"]),
            ("engine state and warning lights", &["engine_status", "mil_status"]),
        ],
        "change fault codes",
    ),
];
