//! OAuth 2.0 authorization servers (RFC 6749), as providers document theirs: a page that asks the customer, codes, access tokens that
//! expire, refresh tokens that are replaced with each use.
//!
//! One application is registered at each, and may return to any address of this machine. What is granted is kept in memory.

mod authorize;
mod grants;
#[cfg(test)]
mod tests;
mod token;

pub(crate) use grants::Grants;

use crate::app::App;
use crate::http::{Call, Reply};
use crate::provider::Provider;

/// The application that is registered: its client id and its secret.
pub const CLIENT: (&str, &str) = ("catena-local", "local-oauth-secret");

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

/// Answers a request to a provider's authorization server; `None` for any other request.
pub(crate) fn serve(app: &App, provider: &Provider, call: &Call<'_>) -> Option<Reply> {
    let server = provider.oauth.as_ref()?;
    let (mut reply, route) = match call.path {
        path if path == server.authorize => (authorize::serve(app, provider, server, call), server.authorize),
        path if path == server.token => (token::serve(app, provider, server, call), server.token),
        _ => return None,
    };
    reply.route = route;
    Some(reply)
}

/// The parameters of a query or a form.
fn parameters(text: &str) -> Vec<(String, String)> {
    serde_urlencoded::from_str(text).unwrap_or_default()
}

/// The one value of a parameter; repeated and empty ones count as absent.
fn one<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = parameters.iter().filter(|(key, value)| key == name && !value.is_empty());
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}
