//! `POST /realms/{realm}/protocol/openid-connect/revoke`

use gateway::{ApiError, Body, Call, Context, Input, Operation, Plain, Reader};
use http::StatusCode;
use model::Timestamp;
use store::control::{Revocation, Write};
use vault::Claims;

use crate::{check_realm, client, oauth};

/// Revokes a token (RFC 7009). An unknown token is not an error.
pub struct Revoke;

/// The form. Id and secret may be sent by HTTP Basic instead.
pub struct Form {
    realm: String,
    token: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

impl Input for Form {
    const BODY: Body = Body::Form("RevocationRequest");

    fn read(reader: &mut Reader) -> Self {
        let basic = reader.basic_credentials();
        let (id, secret) = basic.map_or((None, None), |(id, secret)| (Some(id), Some(secret)));
        let _hint = reader.body("token_type_hint").about("Ignored: both kinds are accepted.").secret(200);
        Self {
            realm: reader.path_text("realm"),
            token: reader
                .body("token")
                .documented_as_required()
                .about("An access token or a refresh token.")
                .example("eyJhbGciOiJSUzI1NiJ9...")
                .secret(crate::MAX_TOKEN),
            client_id: crate::client_id(reader).or(id),
            client_secret: crate::client_secret(reader).or(secret),
        }
    }
}

impl Operation for Revoke {
    type Input = Form;
    type Output = Plain;

    async fn run(context: &Context, call: Call, form: Form) -> Result<Self::Output, ApiError> {
        check_realm(context, &form.realm)?;
        let (Some(id), Some(secret)) = (&form.client_id, &form.client_secret) else {
            return Err(oauth(StatusCode::BAD_REQUEST, "invalid_request", "client_id and client_secret are required"));
        };
        let client = client(context, id, secret).await?;
        let token = form.token.as_deref().unwrap_or_default();
        if let Some(revocation) = revocation(context, token, &client.client_id, call.now).await? {
            context.store().commit(vec![Write::overwrite(&revocation)?]).await?;
        }
        Ok(Plain)
    }
}

/// The revocation of an access token of this client, or of a refresh token.
async fn revocation(context: &Context, token: &str, client_id: &str, now: Timestamp) -> Result<Option<Revocation>, ApiError> {
    let revoke = |jti: uuid::Uuid, exp: i64| Revocation {
        jti: jti.to_string(),
        expires_at: Timestamp::from_millis(exp.saturating_mul(1_000)),
    };
    if let Ok(claims) = context.vault().verify::<Claims>(token, now).await {
        return Ok((claims.azp == client_id).then(|| revoke(claims.jti, claims.exp)));
    }
    let key = context.refresh_key().await?;
    let refresh = vault::refresh::verify(&key, token, now).ok();
    Ok(refresh.map(|claims| revoke(claims.jti, claims.exp)))
}
