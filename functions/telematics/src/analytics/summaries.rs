//! The lists, and what they are made of.

use model::telematics::{
    DriverSafetyEvent, DriverVehicleAssociation, HosViolation, Record, Trailer, TrailerLocation, TrailerVehicleAssociation, User,
    Vehicle, VehicleLocation,
};

use super::join::How::{Count, Entity, Newest, NewestBy, Reading};
use super::join::Set::{Copy, Name};
use super::join::{Join, Set};
use super::published::Published;
use super::summary::Summary;

/// Who drives the vehicle now: whom its newest position names, or else who is associated with it.
const DRIVER: Join = Join {
    record: DriverVehicleAssociation::TYPE,
    by: "vehicle_id",
    how: NewestBy("vehicle_id"),
    sets: &[Copy("driver_id", "driver_id")],
};
const DRIVER_NAME: Join = Join { record: User::TYPE, by: "driver_id", how: Entity, sets: &[Name("driver_name")] };

/// A vehicle that the TSP lists, and its newest readings.
pub static VEHICLES: Summary = Summary {
    published: Published::Vehicle,
    record: Vehicle::TYPE,
    subject: "vehicle_id",
    ids: "vehicle_ids",
    told: &[],
    own: &[
        ("fleet_id", "fleet_id"),
        ("fleet_ref", "fleet_ref"),
        ("connection_id", "connection_id"),
        ("vehicle_id", "id"),
        ("tsp_id", "tsp_id"),
        ("tsp_slug", "tsp_slug"),
        ("source_name", "source_name"),
        ("source_id", "source_id"),
        ("status", "status"),
        ("vehicle_name", "vehicle_name"),
        ("oem", "oem"),
        ("model_type", "model_type"),
        ("model_year", "model_year"),
        ("vin", "vin"),
        ("engine_vin", "engine_vin"),
        ("license_plate_country", "license_plate_country"),
        ("license_plate_region", "license_plate_region"),
        ("license_plate_number", "license_plate_number"),
    ],
    joins: &[Join {
        record: VehicleLocation::TYPE,
        by: "vehicle_id",
        how: Reading,
        sets: &[
            Copy("last_location_ping", "occurred_at"),
            Copy("last_location_h3_index_11", "h3_index_11"),
            Copy("last_location", "location"),
            Copy("last_fuel_level", "fuel_level"),
            Copy("last_odometer_reading", "odometer"),
            Copy("last_odometer_reading_unit", "odometer_unit"),
            Copy("last_engine_hours", "engine_hours"),
            Copy("last_speed_reading", "speed"),
            Copy("last_speed_reading_unit", "speed_unit"),
        ],
    }],
    optional: &["last_odometer_reading_unit", "last_speed_reading_unit"],
    counts: &[],
    nested: &["last_location"],
};

/// A driver that the TSP lists, and what happened lately.
pub static DRIVERS: Summary = Summary {
    published: Published::Driver,
    record: User::TYPE,
    subject: "user_id",
    ids: "driver_ids",
    told: &[],
    own: &[
        ("fleet_id", "fleet_id"),
        ("fleet_ref", "fleet_ref"),
        ("connection_id", "connection_id"),
        ("user_id", "id"),
        ("tsp_id", "tsp_id"),
        ("tsp_slug", "tsp_slug"),
        ("source_name", "source_name"),
        ("source_id", "source_id"),
        ("employee_number", "employee_number"),
        ("first_name", "first_name"),
        ("last_name", "last_name"),
        ("username", "username"),
        ("status", "status"),
        ("phone_number", "phone_number"),
        ("license_country", "license_country"),
        ("license_region", "license_region"),
        ("license_number", "license_number"),
        ("license_expiration", "license_expiration"),
        ("hos_ruleset_code", "hos_ruleset_code"),
    ],
    joins: &[
        Join { record: DriverSafetyEvent::TYPE, by: "user_id", how: Count, sets: &[Copy("safety_events_30d", "count")] },
        Join { record: HosViolation::TYPE, by: "user_id", how: Count, sets: &[Copy("hos_violations_30d", "count")] },
    ],
    optional: &[],
    counts: &["safety_events_30d", "hos_violations_30d"],
    nested: &[],
};

