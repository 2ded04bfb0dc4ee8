//! `POST /realms/{realm}/protocol/openid-connect/token`

use gateway::{ApiError, Body, Call, Context, Input, Json, Operation, Output, Reader, Response};
use http::StatusCode;
use model::Timestamp;
use model::partner::{Holder, Partner};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use store::control::{Key, Revocation};
use vault::claims::{MACHINE_LIFETIME, PRE_REGISTRATION_LIFETIME};
use vault::{Claims, Issue};

use crate::{Presented, check_realm, oauth};

/// Client credentials for machines, refresh tokens for fleets inside Connect.
pub struct Token;

/// The form. Id and secret may be sent by HTTP Basic instead.
pub struct Form {
    realm: String,
    grant_type: Option<String>,
    presented: Presented,
    scope: Option<String>,
    refresh_token: Option<String>,
}

impl Input for Form {
    const BODY: Body = Body::Form("TokenRequest");

    fn read(reader: &mut Reader) -> Self {
        Self {
            realm: reader.path_text("realm"),
            grant_type: grant_type(reader),
            presented: Presented::read(reader),
            scope: scope(reader),
            refresh_token: reader
                .body("refresh_token")
                .about("The refresh token, for the grant of that name.")
                .secret(crate::MAX_TOKEN),
        }
    }
}

fn grant_type(reader: &mut Reader) -> Option<String> {
    let member = reader.body("grant_type").documented_as_required().documented_as(&[&["client_credentials", "refresh_token"]]);
    member.about("`client_credentials` for programs; `refresh_token` for fleets.").example("client_credentials").secret(200)
}

/// The scope that stands for all scopes of the client.
const EVERYTHING: &str = "organization";

const SCOPE: &str = "`organization` gives the token all scopes of the client, and so does leaving the member out. Scopes of the client, \
     separated by spaces, narrow the token to these.";

fn scope(reader: &mut Reader) -> Option<String> {
    reader.body("scope").documented_as_required().about(SCOPE).example(EVERYTHING).text(0, 2_000)
}

/// A token response (RFC 6749, section 5.1).
#[derive(Serialize, JsonSchema)]
pub struct TokenResponse {
    /// Sent with requests as `Authorization: Bearer`.
    access_token: String,
    /// Lifetime of the token, in seconds.
    expires_in: i64,
    /// Lifetime of the refresh token, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    refresh_expires_in: Option<i64>,
    /// The refresh token. Only fleets have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    refresh_token: Option<String>,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Never sent; some clients expect the member.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    session_state: Option<String>,
    /// Tokens issued before this time are rejected, in seconds since 1970; 0 = none.
    #[serde(rename = "not-before-policy")]
    not_before_policy: i64,
    /// The scopes of the token, separated by spaces.
    scope: String,
}

/// 200 with a token, which no cache may keep (RFC 6749, section 5.1).
pub struct Issued(TokenResponse);

impl Output for Issued {
    fn into_response(self) -> Response {
        let mut response = Response::json(StatusCode::OK, &self.0);
        response.set("cache-control", "no-store");
        response.set("pragma", "no-cache");
        response
    }

    fn describe(generator: &mut SchemaGenerator) -> Vec<(u16, Option<Schema>)> {
        Json::<TokenResponse>::describe(generator)
    }
}

impl Operation for Token {
    type Input = Form;
    type Output = Issued;

    async fn run(context: &Context, call: Call, form: Form) -> Result<Self::Output, ApiError> {
        check_realm(context, &form.realm)?;
        match form.grant_type.as_deref() {
            Some("client_credentials") => machine(context, &form, &call).await.map(Issued),
            Some("refresh_token") => refresh(context, &form, call.now).await.map(Issued),
            Some(_) => Err(oauth(StatusCode::BAD_REQUEST, "unsupported_grant_type", "grant_type must be client_credentials")),
            None => Err(oauth(StatusCode::BAD_REQUEST, "invalid_request", "grant_type is required")),
        }
    }
}

