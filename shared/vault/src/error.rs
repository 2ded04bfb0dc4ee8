//! What can go wrong with keys and tokens.

use thiserror::Error;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// A failure of the key service, or of something sealed.
#[derive(Debug, Error)]
pub enum VaultError {
    /// The key service did not do it; trying again may help.
    #[error("key service did not {operation}")]
    KeyService {
        /// What was asked, as a verb.
        operation: &'static str,
        /// The cause.
        #[source]
        source: Source,
    },
    /// The key service answered without a member it must send.
    #[error("key service answered without {0}")]
    Incomplete(&'static str),
    /// The sealed value was altered, cut, or sealed under another context.
    #[error("sealed value does not open in this context")]
    Unreadable,
    /// A newer program sealed this.
    #[error("sealed value has unknown version {0}")]
    Version(u8),
    /// A public key is not an RSA key in DER.
    #[error("public key is not an RSA key")]
    PublicKey,
    /// No signing key was configured.
    #[error("no signing key is configured")]
    NoSigningKey,
    /// The claims have no JSON form.
    #[error("claims have no json form")]
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
    #[error("token is malformed")]
    Malformed,
    /// Not signed by one of our keys with our algorithm.
    #[error("token signature is not valid")]
    Signature,
    /// Its `exp` has passed.
    #[error("token is expired")]
    Expired,
    /// The keys could not be read; the token may be good.
    #[error("token keys are unavailable")]
    Unavailable(#[source] VaultError),
}
