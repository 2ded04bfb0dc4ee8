//! Limits: the provider counts calls by method, kind of records, user and database, per minute, and tiers them by the size of the fleet.
//! That of logins is enforced as documented; the others are what live databases were seen to take, and what others restate.

use crate::Rate;

const fn feed(class: &'static str) -> Rate {
    Rate { class, requests: 60, seconds: 60 }
}

const fn get(class: &'static str) -> Rate {
    Rate { class, requests: 650, seconds: 60 }
}

pub(super) const DEVICES: Rate = get("Get Device");
pub(super) const USERS: Rate = get("Get User");
pub(super) const DUTY_LOGS: Rate = Rate { class: "Get DutyStatusLog", requests: 400, seconds: 60 };
pub(super) const AVAILABILITIES: Rate = get("Get DutyStatusAvailability");
pub(super) const VIOLATIONS: Rate = get("Get DutyStatusViolation");
pub(super) const FUEL_TAX: Rate = get("Get FuelTaxDetail");
pub(super) const MESSAGES: Rate = get("Get TextMessage");
pub(super) const POSITIONS: Rate = feed("GetFeed LogRecord");
pub(super) const READINGS: Rate = feed("GetFeed StatusData");
pub(super) const FAULTS: Rate = feed("GetFeed FaultData");
pub(super) const DRIVER_CHANGES: Rate = feed("GetFeed DriverChange");
pub(super) const ATTACHMENTS: Rate = feed("GetFeed TrailerAttachment");
pub(super) const EXCEPTIONS: Rate = feed("GetFeed ExceptionEvent");
pub(super) const INSPECTIONS: Rate = feed("GetFeed DVIRLog");
pub(super) const PURCHASES: Rate = feed("GetFeed FuelTransaction");
pub(super) const GET_READINGS: Rate = get("Get StatusData");
pub(super) const GET_POSITIONS: Rate = get("Get LogRecord");
pub(super) const GET_DRIVER_CHANGES: Rate = get("Get DriverChange");
pub(super) const ANNOTATIONS: Rate = get("Get AnnotationLog");
pub(super) const COUNT_DEVICES: Rate = get("GetCountOf Device");
pub(super) const COUNT_USERS: Rate = get("GetCountOf User");
const LOGINS: Rate = Rate { class: "Authenticate", requests: 10, seconds: 60 };
/// Nothing is known of writes; they are rare.
const WRITES: Rate = feed("writes, assumed");

/// Limits with a name of their own: that of the method and the kind.
const NAMED: &[Rate] = &[
    DEVICES,
    USERS,
    DUTY_LOGS,
    AVAILABILITIES,
    VIOLATIONS,
    FUEL_TAX,
    MESSAGES,
    POSITIONS,
    READINGS,
    FAULTS,
    DRIVER_CHANGES,
    ATTACHMENTS,
    EXCEPTIONS,
    INSPECTIONS,
    PURCHASES,
    GET_READINGS,
    GET_POSITIONS,
    GET_DRIVER_CHANGES,
    ANNOTATIONS,
    COUNT_DEVICES,
    COUNT_USERS,
    get("Get Controller"),
    get("Get Diagnostic"),
    get("Get FailureMode"),
    get("Get TrailerAttachment"),
    LOGINS,
];

/// The limit of a method for a kind of records. Kinds that are not named share one.
pub(super) fn rate(method: &str, kind: &str) -> Rate {
    let is_it = |rate: &&Rate| match rate.class.split_once(' ') {
        Some((of, own)) => of == method && own == kind,
        None => rate.class == method,
    };
    NAMED.iter().find(is_it).copied().unwrap_or_else(|| match method {
        "Set" | "Add" | "Remove" => WRITES,
        "GetFeed" => feed("GetFeed, other kinds"),
        _ => get("Get, other kinds"),
    })
}
