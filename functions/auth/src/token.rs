//! `POST /realms/{realm}/protocol/openid-connect/token`

use gateway::{ApiError, Body, Call, Context, Input, Json, Operation, Reader};
use http::StatusCode;
use model::Timestamp;
use model::partner::Partner;
use schemars::JsonSchema;
use serde::Serialize;
use store::control::{Key, Revocation};
use vault::claims::{MACHINE_LIFETIME, PRE_REGISTRATION_LIFETIME};
use vault::{Claims, Issue};

use crate::{check_realm, client, oauth};

/// Client credentials for machines, refresh tokens for fleets inside Connect.
pub struct Token;

/// The form. Id and secret may be sent by HTTP Basic instead.
pub struct Form {
    realm: String,
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
    refresh_token: Option<String>,
}

impl Input for Form {
    const BODY: Body = Body::Form("TokenRequest");

    fn read(reader: &mut Reader) -> Self {
        let basic = reader.basic_credentials();
        let (id, secret) = basic.map_or((None, None), |(id, secret)| (Some(id), Some(secret)));
        Self {
            realm: reader.path_text("realm"),
            grant_type: grant_type(reader),
            client_id: crate::client_id(reader).or(id),
            client_secret: crate::client_secret(reader).or(secret),
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

fn scope(reader: &mut Reader) -> Option<String> {
    let member = reader.body("scope").documented_as_required().documented_as(&[&["organization"]]);
    member.about("Always `organization`; the token has all scopes of the client.").example("organization").secret(2_000)
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

impl Operation for Token {
    type Input = Form;
    type Output = Json<TokenResponse>;

    async fn run(context: &Context, call: Call, form: Form) -> Result<Self::Output, ApiError> {
        check_realm(context, &form.realm)?;
        match form.grant_type.as_deref() {
            Some("client_credentials") => machine(context, &form, call.now).await.map(Json),
            Some("refresh_token") => refresh(context, &form, call.now).await.map(Json),
            Some(_) => Err(oauth(StatusCode::BAD_REQUEST, "unsupported_grant_type", "grant_type must be client_credentials")),
            None => Err(oauth(StatusCode::BAD_REQUEST, "invalid_request", "grant_type is required")),
        }
    }
}

async fn machine(context: &Context, form: &Form, now: Timestamp) -> Result<TokenResponse, ApiError> {
    let (Some(id), Some(secret)) = (&form.client_id, &form.client_secret) else {
        return Err(oauth(StatusCode::BAD_REQUEST, "invalid_request", "client_id and client_secret are required"));
    };
    if form.scope.as_ref().is_some_and(|scope| !scope.is_empty() && scope != "organization") {
        return Err(oauth(StatusCode::BAD_REQUEST, "invalid_scope", "scope must be organization"));
    }
    context.limits().token(id)?;
    let client = client(context, id, secret).await?;
    let partner: Option<Partner> = context.store().get(Key::partner(client.partner_id)).await?;
    let partner = partner.ok_or_else(|| ApiError::internal("the client's partner does not exist"))?;
    let issuer = context.config().issuer();
    let issue = Issue { issuer: &issuer, now, lifetime: MACHINE_LIFETIME, id: uuid::Uuid::now_v7() };
    let claims = Claims::machine(&issue, &client.client_id, (&partner.name, partner.id), &client.scopes.join(" "));
    signed(context, &claims, MACHINE_LIFETIME).await
}

/// Only pre-registration tokens have refresh tokens; each is valid until it expires or is revoked.
async fn refresh(context: &Context, form: &Form, now: Timestamp) -> Result<TokenResponse, ApiError> {
    let invalid = || oauth(StatusCode::UNAUTHORIZED, "invalid_grant", "Invalid refresh token");
    let token = form.refresh_token.as_deref().ok_or_else(invalid)?;
    let key = context.refresh_key().await?;
    let held = vault::refresh::verify(&key, token, now).map_err(|_| invalid())?;
    if context.store().get::<Revocation>(Key::revocation(&held.jti.to_string())).await?.is_some() {
        return Err(invalid());
    }
    let issue = Issue { issuer: &held.iss, now, lifetime: PRE_REGISTRATION_LIFETIME, id: uuid::Uuid::now_v7() };
    let claims = Claims::pre_registration(&issue, (&held.name, held.sub), held.partner_id, held.invitation_id);
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
        access_token: context.vault().sign(&claims).await?,
        expires_in: lifetime,
        refresh_expires_in: None,
        refresh_token: None,
        token_type: "Bearer",
        session_state: None,
        not_before_policy: 0,
        scope: claims.scope,
    })
}
