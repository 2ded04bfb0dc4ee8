//! What providers document of their authorization servers.

/// What a provider documents of its authorization server.
#[derive(Debug)]
pub(crate) struct Server {
    /// The page that asks.
    pub(crate) authorize: &'static str,
    /// Where tokens are given.
    pub(crate) token: &'static str,
    /// How the application proves itself there.
    pub(crate) proof: Proof,
    /// Whether codes are bound to a challenge (RFC 7636). Servers that do not know the parameter pass over it.
    pub(crate) challenges: bool,
    /// What begins its access tokens.
    pub(crate) token_prefix: &'static str,
    /// Seconds for which an access token holds.
    pub(crate) token_seconds: i64,
    /// The scopes that there are; empty where requests name none.
    pub(crate) scopes: &'static [&'static str],
    /// Whether answers tell when a token was made.
    pub(crate) tells_creation: bool,
}

/// How an application proves itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// HTTP Basic.
    Basic,
    /// `client_id` and `client_secret` in the form.
    Form,
}
