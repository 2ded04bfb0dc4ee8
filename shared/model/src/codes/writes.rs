//! Values of members that partners write.

/// The occasion of an inspection.
pub const DVIR_LOG_TYPES: &[&str] = &["pre_trip", "post_trip", "mechanic", "unknown"];

/// Units of distances that are sent; ours are meters.
pub const DISTANCE_UNITS_SENT: &[&str] = &["miles", "meters", "kilo_meters"];

/// Units of volumes of fuel that are sent; ours are cubic meters.
pub const FUEL_VOLUME_UNITS: &[&str] = &["CUBIC_METER", "LITER", "US_GALLON", "IMPERIAL_GALLON"];

/// Whether a driver is exempt from logging.
pub const HOS_COMPLIANCE_TYPES: &[&str] = &["exempt", "non_exempt"];

/// How hours of service are logged.
pub const HOS_TRACKING_METHODS: &[&str] = &["manual", "automatic"];

/// How urgent a message is.
pub const MESSAGE_PRIORITIES: &[&str] = &["low", "medium", "high"];

/// Whether a user works for the fleet.
pub const USER_STATUSES: &[&str] = &["ACTIVE", "INACTIVE"];

/// What a vehicle is doing.
pub const VEHICLE_STATUSES: &[&str] =
    &["IN_SERVICE", "OUT_OF_SERVICE", "IN_REPAIR", "IN_TRANSIT", "IN_USE", "IN_STORAGE", "STANDING", "SPARE"];
