//! How often credentials may be tried: a provider's login is not to be guessed through us.
//!
//! Only refusals count in the end. A trial is counted for its fleet before it is made, so that many at once do not pass together, and
//! taken back unless the provider refused it. The refusals of all fleets at one provider have a limit too. An alarm watches what is limited.

use gateway::{ApiError, Context, metrics};
use model::tsp::Tsp;
use model::{FleetId, Timestamp};
use providers::{Account, ProviderError};
use store::control::TrialLimit;

/// Of one fleet: all sessions and tokens of its invitation together.
const OF_A_FLEET: TrialLimit = TrialLimit { most: 10, seconds: 900 };
/// Of all fleets at one provider.
const AT_A_PROVIDER: TrialLimit = TrialLimit { most: 300, seconds: 900 };

/// A trial that was counted.
pub(super) struct Trial<'a> {
    context: &'a Context,
    tsp: &'a Tsp,
    fleet: String,
    provider: String,
    now: Timestamp,
}

impl<'a> Trial<'a> {
    /// Counts a trial.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(super) async fn begin(context: &'a Context, fleet: FleetId, tsp: &'a Tsp, now: Timestamp) -> Result<Self, ApiError> {
        let trial = Self { context, tsp, fleet: format!("fleet#{fleet}"), provider: format!("tsp#{}", tsp.slug), now };
        let store = context.store();
        let wait = match store.trials_exceeded(&trial.provider, AT_A_PROVIDER, now).await? {
            Some(seconds) => Some(seconds),
            None => store.count_trial(&trial.fleet, OF_A_FLEET, now).await?.err(),
        };
        match wait {
            None => Ok(trial),
            Some(seconds) => {
                metrics::credential_trial(&tsp.slug, "limited");
                Err(ApiError::too_many(seconds))
            }
        }
    }

    /// Notes what became of it.
    ///
    /// # Errors
    /// If storage fails.
    pub(super) async fn end(self, outcome: &Result<Account, ProviderError>) -> Result<(), ApiError> {
        let store = self.context.store();
        let code = match outcome {
            Ok(_) => "accepted",
            Err(ProviderError::Refused { .. } | ProviderError::Rejected { .. }) => "refused",
            Err(_) => "failed",
        };
        metrics::credential_trial(&self.tsp.slug, code);
        if code != "refused" {
            return Ok(store.forgive_trial(&self.fleet).await?);
        }
        // Above the limit nothing more needs counting.
        let _is_counted = store.count_trial(&self.provider, AT_A_PROVIDER, self.now).await?;
        Ok(())
    }
}
