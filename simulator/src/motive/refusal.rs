//! Every way in which a request is refused, and the one place where a refusal becomes a reply.

use serde_json::json;

use crate::http::Reply;
use crate::provider::Denied;

/// Why a request is refused. The messages are those of the real API where they are known.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("invalid API key")]
    Key,
    #[error("not found")]
    NotFound,
    #[error("method not allowed")]
    Method,
    /// Seconds to wait; some of these answers do not say.
    #[error("Rate limit exceeded")]
    TooMany(Option<f64>),
    #[error("Internal Server Error")]
    Broken,
    #[error("invalid value for {0}")]
    Value(&'static str),
    #[error("{0} can't be blank")]
    Blank(&'static str),
    #[error("{0} has already been taken")]
    Taken(&'static str),
    #[error("Date range cannot be greater than {0}")]
    Range(&'static str),
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Key => Self::Key,
            Denied::TooMany(wait_s) => Self::TooMany(Some(wait_s)),
            Denied::Burst => Self::TooMany(None),
            Denied::Broken => Self::Broken,
        }
    }
}

impl Refusal {
    fn status(&self) -> u16 {
        match self {
            Self::Key => 401,
            Self::NotFound => 404,
            Self::Method => 405,
            Self::TooMany(_) => 429,
            Self::Broken => 500,
            Self::Value(_) | Self::Range(_) => 400,
            Self::Blank(_) | Self::Taken(_) => 422,
        }
    }

    /// The reply; server errors are plain text.
    pub(super) fn reply(&self) -> Reply {
        if *self == Self::Broken {
            return Reply::text(self.status(), self.to_string());
        }
        let retry_after = match self {
            Self::TooMany(Some(wait_s)) => Some(format!("{:.0}", wait_s.ceil().max(1.0))),
            _ => None,
        };
        Reply { retry_after, ..Reply::json(self.status(), &json!({ "error_message": self.to_string() })) }
    }
}
