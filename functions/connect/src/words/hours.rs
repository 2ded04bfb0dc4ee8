//! Hours of service.

use super::{Group, Words, words};
use crate::language::said;

pub(super) const WORDS: &[Words] = &[
    words(
        "hos_event",
        Group::Hours,
        said("Duty logs", "Registros de servicio", "Rapports d’activités"),
        &[
            (
                said(
                    "each change of duty status, with driver and times",
                    "cada cambio de estado de servicio, con conductor y horas",
                    "chaque changement d’activité, avec conducteur et heures",
                ),
                &[
                    "duty_status_code",
                    "event_type_code",
                    "event_code",
                    "started_at",
                    "ended_at",
                    "hos_ruleset_code",
                    "time_zone_code",
                    "deferral_status",
                    "deferral_minutes",
                    "is_excluded",
                    "is_transitioning",
                ],
            ),
            (
                said("where it happened", "dónde ocurrió", "où cela s’est passé"),
                &["location", "location_name", "inferred_address", "region_code"],
            ),
            (
                said("odometer and engine hours", "odómetro y horas de motor", "odomètre et heures moteur"),
                &["odometer", "engine_hours"],
            ),
            (
                said(
                    "edits, certification and remarks",
                    "modificaciones, certificación y observaciones",
                    "modifications, certification et remarques",
                ),
                &[
                    "driver_last_edit_at",
                    "driver_certified_at",
                    "annotations",
                    "log_state_code",
                    "log_origin_code",
                    "record_status",
                ],
            ),
            (said("device malfunctions", "fallas del dispositivo", "défaillances de l’appareil"), &["eld_malfunction_code"]),
        ],
        said("change duty logs", "modificar registros de servicio", "modifier des rapports d’activités"),
    ),
    words(
        "driver_event_log",
        Group::Hours,
        said("Driver events", "Eventos del conductor", "Événements du conducteur"),
        &[(
            said(
                "what drivers entered in their device",
                "lo que los conductores anotaron en su dispositivo",
                "ce que les conducteurs ont saisi dans leur appareil",
            ),
            &[],
        )],
        said("change driver events", "modificar eventos del conductor", "modifier des événements du conducteur"),
    ),
    words(
        "hos_availability",
        Group::Hours,
        said("Hours left", "Horas disponibles", "Heures restantes"),
        &[
            (
                said(
                    "how long each driver may still drive and work",
                    "cuánto tiempo puede aún conducir y trabajar cada conductor",
                    "combien de temps chaque conducteur peut encore conduire et travailler",
                ),
                &[
                    "available_drive_seconds",
                    "available_shift_seconds",
                    "available_cycle_seconds",
                    "available_tomorrow_seconds",
                    "available_day2_seconds",
                    "available_day3_seconds",
                    "forecast_horizon_days",
                    "cycle_started_at",
                    "cycle_ends_at",
                    "shift_ends_at",
                    "is_cycle_applicable",
                ],
            ),
            (
                said("duty status and rules", "estado de servicio y reglas", "activité et règles"),
                &[
                    "duty_status_code",
                    "hos_ruleset_code",
                    "exception_codes",
                    "is_personal_conveyance_applied",
                    "is_yard_move_applied",
                    "is_adverse_driving_exemption_available",
                    "is_adverse_driving_applied",
                ],
            ),
            (
                said(
                    "breaks, rest and sleep that are due",
                    "pausas, descanso y sueño pendientes",
                    "pauses, repos et sommeil à prendre",
                ),
                &[
                    "time_until_break_seconds",
                    "rest_remaining_seconds",
                    "next_break_due_at",
                    "next_10hr_reset_eligible_at",
                    "next_34hr_reset_eligible_at",
                    "is_meal_break_required",
                    "meal_break_due_at",
                    "meal_break_min_duration_seconds",
                    "meal_break_time_until_due_seconds",
                    "is_split_sleep_applied",
                    "is_sleeper_eligible",
                    "sleeper_required_remaining_seconds",
                    "sleeper_split_window_ends_at",
                ],
            ),
            (
                said("violations so far", "infracciones hasta ahora", "infractions jusqu’à présent"),
                &["cycle_violation_duration_seconds", "shift_driving_violation_duration_seconds"],
            ),
            (said("notes", "notas", "notes"), &["notes"]),
        ],
        said("change hours left", "modificar horas disponibles", "modifier des heures restantes"),
    ),
    words(
        "hos_daily_snapshot",
        Group::Hours,
        said("Daily totals", "Totales diarios", "Totaux quotidiens"),
        &[(
            said(
                "hours of each driver by duty status and day",
                "horas de cada conductor por estado de servicio y día",
                "heures de chaque conducteur par activité et par jour",
            ),
            &[
                "snapshot_date",
                "duration_off_duty_seconds",
                "duration_sleeper_berth_seconds",
                "duration_on_duty_seconds",
                "duration_driving_seconds",
                "duration_personal_conveyance_seconds",
                "duration_yard_move_seconds",
                "duration_waiting_seconds",
                "duration_unknown_seconds",
                "duration_cycle_on_duty_seconds",
            ],
        )],
        said("change daily totals", "modificar totales diarios", "modifier des totaux quotidiens"),
    ),
    words(
        "hos_event_annotation",
        Group::Hours,
        said("Remarks", "Observaciones", "Remarques"),
        &[(
            said("remarks on duty logs", "observaciones de los registros de servicio", "remarques sur les rapports d’activités"),
            &[],
        )],
        said(
            "add remarks to duty logs",
            "agregar observaciones a los registros de servicio",
            "ajouter des remarques aux rapports d’activités",
        ),
    ),
    words(
        "hos_event_attachment",
        Group::Hours,
        said("Attachments", "Archivos adjuntos", "Pièces jointes"),
        &[(
            said(
                "files attached to duty logs, and who uploaded them",
                "archivos adjuntos a los registros de servicio y quién los subió",
                "fichiers joints aux rapports d’activités, et qui les a envoyés",
            ),
            &[
                "last_edit_at",
                "uploaded_by",
                "file_name",
                "file_type",
                "file_size",
                "source_url",
                "url",
                "checksum",
                "description",
            ],
        )],
        said(
            "attach files to duty logs",
            "adjuntar archivos a los registros de servicio",
            "joindre des fichiers aux rapports d’activités",
        ),
    ),
    words(
        "hos_violation",
        Group::Hours,
        said("Violations", "Infracciones", "Infractions"),
        &[
            (
                said(
                    "violations of the rules by driver",
                    "infracciones de las reglas por conductor",
                    "infractions aux règles par conducteur",
                ),
                &["violation_code", "violation_category", "violation_description", "hours_limit"],
            ),
            (
                said("when, and for how long", "cuándo y durante cuánto tiempo", "quand et pendant combien de temps"),
                &["start_time", "end_time", "duration"],
            ),
        ],
        said("change violations", "modificar infracciones", "modifier des infractions"),
    ),
];
