//! Invitations: a partner asks a fleet, by magic link, to share data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{FleetId, InvitationId, PartnerId, Scopes, Timestamp};

/// An invitation as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id, which is the secret of the magic link.
    pub id: InvitationId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
    /// Who asks.
    pub partner_id: PartnerId,
    /// The partner's short name.
    pub partner_slug: Option<String>,
    /// The partner's own id for the fleet.
    pub fleet_ref: String,
    /// The stored state; see [`Invitation::status_at`] for the state that counts.
    pub status: InvitationStatus,
    /// Lapses then, unless accepted.
    pub expires_at: Timestamp,
    /// The life asked for.
    pub expires_in_hours: u16,
    /// What the fleet must grant.
    pub permissions: Scopes,
    /// TSP allow-list (slugs or adapters); `None` = all.
    pub limit_tsps: Option<Vec<String>>,
    /// Browser target after success.
    pub success_redirect_url: Option<String>,
    /// Browser target after failure.
    pub failure_redirect_url: Option<String>,
    /// Implicit webhook target.
    pub callback_url: Option<String>,
    /// What the partner knows of the fleet.
    pub prefill: Prefill,
    /// Set by acceptance.
    pub accepted_at: Option<Timestamp>,
    /// Set by acceptance.
    pub fleet_id: Option<FleetId>,
    /// Set by decline.
    pub declined_at: Option<Timestamp>,
    /// Set by decline.
    pub decline_reason: Option<String>,
}

/// What the partner tells of the fleet it invites.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prefill {
    /// Letters, digits, spaces.
    pub name: Option<String>,
    /// Contact.
    pub email: Option<String>,
    /// Registry number.
    pub regulatory_id: Option<String>,
    /// Which registry; required with the number.
    pub regulatory_id_type: Option<String>,
    /// Contact.
    pub phone: Option<String>,
    /// Web site.
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
    /// The fleet shares.
    Accepted,
    /// The fleet refused.
    Declined,
    /// Nobody answered in time.
    Expired,
    /// Withdrawn before acceptance.
    Deleted,
}

impl Invitation {
    /// The state at `now`: a waiting or declined invitation past its time is expired, whatever is stored.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> InvitationStatus {
        match self.status {
            InvitationStatus::Active | InvitationStatus::Declined if now >= self.expires_at => InvitationStatus::Expired,
            status => status,
        }
    }

    /// Whether creating again for the same `fleet_ref` refreshes this one instead of making another.
    #[must_use]
    pub fn is_refreshable_at(&self, now: Timestamp) -> bool {
        !matches!(self.status_at(now), InvitationStatus::Expired | InvitationStatus::Deleted)
    }
}
