//! The rows of analytics, as they are documented.

use model::telematics::Point;
use model::telematics::code::{Code, DistanceUnit, PressureUnit, SpeedUnit, TemperatureUnit};
use model::{ConnectionId, FleetId, RecordId, Timestamp, TspId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// A kind of row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// A vehicle and its newest readings.
    Vehicle,
    /// A driver and what happened lately.
    Driver,
    /// A trailer and where it was last.
    Trailer,
    /// Where a vehicle is.
    LiveVehicle,
    /// Where a trailer is.
    LiveTrailer,
}

/// The schema of a kind's rows. For documents only.
pub(crate) fn schema(published: Published, generator: &mut SchemaGenerator) -> Schema {
    match published {
        Published::Vehicle => generator.subschema_for::<VehicleSummary>(),
        Published::Driver => generator.subschema_for::<DriverSummary>(),
        Published::Trailer => generator.subschema_for::<TrailerSummary>(),
        Published::LiveVehicle => generator.subschema_for::<VehicleLiveLocation>(),
        Published::LiveTrailer => generator.subschema_for::<TrailerLiveLocation>(),
    }
}

/// A day (UTC).
pub(crate) fn date(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date" })
}

/// A vehicle that the TSP lists, and its newest readings.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "rows are made of members by their names; this describes them")]
struct VehicleSummary {
    /// The fleet.
    fleet_id: FleetId,
    /// The partner's own reference of the fleet.
    fleet_ref: Option<String>,
    /// The connection it came through.
    connection_id: ConnectionId,
    /// The vehicle.
    vehicle_id: RecordId,
    /// The TSP it came from.
    tsp_id: Option<TspId>,
    /// The TSP's slug, such as `samsara`.
    tsp_slug: Option<String>,
    /// The TSP's platform.
    #[schemars(schema_with = "model::schema::nullable_source_name")]
    source_name: Option<String>,
    /// The TSP's id of the vehicle.
    source_id: Option<String>,
    /// The TSP's status of it, free text.
    status: Option<String>,
    /// Name or unit number, such as `Truck 12`.
    vehicle_name: Option<String>,
    /// Manufacturer.
    oem: Option<String>,
    /// Manufacturer's model.
    model_type: Option<String>,
    /// Model year, four digits.
    model_year: Option<i64>,
    /// Vehicle identification number, usually 17 characters.
    vin: Option<String>,
    /// Serial number or VIN of the engine.
    engine_vin: Option<String>,
    /// Country of the license plate, ISO 3166-1 alpha-3.
    license_plate_country: Option<String>,
    /// State or province of the license plate.
    license_plate_region: Option<String>,
    /// License plate number.
    license_plate_number: Option<String>,
    /// When its newest position was measured, UTC.
    last_location_ping: Option<Timestamp>,
    /// The H3 cell of resolution 11 that holds that position.
    last_location_h3_index_11: Option<i64>,
    /// That position, as a GeoJSON point.
    last_location: Option<Point>,
    /// Fuel left then, in percent of the tank.
    last_fuel_level: Option<f64>,
    /// Odometer reading then, in m.
    last_odometer_reading: Option<f64>,
    /// Engine hours then, in h.
    last_engine_hours: Option<f64>,
    /// Speed then, in m/s.
    last_speed_reading: Option<f64>,
    /// Unit of `last_speed_reading`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code<SpeedUnit>")]
    last_speed_reading_unit: Option<Code<SpeedUnit>>,
    /// Unit of `last_odometer_reading`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code<DistanceUnit>")]
    last_odometer_reading_unit: Option<Code<DistanceUnit>>,
}

/// A driver that the TSP lists, and what happened in the last 30 days (UTC, today among them).
#[derive(JsonSchema)]
#[expect(dead_code, reason = "rows are made of members by their names; this describes them")]
struct DriverSummary {
    /// The fleet.
    fleet_id: FleetId,
    /// The partner's own reference of the fleet.
    fleet_ref: Option<String>,
    /// The connection it came through.
    connection_id: ConnectionId,
    /// The driver.
    user_id: RecordId,
    /// The TSP it came from.
    tsp_id: Option<TspId>,
    /// The TSP's slug, such as `samsara`.
    tsp_slug: Option<String>,
    /// The TSP's platform.
    #[schemars(schema_with = "model::schema::nullable_source_name")]
    source_name: Option<String>,
    /// The TSP's id of the driver.
    source_id: Option<String>,
    /// The fleet's number of the employee.
    employee_number: Option<String>,
    /// First name.
    first_name: Option<String>,
    /// Last name.
    last_name: Option<String>,
    /// Login name at the TSP.
    username: Option<String>,
    /// The TSP's status of them, free text.
    status: Option<String>,
    /// Telephone number.
    phone_number: Option<String>,
    /// Country of the driver's license, ISO 3166-1 alpha-3.
    license_country: Option<String>,
    /// State or province of the driver's license.
    license_region: Option<String>,
    /// Number of the driver's license.
    license_number: Option<String>,
    /// Day on which the driver's license expires.
    #[schemars(schema_with = "model::schema::nullable_date")]
    license_expiration: Option<String>,
    /// The hours of service rules that they drive under.
    hos_ruleset_code: Option<String>,
    /// Their safety events of the last 30 days.
    #[serde(default)]
    safety_events_30d: u64,
    /// Their violations of hours of service rules of the last 30 days.
    #[serde(default)]
    hos_violations_30d: u64,
}

