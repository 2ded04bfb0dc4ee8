//! Envelope encryption: AES-256-GCM under a key that only KMS can decrypt, or under one that is derived from such a root key.
//!
//! The context (which connection, which purpose) is associated data, and part of how a key is wrapped or derived. A value copied to
//! another connection cannot be decrypted.

use std::collections::BTreeMap;
use std::fmt;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{Secret, VaultError};

/// The version of values under a data key of their own, which KMS wrapped in the value's context.
pub const DIRECT: u8 = 1;
/// The version of values under a key derived from a root key, which KMS wrapped.
pub const DERIVED: u8 = 2;

/// An encrypted value, as it is stored. It reveals nothing without KMS.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// [`DIRECT`] or [`DERIVED`].
    pub version: u8,
    /// The data key or the root key, encrypted by KMS.
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

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The unique byte form of the context of values of a version: each text is prefixed with its length.
    #[must_use]
    pub fn bytes(&self, version: u8) -> Vec<u8> {
        let texts = self.pairs().flat_map(|(name, value)| [name, value]);
        let mut bytes = vec![version];
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

    /// The key of one value under this root key: HKDF-SHA256 (RFC 5869), with the value's nonce as salt and its context as info.
    fn derived(&self, context: &Context, nonce: &[u8; 12]) -> Result<Self, VaultError> {
        let mut key = Zeroizing::new([0; 32]);
        let root = Hkdf::<Sha256>::new(Some(nonce), self.0.as_slice());
        root.expand(&context.bytes(DERIVED), key.as_mut_slice()).map_err(|_| VaultError::Unreadable)?;
        Ok(Self(key))
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
    let ciphertext = encrypted(key, &context.bytes(DIRECT), nonce, plaintext)?;
    Ok(Sealed { version: DIRECT, wrapped_key, nonce: nonce.to_vec(), ciphertext })
}

/// Encrypts under a key derived from a decrypted root key. The nonce must be new and random for each call.
///
/// # Errors
/// As [`seal`].
pub fn seal_derived(
    root: &DataKey,
    wrapped_root: Vec<u8>,
    context: &Context,
    nonce: [u8; 12],
    plaintext: &[u8],
) -> Result<Sealed, VaultError> {
    let ciphertext = encrypted(&root.derived(context, &nonce)?, &context.bytes(DERIVED), nonce, plaintext)?;
    Ok(Sealed { version: DERIVED, wrapped_key: wrapped_root, nonce: nonce.to_vec(), ciphertext })
}

fn encrypted(key: &DataKey, context: &[u8], nonce: [u8; 12], plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
    let payload = Payload { msg: plaintext, aad: context };
    key.cipher().encrypt(&nonce.into(), payload).map_err(|_| VaultError::Unreadable)
}

/// Decrypts a value, with the key that its wrapped key is: its own data key, or the root key.
///
/// # Errors
/// `Version` for another layout; `Unreadable` for altered bytes, another key or another context.
pub fn open(key: &DataKey, context: &Context, sealed: &Sealed) -> Result<Secret, VaultError> {
    let nonce = || -> Result<[u8; 12], _> { sealed.nonce.as_slice().try_into().map_err(|_| VaultError::Unreadable) };
    let key = match sealed.version {
        DIRECT => key.clone(),
        DERIVED => key.derived(context, &nonce()?)?,
        other => return Err(VaultError::Version(other)),
    };
    let payload = Payload { msg: &sealed.ciphertext, aad: &context.bytes(sealed.version) };
    let plaintext = key.cipher().decrypt(&nonce()?.into(), payload).map_err(|_| VaultError::Unreadable)?;
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
        let derived = Sealed { version: DERIVED, ..good.clone() };
        assert!(matches!(open(&key(1), &context, &derived), Err(VaultError::Unreadable)), "one form is not the other");
        let newer = Sealed { version: 3, ..good };
        assert!(matches!(open(&key(1), &context, &newer), Err(VaultError::Version(3))));
    }

    #[test]
    fn values_under_one_root_have_keys_of_their_own() {
        let context = Context::new(&[("connection", "a")]);
        let under = |context: &Context, nonce| seal_derived(&key(1), b"root".to_vec(), context, nonce, PLAINTEXT).unwrap();
        let sealed = under(&context, [3; 12]);
        assert_eq!((sealed.version, open(&key(1), &context, &sealed).unwrap().expose()), (DERIVED, PLAINTEXT));
        let other = Context::new(&[("connection", "b")]);
        assert!(matches!(open(&key(1), &other, &sealed), Err(VaultError::Unreadable)));
        assert!(matches!(open(&key(2), &context, &sealed), Err(VaultError::Unreadable)));
        assert!(matches!(open(&key(1), &context, &Sealed { version: DIRECT, ..sealed.clone() }), Err(VaultError::Unreadable)));
        // The same nonce in another context, and the other way round: another key stream each.
        assert_ne!(under(&other, [3; 12]).ciphertext[..PLAINTEXT.len()], sealed.ciphertext[..PLAINTEXT.len()]);
        assert_ne!(under(&context, [4; 12]).ciphertext[..PLAINTEXT.len()], sealed.ciphertext[..PLAINTEXT.len()]);
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
