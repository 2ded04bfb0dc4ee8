//! The platform's own HMAC keys: for cursors and refresh tokens.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::{Sha256, Sha512};

use crate::Secret;

/// A symmetric signing key.
#[derive(Clone)]
pub struct SigningKey(Secret);

impl SigningKey {
    /// A key of these bytes; 32 or more random ones.
    #[must_use]
    pub fn new(key: impl Into<Secret>) -> Self {
        Self(key.into())
    }

    /// HMAC-SHA256 of the message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 32] {
        mac::<Hmac<Sha256>>(self.0.expose(), message).finalize().into_bytes().into()
    }

    /// Whether `tag` is the HMAC-SHA256 of the message; takes the same time for every wrong tag.
    #[must_use]
    pub fn verify(&self, message: &[u8], tag: &[u8]) -> bool {
        mac::<Hmac<Sha256>>(self.0.expose(), message).verify_slice(tag).is_ok()
    }

    pub(crate) fn sign_512(&self, message: &[u8]) -> [u8; 64] {
        mac::<Hmac<Sha512>>(self.0.expose(), message).finalize().into_bytes().into()
    }

    pub(crate) fn verify_512(&self, message: &[u8], tag: &[u8]) -> bool {
        mac::<Hmac<Sha512>>(self.0.expose(), message).verify_slice(tag).is_ok()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length, so this constructor never fails")]
fn mac<M: Mac + hmac::digest::KeyInit>(key: &[u8], message: &[u8]) -> M {
    let mut mac = <M as Mac>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(message);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vector_holds() {
        // RFC 4231, test case 2.
        let key = SigningKey::new("Jefe");
        let tag = key.sign(b"what do ya want for nothing?");
        assert_eq!(model::hex(&tag), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(key.sign_512(b"what do ya want for nothing?").starts_with(&[0x16, 0x4b, 0x7a, 0x7b]));
    }

    #[test]
    fn only_the_same_message_and_key_verify() {
        let key = SigningKey::new(vec![7; 32]);
        let tag = key.sign(b"page 2");
        assert!(key.verify(b"page 2", &tag));
        assert!(!key.verify(b"page 3", &tag));
        assert!(!key.verify(b"page 2", tag.get(..31).unwrap()));
        assert!(!SigningKey::new(vec![8; 32]).verify(b"page 2", &tag));
        assert!(!format!("{key:?}").contains('7'));
    }
}
