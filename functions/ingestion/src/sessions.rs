//! Sessions of accounts whose provider has logins: one run logs in, and all others, in all sandboxes, use the session that it stored.
//!
//! Sessions are stored sealed, as credentials are, and end with them. Where the store or the vault fails, a run logs in for itself.

use std::time::Duration;

use gateway::{Context, WorkerError};
use model::connection::Connection;
use providers::{BoxFuture, ProviderError, Sessions};
use serde::{Deserialize, Serialize};
use store::control::{AccountSession, Key, SealedCredentials, Write};

use crate::turns;

/// The session of a connection.
pub struct SharedSession<'a> {
    context: &'a Context,
    connection: &'a Connection,
}

/// What is sealed. No `Debug`: it is a secret.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Which login opened it: other credentials have another.
    login: String,
    /// As the adapter wrote it.
    session: String,
}

impl<'a> SharedSession<'a> {
    /// That of a connection.
    #[must_use]
    pub fn of(context: &'a Context, connection: &'a Connection) -> Self {
        Self { context, connection }
    }

    /// The session that is stored, unless it is of another login, or the one that ended.
    async fn stored(&self, login: &str, ended: Option<&str>) -> Result<Option<String>, WorkerError> {
        let Some(kept) = self.context.store().get::<AccountSession>(Key::account_session(self.connection.id)).await? else {
            return Ok(None);
        };
        let secret = self.context.open_session(kept, &self.connection.source_name).await?;
        let kept = secret.expose_text().and_then(|text| serde_json::from_str::<Kept>(text).ok());
        Ok(kept.filter(|kept| kept.login == login && Some(kept.session.as_str()) != ended).map(|kept| kept.session))
    }

    async fn store(&self, login: &str, session: &str) -> Result<(), WorkerError> {
        let id = self.connection.id;
        let kept = Kept { login: login.to_owned(), session: session.to_owned() };
        let text = serde_json::to_string(&kept).map_err(|error| WorkerError::Other(error.to_string()))?;
        let sealed = self.context.seal_session(id, &self.connection.source_name, &text).await?;
        self.context.store().commit(vec![Write::overwrite(&sealed)?]).await?;
        // Whoever destroyed the credentials meanwhile has not seen it.
        if self.context.store().get::<SealedCredentials>(Key::credentials(id)).await?.is_none() {
            self.context.store().commit(vec![Write::delete(Key::account_session(id))]).await?;
        }
        Ok(())
    }

    /// The stored session, or else the turn to log in. `None`: this run logs in for itself.
    async fn wait(&self, login: &str, ended: Option<&str>) -> Result<Option<Next>, WorkerError> {
        let mut waited = Duration::ZERO;
        loop {
            if let Some(session) = self.stored(login, ended).await? {
                return Ok(Some(Next::Session(session)));
            }
            if let Some(turn) = turns::take(self.context, self.connection.id).await? {
                // Whoever had it before may have logged in.
                let stored = self.stored(login, ended).await;
                let Ok(None) = stored else {
                    turns::end(self.context, &turn).await;
                    return stored.map(|session| session.map(Next::Session));
                };
                return Ok(Some(Next::Turn(turn)));
            }
            if waited >= turns::LONGEST_WAIT {
                return Ok(None);
            }
            waited += turns::BETWEEN_LOOKS;
            tokio::time::sleep(turns::BETWEEN_LOOKS).await;
        }
    }
}

enum Next {
    Session(String),
    Turn(store::control::Refreshing),
}

impl Sessions for SharedSession<'_> {
    fn session<'a>(
        &'a self,
        login: &'a str,
        ended: Option<&'a str>,
        log_in: BoxFuture<'a, Result<String, ProviderError>>,
    ) -> BoxFuture<'a, Result<String, ProviderError>> {
        Box::pin(async move {
            let turn = match self.wait(login, ended).await {
                Ok(Some(Next::Session(session))) => return Ok(session),
                Ok(Some(Next::Turn(turn))) => turn,
                Ok(None) => return log_in.await,
                Err(error) => {
                    tracing::warn!(cause = %error, "failed to read the session of an account, logging in without it");
                    return log_in.await;
                }
            };
            let opened = log_in.await;
            if let Ok(session) = &opened
                && let Err(error) = self.store(login, session).await
            {
                tracing::warn!(cause = %error, "failed to store the session of an account");
            }
            turns::end(self.context, &turn).await;
            opened
        })
    }
}
