//! What vehicles, and what is in them, send.

use super::{EQUIPMENT, Group, PLATES, SERVICE, Words, words};
use crate::language::said;

pub(super) const WORDS: &[Words] = &[
    words(
        "vehicle",
        Group::Vehicles,
        said("Vehicles", "Vehículos", "Véhicules"),
        &[
            (said("names and groups", "nombres y grupos", "noms et groupes"), &["vehicle_name", "external_id", "vehicle_groups"]),
            (
                said("make, model and year", "marca, modelo y año", "marque, modèle et année"),
                &["oem", "model_type", "model_year", "total_axles", "engine_type", "fuel_capacity"],
            ),
            (said("VIN", "número de identificación (VIN)", "numéro d’identification (VIN)"), &["vin", "engine_vin"]),
            (said("license plate", "placa", "plaque d’immatriculation"), PLATES),
            (said("whether it is in service", "si está en servicio", "s’il est en service"), SERVICE),
            (said("telematics device", "dispositivo telemático", "appareil télématique"), EQUIPMENT),
            (said("your notes", "sus notas", "vos notes"), &["notes"]),
        ],
        said("change your vehicles", "modificar sus vehículos", "modifier vos véhicules"),
    ),
    words(
        "vehicle_location",
        Group::Vehicles,
        said("Positions", "Posiciones", "Positions"),
        &[
            (
                said(
                    "where each vehicle is and has been",
                    "dónde está y ha estado cada vehículo",
                    "où se trouve et s’est trouvé chaque véhicule",
                ),
                &["location", "inferred_address"],
            ),
            (said("who drives it", "quién lo conduce", "qui le conduit"), &[]),
            (said("speed", "velocidad", "vitesse"), &["speed"]),
            (
                said("odometer and engine hours", "odómetro y horas de motor", "odomètre et heures moteur"),
                &["odometer", "engine_hours"],
            ),
            (said("fuel level", "nivel de combustible", "niveau de carburant"), &["fuel_level", "fuel_value"]),
            (
                said(
                    "oil pressure and coolant temperature",
                    "presión del aceite y temperatura del refrigerante",
                    "pression d’huile et température du liquide de refroidissement",
                ),
                &["oil_pressure", "coolant_temperature"],
            ),
        ],
        said("change positions", "modificar posiciones", "modifier des positions"),
    ),
    words(
        "location_segment",
        Group::Vehicles,
        said("Trips", "Viajes", "Trajets"),
        &[(
            said(
                "routes driven, with start, end and distance",
                "rutas recorridas, con inicio, fin y distancia",
                "itinéraires parcourus, avec départ, arrivée et distance",
            ),
            &[],
        )],
        said("change trips", "modificar viajes", "modifier des trajets"),
    ),
    words(
        "vehicle_region_segment",
        Group::Vehicles,
        said("Miles by state", "Millas por estado", "Milles par État"),
        &[(
            said(
                "miles driven in each state, by vehicle and driver",
                "millas recorridas en cada estado, por vehículo y conductor",
                "milles parcourus dans chaque État, par véhicule et conducteur",
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
        said("change miles", "modificar millas", "modifier des milles"),
    ),
    words(
        "vehicle_sensor",
        Group::Vehicles,
        said("Sensors", "Sensores", "Capteurs"),
        &[(
            said(
                "readings of sensors in vehicles",
                "lecturas de los sensores de los vehículos",
                "relevés des capteurs des véhicules",
            ),
            &["raw_event", "sensor_event", "sensor_value"],
        )],
        said("change sensors", "modificar sensores", "modifier des capteurs"),
    ),
    words(
        "asset",
        Group::Vehicles,
        said("Other equipment", "Otros equipos", "Autres équipements"),
        &[(said("names, kinds and serial numbers", "nombres, tipos y números de serie", "noms, types et numéros de série"), &[])],
        said("change your equipment", "modificar sus equipos", "modifier vos équipements"),
    ),
    words(
        "engine_status",
        Group::Vehicles,
        said("Engine state", "Estado del motor", "État du moteur"),
        &[
            (said("whether the engine runs", "si el motor está en marcha", "si le moteur tourne"), &["engine_status"]),
            (
                said("where, and with which driver", "dónde y con qué conductor", "où et avec quel conducteur"),
                &["location", "inferred_address"],
            ),
        ],
        said("change engine states", "modificar estados del motor", "modifier des états du moteur"),
    ),
    words(
        "engine_log",
        Group::Vehicles,
        said("Fault codes", "Códigos de falla", "Codes de défaut"),
        &[
            (
                said("fault codes", "códigos de falla", "codes de défaut"),
                &["fault_code_source", "fault_code", "fault_code_description", "canonical_code", "status"],
            ),
            (
                said(
                    "engine state and warning lights",
                    "estado del motor y luces de advertencia",
                    "état du moteur et voyants d’alerte",
                ),
                &["engine_status", "mil_status"],
            ),
        ],
        said("change fault codes", "modificar códigos de falla", "modifier des codes de défaut"),
    ),
];
