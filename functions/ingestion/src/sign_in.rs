//! Access tokens of accounts that a customer signed in to: they run out, and are replaced before they do.
//!
//! A refresh token is used once, so of all runs, in all sandboxes, one replaces the tokens of a connection and the others wait for it.
//! The new pair takes the old one's place in one conditional write: at no time is none stored. What the provider has sent and we did not
//! store is lost with the sandbox; then the provider refuses the old token, and the customer signs in again.

use std::time::Duration;

use gateway::{Context, WorkerError};
use model::Timestamp;
use model::connection::Connection;
use model::credentials::Credentials;
use providers::{Adapter, OAuth, OAuthClient, ProviderError};
use store::control::{Key, Refreshing, SealedCredentials, Write};
use store::{Attempts, StoreError};
use url::Url;

use crate::turns;

/// Tokens that hold for less than this many seconds are replaced.
const MARGIN_SECONDS: i64 = 300;

/// The credentials of a connection, and what the provider said where they should have been replaced and were not.
pub type Opened = (Credentials, Option<ProviderError>);

/// What a connection has stored, and when.
struct Stored {
    kept: SealedCredentials,
    credentials: Credentials,
}

/// The credentials of a connection, replaced if they are about to run out.
///
/// # Errors
/// Internal errors; what the provider says is part of the outcome.
pub async fn credentials_of(
    context: &Context,
    connection: &Connection,
    adapter: &dyn Adapter,
    base: &Url,
) -> Result<Opened, WorkerError> {
    let mut waited = Duration::ZERO;
    loop {
        let stored = stored(context, connection).await?;
        let Some((oauth, _)) = adapter.oauth().zip(stored.credentials.get("refresh_token")) else {
            return Ok((stored.credentials, None));
        };
        if !is_due(&stored, connection, context.now()) {
            return Ok((stored.credentials, None));
        }
        let Some(claim) = turns::take(context, connection.id).await? else {
            if waited >= turns::LONGEST_WAIT {
                let busy = is_over(&stored, context.now()).then_some(ProviderError::Timeout);
                return Ok((stored.credentials, busy));
            }
            waited += turns::BETWEEN_LOOKS;
            tokio::time::sleep(turns::BETWEEN_LOOKS).await;
            continue;
        };
        match with_claim(context, connection, (oauth, base), &stored, &claim).await? {
            Some(Ok(next)) => return Ok((next, None)),
            Some(Err(error)) => {
                tracing::warn!(connection.id = %connection.id, cause = %error, "the provider gave no new tokens");
                let is_needed = is_over(&stored, context.now()) || matches!(error, ProviderError::Refused { .. });
                return Ok((stored.credentials, is_needed.then_some(error)));
            }
            None => {}
        }
    }
}

/// The next tokens, or why the provider gives none; `None` where others have replaced them meanwhile. The claim ends in any case.
async fn with_claim(
    context: &Context,
    connection: &Connection,
    (oauth, base): (&OAuth, &Url),
    seen: &Stored,
    claim: &Refreshing,
) -> Result<Option<Result<Credentials, ProviderError>>, WorkerError> {
    let outcome = replaced(context, connection, (oauth, base), seen).await;
    turns::end(context, claim).await;
    outcome
}

async fn replaced(
    context: &Context,
    connection: &Connection,
    (oauth, base): (&OAuth, &Url),
    seen: &Stored,
) -> Result<Option<Result<Credentials, ProviderError>>, WorkerError> {
    // Whoever held the claim before may have replaced them.
    if stored(context, connection).await?.kept.updated_at != seen.kept.updated_at {
        return Ok(None);
    }
    let token = seen.credentials.get("refresh_token").unwrap_or_default();
    match refreshed(context, connection, (oauth, base), token).await {
        Ok(next) => match replace(context, connection, (&seen.kept, &next)).await {
            Ok(()) => Ok(Some(Ok(next))),
            // The customer has signed in again meanwhile: that counts.
            Err(StoreError::Conflict) => Ok(None),
            Err(other) => Err(other.into()),
        },
        Err(Refresh::Internal(error)) => Err(error),
        Err(Refresh::Provider(error)) => {
            let is_same = stored(context, connection).await?.kept.updated_at == seen.kept.updated_at;
            Ok(is_same.then_some(Err(error)))
        }
    }
}

async fn stored(context: &Context, connection: &Connection) -> Result<Stored, WorkerError> {
    let kept = context.store().get::<SealedCredentials>(Key::credentials(connection.id)).await?;
    let kept = kept.ok_or_else(|| WorkerError::Other("connection has no credentials".into()))?;
    let secret = context.open_credentials(kept.clone(), &connection.source_name).await?;
    let text = secret.expose_text().ok_or_else(|| WorkerError::Other("credentials are not text".into()))?;
    let credentials = Credentials::from_json(text).map_err(|error| WorkerError::Other(error.to_string()))?;
    Ok(Stored { kept, credentials })
}

/// Whether tokens are to be replaced: they run out soon, or the provider has refused them since they were stored.
fn is_due(stored: &Stored, connection: &Connection, now: Timestamp) -> bool {
    let was_refused = connection.refused_since.is_some_and(|since| stored.kept.updated_at <= since);
    let ends_soon = stored.credentials.number("expires_in").is_some_and(|seconds| {
        let margin = MARGIN_SECONDS.min(seconds / 4);
        stored.kept.updated_at.plus_seconds(seconds.saturating_sub(margin)) <= now
    });
    was_refused || ends_soon
}

fn is_over(stored: &Stored, now: Timestamp) -> bool {
    stored.credentials.number("expires_in").is_some_and(|seconds| stored.kept.updated_at.plus_seconds(seconds) <= now)
}

/// Why there are no new tokens.
enum Refresh {
    Provider(ProviderError),
    Internal(WorkerError),
}

async fn refreshed(
    context: &Context,
    connection: &Connection,
    (oauth, base): (&OAuth, &Url),
    token: &str,
) -> Result<Credentials, Refresh> {
    let internal = |error: gateway::ApiError| Refresh::Internal(error.into());
    let client = context.sign_in_client(&connection.tsp_slug, &connection.source_name).await.map_err(internal)?;
    let Some((id, secret)) = client else {
        let message = "signing in is not configured for this provider any more".to_owned();
        return Err(Refresh::Provider(ProviderError::Unavailable { status: None, message, retry_after: None, response: None }));
    };
    let secret = secret.expose_text().unwrap_or_default();
    let http = context.guarded().map_err(internal)?;
    oauth.refresh(http, base, OAuthClient { id: &id, secret }, token).await.map_err(Refresh::Provider)
}

/// Puts the new pair in the old one's place. The old one is used up, so what fails for a while is repeated.
async fn replace(
    context: &Context,
    connection: &Connection,
    (kept, next): (&SealedCredentials, &Credentials),
) -> Result<(), StoreError> {
    let mut attempts = Attempts::default();
    loop {
        let sealed = context.seal_credentials(connection.id, &connection.source_name, &next.to_sealed_json()).await;
        let done = match sealed {
            Ok(sealed) => context.store().commit(vec![Write::replace(kept, &sealed)?]).await,
            Err(error) => Err(StoreError::Unstorable(error.cause().unwrap_or("sealing failed").to_owned())),
        };
        match done {
            Ok(()) | Err(StoreError::Conflict) => return done,
            Err(_) if attempts.again().await => {}
            failed => return failed,
        }
    }
}
