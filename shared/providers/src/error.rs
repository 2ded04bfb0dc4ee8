//! What a provider can answer instead of data.

use std::time::Duration;

use thiserror::Error;

/// The longest message passed on, in characters (contract section 7).
const MESSAGE_CHARS: usize = 300;
/// The most bytes of an answer kept for an execution's record.
const REPLY_BYTES: usize = 16 * 1024;

/// Why there is no page. No text in here holds a credential.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProviderError {
    /// The provider does not take the credentials, or they may not read this (401, 403).
    #[error("provider refused the credentials: {message}")]
    Refused {
        /// The provider's reason, at most 300 characters.
        message: String,
        /// What it answered; `None` where the credentials could not be sent at all.
        reply: Option<Reply>,
    },
    /// Too many questions (429).
    #[error("provider asks to wait {} ms", retry_after.as_millis())]
    RateLimited {
        /// How long to wait before the next question.
        retry_after: Duration,
        /// What it answered.
        reply: Reply,
    },
    /// The provider is down or unreachable (5xx, or no connection). Ask again later.
    #[error("provider is unavailable: {message}")]
    Unavailable {
        /// The status, where there was an answer.
        status: Option<u16>,
        /// The provider's or the client's reason, at most 300 characters.
        message: String,
        /// What it answered, if it did.
        reply: Option<Reply>,
    },
    /// The provider does not accept the question (3xx, other 4xx). The same question fails again; with a cursor, starting
    /// over may help.
    #[error("provider rejected the request: {message}")]
    Rejected {
        /// The status.
        status: u16,
        /// The provider's reason, at most 300 characters.
        message: String,
        /// What it answered.
        reply: Reply,
    },
    /// No answer before the deadline.
    #[error("provider did not answer in time")]
    Timeout,
    /// The answer was cut off, too large, or not what is documented. Ask again later.
    #[error("provider answered something unreadable: {what}")]
    Malformed {
        /// What was wrong with it.
        what: String,
        /// What it answered, if it could be kept.
        reply: Option<Reply>,
    },
    /// The adapter cannot do this: a resource it does not know, or a credential form it cannot use.
    #[error("not supported by the adapter: {what}")]
    Unsupported {
        /// The resource or form.
        what: String,
    },
}

impl ProviderError {
    /// Whether the same question may succeed later without anyone changing anything.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Unavailable { .. } | Self::Timeout | Self::Malformed { .. })
    }

    /// What the provider answered, for the execution's record.
    #[must_use]
    pub const fn reply(&self) -> Option<&Reply> {
        match self {
            Self::RateLimited { reply, .. } | Self::Rejected { reply, .. } => Some(reply),
            Self::Refused { reply, .. } | Self::Unavailable { reply, .. } | Self::Malformed { reply, .. } => reply.as_ref(),
            Self::Timeout | Self::Unsupported { .. } => None,
        }
    }
}

/// A provider's answer as it may be kept: cut to 16 KiB, credentials struck out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The start of the body, as text.
    pub body: String,
}

impl Reply {
    /// The answer without `secrets`, should the provider echo one.
    #[must_use]
    pub fn new(status: u16, body: &[u8], secrets: &[&str]) -> Self {
        let longest = secrets.iter().map(|secret| secret.len()).max().unwrap_or(0);
        // A secret that straddles the cut is struck out before the rest is cut.
        let head = body.get(..REPLY_BYTES + longest).unwrap_or(body);
        let text = secrets.iter().filter(|secret| !secret.is_empty());
        let text = text.fold(String::from_utf8_lossy(head).into_owned(), |text, secret| text.replace(secret, "*****"));
        Self { status, body: cut_bytes(text, REPLY_BYTES) }
    }
}

/// The first 300 characters.
pub(crate) fn cut_message(text: &str) -> String {
    text.trim().chars().take(MESSAGE_CHARS).collect()
}

fn cut_bytes(mut text: String, max: usize) -> String {
    let end = (0..=max.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_cut_and_holds_no_secret() {
        let body = format!("{}s3cret-token and more", "x".repeat(REPLY_BYTES - 4));
        let reply = Reply::new(401, body.as_bytes(), &["s3cret-token", ""]);
        assert_eq!(reply.body.len(), REPLY_BYTES);
        assert!(!reply.body.contains("s3cr"), "{}", &reply.body[REPLY_BYTES - 8..]);
    }

    #[test]
    fn cuts_respect_characters() {
        let reply = Reply::new(500, "é".repeat(REPLY_BYTES).as_bytes(), &[]);
        assert!(reply.body.len() <= REPLY_BYTES && reply.body.chars().all(|c| c == 'é' || c == '\u{fffd}'));
        assert_eq!(cut_message(&"é".repeat(400)).chars().count(), 300);
    }
}
