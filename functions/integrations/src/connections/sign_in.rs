//! Credentials of a customer who signed in at the provider: the code that the browser brought back, exchanged for tokens.

use gateway::{ApiError, Context};
use model::credentials::{Credentials, Form};
use model::tsp::Tsp;
use providers::{OAuthClient, ProviderError, Returned};
use serde_json::{Map, Value};

use super::credentials;
use super::validation::{ProviderEndpoint, validation_error};

/// Where Connect has providers send browsers back to.
const RETURN_PATH: &str = "/connect/sign-in";

/// The tokens of a sign-in.
///
/// # Errors
/// 422 if the request lacks the code, or the provider does not take it; 504 if the provider does not answer, or does not know us.
pub(super) async fn tokens(
    context: &Context,
    (tsp, endpoint): (&Tsp, &ProviderEndpoint),
    given: &Map<String, Value>,
    verifier: Option<&str>,
) -> Result<Credentials, ApiError> {
    let form = Form::of("oauth2_initiate").ok_or_else(|| ApiError::internal("no form oauth2_initiate"))?;
    let given = credentials::checked(form, given)?;
    let verifier = verifier.ok_or_else(|| ApiError::invalid_member("body.code_verifier", "", "missing", "is required"))?;
    let client = context.sign_in_client(&tsp.slug, &tsp.source_name).await?;
    let (Some(oauth), Some((id, secret))) = (endpoint.accounts.oauth(), client) else {
        return Err(ApiError::invalid_member("body.tsp_id", &tsp.id.to_string(), "enum", "nobody signs in at this provider"));
    };
    let redirect_uri = format!("{}{RETURN_PATH}", context.config().connect_url);
    let client = OAuthClient { id: &id, secret: secret.expose_text().unwrap_or_default() };
    let returned = Returned { code: given.get("code").unwrap_or_default(), verifier, redirect_uri: &redirect_uri };
    let outcome = oauth.exchange(context.guarded()?, endpoint.base(), client, returned).await;
    outcome.map_err(|error| {
        if let ProviderError::Unavailable { status: Some(400 | 401), .. } = &error {
            tracing::error!(tsp.slug = %tsp.slug, "the provider does not know the platform's application");
        }
        validation_error(&error)
    })
}
