//! Every way in which a request is refused, and the one place where a refusal becomes a reply.

use serde::Serialize;

use crate::http::Reply;
use crate::provider::Denied;

/// What a burst of 429 answers asks to wait, in seconds; the fraction is what the real API sends.
const BURST_WAIT_S: f64 = 0.40235;

/// Why a request is refused. The messages are those of the real API where they are known.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("invalid token")]
    Token,
    #[error("Not found")]
    NotFound,
    #[error("Method not allowed")]
    Method,
    /// Seconds to wait.
    #[error("Exceeded rate limit. Please wait and try again.")]
    TooMany(f64),
    #[error("Internal Server Error")]
    Broken,
    #[error("limit must be lesser or equal than {max} but got value {got}")]
    LimitTooLarge { max: usize, got: u64 },
    #[error("Invalid value for {0}")]
    Value(&'static str),
    #[error("Unknown field: {0}")]
    Unknown(String),
    #[error("{0} is already in use")]
    Taken(&'static str),
    #[error("Missing required parameter: {0}")]
    Missing(&'static str),
    #[error("Invalid value for driverActivationStatus. Can only be 'active' or 'deactivated'")]
    ActivationStatus,
    #[error("Invalid stat type(s): {0}")]
    StatType(String),
    #[error("Too many {name}: at most {max} are allowed")]
    TooManyNames { name: &'static str, max: usize },
    #[error("Invalid pagination parameters.")]
    Cursor,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Key => Self::Token,
            Denied::TooMany(wait_s) => Self::TooMany(wait_s),
            Denied::Burst => Self::TooMany(BURST_WAIT_S),
            Denied::Broken => Self::Broken,
        }
    }
}

impl Refusal {
    fn status(&self) -> u16 {
        match self {
            Self::Token => 401,
            Self::NotFound => 404,
            Self::Method => 405,
            Self::TooMany(_) => 429,
            Self::Broken => 500,
            Self::LimitTooLarge { .. }
            | Self::Value(_)
            | Self::Missing(_)
            | Self::Unknown(_)
            | Self::Taken(_)
            | Self::ActivationStatus
            | Self::StatType(_)
            | Self::TooManyNames { .. }
            | Self::Cursor => 400,
        }
    }

    /// The reply; server errors are plain text, as seen live.
    pub(super) fn reply(&self, request_number: u64) -> Reply {
        let message = self.to_string();
        match self {
            Self::Broken => Reply::text(500, message),
            Self::TooMany(wait_s) => Reply {
                retry_after: Some(format!("{wait_s:.5}")),
                ..Reply::json(self.status(), &Body { message, request_id: None })
            },
            _ => {
                let request_id = Some(format!("{:08x}", crate::world::mix(request_number, 8) >> 32));
                Reply::json(self.status(), &Body { message, request_id })
            }
        }
    }
}