async fn machine(context: &Context, form: &Form, call: &Call) -> Result<TokenResponse, ApiError> {
    let client = form.presented.client(context, call).await?;
    context.count_token(&client.client_id, call.now).await?;
    let issuer = context.config().issuer();
    let issue = Issue { issuer: &issuer, now: call.now, lifetime: MACHINE_LIFETIME, id: uuid::Uuid::now_v7() };
    let scopes = granted(form.scope.as_deref(), &client.scopes)?;
    let claims = match client.holder() {
        Some(Holder::Partner(id)) => {
            let partner: Option<Partner> = context.store().get(Key::partner(id)).await?;
            let partner = partner.ok_or_else(|| ApiError::internal("the client's partner does not exist"))?;
            if partner.deleted_at.is_some() {
                return Err(oauth(StatusCode::UNAUTHORIZED, "invalid_client", "Invalid client or Invalid client credentials"));
            }
            context.store().relist(&partner).await?;
            Claims::machine(&issue, &client.client_id, (&partner.name, id), &scopes)
        }
        Some(Holder::Platform) => Claims::admin(&issue, &client.client_id, &scopes),
        None => return Err(ApiError::internal("the client acts for nobody")),
    };
    signed(context, &claims, MACHINE_LIFETIME).await
}

/// The scopes of a token: those that the request names, or all that the client has.
fn granted(asked: Option<&str>, held: &[String]) -> Result<String, ApiError> {
    let asked: Vec<&str> = asked.unwrap_or_default().split_whitespace().filter(|scope| !scope.is_empty()).collect();
    let unknown = |scope: &&&str| **scope != EVERYTHING && !held.iter().any(|held| held == **scope);
    if let Some(unknown) = asked.iter().find(unknown) {
        // Quotation marks and control characters are not allowed in descriptions.
        let name: String =
            unknown.chars().filter(|letter| letter.is_ascii_alphanumeric() || "-_.:".contains(*letter)).take(100).collect();
        return Err(oauth(StatusCode::BAD_REQUEST, "invalid_scope", format!("the client does not have the scope {name}")));
    }
    let is_granted = |scope: &&String| asked.is_empty() || asked.contains(&EVERYTHING) || asked.contains(&scope.as_str());
    Ok(held.iter().filter(is_granted).map(String::as_str).collect::<Vec<_>>().join(" "))
}

/// Only pre-registration tokens have refresh tokens; each is valid until it expires or is revoked, or its agreement ends.
async fn refresh(context: &Context, form: &Form, now: Timestamp) -> Result<TokenResponse, ApiError> {
    let invalid = || oauth(StatusCode::UNAUTHORIZED, "invalid_grant", "Invalid refresh token");
    let token = form.refresh_token.as_deref().ok_or_else(invalid)?;
    let key = context.refresh_key().await?;
    let held = vault::refresh::verify(&key, token, now).map_err(|_| invalid())?;
    if context.store().get::<Revocation>(Key::revocation(&held.jti.to_string())).await?.is_some() {
        return Err(invalid());
    }
    if !context.consents(&held.holder(), now).await? {
        return Err(invalid());
    }
    let issue = Issue { issuer: &held.iss, now, lifetime: PRE_REGISTRATION_LIFETIME, id: uuid::Uuid::now_v7() };
    let claims = Claims::pre_registration(&issue, &held.holder());
    let response = signed(context, &claims, PRE_REGISTRATION_LIFETIME).await?;
    Ok(TokenResponse {
        refresh_token: Some(token.to_owned()),
        refresh_expires_in: Some(held.exp.saturating_sub(now.seconds())),
        ..response
    })
}

async fn signed(context: &Context, claims: &Claims, lifetime: i64) -> Result<TokenResponse, ApiError> {
    let claims = Claims { aud: Some(context.config().realm.clone()), ..claims.clone() };
    Ok(TokenResponse {
        access_token: context.vault().sign(&claims, context.now()).await?,
        expires_in: lifetime,
        refresh_expires_in: None,
        refresh_token: None,
        token_type: "Bearer",
        session_state: None,
        not_before_policy: 0,
        scope: claims.scope,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_what_was_asked_for_of_what_the_client_has() {
        let held = ["fleet:read", "telematics:read", "webhook:read"].map(String::from);
        let check = |asked: Option<&str>, expected: Option<&str>| {
            let scopes = granted(asked, &held).map_err(|error| error.body()["error"].clone());
            assert_eq!(scopes, expected.map(String::from).ok_or_else(|| "invalid_scope".into()), "{asked:?}");
        };
        let all = Some("fleet:read telematics:read webhook:read");
        check(None, all);
        check(Some(""), all);
        check(Some("organization"), all);
        check(Some("organization fleet:read"), all);
        check(Some("webhook:read  fleet:read"), Some("fleet:read webhook:read"));
        check(Some("telematics:read telematics:write"), None);
        check(Some("openid"), None);
    }
}
