//! Executions of schedules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::schedule::Schedule;
use crate::{ConnectionId, ExecutionId, Resource, ScheduleId, Timestamp};

/// An execution of a schedule. While it is in progress its schedule's lease alone tells of it; how it ended is stored for seven days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Its id, which every record it stored contains.
    pub id: ExecutionId,
    /// When it started.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// The schedule.
    pub schedule_id: ScheduleId,
    /// The connection.
    pub connection_id: ConnectionId,
    /// The resource.
    pub resource: Resource,
    /// The adapter.
    pub source_name: String,
    /// Its state.
    pub status: ExecutionStatus,
    /// The cursor at which it ended.
    pub cursor: Option<String>,
    /// The TSP's redacted response; failed executions only.
    pub response: Option<Value>,
    /// The time of the newest record fetched.
    pub last_data_at: Option<Timestamp>,
    /// Whether its lease expired without a result.
    #[serde(default)]
    pub lost: bool,
    /// Whether it ended because the TSP asked to wait: no failure that anybody needs to hear of.
    #[serde(default)]
    pub postponed: bool,
}

impl Execution {
    /// An execution in progress.
    #[must_use]
    pub fn in_progress(schedule: &Schedule, id: ExecutionId) -> Self {
        let began = id.made_at();
        Self {
            id,
            created_at: began,
            updated_at: began,
            schedule_id: schedule.id,
            connection_id: schedule.connection_id,
            resource: schedule.resource,
            source_name: schedule.source_name.clone(),
            status: ExecutionStatus::Pending,
            cursor: schedule.cursor.clone(),
            response: None,
            last_data_at: None,
            lost: false,
            postponed: false,
        }
    }
}

/// The state of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ExecutionStatusEnum")]
pub enum ExecutionStatus {
    /// It failed.
    Failed,
    /// It is in progress.
    Pending,
    /// It is scheduled.
    Scheduled,
    /// It succeeded; everything fetched is stored.
    Success,
}

/// How many days an execution is kept.
pub const RETENTION_DAYS: i64 = 7;
