//! Trying credentials at the TSP before anything is stored.

use std::time::Duration;

use gateway::{ApiError, Context};
use model::credentials::Credentials;
use model::tsp::Tsp;
use providers::{Account, Adapter, ProviderError};
use url::Url;

/// The longest a TSP may take to answer (contract section 7).
const PATIENCE: Duration = Duration::from_secs(20);
/// Characters of the TSP's own message that are passed on.
const MESSAGE_CHARS: usize = 300;

/// A TSP with the adapter that speaks to it.
pub(super) struct Door {
    pub(super) adapter: &'static dyn Adapter,
    base: Url,
}

impl Door {
    /// The way to a TSP.
    ///
    /// # Errors
    /// 422 where no adapter speaks to it yet; 500 if its address is not a URL.
    pub(super) fn of(tsp: &Tsp) -> Result<Self, ApiError> {
        let adapter = providers::adapter(&tsp.source_name);
        let adapter = adapter.ok_or_else(|| super::create::refuse_tsp(tsp.id, "this provider cannot be linked yet"))?;
        let base = tsp.base_url.as_deref().unwrap_or_else(|| adapter.default_base_url());
        Ok(Self { adapter, base: Url::parse(base).map_err(ApiError::internal)? })
    }

    /// Whose account the credentials open, as the TSP says.
    ///
    /// # Errors
    /// What the TSP answered instead; [`answer`] makes it one of ours.
    pub(super) async fn try_with(
        &self,
        context: &Context,
        credentials: &Credentials,
    ) -> Result<Result<Account, ProviderError>, ApiError> {
        let attempt = self.adapter.validate(context.guarded()?, &self.base, credentials);
        Ok(tokio::time::timeout(PATIENCE, attempt).await.unwrap_or(Err(ProviderError::Timeout)))
    }
}

/// The answer for a trial that failed.
pub(super) fn answer(error: &ProviderError) -> ApiError {
    match error {
        ProviderError::Refused { message, .. } | ProviderError::Rejected { message, .. } => rejected(message),
        ProviderError::Unsupported { .. } => rejected("these credentials cannot be used with this provider"),
        ProviderError::Timeout => ApiError::gateway_timeout("the provider did not answer in time"),
        ProviderError::RateLimited { .. } | ProviderError::Unavailable { .. } | ProviderError::Malformed { .. } => {
            ApiError::gateway_timeout("the provider is not available now; try again later")
        }
    }
}

fn rejected(message: &str) -> ApiError {
    let message: String = message.chars().take(MESSAGE_CHARS).collect();
    ApiError::invalid_member("body.credentials", "", "credentials_rejected", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_become_the_contracts_answers() {
        let unavailable = ProviderError::Unavailable { status: Some(503), message: "down".into(), response: None };
        let refused = ProviderError::Refused { message: "x".repeat(400), response: None };
        for (error, status) in [(&refused, 422), (&unavailable, 504), (&ProviderError::Timeout, 504)] {
            assert_eq!(answer(error).status(), status, "{error}");
        }
        let detail = answer(&refused).body()["detail"][0].clone();
        assert_eq!(
            (detail["path"].as_str(), detail["error_type"].as_str()),
            (Some("body.credentials"), Some("credentials_rejected"))
        );
        assert_eq!(detail["message"].as_str().map(str::len), Some(300));
    }
}