/// A trailer that the TSP lists, and where it was last.
pub static TRAILERS: Summary = Summary {
    published: Published::Trailer,
    record: Trailer::TYPE,
    subject: "trailer_id",
    ids: "trailer_ids",
    told: &[],
    own: &[
        ("fleet_id", "fleet_id"),
        ("fleet_ref", "fleet_ref"),
        ("connection_id", "connection_id"),
        ("trailer_id", "id"),
        ("source_id", "source_id"),
        ("trailer_name", "trailer_name"),
        ("tsp_id", "tsp_id"),
        ("tsp_slug", "tsp_slug"),
        ("source_name", "source_name"),
    ],
    joins: &[Join {
        record: TrailerLocation::TYPE,
        by: "trailer_id",
        how: Reading,
        sets: &[Copy("location", "location"), Copy("h3_index_11", "h3_index_11")],
    }],
    optional: &[],
    counts: &[],
    nested: &["location"],
};

/// Where vehicles are, and who drives them.
pub static LIVE_VEHICLES: Summary = Summary {
    published: Published::LiveVehicle,
    record: VehicleLocation::TYPE,
    subject: "vehicle_id",
    ids: "vehicle_ids",
    told: &[("driver_ids", "driver_id")],
    own: &[
        ("vehicle_id", "vehicle_id"),
        ("tsp_id", "tsp_id"),
        ("tsp_slug", "tsp_slug"),
        ("source_name", "source_name"),
        ("driver_id", "driver_id"),
        ("h3_index_11", "h3_index_11"),
        ("speed", "speed"),
        ("speed_unit", "speed_unit"),
        ("odometer", "odometer"),
        ("odometer_unit", "odometer_unit"),
        ("fuel_level", "fuel_level"),
        ("engine_hours", "engine_hours"),
        ("oil_pressure", "oil_pressure"),
        ("oil_pressure_unit", "oil_pressure_unit"),
        ("coolant_temperature", "coolant_temperature"),
        ("coolant_temperature_unit", "coolant_temperature_unit"),
        ("occurred_at", "occurred_at"),
        ("location", "location"),
    ],
    joins: &[Join { record: Vehicle::TYPE, by: "vehicle_id", how: Entity, sets: VEHICLE_NAMES }, DRIVER, DRIVER_NAME],
    optional: &["speed_unit", "odometer_unit", "oil_pressure_unit", "coolant_temperature_unit"],
    counts: &[],
    nested: &["location"],
};

const VEHICLE_NAMES: &[Set] = &[Copy("vin", "vin"), Copy("vehicle_name", "vehicle_name")];

/// Where trailers are, and which vehicles pull them.
pub static LIVE_TRAILERS: Summary = Summary {
    published: Published::LiveTrailer,
    record: TrailerLocation::TYPE,
    subject: "trailer_id",
    ids: "trailer_ids",
    told: &[],
    own: &[
        ("trailer_id", "trailer_id"),
        ("tsp_id", "tsp_id"),
        ("tsp_slug", "tsp_slug"),
        ("source_name", "source_name"),
        ("vehicle_id", "vehicle_id"),
        ("trailer_h3_index_11", "h3_index_11"),
        ("trailer_location_occurred_at", "occurred_at"),
        ("trailer_location", "location"),
    ],
    joins: &[
        Join { record: Trailer::TYPE, by: "trailer_id", how: Entity, sets: &[Copy("trailer_name", "trailer_name")] },
        Join {
            record: TrailerVehicleAssociation::TYPE,
            by: "trailer_id",
            how: Newest,
            sets: &[Copy("vehicle_id", "vehicle_id")],
        },
        Join {
            record: VehicleLocation::TYPE,
            by: "vehicle_id",
            how: Reading,
            sets: &[
                Copy("driver_id", "driver_id"),
                Copy("vehicle_h3_index_11", "h3_index_11"),
                Copy("vehicle_location_occurred_at", "occurred_at"),
                Copy("vehicle_location", "location"),
            ],
        },
        DRIVER,
        DRIVER_NAME,
    ],
    optional: &[],
    counts: &[],
    nested: &["trailer_location", "vehicle_location"],
};
