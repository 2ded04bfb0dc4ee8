//! Trailers, inspections, fuel and the rest.

use super::{EQUIPMENT, Group, PLATES, SERVICE, Words, words};
use crate::language::said;

pub(super) const WORDS: &[Words] = &[
    words(
        "trailer",
        Group::More,
        said("Trailers", "Remolques"),
        &[
            (said("names and groups", "nombres y grupos"), &["trailer_name", "external_id", "trailer_groups"]),
            (
                said("make, model and year", "marca, modelo y año"),
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
            (said("VIN", "número de identificación (VIN)"), &["vin"]),
            (said("license plate", "matrícula"), PLATES),
            (said("whether it is in service", "si está en servicio"), SERVICE),
            (said("telematics device", "dispositivo telemático"), EQUIPMENT),
            (said("your notes", "sus notas"), &["notes"]),
        ],
        said("change your trailers", "modificar sus remolques"),
    ),
    words(
        "trailer_location",
        Group::More,
        said("Trailer positions", "Posiciones de remolques"),
        &[(
            said("where each trailer is and has been", "dónde está y ha estado cada remolque"),
            &["location", "inferred_address"],
        )],
        said("change trailer positions", "modificar posiciones de remolques"),
    ),
    words(
        "trailer_status",
        Group::More,
        said("Trailer state", "Estado de remolques"),
        &[
            (
                said(
                    "whether the cooling unit runs, how, and its alarms",
                    "si funciona el equipo de refrigeración, cómo, y sus alarmas",
                ),
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
            (
                said("battery and fuel level", "nivel de batería y de combustible"),
                &["battery_voltage", "battery_percent", "battery_status", "fuel_level"],
            ),
            (said("doors and cargo", "puertas y carga"), &["door_open", "cargo_status"]),
            (
                said("temperatures and humidity", "temperaturas y humedad"),
                &["ambient_temperature", "zones", "remote_probe_statuses", "humidity_percent"],
            ),
            (said("where the trailer was then", "dónde estaba entonces el remolque"), &["location"]),
        ],
        said("change trailer states", "modificar estados de remolques"),
    ),
    words(
        "trailer_association",
        Group::More,
        said("Trailer links", "Enlaces de remolques"),
        &[(said("what each trailer is coupled to", "a qué está enganchado cada remolque"), &[])],
        said("couple trailers", "enganchar remolques"),
    ),
    words(
        "trailer_vehicle_association",
        Group::More,
        said("Trailer couplings", "Enganches de remolques"),
        &[(
            said("which vehicle pulls which trailer, and in which order", "qué vehículo arrastra qué remolque y en qué orden"),
            &["trailer_sequence"],
        )],
        said("couple trailers to vehicles", "enganchar remolques a vehículos"),
    ),
    words(
        "dvir_log",
        Group::More,
        said("Inspections", "Inspecciones"),
        &[
            (
                said("inspection reports of vehicles and trailers", "informes de inspección de vehículos y remolques"),
                &["log_type", "defect_count", "defects", "is_safety_critical", "duration_seconds"],
            ),
            (
                said("who inspected, and comments of drivers", "quién inspeccionó y comentarios de los conductores"),
                &["inspected_by", "certify_comment", "driver_comment"],
            ),
            (said("where", "dónde"), &["location"]),
            (said("odometer and engine hours", "odómetro y horas de motor"), &["odometer", "odometer_km", "engine_hours"]),
            (
                said("the carrier, with its address", "el transportista, con su dirección"),
                &["authority_name", "authority_address"],
            ),
        ],
        said("change inspection reports", "modificar informes de inspección"),
    ),
    words(
        "dvir_log_defect",
        Group::More,
        said("Defects", "Defectos"),
        &[
            (
                said("defects found at inspections", "defectos hallados en las inspecciones"),
                &["defect_type", "defect_code", "defect_name", "description", "is_safety_critical"],
            ),
            (said("whether they are mended", "si se han reparado"), &["status", "resolved_at"]),
            (said("notes", "notas"), &["notes"]),
        ],
        said("change defects", "modificar defectos"),
    ),
    words(
        "fuel_transaction",
        Group::More,
        said("Fuel", "Combustible"),
        &[
            (
                said("purchases of fuel, with price and vendor", "compras de combustible, con precio y vendedor"),
                &["fuel_type", "fuel_volume", "fuel_vendor", "total_cost", "currency"],
            ),
            (said("where", "dónde"), &["location", "inferred_address"]),
            (said("odometer", "odómetro"), &["odometer"]),
        ],
        said("change fuel purchases", "modificar compras de combustible"),
    ),
    words(
        "ifta_summary",
        Group::More,
        said("Fuel tax", "Impuesto sobre el combustible"),
        &[(
            said("miles and fuel by month for fuel tax", "millas y combustible por mes para el impuesto sobre el combustible"),
            &["month", "year"],
        )],
        said("change fuel tax reports", "modificar informes del impuesto sobre el combustible"),
    ),
];