/// A trailer that the TSP lists, and where it was last.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "rows are made of members by their names; this describes them")]
struct TrailerSummary {
    /// The fleet.
    fleet_id: FleetId,
    /// The partner's own reference of the fleet.
    fleet_ref: Option<String>,
    /// The connection it came through.
    connection_id: ConnectionId,
    /// The trailer.
    trailer_id: RecordId,
    /// The TSP's id of the trailer.
    source_id: Option<String>,
    /// Name or unit number, such as `Trailer 7`.
    trailer_name: Option<String>,
    /// The TSP it came from.
    tsp_id: Option<TspId>,
    /// The TSP's slug, such as `samsara`.
    tsp_slug: Option<String>,
    /// The TSP's platform.
    #[schemars(schema_with = "model::schema::nullable_source_name")]
    source_name: Option<String>,
    /// Its newest position, as a GeoJSON point.
    location: Option<Point>,
    /// The H3 cell of resolution 11 that holds that position.
    h3_index_11: Option<i64>,
}

/// Where a vehicle is, and who drives it.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "rows are made of members by their names; this describes them")]
struct VehicleLiveLocation {
    /// The vehicle.
    vehicle_id: RecordId,
    /// Vehicle identification number, usually 17 characters.
    vin: Option<String>,
    /// Name or unit number, such as `Truck 12`.
    vehicle_name: Option<String>,
    /// The TSP it came from.
    tsp_id: Option<TspId>,
    /// The TSP's slug, such as `samsara`.
    tsp_slug: Option<String>,
    /// The TSP's platform.
    #[schemars(schema_with = "model::schema::nullable_source_name")]
    source_name: Option<String>,
    /// The driver now: whom the position names, or else who is associated with the vehicle.
    driver_id: Option<RecordId>,
    /// The driver's name, or else the login.
    driver_name: Option<String>,
    /// The H3 cell of resolution 11 that holds the position.
    h3_index_11: Option<i64>,
    /// Speed in m/s.
    speed: Option<f64>,
    /// Odometer reading in m.
    odometer: Option<f64>,
    /// Fuel left, in percent of the tank.
    fuel_level: Option<f64>,
    /// Engine hours since the engine was new, in h.
    engine_hours: Option<f64>,
    /// Oil pressure in Pa.
    oil_pressure: Option<f64>,
    /// Coolant temperature in K.
    coolant_temperature: Option<f64>,
    /// When all of this was measured, UTC.
    occurred_at: Timestamp,
    /// Where it is, as a GeoJSON point.
    location: Option<Point>,
    /// Unit of `speed`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code<SpeedUnit>")]
    speed_unit: Option<Code<SpeedUnit>>,
    /// Unit of `odometer`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code<DistanceUnit>")]
    odometer_unit: Option<Code<DistanceUnit>>,
    /// Unit of `oil_pressure`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code<PressureUnit>")]
    oil_pressure_unit: Option<Code<PressureUnit>>,
    /// Unit of `coolant_temperature`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code<TemperatureUnit>")]
    coolant_temperature_unit: Option<Code<TemperatureUnit>>,
}

/// Where a trailer is, and which vehicle pulls it.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "rows are made of members by their names; this describes them")]
struct TrailerLiveLocation {
    /// The trailer.
    trailer_id: RecordId,
    /// The TSP it came from.
    tsp_id: Option<TspId>,
    /// The TSP's slug, such as `samsara`.
    tsp_slug: Option<String>,
    /// The TSP's platform.
    #[schemars(schema_with = "model::schema::nullable_source_name")]
    source_name: Option<String>,
    /// Name or unit number, such as `Trailer 7`.
    trailer_name: Option<String>,
    /// The vehicle that pulls it now: the one that its position names, or else the one it is associated with.
    vehicle_id: Option<RecordId>,
    /// The driver of that vehicle now.
    driver_id: Option<RecordId>,
    /// The driver's name, or else the login.
    driver_name: Option<String>,
    /// The H3 cell of resolution 11 that holds the trailer's newest position.
    trailer_h3_index_11: Option<i64>,
    /// When that was measured, UTC.
    trailer_location_occurred_at: Timestamp,
    /// The trailer's newest position, as a GeoJSON point.
    trailer_location: Option<Point>,
    /// The H3 cell of resolution 11 that holds the vehicle's newest position.
    vehicle_h3_index_11: Option<i64>,
    /// When that was measured, UTC.
    vehicle_location_occurred_at: Option<Timestamp>,
    /// The vehicle's newest position, as a GeoJSON point.
    vehicle_location: Option<Point>,
}
