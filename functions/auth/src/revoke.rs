//! `POST /realms/{realm}/protocol/openid-connect/revoke`

use gateway::{ApiError, Body, Call, Context, Input, Operation, Plain, Reader};
use model::Timestamp;
use store::control::{Revocation, Write};
use vault::Claims;

use crate::{Presented, check_realm};

/// Revokes a token (RFC 7009). An unknown token is not an error.
pub struct Revoke;

/// The form. Id and secret may be sent by HTTP Basic instead.
pub struct Form {
    realm: String,
    token: Option<String>,
    presented: Presented,
}

impl Input for Form {
    const BODY: Body = Body::Form("RevocationRequest");

    fn read(reader: &mut Reader) -> Self {
        let _hint = reader.body("token_type_hint").about("Ignored: both kinds are accepted.").secret(200);
        Self {
            realm: reader.path_text("realm"),
            token: reader
                .body("token")
                .documented_as_required()
                .about("An access token or a refresh token.")
                .example("eyJhbGciOiJSUzI1NiJ9...")
                .secret(crate::MAX_TOKEN),
            presented: Presented::read(reader),
        }
    }
}

impl Operation for Revoke {
    type Input = Form;
    type Output = Plain;

    async fn run(context: &Context, call: Call, form: Form) -> Result<Self::Output, ApiError> {
        check_realm(context, &form.realm)?;
        let client = form.presented.client(context, &call).await?;
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
