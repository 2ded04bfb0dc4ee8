//! What opens fleets' accounts at TSPs, sealed under root keys of the TSP: an execution whose sandbox has served any connection of the
//! TSP needs no call of KMS.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{ConnectionId, FleetId};
use serde_json::Value;
use store::StoreError;
use store::control::{AccountSession, Key, RootKey, SealedCredentials, SignInClient, Write};
use uuid::Uuid;
use vault::{Sealed, Secret};

use crate::{ApiError, Context};

/// How long a root key seals new values. Those that it sealed stay readable, for each carries its wrapped root key.
const ROTATION_SECONDS: i64 = 90 * 24 * 3_600;

impl Context {
    /// Encrypts the credentials of a connection. They can be opened for this connection at this TSP alone.
    ///
    /// # Errors
    /// 503 if DynamoDB or KMS does not answer, 500 if one refuses.
    pub async fn seal_credentials(&self, id: ConnectionId, tsp: &str, plaintext: &str) -> Result<SealedCredentials, ApiError> {
        let sealed = self.sealed(tsp, &bound_to(&id.to_string(), tsp), plaintext).await?;
        Ok(SealedCredentials { connection_id: id, sealed, updated_at: self.now() })
    }

    /// Decrypts the credentials of a connection.
    ///
    /// # Errors
    /// 503 if KMS does not answer, 500 if it refuses, or if they are of another connection or altered.
    pub async fn open_credentials(&self, kept: SealedCredentials, tsp: &str) -> Result<Secret, ApiError> {
        let sealed: Sealed = serde_json::from_value(kept.sealed).map_err(ApiError::internal)?;
        let bound = kept.connection_id.to_string();
        Ok(self.vault().open(&bound_to(&bound, tsp), &sealed).await?)
    }

    /// Encrypts the session that a login of a connection opened. It can be opened for this connection at this TSP alone.
    ///
    /// # Errors
    /// As [`Context::seal_credentials`].
    pub async fn seal_session(&self, id: ConnectionId, tsp: &str, plaintext: &str) -> Result<AccountSession, ApiError> {
        let sealed = self.sealed(tsp, &session_of(&id.to_string(), tsp), plaintext).await?;
        Ok(AccountSession { connection_id: id, sealed, updated_at: self.now() })
    }

    /// Decrypts the session of a connection.
    ///
    /// # Errors
    /// As [`Context::open_credentials`].
    pub async fn open_session(&self, kept: AccountSession, tsp: &str) -> Result<Secret, ApiError> {
        let sealed: Sealed = serde_json::from_value(kept.sealed).map_err(ApiError::internal)?;
        Ok(self.vault().open(&session_of(&kept.connection_id.to_string(), tsp), &sealed).await?)
    }

    /// Encrypts what a fleet gives before it signs in at a provider. It can be opened for this pre-auth of this fleet alone.
    ///
    /// # Errors
    /// As [`Context::seal_credentials`].
    pub async fn seal_pre_auth(&self, (id, fleet): (Uuid, FleetId), tsp: &str, plaintext: &str) -> Result<Value, ApiError> {
        let (id, fleet) = (id.to_string(), fleet.to_string());
        self.sealed(tsp, &[("pre_auth_id", id.as_str()), ("fleet_id", fleet.as_str()), ("tsp", tsp)], plaintext).await
    }

    /// Decrypts what a fleet gave before it signed in at a provider.
    ///
    /// # Errors
    /// As [`Context::open_credentials`].
    pub async fn open_pre_auth(&self, (id, fleet): (Uuid, FleetId), tsp: &str, sealed: Value) -> Result<Secret, ApiError> {
        let sealed: Sealed = serde_json::from_value(sealed).map_err(ApiError::internal)?;
        let (id, fleet) = (id.to_string(), fleet.to_string());
        let bound = [("pre_auth_id", id.as_str()), ("fleet_id", fleet.as_str()), ("tsp", tsp)];
        Ok(self.vault().open(&bound, &sealed).await?)
    }

    /// The platform's application at a TSP: its id and its secret; `None` where no operator has registered one.
    ///
    /// # Errors
    /// 503 if DynamoDB or KMS does not answer, 500 if one refuses.
    pub async fn sign_in_client(&self, slug: &str, tsp: &str) -> Result<Option<(String, Secret)>, ApiError> {
        let Some(kept) = self.store().get::<SignInClient>(Key::sign_in_client(slug)).await? else { return Ok(None) };
        let sealed: Sealed = serde_json::from_value(kept.sealed).map_err(ApiError::internal)?;
        let secret = self.vault().open(&client_of(slug, tsp), &sealed).await?;
        Ok(Some((kept.client_id, secret)))
    }

    /// Registers the platform's application at a TSP, in place of any other.
    ///
    /// # Errors
    /// As [`Context::sign_in_client`].
    pub async fn set_sign_in_client(&self, (slug, tsp): (&str, &str), client_id: &str, secret: &str) -> Result<(), ApiError> {
        let sealed = self.vault().seal(&client_of(slug, tsp), secret.as_bytes()).await?;
        let sealed = serde_json::to_value(sealed).map_err(ApiError::internal)?;
        let kept = SignInClient { slug: slug.to_owned(), client_id: client_id.to_owned(), sealed, updated_at: self.now() };
        Ok(self.store().commit(vec![Write::overwrite(&kept)?]).await?)
    }

    /// A value of a TSP in the vault's envelope.
    async fn sealed(&self, tsp: &str, bound: &[(&str, &str)], plaintext: &str) -> Result<Value, ApiError> {
        let root = self.root_key(tsp).await?;
        let sealed = self.vault().seal_under(&root, bound, plaintext.as_bytes()).await?;
        serde_json::to_value(sealed).map_err(ApiError::internal)
    }

    /// The root key under which values of a TSP are sealed now, as KMS wrapped it.
    async fn root_key(&self, tsp: &str) -> Result<Vec<u8>, ApiError> {
        let seen: Option<RootKey> = self.store().get(Key::root_key(tsp)).await?;
        if let Some(current) = seen.as_ref().filter(|seen| seen.updated_at.plus_seconds(ROTATION_SECONDS) > self.now()) {
            return wrapped_bytes(current);
        }
        let wrapped = STANDARD.encode(self.vault().new_root(tsp).await?);
        let next = RootKey { tsp: tsp.to_owned(), wrapped, updated_at: self.now() };
        let write = match &seen {
            Some(seen) => Write::replace(seen, &next)?,
            None => Write::create(&next)?,
        };
        match self.store().commit(vec![write]).await {
            // Another request made it: all are to seal under one.
            Err(StoreError::Conflict) => {
                let made: Option<RootKey> = self.store().get(Key::root_key(tsp)).await?;
                wrapped_bytes(&made.unwrap_or(next))
            }
            done => {
                done?;
                wrapped_bytes(&next)
            }
        }
    }
}

/// The bytes that KMS made.
fn wrapped_bytes(key: &RootKey) -> Result<Vec<u8>, ApiError> {
    STANDARD.decode(&key.wrapped).map_err(ApiError::internal)
}

fn client_of<'a>(slug: &'a str, tsp: &'a str) -> [(&'static str, &'a str); 2] {
    [("sign_in_client", slug), ("tsp", tsp)]
}

fn session_of<'a>(connection: &'a str, tsp: &'a str) -> [(&'static str, &'a str); 2] {
    [("session_of", connection), ("tsp", tsp)]
}

fn bound_to<'a>(connection: &'a str, tsp: &'a str) -> [(&'static str, &'a str); 2] {
    [("connection_id", connection), ("tsp", tsp)]
}
