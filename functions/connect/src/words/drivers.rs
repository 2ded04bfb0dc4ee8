//! Who drives, and what drivers do and write.

use super::{Group, SERVICE, Words, words};
use crate::language::said;

pub(super) const WORDS: &[Words] = &[
    words(
        "user",
        Group::Drivers,
        said("Drivers and staff", "Conductores y personal", "Conducteurs et personnel"),
        &[
            (said("names", "nombres", "noms"), &["first_name", "last_name", "username", "employee_number"]),
            (said("phone number", "número de teléfono", "numéro de téléphone"), &["phone_number"]),
            (said("e-mail address", "correo electrónico", "adresse e-mail"), &["user_email"]),
            (
                said(
                    "driver's license number, state and expiry",
                    "número, estado y vencimiento de la licencia de conducir",
                    "numéro, État et expiration du permis de conduire",
                ),
                &["license_country", "license_region", "license_number", "license_expiration"],
            ),
            (
                said(
                    "company and carrier, with addresses",
                    "empresa y transportista, con direcciones",
                    "entreprise et transporteur, avec adresses",
                ),
                &["company_name", "company_address", "authority_name", "authority_address", "carrier_number", "country_code"],
            ),
            (
                said("role and groups", "función y grupos", "fonction et groupes"),
                &["is_driver", "user_designation", "company_groups", "private_user_groups", "report_groups", "security_groups"],
            ),
            (
                said(
                    "whether and since when they work for you",
                    "si trabajan para usted y desde cuándo",
                    "s’ils travaillent pour vous et depuis quand",
                ),
                SERVICE,
            ),
            (said("last sign-in", "último inicio de sesión", "dernière connexion"), &["last_tsp_login"]),
            (
                said(
                    "duty rules they drive under",
                    "reglas de servicio que se les aplican",
                    "règles de service auxquelles ils sont soumis",
                ),
                &[
                    "hos_ruleset_code",
                    "allow_yard_move",
                    "allow_personal_conveyance",
                    "allow_adverse_driving",
                    "default_time_zone",
                ],
            ),
            (said("your notes on them", "sus notas sobre ellos", "vos notes à leur sujet"), &["notes"]),
        ],
        said(
            "change your drivers and staff",
            "modificar sus conductores y su personal",
            "modifier vos conducteurs et votre personnel",
        ),
    ),
    words(
        "driver_association",
        Group::Drivers,
        said("Teams", "Equipos de conductores", "Équipes"),
        &[(said("which drivers drive together", "qué conductores viajan juntos", "quels conducteurs roulent ensemble"), &[])],
        said("change teams", "modificar equipos de conductores", "modifier des équipes"),
    ),
    words(
        "driver_vehicle_association",
        Group::Drivers,
        said("Assignments", "Asignaciones", "Affectations"),
        &[(
            said(
                "who drives which vehicle, and when",
                "quién conduce qué vehículo y cuándo",
                "qui conduit quel véhicule, et quand",
            ),
            &["is_primary_driver"],
        )],
        said("assign drivers to vehicles", "asignar conductores a vehículos", "affecter des conducteurs à des véhicules"),
    ),
    words(
        "driver_safety_event",
        Group::Drivers,
        said("Safety events", "Eventos de seguridad", "Événements de sécurité"),
        &[
            (
                said(
                    "what happened: harsh braking, speeding and the like",
                    "qué ocurrió: frenado brusco, exceso de velocidad y similares",
                    "ce qui s’est passé : freinage brusque, excès de vitesse, etc.",
                ),
                &["event", "event_metadata", "duration_seconds"],
            ),
            (said("where it happened", "dónde ocurrió", "où cela s’est passé"), &["location", "inferred_address"]),
            (said("which driver and vehicle", "qué conductor y qué vehículo", "quel conducteur et quel véhicule"), &[]),
        ],
        said("change safety events", "modificar eventos de seguridad", "modifier des événements de sécurité"),
    ),
    words(
        "message",
        Group::Drivers,
        said("Messages", "Mensajes", "Messages"),
        &[
            (
                said(
                    "the text of messages to and from drivers",
                    "el texto de los mensajes con los conductores",
                    "le texte des messages échangés avec les conducteurs",
                ),
                &["message_text"],
            ),
            (
                said(
                    "who wrote to whom, and whether it was read",
                    "quién escribió a quién y si se leyó",
                    "qui a écrit à qui, et si le message a été lu",
                ),
                &["sender_name", "recipient_name", "sent_by_driver", "status", "delivered_at", "read_at"],
            ),
        ],
        said("send messages to your drivers", "enviar mensajes a sus conductores", "envoyer des messages à vos conducteurs"),
    ),
    words(
        "group_message",
        Group::Drivers,
        said("Group messages", "Mensajes de grupo", "Messages de groupe"),
        &[
            (
                said(
                    "the text of messages to groups of drivers",
                    "el texto de los mensajes a grupos de conductores",
                    "le texte des messages aux groupes de conducteurs",
                ),
                &["message_text"],
            ),
            (
                said(
                    "who wrote, and whether it was delivered",
                    "quién escribió y si se entregó",
                    "qui a écrit, et si le message a été remis",
                ),
                &["sender_name", "sent_by_driver", "status", "delivered_at"],
            ),
        ],
        said(
            "send messages to groups of your drivers",
            "enviar mensajes a grupos de sus conductores",
            "envoyer des messages à des groupes de vos conducteurs",
        ),
    ),
    words(
        "workflow",
        Group::Drivers,
        said("Workflows", "Flujos de trabajo", "Flux de travail"),
        &[
            (
                said(
                    "the routes and dispatches of drivers, with each stop and its times",
                    "las rutas y los despachos de los conductores, con cada parada y sus horas",
                    "les tournées et missions des conducteurs, avec chaque arrêt et ses horaires",
                ),
                &["stops", "total_distance"],
            ),
            (
                said("whether and when they were made", "si se realizaron y cuándo", "si elles ont été effectuées et quand"),
                &["workflow_status", "started_at", "ended_at"],
            ),
            (said("instructions to drivers", "instrucciones a los conductores", "consignes aux conducteurs"), &["instructions"]),
        ],
        said("give jobs to your drivers", "asignar trabajos a sus conductores", "donner des missions à vos conducteurs"),
    ),
];
