//! Signature headers, in our own form and in that of Standard Webhooks (standardwebhooks.com).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use http::HeaderName;
use model::Timestamp;
use sha2::Sha256;

/// base64 HMAC-SHA256 over `timestamp.body`.
pub const SIGNATURE: HeaderName = HeaderName::from_static("x-catena-signature");
/// The same under the previous secret, during the overlap after a rotation.
pub const SIGNATURE_PREVIOUS: HeaderName = HeaderName::from_static("x-catena-signature-previous");
/// RFC 3339 send time, part of what is signed.
pub const TIMESTAMP: HeaderName = HeaderName::from_static("x-catena-timestamp");
/// The message id, part of what is signed.
pub const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
/// The send time in unix seconds.
pub const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
/// `v1,<base64>`, one entry for each secret.
pub const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

const PREFIX: &str = "whsec_";

/// The secrets of a subscription.
#[derive(Clone, Copy)]
pub struct SigningSecrets<'a> {
    /// The secret in force.
    pub current: &'a str,
    /// The previous one, for 24 hours after a rotation.
    pub previous: Option<&'a str>,
}

impl fmt::Debug for SigningSecrets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecrets(***)")
    }
}

/// A generated secret: `whsec_` and the base64 of 32 random bytes.
#[must_use]
pub fn generate_secret(random: [u8; 32]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(random))
}

/// The six signature headers, five outside a rotation. `body` is what the receiver sees after decompression.
#[must_use]
pub fn sign(secrets: SigningSecrets<'_>, id: &str, timestamp: Timestamp, body: &[u8]) -> Vec<(HeaderName, String)> {
    let stamp = timestamp.header();
    let seconds = timestamp.seconds().to_string();
    let standard = |secret: &str| format!("v1,{}", standard_signature(secret, id, &seconds, body));
    let mut signatures = standard(secrets.current);
    let mut headers = vec![(SIGNATURE, own_signature(secrets.current, &stamp, body))];
    if let Some(previous) = secrets.previous {
        headers.push((SIGNATURE_PREVIOUS, own_signature(previous, &stamp, body)));
        signatures.push(' ');
        signatures.push_str(&standard(previous));
    }
    headers.extend([
        (TIMESTAMP, stamp),
        (WEBHOOK_ID, id.to_owned()),
        (WEBHOOK_TIMESTAMP, seconds),
        (WEBHOOK_SIGNATURE, signatures),
    ]);
    headers
}

/// Whether `signature` is the `X-Catena-Signature` of this timestamp header and body; for receivers.
#[must_use]
pub fn verify(secret: &str, timestamp: &str, body: &[u8], signature: &str) -> bool {
    let tag = STANDARD.decode(signature).unwrap_or_default();
    mac(secret.as_bytes(), &[timestamp.as_bytes(), body]).verify_slice(&tag).is_ok()
}

/// Whether one entry of `signatures` is the `webhook-signature` of this id, timestamp and body; for receivers.
#[must_use]
pub fn verify_standard(secret: &str, id: &str, timestamp: &str, body: &[u8], signatures: &str) -> bool {
    let key = standard_key(secret);
    let entries = signatures.split(' ').filter_map(|entry| entry.strip_prefix("v1,"));
    entries
        .filter_map(|entry| STANDARD.decode(entry).ok())
        .any(|tag| mac(&key, &[id.as_bytes(), timestamp.as_bytes(), body]).verify_slice(&tag).is_ok())
}

fn own_signature(secret: &str, stamp: &str, body: &[u8]) -> String {
    STANDARD.encode(mac(secret.as_bytes(), &[stamp.as_bytes(), body]).finalize().into_bytes())
}

fn standard_signature(secret: &str, id: &str, seconds: &str, body: &[u8]) -> String {
    let mac = mac(&standard_key(secret), &[id.as_bytes(), seconds.as_bytes(), body]);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Whether receivers that follow Standard Webhooks can verify by a secret: after `whsec_` it is base64 of 24 to 64 bytes. One
/// without the prefix is used as text.
#[must_use]
pub fn is_usable(secret: &str) -> bool {
    let is_key = |key: &str| STANDARD.decode(key).is_ok_and(|key| (24..=64).contains(&key.len()));
    secret.strip_prefix(PREFIX).is_none_or(is_key)
}

/// The key after `whsec_`. A secret chosen by the caller that is not base64 after the prefix is used as text.
fn standard_key(secret: &str) -> Vec<u8> {
    let decoded = secret.strip_prefix(PREFIX).and_then(|key| STANDARD.decode(key).ok());
    decoded.unwrap_or_else(|| secret.as_bytes().to_vec())
}

/// HMAC-SHA256 over the parts with dots between them.
#[expect(clippy::expect_used, reason = "HMAC takes keys of every length, so this constructor never fails")]
fn mac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            mac.update(b".");
        }
        mac.update(part);
    }
    mac
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
