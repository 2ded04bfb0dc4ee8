//! Who drives, and what drivers do and write.

use super::{Group, SERVICE, Words, words};
use crate::language::said;

pub(super) const WORDS: &[Words] = &[
    words(
        "user",
        Group::Drivers,
        said("Drivers and staff", "Conductores y personal"),
        &[
            (said("names", "nombres"), &["first_name", "last_name", "username", "employee_number"]),
            (said("phone number", "número de teléfono"), &["phone_number"]),
            (said("e-mail address", "correo electrónico"), &["user_email"]),
            (
                said("driver's license number, state and expiry", "número, estado y vencimiento de la licencia de conducir"),
                &["license_country", "license_region", "license_number", "license_expiration"],
            ),
            (
                said("company and carrier, with addresses", "empresa y transportista, con direcciones"),
                &["company_name", "company_address", "authority_name", "authority_address", "carrier_number", "country_code"],
            ),
            (
                said("role and groups", "función y grupos"),
                &["is_driver", "user_designation", "company_groups", "private_user_groups", "report_groups", "security_groups"],
            ),
            (said("whether and since when they work for you", "si trabajan para usted y desde cuándo"), SERVICE),
            (said("last sign-in", "último inicio de sesión"), &["last_tsp_login"]),
            (
                said("duty rules they drive under", "reglas de servicio que se les aplican"),
                &[
                    "hos_ruleset_code",
                    "allow_yard_move",
                    "allow_personal_conveyance",
                    "allow_adverse_driving",
                    "default_time_zone",
                ],
            ),
            (said("your notes on them", "sus notas sobre ellos"), &["notes"]),
        ],
        said("change your drivers and staff", "modificar sus conductores y su personal"),
    ),
    words(
        "driver_association",
        Group::Drivers,
        said("Teams", "Equipos de conductores"),
        &[(said("which drivers drive together", "qué conductores viajan juntos"), &[])],
        said("change teams", "modificar equipos de conductores"),
    ),
    words(
        "driver_vehicle_association",
        Group::Drivers,
        said("Assignments", "Asignaciones"),
        &[(said("who drives which vehicle, and when", "quién conduce qué vehículo y cuándo"), &["is_primary_driver"])],
        said("assign drivers to vehicles", "asignar conductores a vehículos"),
    ),
    words(
        "driver_safety_event",
        Group::Drivers,
        said("Safety events", "Eventos de seguridad"),
        &[
            (
                said(
                    "what happened: harsh braking, speeding and the like",
                    "qué ocurrió: frenado brusco, exceso de velocidad y similares",
                ),
                &["event", "event_metadata", "duration_seconds"],
            ),
            (said("where it happened", "dónde ocurrió"), &["location", "inferred_address"]),
            (said("which driver and vehicle", "qué conductor y qué vehículo"), &[]),
        ],
        said("change safety events", "modificar eventos de seguridad"),
    ),
    words(
        "message",
        Group::Drivers,
        said("Messages", "Mensajes"),
        &[
            (said("the text of messages to and from drivers", "el texto de los mensajes con los conductores"), &["message_text"]),
            (
                said("who wrote to whom, and whether it was read", "quién escribió a quién y si se leyó"),
                &["sender_name", "recipient_name", "sent_by_driver", "status", "delivered_at", "read_at"],
            ),
        ],
        said("send messages to your drivers", "enviar mensajes a sus conductores"),
    ),
    words(
        "group_message",
        Group::Drivers,
        said("Group messages", "Mensajes de grupo"),
        &[
            (
                said("the text of messages to groups of drivers", "el texto de los mensajes a grupos de conductores"),
                &["message_text"],
            ),
            (
                said("who wrote, and whether it was delivered", "quién escribió y si se entregó"),
                &["sender_name", "sent_by_driver", "status", "delivered_at"],
            ),
        ],
        said("send messages to groups of your drivers", "enviar mensajes a grupos de sus conductores"),
    ),
    words(
        "workflow",
        Group::Drivers,
        said("Workflows", "Flujos de trabajo"),
        &[(said("tasks and forms of drivers", "tareas y formularios de los conductores"), &[])],
        said("give tasks to your drivers", "asignar tareas a sus conductores"),
    ),
];
