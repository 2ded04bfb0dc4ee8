//! The tokens that a fleet uses between acceptance and sign-in.

use gateway::{ApiError, Context};
use model::Timestamp;
use model::agreement::Agreement;
use vault::claims::PRE_REGISTRATION_LIFETIME;
use vault::refresh::RefreshClaims;
use vault::{Claims, Issue, Onboarding};

/// An access token and its refresh token.
pub struct Tokens {
    /// RS256, two hours.
    pub access: String,
    /// HS512, 28 days.
    pub refresh: String,
}

impl Tokens {
    /// Issues tokens for the fleet of an agreement; they end with it.
    ///
    /// # Errors
    /// 500 if KMS fails.
    pub async fn issue(context: &Context, agreement: &Agreement, fleet_name: &str, now: Timestamp) -> Result<Self, ApiError> {
        let holder = Onboarding {
            fleet: agreement.fleet_id,
            name: fleet_name,
            partner: agreement.partner_id,
            invitation: agreement.invitation_id,
            agreement: Some(agreement.id),
        };
        let issuer = context.config().issuer();
        let issue = Issue { issuer: &issuer, now, lifetime: PRE_REGISTRATION_LIFETIME, id: uuid::Uuid::now_v7() };
        let claims = Claims::pre_registration(&issue, &holder);
        let audience = Some(context.config().realm.clone());
        let access = context.vault().sign(&Claims { aud: audience, ..claims }, now).await?;
        let key = context.refresh_key().await?;
        let issue = Issue { issuer: &issuer, now, lifetime: vault::refresh::LIFETIME, id: uuid::Uuid::now_v7() };
        let claims = RefreshClaims::new(&issue, &holder);
        let refresh = vault::refresh::issue(&key, &claims)?;
        Ok(Self { access, refresh })
    }
}
