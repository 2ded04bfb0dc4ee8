//! Trailers, inspections, fuel and the rest.

use super::{EQUIPMENT, Group, PLATES, SERVICE, Words, words};

pub(super) const WORDS: &[Words] = &[
    words(
        "trailer",
        Group::More,
        "Trailers",
        &[
            ("names and groups", &["trailer_name", "external_id", "trailer_groups"]),
            (
                "make, model and year",
                &[
                    "oem",
                    "model_type",
                    "model_year",
                    "total_axles",
                    "trailer_length",
                    "trailer_type",
                    "engine_type",
                    "fuel_capacity",
                ],
            ),
            ("VIN", &["vin"]),
            ("license plate", PLATES),
            ("whether it is in service", SERVICE),
            ("telematics device", EQUIPMENT),
            ("your notes", &["notes"]),
        ],
        "change your trailers",
    ),
    words(
        "trailer_location",
        Group::More,
        "Trailer positions",
        &[("where each trailer is and has been", &["location", "inferred_address"])],
        "change trailer positions",
    ),
    words(
        "trailer_status",
        Group::More,
        "Trailer state",
        &[
            (
                "whether the cooling unit runs, how, and its alarms",
                &[
                    "power_on",
                    "power_source",
                    "reefer_operational_status",
                    "operation_mode",
                    "control_mode",
                    "reefer_engine_hours",
                    "suction_pressure_kpa",
                    "discharge_pressure_kpa",
                    "pre_trip_status",
                    "active_alarms",
                ],
            ),
            ("battery and fuel level", &["battery_voltage", "battery_percent", "battery_status", "fuel_level"]),
            ("doors and cargo", &["door_open", "cargo_status"]),
            ("temperatures and humidity", &["ambient_temperature", "zones", "remote_probe_statuses", "humidity_percent"]),
            ("where the trailer was then", &["location"]),
        ],
        "change trailer states",
    ),
    words("trailer_association", Group::More, "Trailer links", &[("what each trailer is coupled to", &[])], "couple trailers"),
    words(
        "trailer_vehicle_association",
        Group::More,
        "Trailer couplings",
        &[("which vehicle pulls which trailer, and in which order", &["trailer_sequence"])],
        "couple trailers to vehicles",
    ),
    words(
        "dvir_log",
        Group::More,
        "Inspections",
        &[
            (
                "inspection reports of vehicles and trailers",
                &["log_type", "defect_count", "defects", "is_safety_critical", "duration_seconds"],
            ),
            ("who inspected, and comments of drivers", &["inspected_by", "certify_comment", "driver_comment"]),
            ("where", &["location"]),
            ("odometer and engine hours", &["odometer", "odometer_km", "engine_hours"]),
            ("the carrier, with its address", &["authority_name", "authority_address"]),
        ],
        "change inspection reports",
    ),
    words(
        "dvir_log_defect",
        Group::More,
        "Defects",
        &[
            ("defects found at inspections", &["defect_type", "defect_code", "defect_name", "description", "is_safety_critical"]),
            ("whether they are mended", &["status", "resolved_at"]),
            ("notes", &["notes"]),
        ],
        "change defects",
    ),
    words(
        "fuel_transaction",
        Group::More,
        "Fuel",
        &[
            ("purchases of fuel, with price and vendor", &["fuel_type", "fuel_volume", "fuel_vendor", "total_cost", "currency"]),
            ("where", &["location", "inferred_address"]),
            ("odometer", &["odometer"]),
        ],
        "change fuel purchases",
    ),
    words(
        "ifta_summary",
        Group::More,
        "Fuel tax",
        &[("miles and fuel by month for fuel tax", &["month", "year"])],
        "change fuel tax reports",
    ),
];
