//! How often credentials may be tried: a provider's login is not to be guessed through us.
//!
//! Only refusals count in the end. A trial is counted for its fleet before it is made, so that many at once do not pass together, and
//! taken back unless the provider refused it. Refusals of all fleets of one partner at one provider have a limit too. Nobody's trials
//! stop those of another partner: what all of them do at a provider is for an alarm, which watches what is limited as well.

use gateway::{ApiError, Call, Context, metrics};
use model::credentials::Credentials;
use model::tsp::Tsp;
use model::{FleetId, PartnerId, Timestamp};
use providers::{Account, ProviderError};
use store::control::TrialLimit;

use super::validation::{self, ProviderEndpoint};

/// Of one fleet: all sessions and tokens of its invitation together.
const OF_A_FLEET: TrialLimit = TrialLimit { most: 10, seconds: 900 };
/// Of all fleets of one partner at one provider.
const OF_A_PARTNER: TrialLimit = TrialLimit { most: 100, seconds: 900 };

/// Who tries credentials, and when.
#[derive(Clone, Copy)]
pub(super) struct Trier {
    pub(super) fleet: FleetId,
    pub(super) partner: PartnerId,
    pub(super) now: Timestamp,
}

impl Trier {
    /// The calling fleet.
    ///
    /// # Errors
    /// 403 for other callers.
    pub(super) fn of(call: &Call) -> Result<Self, ApiError> {
        Ok(Self { fleet: call.caller.fleet()?, partner: call.caller.inviting_partner()?, now: call.now })
    }
}

/// The account that credentials belong to, by the provider's word.
///
/// # Errors
/// 429 after too many refusals; 422 if the provider refuses them; 504 if it does not answer.
pub(super) async fn account(
    context: &Context,
    trier: Trier,
    (tsp, endpoint): (&Tsp, &ProviderEndpoint),
    credentials: &Credentials,
) -> Result<Account, ApiError> {
    let trial = Trial::begin(context, trier, tsp).await?;
    let outcome = endpoint.validate(context, credentials, validation::VALIDATION_TIMEOUT).await?;
    trial.end(&outcome).await?;
    outcome.map_err(|error| validation::validation_error(&error))
}

/// A trial that was counted.
struct Trial<'a> {
    context: &'a Context,
    tsp: &'a Tsp,
    fleet: String,
    partner: String,
    now: Timestamp,
}

impl<'a> Trial<'a> {
    async fn begin(context: &'a Context, trier: Trier, tsp: &'a Tsp) -> Result<Self, ApiError> {
        let (fleet, partner) = (format!("fleet#{}", trier.fleet), format!("partner#{}#tsp#{}", trier.partner, tsp.slug));
        let trial = Self { context, tsp, fleet, partner, now: trier.now };
        let store = context.store();
        let wait = match store.trials_exceeded(&trial.partner, OF_A_PARTNER, trial.now).await? {
            Some(seconds) => Some(seconds),
            None => store.count_trial(&trial.fleet, OF_A_FLEET, trial.now).await?.err(),
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
    async fn end(self, outcome: &Result<Account, ProviderError>) -> Result<(), ApiError> {
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
        let _is_counted = store.count_trial(&self.partner, OF_A_PARTNER, self.now).await?;
        Ok(())
    }
}
