//! OAuth 2.0 authorization servers (RFC 6749), as providers document theirs: a page that asks the customer, codes, access tokens that
//! expire, refresh tokens that are replaced with each use.
//!
//! One application is registered at each, and may return to any address of this machine. What is granted is kept in memory.

mod authorize;
pub(crate) mod grants;
pub(crate) mod server;
#[cfg(test)]
mod tests;
mod token;

use crate::app::App;
use crate::http::{Call, Reply};
use crate::provider::Provider;

/// The application that is registered: its client id and its secret.
pub const CLIENT: (&str, &str) = ("catena-local", "local-oauth-secret");

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
