//! `POST /realms/{realm}/protocol/openid-connect/revoke`

use gateway::{ApiError, Body, Call, Context, Input, Operation, Plain, Reader};
use model::Timestamp;
use model::partner::Client;
use store::control::{Revocation, Write};
use vault::Claims;
use vault::refresh::RefreshClaims;

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
        if let Some(revocation) = revocation(context, token, &client, call.now).await? {
            context.store().commit(vec![Write::overwrite(&revocation)?]).await?;
        }
        Ok(Plain)
    }
}

/// The revocation of an access token of this client, or of a refresh token of a fleet that its partner invited (RFC 7009, 2.1: of
/// another client's tokens nothing is said and nothing done).
async fn revocation(context: &Context, token: &str, client: &Client, now: Timestamp) -> Result<Option<Revocation>, ApiError> {
    let revoke = |jti: uuid::Uuid, exp: i64| Revocation {
        jti: jti.to_string(),
        expires_at: Timestamp::from_millis(exp.saturating_mul(1_000)),
    };
    if let Ok(claims) = context.vault().verify::<Claims>(token, now).await {
        return Ok((claims.azp == client.client_id).then(|| revoke(claims.jti, claims.exp)));
    }
    let key = context.refresh_key().await?;
    let refresh = vault::refresh::verify(&key, token, now).ok().filter(|claims| is_of_partner(claims, client));
    Ok(refresh.map(|claims| revoke(claims.jti, claims.exp)))
}

fn is_of_partner(claims: &RefreshClaims, client: &Client) -> bool {
    Some(claims.partner_id) == client.partner_id
}

#[cfg(test)]
mod tests {
    use model::{FleetId, PartnerId};
    use vault::{Issue, Onboarding};

    use super::*;

    #[test]
    fn a_fleet_s_refresh_token_is_revoked_by_its_partner_s_clients_only() {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let client = |partner_id| Client {
            client_id: "c".into(),
            secret_hash: String::new(),
            partner_id: Some(partner_id),
            is_admin: false,
            scopes: Vec::new(),
        };
        let (own, other) = (PartnerId::at(now), PartnerId::at(now));
        let issue = Issue { issuer: "https://a.example", now, lifetime: 60, id: uuid::Uuid::now_v7() };
        let holder = Onboarding { fleet: FleetId::at(now), name: "Fleet", partner: own, invitation: None, agreement: None };
        let claims = RefreshClaims::new(&issue, &holder);
        assert!(is_of_partner(&claims, &client(own)));
        assert!(!is_of_partner(&claims, &client(other)));
    }
}
