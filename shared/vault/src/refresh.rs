//! Refresh tokens of pre-registration clients: HS512, because only this platform reads them.

use model::{AgreementId, FleetId, InvitationId, PartnerId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::claims::{Issue, Onboarding, PRE_REGISTRATION_CLIENT};
use crate::{SigningKey, TokenError, VaultError, jwt};

/// Lifetime of a refresh token, in seconds: 28 days.
pub const LIFETIME: i64 = 28 * 86_400;
const TYPE: &str = "Refresh";

/// The payload of a refresh token: everything that the next access token needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshClaims {
    /// The realm's URL.
    pub iss: String,
    /// `Refresh`.
    pub typ: String,
    /// Expiry, in Unix seconds.
    pub exp: i64,
    /// Time of issue, in Unix seconds.
    pub iat: i64,
    /// The token's id, by which it can be revoked.
    pub jti: Uuid,
    /// The client that requested it.
    pub azp: String,
    /// The fleet it acts for.
    pub sub: FleetId,
    /// The fleet's name, as in the access token.
    pub name: String,
    /// The inviting partner.
    pub partner_id: PartnerId,
    /// The accepted invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation_id: Option<InvitationId>,
    /// The agreement with which the token ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_agreement_id: Option<AgreementId>,
}

impl RefreshClaims {
    /// The claims of the refresh token for [`Claims::pre_registration`](crate::Claims::pre_registration).
    #[must_use]
    pub fn new(issue: &Issue<'_>, holder: &Onboarding<'_>) -> Self {
        let iat = issue.now.seconds();
        Self {
            iss: issue.issuer.to_owned(),
            typ: TYPE.to_owned(),
            exp: iat.saturating_add(issue.lifetime),
            iat,
            jti: issue.id,
            azp: PRE_REGISTRATION_CLIENT.to_owned(),
            sub: holder.fleet,
            name: holder.name.to_owned(),
            partner_id: holder.partner,
            invitation_id: holder.invitation,
            share_agreement_id: holder.agreement,
        }
    }

    /// Whom the token is for.
    #[must_use]
    pub fn holder(&self) -> Onboarding<'_> {
        Onboarding {
            fleet: self.sub,
            name: &self.name,
            partner: self.partner_id,
            invitation: self.invitation_id,
            agreement: self.share_agreement_id,
        }
    }
}

/// Signs a refresh token.
///
/// # Errors
/// `Claims` if the claims cannot be serialized.
pub fn issue(key: &SigningKey, claims: &RefreshClaims) -> Result<String, VaultError> {
    let unsigned = jwt::encode_hs512(claims)?;
    Ok(jwt::assemble(&unsigned, &key.sign_512(unsigned.as_bytes())))
}

/// Verifies a refresh token with this key at `now` and returns its claims.
///
/// # Errors
/// `Malformed`, `Signature`, `Expired`.
pub fn verify(key: &SigningKey, token: &str, now: Timestamp) -> Result<RefreshClaims, TokenError> {
    let parts = jwt::Parts::of(token)?;
    parts.require_hs512()?;
    if !key.verify_512(parts.signed.as_bytes(), &parts.signature()?) {
        return Err(TokenError::Signature);
    }
    let claims: RefreshClaims = parts.claims(now)?;
    if claims.typ == TYPE { Ok(claims) } else { Err(TokenError::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-21T05:00:00Z").unwrap()
    }

    fn claims() -> RefreshClaims {
        let issue = Issue { issuer: "https://auth.example/realms/catena", now: now(), lifetime: LIFETIME, id: Uuid::nil() };
        let holder = Onboarding {
            fleet: FleetId::from_uuid(Uuid::from_u128(1)),
            name: "Trucks",
            partner: PartnerId::from_uuid(Uuid::from_u128(2)),
            invitation: Some(InvitationId::from_uuid(Uuid::from_u128(3))),
            agreement: Some(AgreementId::from_uuid(Uuid::from_u128(4))),
        };
        RefreshClaims::new(&issue, &holder)
    }

    #[test]
    fn lives_for_28_days() {
        let key = SigningKey::new(vec![1; 64]);
        let token = issue(&key, &claims()).unwrap();
        assert_eq!(verify(&key, &token, now().plus_seconds(LIFETIME - 1)).unwrap(), claims());
        assert!(matches!(verify(&key, &token, now().plus_seconds(LIFETIME)), Err(TokenError::Expired)));
    }

    #[test]
    fn other_keys_and_algorithms_are_refused() {
        let key = SigningKey::new(vec![1; 64]);
        let token = issue(&key, &claims()).unwrap();
        assert!(matches!(verify(&SigningKey::new(vec![2; 64]), &token, now()), Err(TokenError::Signature)));
        let rs256 = jwt::encode_unsigned("a", &claims()).unwrap();
        let forged = jwt::assemble(&rs256, &key.sign_512(rs256.as_bytes()));
        assert!(matches!(verify(&key, &forged, now()), Err(TokenError::Signature)));
        assert!(matches!(verify(&key, "x", now()), Err(TokenError::Malformed)));
    }
}
