//! What fleets share in plain words, for people who run trucks.
//!
//! The words of a resource say what its rows hold. A test compares them with the members of the row types: one that nobody wrote
//! down here fails it, and so does one that rows do not have any more.

use model::{Resource, Scopes, ShareLevel};

/// A part of the consent page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Vehicles,
    Drivers,
    Hours,
    More,
}

impl Group {
    /// Its title.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Vehicles => "Vehicles and where they go",
            Self::Drivers => "Drivers",
            Self::Hours => "Hours of service",
            Self::More => "Trailers, inspections, fuel and the rest",
        }
    }
}

/// The words of one resource.
struct Words {
    resource: &'static str,
    group: Group,
    title: &'static str,
    /// What its rows hold: a phrase, and the members that it stands for.
    holds: &'static [(&'static str, &'static [&'static str])],
    /// What a partner that may write can do.
    write: &'static str,
}

const fn words(
    resource: &'static str,
    group: Group,
    title: &'static str,
    holds: &'static [(&'static str, &'static [&'static str])],
    write: &'static str,
) -> Words {
    Words { resource, group, title, holds, write }
}

/// Members that tell nothing of their own: links between records, units, places in an order.
#[cfg(test)]
const TECHNICAL: &[&str] = &[
    "additional_driver_ids",
    "ambient_temperature_unit",
    "battery_voltage_unit",
    "co_driver_id",
    "coolant_temperature_unit",
    "distance_unit",
    "driver_id",
    "dvir_log_id",
    "fuel_unit",
    "fuel_value_unit",
    "group_id",
    "h3_index_11",
    "hos_event_id",
    "message_hash",
    "odometer_end_unit",
    "odometer_start_unit",
    "odometer_unit",
    "oil_pressure_unit",
    "recipient_id",
    "recipient_ids",
    "remote_probe_statuses_temperature_unit",
    "reply_to_message_id",
    "sender_id",
    "sensor_unit",
    "sequence",
    "source_co_driver_id",
    "source_co_driver_ids",
    "source_driver_id",
    "source_dvir_log_id",
    "source_group_id",
    "source_hos_event_id",
    "source_recipient_id",
    "source_recipient_ids",
    "source_reply_to_message_id",
    "source_sender_id",
    "source_thread_id",
    "source_trailer_id",
    "source_vehicle_id",
    "speed_unit",
    "thread_id",
    "trailer_id",
    "vehicle_id",
    "version",
    "zones_temperature_unit",
];

const EQUIPMENT: &[&str] = &["eld_id", "eld_serial_number", "eld_device_type", "eld_product_id"];
const PLATES: &[&str] = &["license_plate_region", "license_plate_country", "license_plate_number"];
const SERVICE: &[&str] = &["started_at", "ended_at", "is_active", "status"];

