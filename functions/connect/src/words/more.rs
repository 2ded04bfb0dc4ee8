//! Trailers, inspections, fuel and the rest.

use super::{EQUIPMENT, Group, PLATES, SERVICE, Words, words};
use crate::language::said;

pub(super) const WORDS: &[Words] = &[
    words(
        "trailer",
        Group::More,
        said("Trailers", "Remolques", "Remorques"),
        &[
            (said("names and groups", "nombres y grupos", "noms et groupes"), &["trailer_name", "external_id", "trailer_groups"]),
            (
                said("make, model and year", "marca, modelo y año", "marque, modèle et année"),
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
            (said("VIN", "número de identificación (VIN)", "numéro d’identification (VIN)"), &["vin"]),
            (said("license plate", "placa", "plaque d’immatriculation"), PLATES),
            (said("whether it is in service", "si está en servicio", "si elle est en service"), SERVICE),
            (said("telematics device", "dispositivo telemático", "appareil télématique"), EQUIPMENT),
            (said("your notes", "sus notas", "vos notes"), &["notes"]),
        ],
        said("change your trailers", "modificar sus remolques", "modifier vos remorques"),
    ),
    words(
        "trailer_location",
        Group::More,
        said("Trailer positions", "Posiciones de remolques", "Positions des remorques"),
        &[(
            said(
                "where each trailer is and has been",
                "dónde está y ha estado cada remolque",
                "où se trouve et s’est trouvée chaque remorque",
            ),
            &["location", "inferred_address"],
        )],
        said("change trailer positions", "modificar posiciones de remolques", "modifier des positions de remorques"),
    ),
    words(
        "trailer_status",
        Group::More,
        said("Trailer state", "Estado de remolques", "État des remorques"),
        &[
            (
                said(
                    "whether the cooling unit runs, how, and its alarms",
                    "si funciona el equipo de refrigeración, cómo, y sus alarmas",
                    "si le groupe frigorifique fonctionne, comment, et ses alarmes",
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
                said("battery and fuel level", "nivel de batería y de combustible", "niveau de batterie et de carburant"),
                &["battery_voltage", "battery_percent", "battery_status", "fuel_level"],
            ),
            (said("doors and cargo", "puertas y carga", "portes et chargement"), &["door_open", "cargo_status"]),
            (
                said("temperatures and humidity", "temperaturas y humedad", "températures et humidité"),
                &["ambient_temperature", "zones", "remote_probe_statuses", "humidity_percent"],
            ),
            (
                said("where the trailer was then", "dónde estaba entonces el remolque", "où se trouvait alors la remorque"),
                &["location"],
            ),
        ],
        said("change trailer states", "modificar estados de remolques", "modifier des états de remorques"),
    ),
    words(
        "trailer_association",
        Group::More,
        said("Trailer links", "Remolques acoplados entre sí", "Remorques attelées entre elles"),
        &[(
            said("what each trailer is coupled to", "a qué está enganchado cada remolque", "à quoi chaque remorque est attelée"),
            &[],
        )],
        said("couple trailers", "enganchar remolques", "atteler des remorques"),
    ),
    words(
        "trailer_vehicle_association",
        Group::More,
        said("Trailer couplings", "Enganches de remolques", "Attelages de remorques"),
        &[(
            said(
                "which vehicle pulls which trailer, and in which order",
                "qué vehículo arrastra qué remolque y en qué orden",
                "quel véhicule tire quelle remorque, et dans quel ordre",
            ),
            &["trailer_sequence"],
        )],
        said("couple trailers to vehicles", "enganchar remolques a vehículos", "atteler des remorques à des véhicules"),
    ),
    words(
        "dvir_log",
        Group::More,
        said("Inspections", "Inspecciones", "Inspections"),
        &[
            (
                said(
                    "inspection reports of vehicles and trailers",
                    "informes de inspección de vehículos y remolques",
                    "rapports d’inspection des véhicules et des remorques",
                ),
                &["log_type", "defect_count", "defects", "is_safety_critical", "duration_seconds"],
            ),
            (
                said(
                    "who inspected, and comments of drivers",
                    "quién inspeccionó y comentarios de los conductores",
                    "qui a inspecté, et commentaires des conducteurs",
                ),
                &["inspected_by", "certify_comment", "driver_comment"],
            ),
            (said("where", "dónde", "où"), &["location"]),
            (
                said("odometer and engine hours", "odómetro y horas de motor", "odomètre et heures moteur"),
                &["odometer", "odometer_km", "engine_hours"],
            ),
            (
                said("the carrier, with its address", "el transportista, con su dirección", "le transporteur, avec son adresse"),
                &["authority_name", "authority_address"],
            ),
        ],
        said("change inspection reports", "modificar informes de inspección", "modifier des rapports d’inspection"),
    ),
    words(
        "dvir_log_defect",
        Group::More,
        said("Defects", "Defectos", "Défectuosités"),
        &[
            (
                said(
                    "defects found at inspections",
                    "defectos hallados en las inspecciones",
                    "défectuosités constatées lors des inspections",
                ),
                &["defect_type", "defect_code", "defect_name", "description", "is_safety_critical"],
            ),
            (said("whether they are mended", "si se han reparado", "s’ils sont réparés"), &["status", "resolved_at"]),
            (said("notes", "notas", "notes"), &["notes"]),
        ],
        said("change defects", "modificar defectos", "modifier des défectuosités"),
    ),
    words(
        "fuel_transaction",
        Group::More,
        said("Fuel", "Combustible", "Carburant"),
        &[
            (
                said(
                    "purchases of fuel, with price and vendor",
                    "compras de combustible, con precio y vendedor",
                    "achats de carburant, avec prix et vendeur",
                ),
                &["fuel_type", "fuel_volume", "fuel_vendor", "total_cost", "currency"],
            ),
            (said("where", "dónde", "où"), &["location", "inferred_address"]),
            (said("odometer", "odómetro", "odomètre"), &["odometer"]),
        ],
        said("change fuel purchases", "modificar compras de combustible", "modifier des achats de carburant"),
    ),
    words(
        "ifta_summary",
        Group::More,
        said("Fuel tax", "Impuesto sobre el combustible", "Taxe sur les carburants"),
        &[(
            said(
                "miles and fuel by month for fuel tax",
                "millas y combustible por mes para el impuesto sobre el combustible",
                "milles et carburant par mois pour la taxe sur les carburants",
            ),
            &["month", "year"],
        )],
        said(
            "change fuel tax reports",
            "modificar informes del impuesto sobre el combustible",
            "modifier des rapports de taxe sur les carburants",
        ),
    ),
];
