//! What vehicles, and what is in them, send.

use super::{EQUIPMENT, Group, PLATES, SERVICE, Words, words};
use crate::language::said;

pub(super) const WORDS: &[Words] = &[
    words(
        "vehicle",
        Group::Vehicles,
        said("Vehicles", "Vehículos"),
        &[
            (said("names and groups", "nombres y grupos"), &["vehicle_name", "external_id", "vehicle_groups"]),
            (
                said("make, model and year", "marca, modelo y año"),
                &["oem", "model_type", "model_year", "total_axles", "engine_type", "fuel_capacity"],
            ),
            (said("VIN", "número de identificación (VIN)"), &["vin", "engine_vin"]),
            (said("license plate", "matrícula"), PLATES),
            (said("whether it is in service", "si está en servicio"), SERVICE),
            (said("telematics device", "dispositivo telemático"), EQUIPMENT),
            (said("your notes", "sus notas"), &["notes"]),
        ],
        said("change your vehicles", "modificar sus vehículos"),
    ),
    words(
        "vehicle_location",
        Group::Vehicles,
        said("Positions", "Posiciones"),
        &[
            (
                said("where each vehicle is and has been", "dónde está y ha estado cada vehículo"),
                &["location", "inferred_address"],
            ),
            (said("who drives it", "quién lo conduce"), &[]),
            (said("speed", "velocidad"), &["speed"]),
            (said("odometer and engine hours", "odómetro y horas de motor"), &["odometer", "engine_hours"]),
            (said("fuel level", "nivel de combustible"), &["fuel_level", "fuel_value"]),
            (
                said("oil pressure and coolant temperature", "presión del aceite y temperatura del refrigerante"),
                &["oil_pressure", "coolant_temperature"],
            ),
        ],
        said("change positions", "modificar posiciones"),
    ),
    words(
        "location_segment",
        Group::Vehicles,
        said("Trips", "Viajes"),
        &[(said("routes driven, with start, end and distance", "rutas recorridas, con inicio, fin y distancia"), &[])],
        said("change trips", "modificar viajes"),
    ),
    words(
        "vehicle_region_segment",
        Group::Vehicles,
        said("Miles by state", "Millas por estado"),
        &[(
            said(
                "miles driven in each state, by vehicle and driver",
                "millas recorridas en cada estado, por vehículo y conductor",
            ),
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
        said("change miles", "modificar millas"),
    ),
    words(
        "vehicle_sensor",
        Group::Vehicles,
        said("Sensors", "Sensores"),
        &[(
            said("readings of sensors in vehicles", "lecturas de los sensores de los vehículos"),
            &["raw_event", "sensor_event", "sensor_value"],
        )],
        said("change sensors", "modificar sensores"),
    ),
    words(
        "asset",
        Group::Vehicles,
        said("Other equipment", "Otros equipos"),
        &[(said("names, kinds and serial numbers", "nombres, tipos y números de serie"), &[])],
        said("change your equipment", "modificar sus equipos"),
    ),
    words(
        "engine_status",
        Group::Vehicles,
        said("Engine state", "Estado del motor"),
        &[
            (said("whether the engine runs", "si el motor está en marcha"), &["engine_status"]),
            (said("where, and with which driver", "dónde y con qué conductor"), &["location", "inferred_address"]),
        ],
        said("change engine states", "modificar estados del motor"),
    ),
    words(
        "engine_log",
        Group::Vehicles,
        said("Fault codes", "Códigos de falla"),
        &[
            (
                said("fault codes", "códigos de falla"),
                &["fault_code_source", "fault_code", "fault_code_description", "canonical_code", "status"],
            ),
            (
                said("engine state and warning lights", "estado del motor y luces de advertencia"),
                &["engine_status", "mil_status"],
            ),
        ],
        said("change fault codes", "modificar códigos de falla"),
    ),
];
