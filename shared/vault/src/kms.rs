//! The vault: encryption and signatures with KMS.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aws_sdk_kms::Client;
use aws_sdk_kms::operation::decrypt::DecryptError;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{DataKeySpec, MessageType, SigningAlgorithmSpec};
use model::Timestamp;
use rand::RngCore;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::cache::{KeyCache, LIFETIME, ROOT_LIFETIME};
use crate::envelope::{self, Context, DERIVED, DataKey};
use crate::{Jwk, JwkSet, Sealed, Secret, TokenError, VaultError, jwt, rotation};

/// The ids or ARNs of the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyIds {
    /// A symmetric key; wraps the data keys of sealed values.
    pub credentials: String,
    /// RSA-2048 signing keys, all published and valid. The newest one signs, but not before verifiers know it.
    pub signing: Vec<String>,
}

/// Encrypts, decrypts, signs and verifies. Holds the caches, so share it behind an `Arc`.
pub struct Vault {
    client: Client,
    ids: KeyIds,
    opened: KeyCache,
    roots: KeyCache,
    published: OnceCell<Arc<JwkSet>>,
    /// When the signing keys were made.
    made: OnceCell<Vec<Timestamp>>,
}

impl Vault {
    /// A vault over this client.
    #[must_use]
    pub fn new(client: Client, ids: KeyIds) -> Self {
        Self {
            client,
            ids,
            opened: KeyCache::new(LIFETIME),
            roots: KeyCache::new(ROOT_LIFETIME),
            published: OnceCell::new(),
            made: OnceCell::new(),
        }
    }

    /// A vault with a client of its own.
    #[must_use]
    pub fn from_config(config: &aws_config::SdkConfig, ids: KeyIds) -> Self {
        Self::new(Client::new(config), ids)
    }

    /// Encrypts under a new data key, bound to the context. One KMS call.
    ///
    /// # Errors
    /// `Unavailable`, `KeyService`, `Incomplete` if KMS fails.
    pub async fn seal(&self, context: &[(&str, &str)], plaintext: &[u8]) -> Result<Sealed, VaultError> {
        let context = Context::new(context);
        let (key, wrapped) = self.fresh_key(&context).await?;
        let sealed = envelope::seal(&key, wrapped, &context, random_nonce(), plaintext)?;
        // A value that was just sealed is usually opened next.
        self.opened.put(KeyCache::slot(&context, &sealed.wrapped_key), Arc::new(key), Instant::now());
        Ok(sealed)
    }

    /// A new root key for the values of a TSP, as KMS wrapped it. One KMS call.
    ///
    /// # Errors
    /// As [`Vault::seal`].
    pub async fn new_root(&self, tsp: &str) -> Result<Vec<u8>, VaultError> {
        let context = root_context(tsp);
        let (key, wrapped) = self.fresh_key(&context).await?;
        self.roots.put(KeyCache::slot(&context, &wrapped), Arc::new(key), Instant::now());
        Ok(wrapped)
    }

