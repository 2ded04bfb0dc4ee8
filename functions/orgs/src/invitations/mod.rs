//! Invitations: from the partner's request to the fleet's response.

pub mod accept;
pub mod create;
pub mod decline;
pub mod delete;
pub mod get;
pub mod list;
mod prefill;
mod tokens;

use gateway::{ApiError, Call, Config, Context, Guessable, Input, Reader};
use model::invitation::{Invitation, InvitationStatus};
use model::{FleetId, InvitationId, PartnerId, Scopes, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use store::control::Key;

pub use tokens::Tokens;

/// An invitation of a fleet by a partner.
#[derive(Serialize, JsonSchema)]
pub struct InvitationRead {
    /// The invitation's id. It is the secret of the magic link: anyone who knows it can read, accept and decline the invitation.
    id: InvitationId,
    /// When it was created.
    created_at: Timestamp,
    /// The link for the fleet. Once the fleet has agreed, it opens only where the fleet agreed; when you refresh the invitation,
    /// the answer's link opens once, in any browser.
    #[schemars(example = &"https://connect.example/?invite=0192f0c4-7b1e-7cc3-98c4-dc0c0c07398f")]
    magic_link: String,
    /// When it expires, unless the fleet accepts.
    expires_at: Timestamp,
    /// The lifetime of the invitation, in hours.
    expires_in_hours: u16,
    /// Its current state.
    status: InvitationStatus,
    /// When the fleet accepted.
    accepted_at: Option<Timestamp>,
    /// A token with which the fleet connects its providers, for two hours. Null unless you own the invitation and read it
    /// by id, or accept it.
    pre_registration_access_token: Option<String>,
    /// A refresh token, valid for 28 days.
    pre_registration_refresh_token: Option<String>,
    /// Where the fleet's browser is redirected after connecting a provider.
    success_redirect_url: Option<String>,
    /// Where the browser is redirected when the fleet declines or cancels.
    failure_redirect_url: Option<String>,
    /// The URL for webhooks about this invitation. Null for callers other than its owner.
    callback_url: Option<String>,
    /// The providers to choose from, by slug or `source_name`; null = all.
    limit_tsps: Option<Vec<String>>,
    /// The fleet, once it has accepted.
    fleet_id: Option<FleetId>,
    /// Your short name.
    #[schemars(example = &"demo-insurance")]
    partner_slug: Option<String>,
    /// Your id.
    partner_id: PartnerId,
    /// Why the fleet declined, if it gave a reason.
    decline_reason: Option<String>,
    /// When the fleet declined.
    declined_at: Option<Timestamp>,
    /// Your own id of the fleet.
    #[schemars(example = &"FLEET-12345")]
    fleet_ref: String,
    /// The requested resources with their levels.
    #[schemars(schema_with = "model::schema::scopes")]
    permissions: Scopes,
    /// Name of the fleet, as you sent it for the consent page.
    fleet_name: Option<String>,
    /// Email address of the fleet, as you sent it for the consent page.
    fleet_email: Option<String>,
    /// Regulatory id of the fleet, as you sent it for the consent page.
    fleet_regulatory_id: Option<String>,
    /// The kind of the regulatory id.
    fleet_regulatory_id_type: Option<String>,
    /// Phone number of the fleet, as you sent it for the consent page.
    fleet_phone: Option<String>,
    /// Website of the fleet, as you sent it for the consent page.
    fleet_website: Option<String>,
    /// Country of the fleet, as you sent it for the consent page.
    #[schemars(example = &"USA")]
    fleet_country_code: Option<String>,
    /// The former name of `fleet_name`; always the same.
    partner_provided_fleet_name: Option<String>,
    /// The former name of `fleet_email`; always the same.
    partner_provided_fleet_email: Option<String>,
    /// The former name of `fleet_regulatory_id`; always the same.
    partner_provided_fleet_regulatory_id: Option<String>,
    /// The former name of `fleet_regulatory_id_type`; always the same.
    partner_provided_fleet_regulatory_id_type: Option<String>,
    /// The former name of `fleet_phone`; always the same.
    partner_provided_fleet_phone: Option<String>,
    /// The former name of `fleet_website`; always the same.
    partner_provided_fleet_website: Option<String>,
    /// The former name of `fleet_country_code`; always the same.
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

    /// The invitation with the key of its one-time link, which no other answer has.
    fn with_key(mut self, key: &str) -> Self {
        self.magic_link.push_str("&key=");
        self.magic_link.push_str(key);
        self
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

/// The schemes of URLs that browsers open.
pub(crate) const WEB_SCHEMES: &[&str] = &["https", "http"];

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
    stored(context, id).await?.ok_or_else(missing)
}

async fn stored(context: &Context, id: InvitationId) -> Result<Option<Invitation>, ApiError> {
    let found: Option<Invitation> = context.store().get(Key::invitation(id)).await?;
    Ok(found.filter(|invitation| invitation.status != InvitationStatus::Deleted))
}

/// An invitation that is not deleted, for a caller whose only proof is its id, and who may be guessing.
///
/// # Errors
/// 404; 429 after many of those.
async fn find_by_secret(context: &Context, call: &Call, id: InvitationId) -> Result<Invitation, ApiError> {
    let found = context.guess(Guessable::Invitation, &id.to_string(), call, stored(context, id)).await?;
    found.ok_or_else(missing)
}
