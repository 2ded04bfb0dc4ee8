//! The Telematics API: what the connected TSPs report, as far as share agreements let the caller see it.
//!
//! Its operations have few forms: each is a [`List`] or a [`Get`], and names the parts that it is made of.

mod age;
pub mod analytics;
pub mod filter;
pub mod get;
pub mod list;
mod order;
pub mod scope;
pub mod tables;
pub mod window;
pub mod writes;

use gateway::Permission::{CountRequests, Open, ReadControl, ReadTelematics, Seal, VerifyTokens, WriteControl};
use gateway::{Access, Endpoint, Permission, Secrets, Service, Tag};
use http::Method;
use model::codes::HOS_EVENT_TYPES;
use model::telematics::{
    DriverSafetyEvent, DriverVehicleAssociation, DvirLog, DvirLogDefect, EngineLog, EngineStatus, FuelTransaction, GroupMessage,
    HosAvailability, HosDailySnapshot, HosEvent, HosEventAttachment, HosViolation, IftaSummary, Message, Record, Trailer,
    TrailerLocation, TrailerStatus, TrailerVehicleAssociation, User, Vehicle, VehicleLocation, VehicleRegionSegment,
    VehicleSensor, Workflow,
};

use analytics::{Growth, Summary, fleets, overview, summaries};
use filter::Filter::{Codes, Flag, Ids, Texts};
use get::Get;
use list::List;
use tables::Table;
use writes::Writing;

/// The service and its endpoints.
pub const SERVICE: Service = Service {
    name: "telematics",
    title: "Telematics",
    description: "The data of connected providers in one format, as far as share agreements permit.",
    tags: TAGS,
    endpoints: || [ENDPOINTS.to_vec(), counts()].concat(),
};

#[rustfmt::skip]
const TAGS: &[Tag] = &[
    Tag { name: "Vehicles", handlers: "vehicles", description: "Power units, as the provider knows them." },
    Tag { name: "Users", handlers: "users", description: "Drivers and staff." },
    Tag { name: "Vehicle Locations", handlers: "vehicle_locations",
        description: "Positions: the newest of every vehicle, or the history of one vehicle or driver." },
    Tag { name: "Region Segments", handlers: "vehicle_region_segments",
        description: "How far vehicles drove in which state or province, worked out of their positions." },
    Tag { name: "Trailers", handlers: "trailers", description: "Trailers, as the provider knows them." },
    Tag { name: "Trailer Locations", handlers: "trailer_locations", description: "Positions of trailers: the newest of each, or their history." },
    Tag { name: "Trailer Statuses", handlers: "trailer_statuses",
        description: "Doors, temperatures and alarms of cooled trailers: the newest status of each, or the history of one." },
    Tag { name: "Hours of Service", handlers: "hos_events", description: "Entries of electronic logs." },
    Tag { name: "HOS Attachments", handlers: "hos_event_attachments", description: "Files of entries of electronic logs." },
    Tag { name: "HOS Availability", handlers: "hos_availabilities", description: "What is left of drivers' hours, a row per driver." },
    Tag { name: "HOS Violations", handlers: "hos_violations", description: "Violations of hours of service rules." },
    Tag { name: "HOS Daily Snapshots", handlers: "hos_daily_snapshots", description: "How drivers spent their days, by duty status." },
    Tag { name: "Engine Statuses", handlers: "engine_statuses", description: "Whether engines run: the newest status of every vehicle, or the history of one vehicle or driver." },
    Tag { name: "Faults", handlers: "engine_logs", description: "Faults that vehicles report, such as those of their engines, and whether they are still there." },
    Tag { name: "Sensors", handlers: "vehicle_sensors", description: "What inputs and sensors of vehicles report, such as the driver's seat belt." },
    Tag { name: "Inspections", handlers: "dvir_logs", description: "Driver vehicle inspection reports." },
    Tag { name: "Defects", handlers: "dvir_log_defects", description: "Defects in inspection reports." },
    Tag { name: "Safety Events", handlers: "driver_safety_events", description: "What drivers did, or what happened to them." },
    Tag { name: "Messages", handlers: "messages", description: "Messages between drivers and their dispatchers." },
    Tag { name: "Group Messages", handlers: "group_messages", description: "Messages to several recipients." },
    Tag { name: "Driver Vehicle Associations", handlers: "driver_vehicle_associations",
        description: "Who drives which vehicle: the newest association of every driver, or the history of one driver or vehicle." },
    Tag { name: "Trailer Vehicle Associations", handlers: "trailer_vehicle_associations",
        description: "Which vehicle pulls which trailer: the newest association of every trailer, or the history of one trailer or vehicle." },
    Tag { name: "Workflows", handlers: "workflows", description: "Planned jobs of drivers: routes and dispatches, with their stops." },
    Tag { name: "Fuel Tax", handlers: "ifta_summaries", description: "Months of vehicles for fuel tax (IFTA)." },
    Tag { name: "Fuel", handlers: "fuel_transactions", description: "Purchases of fuel." },
    Tag { name: "Analytics", handlers: "analytics", description: "What fleets have now: counts, summaries and live maps." },
    Tag { name: "Tables of Codes", handlers: "tables", description: "What the codes in records stand for, the same for everybody." },
];

