//! Compact JSON web tokens (RFC 7519): the parts that do not need KMS.
//!
//! The verifier determines the algorithm, never the token: a header with another one is an invalid signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use model::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Jwk, JwkSet, TokenError, VaultError};

/// Longer tokens are rejected.
const MAX_LENGTH: usize = 16 * 1024;

#[derive(Serialize)]
struct HeaderOut<'a> {
    alg: &'a str,
    typ: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

#[derive(Deserialize)]
struct HeaderIn {
    alg: String,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Expiry {
    exp: i64,
}

/// `base64url(header).base64url(claims)` for RS256: the input of the signature.
///
/// # Errors
/// `Claims` if the claims cannot be serialized.
pub fn encode_unsigned(kid: &str, claims: &impl Serialize) -> Result<String, VaultError> {
    encode(&HeaderOut { alg: "RS256", typ: "JWT", kid: Some(kid) }, claims)
}

/// The token, from the signing input and its signature.
#[must_use]
pub fn assemble(unsigned: &str, signature: &[u8]) -> String {
    format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Verifies an RS256 token with these keys at `now` and returns its claims.
///
/// # Errors
/// `Malformed`, `Signature`, `Expired`, checked in this order (unexpected claims come last, as `Malformed`).
pub fn verify<C: DeserializeOwned>(keys: &JwkSet, token: &str, now: Timestamp) -> Result<C, TokenError> {
    let parts = Parts::of(token)?;
    let kid = parts.header("RS256")?.kid.ok_or(TokenError::Signature)?;
    let key = keys.find(&kid).ok_or(TokenError::Signature)?;
    if !signed_by(key, &parts) {
        return Err(TokenError::Signature);
    }
    parts.claims(now)
}

fn signed_by(key: &Jwk, parts: &Parts<'_>) -> bool {
    DecodingKey::from_rsa_components(&key.n, &key.e)
        .and_then(|key| jsonwebtoken::crypto::verify(parts.signature, parts.signed.as_bytes(), &key, Algorithm::RS256))
        .unwrap_or(false)
}

pub(crate) fn encode_hs512(claims: &impl Serialize) -> Result<String, VaultError> {
    encode(&HeaderOut { alg: "HS512", typ: "JWT", kid: None }, claims)
}

fn encode(header: &HeaderOut<'_>, claims: &impl Serialize) -> Result<String, VaultError> {
    let header = serde_json::to_vec(header).map_err(VaultError::Claims)?;
    let claims = serde_json::to_vec(claims).map_err(VaultError::Claims)?;
    Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims)))
}

/// The parts of a token.
pub(crate) struct Parts<'a> {
    pub(crate) signed: &'a str,
    pub(crate) signature: &'a str,
    header: Vec<u8>,
    claims: Vec<u8>,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > MAX_LENGTH {
            return Err(TokenError::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        Ok(Self { signed, signature, header: decode(header)?, claims: decode(claims)? })
    }

    fn header(&self, alg: &str) -> Result<HeaderIn, TokenError> {
        let header: HeaderIn = serde_json::from_slice(&self.header).map_err(|_| TokenError::Malformed)?;
        // RFC 7515, 4.1.11: critical extensions that are not understood make the token invalid.
        if header.crit.is_some() {
            return Err(TokenError::Malformed);
        }
        if header.alg == alg { Ok(header) } else { Err(TokenError::Signature) }
    }

    pub(crate) fn require_hs512(&self) -> Result<(), TokenError> {
        self.header("HS512").map(drop)
    }

    pub(crate) fn signature(&self) -> Result<Vec<u8>, TokenError> {
        decode(self.signature)
    }

    pub(crate) fn claims<C: DeserializeOwned>(&self, now: Timestamp) -> Result<C, TokenError> {
        let Expiry { exp } = serde_json::from_slice(&self.claims).map_err(|_| TokenError::Malformed)?;
        if now.seconds() >= exp {
            return Err(TokenError::Expired);
        }
        serde_json::from_slice(&self.claims).map_err(|_| TokenError::Malformed)
    }
}

fn decode(text: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Malformed)
}

#[cfg(test)]
#[path = "jwt_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "test_keys.rs"]
pub(crate) mod test_keys;
