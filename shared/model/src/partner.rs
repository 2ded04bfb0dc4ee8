//! Partners and their machine clients.

use serde::{Deserialize, Serialize};

use crate::{PartnerId, Timestamp};

/// A company that reads fleets' data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Partner {
    /// Its id.
    pub id: PartnerId,
    /// Name shown to fleets.
    pub name: String,
    /// Short name in invitations and tokens.
    pub slug: String,
    /// Logo shown to fleets; https.
    pub logo_url: Option<String>,
    /// Why the partner wants the data, shown on the consent page.
    pub purpose: Option<String>,
    /// Defaults for invitations.
    #[serde(default)]
    pub defaults: InvitationDefaults,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Defaults from the partner's properties for members that an invitation request omits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InvitationDefaults {
    /// Property `default_success_redirect_url`.
    pub success_redirect_url: Option<String>,
    /// Property `default_failure_redirect_url`.
    pub failure_redirect_url: Option<String>,
    /// Property `default_callback_url`.
    pub callback_url: Option<String>,
    /// Property `default_invitation_expires_in_hours`.
    pub expires_in_hours: Option<u16>,
}

/// A machine client of a partner. The secret itself is shown once and never stored.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Client {
    /// The OAuth client id.
    pub client_id: String,
    /// SHA-256 (hex) of the secret; secrets are 32 random bytes, so no slow hash is needed.
    pub secret_hash: String,
    /// The partner.
    pub partner_id: PartnerId,
    /// The scopes of its tokens.
    pub scopes: Vec<String>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("client_id", &self.client_id).field("partner_id", &self.partner_id).finish_non_exhaustive()
    }
}

/// Every scope that a partner's machine client can have (contract section 2).
pub const PARTNER_SCOPES: &[&str] = &[
    "fleet:read",
    "partner:read",
    "partner-property:read",
    "partner-property:create",
    "invitation:read",
    "invitation:create",
    "invitation:delete",
    "share-agreement:read",
    "share-agreement:update",
    "share-agreement:delete",
    "connection:read",
    "schedule:read",
    "execution:read",
    "resource_operation:read",
    "telematics:read",
    "telematics:write",
    "webhook:read",
    "webhook:create",
    "webhook:update",
    "webhook:delete",
];