const READ: Access = Access::Scope("telematics:read");
const WRITE_SCOPE: Access = Access::Scope("telematics:write");
const WRITE: &[Permission] = &[ReadControl, WriteControl, ReadTelematics, VerifyTokens];
/// What shows records notes whose they are (`gateway::dispatch`).
const GET: &[Permission] = &[ReadControl, WriteControl, ReadTelematics, VerifyTokens];
/// Counts show none.
const COUNT: &[Permission] = &[ReadControl, CountRequests, ReadTelematics, VerifyTokens];
/// Lists also open the platform secret that signs cursors, and the very first one makes it.
const LIST: &[Permission] =
    &[ReadControl, ReadTelematics, VerifyTokens, Open(Secrets::Platform), Seal(Secrets::Platform), WriteControl];
/// Tables of codes have cursors, and nothing of their own is stored.
const TABLE: &[Permission] = &[ReadControl, VerifyTokens, Open(Secrets::Platform), Seal(Secrets::Platform), WriteControl];

#[rustfmt::skip]
static ENDPOINTS: &[Endpoint] = &[
    list("/v2/telematics/vehicles", "vehicles.list", "List vehicles",
        &List::of(Vehicle::TYPE).by(&[Ids("vehicle_ids"), Texts("source_ids")]).sorted()),
    get("/v2/telematics/vehicles/{vehicle_id}", "vehicles.get", "Read a vehicle",
        &Get::of(Vehicle::TYPE, "vehicle_id")),
    list("/v2/telematics/trailers", "trailers.list", "List trailers",
        &List::of(Trailer::TYPE).by(&[Ids("trailer_ids"), Texts("source_ids")]).sorted()),
    get("/v2/telematics/trailers/{trailer_id}", "trailers.get", "Read a trailer",
        &Get::of(Trailer::TYPE, "trailer_id")),
    list("/v2/telematics/trailer-locations", "trailer_locations.list", "List trailers' newest positions, or their history",
        &List::of(TrailerLocation::TYPE).by(&[Ids("trailer_ids"), Ids("vehicle_ids")]).latest_or_history(&[])),
    list("/v2/telematics/trailer-statuses", "trailer_statuses.list", "List cooled trailers' newest statuses, or the history of one",
        &List::of(TrailerStatus::TYPE).by(&[Ids("trailer_ids")]).latest_or_history(&["trailer_ids"])).provisional(),
    list("/v2/telematics/users", "users.list", "List drivers and staff",
        &List::of(User::TYPE).by(&[Ids("user_ids"), Texts("source_ids"), Flag("is_driver")]).sorted()),
    get("/v2/telematics/users/{user_id}", "users.get", "Read a user",
        &Get::of(User::TYPE, "user_id")),
    list("/v2/telematics/vehicle-locations", "vehicle_locations.list", "List vehicles' newest positions, or the history of one",
        &List::of(VehicleLocation::TYPE).by(&[Ids("vehicle_ids"), Ids("driver_ids")]).latest_or_history(&["vehicle_ids", "driver_ids"])),
    list("/v2/telematics/vehicle-region-segments", "vehicle_region_segments.list", "List where vehicles drove on a day, by state and province",
        &List::of(VehicleRegionSegment::TYPE).by(&[Ids("vehicle_ids")]).by_day()).provisional(),
    list("/v2/telematics/hos-events", "hos_events.list", "List duty log entries",
        &List::of(HosEvent::TYPE).by(&[Ids("driver_ids"), Ids("vehicle_ids"), Codes("event_type_codes", 5, HOS_EVENT_TYPES)])
            .windowed().active_window().pages_of(500)),
    list("/v2/telematics/hos-events/{hos_event_id}/attachments", "hos_event_attachments.of_event", "List the files of a duty log entry",
        &List::of(HosEventAttachment::TYPE).of_parent("hos_event_id")).provisional(),
    list("/v2/telematics/hos-availabilities", "hos_availabilities.list", "List what is left of drivers' hours",
        &List::of(HosAvailability::TYPE).by(&[Ids("driver_ids"), Ids("vehicle_ids")]).sorted()),
    list("/v2/telematics/hos-violations", "hos_violations.list", "List violations of hours of service rules",
        &List::of(HosViolation::TYPE).by(&[Ids("driver_ids")]).windowed().sorted()),
    list("/v2/telematics/hos-daily-snapshots", "hos_daily_snapshots.list", "List days of duty logs",
        &List::of(HosDailySnapshot::TYPE).by(&[Ids("driver_ids")]).windowed().sorted()),
    list("/v2/telematics/engine-statuses", "engine_statuses.list", "List whether vehicles' engines run, or the history of one",
        &List::of(EngineStatus::TYPE).by(&[Ids("driver_ids"), Ids("vehicle_ids")]).latest_or_history(&["vehicle_ids", "driver_ids"])).provisional(),
    list("/v2/telematics/engine-logs", "engine_logs.list", "List faults of vehicles",
        &List::of(EngineLog::TYPE).by(&[Ids("driver_ids"), Ids("vehicle_ids")]).windowed().sorted()).provisional(),
    list("/v2/telematics/vehicle-sensor-events", "vehicle_sensors.list", "List what sensors of vehicles report",
        &List::of(VehicleSensor::TYPE).by(&[Ids("vehicle_ids")]).windowed().sorted()).provisional(),
    list("/v2/telematics/dvir-logs", "dvir_logs.list", "List inspection reports",
        &List::of(DvirLog::TYPE).by(&[Ids("driver_ids"), Ids("vehicle_ids")]).windowed().sorted()),
    list("/v2/telematics/dvir-logs/defects", "dvir_log_defects.list", "List defects in inspection reports",
        &List::of(DvirLogDefect::TYPE).by(&[Ids("dvir_log_ids")]).windowed().sorted()).provisional(),
    list("/v2/telematics/dvir-logs/{dvir_log_id}/defects", "dvir_log_defects.of_log", "List the defects in an inspection report",
        &List::of(DvirLogDefect::TYPE).of_parent("dvir_log_id").sorted()).provisional(),
    list("/v2/telematics/driver-safety-events", "driver_safety_events.list", "List safety events",
        &List::of(DriverSafetyEvent::TYPE).by(&[Ids("driver_ids"), Ids("vehicle_ids")]).windowed().sorted()).provisional(),
    list("/v2/telematics/messages", "messages.list", "List messages to and from drivers",
        &List::of(Message::TYPE).by(&[Ids("sender_ids"), Ids("recipient_ids"), Texts("source_sender_ids"), Texts("source_recipient_ids")])
            .windowed().sorted()).provisional(),
    list("/v2/telematics/group-messages", "group_messages.list", "List messages to several recipients",
        &List::of(GroupMessage::TYPE).by(&[Ids("sender_ids"), Ids("group_ids"), Texts("source_sender_ids"), Texts("source_group_ids")])
            .windowed().sorted()).provisional(),
    list("/v2/telematics/driver-vehicle-associations", "driver_vehicle_associations.list", "List drivers' newest vehicles, or the history of one",
        &List::of(DriverVehicleAssociation::TYPE).by(&[Ids("driver_ids"), Ids("vehicle_ids")]).latest_or_history(&["vehicle_ids", "driver_ids"])),
    list("/v2/telematics/trailer-vehicle-associations", "trailer_vehicle_associations.list", "List trailers' newest vehicles, or the history of one",
        &List::of(TrailerVehicleAssociation::TYPE).by(&[Ids("trailer_ids"), Ids("vehicle_ids")]).latest_or_history(&["vehicle_ids", "trailer_ids"])).provisional(),
    list("/v2/telematics/ifta-summaries", "ifta_summaries.list", "List months of vehicles for fuel tax",
        &List::of(IftaSummary::TYPE).by(&[Ids("vehicle_ids")]).windowed().sorted()).provisional(),
    list("/v2/telematics/fuel-transactions", "fuel_transactions.list", "List purchases of fuel",
        &List::of(FuelTransaction::TYPE).by(&[Ids("driver_ids"), Texts("source_driver_ids"), Ids("vehicle_ids")]).windowed().sorted()).provisional(),
    list("/v2/telematics/workflows", "workflows.list", "List routes and dispatches of drivers",
        &List::of(Workflow::TYPE).by(&[Ids("driver_ids"), Ids("vehicle_ids"), Texts("source_ids")]).sorted()).provisional(),
    get("/v2/telematics/workflows/{workflow_id}", "workflows.get", "Read a route or dispatch",
        &Get::of(Workflow::TYPE, "workflow_id")).provisional(),
    summary("/v2/telematics/analytics/vehicles", "analytics.vehicles", "List vehicles with their newest readings", &summaries::VEHICLES),
    summary("/v2/telematics/analytics/drivers", "analytics.drivers", "List drivers with their last 30 days", &summaries::DRIVERS),
    summary("/v2/telematics/analytics/trailers", "analytics.trailers", "List trailers with where they are", &summaries::TRAILERS),
    summary("/v2/telematics/analytics/vehicles/live-locations", "analytics.live_vehicles", "List where vehicles are, and who drives them",
        &summaries::LIVE_VEHICLES),
    summary("/v2/telematics/analytics/trailers/live-locations", "analytics.live_trailers", "List where trailers are, and what pulls them",
        &summaries::LIVE_TRAILERS),
    growth("/v2/telematics/analytics/fleets/time-series", "analytics.fleet_growth", "Count fleets by day", &Growth::Fleets),
    growth("/v2/telematics/analytics/vehicles/time-series", "analytics.vehicle_growth", "Count vehicles by day", &Growth::Of(Vehicle::TYPE)),
    growth("/v2/telematics/analytics/drivers/time-series", "analytics.driver_growth", "Count drivers by day", &Growth::Of(User::TYPE)),
    growth("/v2/telematics/analytics/trailers/time-series", "analytics.trailer_growth", "Count trailers by day", &Growth::Of(Trailer::TYPE)),
    write(Method::POST, "/v2/telematics/users", "users.create", "Make a user at the provider", &writes::CREATE_USER),
    write(Method::PATCH, "/v2/telematics/users/{user_id}", "users.update", "Change a user at the provider", &writes::UPDATE_USER),
    write(Method::POST, "/v2/telematics/vehicles", "vehicles.create", "Make a vehicle at the provider", &writes::CREATE_VEHICLE),
    write(Method::PATCH, "/v2/telematics/vehicles/{vehicle_id}", "vehicles.update", "Change a vehicle at the provider", &writes::UPDATE_VEHICLE),
    write(Method::POST, "/v2/telematics/trailers", "trailers.create", "Make a trailer at the provider", &writes::CREATE_TRAILER),
    write(Method::PATCH, "/v2/telematics/trailers/{trailer_id}", "trailers.update", "Change a trailer at the provider", &writes::UPDATE_TRAILER),
    write(Method::POST, "/v2/telematics/dvir-logs", "dvir_logs.create", "File an inspection report at the provider", &writes::CREATE_DVIR_LOG),
    write(Method::POST, "/v2/telematics/fuel-transactions", "fuel_transactions.create", "File a purchase of fuel at the provider", &writes::CREATE_FUEL_TRANSACTION),
    write(Method::POST, "/v2/telematics/messages", "messages.create", "Send a message to a driver", &writes::CREATE_MESSAGE),
    write(Method::POST, "/v2/telematics/group-messages", "group_messages.create", "Send a message to several drivers", &writes::CREATE_GROUP_MESSAGE),
    table("/v2/telematics/ref-hos-event-codes", "tables.hos_event_codes", "List types and codes of duty log entries", &Table::EventCodes),
    table("/v2/telematics/ref-hos-malfunction-codes", "tables.hos_malfunction_codes", "List malfunctions of logging devices", &Table::Malfunctions),
    table("/v2/telematics/ref-hos-record-origins", "tables.hos_record_origins", "List origins of duty log entries", &Table::RecordOrigins),
    table("/v2/telematics/ref-hos-record-statuses", "tables.hos_record_statuses", "List statuses of duty log entries", &Table::RecordStatuses),
    table("/v2/telematics/ref-hos-regions", "tables.hos_regions", "List states and provinces", &Table::Regions),
    table("/v2/telematics/ref-hos-rulesets", "tables.hos_rulesets", "List rules that drivers work under", &Table::Rulesets),
    table("/v2/telematics/ref-hos-violation-codes", "tables.hos_violation_codes", "List kinds of violations", &Table::Violations),
    table("/v2/telematics/ref-timezones", "tables.timezones", "List time zones", &Table::Timezones),
];

