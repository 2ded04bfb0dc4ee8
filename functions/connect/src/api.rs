//! The client of the platform's own API.

use std::sync::OnceLock;
use std::time::Duration;

use gateway::{ApiError, Context};
use http::StatusCode;
use model::Timestamp;
use reqwest::Method;
use serde_json::Value;
use vault::{CONSENT_SCOPE, Claims, Issue, Onboarding};

use crate::visit::Agreed;

/// Linking validates credentials for up to 20 seconds.
const TIMEOUT: Duration = Duration::from_secs(25);
/// Lifetime of a token in seconds; it is used for one request.
const TOKEN_LIFETIME: i64 = 120;

/// A response of the API.
pub(crate) struct ApiResponse {
    pub status: StatusCode,
    pub body: Value,
}

impl ApiResponse {
    /// The problems that a 422 reports: path, error type, message.
    pub(crate) fn problems(&self) -> Vec<(String, String, String)> {
        let text = |detail: &Value, name: &str| detail.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let details = self.body.get("detail").and_then(Value::as_array).into_iter().flatten();
        details.map(|detail| (text(detail, "path"), text(detail, "error_type"), text(detail, "message"))).collect()
    }
}

impl ApiResponse {
    /// Whether what the fleet shares changed while the API worked: it is shown again before anything comes of it.
    pub(crate) fn is_consent_changed(&self) -> bool {
        self.body.get("error_type").and_then(Value::as_str) == Some("consent_changed")
    }

    /// The seconds to wait after a 429.
    pub(crate) fn retry_after(&self) -> u64 {
        self.body.pointer("/detail/retry_after_seconds").and_then(Value::as_u64).unwrap_or(60)
    }
}

fn client() -> Result<&'static reqwest::Client, ApiError> {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    if let Some(client) = CLIENT.get() {
        return Ok(client);
    }
    let client = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).build();
    let client = client.map_err(ApiError::internal)?;
    Ok(CLIENT.get_or_init(|| client))
}

/// Calls the API; the base URL is configuration, never input.
pub(crate) async fn call(
    context: &Context,
    method: Method,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Result<ApiResponse, ApiError> {
    let mut request = client()?.request(method, format!("{}{path}", context.config().public_url));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await.map_err(|error| ApiError::unavailable(error.without_url()))?;
    let status = response.status();
    Ok(ApiResponse { status, body: response.json().await.unwrap_or(Value::Null) })
}

/// The error for a response that no page explains.
pub(crate) fn unexpected(what: &str, status: StatusCode) -> ApiError {
    let cause = format!("{what} returned {status}");
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            ApiError::unavailable(cause)
        }
        _ => ApiError::internal(cause),
    }
}

/// A token for the fleet of a visit, for one request.
pub(crate) async fn token(context: &Context, agreed: &Agreed, now: Timestamp) -> Result<String, ApiError> {
    let issuer = context.config().issuer();
    let issue = Issue { issuer: &issuer, now, lifetime: TOKEN_LIFETIME, id: uuid::Uuid::now_v7() };
    let holder = Onboarding {
        fleet: agreed.fleet.id,
        name: &agreed.fleet.name,
        partner: agreed.agreement.partner_id,
        invitation: Some(agreed.visit.invitation.id),
        agreement: Some(agreed.agreement.id),
    };
    let shared = Some(Claims::share(&agreed.agreement.scopes));
    let mut claims = Claims { aud: Some(context.config().realm.clone()), shared, ..Claims::pre_registration(&issue, &holder) };
    claims.scope = format!("{} {CONSENT_SCOPE}", claims.scope);
    Ok(context.vault().sign(&claims, context.now()).await?)
}
