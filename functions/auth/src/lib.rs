//! Tokens: the OpenID Connect endpoints that machine clients and Connect use.

pub mod certs;
pub mod configuration;
pub mod revoke;
pub mod token;

use gateway::Permission::{Open, ReadControl, Seal, SignTokens, VerifyTokens, WriteControl};
use gateway::{Access, ApiError, Call, Context, Endpoint, Guessable, Reader, Secrets, Service, Tag};
use http::{Method, StatusCode};
use model::partner::Client;
use store::control::Key;

/// The service and its rows.
pub const SERVICE: Service = Service {
    name: "auth",
    title: "OpenID Connect",
    description: "Access tokens for programs, by OpenID Connect: get one with a client id and a secret, and revoke it.",
    tags: TAGS,
    endpoints,
};

const TAGS: &[Tag] = &[Tag {
    name: "Tokens",
    handlers: "auth",
    description: "Access tokens of OAuth 2.0. Errors have the shape that OAuth gives them.",
}];

fn endpoints() -> Vec<Endpoint> {
    use Access::Public;
    vec![
        Endpoint::new::<token::Token>(
            Method::POST,
            "/realms/{realm}/protocol/openid-connect/token",
            "auth.token",
            Public,
            &[ReadControl, SignTokens, VerifyTokens, Open(Secrets::Platform), Seal(Secrets::Platform), WriteControl],
        )
        .summary("Get an access token")
        .description(
            "The grant `client_credentials` gives programs a token that expires after 15 minutes. The grant \
             `refresh_token` is for tokens of fleets, which accepting an invitation issues. Errors are those of \
             OAuth: 401 for unknown clients and invalid refresh tokens, 400 for anything else. A network from which too many different \
             secrets were wrong has to wait (429), a minute at most.",
        ),
        Endpoint::new::<revoke::Revoke>(
            Method::POST,
            "/realms/{realm}/protocol/openid-connect/revoke",
            "auth.revoke",
            Public,
            &[ReadControl, WriteControl, VerifyTokens, Open(Secrets::Platform), Seal(Secrets::Platform)],
        )
        .summary("Revoke a token")
        .description("Revokes an access token or a refresh token. An unknown token is not an error (RFC 7009)."),
        Endpoint::new::<certs::Certs>(
            Method::GET,
            "/realms/{realm}/protocol/openid-connect/certs",
            "auth.certs",
            Public,
            &[VerifyTokens],
        )
        .summary("Get the public keys that verify tokens"),
        Endpoint::new::<configuration::Configuration>(
            Method::GET,
            "/realms/{realm}/.well-known/openid-configuration",
            "auth.configuration",
            Public,
            &[],
        )
        .summary("Get the OpenID provider configuration"),
    ]
}

/// The most characters of a client's id, which is a key.
const MAX_CLIENT_ID: usize = 200;
/// The most characters of a client's secret.
const MAX_SECRET: usize = 1_024;
/// The most characters of a token.
const MAX_TOKEN: usize = 8_192;

/// What proves who a client is: id and secret, in every way to read them.
pub(crate) struct Presented {
    readings: Vec<(String, String)>,
    by_basic: bool,
}

impl Presented {
    /// Reads the members of a form, or else the Basic header.
    fn read(reader: &mut Reader) -> Self {
        let id = reader.body("client_id").documented_as_required().about("The client's id; may be sent by HTTP Basic instead.");
        let id = id.example("demo").secret(MAX_CLIENT_ID).filter(|id| !id.is_empty());
        let secret = reader.body("client_secret").documented_as_required();
        let secret = secret.about("The client's secret; may be sent by HTTP Basic instead.").example("local-demo-secret");
        match (id, secret.secret(MAX_SECRET).filter(|secret| !secret.is_empty())) {
            (Some(id), Some(secret)) => Self { readings: vec![(id, secret)], by_basic: false },
            (id, _) => {
                let mut readings = reader.basic_credentials();
                readings.retain(|(sent, _)| id.as_ref().is_none_or(|id| id == sent));
                Self { readings, by_basic: true }
            }
        }
    }

    /// The client that they belong to.
    ///
    /// # Errors
    /// 400 if they are missing; 401 `invalid_client`, the same for an unknown id and a wrong secret; 429 after many of those.
    async fn client(&self, context: &Context, call: &Call) -> Result<Client, ApiError> {
        let Some((id, secret)) = self.readings.first() else {
            return Err(oauth(StatusCode::BAD_REQUEST, "invalid_request", "client_id and client_secret are required"));
        };
        // Read in two ways, it is one guess.
        let found = context.guess(Guessable::ClientSecret(id), secret, call, self.verified(context)).await?;
        if let Some(client) = found {
            return Ok(client);
        }
        let error = oauth(StatusCode::UNAUTHORIZED, "invalid_client", "Invalid client or Invalid client credentials");
        let realm = &context.config().realm;
        Err(if self.by_basic { error.challenging(format!("Basic realm=\"{realm}\"")) } else { error })
    }

    async fn verified(&self, context: &Context) -> Result<Option<Client>, ApiError> {
        for (id, secret) in &self.readings {
            // An id in a Basic header has no other bound.
            if !(1..=MAX_CLIENT_ID).contains(&id.chars().count()) {
                continue;
            }
            let found: Option<Client> = context.store().get(Key::client(id)).await?;
            if let Some(client) = found.filter(|client| vault::verify_secret(secret, &client.secret_hash)) {
                return Ok(Some(client));
            }
        }
        Ok(None)
    }
}

/// Checks that the realm in the path is the configured one.
fn check_realm(context: &Context, realm: &str) -> Result<(), ApiError> {
    if realm == context.config().realm { Ok(()) } else { Err(ApiError::not_found("realm")) }
}

fn oauth(status: StatusCode, error: &'static str, description: impl Into<String>) -> ApiError {
    ApiError::oauth(status, error, description)
}
