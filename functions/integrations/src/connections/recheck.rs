//! Whether the credentials that a connection has still work. They are replaced only if they do not: an outage proves nothing.

use std::time::Duration;

use gateway::{ApiError, Context};
use model::Timestamp;
use model::connection::{Connection, ConnectionStatus};
use model::credentials::Credentials;
use providers::ProviderError;
use store::control::{Key, SealedCredentials};

use super::validation::ProviderEndpoint;

/// How long the TSP may take. An answer too late proves nothing, and the new credentials may have taken 20 seconds before; whoever
/// asked waits for 26 in all.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What the TSP said of stored credentials, by the time when they were given: it is asked once per request, however often the
/// commit is lost to a concurrent write.
#[derive(Default)]
pub(super) struct Recheck(Option<(Timestamp, bool)>);

impl Recheck {
    /// Whether the connection keeps its credentials, although `given` ones work.
    ///
    /// # Errors
    /// If storage or the vault fails.
    pub(super) async fn stored_work(
        &mut self,
        context: &Context,
        endpoint: &ProviderEndpoint,
        connection: &Connection,
        given: &Credentials,
    ) -> Result<bool, ApiError> {
        let Some(stored) = context.store().get::<SealedCredentials>(Key::credentials(connection.id)).await? else {
            return Ok(false);
        };
        let given_at = stored.updated_at;
        if let Some((_, works)) = self.0.filter(|(of, _)| *of == given_at) {
            return Ok(works);
        }
        let works = match opened(context, connection, stored).await? {
            Some(old) if old == *given => true,
            // The customer signed in anew, and a provider may have ended the former sign-in by that.
            Some(old) if is_sign_in(&old) && is_sign_in(given) => false,
            // The TSP has refused them again and again.
            _ if connection.status == ConnectionStatus::Stale => false,
            Some(old) => !endpoint.validate(context, &old, TIMEOUT).await?.as_ref().is_err_and(is_refusal),
            None => false,
        };
        self.0 = Some((given_at, works));
        Ok(works)
    }
}

/// Whether these are tokens that are replaced from time to time.
fn is_sign_in(credentials: &Credentials) -> bool {
    credentials.get("refresh_token").is_some()
}

fn is_refusal(error: &ProviderError) -> bool {
    matches!(error, ProviderError::Refused { .. } | ProviderError::Unsupported { .. })
}

/// The stored credentials; `None` if this build cannot read them.
async fn opened(context: &Context, connection: &Connection, stored: SealedCredentials) -> Result<Option<Credentials>, ApiError> {
    let plaintext = context.open_credentials(stored, &connection.source_name).await?;
    Ok(plaintext.expose_text().and_then(|text| Credentials::from_json(text).ok()))
}
