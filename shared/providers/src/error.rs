//! Why a provider returned no data.

use std::time::Duration;

use thiserror::Error;

/// The longest message passed on, in characters (contract section 7).
const MESSAGE_CHARS: usize = 300;
/// The most bytes of a response kept for an execution's record.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// Why there is no page. No text in here holds a credential.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProviderError {
    /// The provider does not take the credentials, or they may not read this (401, 403).
    #[error("provider refused the credentials: {message}")]
    Refused {
        /// The provider's reason, at most 300 characters.
        message: String,
        /// Its response; `None` where the credentials could not be sent at all.
        response: Option<ErrorResponse>,
    },
    /// Too many requests: the provider says so (429), or the account's request budget is used up, and nothing was sent.
    #[error("{} {} ms", who_asks(response.as_ref()), retry_after.as_millis())]
    RateLimited {
        /// How long to wait before the next request.
        retry_after: Duration,
        /// The provider's response; `None` where it was not asked.
        response: Option<ErrorResponse>,
    },
    /// The provider is down or unreachable (5xx, or no connection). Ask again later.
    #[error("provider is unavailable: {message}")]
    Unavailable {
        /// The status, where there was a response.
        status: Option<u16>,
        /// The provider's or the client's reason, at most 300 characters.
        message: String,
        /// How long to wait before the next request, where the provider says so.
        retry_after: Option<Duration>,
        /// Its response, if there was one.
        response: Option<ErrorResponse>,
    },
    /// The provider does not accept the request (3xx, other 4xx). The same request fails again; with a cursor, starting
    /// over may help.
    #[error("provider rejected the request: {message}")]
    Rejected {
        /// The status.
        status: u16,
        /// The provider's reason, at most 300 characters.
        message: String,
        /// Its response.
        response: ErrorResponse,
    },
    /// No response before the deadline.
    #[error("provider timed out")]
    Timeout,
    /// The response was cut off, too large, or not what is documented. Ask again later.
    #[error("provider sent a malformed response: {what}")]
    Malformed {
        /// What was wrong with it.
        what: String,
        /// Its response, if it could be kept.
        response: Option<ErrorResponse>,
    },
    /// The adapter cannot do this: a resource it does not know, or a credential form it cannot use.
    #[error("not supported by the adapter: {what}")]
    Unsupported {
        /// The resource or form.
        what: String,
    },
}

impl ProviderError {
    /// What was read cannot be written as JSON.
    #[expect(clippy::needless_pass_by_value, reason = "errors are handed over by map_err")]
    pub(crate) fn unwritable(error: serde_json::Error) -> Self {
        Self::Malformed { what: error.to_string(), response: None }
    }

    /// Whether the same request may succeed later without anyone changing anything.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Unavailable { .. } | Self::Timeout | Self::Malformed { .. })
    }

    /// Whether the provider knows the credentials, and they may not read this.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Refused { response: Some(response), .. } if response.status == 403)
    }

    /// How long the provider asks to wait, where it does.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } => Some(*retry_after),
            Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The provider's response, for the execution's record.
    #[must_use]
    pub const fn response(&self) -> Option<&ErrorResponse> {
        match self {
            Self::Rejected { response, .. } => Some(response),
            Self::RateLimited { response, .. }
            | Self::Refused { response, .. }
            | Self::Unavailable { response, .. }
            | Self::Malformed { response, .. } => response.as_ref(),
            Self::Timeout | Self::Unsupported { .. } => None,
        }
    }
}

/// A provider's error response as it may be stored: truncated to 16 KiB, credentials removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorResponse {
    /// HTTP status.
    pub status: u16,
    /// The start of the body, as text.
    pub body: String,
}

impl ErrorResponse {
    /// The response without `secrets`, should the provider echo one.
    #[must_use]
    pub fn new(status: u16, body: &[u8], secrets: &[&str]) -> Self {
        let longest = secrets.iter().map(|secret| secret.len()).max().unwrap_or(0);
        // A secret that straddles the cut is struck out before the rest is cut.
        let head = body.get(..MAX_BODY_BYTES + longest).unwrap_or(body);
        let text = secrets.iter().filter(|secret| !secret.is_empty());
        let text = text.fold(String::from_utf8_lossy(head).into_owned(), |text, secret| text.replace(secret, "*****"));
        Self { status, body: cut_bytes(text, MAX_BODY_BYTES) }
    }
}

const fn who_asks(response: Option<&ErrorResponse>) -> &'static str {
    if response.is_some() { "provider asks to wait" } else { "request budget of the account is used up for" }
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
    fn an_error_body_is_truncated_and_holds_no_secret() {
        let body = format!("{}s3cret-token and more", "x".repeat(MAX_BODY_BYTES - 4));
        let response = ErrorResponse::new(401, body.as_bytes(), &["s3cret-token", ""]);
        assert_eq!(response.body.len(), MAX_BODY_BYTES);
        assert!(!response.body.contains("s3cr"), "{}", &response.body[MAX_BODY_BYTES - 8..]);
    }

    #[test]
    fn cuts_respect_characters() {
        let response = ErrorResponse::new(500, "é".repeat(MAX_BODY_BYTES).as_bytes(), &[]);
        assert!(response.body.len() <= MAX_BODY_BYTES && response.body.chars().all(|c| c == 'é' || c == '\u{fffd}'));
        assert_eq!(cut_message(&"é".repeat(400)).chars().count(), 300);
    }
}
