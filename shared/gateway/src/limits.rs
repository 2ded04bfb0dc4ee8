//! Rate limits per caller (contract section 3.4), which all sandboxes share ([`store::control::Shares`]). The total of all callers is
//! bounded by the API's own throttling.

use std::num::NonZeroU32;

use model::{InvitationId, Timestamp, hex};
use sha2::{Digest as _, Sha256};
use store::control::{RateLimit, Shares};

use crate::{ApiError, Caller, Config, Context};

/// The limits, and what this sandbox has taken of them.
pub(crate) struct Limits {
    requests: RateLimit,
    tokens: RateLimit,
    shares: Shares,
}

impl Limits {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            requests: RateLimit { per_second: config.requests_per_second, burst: config.requests_burst },
            tokens: RateLimit { per_second: config.tokens_per_second, burst: config.tokens_per_second.saturating_mul(FOUR) },
            shares: Shares::default(),
        }
    }
}

const FOUR: NonZeroU32 = NonZeroU32::MIN.saturating_add(3);
/// Answers to one invitation, whoever sends them.
const ANSWERS: RateLimit = RateLimit { per_second: NonZeroU32::MIN, burst: NonZeroU32::MIN.saturating_add(29) };

impl Context {
    /// Counts a request of a caller; callers without a token are not counted.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(crate) async fn count_request(&self, caller: &Caller, now: Timestamp) -> Result<(), ApiError> {
        let bucket = match caller {
            Caller::Anonymous => return Ok(()),
            Caller::Partner { client_id, .. } | Caller::Admin { client_id } => format!("client:{client_id}"),
            Caller::Fleet { .. } => caller.name(),
        };
        self.count(&bucket, self.limits().requests, now).await
    }

    /// Counts a client's request for a token. It has proved its secret: whoever only knows its id counts elsewhere.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub async fn count_token(&self, client_id: &str, now: Timestamp) -> Result<(), ApiError> {
        self.count(&format!("token:{client_id}"), self.limits().tokens, now).await
    }

    /// Counts an answer to an invitation, which its id is the secret of.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub async fn count_answer(&self, invitation: InvitationId, now: Timestamp) -> Result<(), ApiError> {
        let digest = hex(&Sha256::digest(invitation.to_string().as_bytes()));
        self.count(&format!("invitation:{digest}"), ANSWERS, now).await
    }

    async fn count(&self, bucket: &str, limit: RateLimit, now: Timestamp) -> Result<(), ApiError> {
        let passed = self.limits().shares.pass(self.store(), bucket, limit, now).await;
        passed.map_err(|wait| ApiError::too_many(wait.as_micros().div_ceil(1_000_000).try_into().unwrap_or(u64::MAX)))
    }
}
