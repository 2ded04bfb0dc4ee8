//! The bodies of writes, a row per member.

use model::codes::{
    DISTANCE_UNITS_SENT, DVIR_DEFECTS, DVIR_LOG_TYPES, FUEL_TYPES, FUEL_VOLUME_UNITS, HOS_COMPLIANCE_TYPES, HOS_RULESETS,
    HOS_TRACKING_METHODS, MESSAGE_PRIORITIES, TIMEZONES, USER_STATUSES, VEHICLE_STATUSES,
};
use model::telematics::{Record as _, Trailer, User, Vehicle};

use super::field::Kind::{
    Country, Date, Decimal, Flag, Id, Instant, Listed, ListedMany, ListedOr, Notes, Number, Point, Record, Records, ShortCountry,
    Text, Whole,
};
use super::field::{Field, field};

/// More than any vehicle has driven, in any unit.
const FAR: f64 = 1e10;
/// More than any tank holds, in any unit.
const MUCH: f64 = 1e6;

#[rustfmt::skip]
pub(crate) const USER: &[Field] = &[
    field("username", Text, "The name to log in with."),
    field("is_active", Flag, "Whether the user works for the fleet."),
    field("status", Listed(USER_STATUSES), "The same as a word."),
    field("is_driver", Flag, "Whether the user is a driver; else one of the staff."),
    field("user_designation", Text, "The role."),
    field("user_email", Text, "E-mail address."),
    field("first_name", Text, "First name."),
    field("last_name", Text, "Last name."),
    field("phone_number", Text, "Phone number."),
    field("country_code", Country, "Country: ISO 3166-1 alpha-3."),
    field("license_country", Country, "Country of the driver's license: ISO 3166-1 alpha-3."),
    field("license_region", Text, "State or province of the driver's license."),
    field("license_number", Text, "Number of the driver's license."),
    field("license_expiration", Date, "Last day of the driver's license."),
    field("employee_number", Text, "The fleet's number of the user."),
    field("carrier_number", Text, "USDOT or MC number of the carrier, or the TSP's own."),
    field("notes", Notes, "Notes."),
    field("hos_ruleset_code", Listed(HOS_RULESETS), "The rules that the driver works under."),
    field("allow_yard_move", Flag, "Whether yard moves are allowed."),
    field("allow_personal_conveyance", Flag, "Whether personal conveyance is allowed."),
    field("allow_adverse_driving", Flag, "Whether the exemption for adverse driving conditions is allowed."),
    field("default_time_zone", Listed(TIMEZONES), "Time zone of the IANA database."),
    field("hos_compliance_type", Listed(HOS_COMPLIANCE_TYPES), "Whether the driver is exempt from logging."),
    field("hos_tracking_method", Listed(HOS_TRACKING_METHODS), "How the hours of a driver who is not exempt are logged."),
];

#[rustfmt::skip]
pub(crate) const VEHICLE: &[Field] = &[
    field("vehicle_name", Text, "Name or unit number."),
    field("oem", Text, "Manufacturer."),
    field("model_type", Text, "Model."),
    field("model_year", Whole(9_999), "Year of the model."),
    field("vin", Text, "Vehicle identification number."),
    field("engine_vin", Text, "Serial number of the engine."),
    field("license_plate_region", Text, "State or province of the license plate."),
    field("license_plate_country", Country, "Country of the license plate: ISO 3166-1 alpha-3."),
    field("license_plate_number", Text, "License plate."),
    field("is_active", Flag, "Whether it is in use."),
    field("status", Listed(VEHICLE_STATUSES), "What it is doing."),
    field("notes", Notes, "Notes."),
    field("eld_id", Text, "Id of the logging device."),
    field("eld_serial_number", Text, "Serial number of the logging device."),
    field("eld_device_type", Text, "Model of the logging device."),
    field("eld_product_id", Text, "Product of the logging device."),
    field("total_axles", Whole(100), "Number of axles."),
    field("external_id", Text, "An id of the customer's."),
    field("speed_unit", Text, "The unit that the TSP shows speeds in."),
    field("odometer_unit", Text, "The unit that the TSP shows distances in."),
    field("fuel_unit", Text, "The unit that the TSP shows fuel in."),
    field("fuel_capacity", Text, "What the tank holds, with its unit."),
    field("engine_type", Listed(FUEL_TYPES), "What it burns."),
];