    /// Encrypts under a key derived from a root key of the TSP that the context names, bound to the context. At most one KMS call
    /// per root and hour.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub async fn seal_under(&self, root: &[u8], context: &[(&str, &str)], plaintext: &[u8]) -> Result<Sealed, VaultError> {
        let context = Context::new(context);
        let key = self.root(&context, root).await?;
        envelope::seal_derived(&key, root.to_vec(), &context, random_nonce(), plaintext)
    }

    /// Decrypts a value sealed in the same context. At most one KMS call per root and hour, or, for values with a key of their own, per
    /// value and five minutes.
    ///
    /// # Errors
    /// `Unreadable` for altered values and other contexts, `Version` for newer layouts, else as [`Vault::seal`].
    pub async fn open(&self, context: &[(&str, &str)], sealed: &Sealed) -> Result<Secret, VaultError> {
        let context = Context::new(context);
        let key = match sealed.version {
            DERIVED => self.root(&context, &sealed.wrapped_key).await?,
            _ => self.opened_key(&self.opened, &context, &sealed.wrapped_key).await?,
        };
        envelope::open(&key, &context, sealed)
    }

    /// Signs claims at `now`: a compact RS256 token. One KMS call. Of several keys the newest signs that was made
    /// [`crate::PUBLISHED_BEFORE_SECONDS`] ago.
    ///
    /// # Errors
    /// `Claims` if the claims cannot be serialized, else as [`Vault::keys`].
    pub async fn sign(&self, claims: &impl Serialize, now: Timestamp) -> Result<String, VaultError> {
        let keys = self.keys().await?;
        let place = self.signing_key(now).await?;
        let (id, key) = self.ids.signing.get(place).zip(keys.keys.get(place)).ok_or(VaultError::NoSigningKey)?;
        let unsigned = jwt::encode_unsigned(&key.kid, claims)?;
        let answer = self
            .client
            .sign()
            .key_id(id)
            .message_type(MessageType::Digest)
            .message(Blob::new(Sha256::digest(unsigned.as_bytes()).to_vec()))
            .signing_algorithm(SigningAlgorithmSpec::RsassaPkcs1V15Sha256)
            .send()
            .await
            .map_err(|error| VaultError::service("sign", &error))?;
        let signature = answer.signature().ok_or(VaultError::Incomplete("signature"))?;
        Ok(jwt::assemble(&unsigned, signature.as_ref()))
    }

    /// All valid public keys. Read once per process, as keys behind an id never change.
    ///
    /// # Errors
    /// `NoSigningKey`, `PublicKey` for wrong configuration; `Unavailable`, `KeyService`, `Incomplete` if KMS fails.
    pub async fn keys(&self) -> Result<Arc<JwkSet>, VaultError> {
        self.published.get_or_try_init(|| self.read_keys()).await.cloned()
    }

    /// Verifies a token of this platform at `now` and returns its claims. The caller checks revocation, scopes and audience.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn verify<C: DeserializeOwned>(&self, token: &str, now: Timestamp) -> Result<C, TokenError> {
        let keys = self.keys().await.map_err(TokenError::Unavailable)?;
        jwt::verify(&keys, token, now)
    }

    async fn fresh_key(&self, context: &Context) -> Result<(DataKey, Vec<u8>), VaultError> {
        let answer = self
            .client
            .generate_data_key()
            .key_id(&self.ids.credentials)
            .key_spec(DataKeySpec::Aes256)
            .set_encryption_context(encryption_context(context))
            .send()
            .await
            .map_err(|error| VaultError::service("generate a data key", &error))?;
        let wrapped = answer.ciphertext_blob.ok_or(VaultError::Incomplete("wrapped data key"))?.into_inner();
        Ok((data_key(answer.plaintext)?, wrapped))
    }

    /// The root key of the TSP that a value's context names.
    async fn root(&self, context: &Context, wrapped: &[u8]) -> Result<Arc<DataKey>, VaultError> {
        let tsp = context.get("tsp").ok_or(VaultError::Unreadable)?;
        self.opened_key(&self.roots, &root_context(tsp), wrapped).await
    }

    async fn opened_key(&self, cache: &KeyCache, context: &Context, wrapped: &[u8]) -> Result<Arc<DataKey>, VaultError> {
        let slot = KeyCache::slot(context, wrapped);
        if let Some(key) = cache.get(&slot, Instant::now()) {
            return Ok(key);
        }
        let answer = self
            .client
            .decrypt()
            .key_id(&self.ids.credentials)
            .ciphertext_blob(Blob::new(wrapped))
            .set_encryption_context(encryption_context(context))
            .send()
            .await
            .map_err(|error| match error.as_service_error() {
                Some(DecryptError::InvalidCiphertextException(_)) => VaultError::Unreadable,
                _ => VaultError::service("decrypt a data key", &error),
            })?;
        let key = Arc::new(data_key(answer.plaintext)?);
        cache.put(slot, Arc::clone(&key), Instant::now());
        Ok(key)
    }

    async fn read_keys(&self) -> Result<Arc<JwkSet>, VaultError> {
        if self.ids.signing.is_empty() {
            return Err(VaultError::NoSigningKey);
        }
        let mut keys = Vec::with_capacity(self.ids.signing.len());
        for id in &self.ids.signing {
            keys.push(self.read_key(id).await?);
        }
        Ok(Arc::new(JwkSet { keys }))
    }

    /// The place of the key that signs. How old keys are matters only where there are several.
    async fn signing_key(&self, now: Timestamp) -> Result<usize, VaultError> {
        if self.ids.signing.len() < 2 {
            return Ok(0);
        }
        let made = self.made.get_or_try_init(|| self.read_ages()).await?;
        Ok(rotation::signing(made, now))
    }

    async fn read_ages(&self) -> Result<Vec<Timestamp>, VaultError> {
        let mut made = Vec::with_capacity(self.ids.signing.len());
        for id in &self.ids.signing {
            let answer = self.client.describe_key().key_id(id).send().await;
            let answer = answer.map_err(|error| VaultError::service("describe a key", &error))?;
            let date = answer.key_metadata.and_then(|key| key.creation_date).ok_or(VaultError::Incomplete("creation date"))?;
            made.push(Timestamp::from_millis(date.secs().saturating_mul(1_000)));
        }
        Ok(made)
    }

    async fn read_key(&self, id: &str) -> Result<Jwk, VaultError> {
        let answer = self.client.get_public_key().key_id(id).send().await;
        let answer = answer.map_err(|error| VaultError::service("answer a public key", &error))?;
        let der = answer.public_key().ok_or(VaultError::Incomplete("public key"))?;
        Jwk::from_spki(der.as_ref())
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("ids", &self.ids).finish_non_exhaustive()
    }
}

/// The context in which KMS wraps the root keys of a TSP.
fn root_context(tsp: &str) -> Context {
    Context::new(&[("purpose", "root"), ("tsp", tsp)])
}

fn random_nonce() -> [u8; 12] {
    let mut nonce = [0; 12];
    rand::rng().fill_bytes(&mut nonce);
    nonce
}

fn data_key(plaintext: Option<Blob>) -> Result<DataKey, VaultError> {
    let bytes = Secret::from(plaintext.ok_or(VaultError::Incomplete("data key"))?.into_inner());
    DataKey::from_bytes(bytes.expose()).ok_or(VaultError::Incomplete("data key of 32 bytes"))
}

/// KMS rejects an empty context; omitting it means the same.
fn encryption_context(context: &Context) -> Option<HashMap<String, String>> {
    let pairs: HashMap<_, _> = context.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    (!pairs.is_empty()).then_some(pairs)
}

#[cfg(test)]
#[path = "kms_tests.rs"]
mod tests;
