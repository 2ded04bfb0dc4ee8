//! Keys with which partners show Connect in pages of their own, and the origins of those pages.

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::partner::Partner;
use crate::{PartnerId, Timestamp};

/// The most origins of a key: each is named in a header of every page.
pub const MOST_ORIGINS: usize = 20;
/// The most keys of a partner.
pub const MOST_KEYS: usize = 50;
/// The most characters of an origin.
pub const LONGEST_ORIGIN: usize = 200;
/// Random characters of a key; those of Base62 make 142 bits.
pub const RANDOM_CHARACTERS: usize = 24;

/// A key: it names a partner, and the pages that may show Connect. It stands in pages, so it is no secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmbedKey {
    /// The key itself.
    pub key: String,
    /// The partner whose invitations may be shown.
    pub partner_id: PartnerId,
    /// The origins of its pages; see [`is_origin`].
    pub origins: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its origins were last changed.
    pub updated_at: Timestamp,
}

impl EmbedKey {
    /// A new key of a partner; `random` are its characters beyond the prefix, which tells partners that only try things out.
    #[must_use]
    pub fn new(partner: &Partner, origins: Vec<String>, random: &str, now: Timestamp) -> Self {
        let kind = if partner.is_sandbox { "test" } else { "live" };
        let key = format!("pk_{kind}_{random}");
        Self { key, partner_id: partner.id, origins: each_once(origins), created_at: now, updated_at: now }
    }

    /// The same key for other pages.
    #[must_use]
    pub fn with_origins(&self, origins: Vec<String>, now: Timestamp) -> Self {
        Self { origins: each_once(origins), updated_at: now, ..self.clone() }
    }
}

fn each_once(mut origins: Vec<String>) -> Vec<String> {
    origins.sort_unstable();
    origins.dedup();
    origins
}

/// Whether a text is an origin that may be registered, as browsers write it: scheme, host and port only, over https, or over http on
/// this machine. Hosts are names of letters, digits and dashes, for origins become parts of headers, where `*` and `;` have meanings.
#[must_use]
pub fn is_origin(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_written_so = url.origin().ascii_serialization() == text && text.chars().count() <= LONGEST_ORIGIN;
    let is_local = |name: &str| name == "localhost" || name.ends_with(".localhost") || name == "127.0.0.1";
    let name = match url.host() {
        Some(Host::Domain(name)) => name.to_owned(),
        Some(Host::Ipv4(address)) => address.to_string(),
        // Policies of pages cannot name these.
        Some(Host::Ipv6(_)) | None => return false,
    };
    let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
    is_written_so && is_plain && (url.scheme() == "https" || url.scheme() == "http" && is_local(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_do() {
        for origin in [
            "https://acme.example",
            "https://app.acme.example:8443",
            "https://xn--bcher-kva.example",
            "http://localhost:3000",
            "http://partner.localhost:3000",
            "http://127.0.0.1:3000",
        ] {
            assert!(is_origin(origin), "{origin}");
        }
        for other in [
            "https://acme.example/",
            "https://acme.example/embed",
            "https://Acme.example",
            "https://acme.example:443",
            "https://user@acme.example",
            "https://*.acme.example",
            "https://acme.example;script-src",
            "https://acme.example'",
            "https://bücher.example",
            "https://[::1]",
            "http://acme.example",
            "http://localhost.acme.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "null",
            "*",
            "",
        ] {
            assert!(!is_origin(other), "{other}");
        }
        assert!(!is_origin(&format!("https://{}.example", "a.".repeat(LONGEST_ORIGIN))));
    }

    #[test]
    fn keys_tell_who_tries_things_out() {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let partner = Partner::new("Acme".into(), "acme".into(), now);
        let origins = vec!["https://b.example".to_owned(), "https://a.example".into(), "https://b.example".into()];
        let live = EmbedKey::new(&partner, origins, "x", now);
        assert_eq!((&*live.key, live.origins.len()), ("pk_live_x", 2));
        assert_eq!(EmbedKey::new(&Partner { is_sandbox: true, ..partner }, Vec::new(), "x", now).key, "pk_test_x");
    }
}