/// The operations of analytics that have a form of their own.
fn counts() -> Vec<Endpoint> {
    vec![
        Endpoint::new::<overview::Overview>(Method::GET, "/v2/telematics/analytics/overview", "analytics.overview", READ, COUNT)
            .summary("Count fleets, vehicles, drivers and trailers")
            .description("Counts what there is now: deleted records, and connections that a fleet has removed, are left out."),
        Endpoint::new::<fleets::Fleets>(Method::GET, "/v2/telematics/analytics/fleets", "analytics.fleets", READ, LIST)
            .summary("List fleets with what they have")
            .description("Lists the fleets with an active share agreement, by your references, or by `sort_by`. What is not shared counts 0."),
    ]
}

const fn list(path: &'static str, handler: &'static str, summary: &'static str, list: &'static List) -> Endpoint {
    Endpoint::serving(Method::GET, path, handler, READ, LIST, list).summary(summary)
}

const fn get(path: &'static str, handler: &'static str, summary: &'static str, get: &'static Get) -> Endpoint {
    Endpoint::serving(Method::GET, path, handler, READ, GET, get).summary(summary)
}

const fn summary(path: &'static str, handler: &'static str, summary: &'static str, rows: &'static Summary) -> Endpoint {
    Endpoint::serving(Method::GET, path, handler, READ, LIST, rows).summary(summary)
}

const fn growth(path: &'static str, handler: &'static str, summary: &'static str, growth: &'static Growth) -> Endpoint {
    Endpoint::serving(Method::GET, path, handler, READ, COUNT, growth).summary(summary)
}

const fn write(
    method: Method,
    path: &'static str,
    handler: &'static str,
    summary: &'static str,
    writing: &'static Writing,
) -> Endpoint {
    Endpoint::serving(method, path, handler, WRITE_SCOPE, WRITE, writing).summary(summary).provisional()
}

const fn table(path: &'static str, handler: &'static str, summary: &'static str, table: &'static Table) -> Endpoint {
    Endpoint::serving(Method::GET, path, handler, READ, TABLE, table).summary(summary)
}
