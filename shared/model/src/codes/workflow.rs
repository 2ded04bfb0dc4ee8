//! Codes of workflows.

/// How far a workflow came.
pub const WORKFLOW_STATUSES: &[&str] = &["PLANNED", "ACTIVE", "COMPLETED", "CANCELLED"];

/// What a stop is for.
pub const STOP_TYPES: &[&str] =
    &["PICKUP", "DELIVERY", "TRANSFER", "YARD", "FUEL", "REST", "INSPECTION", "MAINTENANCE", "WAITING", "OFFICE", "OTHER"];

/// What is done at a stop.
pub const STOP_ACTIVITIES: &[&str] = &[
    "START_TRIP",
    "END_TRIP",
    "ARRIVE",
    "DEPART",
    "PICKUP",
    "DELIVERY",
    "DRIVING",
    "ON_DUTY",
    "OFF_DUTY",
    "SLEEPER",
    "LOADING",
    "UNLOADING",
    "HOOK_DROP",
    "YARD_MOVE",
    "PERSONAL_CONVEYANCE",
    "WAITING",
    "BREAKDOWN",
    "ACCIDENT",
    "INSPECTION",
    "DVIR",
    "FUEL",
    "OFFICE_WORK",
    "OTHER",
];
