//! What an administration's task tells.

use serde_json::Value;

/// What came of a task, for people and for programs.
pub(super) struct Report {
    pub(super) lines: String,
    pub(super) json: Value,
}
