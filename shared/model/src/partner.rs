//! Partners and their machine clients.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::property::{PartnerPropertyKey, Property};
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
    /// A description.
    #[serde(default)]
    pub description: Option<String>,
    /// Websites; users are matched to them by email domain.
    #[serde(default)]
    pub websites: Option<Vec<String>>,
    /// What it does with the data.
    #[serde(default)]
    pub categories: Vec<PartnerCategory>,
    /// Whether it is there to try things out.
    #[serde(default)]
    pub is_sandbox: bool,
    /// The partner with which it is billed and reported.
    #[serde(default)]
    pub parent_partner_id: Option<PartnerId>,
    /// Its properties.
    #[serde(default)]
    pub properties: Vec<Property<PartnerPropertyKey>>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed; `None` in items of builds that did not keep it.
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
    /// When it was deleted.
    #[serde(default)]
    pub deleted_at: Option<Timestamp>,
}

/// What a partner does with the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PartnerCategory {
    /// Maintenance.
    #[serde(rename = "Maintenance & Vehicle Health")]
    Maintenance,
    /// Fuel and energy.
    #[serde(rename = "Fuel, Energy & Sustainability")]
    Fuel,
    /// Insurance.
    #[serde(rename = "Insurance & Risk Management")]
    Insurance,
    /// Safety.
    #[serde(rename = "Safety & Driver Performance")]
    Safety,
    /// Compliance.
    #[serde(rename = "Compliance & Legal")]
    Compliance,
    /// Dispatch.
    #[serde(rename = "Operations & Dispatch")]
    Operations,
    /// Logistics.
    #[serde(rename = "Visibility & Logistics")]
    Visibility,
    /// Payments.
    #[serde(rename = "Payments & Finance")]
    Payments,
    /// Workforce.
    #[serde(rename = "Workforce & HR")]
    Workforce,
    /// Customers.
    #[serde(rename = "Customer Experience & Growth")]
    Customers,
    /// Data.
    #[serde(rename = "Data & Connectivity")]
    Data,
}

/// The slug of a name: its letters and digits in lower case, everything else becomes a dash. Empty for a name without any.
#[must_use]
pub fn slug(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

impl PartnerId {
    /// The id of the partner with this slug: the same in every installation.
    #[must_use]
    pub fn of_slug(slug: &str) -> Self {
        Self::from_uuid(Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("urn:catena:partner:{slug}").as_bytes()))
    }
}

impl Partner {
    /// A partner of which nothing is known but its name. Its id follows from its slug.
    #[must_use]
    pub fn new(name: String, slug: String, now: Timestamp) -> Self {
        Self {
            id: PartnerId::of_slug(&slug),
            name,
            slug,
            logo_url: None,
            purpose: None,
            description: None,
            websites: None,
            categories: Vec::new(),
            is_sandbox: false,
            parent_partner_id: None,
            properties: Vec::new(),
            created_at: now,
            updated_at: Some(now),
            deleted_at: None,
        }
    }

    /// What its properties say of invitations.
    #[must_use]
    pub fn defaults(&self) -> InvitationDefaults {
        let value = |key| self.properties.iter().find(|property| property.key == key).map(|property| property.value.clone());
        InvitationDefaults {
            success_redirect_url: value(PartnerPropertyKey::DefaultSuccessRedirectUrl),
            failure_redirect_url: value(PartnerPropertyKey::DefaultFailureRedirectUrl),
            callback_url: value(PartnerPropertyKey::DefaultCallbackUrl),
            expires_in_hours: value(PartnerPropertyKey::DefaultInvitationExpiresInHours).and_then(|hours| hours.parse().ok()),
        }
    }
}

/// Defaults from the partner's properties for members that an invitation request omits.
#[derive(Clone, Debug, Default, PartialEq)]
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

/// A machine client of a partner, or of the platform's administrators. The secret itself is shown once and never stored.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Client {
    /// The OAuth client id.
    pub client_id: String,
    /// SHA-256 (hex) of the secret; secrets are 32 random bytes, so no slow hash is needed.
    pub secret_hash: String,
    /// The partner; `None` for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<PartnerId>,
    /// Whether it administers the platform. Then it has no partner.
    #[serde(default)]
    pub is_admin: bool,
    /// The scopes of its tokens.
    pub scopes: Vec<String>,
}

/// Whom a machine client acts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A partner.
    Partner(PartnerId),
    /// The platform.
    Platform,
}

impl Client {
    /// Whom it acts for; `None` if the item says neither or both.
    #[must_use]
    pub fn holder(&self) -> Option<Holder> {
        match (self.partner_id, self.is_admin) {
            (Some(id), false) => Some(Holder::Partner(id)),
            (None, true) => Some(Holder::Platform),
            _ => None,
        }
    }
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

/// Every scope of the platform's administrators (contract section 1): partners, providers, schedules and backfills, and nothing of what
/// fleets share.
pub const ADMIN_SCOPES: &[&str] = &[
    "partner:read",
    "partner:create",
    "partner:update",
    "partner-property:read",
    "partner-property:create",
    "tsp:create",
    "tsp:update",
    "tsp:delete",
    "schedule:read",
    "schedule:create",
    "schedule:update",
    "schedule:delete",
    "share-agreement:update",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_acts_for_a_partner_or_for_the_platform() {
        let id = PartnerId::at(Timestamp::from_millis(1_790_000_000_000));
        let stored = |members: serde_json::Value| {
            let mut item = serde_json::json!({ "client_id": "c", "secret_hash": "", "scopes": [] });
            item.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            serde_json::from_value::<Client>(item).unwrap().holder()
        };
        assert_eq!(stored(serde_json::json!({ "partner_id": id })), Some(Holder::Partner(id)), "as earlier builds stored it");
        assert_eq!(stored(serde_json::json!({ "is_admin": true })), Some(Holder::Platform));
        assert_eq!(stored(serde_json::json!({})), None, "what was lost is no administrator");
        assert_eq!(stored(serde_json::json!({ "partner_id": id, "is_admin": true })), None);
    }
}