/// The words of every resource, in the order of the page.
const WORDS: &[Words] = &[
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
    words(
        "hos_event",
        Group::Hours,
        "Duty logs",
        &[
            (
                "each change of duty status, with driver and times",
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
            ("where it happened", &["location", "location_name", "inferred_address", "region_code"]),
            ("odometer and engine hours", &["odometer", "engine_hours"]),
            (
                "edits, certification and remarks",
                &[
                    "driver_last_edit_at",
                    "driver_certified_at",
                    "annotations",
                    "log_state_code",
                    "log_origin_code",
                    "record_status",
                ],
            ),
            ("device malfunctions", &["eld_malfunction_code"]),
        ],
        "change duty logs",
    ),
    words(
        "driver_event_log",
        Group::Hours,
        "Driver events",
        &[("what drivers entered in their device", &[])],
        "change driver events",
    ),
    words(
        "hos_availability",
        Group::Hours,
        "Hours left",
        &[
            (
                "how long each driver may still drive and work",
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
                "duty status and rules",
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
                "breaks, rest and sleep that are due",
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
            ("violations so far", &["cycle_violation_duration_seconds", "shift_driving_violation_duration_seconds"]),
            ("notes", &["notes"]),
        ],
        "change hours left",
    ),
    words(
        "hos_daily_snapshot",
        Group::Hours,
        "Daily totals",
        &[(
            "hours of each driver by duty status and day",
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
        "change daily totals",
    ),
    words("hos_event_annotation", Group::Hours, "Remarks", &[("remarks on duty logs", &[])], "add remarks to duty logs"),
    words(
        "hos_event_attachment",
        Group::Hours,
        "Attachments",
        &[(
            "files attached to duty logs, and who uploaded them",
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
        "attach files to duty logs",
    ),
    words(
        "hos_violation",
        Group::Hours,
        "Violations",
        &[
            (
                "violations of the rules by driver",
                &["violation_code", "violation_category", "violation_description", "hours_limit"],
            ),
            ("when, and for how long", &["start_time", "end_time", "duration"]),
        ],
        "change violations",
    ),
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

/// One line of the consent page: title, and what it holds.
pub(crate) struct Line {
    pub(crate) title: &'static str,
    pub(crate) holds: String,
}

fn of(resource: Resource) -> Option<&'static Words> {
    WORDS.iter().find(|words| words.resource == resource.name())
}

/// What is shared, by group, in the order of the page.
pub(crate) fn shared(scopes: &Scopes) -> Vec<(Group, Vec<Line>)> {
    let mut groups: Vec<(Group, Vec<Line>)> = Vec::new();
    for words in WORDS.iter().filter(|words| scopes.keys().any(|resource| resource.name() == words.resource)) {
        let phrases: Vec<&str> = words.holds.iter().map(|(phrase, _)| *phrase).collect();
        let line = Line { title: words.title, holds: phrases.join(", ") };
        match groups.iter_mut().find(|(group, _)| *group == words.group) {
            Some((_, lines)) => lines.push(line),
            None => groups.push((words.group, vec![line])),
        }
    }
    groups.sort_by_key(|(group, _)| *group);
    groups
}

/// What the partner may do beside reading.
pub(crate) fn writes(scopes: &Scopes) -> Vec<&'static str> {
    let writable = scopes.iter().filter(|(_, level)| **level == ShareLevel::ReadWrite);
    writable.filter_map(|(resource, _)| of(*resource)).map(|words| words.write).collect()
}

/// What a request adds to what was agreed.
pub(crate) fn beyond(asked: &Scopes, agreed: &Scopes) -> Scopes {
    let is_new = |resource: &Resource, level: &ShareLevel| agreed.get(resource).is_none_or(|held| held < level);
    asked.iter().filter(|(resource, level)| is_new(resource, level)).map(|(resource, level)| (*resource, *level)).collect()
}

/// Both together, each resource at its higher level.
pub(crate) fn union(one: &Scopes, other: &Scopes) -> Scopes {
    let mut all = one.clone();
    for (resource, level) in other {
        let held = all.entry(*resource).or_insert(*level);
        *held = (*held).max(*level);
    }
    all
}

/// What both hold, each resource at its lower level.
pub(crate) fn both(one: &Scopes, other: &Scopes) -> Scopes {
    let lower = |(resource, level): (&Resource, &ShareLevel)| Some((*resource, *other.get(resource)?.min(level)));
    one.iter().filter_map(lower).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_resource_has_words() {
        for resource in Resource::ALL {
            assert_eq!(WORDS.iter().filter(|words| words.resource == resource.name()).count(), 1, "{resource}");
        }
        assert_eq!(WORDS.len(), Resource::ALL.len());
    }

    /// The page neither leaves out what rows hold nor names what they do not.
    #[test]
    fn the_words_are_those_of_the_members() {
        for record in model::telematics::RECORD_TYPES {
            let words = of(record.resource).unwrap();
            let named: BTreeSet<&str> = words.holds.iter().flat_map(|(_, members)| members.iter().copied()).collect();
            let held: BTreeSet<&str> = record.members.iter().copied().filter(|member| !TECHNICAL.contains(member)).collect();
            assert_eq!(named, held, "{}", record.resource);
        }
    }

    #[test]
    fn writing_is_told_apart_from_reading() {
        let scopes = Scopes::from([(Resource::Vehicle, ShareLevel::Read), (Resource::Message, ShareLevel::ReadWrite)]);
        assert_eq!(writes(&scopes), ["send messages to your drivers"]);
        let groups: Vec<Group> = shared(&scopes).into_iter().map(|(group, _)| group).collect();
        assert_eq!(groups, [Group::Vehicles, Group::Drivers]);
        assert!(shared(&Scopes::new()).is_empty());
    }

    #[test]
    fn only_what_goes_beyond_is_asked_again() {
        let agreed = Scopes::from([(Resource::Vehicle, ShareLevel::Read), (Resource::User, ShareLevel::ReadWrite)]);
        assert!(beyond(&agreed, &agreed).is_empty());
        assert!(beyond(&Scopes::from([(Resource::User, ShareLevel::Read)]), &agreed).is_empty());
        let wider = Scopes::from([(Resource::Vehicle, ShareLevel::ReadWrite), (Resource::Trailer, ShareLevel::Read)]);
        assert_eq!(beyond(&wider, &agreed), wider);
        assert_eq!(union(&agreed, &wider).len(), 3);
        assert_eq!(union(&wider, &agreed)[&Resource::Vehicle], ShareLevel::ReadWrite);
    }
}
