//! Invitations: a partner asks a fleet, by magic link, to share data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{FleetId, InvitationId, PartnerId, Scopes, Timestamp};

/// An invitation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id, which is the secret of the magic link.
    pub id: InvitationId,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// The inviting partner.
    pub partner_id: PartnerId,
    /// The partner's short name.
    pub partner_slug: Option<String>,
    /// The partner's own id for the fleet.
    pub fleet_ref: String,
    /// The stored state; see [`Invitation::status_at`] for the effective state.
    pub status: InvitationStatus,
    /// When it expires unless accepted.
    pub expires_at: Timestamp,
    /// The requested lifetime in hours.
    pub expires_in_hours: u16,
    /// The resources that the fleet is asked to share.
    pub permissions: Scopes,
    /// TSP allow-list (slugs or adapters); `None` = all.
    pub limit_tsps: Option<Vec<String>>,
    /// Where the browser is redirected after success.
    pub success_redirect_url: Option<String>,
    /// Where the browser is redirected after a decline.
    pub failure_redirect_url: Option<String>,
    /// The URL of an implicit webhook subscription.
    pub callback_url: Option<String>,
    /// The partner's data about the fleet.
    pub prefill: Prefill,
    /// When the fleet first opened its link.
    #[serde(default)]
    pub viewed_at: Option<Timestamp>,
    /// When it was accepted.
    pub accepted_at: Option<Timestamp>,
    /// The fleet that accepted it.
    pub fleet_id: Option<FleetId>,
    /// When it was declined.
    pub declined_at: Option<Timestamp>,
    /// Why it was declined, if the fleet gave a reason.
    pub decline_reason: Option<String>,
    /// SHA-256 (hex) of the key of its one-time link, if a refresh made one that was not used yet.
    #[serde(default)]
    pub key_hash: Option<String>,
}

/// The partner's data about the invited fleet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prefill {
    /// The fleet's name: letters, digits and spaces.
    pub name: Option<String>,
    /// Contact email address.
    pub email: Option<String>,
    /// Regulatory id, such as a US DOT number.
    pub regulatory_id: Option<String>,
    /// The registry of the regulatory id; required with it.
    pub regulatory_id_type: Option<String>,
    /// Contact phone number.
    pub phone: Option<String>,
    /// Website.
    pub website: Option<String>,
    /// ISO 3166-1 alpha-3.
    pub country_code: Option<String>,
}

/// The state of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "InvitationStatusEnum")]
pub enum InvitationStatus {
    /// Waiting for the fleet.
    Active,
    /// The fleet accepted.
    Accepted,
    /// The fleet declined.
    Declined,
    /// It expired without a response.
    Expired,
    /// Withdrawn before acceptance.
    Deleted,
}

impl Invitation {
    /// The state at `now`: an active or declined invitation past its expiry is expired, regardless of the stored state.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> InvitationStatus {
        match self.status {
            InvitationStatus::Active | InvitationStatus::Declined if now >= self.expires_at => InvitationStatus::Expired,
            status => status,
        }
    }

    /// The invitation with the key of its one-time link: of an accepted one, which its link alone does not open any more.
    #[must_use]
    pub fn with_key_hash(self, hash: String) -> Self {
        if self.status == InvitationStatus::Accepted { Self { key_hash: Some(hash), ..self } } else { self }
    }

    /// Whether another invitation for the same `fleet_ref` refreshes this one instead of creating a new one.
    #[must_use]
    pub fn is_refreshable_at(&self, now: Timestamp) -> bool {
        !matches!(self.status_at(now), InvitationStatus::Expired | InvitationStatus::Deleted)
    }
}
