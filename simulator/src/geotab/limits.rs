//! How often a user may call: by method and kind of records, per minute. Each reply tells what is left of the limit that it counted
//! against.

use chrono::{DateTime, SecondsFormat};

use super::rpc::Fault;
use crate::app::App;
use crate::http::Reply;
use crate::limiter::{Left, Limit};

/// The limit of a method for a kind of records, and the method's name in it.
fn of(method: &str, kind: &str) -> Option<(&'static str, Limit)> {
    match (method, kind) {
        ("Authenticate", _) => Some(("Authenticate", Limit::per_minute(10))),
        ("GetFeed", _) => Some(("GetFeed", Limit::per_minute(60))),
        ("Get", "DutyStatusLog") => Some(("Get", Limit::per_minute(400))),
        ("Get", _) => Some(("Get", Limit::per_minute(650))),
        ("GetCountOf", _) => Some(("GetCountOf", Limit::per_minute(650))),
        _ => None,
    }
}

/// Takes a call of a database's user.
///
/// # Errors
/// Where there were too many.
pub(super) fn take(app: &App, database: &str, method: &str, kind: &str) -> Result<Option<Left>, Fault> {
    let Some(limit) = of(method, kind) else { return Ok(None) };
    app.take_of(&format!("{database} {kind}"), limit).map_err(|wait_s| Fault::OverLimit(wait_s.ceil().max(1.0)))
}

/// Says in a reply what is left.
pub(super) fn tell(reply: &mut Reply, left: Left) {
    let reset = DateTime::from_timestamp_millis(left.reset_ms).unwrap_or_default();
    reply.headers = vec![
        ("x-rate-limit-limit", "1m".into()),
        ("x-rate-limit-remaining", left.requests.to_string()),
        ("x-rate-limit-reset", reset.to_rfc3339_opts(SecondsFormat::Secs, true)),
    ];
}
