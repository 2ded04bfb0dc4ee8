//! Trials of credentials in one visit. The API has a limit for all visits of a fleet; this one keeps a visit from using it up.

use gateway::Context;
use http::StatusCode;
use model::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use store::control::TrialLimit;

use crate::api::{self, ApiResponse};
use crate::visit::{Agreed, Stop};

/// Half of what a fleet has in the same time.
const OF_A_VISIT: TrialLimit = TrialLimit { most: 5, seconds: 900 };

/// Has the API try credentials; after too many refusals the answer is 429.
pub(crate) async fn of(
    context: &Context,
    agreed: &Agreed,
    (method, path): (Method, &str),
    body: &Value,
    now: Timestamp,
) -> Result<ApiResponse, Stop> {
    let subject = format!("visit#{}", agreed.visit.held.digest());
    if let Err(seconds) = context.store().count_trial(&subject, OF_A_VISIT, now).await? {
        let body = json!({ "detail": { "retry_after_seconds": seconds } });
        return Ok(ApiResponse { status: StatusCode::TOO_MANY_REQUESTS, body });
    }
    let token = api::token(context, agreed, now).await?;
    let response = api::call(context, method, path, Some(&token), Some(body)).await?;
    if !response.problems().iter().any(|(_, kind, _)| kind == "credentials_rejected") {
        context.store().forgive_trial(&subject).await?;
    }
    Ok(response)
}
