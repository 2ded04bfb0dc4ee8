//! Who drives, and what drivers do and write.

use super::{Group, SERVICE, Words, words};

pub(super) const WORDS: &[Words] = &[
    words(
        "user",
        Group::Drivers,
        "Drivers and staff",
        &[
            ("names", &["first_name", "last_name", "username", "employee_number"]),
            ("phone number", &["phone_number"]),
            ("e-mail address", &["user_email"]),
            (
                "driver's license number, state and expiry",
                &["license_country", "license_region", "license_number", "license_expiration"],
            ),
            (
                "company and carrier, with addresses",
                &["company_name", "company_address", "authority_name", "authority_address", "carrier_number", "country_code"],
            ),
            (
                "role and groups",
                &["is_driver", "user_designation", "company_groups", "private_user_groups", "report_groups", "security_groups"],
            ),
            ("whether and since when they work for you", SERVICE),
            ("last sign-in", &["last_tsp_login"]),
            (
                "duty rules they drive under",
                &[
                    "hos_ruleset_code",
                    "allow_yard_move",
                    "allow_personal_conveyance",
                    "allow_adverse_driving",
                    "default_time_zone",
                ],
            ),
            ("your notes on them", &["notes"]),
        ],
        "change your drivers and staff",
    ),
    words("driver_association", Group::Drivers, "Teams", &[("which drivers drive together", &[])], "change teams"),
    words(
        "driver_vehicle_association",
        Group::Drivers,
        "Assignments",
        &[("who drives which vehicle, and when", &["is_primary_driver"])],
        "assign drivers to vehicles",
    ),
    words(
        "driver_safety_event",
        Group::Drivers,
        "Safety events",
        &[
            ("what happened: harsh braking, speeding and the like", &["event", "event_metadata", "duration_seconds"]),
            ("where it happened", &["location", "inferred_address"]),
            ("which driver and vehicle", &[]),
        ],
        "change safety events",
    ),
    words(
        "message",
        Group::Drivers,
        "Messages",
        &[
            ("the text of messages to and from drivers", &["message_text"]),
            (
                "who wrote to whom, and whether it was read",
                &["sender_name", "recipient_name", "sent_by_driver", "status", "delivered_at", "read_at"],
            ),
        ],
        "send messages to your drivers",
    ),
    words(
        "group_message",
        Group::Drivers,
        "Group messages",
        &[
            ("the text of messages to groups of drivers", &["message_text"]),
            ("who wrote, and whether it was delivered", &["sender_name", "sent_by_driver", "status", "delivered_at"]),
        ],
        "send messages to groups of your drivers",
    ),
    words("workflow", Group::Drivers, "Workflows", &[("tasks and forms of drivers", &[])], "give tasks to your drivers"),
];
