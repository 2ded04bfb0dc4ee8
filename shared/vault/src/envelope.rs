//! Envelope encryption: AES-256-GCM under a data key that only KMS can decrypt.
//!
//! The context (which connection, which purpose) is bound twice: by KMS to the wrapped key, and here as
//! associated data. A value copied to another connection cannot be decrypted.

use std::collections::BTreeMap;
use std::fmt;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::{Secret, VaultError};

/// The current version of sealed values.
pub const VERSION: u8 = 1;

/// An encrypted value, as it is stored. It reveals nothing without KMS.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The layout; [`VERSION`].
    pub version: u8,
    /// The data key, encrypted by KMS.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub wrapped_key: Vec<u8>,
    /// Twelve random bytes.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub nonce: Vec<u8>,
    /// The encrypted bytes and their tag.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub ciphertext: Vec<u8>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("version", &self.version).finish_non_exhaustive()
    }
}

/// The encryption context of a sealed value: sorted names and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context(BTreeMap<String, String>);

impl Context {
    /// A context of these pairs; their order does not matter.
    #[must_use]
    pub fn new(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// The pairs, by name.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The unique byte form of the context: each text is prefixed with its length.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let texts = self.pairs().flat_map(|(name, value)| [name, value]);
        let mut bytes = vec![VERSION];
        for text in texts {
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }
}

/// A decrypted data key.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A key of exactly 32 bytes, else `None`.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.0.as_slice().into())
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(***)")
    }
}

/// Encrypts under a decrypted data key. The nonce must be new and random for each call.
///
/// # Errors
/// `Unreadable` if the plaintext exceeds the limit of AES-GCM (64 GiB).
pub fn seal(
    key: &DataKey,
    wrapped_key: Vec<u8>,
    context: &Context,
    nonce: [u8; 12],
    plaintext: &[u8],
) -> Result<Sealed, VaultError> {
    let payload = Payload { msg: plaintext, aad: &context.bytes() };
    let ciphertext = key.cipher().encrypt(&nonce.into(), payload).map_err(|_| VaultError::Unreadable)?;
    Ok(Sealed { version: VERSION, wrapped_key, nonce: nonce.to_vec(), ciphertext })
}

/// Decrypts under a decrypted data key.
///
/// # Errors
/// `Version` for another layout; `Unreadable` for altered bytes, another key or another context.
pub fn open(key: &DataKey, context: &Context, sealed: &Sealed) -> Result<Secret, VaultError> {
    if sealed.version != VERSION {
        return Err(VaultError::Version(sealed.version));
    }
    let nonce: [u8; 12] = sealed.nonce.as_slice().try_into().map_err(|_| VaultError::Unreadable)?;
    let payload = Payload { msg: &sealed.ciphertext, aad: &context.bytes() };
    let plaintext = key.cipher().decrypt(&nonce.into(), payload).map_err(|_| VaultError::Unreadable)?;
    Ok(Secret::from(plaintext))
}

fn to_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map_err(|_| serde::de::Error::custom("not base64"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAINTEXT: &[u8] = b"{\"api_key\":\"k-123\"}";

    fn key(byte: u8) -> DataKey {
        DataKey::from_bytes(&[byte; 32]).unwrap()
    }

    fn sealed(context: &Context) -> Sealed {
        seal(&key(1), b"wrapped".to_vec(), context, [3; 12], PLAINTEXT).unwrap()
    }

    #[test]
    fn opens_in_the_same_context_in_any_order() {
        let sealed = sealed(&Context::new(&[("connection", "a"), ("purpose", "credentials")]));
        let context = Context::new(&[("purpose", "credentials"), ("connection", "a")]);
        assert_eq!(open(&key(1), &context, &sealed).unwrap().expose(), PLAINTEXT);
    }

    #[test]
    fn another_context_or_key_does_not_open() {
        let context = Context::new(&[("connection", "a")]);
        let sealed = sealed(&context);
        for other in [&[][..], &[("connection", "b")], &[("connectiona", "")], &[("connection", "a"), ("x", "")]] {
            assert!(matches!(open(&key(1), &Context::new(other), &sealed), Err(VaultError::Unreadable)), "{other:?}");
        }
        assert!(matches!(open(&key(2), &context, &sealed), Err(VaultError::Unreadable)));
    }

    #[test]
    fn altered_values_do_not_open() {
        let context = Context::new(&[("connection", "a")]);
        let good = sealed(&context);
        let mut flipped = good.clone();
        flipped.ciphertext[0] ^= 1;
        let mut cut = good.clone();
        cut.ciphertext.truncate(4);
        let mut nonce = good.clone();
        nonce.nonce.pop();
        for bad in [flipped, cut, nonce] {
            assert!(matches!(open(&key(1), &context, &bad), Err(VaultError::Unreadable)));
        }
        let newer = Sealed { version: 2, ..good };
        assert!(matches!(open(&key(1), &context, &newer), Err(VaultError::Version(2))));
    }

    #[test]
    fn stored_form_is_base64_text() {
        let sealed = sealed(&Context::new(&[]));
        let stored = serde_json::to_value(&sealed).unwrap();
        assert_eq!(stored["wrapped_key"], "d3JhcHBlZA==");
        assert_eq!(stored["version"], 1);
        assert_eq!(serde_json::from_value::<Sealed>(stored).unwrap(), sealed);
        assert!(serde_json::from_str::<Sealed>(r#"{"version":1,"wrapped_key":"*","nonce":"","ciphertext":""}"#).is_err());
    }

    #[test]
    fn debug_shows_no_bytes() {
        assert_eq!(format!("{:?}", key(1)), "DataKey(***)");
        assert_eq!(format!("{:?}", sealed(&Context::new(&[]))), "Sealed { version: 1, .. }");
    }
}
