//! Errors of keys and tokens.

use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use awserror::Fault;
use thiserror::Error;

/// A failure of KMS, or of a sealed value.
#[derive(Debug, Error)]
pub enum VaultError {
    /// KMS did not answer, or throttles; a retry may help.
    #[error("KMS failed to {operation}: {cause}")]
    Unavailable {
        /// What was asked, as a verb.
        operation: &'static str,
        /// Why, in a few words.
        cause: String,
    },
    /// KMS refused: a fault of ours, or of the key.
    #[error("KMS refused to {operation}: {cause}")]
    KeyService {
        /// The operation, as a verb.
        operation: &'static str,
        /// The service's code and message.
        cause: String,
    },
    /// KMS sent a response without a required member.
    #[error("KMS response has no {0}")]
    Incomplete(&'static str),
    /// The sealed value was altered, truncated, or encrypted under another context.
    #[error("cannot decrypt: wrong key or encryption context")]
    Unreadable,
    /// A newer version sealed this value.
    #[error("sealed value has the unknown version {0}")]
    Version(u8),
    /// A public key is not an RSA key in DER.
    #[error("public key is not an RSA key")]
    PublicKey,
    /// No signing key was configured.
    #[error("no signing key is configured")]
    NoSigningKey,
    /// The claims cannot be serialized.
    #[error("failed to serialize the claims")]
    Claims(#[source] serde_json::Error),
}

impl VaultError {
    pub(crate) fn service<E>(operation: &'static str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        match Fault::of(error) {
            Fault { passes: true, cause } => Self::Unavailable { operation, cause },
            Fault { passes: false, cause } => Self::KeyService { operation, cause },
        }
    }
}

/// Why a token is invalid. All but `Unavailable` are errors of the caller (401).
#[derive(Debug, Error)]
pub enum TokenError {
    /// Not three base64url parts of JSON, or not the expected claims.
    #[error("malformed token")]
    Malformed,
    /// Not signed by one of the platform's keys with its algorithm.
    #[error("invalid signature")]
    Signature,
    /// Its `exp` has passed.
    #[error("expired")]
    Expired,
    /// The keys could not be read; the token may be valid.
    #[error("token keys are unavailable")]
    Unavailable(#[source] VaultError),
}
