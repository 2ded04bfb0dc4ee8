//! Public keys: from the DER of KMS to the published set (RFC 7517).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::VaultError;

/// The content of `.../protocol/openid-connect/certs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwkSet {
    /// All valid keys; the one that signs is first.
    pub keys: Vec<Jwk>,
}

impl JwkSet {
    /// The key with this id.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid == kid)
    }
}

/// A public RSA key for RS256 signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// Always `RSA`.
    pub kty: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// Always `RS256`.
    pub alg: String,
    /// The RFC 7638 thumbprint: base64url of SHA-256 over the key's required members.
    pub kid: String,
    /// Modulus, base64url.
    pub n: String,
    /// Exponent, base64url.
    pub e: String,
}

impl Jwk {
    /// The key in a DER `SubjectPublicKeyInfo`, as returned by KMS.
    ///
    /// # Errors
    /// `PublicKey` if the DER does not contain an RSA key.
    pub fn from_spki(der: &[u8]) -> Result<Self, VaultError> {
        let (modulus, exponent) = rsa_numbers(der).ok_or(VaultError::PublicKey)?;
        Ok(Self::from_numbers(modulus, exponent))
    }

    fn from_numbers(modulus: &[u8], exponent: &[u8]) -> Self {
        let n = URL_SAFE_NO_PAD.encode(modulus);
        let e = URL_SAFE_NO_PAD.encode(exponent);
        let required = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(required));
        Self { kty: "RSA".into(), usage: "sig".into(), alg: "RS256".into(), kid, n, e }
    }
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
/// `rsaEncryption` with its null parameters (RFC 3279, 2.3.1).
const RSA_ENCRYPTION: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (info, rest) = element(SEQUENCE, der)?;
    let (algorithm, info) = element(SEQUENCE, info)?;
    let (bits, after) = element(BIT_STRING, info)?;
    if !rest.is_empty() || !after.is_empty() || algorithm != RSA_ENCRYPTION {
        return None;
    }
    let (key, _) = element(SEQUENCE, bits.strip_prefix(&[0])?)?;
    let (modulus, key) = element(INTEGER, key)?;
    let (exponent, _) = element(INTEGER, key)?;
    Some((without_sign(modulus), without_sign(exponent)))
}

/// The content of the first DER element, if it has this tag, and the remaining bytes.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, der) = der.strip_prefix(&[tag])?.split_first()?;
    if length < 0x80 {
        return der.split_at_checked(length.into());
    }
    let (digits, der) = der.split_at_checked((length & 0x7f).into())?;
    if digits.len() > 3 {
        return None;
    }
    let length = digits.iter().fold(0_usize, |sum, digit| (sum << 8) | usize::from(*digit));
    der.split_at_checked(length)
}

fn without_sign(number: &[u8]) -> &[u8] {
    number.strip_prefix(&[0]).unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::test_keys;

    #[test]
    fn the_rfc_7638_example_has_its_thumbprint() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi\
                 FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb\
                 9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls\
                 1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let key = Jwk::from_numbers(&URL_SAFE_NO_PAD.decode(n).unwrap(), &[1, 0, 1]);
        assert_eq!(key.kid, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!((key.n.as_str(), key.e.as_str()), (n, "AQAB"));
    }

    #[test]
    fn der_keys_are_read() {
        let key = Jwk::from_spki(&test_keys::public(0)).unwrap();
        assert_eq!(key.e, "AQAB");
        assert_eq!(URL_SAFE_NO_PAD.decode(&key.n).unwrap().len(), 256);
        let published = serde_json::to_value(&key).unwrap();
        assert_eq!(published["use"], "sig");
        assert_eq!(published["alg"], "RS256");
    }

    #[test]
    fn other_bytes_are_refused() {
        let good = test_keys::public(0);
        let cut = &good[..good.len() - 1];
        let longer = [good.as_slice(), &[0]].concat();
        let mut other = good.clone();
        other[7] ^= 1;
        for der in [&[][..], &[0x30], &[0x30, 0x84, 1, 1, 1, 1], cut, &longer, &other] {
            assert!(matches!(Jwk::from_spki(der), Err(VaultError::PublicKey)));
        }
    }
}