#[rustfmt::skip]
pub(crate) const TRAILER: &[Field] = &[
    field("trailer_name", Text, "Name or unit number."),
    field("oem", Text, "Manufacturer."),
    field("model_type", Text, "Model."),
    field("model_year", Whole(9_999), "Year of the model."),
    field("vin", Text, "Vehicle identification number."),
    field("license_plate_region", Text, "State or province of the license plate."),
    field("license_plate_country", ShortCountry, "Country of the license plate: ISO 3166-1 alpha-2."),
    field("license_plate_number", Text, "License plate."),
    field("is_active", Flag, "Whether it is in use."),
    field("status", Text, "What it is doing."),
    field("notes", Notes, "Notes."),
    field("eld_id", Text, "Id of its device."),
    field("eld_serial_number", Text, "Serial number of its device."),
    field("eld_device_type", Text, "Model of its device."),
    field("eld_product_id", Text, "Product of its device."),
    field("total_axles", Whole(100), "Number of axles."),
    field("external_id", Text, "An id of the customer's."),
    field("trailer_length", Number(0.0, MUCH), "Length, in the TSP's unit."),
    field("trailer_type", Text, "Kind of body."),
];

#[rustfmt::skip]
pub(crate) const DVIR_LOG: &[Field] = &[
    field("driver_id", Record(User::TYPE, "source_driver_id"), "Who reports.").required(),
    field("vehicle_id", Record(Vehicle::TYPE, "source_vehicle_id"), "The vehicle."),
    field("trailer_id", Record(Trailer::TYPE, "source_trailer_id"), "The trailer."),
    field("occurred_at", Instant, "When it was inspected."),
    field("log_type", ListedOr(DVIR_LOG_TYPES, "unknown"), "The occasion."),
    field("inspected_by", Text, "Name of the inspector."),
    field("defect_count", Whole(1_000), "How many defects there are."),
    field("defects", ListedMany(DVIR_DEFECTS), "The parts with defects."),
    field("is_safety_critical", Flag, "Whether it is unsafe to drive."),
    field("driver_comment", Notes, "The driver's comment."),
    field("certify_comment", Notes, "The comment of whoever certifies it."),
    field("odometer", Number(0.0, FAR), "Odometer, in `odometer_unit`."),
    field("odometer_unit", Listed(DISTANCE_UNITS_SENT), "Unit of `odometer`."),
];

#[rustfmt::skip]
pub(crate) const FUEL_TRANSACTION: &[Field] = &[
    field("driver_id", Record(User::TYPE, "source_driver_id"), "The driver.").required(),
    field("vehicle_id", Record(Vehicle::TYPE, "source_vehicle_id"), "The vehicle.").required(),
    field("co_driver_id", Record(User::TYPE, "source_co_driver_id"), "The co-driver."),
    field("latitude", Number(-90.0, 90.0), "Latitude, in degrees."),
    field("longitude", Number(-180.0, 180.0), "Longitude, in degrees."),
    field("location", Point, "The place, as builds before ours took it."),
    field("location_string", Text, "The place in words."),
    field("odometer", Number(0.0, FAR), "Odometer, in `odometer_unit`."),
    field("odometer_unit", Listed(DISTANCE_UNITS_SENT), "Unit of `odometer`."),
    field("transaction_time", Instant, "When it was bought."),
    field("transaction_jurisdiction", Text, "Code of the state or province."),
    field("fuel_type", Listed(FUEL_TYPES), "The fuel."),
    field("fuel_volume", Number(0.0, MUCH), "How much of it, in `fuel_volume_unit`.").required(),
    field("fuel_volume_unit", Listed(FUEL_VOLUME_UNITS), "Unit of `fuel_volume`.").required(),
    field("fuel_vendor", Text, "Who sold it."),
    field("total_cost", Decimal, "What it cost, in `currency`."),
    field("currency", Text, "The currency: ISO 4217."),
];

#[rustfmt::skip]
pub(crate) const MESSAGE: &[Field] = &[
    field("sender_id", Record(User::TYPE, "source_sender_id"), "Who writes.").required(),
    field("recipient_id", Record(User::TYPE, "source_recipient_id"), "Who reads.").required().formerly_listed_in("source_recipient_ids"),
    field("message_text", Notes, "What is written."),
    field("priority", Listed(MESSAGE_PRIORITIES), "How urgent it is."),
    field("reply_to_message_id", Id, "The message that it answers."),
];

#[rustfmt::skip]
pub(crate) const GROUP_MESSAGE: &[Field] = &[
    field("sender_id", Record(User::TYPE, "source_sender_id"), "Who writes.").required(),
    field("recipient_ids", Records(User::TYPE, "source_recipient_ids"), "Who read it: at most 100.").required(),
    field("message_text", Notes, "What is written."),
    field("priority", Listed(MESSAGE_PRIORITIES), "How urgent it is."),
];
