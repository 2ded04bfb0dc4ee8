//! Client secrets: 32 random bytes that we generate, stored as their SHA-256.
//!
//! Passwords, which people choose, need a slow key derivation. These secrets have 256 bits of randomness, so a plain hash is
//! as secure, and issuing a token stays cheap.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use rand::distr::{Alphanumeric, SampleString as _};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A new secret: base64url of 32 random bytes, 43 characters.
#[must_use]
pub fn random_secret() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A new name that nobody guesses: this many letters and digits (Base62).
#[must_use]
pub fn random_name(characters: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), characters)
}

/// The stored form of a secret: SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn hash_secret(secret: &str) -> String {
    model::hex(&Sha256::digest(secret.as_bytes()))
}

/// Whether the secret has this hash; takes the same time for every wrong secret.
#[must_use]
pub fn verify_secret(secret: &str, hash: &str) -> bool {
    hash_secret(secret).as_bytes().ct_eq(hash.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_plain_sha_256() {
        assert_eq!(hash_secret("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn secrets_are_long_and_differ() {
        let (one, two) = (random_secret(), random_secret());
        assert_eq!(one.len(), 43);
        assert_ne!(one, two);
        assert!(verify_secret(&one, &hash_secret(&one)));
        assert!(!verify_secret(&two, &hash_secret(&one)));
        assert!(!verify_secret(&one, ""));
    }
}
