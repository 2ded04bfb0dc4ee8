//! Validating credentials with the TSP before anything is stored.

use std::time::Duration;

use gateway::{ApiError, Context};
use model::TspId;
use model::credentials::Credentials;
use model::tsp::{Tsp, TspStatus};
use providers::{Account, Accounts, ProviderError};
use url::Url;

/// How long a TSP may take to respond (contract section 7).
pub(super) const VALIDATION_TIMEOUT: Duration = Duration::from_secs(20);
/// How much of the TSP's own message is passed on, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// The API of a TSP: its accounts and its address.
pub(super) struct ProviderEndpoint {
    pub(super) accounts: &'static dyn Accounts,
    base: Url,
}

impl ProviderEndpoint {
    /// The endpoint of a TSP.
    ///
    /// # Errors
    /// 422 if the TSP has no adapter yet; 500 if its address is not a URL.
    pub(super) fn of(tsp: &Tsp) -> Result<Self, ApiError> {
        let accounts = providers::accounts(&tsp.source_name);
        let accounts = accounts.ok_or_else(|| invalid_tsp(tsp.id, "this provider is not supported yet"))?;
        let base = tsp.base_url.as_deref().unwrap_or_else(|| accounts.default_base_url());
        Ok(Self { accounts, base: Url::parse(base).map_err(ApiError::internal)? })
    }

    /// The root of its API.
    pub(super) const fn base(&self) -> &Url {
        &self.base
    }

    /// Validates credentials; returns the account that they belong to.
    ///
    /// # Errors
    /// The inner error is that of the TSP; [`validation_error`] maps it. 500 if the HTTP client cannot be built.
    pub(super) async fn validate(
        &self,
        context: &Context,
        credentials: &Credentials,
        limit: Duration,
    ) -> Result<Result<Account, ProviderError>, ApiError> {
        let validation = self.accounts.validate(context.guarded()?, &self.base, credentials);
        Ok(tokio::time::timeout(limit, validation).await.unwrap_or(Err(ProviderError::Timeout)))
    }
}

/// The TSP, if fleets may link it now.
///
/// # Errors
/// 422 if not.
pub(super) async fn linkable(context: &Context, id: TspId) -> Result<Tsp, ApiError> {
    let tsp = context.store().tsp(id).await?.ok_or_else(|| invalid_tsp(id, "unknown provider"))?;
    match tsp.status {
        TspStatus::Active => Ok(tsp),
        TspStatus::Inactive | TspStatus::Deleted => Err(invalid_tsp(id, "this provider is currently not available")),
    }
}

/// 422 about the TSP.
pub(super) fn invalid_tsp(id: TspId, message: &'static str) -> ApiError {
    ApiError::invalid_member("body.tsp_id", &id.to_string(), "enum", message)
}

/// The error response for a failed validation.
pub(super) fn validation_error(error: &ProviderError) -> ApiError {
    match error {
        ProviderError::Refused { message, .. } | ProviderError::Rejected { message, .. } => rejected(message),
        ProviderError::Unsupported { .. } => rejected("this provider does not support these credentials"),
        ProviderError::Timeout => ApiError::gateway_timeout("the provider timed out"),
        ProviderError::RateLimited { .. } | ProviderError::Unavailable { .. } | ProviderError::Malformed { .. } => {
            ApiError::gateway_timeout("the provider is unavailable; try again later")
        }
    }
}

fn rejected(message: &str) -> ApiError {
    let message: String = message.chars().take(MAX_MESSAGE_CHARS).collect();
    ApiError::invalid_member("body.credentials", "", "credentials_rejected", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_become_the_errors_of_the_contract() {
        let unavailable =
            ProviderError::Unavailable { status: Some(503), message: "down".into(), retry_after: None, response: None };
        let refused = ProviderError::Refused { message: "x".repeat(400), response: None };
        for (error, status) in [(&refused, 422), (&unavailable, 504), (&ProviderError::Timeout, 504)] {
            assert_eq!(validation_error(error).status(), status, "{error}");
        }
        let detail = validation_error(&refused).body()["detail"][0].clone();
        assert_eq!(
            (detail["path"].as_str(), detail["error_type"].as_str()),
            (Some("body.credentials"), Some("credentials_rejected"))
        );
        assert_eq!(detail["message"].as_str().map(str::len), Some(300));
    }
}
