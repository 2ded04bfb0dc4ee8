//! What can go wrong with keys and tokens.

use thiserror::Error;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// A failure of the key service, or of something sealed.
#[derive(Debug, Error)]
pub enum VaultError {
    /// KMS failed; a retry may help.
    #[error("KMS failed to {operation}")]
    KeyService {
        /// What was asked, as a verb.
        operation: &'static str,
        /// The cause.
        #[source]
        source: Source,
    },
    /// KMS sent a response without a required member.
    #[error("KMS response has no {0}")]
    Incomplete(&'static str),
    /// The sealed value was altered, cut, or sealed under another context.
    #[error("cannot decrypt: wrong key or encryption context")]
    Unreadable,
    /// A newer program sealed this.
    #[error("sealed value has the unknown version {0}")]
    Version(u8),
    /// A public key is not an RSA key in DER.
    #[error("public key is not an RSA key")]
    PublicKey,
    /// No signing key was configured.
    #[error("no signing key is configured")]
    NoSigningKey,
    /// The claims have no JSON form.
    #[error("failed to serialize the claims")]
    Claims(#[source] serde_json::Error),
}

impl VaultError {
    pub(crate) fn service(operation: &'static str, source: impl Into<Source>) -> Self {
        Self::KeyService { operation, source: source.into() }
    }
}

/// Why a token is not accepted. All but `Unavailable` are the caller's fault (401).
#[derive(Debug, Error)]
pub enum TokenError {
    /// Not three base64url parts of JSON, or not the claims that were expected.
    #[error("malformed token")]
    Malformed,
    /// Not signed by one of our keys with our algorithm.
    #[error("invalid signature")]
    Signature,
    /// Its `exp` has passed.
    #[error("expired")]
    Expired,
    /// The keys could not be read; the token may be good.
    #[error("token keys are unavailable")]
    Unavailable(#[source] VaultError),
}
