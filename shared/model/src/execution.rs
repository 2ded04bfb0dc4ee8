//! Executions: one run of a schedule.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ConnectionId, ExecutionId, Resource, ScheduleId, Timestamp};

/// A run, kept for seven days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Its id; every record it ingested carries it.
    pub id: ExecutionId,
    /// When it started.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
    /// Its plan.
    pub schedule_id: ScheduleId,
    /// Whose data.
    pub connection_id: ConnectionId,
    /// Which data.
    pub resource: Resource,
    /// The adapter.
    pub source_name: String,
    /// Its state.
    pub status: ExecutionStatus,
    /// Where it left off.
    pub cursor: Option<String>,
    /// The TSP's redacted answer; failed runs only.
    pub response: Option<Value>,
    /// Newest data point seen.
    pub last_data_at: Option<Timestamp>,
    /// Its lease ran out without a result.
    #[serde(default)]
    pub lost: bool,
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ExecutionStatusEnum")]
pub enum ExecutionStatus {
    /// It did not end well.
    Failed,
    /// Under way.
    Pending,
    /// Planned.
    Scheduled,
    /// Everything it fetched is stored.
    Success,
}

/// Days a run stays readable.
pub const RETENTION_DAYS: i64 = 7;
