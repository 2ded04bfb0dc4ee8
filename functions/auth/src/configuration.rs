//! `GET /realms/{realm}/.well-known/openid-configuration`

use gateway::{ApiError, Call, Context, Html, Operation};
use http::StatusCode;
use serde_json::json;

use crate::certs::Realm;
use crate::check_realm;

/// The provider metadata (OpenID Connect Discovery 1.0), by which API gateways find the token keys.
pub struct Configuration;

impl Operation for Configuration {
    type Input = Realm;
    type Output = Html;

    async fn run(context: &Context, _: Call, Realm(realm): Realm) -> Result<Self::Output, ApiError> {
        check_realm(context, &realm)?;
        let issuer = context.config().issuer();
        let at = |name: &str| format!("{issuer}/protocol/openid-connect/{name}");
        Ok(Html(gateway::Response::json(
            StatusCode::OK,
            &json!({
                "issuer": issuer,
                "token_endpoint": at("token"),
                "revocation_endpoint": at("revoke"),
                "jwks_uri": at("certs"),
                "grant_types_supported": ["client_credentials", "refresh_token"],
                "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "scopes_supported": ["organization"],
            }),
        )))
    }
}
