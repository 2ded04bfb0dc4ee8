//! Everything that uses keys: encrypted provider credentials, access tokens, client secrets, cursor signatures.
//!
//! [`Vault`] is the only part with I/O, and this is the only crate that uses KMS. The rest are plain functions on
//! values, so that tokens and envelopes can be tested without KMS. Private RSA keys never leave KMS.

mod cache;
pub mod claims;
pub mod client_secret;
pub mod envelope;
mod error;
pub mod jwks;
pub mod jwt;
mod kms;
pub mod refresh;
mod rotation;
mod secret;
mod signing;

pub use claims::{CONSENT_SCOPE, Claims, Issue, LONGEST_TOKEN_SECONDS, Onboarding, OrgClaim};
pub use client_secret::{hash_secret, random_name, random_secret, verify_secret};
pub use envelope::Sealed;
pub use error::{TokenError, VaultError};
pub use jwks::{Jwk, JwkSet};
pub use kms::{KeyIds, Vault};
pub use rotation::PUBLISHED_BEFORE_SECONDS;
pub use secret::Secret;
pub use signing::SigningKey;
