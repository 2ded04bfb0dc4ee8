//! What customers granted: codes, access tokens and refresh tokens.

use std::collections::BTreeMap;

use crate::world::{Millis, mix};

/// How long a code holds.
const CODE_MS: Millis = 600_000;

/// What a code stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) provider: &'static str,
    pub(super) login: &'static str,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<String>,
    pub(super) scope: String,
}

/// What a token opens, and for which of the requested scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) provider: &'static str,
    pub(super) login: &'static str,
    pub(super) scope: String,
}

/// A pair of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) access: String,
    pub(super) refresh: String,
}

/// All that was granted.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    codes: BTreeMap<String, (Code, Millis)>,
    access: BTreeMap<String, (Grant, Millis)>,
    refresh: BTreeMap<String, Grant>,
    count: u64,
}

impl Grants {
    /// A text that nothing granted before has. Whoever wants to guess it has to know when the simulator was asked.
    fn fresh(&mut self, now: Millis) -> String {
        self.count += 1;
        let seed = mix(now.cast_unsigned(), self.count);
        format!("{:016x}{:016x}", mix(seed, 1), mix(seed, 2))
    }

    /// A code for what was approved.
    pub(super) fn code(&mut self, code: Code, now: Millis) -> String {
        let text = self.fresh(now);
        self.codes.insert(text.clone(), (code, now + CODE_MS));
        text
    }

    /// What a code stands for, which it does once.
    pub(super) fn redeem(&mut self, code: &str, now: Millis) -> Option<Code> {
        let (found, until) = self.codes.remove(code)?;
        (now < until).then_some(found)
    }

    /// Tokens for a grant.
    pub(super) fn issue(&mut self, grant: Grant, prefix: &str, (now, until): (Millis, Millis)) -> Pair {
        let pair = Pair { access: format!("{prefix}{}", self.fresh(now)), refresh: self.fresh(now) };
        self.access.insert(pair.access.clone(), (grant.clone(), until));
        self.refresh.insert(pair.refresh.clone(), grant);
        pair
    }

    /// What a refresh token stands for, which it does once: the next one replaces it.
    pub(super) fn rotate(&mut self, provider: &str, token: &str) -> Option<Grant> {
        let is_own = self.refresh.get(token).is_some_and(|grant| grant.provider == provider);
        if is_own { self.refresh.remove(token) } else { None }
    }

    /// The login whose account an access token opens at a provider now.
    pub(crate) fn login(&self, provider: &str, token: &str, now: Millis) -> Option<&'static str> {
        let (grant, until) = self.access.get(token)?;
        (grant.provider == provider && now < *until).then_some(grant.login)
    }
}
