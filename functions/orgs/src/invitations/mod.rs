//! Invitations: from the partner's request to the fleet's response.

pub mod accept;
pub mod create;
pub mod decline;
pub mod delete;
pub mod get;
pub mod list;
mod tokens;

use gateway::{ApiError, Config, Context, Input, Reader};
use model::invitation::{Invitation, InvitationStatus};
use model::{FleetId, InvitationId, PartnerId, Scopes, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use store::control::Key;

pub use tokens::Tokens;

/// An invitation (contract `InvitationRead`). Prefilled members are returned under their current and their deprecated names.
#[derive(Serialize, JsonSchema)]
pub struct InvitationRead {
    id: InvitationId,
    created_at: Timestamp,
    magic_link: String,
    expires_at: Timestamp,
    expires_in_hours: u16,
    status: InvitationStatus,
    #[schemars(required)]
    accepted_at: Option<Timestamp>,
    #[schemars(required)]
    pre_registration_access_token: Option<String>,
    #[schemars(required)]
    pre_registration_refresh_token: Option<String>,
    #[schemars(required)]
    success_redirect_url: Option<String>,
    #[schemars(required)]
    failure_redirect_url: Option<String>,
    #[schemars(required)]
    callback_url: Option<String>,
    #[schemars(required)]
    limit_tsps: Option<Vec<String>>,
    fleet_id: Option<FleetId>,
    #[schemars(required)]
    partner_slug: Option<String>,
    partner_id: PartnerId,
    #[schemars(required)]
    decline_reason: Option<String>,
    #[schemars(required)]
    declined_at: Option<Timestamp>,
    fleet_ref: String,
    permissions: Scopes,
    #[schemars(required)]
    fleet_name: Option<String>,
    #[schemars(required)]
    fleet_email: Option<String>,
    #[schemars(required)]
    fleet_regulatory_id: Option<String>,
    #[schemars(required)]
    fleet_regulatory_id_type: Option<String>,
    #[schemars(required)]
    fleet_phone: Option<String>,
    #[schemars(required)]
    fleet_website: Option<String>,
    #[schemars(required)]
    fleet_country_code: Option<String>,
    #[schemars(required)]
    partner_provided_fleet_name: Option<String>,
    #[schemars(required)]
    partner_provided_fleet_email: Option<String>,
    #[schemars(required)]
    partner_provided_fleet_regulatory_id: Option<String>,
    #[schemars(required)]
    partner_provided_fleet_regulatory_id_type: Option<String>,
    #[schemars(required)]
    partner_provided_fleet_phone: Option<String>,
    #[schemars(required)]
    partner_provided_fleet_website: Option<String>,
    #[schemars(required)]
    partner_provided_fleet_country_code: Option<String>,
}

impl InvitationRead {
    /// The invitation as its owner sees it, without tokens.
    fn at(now: Timestamp, invitation: Invitation, config: &Config) -> Self {
        let status = invitation.status_at(now);
        let prefill = invitation.prefill;
        Self {
            id: invitation.id,
            created_at: invitation.created_at,
            magic_link: format!("{}/?invite={}", config.connect_url, invitation.id),
            expires_at: invitation.expires_at,
            expires_in_hours: invitation.expires_in_hours,
            status,
            accepted_at: invitation.accepted_at,
            pre_registration_access_token: None,
            pre_registration_refresh_token: None,
            success_redirect_url: invitation.success_redirect_url,
            failure_redirect_url: invitation.failure_redirect_url,
            callback_url: invitation.callback_url,
            limit_tsps: invitation.limit_tsps,
            fleet_id: invitation.fleet_id,
            partner_slug: invitation.partner_slug,
            partner_id: invitation.partner_id,
            decline_reason: invitation.decline_reason,
            declined_at: invitation.declined_at,
            fleet_ref: invitation.fleet_ref,
            permissions: invitation.permissions,
            fleet_name: prefill.name.clone(),
            fleet_email: prefill.email.clone(),
            fleet_regulatory_id: prefill.regulatory_id.clone(),
            fleet_regulatory_id_type: prefill.regulatory_id_type.clone(),
            fleet_phone: prefill.phone.clone(),
            fleet_website: prefill.website.clone(),
            fleet_country_code: prefill.country_code.clone(),
            partner_provided_fleet_name: prefill.name,
            partner_provided_fleet_email: prefill.email,
            partner_provided_fleet_regulatory_id: prefill.regulatory_id,
            partner_provided_fleet_regulatory_id_type: prefill.regulatory_id_type,
            partner_provided_fleet_phone: prefill.phone,
            partner_provided_fleet_website: prefill.website,
            partner_provided_fleet_country_code: prefill.country_code,
        }
    }

    fn with_tokens(mut self, tokens: Tokens) -> Self {
        self.pre_registration_access_token = Some(tokens.access);
        self.pre_registration_refresh_token = Some(tokens.refresh);
        self
    }

    /// The invitation as anyone with the link may see it, without the partner's callback URL.
    fn public(self) -> Self {
        Self { callback_url: None, ..self }
    }
}

/// The invitation's id.
pub struct Id(InvitationId);

impl Input for Id {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("invitation_id"))
    }
}

fn missing() -> ApiError {
    ApiError::not_found("invitation")
}

/// An invitation that is not deleted.
async fn find(context: &Context, id: InvitationId) -> Result<Invitation, ApiError> {
    let found: Option<Invitation> = context.store().get(Key::invitation(id)).await?;
    found.filter(|invitation| invitation.status != InvitationStatus::Deleted).ok_or_else(missing)
}
